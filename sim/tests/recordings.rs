//! What a real client saw of a real containerd is a path of the machine.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that cannot go on has failed"
)]

use std::fs;

use shimproof_model::catalog::Catalog;
use shimproof_model::world::World;
use shimproof_model::{ContainerState, Userns};
use shimproof_scenario::{Overrides, Scenario};
use shimproof_sim::Wire;
use shimproof_sim::recordings::{
    CallObserved, Event, Instead, LongestPrefix, MatchedPath, Recording, ReplyObserved, Validation, validate,
};

/// A containerd that starts, with a handler for gVisor with and without an options table.
const CONFIG: &str = "version = 3
[plugins.'io.containerd.cri.v1.runtime'.containerd.runtimes.gvisor]
  runtime_type = 'io.containerd.runsc.v1'
[plugins.'io.containerd.cri.v1.runtime'.containerd.runtimes.gvisoropt]
  runtime_type = 'io.containerd.runsc.v1'
  [plugins.'io.containerd.cri.v1.runtime'.containerd.runtimes.gvisoropt.options]
    TypeUrl = 'io.containerd.runsc.v1.options'
    ConfigPath = '/etc/containerd/runsc.toml'
";

fn recordings(name: &str) -> Vec<Recording> {
    let path = format!(
        "{}/tests/fixtures/observations/cri-e2e-{name}.jsonl",
        env!("CARGO_MANIFEST_DIR")
    );
    let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
    Recording::parse_lines(&text).unwrap()
}

/// The node that a run was recorded on: runc 1.1.5, and gVisor of November 2024.
fn node(recording: &Recording, containerd: &str) -> World<Wire> {
    let directory = tempfile::tempdir().unwrap();
    let handler = &recording.handler;
    let host_network = recording.network.as_deref() == Some("NODE");
    let write = |name: &str, text: &str| fs::write(directory.path().join(name), text).unwrap();
    write("config.toml", CONFIG);
    write(
        "pod.yaml",
        &format!(
            "apiVersion: v1\nkind: Pod\nmetadata: {{name: recorded}}\nspec:\n  runtimeClassName: {handler}\n  \
             hostNetwork: {host_network}\n  containers:\n  - name: app\n    securityContext: {{runAsUser: 1000, \
             runAsGroup: 1000}}\n---\napiVersion: node.k8s.io/v1\nkind: RuntimeClass\nmetadata: {{name: {handler}}}\n\
             handler: {handler}\n"
        ),
    );
    write(
        "scenario.toml",
        &format!(
            "name = 'recorded'\n[kubernetes]\nversion = '1.33.2'\n[containerd]\nversion = '{containerd}'\nconfig = \
             'config.toml'\n[shims.'io.containerd.runsc.v1']\nshim = 'runsc'\nversion = 'release-20241118.0'\n\
             [oci-runtimes.runc]\nname = 'runc'\nversion = '1.1.5'\n[pod]\nmanifest = 'pod.yaml'\n"
        ),
    );
    let catalog = Catalog::embedded();
    let scenario = Scenario::load(directory.path()).unwrap();
    // Nothing else happened on the node.
    let overrides = Overrides {
        faults: Some(0),
        ..Overrides::default()
    };
    let mut world: World<Wire> = scenario.world_in(catalog, &overrides).unwrap();
    if recording.shim_info.as_deref() == Some("info") {
        // A wrapper answered `-info` as release-20260601.0 does; all else is the shim of 2024.
        let newer = catalog.shim_row("runsc", "release-20260601.0").unwrap();
        for shim in world.shims.iter_mut().filter(|shim| shim.name == "runsc") {
            shim.info = newer.info.clone();
        }
    }
    world
}

/// What the catalogue calls the containerd of a recording.
fn release(recording: &Recording, file: &str) -> &'static str {
    match recording.containerd.as_deref().unwrap_or(file) {
        "cf07f28e" => "release/2.0@cf07f28e",
        "v2.0.1" => "v2.0.1",
        "301026e58c" => "main@301026e58c",
        other => panic!("{other}"),
    }
}

fn validated(recording: &Recording, file: &str) -> Validation {
    validate(recording, &node(recording, release(recording, file)))
}

fn path(recording: &Recording, file: &str) -> MatchedPath {
    match validated(recording, file) {
        Validation::Path(path) => path,
        Validation::LongestPrefix(prefix) => panic!("{file}: {recording:?}\n{prefix}"),
    }
}

fn prefix(recording: &Recording, file: &str) -> LongestPrefix {
    match validated(recording, file) {
        Validation::Path(path) => panic!("{file}: {recording:?}\n{path:?}"),
        Validation::LongestPrefix(prefix) => *prefix,
    }
}

#[test]
fn recorded_runs_are_paths() {
    for (file, runs) in [("cf07f28e", 9), ("v2.0.1", 9), ("stale-sandbox", 24)] {
        let recordings = recordings(file);
        assert_eq!(recordings.len(), runs);
        for recording in &recordings {
            let path = path(recording, file);
            // The hidden steps are more than the client's.
            assert!(path.actions.len() > recording.events.len(), "{path:?}");
            check_log(recording, &path, file);
        }
    }
}

/// What the container printed agrees with the state at the end of the path: the map of user ids, and the group of
/// its standard output. runc gives the output to the user by itself, but not to the group.
fn check_log(recording: &Recording, path: &MatchedPath, file: &str) {
    let Some(log) = recording.log.as_deref().filter(|log| !log.is_empty()) else {
        return;
    };
    let container = path.end.pods[0].containers[0].unwrap();
    let ContainerState::Running {
        in_userns,
        pipe_owner,
        ..
    } = container.state
    else {
        panic!("{container:?}")
    };
    assert_eq!(
        in_userns,
        !log.contains("0          0 4294967295"),
        "{recording:?}"
    );
    if recording.handler == "runc" {
        let group = pipe_owner.map_or(0, |owner| owner.gid);
        assert!(
            log.contains(&format!("fd1=1000:{group} ")),
            "{file}: {recording:?}: {pipe_owner:?}"
        );
    }
}

fn find<'r>(recordings: &'r [Recording], handler: &str, userns: Userns<()>) -> &'r Recording {
    let called = Event::Called(CallObserved::RunPodSandbox(userns));
    recordings
        .iter()
        .find(|recording| recording.handler == handler && recording.events[0] == called)
        .unwrap()
}

/// The recording with another last reply.
fn changed(recording: &Recording, reply: ReplyObserved) -> Recording {
    let mut changed = recording.clone();
    let Some(Event::Replied(_, last)) = changed.events.last_mut() else {
        panic!("{recording:?}")
    };
    assert_ne!(*last, reply);
    *last = reply;
    changed
}

#[test]
fn a_refusal_that_was_not_recorded_is_diagnosed() {
    let recordings = recordings("cf07f28e");
    let recording = changed(find(&recordings, "gvisor", Userns::Node), ReplyObserved::Ok);
    let prefix = prefix(&recording, "cf07f28e");
    assert_eq!((prefix.matched, prefix.states.len()), (5, 1), "{prefix}");
    assert!(prefix.complete);
    let [candidate] = prefix.candidates.as_slice() else {
        panic!("{prefix}")
    };
    assert_eq!(candidate.refusal(), Some("create-rejected"));
    assert_eq!(
        candidate.guard().as_deref(),
        Some(shimproof_model::guards::Guard::ShimCreate.as_str())
    );
    let told = prefix.to_string();
    for part in [
        "event 6 of the recording is on no path: StartContainer succeeded",
        "type with url containerd.runc.v1.Options: not found (create-rejected)",
        "UsernsOptions NODE; runtime io.containerd.runsc.v1; runtime options absent",
        "runsc-20211026, rule",
    ] {
        assert!(told.contains(part), "{part}: {told}");
    }
}

#[test]
fn a_success_that_was_not_recorded_is_diagnosed() {
    let of_window = recordings("cf07f28e");
    let Some(Event::Replied(_, error)) = find(&of_window, "gvisor", Userns::Node).events.last() else {
        panic!("no reply")
    };
    let recordings = recordings("v2.0.1");
    let recording = changed(find(&recordings, "gvisor", Userns::Node), error.clone());
    let prefix = prefix(&recording, "v2.0.1");
    assert_eq!(prefix.matched, 5, "{prefix}");
    let [candidate] = prefix.candidates.as_slice() else {
        panic!("{prefix}")
    };
    assert_eq!(candidate.refusal(), None);
    let guard = shimproof_model::guards::Guard::UpdateContainerIoOwner;
    let decided = candidate.decisions.iter().find(|decided| decided.guard == guard);
    assert!(decided.unwrap().table.contains("unless-nil-or-node"), "{prefix}");
}

#[test]
fn another_text_or_another_code_is_no_match() {
    let recordings = recordings("v2.0.1");
    let recording = find(&recordings, "runc", Userns::Pod(()));
    let Some(Event::Replied(_, ReplyObserved::Error(text))) = recording.events.last() else {
        panic!("{recording:?}")
    };
    for other in [
        text.replace("Unknown", "NotFound"),
        text.replace("mountExtensions", "mounts"),
        format!("{text}: unknown"),
    ] {
        let prefix = prefix(&changed(recording, ReplyObserved::Error(other)), "v2.0.1");
        assert_eq!(prefix.matched, 5);
        assert_eq!(prefix.candidates[0].refusal(), Some("idmap-unsupported"));
    }
}

#[test]
fn calls_out_of_order_are_on_no_path() {
    let recordings = recordings("v2.0.1");
    let mut recording = find(&recordings, "runc", Userns::Nil).clone();
    recording.events.drain(2..4);
    let prefix = prefix(&recording, "v2.0.1");
    assert_eq!(prefix.matched, 2);
    assert_eq!(prefix.candidates[0].instead, Instead::CallNotMade);
}
