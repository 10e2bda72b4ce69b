//! A scenario file with every key.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use shimproof_scenario::{
    Client, Defect, ExpectedVerdict, ImageUser, OciRuntime, Outcome, ScenarioFile, Snippet, Stage, Target,
};

const ALL: &str = r#"
name = "all"
title = "every key"
sources = ["https://example.org"]

[kubernetes]
version = "1.31.2"
feature-gates = { UserNamespacesSupport = true }
kubelet-config = "kubelet.yaml"

[containerd]
version = "release/2.0@952ad6b3a"
config = "config.toml"

[shims."io.containerd.runsc.v1"]
shim = "runsc"
version = "release-20241118.0"
links = ["containerd.runc.v1.Options"]

[oci-runtimes."/usr/bin/crun"]
name = "crun"
version = "1.14"

[oci-runtimes.runc]
absent = true

[pod]
manifest = "pod.yaml"
runtime-class = "runtimeclass.yaml"
container = "app"
image-user = "1000:2000"
volumes-idmapped = false

[verify]
client = "any"
pods = 2
more-pods = ["pod-b.yaml"]
faults = 3
budget = { containerd-restart = 1, kubelet-restart = 1, shim-crash = 1, rpc-timeout = 1, container-exit = 1, pod-delete = 1, gate-flip = 0 }
upgrade-to = { containerd = ["v2.0.1"], kubernetes = ["1.33.0"], shims = { "io.containerd.runsc.v1" = ["release-20260601.0"] } }
config-after = "config-2.toml"

[expect]
outcome = "rejected"
target = "container"
stage = "shim-create"
error = 'unsupported option type "containerd.runc.v1.Options"'
defects = ["option-lost:SystemdCgroup"]
verdicts = { options-accepted = "violated", other = "holds (vacuous)" }
reachable = ["started"]
unreachable = ["rejected-forever"]

[expect.designs.nil-or-node]
verdicts = { options-accepted = "holds" }
"#;

#[test]
fn every_key_is_read() {
    let file = ScenarioFile::parse(&Snippet::new("scenario.toml", ALL)).unwrap();
    assert_eq!(
        file.shims["io.containerd.runsc.v1"].links,
        ["containerd.runc.v1.Options"]
    );
    assert_eq!(file.oci_runtimes["runc"], OciRuntime::Absent);
    assert_eq!(
        file.oci_runtimes["/usr/bin/crun"],
        OciRuntime::Installed {
            name: "crun".to_owned(),
            version: "1.14".to_owned()
        }
    );
    assert_eq!(file.pod.image_user, ImageUser { uid: 1000, gid: 2000 });
    assert!(!file.pod.volumes_idmapped);
    assert_eq!(
        (file.verify.client, file.verify.pods, file.verify.faults),
        (Client::Any, 2, 3)
    );
    assert_eq!(
        (file.verify.budget.gate_flip, file.verify.budget.shim_crash),
        (Some(0), Some(1))
    );
    assert_eq!(
        file.verify.upgrade_to.shims["io.containerd.runsc.v1"],
        ["release-20260601.0"]
    );
    let expect = file.expect.unwrap();
    assert_eq!(
        (expect.outcome, expect.target),
        (Some(Outcome::Rejected), Some(Target::Container))
    );
    assert_eq!(expect.stage, Some(Stage::ShimCreate));
    assert_eq!(
        expect.defects.as_deref(),
        Some(&[Defect::OptionLost("SystemdCgroup".to_owned())][..])
    );
    assert_eq!(expect.verdicts["other"], ExpectedVerdict::HoldsVacuously);
    assert_eq!(
        expect.designs["nil-or-node"].verdicts["options-accepted"],
        ExpectedVerdict::Holds
    );
    assert_eq!(
        (expect.reachable, expect.unreachable),
        (vec!["started".to_owned()], vec!["rejected-forever".to_owned()])
    );
}

#[test]
fn what_may_be_left_out() {
    let text = "name = 'a'\n[kubernetes]\nversion = '1.33'\n[containerd]\nversion = 'v2.0.1'\n[pod]\nmanifest = 'pod.yaml'";
    let file = ScenarioFile::parse(&Snippet::new("scenario.toml", text)).unwrap();
    assert_eq!(
        (file.expect, file.containerd.config, file.pod.container),
        (None, None, None)
    );
    assert_eq!(
        (file.verify.client, file.verify.pods, file.verify.faults),
        (Client::Kubelet, 1, 2)
    );
    assert_eq!(
        (file.pod.image_user, file.pod.volumes_idmapped),
        (ImageUser { uid: 0, gid: 0 }, true)
    );
}
