//! From the CRI's section to what the plugin works with.

use std::collections::BTreeMap;

use crate::error::ScenarioError;
use crate::snippet::Place;

use super::files::Merged;
use super::loading::{ConfigLoading, DefaultRuncOptions, Migration, RuntimesMerge};
use super::options::OptionsTable;
use super::tree::{Item, Tree, boolean_field, string_field, table_field};
use super::{ContainerdConfig, Handler};

/// The runtime before shims had protocols of their own; the only one that the keys of 1.x outside of
/// `options` are for.
const LINUX_V1: &str = "io.containerd.runtime.v1.linux";
/// The handler of the default configuration.
const RUNC: &str = "runc";
/// The handler that `default_runtime` becomes.
const DEFAULT: &str = "default";
/// The handler that `untrusted_workload_runtime` becomes.
pub(super) const UNTRUSTED: &str = "untrusted";
/// The default of `sandboxer`.
const PODSANDBOX: &str = "podsandbox";

pub(super) fn decode(merged: &Merged, loading: &ConfigLoading) -> Result<ContainerdConfig, ScenarioError> {
    let keys = loading.keys;
    let empty = Tree::default();
    let section = merged.section(loading)?.unwrap_or(&empty);
    let containerd = table_field(section, "containerd", keys)?.unwrap_or(&empty);
    let default_name = if loading.migration == Migration::ByName {
        ""
    } else {
        RUNC
    };
    let mut config = ContainerdConfig {
        version: merged.first_version,
        default_runtime_name: default_name.to_owned(),
        handlers: BTreeMap::from([(default_name.to_owned(), default_handler(loading))]),
        no_pivot: loading.legacy_keys() && boolean_field(containerd, "no_pivot", keys)?,
        systemd_cgroup: loading.legacy_keys() && boolean_field(section, "systemd_cgroup", keys)?,
        cri_disabled: merged.cri_disabled(loading),
        keys,
        refusal: None,
    };
    if let Some(runtimes) = table_field(containerd, "runtimes", keys)? {
        merge_runtimes(&mut config.handlers, runtimes, loading)?;
    }
    match loading.migration {
        Migration::ByName => {
            if let Some(item) = containerd.field("default_runtime", keys) {
                let default = handler(item, default_handler(loading), loading)?;
                config.handlers.insert(String::new(), default);
            }
            config.refusal = take_untrusted(&mut config, containerd, loading)?.then(|| {
                "conflicting definitions: configuration includes untrusted_workload_runtime and \
                 runtimes['untrusted']"
                    .to_owned()
            });
        }
        Migration::ByVersion => {
            if let Some(name) = string_field(containerd, "default_runtime_name", keys)? {
                config.default_runtime_name = name;
            }
            let conflict = take_untrusted(&mut config, containerd, loading)?.then(|| {
                "conflicting definitions: configuration includes both `untrusted_workload_runtime` and \
                 `runtimes[\"untrusted\"]`"
                    .to_owned()
            });
            if let Some(default) = named_runtime(containerd, "default_runtime", loading)? {
                DEFAULT.clone_into(&mut config.default_runtime_name);
                config.handlers.insert(DEFAULT.to_owned(), default);
            }
            config.refusal = conflict
                .or_else(|| bad_default(&config, loading))
                .or_else(|| linux_only(&config));
        }
        Migration::Merged | Migration::MergedVersionOneLost | Migration::EachFile => {
            if let Some(name) = string_field(containerd, "default_runtime_name", keys)? {
                config.default_runtime_name = name;
            }
            config.refusal = bad_default(&config, loading);
        }
    }
    Ok(config)
}

fn default_handler(loading: &ConfigLoading) -> Handler {
    Handler {
        runtime_type: loading.default_handler_type.clone(),
        options: match loading.default_runc_options {
            DefaultRuncOptions::AllZero => OptionsTable::all_zero(),
            DefaultRuncOptions::Absent => OptionsTable::Absent,
        },
        ..nothing_said()
    }
}

fn nothing_said() -> Handler {
    Handler {
        runtime_type: String::new(),
        runtime_path: None,
        sandboxer: PODSANDBOX.to_owned(),
        options: OptionsTable::Absent,
        runtime_engine: None,
        runtime_root: None,
        defined: None,
        option_places: BTreeMap::new(),
    }
}

fn merge_runtimes(
    handlers: &mut BTreeMap<String, Handler>,
    runtimes: &Tree,
    loading: &ConfigLoading,
) -> Result<(), ScenarioError> {
    if loading.runtimes == RuntimesMerge::ReplaceMap {
        handlers.clear();
    }
    for (name, item) in &runtimes.0 {
        let base = match loading.runtimes {
            RuntimesMerge::ReplaceEntries | RuntimesMerge::ReplaceMap => None,
            RuntimesMerge::IntoDefaults => handlers.remove(name),
        };
        handlers.insert(
            name.clone(),
            handler(item, base.unwrap_or_else(nothing_said), loading)?,
        );
    }
    Ok(())
}

/// Reads one handler over what `base` says already.
fn handler(item: &Item, base: Handler, loading: &ConfigLoading) -> Result<Handler, ScenarioError> {
    let keys = loading.keys;
    let tree = item.table("a runtime")?;
    let text = |name: &str, wanted: bool, base: Option<String>| {
        let read = if wanted {
            string_field(tree, name, keys)?
        } else {
            None
        };
        Ok::<_, ScenarioError>(read.or(base).filter(|text| !text.is_empty()))
    };
    Ok(Handler {
        runtime_type: text("runtime_type", true, Some(base.runtime_type))?.unwrap_or_default(),
        runtime_path: text("runtime_path", loading.runtime_path_key, base.runtime_path)?,
        sandboxer: text("sandboxer", loading.sandboxer_key, Some(base.sandboxer))?
            .unwrap_or_else(|| PODSANDBOX.to_owned()),
        options: options(tree, base.options, loading)?,
        runtime_engine: text("runtime_engine", loading.legacy_keys(), base.runtime_engine)?,
        runtime_root: text("runtime_root", loading.legacy_keys(), base.runtime_root)?,
        defined: Some(item.place.clone()),
        option_places: option_places(tree, base.option_places, loading)?,
    })
}

fn option_places(
    tree: &Tree,
    mut places: BTreeMap<String, Place>,
    loading: &ConfigLoading,
) -> Result<BTreeMap<String, Place>, ScenarioError> {
    if let Some(written) = table_field(tree, "options", loading.keys)? {
        let of_keys = written.0.iter();
        places.extend(of_keys.map(|(key, item)| (key.clone(), item.place.clone())));
    }
    Ok(places)
}

fn options(tree: &Tree, base: OptionsTable, loading: &ConfigLoading) -> Result<OptionsTable, ScenarioError> {
    let Some(written) = table_field(tree, "options", loading.keys)? else {
        return Ok(base);
    };
    let written = written.plain();
    Ok(match (loading.runtimes, base) {
        (RuntimesMerge::IntoDefaults, OptionsTable::Keys(mut table)) => {
            table.extend(written);
            OptionsTable::Keys(table)
        }
        (RuntimesMerge::IntoDefaults, _) if written.is_empty() => OptionsTable::Absent,
        (_, _) if written.is_empty() => OptionsTable::Empty,
        (_, _) => OptionsTable::Keys(written),
    })
}

/// A handler that 1.x has outside of `runtimes`; one without `runtime_type` counts as not there.
fn named_runtime(
    containerd: &Tree,
    name: &str,
    loading: &ConfigLoading,
) -> Result<Option<Handler>, ScenarioError> {
    let read = containerd
        .field(name, loading.keys)
        .map(|item| handler(item, nothing_said(), loading))
        .transpose()?;
    Ok(read.filter(|handler| !handler.runtime_type.is_empty()))
}

/// Makes `untrusted_workload_runtime` a handler; true if there is one of that name already.
fn take_untrusted(
    config: &mut ContainerdConfig,
    containerd: &Tree,
    loading: &ConfigLoading,
) -> Result<bool, ScenarioError> {
    let Some(untrusted) = named_runtime(containerd, "untrusted_workload_runtime", loading)? else {
        return Ok(false);
    };
    if config.handlers.contains_key(UNTRUSTED) {
        return Ok(true);
    }
    config.handlers.insert(UNTRUSTED.to_owned(), untrusted);
    Ok(false)
}

fn bad_default(config: &ContainerdConfig, loading: &ConfigLoading) -> Option<String> {
    let name = &config.default_runtime_name;
    if name.is_empty() {
        Some("`default_runtime_name` is empty".to_owned())
    } else if config.handlers.contains_key(name) {
        None
    } else {
        Some(loading.missing_default(name))
    }
}

/// The keys that 1.3 to 1.7 accept for one runtime only.
fn linux_only(config: &ContainerdConfig) -> Option<String> {
    let other = |handler: &Handler| handler.runtime_type != LINUX_V1;
    let default_is_other = config
        .handlers
        .get(&config.default_runtime_name)
        .is_none_or(other);
    let others = || config.handlers.values().filter(|handler| other(handler));
    let key = if config.systemd_cgroup && default_is_other {
        "systemd_cgroup"
    } else if config.no_pivot && default_is_other {
        "no_pivot"
    } else if others().any(|handler| handler.runtime_engine.is_some()) {
        "runtime_engine"
    } else if others().any(|handler| handler.runtime_root.is_some()) {
        "runtime_root"
    } else {
        return None;
    };
    Some(format!("`{key}` only works for runtime {LINUX_V1}"))
}
