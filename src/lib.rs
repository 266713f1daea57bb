//! Rollcall finds whose personal data lies where, and after a leak says who must be told.
//!
//! `ARCHITECTURE.md` has the map: what each folder is, what it may import, and the invariants with their tests.

pub mod model;
