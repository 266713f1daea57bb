//! Answers as people and programs read them: a screen, JSON, files.
//!
//! One file for each output, each made from the scope's own types and from nothing else. Names that came from outside are
//! escaped before a terminal or a spreadsheet sees them. Nothing here reads a clock or the environment, so that the same
//! answer gives the same bytes. This folder must not know how an answer was found.

mod columns;
mod escape;
mod files;
mod json;
mod terminal;
mod who;

pub use escape::{csv_cell, visible};
pub use files::{FileEntry, FileOptions, Inputs, ScopeFiles};
pub use json::{liability_json, summary_json};
pub use terminal::terminal;
pub use who::{WhoJson, WhoText};
