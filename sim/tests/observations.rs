//! What containerd's own code and real shims were seen to do is what the catalogue's rows and the bytes give.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that cannot go on has failed"
)]

use serde::Deserialize;
use serde_json::Value;
use shimproof_model::catalog::{Catalog, ShimRow, StartStdin};
use shimproof_model::guards::{
    Acceptance, Base, EndpointDecision, OptionsSource, OptionsState, Owner, RuntimeType,
};
use shimproof_model::world::Containerd;
use shimproof_model::{Channel, Delivered, Domain, NotMapped, Target, TypeUrl, UsernsMode, delivered};
use shimproof_sim::Wire;
use shimproof_sim::wire::message::{RuncV1Options, RuntimeOptions};
use shimproof_sim::wire::{Any, Content, Id, Mapping};

/// The two releases that were asked, by what the catalogue calls them.
const RELEASES: [(&str, &str); 2] = [("cf07f28e", "release/2.0@cf07f28e"), ("v2.0.1", "v2.0.1")];

fn read(name: &str) -> String {
    let path = format!(
        "{}/tests/fixtures/observations/{name}",
        env!("CARGO_MANIFEST_DIR")
    );
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"))
}

fn containerd(version: &str) -> Containerd {
    Containerd::new(version, Catalog::embedded().design_row(version).unwrap())
}

/// One call of `updateContainerIOOwner` and `Container.NewTask`.
#[derive(Debug, Deserialize)]
#[expect(clippy::struct_field_names, reason = "the names are those of the recording")]
struct TaskOptions {
    userns: String,
    runtime_options: String,
    mapping: String,
    uid: u32,
    endpoint: bool,
    num_owner_opts: u32,
    owner_err: Option<String>,
    task_options: Option<Value>,
}

fn runc(message: RuncV1Options) -> Any {
    Any::marshal(&Content::Runc(message))
}

fn generic() -> Any {
    Any::marshal(&Content::Runtime(RuntimeOptions {
        config_path: "/x".to_owned(),
        ..RuntimeOptions::default()
    }))
}

fn options(name: &str) -> Option<Any> {
    match name {
        "nil" => None,
        "runc" => Some(runc(RuncV1Options {
            systemd_cgroup: true,
            ..RuncV1Options::default()
        })),
        "runc-empty" => Some(runc(RuncV1Options::default())),
        "runtimeoptions.v1" => Some(generic()),
        other => panic!("{other}"),
    }
}

fn state(any: Option<&Any>) -> OptionsState {
    OptionsState::of(any.map(|any| (Wire::type_url(any), Wire::value(any))))
}

fn mode(name: &str) -> UsernsMode {
    match name {
        "linux-nil" => UsernsMode::LinuxNil,
        "nil" => UsernsMode::Nil,
        "NODE" => UsernsMode::Node,
        "POD" => UsernsMode::Pod,
        "CONTAINER" => UsernsMode::Container,
        "TARGET" => UsernsMode::Target,
        other => panic!("{other}"),
    }
}

/// The owner, or what `updateContainerIOOwner` says.
fn owner(row: &TaskOptions) -> Result<Id, String> {
    let inside = Id {
        uid: row.uid,
        gid: row.uid,
    };
    match row.mapping.as_str() {
        "none" => Ok(inside),
        "0-100000-65536" => Mapping {
            host: 100_000,
            length: 65536,
        }
        .to_host(inside)
        .ok_or_else(|| {
            let uid = row.uid;
            format!("failed to do idmap to get host ID: container ID {uid} cannot be mapped to a host ID")
        }),
        // The specification that the test handed over lacks the part.
        _ => Err("invalid linux platform oci runtime spec".to_owned()),
    }
}

/// The task options as the guards of the row and the operations on bytes make them.
fn task_options(containerd: &Containerd, row: &TaskOptions) -> Result<(u32, Option<Any>), String> {
    let runtime = RuntimeType::of(if row.runtime_options == "runc" {
        "io.containerd.runc.v2"
    } else {
        "other"
    });
    let runtime_options = options(&row.runtime_options);
    let state = state(runtime_options.as_ref());
    let guards = &containerd.guards;
    let written = guards.io_owner.decide((mode(&row.userns), runtime, state)) == Owner::Written;
    let owner = written.then(|| owner(row)).transpose()?;
    let base = guards.task_options_base.decide((runtime, state));
    let start = || match base {
        Base::FreshRunc => Wire::fresh(TypeUrl::RuncV1),
        Base::FreshCreateOptions => Wire::fresh(TypeUrl::LinuxCreateOptions),
        Base::Copy | Base::Fail => Wire::copy_as_runc(runtime_options.as_ref().unwrap()).unwrap(),
    };
    let mut any: Option<Any> = None;
    if guards.task_api_endpoint.decide((row.endpoint, base)) == EndpointDecision::Write {
        Wire::set_task_api_endpoint(any.get_or_insert_with(start));
    }
    if let Some(owner) = owner {
        Wire::set_io_owner(any.get_or_insert_with(start), owner);
    }
    Ok((if written { 2 } else { 0 }, any))
}

#[test]
fn task_options_are_those_of_containerd() {
    for (file, version) in RELEASES {
        let containerd = containerd(version);
        let rows: Vec<TaskOptions> = serde_json::from_str(&read(&format!("{file}.json"))).unwrap();
        assert_eq!(rows.len(), 288);
        for row in rows {
            let found = task_options(&containerd, &row);
            if let Some(error) = &row.owner_err {
                assert_eq!(found.as_ref().unwrap_err(), error, "{file}: {row:?}");
                continue;
            }
            let (owner_options, any) = found.unwrap_or_else(|error| panic!("{file}: {row:?}: {error}"));
            assert_eq!(owner_options, row.num_owner_opts, "{file}: {row:?}");
            let Some(expected) = &row.task_options else {
                assert_eq!(any, None, "{file}: {row:?}");
                continue;
            };
            let any = any.unwrap_or_else(|| panic!("{file}: {row:?}"));
            assert_eq!(any.url.as_str(), expected["type_url"], "{file}: {row:?}");
            let Content::Runc(message) = any.content().unwrap() else {
                panic!("{any:?}")
            };
            let number = |name: &str| {
                u32::try_from(
                    expected["value"]
                        .get(name)
                        .and_then(Value::as_u64)
                        .unwrap_or_default(),
                )
                .unwrap()
            };
            let mut expected_message = RuncV1Options {
                io_uid: number("io_uid"),
                io_gid: number("io_gid"),
                ..RuncV1Options::default()
            };
            if expected["value"].get("task_api_address").is_some() {
                // The address of the recording is that of its test.
                message
                    .task_api_address
                    .clone_into(&mut expected_message.task_api_address);
                expected_message.task_api_version = number("task_api_version");
                assert!(!message.task_api_address.is_empty());
            }
            assert_eq!(message, expected_message, "{file}: {row:?}");
        }
    }
}

#[test]
fn a_user_above_the_mapping_has_no_host_id() {
    let mapping = Mapping {
        host: 100_000,
        length: 65536,
    };
    assert_eq!(
        Wire::to_host(Some(mapping), shimproof_model::User::AboveMapping),
        Err(NotMapped)
    );
}

/// One call of the daemon's `shimTask.Create`.
#[derive(Debug, Deserialize)]
struct OnTheWire {
    task_options: String,
    runtime_options: String,
    wire_type_url: String,
    wire_len: usize,
}

#[test]
fn the_choice_between_task_and_runtime_options_is_that_of_containerd() {
    for (file, version) in RELEASES {
        let guards = containerd(version).guards;
        let rows: Vec<OnTheWire> = serde_json::from_str(&read(&format!("{file}.wire.json"))).unwrap();
        assert_eq!(rows.len(), 16);
        for row in rows {
            let (task, runtime) = (options(&row.task_options), options(&row.runtime_options));
            let chosen = match guards.options_fallback.decide(state(task.as_ref())) {
                OptionsSource::Task => task,
                OptionsSource::Runtime => runtime,
                OptionsSource::Nothing => None,
            };
            let arrived = chosen.map(Wire::through_ttrpc);
            assert_eq!(
                arrived.as_ref().map_or("", |any| any.url.as_str()),
                row.wire_type_url,
                "{row:?}"
            );
            let length = arrived
                .as_ref()
                .and_then(|any| any.value.as_ref())
                .map_or(0, Vec::len);
            assert_eq!(length, row.wire_len, "{row:?}");
        }
    }
}

#[test]
fn the_daemons_check_is_that_of_containerd() {
    for (file, version) in RELEASES {
        let guards = containerd(version).guards;
        let recorded: Value =
            serde_json::from_str(&read(&format!("{file}.daemon-formatOptions.json"))).unwrap();
        for (name, refused) in [("runc", false), ("runtimeoptions.v1", true)] {
            let decision = guards
                .format_options
                .decide((RuntimeType::Other, state(options(name).as_ref())));
            assert_eq!(decision == Acceptance::Refused, refused, "{name}");
            let expected = if refused {
                "invalid task create option for io.containerd.runsc.v1"
            } else {
                "ok"
            };
            assert_eq!(recorded[name], expected);
        }
    }
}

/// What a shim was asked with: options, or none.
struct Probe(Option<Any>);

/// The probes whose type containerd has, as bytes; none for the others.
fn probe(name: &str) -> Option<Probe> {
    let generic = |type_url: &str, config_path: &str| RuntimeOptions {
        type_url: type_url.to_owned(),
        config_path: config_path.to_owned(),
        config_body: Vec::new(),
    };
    let runtime = |message| Some(Probe(Some(Any::marshal(&Content::Runtime(message)))));
    match name {
        "absent" => Some(Probe(None)),
        "runc" => Some(Probe(Some(runc(RuncV1Options {
            io_gid: 4242,
            ..RuncV1Options::default()
        })))),
        "runc-empty-value" => Some(Probe(Some(runc(RuncV1Options::default())))),
        "runtimeoptions.v1" => runtime(generic("", "/x")),
        "runtimeoptions.v1-runsc" => runtime(generic("io.containerd.runsc.v1.options", "/x")),
        "runtimeoptions.v1-nopath" => runtime(generic("io.containerd.runsc.v1.options", "")),
        "cri.runtimeoptions.v1" => {
            let message = generic("io.containerd.runsc.v1.options", "/x");
            let bytes = Content::Runtime(message).encode();
            Some(Probe(Some(Any::marshal(
                &Content::decode(TypeUrl::CriRuntimeoptionsV1, &bytes).unwrap(),
            ))))
        }
        // Types that containerd does not send.
        "runc-typeurl-prefix" | "bogus" | "bogus-empty-value" => None,
        other => panic!("{other}"),
    }
}

fn agrees_with_probes(file: &str, row: &ShimRow) {
    let mut seen = 0;
    for line in read(file).lines().filter(|line| !line.starts_with('#')) {
        let (name, rest) = line.split_once(char::is_whitespace).unwrap();
        let Some(Probe(options)) = probe(name) else {
            continue;
        };
        seen += 1;
        let sent = options.map(Wire::through_ttrpc);
        let delivery = delivered::<Wire>(
            row,
            Channel::Create,
            Target::Container(0),
            sent.as_ref(),
            StartStdin::RawAny,
        );
        let rest = rest.trim();
        assert_eq!(
            rest.starts_with("CREATE ERR"),
            delivery.outcome == Delivered::Rejected,
            "{file}: {line}"
        );
        if let Some((_, text)) = rest.split_once("msg=") {
            let any = sent.as_ref().unwrap();
            let rule = &row.create.rules[usize::from(delivery.rule.unwrap())];
            let expected = rule.text.as_ref().unwrap().replace("{url}", any.url.as_str());
            let expected = expected.replace("{inner}", &any.inner_type_url());
            assert_eq!(text.split("  [").next().unwrap(), expected, "{file}: {line}");
        }
        let chowned = rest.contains("fd1=0:4242");
        let applied = sent.filter(|_| delivery.outcome == Delivered::Applied);
        let owner = applied
            .as_ref()
            .and_then(Wire::io_owner)
            .filter(|_| row.applies_io_owner);
        assert_eq!(chowned, owner.is_some(), "{file}: {line}");
    }
    assert!(seen >= 7, "{file}: {seen}");
}

#[test]
fn shims_do_what_their_rows_say() {
    let catalog = Catalog::embedded();
    for (file, name, version) in [
        ("shim-probe-debian-1.6.20.txt", "runc-go", "v1.6.20"),
        ("shim-probe-gvisor-2411.txt", "runsc", "release-20241118.0"),
        (
            "shim-probe-rust-0.2.0.txt",
            "runc-rust",
            "containerd-runc-shim@0.2.0",
        ),
    ] {
        agrees_with_probes(file, catalog.shim_row(name, version).unwrap());
    }
}
