//! Watching a judge: every step it takes with a candidate, and the findings of a block before they are counted.
//!
//! A judge is generic over its watcher, so that [`Unwatched`], which does nothing, costs nothing: the calls compile away.

use super::evidence::Says;
use crate::model::block::Block;
use crate::model::detector::Confidence;
use crate::model::field::Schema;
use crate::model::finding::{Basis, Finding, Verdict};
use std::ops::Range;

/// A step of judging. `Candidate` opens a candidate; the steps that follow are of that candidate, up to the next one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// A candidate, as its front end found it.
    Candidate {
        /// The cell: an index into `Block::cells`.
        cell: u32,
        /// Its bytes in the block.
        span: Range<u32>,
        /// The detector: an index into the plan's detectors.
        detector: u16,
        /// It is the whole value of a field that names the detector; no pattern was asked.
        whole: bool,
    },
    /// What the name of its field says. A veto ends the candidate.
    Field(Says),
    /// The bytes that the group `value` narrowed it to; those of the candidate where the pattern has none.
    Value(Range<u32>),
    /// What its validator says; `PLAUSIBLE` where it has none. `Invalid` ends the candidate.
    Verdict(Verdict),
    /// What the key before it says, and whether a sign binds the key to it. A veto ends the candidate.
    Key(Says, bool),
    /// Whether a word near it names it; said only where that was asked.
    Near(bool),
    /// The value says of itself that nobody has it, and neither a name nor a word says that it is one: the end.
    Unnamed,
    /// What it came to. `Low` ends the candidate.
    Weighed(Confidence, Basis),
}

/// The rule by which a column took a finding out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ColumnRule {
    /// The field's name only suggests the element, and next to no value of the column is proven to be one.
    OnlySuggested,
    /// A column of numbers, most of which the validator does not take: this one passed by chance.
    ByChance,
}

/// Sees what a judge does.
pub trait Watch {
    /// A step.
    #[inline(always)]
    fn step(&mut self, _step: Step) {}

    /// A column took a finding out.
    #[inline(always)]
    fn column(&mut self, _finding: &Finding, _rule: ColumnRule) {}

    /// The findings of a block, sorted, overlaps settled. What is taken out here is neither counted nor reported.
    #[inline(always)]
    fn settled(&mut self, _block: &Block, _schema: &Schema, _found: &mut Vec<Finding>) {}
}

/// Sees nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct Unwatched;

impl Watch for Unwatched {}
