//! How some releases read their configuration, as a catalogue would say it.

#![allow(dead_code, reason = "each test file uses some of it")]

use shimproof_scenario::{
    ConfigLoading, ContainerdConfig, DefaultRuncOptions, ImportsMerge, KeyMatching, Loaded, Migration,
    RuntimesMerge, Snippet, load_containerd_config_text,
};

const MISSING_DEFAULT: &str = "no corresponding runtime configured in `containerd.runtimes` for `containerd` `default_runtime_name = \"{name}\"";
const TOO_HIGH_1: &str = "unsupported config version `{version}`";

pub fn v1_2() -> ConfigLoading {
    ConfigLoading {
        max_version: u32::MAX,
        too_high_text: String::new(),
        missing_default_text: String::new(),
        migration: Migration::ByName,
        runtimes: RuntimesMerge::ReplaceEntries,
        imports: ImportsMerge::Ignored,
        default_handler_type: "io.containerd.runtime.v1.linux".to_owned(),
        default_runc_options: DefaultRuncOptions::Absent,
        sandboxer_key: false,
        runtime_path_key: false,
        keys: KeyMatching::AnyCase,
    }
}

pub fn v1_3() -> ConfigLoading {
    ConfigLoading {
        missing_default_text: "no corresponding runtime configured in `runtimes` for `default_runtime_name`"
            .to_owned(),
        migration: Migration::ByVersion,
        imports: ImportsMerge::ReplacePlugin,
        default_handler_type: "io.containerd.runc.v1".to_owned(),
        ..v1_2()
    }
}

pub fn v1_5() -> ConfigLoading {
    ConfigLoading {
        missing_default_text: MISSING_DEFAULT.to_owned(),
        runtimes: RuntimesMerge::ReplaceMap,
        default_handler_type: "io.containerd.runc.v2".to_owned(),
        default_runc_options: DefaultRuncOptions::AllZero,
        keys: KeyMatching::FourSpellings,
        ..v1_3()
    }
}

/// From v1.6.32 and v1.7.17.
pub fn v1_7() -> ConfigLoading {
    ConfigLoading {
        max_version: 2,
        too_high_text: TOO_HIGH_1.to_owned(),
        runtime_path_key: true,
        ..v1_5()
    }
}

pub fn v2_0_rc() -> ConfigLoading {
    ConfigLoading {
        max_version: 3,
        too_high_text: "expected containerd config version equal to or less than `3`, got `{version}`"
            .to_owned(),
        migration: Migration::Merged,
        runtimes: RuntimesMerge::IntoDefaults,
        sandboxer_key: true,
        keys: KeyMatching::AnyCase,
        ..v1_7()
    }
}

pub fn v2_0() -> ConfigLoading {
    ConfigLoading {
        migration: Migration::MergedVersionOneLost,
        imports: ImportsMerge::DeepMerge,
        ..v2_0_rc()
    }
}

pub fn v2_3() -> ConfigLoading {
    ConfigLoading {
        max_version: 4,
        too_high_text: "expected containerd config version equal to or less than `4`, got `{version}`"
            .to_owned(),
        migration: Migration::EachFile,
        ..v2_0()
    }
}

pub fn of_release(version: &str) -> ConfigLoading {
    match version {
        version if version.starts_with("v1.5") => v1_5(),
        "v1.6.8" | "v1.7.0" => ConfigLoading {
            runtime_path_key: true,
            ..v1_5()
        },
        version if version.starts_with("v1.7") => v1_7(),
        version if version.starts_with("v2.0.0-") => v2_0_rc(),
        version if version.starts_with("v2.0") || version.starts_with("release/2.0") => v2_0(),
        other => panic!("no loading for {other}"),
    }
}

pub fn config(loaded: Loaded) -> ContainerdConfig {
    match loaded {
        Loaded::Config(config) => config,
        Loaded::Refused(refusal) => panic!("refused: {}", refusal.text()),
    }
}

pub fn load_text(text: &str, loading: &ConfigLoading) -> Loaded {
    load_containerd_config_text(&Snippet::new("config.toml", text), loading).unwrap()
}

pub fn refusal(text: &str, loading: &ConfigLoading) -> String {
    match load_text(text, loading) {
        Loaded::Refused(refusal) => refusal.text().to_owned(),
        Loaded::Config(config) => panic!("accepted: {config:?}"),
    }
}
