//! The names under which the CRI's configuration has stood, and the migration from one to the next.

use super::tree::{Item, Node, Tree};

/// Version 1.
pub(super) const CRI_BY_NAME: &str = "cri";
/// Version 2.
pub(super) const CRI_GRPC: &str = "io.containerd.grpc.v1.cri";
/// Versions 3 and 4: what concerns runtimes.
pub(super) const CRI_RUNTIME: &str = "io.containerd.cri.v1.runtime";
/// The plugins without which 2.x has no CRI.
pub(super) const CRI_PLUGINS: &[&str] = &[CRI_GRPC, CRI_RUNTIME, "io.containerd.cri.v1.images"];

/// `v1MigratePluginName` (cmd/containerd/server/config/config.go@v2.3.4), for the one plugin that matters
/// here. The others get a prefix, which makes their names valid.
pub(super) fn version_one_name(plugin: &mut String) {
    if plugin == CRI_BY_NAME {
        CRI_GRPC.clone_into(plugin);
    } else if !plugin.contains('.') {
        *plugin = format!("io.containerd.grpc.v1.{plugin}");
    }
}

pub(super) fn rename_version_one(plugins: &mut Tree) {
    if let Some(section) = plugins.0.remove(CRI_BY_NAME) {
        plugins.0.insert(CRI_GRPC.to_owned(), section);
    }
}

/// From version 2 to 3 (`migrateConfig`, plugins/cri/runtime/plugin.go@v2.3.4): what the newer section has
/// already is not overwritten, `runtimes` as a whole included.
pub(super) fn migrate_cri(plugins: &mut Tree) {
    let Some(Item {
        node: Node::Table(old),
        place,
    }) = plugins.0.remove(CRI_GRPC)
    else {
        return;
    };
    let new = plugins.0.entry(CRI_RUNTIME.to_owned()).or_insert_with(|| Item {
        place: place.clone(),
        node: Node::Table(Tree::default()),
    });
    let Node::Table(new) = &mut new.node else { return };
    let Some(Item {
        node: Node::Table(old),
        place,
    }) = old.0.get("containerd")
    else {
        return;
    };
    let new = new.0.entry("containerd".to_owned()).or_insert_with(|| Item {
        place: place.clone(),
        node: Node::Table(Tree::default()),
    });
    let Node::Table(new) = &mut new.node else { return };
    for (key, item) in &old.0 {
        new.0.entry(key.clone()).or_insert_with(|| item.clone());
    }
    let Some(Item {
        node: Node::Table(runtimes),
        ..
    }) = new.0.get_mut("runtimes")
    else {
        return;
    };
    for item in runtimes.0.values_mut() {
        let Node::Table(handler) = &mut item.node else {
            continue;
        };
        // The name that 1.7 had for it.
        if !handler.0.contains_key("sandboxer")
            && let Some(mode) = handler.0.remove("sandbox_mode")
        {
            handler.0.insert("sandboxer".to_owned(), mode);
        }
    }
}
