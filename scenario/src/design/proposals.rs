//! Design files that are part of the binary: what could be done about options of the wrong type.

/// The proposals: the path of each file in the repository, and its text.
pub const PROPOSALS: [(&str, &str); 4] = [
    (
        "designs/builtin-shim-only.toml",
        include_str!("../../../designs/builtin-shim-only.toml"),
    ),
    (
        "designs/type-checked.toml",
        include_str!("../../../designs/type-checked.toml"),
    ),
    (
        "designs/type-checked-or-runc-v2.toml",
        include_str!("../../../designs/type-checked-or-runc-v2.toml"),
    ),
    (
        "designs/owner-or-refuse.toml",
        include_str!("../../../designs/owner-or-refuse.toml"),
    ),
];
