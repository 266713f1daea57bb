//! How well a scan did, on a corpus whose answers are known.
//!
//! Findings are compared with the truth as multisets over (file, row, field, element); links between mentions are
//! compared pair by pair, counted by formula. This folder reads truth files and is handed what a scan found; it knows
//! neither how the corpus was made nor how the scan works, so that a fault in either shows up here.

mod findings;
mod linking;
mod report;
pub mod samples;
mod truth;

pub use findings::{Count, FindingRecord, FindingScorer, FindingScores, Trouble};
pub use linking::{LinkScorer, LinkScores, PairCounts, pair_counts};
pub use report::{Scores, Speed};
pub use truth::{LinkLine, TruthLine, links, truth};
