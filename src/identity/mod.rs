//! Findings in, mentions out; and the keyed tokens that stand for values from there on.
//!
//! This is the last place that sees a value. [`assemble::Assembler`] takes the findings of a block, groups them by record
//! and role into people, turns every identifying value into a keyed token ([`key`]) of its canonical form ([`canon`]), and
//! every name into a signature ([`name`]). What leaves this folder holds no value. It touches no file, clock or
//! environment, and knows nothing of formats, matching or tables.

mod aggregate;
pub mod assemble;
pub mod canon;
mod close;
mod crowd;
mod date;
mod draft;
pub mod key;
pub mod link;
mod mail;
pub mod name;
mod orphan;
mod person;
pub mod place;
pub mod plain;
pub mod plan;
pub mod roles;
mod sound;
mod street;
mod value;

pub use assemble::{Assembled, Assembler, Orphan};
pub use key::Key;
pub use plan::IdentityPlan;
