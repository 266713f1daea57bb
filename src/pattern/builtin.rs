//! The pattern files that are part of the program: all that lie in `patterns/`, which `build.rs` lists.

/// Id and text of every built-in pattern file, in the order of the ids.
pub(super) const FILES: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/patterns.rs"));
