use std::sync::Arc;

use shimproof_model::packing::PackingError;
use shimproof_properties::{CheckError, Engine, Machine, all, check, check_live, live};
use shimproof_search::{Bound, Limits};

use crate::{packed, scenarios, world};

#[test]
fn a_panic_is_reported_with_the_run_that_led_to_it() {
    let machine = Arc::new(Machine::new(world(&scenarios()[0], None, None)));
    for engine in [packed(true, 2), Engine::Plain] {
        let mut properties = all();
        properties[0].broken = |_, _, pod, _| {
            assert!(pod.sandbox.is_none(), "no sandbox was expected");
            None
        };
        let error = check(&machine, &properties, &[], engine, &Limits::default(), &mut ()).unwrap_err();
        let CheckError::Model { path: Some(path), .. } = &error else {
            panic!("{error}")
        };
        assert!(path.last_state().pods.iter().any(|pod| pod.sandbox.is_some()));
        let text = error.to_string();
        assert!(text.contains("no sandbox was expected"), "{text}");
        assert!(text.contains("sync-pod of pod 0"), "{text}");
        assert!(text.contains("in the state\nNode {"), "{text}");
    }
}

#[test]
fn a_panic_in_a_property_of_whole_runs_is_reported_with_the_run() {
    let machine = Arc::new(Machine::new(world(&scenarios()[0], None, None)));
    for engine in [packed(true, 2), Engine::Plain] {
        let mut properties = live();
        properties[0].conclusion = |_, _, pod| {
            assert!(pod.sandbox.is_none(), "no sandbox was expected");
            false
        };
        let error =
            check_live(&machine, &properties, false, engine, &Limits::default(), &mut ()).unwrap_err();
        let text = error.to_string();
        assert!(text.contains("no sandbox was expected"), "{text}");
        assert!(text.contains("sync-pod of pod 0"), "{text}");
        assert!(text.contains("in the state\nNode {"), "{text}");
    }
}

#[test]
fn a_world_that_does_not_pack_is_refused_with_the_field() {
    let mut wide = world(&scenarios()[0], None, None);
    let configuration = wide.configurations[0].clone();
    wide.configurations = (1..=200)
        .map(|id| {
            let mut configuration = configuration.clone();
            for config in configuration.handlers.iter_mut().flatten().flatten() {
                config.options = Some(shimproof_model::abstraction::Table {
                    id,
                    keys: shimproof_model::abstraction::Keys::NONE,
                    oci_runtime: 0,
                    inner_runsc: false,
                });
            }
            configuration
        })
        .collect();
    let shim = wide.shims[0].clone();
    wide.shims.extend(vec![shim; 200]);
    let machine = Arc::new(Machine::new(wide));
    let error = check(
        &machine,
        &all(),
        &[],
        packed(true, 1),
        &Limits::default(),
        &mut (),
    )
    .unwrap_err();
    let CheckError::Packing(PackingError::Pod { field, needed, .. }) = error else {
        panic!("{error}")
    };
    assert_eq!(field, "message in flight");
    assert!(needed > 64);
}

#[test]
fn every_bound_ends_the_search_and_is_named() {
    let machine = Arc::new(Machine::new(world(&scenarios()[0], Some(4), Some(3))));
    let options = |memory| {
        Engine::Exact(shimproof_search::PackedOptions {
            memory,
            ..shimproof_search::PackedOptions::default()
        })
    };
    let bounded = |limits: &Limits, memory| {
        check(&machine, &all(), &[], options(memory), limits, &mut ())
            .unwrap()
            .bound
    };
    let states = Limits {
        max_states: Some(500),
        ..Limits::default()
    };
    assert_eq!(bounded(&states, None), Some(Bound::States(500)));
    let depth = Limits {
        max_depth: Some(3),
        ..Limits::default()
    };
    assert_eq!(bounded(&depth, None), Some(Bound::Depth(3)));
    let memory = 8 << 20;
    assert_eq!(
        bounded(&Limits::default(), Some(memory)),
        Some(Bound::Memory(memory))
    );
}
