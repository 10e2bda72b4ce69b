//! How a domain takes over an options table of the configuration.

use shimproof_model::abstraction::{Abstract, Table};
use shimproof_model::{Domain, TypeUrl};

use crate::containerd::KeyMatching;

/// A domain in which the world of a scenario can be built.
pub trait FromConfiguration: Domain {
    /// The options table of a handler.
    fn table(written: &WrittenTable<'_>) -> Self::Table;
}

/// The options table of a handler, as a release reads it.
#[derive(Clone, Copy, Debug)]
pub struct WrittenTable<'a> {
    /// What the abstraction keeps of it.
    pub summary: Table,
    /// The type of the message that it becomes.
    pub url: TypeUrl,
    /// Keys and values as written.
    pub keys: &'a toml::Table,
    /// How the release finds the field that a key means.
    pub matching: KeyMatching,
}

impl FromConfiguration for Abstract {
    fn table(written: &WrittenTable<'_>) -> Table {
        written.summary
    }
}
