//! Every operation on bytes, seen through the abstraction, is the abstract operation.
//!
//! An abstract message *is* the vector of answers to what control and shims ask of one. Both domains go through
//! the same operations, and after each of them give the same answers.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that cannot go on has failed"
)]

use std::collections::BTreeSet;

use proptest::prelude::*;
use shimproof_model::abstraction::{Abstract, HostId, Key, Keys};
use shimproof_model::catalog::Condition;
use shimproof_model::{Domain, Finite as _, TypeUrl, User, Value, abstraction};
use shimproof_scenario::{FromConfiguration as _, KeyMatching, WrittenTable};
use shimproof_sim::Wire;
use shimproof_sim::wire::{self, Id};

/// What can be asked of a message.
#[derive(Debug, PartialEq, Eq)]
struct Answers {
    url: TypeUrl,
    value: Value,
    conditions: Vec<bool>,
    owner: Option<Owner>,
    oci_runtime: u8,
    lost: BTreeSet<String>,
}

/// An owner, as far as the abstraction tells them apart. An owner that is root leaves no bytes, so that none and
/// root are one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Owner {
    Identity,
    InBlock,
}

fn answers<D: Domain>(
    any: &D::Any,
    table: &D::Table,
    owner: impl Fn(D::Id) -> Option<Owner>,
    key: impl Fn(&str) -> String,
) -> Answers {
    let answers = Answers {
        url: D::type_url(any),
        value: D::value(any),
        conditions: Condition::all()
            .map(|condition| D::holds(any, condition))
            .collect(),
        owner: D::io_owner(any).and_then(owner),
        oci_runtime: D::oci_runtime(Some(any)),
        lost: D::lost(Some(any), table).iter().map(|name| key(name)).collect(),
    };
    assert_eq!(D::preserves(Some(any), table), answers.lost.is_empty());
    assert!(!D::describe(any).is_empty());
    answers
}

fn concrete(any: &wire::Any, table: &wire::Table) -> Answers {
    let key = |name: &str| {
        Key::all()
            .find(|key| key.as_str() == name)
            .map_or("other keys", Key::as_str)
            .to_owned()
    };
    let owner = |id: Id| match id.uid {
        0 => None,
        65536.. if id.uid != 70000 => Some(Owner::InBlock),
        _ => Some(Owner::Identity),
    };
    let generic = matches!(
        table.url,
        TypeUrl::RuncV1 | TypeUrl::RuntimeoptionsV1 | TypeUrl::CriRuntimeoptionsV1
    );
    // Of the other types the abstraction tells no keys apart.
    let key = |name: &str| {
        if generic {
            key(name)
        } else {
            "other keys".to_owned()
        }
    };
    answers::<Wire>(any, table, owner, key)
}

fn abstracted(any: &abstraction::Any, table: abstraction::Table) -> Answers {
    let owner = |id: HostId| match id {
        HostId::Root => None,
        HostId::Identity => Some(Owner::Identity),
        HostId::InBlock(_) => Some(Owner::InBlock),
    };
    answers::<Abstract>(any, &table, owner, str::to_owned)
}

/// What is done to a message.
#[derive(Clone, Copy, Debug)]
enum Operation {
    ThroughStore,
    ThroughTtrpc,
    CopyAsRunc,
    Owner(User, bool),
    Endpoint,
    NoPivot,
}

fn operation() -> impl Strategy<Value = Operation> {
    prop_oneof![
        Just(Operation::ThroughStore),
        Just(Operation::ThroughTtrpc),
        Just(Operation::CopyAsRunc),
        (0..User::CARDINALITY, any::<bool>())
            .prop_map(|(user, mapped)| Operation::Owner(User::from_index(user).unwrap(), mapped)),
        Just(Operation::Endpoint),
        Just(Operation::NoPivot),
    ]
}

fn url() -> impl Strategy<Value = TypeUrl> {
    (0..TypeUrl::CARDINALITY).prop_map(|index| TypeUrl::from_index(index).unwrap())
}

/// Keys of runc options that an operator sets. `IoUid` and `IoGid` are left out: the abstraction has no owner that
/// the operator wrote. So is `NoPivotRoot`, which `no_pivot` sets to the operator's value by another way.
const RUNC_KEYS: [&str; 8] = [
    "BinaryName",
    "Root",
    "SystemdCgroup",
    "ShimCgroup",
    "NoNewKeyring",
    "CriuPath",
    "CriuImagePath",
    "CriuWorkPath",
];
const GENERIC_KEYS: [&str; 5] = ["TypeUrl", "ConfigPath", "SystemdCgroup", "BinaryName", "anything"];

fn table(url: TypeUrl) -> impl Strategy<Value = (abstraction::Table, wire::Table)> {
    let keys = match url {
        TypeUrl::RuncV1 => RUNC_KEYS.to_vec(),
        TypeUrl::RuntimeoptionsV1 | TypeUrl::CriRuntimeoptionsV1 => GENERIC_KEYS.to_vec(),
        TypeUrl::RunhcsV1 => vec!["Debug", "SandboxImage", "VmProcessorCount"],
        TypeUrl::LinuxRuncOptions => vec!["Runtime", "RuntimeRoot", "SystemdCgroup"],
        TypeUrl::LinuxCreateOptions => vec!["ShimCgroup", "CriuWorkPath"],
    };
    let text = prop_oneof![
        Just("io.containerd.runsc.v1.options".to_owned()),
        "[a-z/.' \"\\\\\n]{1,12}"
    ];
    let first_lower = any::<bool>();
    (
        prop::sample::subsequence(keys.clone(), 0..=keys.len()),
        text,
        1_u8..5,
        first_lower,
        any::<bool>(),
    )
        .prop_map(move |(keys, text, oci_runtime, go_toml_1, lower)| {
            let matching = if go_toml_1 {
                KeyMatching::FourSpellings
            } else {
                KeyMatching::AnyCase
            };
            let table: toml::Table = keys
                .iter()
                .map(|key| {
                    // Another spelling means the same field.
                    let spelling = if lower && url == TypeUrl::RuncV1 {
                        key.to_lowercase()
                    } else {
                        (*key).to_owned()
                    };
                    let value = match *key {
                        "SystemdCgroup" | "NoNewKeyring" | "Debug" => toml::Value::Boolean(true),
                        "VmProcessorCount" => toml::Value::Integer(2),
                        _ => toml::Value::String(text.clone()),
                    };
                    (spelling, value)
                })
                .collect();
            let named = |name: &str| Key::all().find(|key| key.as_str() == name);
            let known = matches!(
                url,
                TypeUrl::RuncV1 | TypeUrl::RuntimeoptionsV1 | TypeUrl::CriRuntimeoptionsV1
            );
            let set: Keys = keys
                .iter()
                .map(|key| named(key).filter(|_| known).unwrap_or(Key::Other))
                .collect();
            let has_binary = url == TypeUrl::RuncV1 && keys.contains(&"BinaryName");
            let summary = abstraction::Table {
                id: 1,
                keys: set,
                oci_runtime: if has_binary { oci_runtime } else { 0 },
                inner_runsc: known
                    && url != TypeUrl::RuncV1
                    && keys.contains(&"TypeUrl")
                    && text == "io.containerd.runsc.v1.options",
            };
            let wire = Wire::table(&WrittenTable {
                summary,
                url,
                keys: &table,
                matching,
            });
            (summary, wire)
        })
}

fn of_table() -> impl Strategy<Value = (TypeUrl, (abstraction::Table, wire::Table))> {
    url().prop_flat_map(|url| (Just(url), table(url)))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn operations_commute_with_the_abstraction(
        (url, (abstract_table, wire_table)) in of_table(),
        fresh in prop::option::of(url()),
        config_body in any::<bool>(),
        operations in prop::collection::vec(operation(), 0..8),
    ) {
        // No release that has `config_body` sends the older name, whose message has no such field.
        let config_body = config_body && url != TypeUrl::CriRuntimeoptionsV1;
        let (mut on_wire, mut abstracted_any) = match fresh {
            Some(url) => (Wire::fresh(url), Abstract::fresh(url)),
            None => (
                Wire::generate(url, &wire_table, config_body),
                Abstract::generate(url, &abstract_table, config_body),
            ),
        };
        prop_assert_eq!(concrete(&on_wire, &wire_table), abstracted(&abstracted_any, abstract_table));
        for operation in operations {
            let url = Wire::type_url(&on_wire);
            match operation {
                Operation::ThroughStore => {
                    on_wire = Wire::through_store(on_wire);
                    abstracted_any = Abstract::through_store(abstracted_any);
                }
                Operation::ThroughTtrpc => {
                    on_wire = Wire::through_ttrpc(on_wire);
                    abstracted_any = Abstract::through_ttrpc(abstracted_any);
                }
                Operation::CopyAsRunc => {
                    let copies = (Wire::copy_as_runc(&on_wire), Abstract::copy_as_runc(&abstracted_any));
                    match copies {
                        (Ok(wire), Ok(abstracted)) => (on_wire, abstracted_any) = (wire, abstracted),
                        (Err(wire), Err(abstracted)) => prop_assert_eq!(wire, abstracted),
                        (wire, abstracted) => prop_assert!(false, "{:?} against {:?}", wire, abstracted),
                    }
                }
                // The client writes only into messages that it has made, or copied, as one of these types.
                Operation::Owner(user, mapped) if matches!(url, TypeUrl::RuncV1 | TypeUrl::LinuxCreateOptions) => {
                    let wire = mapped.then(|| Wire::allocate(&mut wire::Mappings::default()));
                    let block = mapped.then(|| Abstract::allocate(&mut abstraction::Blocks::default()));
                    match (Wire::to_host(wire, user), Abstract::to_host(block, user)) {
                        (Ok(wire), Ok(abstracted)) => {
                            Wire::set_io_owner(&mut on_wire, wire);
                            Abstract::set_io_owner(&mut abstracted_any, abstracted);
                        }
                        (wire, abstracted) => prop_assert_eq!(wire.is_err(), abstracted.is_err()),
                    }
                }
                Operation::Endpoint if url == TypeUrl::RuncV1 => {
                    Wire::set_task_api_endpoint(&mut on_wire);
                    Abstract::set_task_api_endpoint(&mut abstracted_any);
                }
                Operation::NoPivot if matches!(url, TypeUrl::RuncV1 | TypeUrl::LinuxCreateOptions) => {
                    Wire::set_no_pivot_root(&mut on_wire);
                    Abstract::set_no_pivot_root(&mut abstracted_any);
                }
                Operation::Owner(..) | Operation::Endpoint | Operation::NoPivot => {}
            }
            prop_assert_eq!(
                concrete(&on_wire, &wire_table),
                abstracted(&abstracted_any, abstract_table),
                "after {:?}",
                operation
            );
        }
    }

    /// Blocks of the concrete record are as disjoint as the abstract ones.
    #[test]
    fn blocks_are_given_out_alike(releases in prop::collection::vec(prop::option::of(0_usize..6), 1..12)) {
        let (mut wire, mut blocks) = (wire::Mappings::default(), abstraction::Blocks::default());
        let mut held: Vec<(wire::Mapping, abstraction::Block)> = Vec::new();
        for release in releases {
            match release.filter(|at| *at < held.len()) {
                Some(at) => {
                    let (mapping, block) = held.swap_remove(at);
                    Wire::release(&mut wire, mapping);
                    Abstract::release(&mut blocks, block);
                }
                None => held.push((Wire::allocate(&mut wire), Abstract::allocate(&mut blocks))),
            }
            for (at, (mapping, block)) in held.iter().enumerate() {
                prop_assert_eq!(mapping.host, (u32::from(block.0) + 1) * 65536);
                for (other, _) in &held[..at] {
                    prop_assert!(!other.contains(mapping.host));
                }
            }
        }
    }
}

/// A wrong abstraction is noticed: one that keeps an empty value apart from nil on the wire.
#[test]
fn a_wrong_abstraction_is_caught() {
    let keys = toml::Table::new();
    let summary = abstraction::Table {
        id: 1,
        keys: Keys::NONE,
        oci_runtime: 0,
        inner_runsc: false,
    };
    let url = TypeUrl::RuncV1;
    let table = Wire::table(&WrittenTable {
        summary,
        url,
        keys: &keys,
        matching: KeyMatching::AnyCase,
    });
    let on_wire = Wire::through_ttrpc(Wire::fresh(url));
    assert_ne!(
        concrete(&on_wire, &table),
        abstracted(&Abstract::fresh(url), summary)
    );
    assert_eq!(
        concrete(&on_wire, &table),
        abstracted(&Abstract::through_ttrpc(Abstract::fresh(url)), summary)
    );
}
