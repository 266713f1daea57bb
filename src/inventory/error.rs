//! Why an inventory cannot be opened or written.

use std::fmt;
use std::io;
use std::path::PathBuf;

/// Why an inventory cannot be opened or written. Every message says what to do.
#[derive(Debug)]
pub enum InventoryError {
    /// The folder holds something else.
    NotAnInventory(String),
    /// There is no inventory at the path.
    Missing(String),
    /// The inventory was made with another key.
    WrongKey {
        /// The key id that the inventory names.
        made_with: String,
        /// The id of the key at hand.
        given: String,
    },
    /// A newer program made the inventory.
    Newer {
        /// The format version that the inventory names.
        format: u64,
        /// The newest that this program knows.
        known: u64,
    },
    /// Another run is writing.
    Locked {
        /// The lock file; none of an inventory in a store.
        lock: Option<PathBuf>,
        /// What the other run said of itself; may be empty.
        holder: String,
    },
    /// It has no such state.
    NoSuchRun {
        /// What was asked for.
        asked: String,
        /// When its first run ended; none without any.
        first: Option<String>,
    },
    /// The state that is asked for was taken away by compacting.
    NotKept {
        /// What was asked for.
        asked: String,
    },
    /// The inventory contradicts itself.
    Corrupt(String),
    /// The file system refused.
    Io(io::Error),
}

impl fmt::Display for InventoryError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            InventoryError::NotAnInventory(path) => {
                write!(f, "{path} is not an inventory and not empty; name an inventory, or a new or empty folder")
            }
            InventoryError::Missing(path) => {
                write!(f, "there is no inventory at {path}; `rollcall scan` makes one")
            }
            InventoryError::WrongKey { made_with, given } => write!(
                f,
                "this inventory was made with key {made_with}, the given key is {given}; give the key it was made with, \
                 or write to a new inventory"
            ),
            InventoryError::Newer { format, known } => write!(
                f,
                "this inventory has format version {format}, this program knows versions up to {known}; use a newer rollcall"
            ),
            InventoryError::Locked { lock, holder } => {
                write!(f, "another run is writing to this inventory")?;
                if !holder.is_empty() {
                    write!(f, " ({holder})")?;
                }
                match lock {
                    Some(lock) => write!(
                        f,
                        "; wait for it to end, or end it: the lock {} is freed with its process, so never delete it",
                        lock.display()
                    ),
                    None => f.write_str("; wait for it to end, or end it, and run this again"),
                }
            }
            InventoryError::NoSuchRun { asked, first: Some(first) } => write!(
                f,
                "the inventory has no state of {asked}: its first run ended at {first}; `rollcall inventory show` lists its runs"
            ),
            InventoryError::NoSuchRun { asked, first: None } => {
                write!(f, "the inventory has no state of {asked}: nothing was ever committed to it")
            }
            InventoryError::NotKept { asked } => write!(
                f,
                "the state of {asked} is no longer kept: `rollcall inventory compact --keep SPAN` says how long states are"
            ),
            InventoryError::Corrupt(what) => {
                write!(f, "the inventory is damaged: {what}; `rollcall inventory check` says more")
            }
            InventoryError::Io(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for InventoryError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            InventoryError::Io(error) => Some(error),
            _ => None,
        }
    }
}

impl From<io::Error> for InventoryError {
    fn from(error: io::Error) -> Self {
        InventoryError::Io(error)
    }
}
