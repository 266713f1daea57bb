//! The stages, wired: which objects, which threads, in which order, and what came of it.
//!
//! `worker` holds the way of one object through the house, `scan` the threads around it and the writer at its end,
//! `list` the listing that feeds them, `known` what it compares each object with,
//! `plan` what must be right before the first byte is read, `fields` the question which kinds of file have a field,
//! `hold` temporary files for what must be read by its place,
//! `suppress` what the operator does not want reported, `explain` why a place holds what was found there.

pub mod exchange;
pub mod explain;
pub mod fields;
pub mod hold;
pub mod known;
pub mod list;
pub mod plan;
pub mod request;
pub mod scan;
pub mod suppress;
pub mod worker;
