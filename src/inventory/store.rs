//! The names of an inventory's files, and what all of them go through.
//!
//! Everything the commit protocol rests on is asked of [`Files`], which a folder is in `folder` and a store in
//! `source::keep`. This file knows names and bytes, not what they mean.

use super::table::Table;
use crate::model::files::Files;
use crate::model::object::ObjectRanges;
use parquet::errors::ParquetError;
use std::io;
use std::sync::Arc;

/// The file at the root that says what the place is.
pub(super) const MARKER: &str = "_rollcall_inventory";
/// The file that the one writer holds locked, in a folder.
pub(super) const LOCK: &str = "_lock";
/// Where writers say that they are there, in a store.
pub(super) const WRITERS: &str = "_writers";
/// The folder of what a run has done and not committed.
pub(super) const WORK: &str = "_work";
/// Ending of files that are on their way to their name; a crash may leave some, and the next writer removes them.
pub(super) const PARTIAL: &str = ".partial";

/// The place of an inventory.
#[derive(Clone)]
pub(super) struct Root(pub Arc<dyn Files>);

impl Root {
    pub fn log(&self, table: Table) -> String {
        format!("{}/_delta_log", table.name())
    }

    pub fn intents(&self) -> String {
        format!("{}/_intent", Table::Runs.name())
    }

    pub fn commits(&self) -> String {
        format!("{}/_commits", Table::Runs.name())
    }

    /// Whether others may write at the same time: there is no lock that goes with its process.
    pub fn is_shared(&self) -> bool {
        self.0.folder().is_none()
    }

    /// The numbers of the numbered JSON files in a folder, ascending; none when the folder is absent.
    pub fn numbers(&self, folder: &str) -> io::Result<Vec<u64>> {
        let mut numbers: Vec<u64> = self
            .0
            .names(folder)?
            .iter()
            .filter_map(|name| name.strip_suffix(".json").filter(|n| n.len() == 20).and_then(|n| n.parse().ok()))
            .collect();
        numbers.sort_unstable();
        Ok(numbers)
    }

    /// A data file of a table.
    pub fn open(&self, table: Table, name: &str, bytes: u64) -> io::Result<Arc<dyn ObjectRanges>> {
        self.0.open(&in_table(table, name), bytes)
    }

    /// An error with the file it happened at, and for a full disk what to do.
    pub fn at(&self, name: &str, error: io::Error) -> io::Error {
        at(&self.0.shown(name), error)
    }

    /// The same for what the Parquet library says; a full disk keeps its kind.
    pub fn parquet_at(&self, name: &str, error: ParquetError) -> io::Error {
        match error {
            ParquetError::External(source) => match source.downcast::<io::Error>() {
                Ok(source) => self.at(name, *source),
                Err(source) => self.at(name, io::Error::other(source.to_string())),
            },
            other => self.at(name, io::Error::new(io::ErrorKind::InvalidData, other.to_string())),
        }
    }
}

/// A numbered JSON file in a folder, named as Delta writes it.
pub(super) fn numbered(folder: &str, number: u64) -> String {
    format!("{folder}/{number:020}.json")
}

/// The name of a table's data file from the root.
pub(super) fn in_table(table: Table, name: &str) -> String {
    format!("{}/{name}", table.name())
}

/// An error with the file it happened at, and for a full disk what to do.
pub(super) fn at(shown: &str, error: io::Error) -> io::Error {
    let advice = match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
            "; nothing committed before is harmed: make room and run again"
        }
        _ => "",
    };
    io::Error::new(error.kind(), format!("inventory file {shown}: {error}{advice}"))
}

/// An error that says what in a file is not as it should be.
pub(super) fn invalid(what: impl Into<String>) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what.into())
}
