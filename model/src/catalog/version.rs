//! Versions as the projects tag them, ordered by their numeric components.

use std::cmp::Ordering;
use std::fmt;

use serde::{Deserialize, Serialize};

/// A tag such as `v2.0.1`, `v2.1.0-rc.1`, `1.31.2`, `release-20241118.0` or `shim-v0.8.0`.
///
/// Order: numeric components first; of two tags with equal components the one with a pre-release part is the
/// older (semver precedence). Text before the first digit takes no part in the order. `x` as a component
/// stands for every number, so `1.31.x` as the end of a range takes in all later patches.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Deserialize, Serialize)]
#[serde(try_from = "String", into = "String")]
pub struct Version {
    text: String,
    prefix_length: usize,
    components: Vec<u64>,
    pre_release: Vec<PreRelease>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
enum PreRelease {
    Number(u64),
    Word(String),
}

/// A text that is no version.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a version: expected numbers separated by dots, such as v2.0.1 or release-20241118.0")]
pub struct NotAVersion(pub String);

impl Version {
    /// Reads a tag.
    ///
    /// # Errors
    /// [`NotAVersion`] if there is no digit or a component is neither a number nor `x`.
    pub fn parse(text: &str) -> Result<Self, NotAVersion> {
        let fail = || NotAVersion(text.to_owned());
        let prefix_length = text.find(|c: char| c.is_ascii_digit()).ok_or_else(fail)?;
        let rest = &text[prefix_length..];
        let (numbers, pre) = match rest.split_once('-') {
            Some((numbers, pre)) => (numbers, Some(pre)),
            None => (rest, None),
        };
        let components = numbers
            .split('.')
            .map(|part| {
                if part == "x" {
                    Ok(u64::MAX)
                } else {
                    part.parse().map_err(|_| fail())
                }
            })
            .collect::<Result<Vec<u64>, _>>()?;
        let pre_release = pre
            .map(|pre| {
                pre.split('.')
                    .map(|part| {
                        part.parse()
                            .map_or_else(|_| PreRelease::Word(part.to_owned()), PreRelease::Number)
                    })
                    .collect()
            })
            .unwrap_or_default();
        Ok(Self {
            text: text.to_owned(),
            prefix_length,
            components,
            pre_release,
        })
    }

    /// The text before the first digit: `v`, `release-`, `containerd-shim-wasmtime/v` or nothing.
    pub fn prefix(&self) -> &str {
        &self.text[..self.prefix_length]
    }

    /// The tag as it was written.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The numeric components.
    pub fn components(&self) -> &[u64] {
        &self.components
    }

    /// Whether the tag names a pre-release.
    pub fn is_pre_release(&self) -> bool {
        !self.pre_release.is_empty()
    }
}

impl TryFrom<String> for Version {
    type Error = NotAVersion;
    fn try_from(text: String) -> Result<Self, NotAVersion> {
        Self::parse(&text)
    }
}

impl From<Version> for String {
    fn from(version: Version) -> Self {
        version.text
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl Version {
    /// Semver precedence over the numeric components and the pre-release part.
    pub fn precedence(&self, other: &Self) -> Ordering {
        let longest = self.components.len().max(other.components.len());
        for i in 0..longest {
            let left = self.components.get(i).copied().unwrap_or(0);
            let right = other.components.get(i).copied().unwrap_or(0);
            match left.cmp(&right) {
                Ordering::Equal => {}
                unequal => return unequal,
            }
        }
        match (self.pre_release.is_empty(), other.pre_release.is_empty()) {
            (true, true) => Ordering::Equal,
            (true, false) => Ordering::Greater,
            (false, true) => Ordering::Less,
            (false, false) => self.pre_release.cmp(&other.pre_release),
        }
    }
}

/// An inclusive range of tags.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Range {
    /// The oldest tag of the range.
    pub first: Version,
    /// The newest tag of the range.
    pub last: Version,
}

impl Range {
    /// Whether `version` lies in the range.
    pub fn contains(&self, version: &Version) -> bool {
        self.first.precedence(version) != Ordering::Greater
            && version.precedence(&self.last) != Ordering::Greater
    }
}

impl fmt::Display for Range {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.first == self.last {
            write!(f, "{}", self.first)
        } else {
            write!(f, "{} … {}", self.first, self.last)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn version(text: &str) -> Version {
        Version::parse(text).unwrap()
    }

    #[test]
    fn pre_releases_come_before_their_release() {
        let order = [
            "v2.0.0-beta.2",
            "v2.0.0-rc.0",
            "v2.0.0-rc.2",
            "v2.0.0-rc.10",
            "v2.0.0",
            "v2.0.1",
            "v2.1.0-beta.0",
        ];
        for pair in order.windows(2) {
            assert_eq!(
                version(pair[0]).precedence(&version(pair[1])),
                Ordering::Less,
                "{pair:?}"
            );
        }
    }

    #[test]
    fn tags_of_shims_order_by_their_numbers() {
        assert_eq!(
            version("release-20241118.0").precedence(&version("release-20260601.0")),
            Ordering::Less
        );
        assert_eq!(
            version("containerd-shim-wasmtime/v0.5.0").prefix(),
            "containerd-shim-wasmtime/v"
        );
        assert_eq!(version("shim-v0.8.0").components(), [0, 8, 0]);
    }

    #[test]
    fn x_takes_in_every_patch() {
        let range = Range {
            first: version("1.31.10"),
            last: version("1.31.x"),
        };
        assert!(range.contains(&version("1.31.99")));
        assert!(!range.contains(&version("1.31.9")));
        assert!(!range.contains(&version("1.32.0")));
    }

    #[test]
    fn a_word_is_no_version() {
        assert!(Version::parse("main").is_err());
        assert!(Version::parse("1.y").is_err());
    }
}
