//! Messages are encoded as the real protobuf runtime encodes them, byte for byte; hostile bytes do no harm.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that cannot go on has failed"
)]

use std::collections::BTreeMap;

use proptest::prelude::*;
use prost::Message;
use serde_json::Value;
use shimproof_model::{Finite as _, TypeUrl};
use shimproof_sim::wire::message::{
    Any, BootstrapParams, CreateOptions, CreateTaskRequest, Extension, Mount, RuncOptions, RuncV1Options,
    RunhcsOptions, RuntimeOptions,
};
use shimproof_sim::wire::{Content, FieldValue};

fn fixtures() -> Vec<(String, Value, Vec<u8>)> {
    let recorded: Vec<Value> = serde_json::from_str(include_str!("fixtures/messages.json")).unwrap();
    recorded
        .into_iter()
        .map(|entry| {
            let bytes = hex(entry["bytes"].as_str().unwrap());
            (
                entry["message"].as_str().unwrap().to_owned(),
                entry["fields"].clone(),
                bytes,
            )
        })
        .collect()
}

fn hex(text: &str) -> Vec<u8> {
    (0..text.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap())
        .collect()
}

fn of(message: &str) -> Vec<(Value, Vec<u8>)> {
    let found: Vec<_> = fixtures()
        .into_iter()
        .filter(|entry| entry.0 == message)
        .map(|entry| (entry.1, entry.2))
        .collect();
    assert!(!found.is_empty(), "{message}");
    found
}

#[test]
fn option_messages_decode_and_encode_as_recorded() {
    for url in TypeUrl::all() {
        // It has no file of its own: the first two fields of its successor.
        if url == TypeUrl::CriRuntimeoptionsV1 {
            continue;
        }
        for (fields, bytes) in of(url.as_str()) {
            let content = Content::decode(url, &bytes).unwrap();
            assert_eq!(content.encode(), bytes, "{url} {fields}");
            let decoded: BTreeMap<String, Value> = content
                .fields()
                .into_iter()
                .map(|field| {
                    let value = match field.value {
                        FieldValue::Boolean(on) => Value::from(on),
                        FieldValue::Number(number) => Value::from(number),
                        FieldValue::Text(text) => Value::from(text),
                    };
                    (field.name.to_owned(), value)
                })
                .collect();
            for (name, value) in fields.as_object().unwrap() {
                let name = match name.as_str() {
                    "GPUVHDPath" => "gpu_vhd_path",
                    "NCProxyAddr" => "nc_proxy_addr",
                    // Lists and maps are no keys of an options table.
                    "empty_namespaces" | "default_container_annotations" => continue,
                    name => name,
                };
                assert_eq!(decoded.get(name), Some(value), "{url} {name}");
            }
        }
    }
}

#[test]
fn every_field_has_its_number() {
    let last = |message: &str| of(message).pop().unwrap().1;
    let runc = RuncV1Options {
        no_pivot_root: true,
        no_new_keyring: true,
        shim_cgroup: "/shim".to_owned(),
        io_uid: 1000,
        io_gid: u32::MAX,
        binary_name: "crun".to_owned(),
        root: "/run/r".to_owned(),
        criu_path: String::new(),
        systemd_cgroup: true,
        criu_image_path: "/i".to_owned(),
        criu_work_path: "/w".to_owned(),
        task_api_address: "unix:///t".to_owned(),
        task_api_version: 3,
    };
    assert_eq!(runc.encode_to_vec(), last("containerd.runc.v1.Options"));
    let body = RuntimeOptions {
        config_body: b"SystemdCgroup = true\n".to_vec(),
        ..RuntimeOptions::default()
    };
    assert_eq!(body.encode_to_vec(), last("runtimeoptions.v1.Options"));
    let linux = RuncOptions {
        runtime: "runc".to_owned(),
        runtime_root: "/r".to_owned(),
        criu_path: "/c".to_owned(),
        systemd_cgroup: true,
    };
    assert_eq!(linux.encode_to_vec(), last("containerd.linux.runc.RuncOptions"));
    let create = CreateOptions::decode(last("containerd.linux.runc.CreateOptions").as_slice()).unwrap();
    assert_eq!(
        (create.io_uid, create.io_gid, create.empty_namespaces.len()),
        (1, 2, 2)
    );
    assert!(create.no_pivot_root && create.open_tcp && create.external_unix_sockets && create.terminal);
    let windows = RunhcsOptions::decode(last("containerd.runhcs.v1.Options").as_slice()).unwrap();
    assert_eq!(
        (windows.io_retry_timeout_in_sec, windows.vm_memory_size_in_mb),
        (-1, 1024)
    );
    assert_eq!(windows.default_container_annotations["k"], "v");
    assert_eq!(windows.encode_to_vec(), last("containerd.runhcs.v1.Options"));
}

#[test]
fn requests_carry_options() {
    let options = Any {
        type_url: "containerd.runc.v1.Options".to_owned(),
        value: vec![0x48, 1],
    };
    let request = CreateTaskRequest {
        id: "app".to_owned(),
        bundle: "/b".to_owned(),
        rootfs: vec![Mount {
            r#type: "overlay".to_owned(),
            source: "s".to_owned(),
            target: "t".to_owned(),
            options: vec!["ro".to_owned()],
        }],
        terminal: true,
        stdin: "in".to_owned(),
        stdout: "out".to_owned(),
        stderr: "err".to_owned(),
        checkpoint: "c".to_owned(),
        parent_checkpoint: "p".to_owned(),
        options: Some(options.clone()),
    };
    assert_eq!(
        request.encode_to_vec(),
        of("containerd.task.v2.CreateTaskRequest")[0].1
    );
    let params = BootstrapParams {
        instance_id: "app".to_owned(),
        namespace: "k8s.io".to_owned(),
        log_level: -4,
        containerd_version: "v2.3.4".to_owned(),
        containerd_ttrpc_address: "t".to_owned(),
        containerd_grpc_address: "g".to_owned(),
        containerd_binary: "c".to_owned(),
        extensions: vec![Extension { value: Some(options) }],
        socket_dir: Some("/s".to_owned()),
    };
    assert_eq!(
        params.encode_to_vec(),
        of("containerd.runtime.bootstrap.v1.BootstrapParams")[0].1
    );
}

/// A shim that takes the standard input for an `Any` reads the namespace as options, and stumbles over the full
/// stop of `k8s.io`: tag 46 (smolvm issue 889).
#[test]
fn bootstrap_params_taken_for_an_any_are_no_options() {
    let params = BootstrapParams {
        instance_id: "a".repeat(64),
        namespace: "k8s.io".to_owned(),
        ..Default::default()
    };
    let misread = Any::decode(params.encode_to_vec().as_slice()).unwrap();
    assert_eq!(
        (misread.type_url.len(), misread.value.as_slice()),
        (64, b"k8s.io".as_slice())
    );
    assert_eq!(b'.', 46);
    assert!(Content::decode(TypeUrl::RuncV1, &misread.value).is_err());
}

/// A body that is decoded by field number is the shim's cgroup (rust-extensions issue 377).
#[test]
fn a_config_body_taken_for_runc_options_is_a_cgroup() {
    let bytes = of("runtimeoptions.v1.Options").pop().unwrap().1;
    let misread = RuncV1Options::decode(bytes.as_slice()).unwrap();
    assert_eq!(
        misread,
        RuncV1Options {
            shim_cgroup: "SystemdCgroup = true\n".to_owned(),
            ..Default::default()
        }
    );
}

proptest! {
    #[test]
    fn hostile_bytes_are_refused_or_read(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        for url in TypeUrl::all() {
            if let Ok(content) = Content::decode(url, &bytes) {
                let again = Content::decode(url, &content.encode()).unwrap();
                prop_assert_eq!(again, content);
            }
        }
        let _ = CreateTaskRequest::decode(bytes.as_slice());
        let _ = BootstrapParams::decode(bytes.as_slice());
    }

    /// A length that promises more than there is reserves nothing.
    #[test]
    fn a_long_length_is_refused(field in 1_u8..12, length in 1_u64 << 20..u64::MAX) {
        let mut bytes = vec![field << 3 | 2];
        prost::encoding::encode_varint(length, &mut bytes);
        for url in TypeUrl::all() {
            let read = Content::decode(url, &bytes);
            prop_assert!(read.is_err() || read.unwrap().fields().is_empty());
        }
    }
}
