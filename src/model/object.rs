//! Objects: the things a source lists.

use std::io::{self, Read};
use std::ops::Range;
use std::sync::Arc;

/// One thing a source lists.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Object {
    /// Its URI: for a folder the file's absolute path as `file:///...`, percent-encoded where RFC 3986 asks for it.
    pub uri: String,
    /// The path below the source, `/`-separated, as the operator's globs see it. For a source that is one file, its name.
    pub path: String,
    /// What tells its versions apart (`etag`, version id, or `mtime-size` for files).
    pub version: String,
    /// Its size in bytes as listed.
    pub size: u64,
    /// When it was last modified, in microseconds since 1970-01-01T00:00:00Z.
    pub modified: Option<i64>,
}

/// An opened object: its bytes, front to back. Every source gives this; the decoder needs nothing else.
pub trait ObjectStream: Read + Send {
    /// Called once the last byte was read: an error if what was read is not the version that was listed (the file shrank,
    /// grew or changed meanwhile).
    fn verify(&mut self) -> std::io::Result<()>;

    /// Random access to the same version, where the place has it. Nothing was read from the stream yet.
    fn ranges(&mut self) -> Option<Arc<dyn ObjectRanges>> {
        None
    }
}

/// Reads pieces of an object, from any thread.
pub trait ObjectRanges: Send + Sync {
    /// The object's size in bytes, as listed.
    fn size(&self) -> u64;
    /// Exactly the bytes of `range`; an error when they are not there or no longer this version.
    fn read_at(&self, range: Range<u64>) -> io::Result<Vec<u8>>;
    /// Says which ranges will be asked for soon.
    fn prefetch(&self, _ranges: &[Range<u64>]) {}
}

/// How the reading of an object ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Status {
    /// Every byte was read and understood.
    Complete,
    /// Some of it was not: its gaps say what.
    Partial,
    /// A kind of file that is not read.
    Skipped,
    /// Nothing of it was read.
    Failed,
}

impl Status {
    /// The word the inventory and reports use.
    pub const fn code(self) -> &'static str {
        match self {
            Status::Complete => "COMPLETE",
            Status::Partial => "PARTIAL",
            Status::Skipped => "SKIPPED",
            Status::Failed => "FAILED",
        }
    }

    /// The status of a word, or `None`.
    pub fn from_code(code: &str) -> Option<Status> {
        [Status::Complete, Status::Partial, Status::Skipped, Status::Failed].into_iter().find(|s| s.code() == code)
    }
}
