//! Texts that many rows share.

use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

/// A text that many share. Most are empty, and sharing those counts nothing: rows are made by one thread and dropped by another,
/// and a count that both change travels between their caches with each.
#[derive(Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SharedText(Option<Arc<str>>);

impl From<&str> for SharedText {
    fn from(text: &str) -> Self {
        SharedText((!text.is_empty()).then(|| Arc::from(text)))
    }
}

impl Deref for SharedText {
    type Target = str;

    fn deref(&self) -> &str {
        self.0.as_deref().unwrap_or_default()
    }
}

impl AsRef<str> for SharedText {
    fn as_ref(&self) -> &str {
        self
    }
}

impl fmt::Debug for SharedText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&**self, f)
    }
}

impl fmt::Display for SharedText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self)
    }
}
