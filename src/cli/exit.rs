//! Exit codes: what a script may rely on.

use std::fmt;

/// How the program ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// Everything was read.
    Complete = 0,
    /// Everything was read and `--fail-on` matched.
    Matched = 1,
    /// The command line or the configuration is wrong, or the question matches nothing.
    Usage = 2,
    /// Something that should be readable was not, or not whole.
    Partial = 3,
    /// The command failed.
    Failed = 4,
    /// Ctrl-C.
    Interrupted = 130,
}

/// An error that is the caller's: exit code 2.
#[derive(Debug)]
pub struct UsageError(pub String);

impl fmt::Display for UsageError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for UsageError {}

/// An error with exit code 2.
pub fn usage(text: impl Into<String>) -> anyhow::Error {
    UsageError(text.into()).into()
}
