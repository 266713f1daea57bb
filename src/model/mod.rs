//! The nouns that pass between stages.
//!
//! Every stage speaks in these types and no stage imports another, so this folder imports nothing of the project. The
//! types hold their own invariants and no other behaviour: how a value is found, judged, tokenised or stored is the
//! business of the stage that does it.

pub mod block;
pub mod detector;
pub mod element;
pub mod field;
pub mod files;
pub mod finding;
pub mod gap;
pub mod limits;
pub mod mention;
pub mod object;
pub mod rows;
pub mod settings;
pub mod shared;
pub mod value;
