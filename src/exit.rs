//! Exit codes. Scripts rely on them.

/// How the command ends. Of several, the one that is declared later here wins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ExitCode {
    /// Everything holds, or is as expected.
    Ok,
    /// A bound was reached before the end, or a shim's behaviour on the way is not known.
    BoundReached,
    /// A property is violated, something regressed, or the suite is not as expected.
    Violated,
    /// Unusable input.
    UnusableInput,
}

impl From<ExitCode> for std::process::ExitCode {
    fn from(code: ExitCode) -> Self {
        Self::from(match code {
            ExitCode::Ok => 0,
            ExitCode::Violated => 1,
            ExitCode::UnusableInput => 2,
            ExitCode::BoundReached => 3,
        })
    }
}
