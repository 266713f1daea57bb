//! Blocks in, findings out.
//!
//! [`plan::Matcher`] turns the detectors' patterns into a front end that finds every hit in one pass over the bytes;
//! [`survey::Surveyor`] lays the hits over the cells of a block, asks the validators, and weighs names and near words;
//! [`judge::Judge`] weighs columns and overlaps, and hands over findings. [`oracle::Oracle`] is the slow twin of the front end: so plain that it is unlikely to be
//! wrong, and the two are compared on generated inputs (`tests/oracle.rs`).
//!
//! What a hit is stands in [`edges`], in one place. This folder knows no format, no file and no law: bytes, cells and
//! words only. Everything in it is linear in bytes plus hits; [`lanes::Scratch::work`] counts, `tests/linear.rs` holds it.

pub mod automaton;
pub mod circuit;
pub mod edges;
pub mod evidence;
pub mod explain;
pub mod front;
pub mod gate;
pub mod judge;
pub mod keys;
pub mod lanes;
pub mod mix;
pub mod molds;
pub mod near;
pub mod number;
pub mod oracle;
pub mod outline;
pub mod overlap;
pub mod pairs;
pub mod plan;
pub mod planner;
pub mod sample;
pub mod shape;
pub mod stream;
pub mod survey;
pub mod tally;
pub mod text;
pub mod walk;
pub mod watch;
pub mod ways;
pub mod weigh;
