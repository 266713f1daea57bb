//! What can go wrong with one request, and what follows from it.

use crate::model::gap::{Gap, GapError, GapKind};
use std::io;
use std::time::Duration;

/// What a fault asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::source) enum FaultKind {
    /// The store asks to slow down: 429, 503.
    Throttled,
    /// It may go well next time: a reset, a time-out, 500.
    Transient,
    /// The credentials have expired: new ones may do.
    Expired,
    /// What came is not what the store says it sent.
    Corrupt,
    /// The object is no longer the version that was listed.
    Changed,
    /// There is no such object.
    NotFound,
    /// The store refuses.
    Denied,
    /// The object must be restored from an archive first.
    Archived,
    /// Nothing that another attempt would mend.
    Other,
}

/// One request that failed.
#[derive(Clone, Debug)]
pub(in crate::source) struct Fault {
    pub kind: FaultKind,
    /// A sentence for a person, with the remedy where there is one; no value and no credential.
    pub detail: String,
    /// How long the store asks to wait.
    pub wait: Option<Duration>,
}

impl Fault {
    pub fn new(kind: FaultKind, detail: impl Into<String>) -> Fault {
        Fault { kind, detail: detail.into(), wait: None }
    }

    /// Whether another attempt may go well.
    pub fn may_pass(&self) -> bool {
        use FaultKind::{Corrupt, Expired, Throttled, Transient};
        matches!(self.kind, Throttled | Transient | Expired | Corrupt)
    }

    pub fn gap_kind(&self) -> GapKind {
        match self.kind {
            FaultKind::NotFound => GapKind::NotFound,
            FaultKind::Denied | FaultKind::Expired => GapKind::PermissionDenied,
            FaultKind::Changed => GapKind::Changed,
            FaultKind::Archived => GapKind::Archived,
            // What came damaged may come whole another time; `GapKind::Corrupt` is of objects that are damaged where they lie.
            FaultKind::Throttled | FaultKind::Transient | FaultKind::Corrupt | FaultKind::Other => GapKind::Io,
        }
    }

    pub fn gap(&self) -> Gap {
        Gap { kind: self.gap_kind(), offset: None, bytes: None, detail: self.detail.clone() }
    }

    pub fn into_io(self) -> io::Error {
        GapError { kind: self.gap_kind(), detail: self.detail }.into()
    }
}
