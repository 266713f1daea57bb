//! Sorting more than memory holds.
//!
//! Linking and scoping are joins over tables of any size. A [`Sorter`] takes records of a fixed length, keeps a bounded
//! buffer, writes each full buffer as a sorted run to a temporary file that no directory names (so that nothing is left
//! behind by a crash), and merges the runs. Records are byte arrays in lexicographic order: integers go in big-endian,
//! which [`Put`] and [`Take`] do. A [`Tape`] keeps records of varying length as they come, [`Held`] a stream as it is. This folder knows nothing of what the bytes mean.

mod held;
mod merge;
mod order;
mod record;
mod sorter;
mod tape;

pub use held::Held;
pub use merge::{Merge, Records};
pub use record::{Put, Take};
pub use sorter::{Sorted, Sorter};
pub use tape::{Tape, TapeReader, TapeWriter};

use std::io;
use std::path::Path;

/// An error of the temporary folder, with its name and the remedy.
fn named(dir: &Path, e: io::Error) -> io::Error {
    io::Error::new(e.kind(), format!("temporary folder {}: {e}; point TMPDIR at a folder with room", dir.display()))
}
