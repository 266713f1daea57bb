//! Gaps: what was not read, or not whole, and why.

use serde::{Deserialize, Serialize};
use std::{error, fmt, io};

/// Why something was not read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GapKind {
    /// It was listed and is no longer there.
    NotFound,
    /// The operating system or the store refused.
    PermissionDenied,
    /// It lies in an archive and must be restored first.
    Archived,
    /// A kind of file that is not read; the only kind that leaves an object SKIPPED.
    Unsupported,
    /// The stream ended before its format said so.
    Truncated,
    /// Bytes that the format does not allow.
    Corrupt,
    /// Decompression past the ratio or size limit.
    Expansion,
    /// Nesting past the depth limit.
    Depth,
    /// A record or value past its size limit.
    RecordSize,
    /// More fields than the limit; the rest are not told apart.
    FieldCount,
    /// The object changed while it was read.
    Changed,
    /// An identifying field stood after its children in a record too large to hold.
    LateParent,
    /// A read failed.
    Io,
    /// The run was stopped while it was read.
    Interrupted,
    /// A parser panicked; a defect to report.
    Internal,
    /// Its reading ended two processes and then one of its own; it is set aside until it changes.
    Crashed,
}

impl GapKind {
    /// The kind of a failed read: what the source says of it ([`GapError`]), else what the operating system says.
    pub fn of(error: &io::Error) -> GapKind {
        match error.get_ref().and_then(|inner| inner.downcast_ref::<GapError>()) {
            Some(gap) => gap.kind,
            None => match error.kind() {
                io::ErrorKind::NotFound => GapKind::NotFound,
                io::ErrorKind::PermissionDenied => GapKind::PermissionDenied,
                _ => GapKind::Io,
            },
        }
    }

    /// The word the inventory and reports use.
    pub const fn code(self) -> &'static str {
        match self {
            GapKind::NotFound => "not_found",
            GapKind::PermissionDenied => "permission_denied",
            GapKind::Archived => "archived",
            GapKind::Unsupported => "unsupported",
            GapKind::Truncated => "truncated",
            GapKind::Corrupt => "corrupt",
            GapKind::Expansion => "expansion",
            GapKind::Depth => "depth",
            GapKind::RecordSize => "record_size",
            GapKind::FieldCount => "field_count",
            GapKind::Changed => "changed",
            GapKind::LateParent => "late_parent",
            GapKind::Io => "io",
            GapKind::Interrupted => "interrupted",
            GapKind::Internal => "internal",
            GapKind::Crashed => "crashed",
        }
    }

    /// Whether reading the same bytes again under the same policy would leave the same gap.
    pub const fn is_lasting(self) -> bool {
        match self {
            GapKind::Unsupported
            | GapKind::Truncated
            | GapKind::Corrupt
            | GapKind::Expansion
            | GapKind::Depth
            | GapKind::RecordSize
            | GapKind::FieldCount
            | GapKind::LateParent
            | GapKind::Crashed => true,
            GapKind::NotFound
            | GapKind::PermissionDenied
            | GapKind::Archived
            | GapKind::Changed
            | GapKind::Io
            | GapKind::Interrupted
            | GapKind::Internal => false,
        }
    }
}

/// One gap in one object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gap {
    /// Why.
    pub kind: GapKind,
    /// First decoded byte that was not read, where that is known.
    pub offset: Option<u64>,
    /// How many bytes were not read, where that is known.
    pub bytes: Option<u64>,
    /// A sentence for a person, with the remedy; never a value from the object.
    pub detail: String,
}

/// An error of reading that knows which gap it is. It travels inside an [`io::Error`], as streams give.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GapError {
    /// Why.
    pub kind: GapKind,
    /// A sentence for a person, with the remedy; never a value from the object.
    pub detail: String,
}

impl fmt::Display for GapError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.detail)
    }
}

impl error::Error for GapError {}

impl From<GapError> for io::Error {
    fn from(error: GapError) -> io::Error {
        io::Error::other(error)
    }
}
