//! What each release makes of real-looking configurations of each version.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod common;

use std::path::PathBuf;

use common::{config, load_text, refusal, v1_2, v1_3, v1_5, v1_7, v2_0, v2_0_rc, v2_3};
use shimproof_scenario::{
    ConfigLoading, ContainerdConfig, Loaded, OptionsTable, ScenarioError, Workload, load_containerd_config,
};

fn fixture(name: &str, loading: &ConfigLoading) -> Loaded {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("tests/configs")
        .join(name);
    load_containerd_config(&path, "the test", loading).unwrap()
}

fn handlers(config: &ContainerdConfig) -> Vec<&str> {
    config.handlers.keys().map(String::as_str).collect()
}

#[test]
fn version_1_on_each_release() {
    // 1.2 has a default runtime without a name.
    assert_eq!(handlers(&config(fixture("v1.toml", &v1_2()))), ["", "runsc"]);
    // Up to 1.4 the default handler stays beside those of the file, from 1.5 to 1.7 it does not.
    assert_eq!(handlers(&config(fixture("v1.toml", &v1_3()))), ["runc", "runsc"]);
    let seventh = config(fixture("v1.toml", &v1_7()));
    assert_eq!(handlers(&seventh), ["runsc"]);
    assert_eq!(
        seventh.check_plugins().unwrap_err(),
        "no corresponding runtime configured in `containerd.runtimes` for `containerd` `default_runtime_name = \"runc\""
    );
    // 2.0 to 2.2 rename the section but do not migrate it.
    assert_eq!(handlers(&config(fixture("v1.toml", &v2_0()))), ["runc"]);
    assert_eq!(handlers(&config(fixture("v1.toml", &v2_3()))), ["runc", "runsc"]);
}

#[test]
fn version_1_that_says_so_is_migrated_by_the_candidates_of_2_0() {
    let text =
        "version = 1\n[plugins.cri.containerd.runtimes.runsc]\nruntime_type = 'io.containerd.runsc.v1'";
    assert_eq!(handlers(&config(load_text(text, &v2_0_rc()))), ["runc", "runsc"]);
    assert_eq!(
        handlers(&config(load_text(&text.replace("version = 1", ""), &v2_0_rc()))),
        ["runc"]
    );
    assert_eq!(handlers(&config(load_text(text, &v2_0()))), ["runc"]);
}

#[test]
fn the_old_keys_become_handlers() {
    let second = config(fixture("v1-legacy.toml", &v1_2()));
    assert_eq!(handlers(&second), ["", "untrusted"]);
    assert_eq!(
        second.handlers[""].runtime_engine.as_deref(),
        Some("/usr/local/sbin/runc")
    );
    let third = config(fixture("v1-legacy.toml", &v1_3()));
    assert_eq!(handlers(&third), ["default", "runc", "untrusted"]);
    assert_eq!(third.default_runtime_name, "default");
    assert_eq!(
        third.handlers["default"].runtime_root.as_deref(),
        Some("/run/runc")
    );
    assert!(third.no_pivot && third.systemd_cgroup);
    assert_eq!(third.check_plugins(), Ok(()));
    let (name, _) = third
        .sandbox_runtime("", Workload::Untrusted { host_access: false })
        .unwrap();
    assert_eq!(name, "untrusted");
    assert_eq!(
        third
            .sandbox_runtime("", Workload::Untrusted { host_access: true })
            .unwrap_err(),
        "untrusted workload with host access is not allowed"
    );
    assert_eq!(
        third
            .sandbox_runtime("runc", Workload::Untrusted { host_access: false })
            .unwrap_err(),
        "untrusted workload with explicit runtime handler is not allowed"
    );
    // 2.x reads none of them.
    let later = config(fixture("v1-legacy.toml", &v2_3()));
    assert_eq!(
        (handlers(&later), later.no_pivot, later.systemd_cgroup),
        (vec!["runc"], false, false)
    );
}

#[test]
fn keys_for_the_first_runtime_are_refused_with_another() {
    for (key, line) in [
        ("runtime_engine", "runtime_engine = 'x'"),
        ("runtime_root", "runtime_root = 'x'"),
    ] {
        let text =
            format!("[plugins.cri.containerd.runtimes.runc]\nruntime_type = 'io.containerd.runc.v2'\n{line}");
        let refusal = config(load_text(&text, &v1_7()))
            .check_plugins()
            .unwrap_err()
            .to_owned();
        assert_eq!(
            refusal,
            format!("`{key}` only works for runtime io.containerd.runtime.v1.linux")
        );
    }
    for (key, text) in [
        ("no_pivot", "[plugins.cri.containerd]\nno_pivot = true"),
        ("systemd_cgroup", "[plugins.cri]\nsystemd_cgroup = true"),
    ] {
        let refusal = config(load_text(text, &v1_3()))
            .check_plugins()
            .unwrap_err()
            .to_owned();
        assert_eq!(
            refusal,
            format!("`{key}` only works for runtime io.containerd.runtime.v1.linux")
        );
    }
}

#[test]
fn an_untrusted_runtime_cannot_be_written_twice() {
    let text = "[plugins.cri.containerd.untrusted_workload_runtime]\nruntime_type = 'a'\n\
                [plugins.cri.containerd.runtimes.untrusted]\nruntime_type = 'b'";
    assert_eq!(
        config(load_text(text, &v1_2())).check_plugins().unwrap_err(),
        "conflicting definitions: configuration includes untrusted_workload_runtime and runtimes['untrusted']"
    );
    assert_eq!(
        config(load_text(text, &v1_7())).check_plugins().unwrap_err(),
        "conflicting definitions: configuration includes both `untrusted_workload_runtime` and \
         `runtimes[\"untrusted\"]`"
    );
}

#[test]
fn version_2_with_an_import() {
    // 1.x replaces the section by that of the import, which knows no crun and names no default.
    let seventh = config(fixture("v2.toml", &v1_7()));
    assert_eq!(
        (handlers(&seventh), seventh.default_runtime_name.as_str()),
        (vec!["runsc"], "runc")
    );
    // 2.x joins the two.
    for loading in [v2_0(), v2_3()] {
        let second = config(fixture("v2.toml", &loading));
        assert_eq!(handlers(&second), ["crun", "kata", "runc", "runsc"]);
        assert_eq!(second.default_runtime_name, "crun");
        assert_eq!(second.check_plugins(), Ok(()));
        let kata = &second.handlers["kata"];
        assert_eq!(
            kata.runtime_path.as_deref(),
            Some("/opt/kata/bin/containerd-shim-kata-v2")
        );
        // The name of 1.7 is migrated; the empty table is none in 2.x.
        assert_eq!(
            (kata.sandboxer.as_str(), &kata.options),
            ("shim", &OptionsTable::Absent)
        );
        let defined = second.handlers["runsc"].defined.as_ref().unwrap();
        assert!(defined.file().ends_with("conf.d/10-runsc.toml"));
        assert_eq!(defined.line(), 4);
        assert_eq!(second.handlers["runc"].defined, None);
    }
}

#[test]
fn an_empty_options_table_is_one_in_1_x_only() {
    let text = "[plugins.cri.containerd.runtimes.kata]\nruntime_type = 'io.containerd.kata.v2'\noptions = {}";
    for (loading, expected) in [
        (v1_3(), OptionsTable::Empty),
        (v1_7(), OptionsTable::Empty),
        (v2_3(), OptionsTable::Absent),
    ] {
        assert_eq!(
            config(load_text(text, &loading)).handlers["kata"].options,
            expected,
            "{loading:?}"
        );
    }
}

#[test]
fn version_3() {
    let zeroth = config(fixture("v3.toml", &v2_0()));
    assert_eq!(handlers(&zeroth), ["kata", "runc"]);
    // An empty string is set as well, and hides the default.
    assert_eq!(zeroth.handlers["runc"].runtime_type, "");
    assert_eq!(zeroth.handlers["kata"].sandboxer, "shim");
    let OptionsTable::Keys(options) = &zeroth.handlers["runc"].options else {
        panic!("no options")
    };
    assert_eq!(options["SystemdCgroup"], toml::Value::Boolean(true));
    assert_eq!(options["BinaryName"], toml::Value::String(String::new()));
    assert_eq!(fixture("v3.toml", &v2_3()), fixture("v3.toml", &v2_0()));
    // 1.7.17 refuses the version, earlier ones accept it and read nothing of it.
    let Loaded::Refused(refusal) = fixture("v3.toml", &v1_7()) else {
        panic!("accepted")
    };
    assert_eq!(refusal.text(), "unsupported config version `3`");
    assert_eq!(handlers(&config(fixture("v3.toml", &v1_5()))), ["runc"]);
}

#[test]
fn version_4_needs_2_3() {
    assert_eq!(handlers(&config(fixture("v4.toml", &v2_3()))), ["runc", "runsc"]);
    let Loaded::Refused(refusal) = fixture("v4.toml", &v2_0()) else {
        panic!("accepted")
    };
    assert_eq!(
        refusal.text(),
        "expected containerd config version equal to or less than `3`, got `4`"
    );
}

#[test]
fn a_newer_section_in_an_older_file_wins_whole() {
    let newer = "[plugins.'io.containerd.cri.v1.runtime'.containerd.runtimes.new]\nruntime_type = 'x'\n";
    let older = "[plugins.'io.containerd.grpc.v1.cri'.containerd.runtimes.old]\nruntime_type = 'x'\n";
    let both = format!("version = 2\n{newer}{older}");
    assert_eq!(handlers(&config(load_text(&both, &v2_3()))), ["new", "runc"]);
    assert_eq!(handlers(&config(load_text(&both, &v1_7()))), ["old"]);
    // The older section of a version 3 file is not looked at by 2.0, but 2.3 migrates it on the way to
    // version 4.
    let third = format!("version = 3\n{older}");
    assert_eq!(handlers(&config(load_text(&third, &v2_0()))), ["runc"]);
    assert_eq!(handlers(&config(load_text(&third, &v2_3()))), ["old", "runc"]);
    assert_eq!(
        handlers(&config(load_text(&format!("version = 4\n{older}"), &v2_3()))),
        ["runc"]
    );
}

#[test]
fn the_default_handler_of_2_x_lends_its_table_to_any_runtime_type() {
    let text = "version = 3\n[plugins.'io.containerd.cri.v1.runtime'.containerd.runtimes.runc]\nruntime_type = 'io.containerd.runsc.v1'";
    let zeroth = config(load_text(text, &v2_0()));
    assert_eq!(zeroth.handlers["runc"].runtime_type, "io.containerd.runsc.v1");
    assert!(matches!(&zeroth.handlers["runc"].options, OptionsTable::Keys(keys) if keys.len() == 9));
    let text = "[plugins.cri.containerd.runtimes.runc.options]\nSystemdCgroup = true";
    // In 1.x such a handler has no runtime_type.
    assert_eq!(config(load_text(text, &v1_7())).handlers["runc"].runtime_type, "");
}

#[test]
fn plugins_named_as_their_version_does_not() {
    let disabled = "version = 2\ndisabled_plugins = ['cri']";
    let text = "invalid disabled plugin URI \"cri\" expect io.containerd.x.vx";
    assert_eq!(refusal(disabled, &v1_7()), text);
    assert_eq!(refusal(disabled, &v2_0()), text);
    assert_eq!(
        refusal("version = 2\n[plugins.cri]", &v1_7()),
        "invalid plugin key URI \"cri\" expect io.containerd.x.vx"
    );
    // What the packages of Docker ship: in version 1 the name is right, and every release understands it.
    for loading in [v1_2(), v1_3(), v1_7(), v2_0(), v2_3()] {
        assert!(
            config(load_text("disabled_plugins = ['cri']", &loading)).cri_disabled,
            "{loading:?}"
        );
    }
    assert!(
        config(load_text(
            "version = 2\ndisabled_plugins = ['io.containerd.grpc.v1.cri']",
            &v1_7()
        ))
        .cri_disabled
    );
}

#[test]
fn pods_without_class_get_the_default_and_unknown_handlers_an_error() {
    let zeroth = config(fixture("v3.toml", &v2_0()));
    assert_eq!(zeroth.sandbox_runtime("", Workload::Trusted).unwrap().0, "runc");
    assert_eq!(
        zeroth.sandbox_runtime("runsc", Workload::Trusted).unwrap_err(),
        "no runtime for \"runsc\" is configured"
    );
    let none = config(load_text(
        "version = 3\n[plugins.'io.containerd.cri.v1.runtime'.containerd]\ndefault_runtime_name = ''",
        &v2_0(),
    ));
    assert_eq!(none.check_plugins(), Err("`default_runtime_name` is empty"));
}

mod imports {
    use super::*;
    use std::fs;

    #[test]
    fn a_circle_ends_and_a_newer_drop_in_is_refused_from_2_3() {
        let directory = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| fs::write(directory.path().join(name), text).unwrap();
        write(
            "a.toml",
            "version = 2\nimports = ['./b.toml', 'a.toml']\n[plugins.'io.containerd.grpc.v1.cri'.containerd.runtimes.a]",
        );
        write(
            "b.toml",
            "version = 3\nimports = ['a.toml']\n[plugins.'io.containerd.cri.v1.runtime'.containerd.runtimes.b]",
        );
        let load = |loading: &ConfigLoading| {
            load_containerd_config(&directory.path().join("a.toml"), "the test", loading).unwrap()
        };
        // The version of the last file decides about all of them: the first file's section is no longer
        // migrated.
        assert_eq!(handlers(&config(load(&v2_0()))), ["b", "runc"]);
        let Loaded::Refused(refusal) = load(&v2_3()) else {
            panic!("accepted")
        };
        assert_eq!(
            refusal.text(),
            "drop-in config version 3 higher than root config version 2"
        );
    }

    #[test]
    fn an_older_drop_in_is_read_from_2_3_and_does_not_win_before() {
        let directory = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| fs::write(directory.path().join(name), text).unwrap();
        write(
            "a.toml",
            "version = 3\nimports = ['b.toml']\n[plugins.'io.containerd.cri.v1.runtime'.containerd.runtimes.a]",
        );
        write(
            "b.toml",
            "version = 2\n[plugins.'io.containerd.grpc.v1.cri'.containerd.runtimes.b]",
        );
        let load = |loading: &ConfigLoading| {
            load_containerd_config(&directory.path().join("a.toml"), "the test", loading).unwrap()
        };
        assert_eq!(handlers(&config(load(&v2_3()))), ["a", "b", "runc"]);
        assert_eq!(handlers(&config(load(&v2_0()))), ["a", "runc"]);
    }

    #[test]
    fn a_pattern_that_is_too_wide_ends() {
        let directory = tempfile::tempdir().unwrap();
        for number in 0..300 {
            fs::write(directory.path().join(format!("{number}.toml")), "version = 3").unwrap();
        }
        fs::write(
            directory.path().join("a.toml"),
            "version = 3\nimports = ['*.toml']",
        )
        .unwrap();
        let error =
            load_containerd_config(&directory.path().join("a.toml"), "the test", &v2_0()).unwrap_err();
        assert!(matches!(error, ScenarioError::TooManyImports { .. }), "{error}");
    }

    #[test]
    fn tables_are_joined_and_a_zero_wins_too() {
        let directory = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| fs::write(directory.path().join(name), text).unwrap();
        let options = "[plugins.'io.containerd.cri.v1.runtime'.containerd.runtimes.crun.options]";
        write(
            "a.toml",
            &format!(
                "version = 3\nimports = ['*.toml']\n{options}\nSystemdCgroup = true\nBinaryName = 'crun'"
            ),
        );
        write(
            "z.toml",
            &format!("version = 3\n{options}\nSystemdCgroup = false"),
        );
        let loaded = load_containerd_config(&directory.path().join("a.toml"), "the test", &v2_0()).unwrap();
        let OptionsTable::Keys(keys) = &config(loaded).handlers["crun"].options else {
            panic!("no options")
        };
        assert_eq!(keys.to_string(), "BinaryName = \"crun\"\nSystemdCgroup = false\n");
    }
}
