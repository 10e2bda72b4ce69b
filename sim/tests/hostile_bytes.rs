//! Whatever the bytes are, decoders give a message or an error, and take no more memory than the bytes account for.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use proptest::prelude::*;
use prost::Message as _;
use shimproof_model::{Domain as _, Finite as _, TypeUrl};
use shimproof_sim::Wire;
use shimproof_sim::wire::message::{self, CreateTaskRequest, RuncV1Options};
use shimproof_sim::wire::{Any, Content};

fn url() -> impl Strategy<Value = TypeUrl> {
    proptest::sample::select(TypeUrl::all().collect::<Vec<_>>())
}

/// A field: any number, any wire type, any length, whether or not so much follows.
fn field() -> impl Strategy<Value = Vec<u8>> {
    let number = 1_u64..20;
    (
        number,
        0_u64..8,
        prop_oneof![Just(u64::MAX), Just(1 << 31), any::<u64>(), 0_u64..8],
        prop::collection::vec(any::<u8>(), 0..8),
    )
        .prop_map(|(number, wire_type, length, rest)| {
            let mut bytes = Vec::new();
            prost::encoding::encode_varint(number << 3 | wire_type, &mut bytes);
            prost::encoding::encode_varint(length, &mut bytes);
            bytes.extend(rest);
            bytes
        })
}

fn bytes() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        prop::collection::vec(any::<u8>(), 0..200),
        prop::collection::vec(field(), 0..20).prop_map(|fields| fields.concat()),
    ]
}

/// Asks everything that control and shims ask of a message.
fn ask(any: &Any) {
    let content = any.content();
    // What was decoded is no larger than the bytes, up to the bytes of numbers, and writes the same again.
    if let Ok(content) = &content {
        let again = content.encode();
        assert_eq!(Content::decode(any.url, &again).as_ref(), Ok(content));
        for field in content.fields() {
            assert!(!field.name.is_empty());
        }
    }
    assert!(!Wire::describe(any).is_empty());
    for condition in shimproof_model::catalog::Condition::all() {
        Wire::holds(any, condition);
    }
    let _ = (
        any.inner_type_url(),
        any.config_body(),
        Wire::io_owner(any),
        Wire::oci_runtime(Some(any)),
        Wire::copy_as_runc(any),
    );
    let mut written = any.clone();
    Wire::set_io_owner(&mut written, shimproof_sim::wire::STAND_IN);
    Wire::set_task_api_endpoint(&mut written);
    Wire::set_no_pivot_root(&mut written);
    let through = Wire::through_ttrpc(Wire::through_store(any.clone()));
    assert_eq!(
        through.value.unwrap_or_default(),
        any.value.clone().unwrap_or_default()
    );
}

/// `Any` has no public constructor from bytes: a message of the type, with other bytes put in its place.
fn with_value(url: TypeUrl, bytes: Vec<u8>) -> Any {
    let mut any = Any::marshal(&Content::zero(url));
    any.value = Some(bytes);
    any
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn options_of_any_bytes(url in url(), bytes in bytes()) {
        ask(&with_value(url, bytes));
    }

    #[test]
    fn requests_of_any_bytes(bytes in bytes()) {
        for length in [
            CreateTaskRequest::decode(bytes.as_slice()).map(|message| message.encoded_len()),
            message::BootstrapParams::decode(bytes.as_slice()).map(|message| message.encoded_len()),
            message::Any::decode(bytes.as_slice()).map(|message| message.encoded_len()),
        ].into_iter().flatten() {
            // A zero that was written out is not written again; each known byte is written at most as it came,
            // but for a boolean or number that was cut to its width.
            prop_assert!(length <= 10 * bytes.len().max(1));
        }
    }

    /// A message that was cut off is an error, or what its first fields say.
    #[test]
    fn truncated_messages(uid in any::<u32>(), name in "[a-z/]{0,30}", cut in any::<prop::sample::Index>()) {
        let whole = RuncV1Options { io_uid: uid, binary_name: name, systemd_cgroup: true, ..Default::default() };
        let bytes = whole.encode_to_vec();
        let cut = cut.index(bytes.len());
        ask(&with_value(TypeUrl::RuncV1, bytes[..cut].to_vec()));
    }
}

#[test]
fn a_length_without_bytes_reserves_nothing() {
    // Field 2 of runtimeoptions, as long as a length can be, with nothing behind.
    for length in [u64::from(u32::MAX), 1 << 40, u64::MAX >> 1, u64::MAX] {
        let mut bytes = vec![0x12];
        prost::encoding::encode_varint(length, &mut bytes);
        for url in TypeUrl::all() {
            let any = with_value(url, bytes.clone());
            ask(&any);
        }
        let any = with_value(TypeUrl::RuntimeoptionsV1, bytes);
        assert!(any.content().is_err());
    }
}

#[test]
fn groups_within_groups_end() {
    // `START_GROUP` of an unknown field, over and over: the decoder bounds its depth.
    let bytes = [0x9b, 0x06].repeat(100_000);
    for url in TypeUrl::all() {
        assert!(with_value(url, bytes.clone()).content().is_err());
    }
    // Tables in `config_body` as deep as its bytes allow.
    let body = Content::Runtime(message::RuntimeOptions {
        config_body: format!("a = {}", "[".repeat(100_000)).into_bytes(),
        ..Default::default()
    });
    ask(&Any::marshal(&body));
}
