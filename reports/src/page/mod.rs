//! What pages have in common: their style, and the policy under which they need nothing from outside.

use crate::hash::of_policy;

/// The style of every page.
pub(crate) const CSS: &str = include_str!("base.css");
/// How diagrams look on paper; it stands after their own style.
pub(crate) const PRINT: &str = include_str!("print.css");

/// A content security policy that allows this style and this script, and nothing else at all.
pub(crate) fn policy(style: &str, script: &str) -> String {
    format!(
        "default-src 'none'; style-src {}; script-src {}; base-uri 'none'; form-action 'none'",
        of_policy(style),
        of_policy(script)
    )
}
