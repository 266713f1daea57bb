//! Rollcall finds whose personal data lies where, and after a leak says who must be told.
//!
//! `ARCHITECTURE.md` has the map: what each folder is, what it may import, and the invariants with their tests.

pub mod cli;
pub mod decode;
pub mod format;
pub mod generate;
pub mod identity;
pub mod inventory;
pub mod matcher;
pub mod model;
pub mod pattern;
pub mod pipeline;
pub mod report;
pub mod scope;
pub mod score;
pub mod simd;
pub mod source;
pub mod spill;
pub mod validate;
