//! Hits, verdicts and findings.

use super::detector::Confidence;
use super::element::{Element, Form};

/// A place in a block where a detector's pattern matched.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Hit {
    /// First byte in the block.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
    /// The detector: an index into the plan's detectors.
    pub detector: u16,
}

/// What a validator says of a candidate's bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The bytes cannot be one: the check that failed, in words for a person. They are the validator's own and hold nothing
    /// of the bytes.
    Invalid(&'static str),
    /// The bytes can be one.
    Valid {
        /// A checksum or a dense issue table agreed, so that chance is unlikely.
        proven: bool,
        /// What else the bytes say of themselves.
        marks: Marks,
    },
}

impl Verdict {
    /// Valid by shape and range.
    pub const PLAUSIBLE: Verdict = Verdict::Valid { proven: false, marks: Marks(0) };
    /// Valid by checksum.
    pub const PROVEN: Verdict = Verdict::Valid { proven: true, marks: Marks(0) };

    /// Whether the bytes can be one.
    pub const fn is_valid(self) -> bool {
        matches!(self, Verdict::Valid { .. })
    }
}

/// A validator: bytes of a candidate in, verdict out. The bytes are the finding's own span, separators and all.
pub type Validate = fn(&[u8]) -> Verdict;

/// What a value says of itself, as bits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Marks(pub u8);

impl Marks {
    /// A published test value (a payment network's test card, an agency's advertising number).
    pub const TEST: Marks = Marks(1);
    /// Well formed, in a range that was never issued (SSN 900-999 outside the ITIN groups, 666, 000).
    pub const NEVER_ISSUED: Marks = Marks(2);
    /// A placeholder (`na@na.com`, `1900-01-01`, `555-0100`, all nines). It gets no token.
    pub const PLACEHOLDER: Marks = Marks(4);
    /// The value belongs to an organisation or role, not a person (`info@`, `support@`).
    pub const ROLE: Marks = Marks(8);
    /// The operator does not want it reported: it is no part of a person's record. Not said by the value itself.
    pub const SUPPRESSED: Marks = Marks(16);

    /// Whether any bit of `other` is set.
    pub const fn has(self, other: Marks) -> bool {
        self.0 & other.0 != 0
    }

    /// The bits of either.
    pub const fn with(self, other: Marks) -> Marks {
        Marks(self.0 | other.0)
    }
}

/// Why a finding was kept, as bits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Basis(pub u8);

impl Basis {
    /// Its pattern matched.
    pub const SHAPE: Basis = Basis(1);
    /// A checksum or issue table agreed.
    pub const PROOF: Basis = Basis(2);
    /// A word near it names it.
    pub const NEAR: Basis = Basis(4);
    /// Its field's name names it.
    pub const FIELD: Basis = Basis(8);

    /// Whether any bit of `other` is set.
    pub const fn has(self, other: Basis) -> bool {
        self.0 & other.0 != 0
    }

    /// The bits of either.
    pub const fn with(self, other: Basis) -> Basis {
        Basis(self.0 | other.0)
    }
}

/// A hit, or a field's whole value, that passed its validator and its context rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Finding {
    /// First byte in the block.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
    /// The cell it lies in: an index into `Block::cells`.
    pub cell: u32,
    /// The detector: an index into the plan's detectors.
    pub detector: u16,
    /// What it is.
    pub element: Element,
    /// The form it is in.
    pub form: Form,
    /// How sure it is; never [`Confidence::Low`].
    pub confidence: Confidence,
    /// What the value says of itself.
    pub marks: Marks,
    /// Why it was kept.
    pub basis: Basis,
}
