//! What a plan is made of: how each pattern's starts are found, and the streams that mark them.

use super::circuit::Plane;
use super::shape::{ByteSet, Needle, PLACES};
use super::ways::Way;

/// Candidates per KiB of ordinary data from which on a pattern is said to have no anchor.
const NO_ANCHOR_PER_KIB: f64 = 16.0;

/// How one pattern's starts are found.
#[derive(Clone, Debug)]
pub enum How {
    /// By an outline of its beginning, or of all of it.
    Shape {
        /// Operations that no other pattern needs already.
        terms: usize,
        /// The length of its hits, where the outline is exact.
        exact: Option<u32>,
        /// Candidates per KiB of ordinary data.
        per_kib: f64,
    },
    /// By a literal that every match holds, and an outline of what follows it.
    Literal {
        /// Operations that no other pattern needs already.
        terms: usize,
        /// The literal.
        literal: Vec<u8>,
        /// Candidates per KiB of ordinary data.
        per_kib: f64,
    },
    /// By the molds of its ways, together with all others'.
    Molds {
        /// Its ways.
        ways: usize,
        /// Those that an automaton walks on from.
        open: usize,
        /// Operations for ways that have no mold.
        terms: usize,
    },
    /// By its first bytes, together with all other keywords.
    Keyword {
        /// Ways in which its first four bytes may be written.
        prefixes: usize,
    },
}

impl How {
    /// Whether a candidate is a hit of known length.
    pub fn is_exact(&self) -> bool {
        matches!(self, How::Shape { exact: Some(_), .. } | How::Molds { open: 0, terms: 0, .. })
    }

    /// In words.
    pub fn text(&self) -> String {
        let terms = |n: &usize| if *n == 1 { "1 term".to_string() } else { format!("{n} terms") };
        match self {
            How::Shape { terms: n, exact: Some(length), .. } => format!("shape, {}, exact, {length} bytes", terms(n)),
            How::Shape { terms: n, per_kib, .. } if *per_kib > NO_ANCHOR_PER_KIB => {
                format!("no anchor, {}, {per_kib:.0} candidates per KiB", terms(n))
            }
            How::Shape { terms: n, .. } => format!("shape, {}", terms(n)),
            How::Literal { terms: n, literal, .. } => {
                format!("literal \"{}\", {}", literal.escape_ascii(), terms(n))
            }
            How::Molds { ways, terms: n, .. } => {
                let molds = if *ways == 1 { "1 mold".to_string() } else { format!("{ways} molds") };
                if *n == 0 { molds } else { format!("{molds}, and a shape, {}", terms(n)) }
            }
            How::Keyword { prefixes } => format!("keyword, {prefixes} prefixes"),
        }
    }

    /// By the molds of `ways`, and `terms` operations for what has none.
    pub fn molds(ways: &[Way], terms: usize) -> How {
        How::Molds { ways: ways.len(), open: ways.iter().filter(|w| w.open).count(), terms }
    }

    /// What it costs where it has no anchor: candidates per KiB of ordinary data.
    pub fn no_anchor(&self) -> Option<f64> {
        match self {
            How::Shape { exact: None, per_kib, .. } | How::Literal { per_kib, .. } => {
                Some(*per_kib).filter(|n| *n > NO_ANCHOR_PER_KIB)
            }
            _ => None,
        }
    }
}

/// What the bits of a stream are.
pub enum Serve {
    /// Starts: hits of known length, and patterns to walk.
    Starts {
        /// Detectors with the length of their hits.
        exact: Vec<(u16, u32)>,
        /// Patterns to walk.
        walks: Vec<usize>,
    },
    /// Places of a literal.
    Literal {
        /// The pattern.
        pattern: usize,
        /// What stands around the literal.
        needle: Needle,
        /// Bytes that a match may start with.
        first: ByteSet,
    },
    /// Places of a keyword's prefix.
    Keywords,
    /// Starts to ask the molds about.
    Molds,
}

/// One bit for each candidate.
pub struct Stream {
    /// Its plane; bit `i + shift` of the slot is byte `i`.
    pub plane: Plane,
    /// Where the program leaves it.
    pub slot: usize,
    /// What its bits are.
    pub serve: Serve,
}

/// Which keyword patterns the next eight bytes fit, 64 patterns a table.
pub struct Fit {
    /// For each place, by byte: the patterns it fits.
    pub places: Box<[[u64; 256]; PLACES]>,
    /// The pattern of each bit.
    pub patterns: Vec<usize>,
}

impl Serve {
    /// How far beyond the batch's last start its bits are looked for.
    pub fn reach(&self) -> usize {
        match self {
            Serve::Literal { needle, .. } => needle.distance.1,
            _ => 0,
        }
    }

    /// How far beyond a start's own bit other planes are read.
    pub fn looks(&self) -> usize {
        match self {
            Serve::Molds => 64,
            other => other.reach(),
        }
    }
}
