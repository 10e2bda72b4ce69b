//! Names that are drawn at random on a real node: here they depend on what they name, so that a prediction is
//! the same each time.

/// An id as containerd gives to sandboxes and containers: 64 hexadecimal digits.
pub(super) fn container_id(pod: &str, task: &str) -> String {
    let part = |part: u8| fnv1a(&format!("{pod}/{task}/{part}"));
    format!("{:016x}{:016x}{:016x}{:016x}", part(0), part(1), part(2), part(3))
}

/// A uid as the API server gives to pods.
pub(super) fn pod_uid(pod: &str) -> String {
    let id = container_id(pod, "uid");
    format!(
        "{}-{}-4{}-8{}-{}",
        &id[..8],
        &id[8..12],
        &id[12..15],
        &id[15..18],
        &id[18..30]
    )
}

/// FNV-1a, 64 bit, with the finisher of `SplitMix64`.
fn fnv1a(text: &str) -> u64 {
    let hash = text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    let mixed = (hash ^ (hash >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}
