//! Pods, `RuntimeClasses` and kubelet configurations as people write them.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use shimproof_scenario::{
    KubeletConfig, RestartPolicy, RunAs, Snippet, VolumeKind, Workload, read_kubelet_config, read_kubernetes,
};

const FILE: &str = r#"# one file for all
apiVersion: node.k8s.io/v1
kind: RuntimeClass
metadata: {name: gvisor}
handler: runsc
---
apiVersion: v1
kind: ConfigMap
metadata:
  name: other
data:
  spec: |
    hostUsers: maybe
---
apiVersion: v1
kind: Pod
metadata:
  generateName: web-
  annotations:
    io.kubernetes.cri.untrusted-workload: "true"
spec:
  hostUsers: no
  hostNetwork: true
  runtimeClassName: gvisor
  restartPolicy: OnFailure
  securityContext:
    runAsUser: 1000
    fsGroup: 7
  volumes:
  - name: cache
    emptyDir: {}
  - name: bare
  - name: disk
    csi: {driver: x}
  initContainers:
  - name: prepare
    image: busybox
  containers:
  - name: web
    image: nginx
    stdin: true
    tty:
    securityContext: {runAsGroup: 3000, privileged: true}
    volumeMounts:
    - {name: cache, mountPath: /cache, readOnly: true}
    - {name: bare, mountPath: /bare}
    - {name: disk, mountPath: /disk}
    - {name: nothing, mountPath: /nothing}
  - name: second
    volumeMounts: null
---
"#;

#[test]
fn a_file_of_several_documents() {
    let objects = read_kubernetes(&Snippet::new("all.yaml", FILE)).unwrap();
    let class = &objects.runtime_classes[0];
    assert_eq!(
        (class.name.as_str(), class.handler.as_str(), class.place.line()),
        ("gvisor", "runsc", 5)
    );
    let [pod] = objects.pods.as_slice() else {
        panic!("{:?}", objects.pods)
    };
    assert_eq!(
        (pod.name.as_str(), pod.host_users, pod.host_network),
        ("web-", Some(false), true)
    );
    assert_eq!(pod.place.line(), 24);
    assert_eq!(pod.restart_policy, RestartPolicy::OnFailure);
    assert_eq!(
        pod.run_as,
        RunAs {
            user: Some(1000),
            group: None
        }
    );
    assert_eq!(pod.init_containers, ["prepare"]);
    assert_eq!(pod.workload(), Workload::Untrusted { host_access: true });
    let web = pod.container(None).unwrap();
    assert_eq!(
        (web.stdin, web.tty, web.privileged, web.run_as.group),
        (true, false, true, Some(3000))
    );
    let kinds: Vec<_> = web.mounts.iter().map(|mount| mount.kind.clone()).collect();
    assert_eq!(
        kinds,
        [
            VolumeKind::EmptyDir,
            VolumeKind::EmptyDir,
            VolumeKind::Other("csi".to_owned()),
            VolumeKind::Unknown
        ]
    );
    assert!(web.mounts[0].read_only);
    assert_eq!(pod.container(Some("second")).unwrap().mounts, []);
    assert_eq!(pod.container(Some("third")), None);
}

#[test]
fn a_pod_as_json() {
    let text = r#"{"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "a"}, "spec": {"containers": [{"name": "b"}]}}"#;
    let objects = read_kubernetes(&Snippet::new("pod.json", text)).unwrap();
    assert_eq!(
        (objects.pods[0].name.as_str(), objects.pods[0].host_users),
        ("a", None)
    );
    assert_eq!(objects.pods[0].workload(), Workload::Trusted);
}

#[test]
fn a_kubelet_configuration() {
    let text = "apiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration\ncgroupDriver: systemd\nmaxPods: 110\n\
                featureGates:\n  UserNamespacesSupport: true\nuserNamespaces:\n  idsPerPod: 131072\nevictionHard:\n  memory.available: 100Mi\n";
    let config = read_kubelet_config(&Snippet::new("kubelet.yaml", text)).unwrap();
    assert_eq!(config.cgroup_driver.as_deref(), Some("systemd"));
    assert!(config.feature_gates["UserNamespacesSupport"]);
    assert_eq!(config.ids_per_pod, Some(131_072));
    let minimal = "kind: KubeletConfiguration\nfeatureGates:\nuserNamespaces: null\n";
    assert_eq!(
        read_kubelet_config(&Snippet::new("kubelet.yaml", minimal)).unwrap(),
        KubeletConfig::default()
    );
}
