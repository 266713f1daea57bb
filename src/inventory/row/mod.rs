//! How each row type becomes columns and comes back: one file per table.
//!
//! The column names here are the ones `docs/INVENTORY.md` describes. A file's `columns` and `decode` mirror each other,
//! which the round-trip tests hold.

mod consumers;
mod fields;
mod identifiers;
mod links;
mod memberships;
pub(super) mod mentions;
mod objects;
mod orphans;
mod parts;
mod runs;

use super::cells::Group;
use super::columns::Column;
use super::table::Table;
use std::io;

/// A row of a table.
pub(super) trait Row: Sized {
    /// Its table.
    const TABLE: Table;

    /// The rows as columns; of no rows, the table's schema.
    fn columns(rows: &[Self]) -> Vec<Column>;

    /// The rows `i` of a batch for which `keep(i)`.
    fn decode(
        batch: Group,
        keep: &dyn Fn(usize) -> bool,
        each: &mut dyn FnMut(Self) -> io::Result<()>,
    ) -> io::Result<()>;

    /// About how many bytes the row holds, so that a few huge rows do not fill memory.
    fn weight(&self) -> usize {
        128
    }
}

/// The rows of a batch that are kept, each made by `make`.
fn rows<T>(
    batch: Group,
    keep: &dyn Fn(usize) -> bool,
    each: &mut dyn FnMut(T) -> io::Result<()>,
    make: impl Fn(usize) -> io::Result<T>,
) -> io::Result<()> {
    (0..batch.len()).filter(|&i| keep(i)).try_for_each(|i| each(make(i)?))
}
