//! Names that are drawn at random on a real node: here they depend on what they name, so that a prediction is
//! the same each time.

/// An id as containerd gives to sandboxes and containers: 64 hexadecimal digits.
pub(super) fn container_id(pod: &str, task: &str) -> String {
    (0..4).map(|part| format!("{:016x}", fnv1a(&format!("{pod}/{task}/{part}")))).collect()
}

/// A uid as the API server gives to pods.
pub(super) fn pod_uid(pod: &str) -> String {
    let id = container_id(pod, "uid");
    format!("{}-{}-4{}-8{}-{}", &id[..8], &id[8..12], &id[12..15], &id[15..18], &id[18..30])
}

/// FNV-1a, 64 bit.
fn fnv1a(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}
