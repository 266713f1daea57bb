//! The inventory: Delta tables in a folder or a store that say whose data lies where.
//!
//! What is observed (objects, fields, mentions, orphans) is written per object and never rewritten by linking; what is
//! derived (identifiers, consumers, memberships, links) is replaced wholly by each link run. A run becomes visible at one
//! moment, when its commit record is put; readers pin the versions it names, and the next writer rolls back what an
//! interrupted one left. `docs/INVENTORY.md` describes the columns and the protocol.
//!
//! This folder knows rows and files. It knows nothing of how a mention is found, what its tokens stand for, or how people
//! are linked, and holds no key, only a key's id.

mod beside;
mod cells;
mod check;
mod columns;
mod commit;
mod compact;
mod derived;
mod diff;
mod digest;
mod error;
mod folder;
mod hold;
mod ids;
mod journal;
mod lease;
mod log;
mod merge;
mod read;
mod record;
mod recover;
mod row;
mod sink;
mod snapshot;
mod store;
mod table;
mod work;
mod writer;

#[doc(hidden)]
pub use commit::CommitStep;
pub use compact::Compacted;
pub use diff::{Change, DiffCounts, DiffSink, diff};
pub use digest::digest;
pub use error::InventoryError;
pub use journal::{InHand, ObjectPrint, Suspicion};
pub use merge::{Merge, Merged};
pub use snapshot::Snapshot;
pub use writer::Writer;

use crate::model::files::Files;
use folder::Folder;
use hold::Hold;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::io;
use std::path::Path;
use std::sync::Arc;
use store::Root;

/// The version of the folder's layout and of the tables' columns.
pub const FORMAT: u64 = 1;

/// What the marker file says.
#[derive(Serialize, Deserialize)]
struct Marker {
    format: u64,
    key_id: String,
}

/// A moment in the life of an inventory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AsOf {
    /// The commit of a run, by its number.
    Run(u64),
    /// The last commit up to then: microseconds since 1970-01-01T00:00:00Z.
    Time(i64),
}

impl fmt::Display for AsOf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            AsOf::Run(run) => write!(f, "run {run}"),
            AsOf::Time(micros) => match jiff::Timestamp::from_microsecond(*micros) {
                Ok(time) => write!(f, "{}", time.strftime("%FT%TZ")),
                Err(_) => write!(f, "{micros} microseconds after 1970"),
            },
        }
    }
}

/// An inventory.
pub struct Inventory {
    root: Root,
    key_id: String,
}

impl Inventory {
    /// Opens the inventory at a path, or makes one where there is nothing yet.
    pub fn create_or_open(path: &Path, key_id: &str) -> Result<Inventory, InventoryError> {
        Inventory::create_or_open_in(Arc::new(Folder::new(path)), key_id)
    }

    /// Opens the inventory in a place, or makes one where there is nothing yet.
    pub fn create_or_open_in(files: Arc<dyn Files>, key_id: &str) -> Result<Inventory, InventoryError> {
        let root = Root(Arc::clone(&files));
        if read_marker(&root)?.is_none() {
            if !files.is_empty()? {
                return Err(InventoryError::NotAnInventory(files.place().to_string()));
            }
            files.create_folder("")?;
            let marker = serde_json::to_vec(&Marker { format: FORMAT, key_id: key_id.to_string() });
            match files.put_if_absent(store::MARKER, &marker.map_err(io::Error::from)?) {
                // Another process made it in between: what its marker says is checked like any other's.
                Err(e) if e.kind() != io::ErrorKind::AlreadyExists => return Err(e.into()),
                _ => {}
            }
        }
        let inventory = Inventory::open_in(files)?;
        if inventory.key_id != key_id {
            return Err(InventoryError::WrongKey { made_with: inventory.key_id, given: key_id.to_string() });
        }
        recover::create_tables(&inventory.root)?;
        Ok(inventory)
    }

    /// Opens the inventory at a path.
    pub fn open(path: &Path) -> Result<Inventory, InventoryError> {
        Inventory::open_in(Arc::new(Folder::new(path)))
    }

    /// Opens the inventory in a place.
    pub fn open_in(files: Arc<dyn Files>) -> Result<Inventory, InventoryError> {
        let root = Root(files);
        match read_marker(&root)? {
            Some(Marker { format, .. }) if format > FORMAT => Err(InventoryError::Newer { format, known: FORMAT }),
            Some(Marker { key_id, .. }) => Ok(Inventory { root, key_id }),
            None if root.0.is_empty()? => Err(InventoryError::Missing(root.0.place().to_string())),
            None => Err(InventoryError::NotAnInventory(root.0.place().to_string())),
        }
    }

    /// The id of the key whose tokens it holds.
    pub fn key_id(&self) -> &str {
        &self.key_id
    }

    /// Where it is, for a person: a path or a URI.
    pub fn place(&self) -> &str {
        self.root.0.place()
    }

    /// The folder that it is, where it is one.
    pub fn folder(&self) -> Option<&Path> {
        self.root.0.folder()
    }

    /// The state at the commit of a run, or at the last one up to a moment.
    pub fn snapshot_at(&self, as_of: AsOf) -> Result<Snapshot, InventoryError> {
        let none = |first: Option<String>| InventoryError::NoSuchRun { asked: as_of.to_string(), first };
        let mut found = None;
        let mut first = None;
        for (record, _) in record::read_all(&self.root, &record::runs(&self.root)?)? {
            let run = record.run.run;
            first.get_or_insert_with(|| AsOf::Time(record.run.ended_at).to_string());
            let reached = match as_of {
                AsOf::Run(asked) => run <= asked,
                AsOf::Time(moment) => record.run.ended_at <= moment,
            };
            if !reached {
                break;
            }
            found = Some(record);
        }
        match (found, as_of) {
            (Some(record), AsOf::Run(asked)) if record.run.run != asked => Err(none(first)),
            (Some(record), _) if record.run.run < record::last(&self.root)?.map_or(0, |(last, _)| last.kept) => {
                Err(InventoryError::NotKept { asked: as_of.to_string() })
            }
            (Some(record), _) => Ok(Snapshot::of(&self.root, Some(record))?),
            (None, _) => Err(none(first)),
        }
    }

    /// The oldest run to keep for the state at a moment to be there: microseconds since 1970-01-01T00:00:00Z.
    pub fn oldest_for(&self, moment: i64) -> io::Result<u64> {
        compact::oldest(&self.root, moment)
    }

    /// Deletes the data files that no version from run `oldest` on needs; how many, and their bytes. The caller has committed
    /// a run that says so, and readers of older versions are done.
    pub fn vacuum(&self, oldest: u64) -> io::Result<(u64, u64)> {
        compact::vacuum(&self.root, oldest)
    }

    /// The state at the last commit.
    pub fn snapshot(&self) -> io::Result<Snapshot> {
        Snapshot::last(&self.root)
    }

    /// In a store, who has not given it back: [`Inventory::begin`] waits until it is certain whether that run is alive.
    pub fn claimed_by(&self) -> io::Result<Option<String>> {
        if self.root.is_shared() { lease::Lease::holder(&self.root) } else { Ok(None) }
    }

    /// Starts a run: takes the lock and rolls back what an interrupted run left. In a store it claims the inventory, and
    /// waits until it is certain whether a writer that has not ended is alive.
    pub fn begin(&self) -> Result<Writer, InventoryError> {
        match Hold::take(&self.root)? {
            Ok(hold) => Ok(Writer::begin(&self.root, &self.key_id, hold)?),
            Err(holder) => {
                let lock = self.folder().map(|folder| folder.join(store::LOCK));
                Err(InventoryError::Locked { lock, holder })
            }
        }
    }

    /// What is wrong with the inventory, in sentences; nothing if it is sound. Reads every file once.
    pub fn check(&self) -> io::Result<Vec<String>> {
        check::check(&self.root, &self.snapshot()?)
    }
}

fn read_marker(root: &Root) -> Result<Option<Marker>, InventoryError> {
    let Some(bytes) = root.0.read(store::MARKER)? else {
        return Ok(None);
    };
    let marker = serde_json::from_slice(&bytes);
    marker.map(Some).map_err(|e| InventoryError::Corrupt(format!("{}: {e}", root.0.shown(store::MARKER))))
}
