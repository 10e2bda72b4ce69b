//! A configuration file and its imports, merged into one.

use std::collections::{BTreeSet, VecDeque};
use std::path::{Component, Path, PathBuf};

use crate::error::ScenarioError;
use crate::snippet::Snippet;

use super::ConfigRefusal;
use super::loading::{ConfigLoading, ImportsMerge, Migration};
use super::sections::{CRI_BY_NAME, migrate_cri, rename_version_one, version_one_name};
use super::tree::{Tree, table_field};

/// More files than any node has; a pattern that is too wide would otherwise read a whole disk.
const MOST_FILES: usize = 256;

/// The newest version that any release accepts (version/version.go@v2.3.0).
const NEWEST_VERSION: i64 = 4;

/// All files in one.
pub(super) struct Merged {
    /// The version of the first file; 1 if it names none.
    pub(super) first_version: u32,
    /// The version by which sections are looked up.
    pub(super) version: u32,
    pub(super) plugins: Tree,
    pub(super) disabled: Vec<String>,
}

pub(super) enum Files {
    Merged(Merged),
    Refused(ConfigRefusal),
}

/// One file. Version 0: it names none.
struct File {
    version: u32,
    plugins: Tree,
    disabled: Vec<String>,
    required: Vec<String>,
    imports: Vec<String>,
}

pub(super) fn read(first: &Snippet, loading: &ConfigLoading) -> Result<Files, ScenarioError> {
    let mut loaded = BTreeSet::new();
    let mut pending = VecDeque::from([(clean(first.path()), Some(first.clone()), String::new())]);
    let mut total = File {
        version: 0,
        plugins: Tree::default(),
        disabled: Vec::new(),
        required: Vec::new(),
        imports: Vec::new(),
    };
    // What the daemon's own defaults say before any file is read.
    let newest = loading.max_version;
    let mut version = if loading.legacy_keys() { 0 } else { newest };
    let mut first_version = None;
    let mut root_version = 0;
    while let Some((path, source, referrer)) = pending.pop_front() {
        // Each file once, which also ends circles.
        if !loaded.insert(path.clone()) {
            continue;
        }
        if loaded.len() > MOST_FILES {
            return Err(ScenarioError::TooManyImports {
                path: first.name().to_owned(),
                limit: MOST_FILES,
            });
        }
        let source = match source {
            Some(source) => source,
            None => Snippet::read(&path, &referrer)?,
        };
        let mut file = parse(&source, loading)?;
        first_version.get_or_insert(file.version);
        match loading.migration {
            Migration::ByName | Migration::ByVersion | Migration::Merged => {}
            Migration::MergedVersionOneLost => {
                if file.version <= 1 {
                    rename(&mut file);
                    file.version = version;
                }
            }
            Migration::EachFile => {
                if root_version == 0 {
                    root_version = file.version;
                }
                if file.version > root_version {
                    let text = format!(
                        "drop-in config version {} higher than root config version {root_version}",
                        file.version
                    );
                    return Ok(Files::Refused(ConfigRefusal::Invalid { text }));
                }
                if file.version <= 1 {
                    rename(&mut file);
                }
                if file.version < newest {
                    migrate_cri(&mut file.plugins);
                    file.version = newest;
                }
            }
        }
        if file.version != 0 {
            version = file.version;
        }
        match loading.imports {
            ImportsMerge::Ignored | ImportsMerge::ReplacePlugin => total.plugins.0.extend(file.plugins.0),
            ImportsMerge::DeepMerge => total.plugins.merge(file.plugins),
        }
        total.disabled.append(&mut file.disabled);
        total.required.append(&mut file.required);
        if loading.imports != ImportsMerge::Ignored {
            for import in &file.imports {
                let referrer = format!("`imports` in {}", source.name());
                pending.extend(
                    resolve(source.path(), import)?
                        .into_iter()
                        .map(|path| (path, None, referrer.clone())),
                );
            }
        }
    }
    if loading.legacy_keys() {
        version = version.max(1);
    }
    if let Some(refusal) = validate(&total, version, loading) {
        return Ok(Files::Refused(refusal));
    }
    // `EachFile` has brought every file there already.
    if !loading.legacy_keys() && version < newest {
        if version <= 1 {
            rename(&mut total);
        }
        migrate_cri(&mut total.plugins);
    }
    Ok(Files::Merged(Merged {
        first_version: first_version.unwrap_or_default().max(1),
        version,
        plugins: total.plugins,
        disabled: total.disabled,
    }))
}

fn parse(source: &Snippet, loading: &ConfigLoading) -> Result<File, ScenarioError> {
    let tree = Tree::parse(source)?;
    let keys = loading.keys;
    let version = tree
        .field("version", keys)
        .map(|item| item.integer("version").map(|value| (value, item)))
        .transpose()?;
    let version = match version {
        None => 0,
        Some((value, item)) => u32::try_from(value)
            .ok()
            .filter(|_| value <= NEWEST_VERSION)
            .ok_or_else(|| ScenarioError::ConfigVersion {
                version: value,
                source_code: item.place.source(),
                at: item.place.span(),
            })?,
    };
    let list = |name| {
        tree.field(name, keys)
            .map_or(Ok(Vec::new()), |item| item.strings(name))
    };
    Ok(File {
        version,
        plugins: table_field(&tree, "plugins", keys)?.cloned().unwrap_or_default(),
        disabled: list("disabled_plugins")?,
        required: list("required_plugins")?,
        imports: list("imports")?,
    })
}

fn rename(file: &mut File) {
    rename_version_one(&mut file.plugins);
    for plugin in file.disabled.iter_mut().chain(&mut file.required) {
        version_one_name(plugin);
    }
}

/// `ValidateV2` (services/server/config/config.go@v1.7.27) and `ValidateVersion`
/// (cmd/containerd/server/config/config.go@v2.3.4).
fn validate(total: &File, version: u32, loading: &ConfigLoading) -> Option<ConfigRefusal> {
    if version > loading.max_version {
        return Some(ConfigRefusal::VersionTooHigh {
            text: loading.too_high(version),
        });
    }
    let named_well = |plugin: &str| match loading.migration {
        Migration::ByName => true,
        Migration::ByVersion => {
            version < 2 || (plugin.starts_with("io.containerd.") && plugin.splitn(4, '.').count() == 4)
        }
        Migration::Merged | Migration::MergedVersionOneLost | Migration::EachFile => plugin.contains('.'),
    };
    // Only 1.x looks at the names of the sections.
    let sections = total.plugins.0.keys().filter(|_| loading.legacy_keys());
    let named = total.disabled.iter().map(|plugin| ("disabled plugin", plugin));
    let named = named.chain(total.required.iter().map(|plugin| ("required plugin", plugin)));
    let mut named = named.chain(sections.map(|plugin| ("plugin key", plugin)));
    let (kind, plugin) = named.find(|(_, plugin)| !named_well(plugin))?;
    Some(ConfigRefusal::Invalid {
        text: format!("invalid {kind} URI \"{plugin}\" expect io.containerd.x.vx"),
    })
}

/// `resolveImports`. Up to v1.5 a relative pattern counts from the daemon's working directory, which a
/// scenario does not have; it is taken from the file's as in all later releases.
fn resolve(parent: &Path, import: &str) -> Result<Vec<PathBuf>, ScenarioError> {
    let directory = parent.parent().unwrap_or_else(|| Path::new(""));
    if !import.contains('*') {
        return Ok(vec![clean(&directory.join(import))]);
    }
    let base = if Path::new(import).is_absolute() {
        PathBuf::new()
    } else {
        PathBuf::from(glob::Pattern::escape(&directory.to_string_lossy()))
    };
    let pattern = clean(&base.join(import));
    let options = glob::MatchOptions {
        case_sensitive: true,
        require_literal_separator: true,
        require_literal_leading_dot: false,
    };
    let matches =
        glob::glob_with(&pattern.to_string_lossy(), options).map_err(|error| ScenarioError::Unreadable {
            path: import.to_owned(),
            referrer: format!("`imports` in {}", parent.display()),
            why: error.msg.to_owned(),
        })?;
    // What cannot be listed is no match, as in Go's filepath.Glob.
    Ok(matches
        .filter_map(Result::ok)
        .take(MOST_FILES + 1)
        .map(|path| clean(&path))
        .collect())
}

/// Removes `.` and, where it can be done without asking the disk, `..`.
fn clean(path: &Path) -> PathBuf {
    let mut cleaned = PathBuf::new();
    for component in path.components() {
        match component {
            Component::CurDir => {}
            Component::ParentDir
                if matches!(cleaned.components().next_back(), Some(Component::Normal(_))) =>
            {
                cleaned.pop();
            }
            component => cleaned.push(component),
        }
    }
    cleaned
}

impl Merged {
    /// The CRI's section, if any, by the name under which the release looks it up.
    pub(super) fn section(&self, loading: &ConfigLoading) -> Result<Option<&Tree>, ScenarioError> {
        let id = section_id(self.version, loading);
        self.plugins.0.get(id).map(|item| item.table(id)).transpose()
    }

    /// Whether the CRI plugin, or one that it cannot do without, is disabled.
    pub(super) fn cri_disabled(&self, loading: &ConfigLoading) -> bool {
        let names: &[&str] = match loading.migration {
            Migration::ByName => &[CRI_BY_NAME],
            Migration::ByVersion if self.version == 1 => &[CRI_BY_NAME],
            Migration::ByVersion => &[super::sections::CRI_GRPC],
            Migration::Merged | Migration::MergedVersionOneLost | Migration::EachFile => {
                super::sections::CRI_PLUGINS
            }
        };
        self.disabled
            .iter()
            .any(|plugin| names.contains(&plugin.as_str()))
    }
}

fn section_id(version: u32, loading: &ConfigLoading) -> &'static str {
    match loading.migration {
        Migration::ByName => CRI_BY_NAME,
        Migration::ByVersion if version == 1 => CRI_BY_NAME,
        Migration::ByVersion => super::sections::CRI_GRPC,
        Migration::Merged | Migration::MergedVersionOneLost | Migration::EachFile => {
            super::sections::CRI_RUNTIME
        }
    }
}
