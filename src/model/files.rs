//! Where the files of an inventory lie, as far as the inventory sees it.
//!
//! The inventory writes and reads files by name and knows nothing of networks; stores know nothing of tables. They meet in
//! this trait: a folder is [`Files`] in `inventory`, a bucket or container in `source`.

use super::object::ObjectRanges;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A place that holds the files of one inventory. Names are relative, with slashes between; an error names its file.
pub trait Files: Send + Sync {
    /// The place: a path, or a URI without anything secret.
    fn place(&self) -> &str;

    /// How a file is called in front of a person.
    fn shown(&self, name: &str) -> String {
        format!("{}/{name}", self.place().trim_end_matches('/'))
    }

    /// The names right below a folder, in no order; none where it is absent.
    fn names(&self, folder: &str) -> io::Result<Vec<String>>;

    /// Whether there is nothing at all.
    fn is_empty(&self) -> io::Result<bool>;

    /// A small file's bytes; none where it is absent.
    fn read(&self, name: &str) -> io::Result<Option<Vec<u8>>>;

    /// The same of many, in their order. A place that is far away is asked for many at once.
    fn read_all(&self, names: &[String]) -> io::Result<Vec<Option<Vec<u8>>>> {
        names.iter().map(|name| self.read(name)).collect()
    }

    /// Writes a file that does not exist yet, whole and durable or not at all. `AlreadyExists` where there is another; a
    /// file of the very same bytes counts as written by this call, whose first answer may have been lost.
    fn put_if_absent(&self, name: &str, bytes: &[u8]) -> io::Result<()>;

    /// Writes a file whole, in place of one that may be there.
    fn replace(&self, name: &str, bytes: &[u8]) -> io::Result<()>;

    /// Removes a file; that it is gone already is no error.
    fn remove(&self, name: &str) -> io::Result<()>;

    /// A new data file, of a name that no other has.
    fn create(&self, name: &str) -> io::Result<Box<dyn DataFileOut>>;

    /// A data file to read, of so many bytes as its log says.
    fn open(&self, name: &str, bytes: u64) -> io::Result<Arc<dyn ObjectRanges>>;

    /// Creates a folder, where the place has such a thing.
    fn create_folder(&self, _folder: &str) -> io::Result<()> {
        Ok(())
    }

    /// Makes the names in a folder durable, where that takes something.
    fn sync(&self, _folder: &str) -> io::Result<()> {
        Ok(())
    }

    /// Bytes at which a data file is closed.
    fn file_bytes(&self) -> usize;

    /// The folder that it is, where it is one: there a lock goes with its process.
    fn folder(&self) -> Option<&Path>;

    /// Milliseconds for which a writer that is not heard of counts as alive, where there is no lock.
    fn lease_ms(&self) -> u64 {
        0
    }

    /// A file of this machine for what its own runs have in hand; none where nothing can be kept.
    fn journal(&self) -> Option<PathBuf>;
}

/// A data file that is being written.
pub trait DataFileOut: Send {
    /// What is written to is the file, one byte after the other.
    fn writer(&self) -> io::Result<Box<dyn Write + Send>>;

    /// Makes what was written durable under the file's name; its bytes.
    fn keep(self: Box<Self>) -> io::Result<u64>;
}
