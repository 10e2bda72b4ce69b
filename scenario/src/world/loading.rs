//! How a release reads its configuration, from its row.

use shimproof_model::catalog::{
    ConfigImports, ConfigKeyMatching, ConfigMigration, ConfigRuntimes, ContainerdRow, DefaultRuncOptions,
};

use crate::containerd::{self, ConfigLoading, ImportsMerge, KeyMatching, Migration, RuntimesMerge};

/// How the releases of a row read their configuration.
pub fn loading_of(row: &ContainerdRow) -> ConfigLoading {
    ConfigLoading {
        // A row without a text compares no versions.
        max_version: if row.config_too_high_text.is_empty() {
            u32::MAX
        } else {
            row.config_max_version
        },
        too_high_text: row
            .config_too_high_text
            .replace("{max}", &row.config_max_version.to_string()),
        missing_default_text: row.config_missing_default_text.clone(),
        migration: match row.config_migration {
            ConfigMigration::ByName => Migration::ByName,
            ConfigMigration::ByVersion => Migration::ByVersion,
            ConfigMigration::Merged => Migration::Merged,
            ConfigMigration::MergedVersionOneLost => Migration::MergedVersionOneLost,
            ConfigMigration::EachFile => Migration::EachFile,
        },
        runtimes: match row.config_runtimes {
            ConfigRuntimes::ReplaceMap => RuntimesMerge::ReplaceMap,
            ConfigRuntimes::AddEntries => RuntimesMerge::ReplaceEntries,
            ConfigRuntimes::IntoDefaults => RuntimesMerge::IntoDefaults,
        },
        imports: match row.config_imports {
            ConfigImports::Ignored => ImportsMerge::Ignored,
            ConfigImports::ReplacePlugin => ImportsMerge::ReplacePlugin,
            ConfigImports::DeepMerge => ImportsMerge::DeepMerge,
        },
        default_handler_type: row.default_handler_type.clone(),
        default_runc_options: match row.default_runc_options {
            DefaultRuncOptions::AllZero => containerd::DefaultRuncOptions::AllZero,
            DefaultRuncOptions::Absent => containerd::DefaultRuncOptions::Absent,
        },
        sandboxer_key: row.sandboxer_key,
        runtime_path_key: row.runtime_path_key,
        keys: match row.config_key_matching {
            ConfigKeyMatching::AnyCase => KeyMatching::AnyCase,
            ConfigKeyMatching::FourSpellings => KeyMatching::FourSpellings,
        },
    }
}
