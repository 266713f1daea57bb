//! What is asked of a scope run.

use super::dates::Dates;
use super::law::Laws;
use std::fmt;
use std::io;

/// A leaked object that could not be scanned.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Unscanned {
    /// Its URI, as the evidence names it.
    pub uri: String,
    /// Why it could not be scanned, in a sentence.
    pub detail: String,
}

/// A leak, and how to answer for it.
#[derive(Clone, Debug, Default)]
pub struct ScopeRequest {
    /// The leaked objects, by number.
    pub leaked: Vec<u64>,
    /// Leaked objects that could not be scanned.
    pub unscanned: Vec<Unscanned>,
    /// The dates that clocks start from.
    pub dates: Dates,
    /// The rules to ask.
    pub laws: Laws,
    /// The key or credential that makes encrypted and tokenised values readable leaked too.
    pub key_exposed: bool,
}

/// The question matches nothing: no leaked object, or no identifier, is known. Never answered with "0 affected".
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NothingMatches(pub String);

impl fmt::Display for NothingMatches {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for NothingMatches {}

/// The error of a question that matches nothing.
pub(super) fn nothing_matches(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::NotFound, NothingMatches(what.to_string()))
}

/// Whether an error says that the question matches nothing: a usage error, not a failure.
pub fn is_nothing_matches(error: &io::Error) -> bool {
    error.get_ref().is_some_and(|inner| inner.is::<NothingMatches>())
}
