//! The file system as a store: put-if-absent, list, read, lock.
//!
//! Everything the commit protocol rests on goes through this file and nothing else does, so that a bucket (conditional
//! PUT, LIST) can take the folder's place. It knows paths and bytes, not what they mean.

use super::table::Table;
use parquet::errors::ParquetError;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Read, Seek, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The file at the root that says what the folder is.
pub(super) const MARKER: &str = "_rollcall_inventory";
/// The file that the one writer holds locked.
pub(super) const LOCK: &str = "_lock";
/// The folder of what a run has done and not committed.
const WORK: &str = "_work";
/// Ending of files that are on their way to their name; a crash may leave some, and the next writer removes them.
pub(super) const PARTIAL: &str = ".partial";

/// The folder of an inventory.
#[derive(Clone, Debug)]
pub(super) struct Root(pub PathBuf);

impl Root {
    pub fn marker(&self) -> PathBuf {
        self.0.join(MARKER)
    }

    pub fn lock(&self) -> PathBuf {
        self.0.join(LOCK)
    }

    pub fn table(&self, table: Table) -> PathBuf {
        self.0.join(table.name())
    }

    pub fn log(&self, table: Table) -> PathBuf {
        self.table(table).join("_delta_log")
    }

    pub fn intents(&self) -> PathBuf {
        self.table(Table::Runs).join("_intent")
    }

    pub fn work(&self) -> PathBuf {
        self.0.join(WORK)
    }

    pub fn commits(&self) -> PathBuf {
        self.table(Table::Runs).join("_commits")
    }
}

/// The name of a numbered JSON file, as Delta writes it.
pub(super) fn numbered(number: u64) -> String {
    format!("{number:020}.json")
}

/// The numbers of the numbered JSON files in a folder, ascending; none when the folder is absent.
pub(super) fn numbers(folder: &Path) -> io::Result<Vec<u64>> {
    let mut numbers: Vec<u64> = names(folder)?
        .iter()
        .filter_map(|name| name.strip_suffix(".json").filter(|n| n.len() == 20).and_then(|n| n.parse().ok()))
        .collect();
    numbers.sort_unstable();
    Ok(numbers)
}

/// The names in a folder, in no order; none when the folder is absent. Names that are no text are not ours.
pub(super) fn names(folder: &Path) -> io::Result<Vec<String>> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(e) => return Err(at(folder, e)),
    };
    let mut names = Vec::new();
    for entry in entries {
        if let Ok(name) = entry.map_err(|e| at(folder, e))?.file_name().into_string() {
            names.push(name);
        }
    }
    Ok(names)
}

/// Creates a folder and those above it, and makes its name durable.
pub(super) fn create_folder(folder: &Path) -> io::Result<()> {
    fs::create_dir_all(folder).map_err(|e| at(folder, e))?;
    folder.parent().map_or(Ok(()), sync_folder)
}

/// Makes the names in a folder durable.
pub(super) fn sync_folder(folder: &Path) -> io::Result<()> {
    // Not every system lets a folder be opened as a file; there the names are durable without it or not at all.
    match File::open(folder) {
        Ok(handle) if cfg!(unix) => handle.sync_all().map_err(|e| at(folder, e)),
        _ => Ok(()),
    }
}

/// Writes a file that does not exist yet, whole and durable or not at all. `AlreadyExists` if there is one.
pub(super) fn put_if_absent(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let (Some(folder), Some(name)) = (path.parent(), path.file_name()) else {
        return Err(at(path, io::ErrorKind::InvalidInput.into()));
    };
    let partial = folder.join(format!(".{}.{:016x}{PARTIAL}", name.to_string_lossy(), fastrand::u64(..)));
    let written = write_new(&partial, bytes).and_then(|()| match fs::hard_link(&partial, path) {
        // A store without links (some network and FAT file systems): create the name itself, exclusively. There a crash
        // may leave a short file, which readers of the log report and never mistake for a whole one.
        Err(e) if matches!(e.kind(), io::ErrorKind::Unsupported | io::ErrorKind::PermissionDenied) => {
            write_new(path, bytes)
        }
        linked => linked.map_err(|e| at(path, e)),
    });
    // The name is what counts; a leftover is removed by the next writer.
    let _ = fs::remove_file(&partial);
    written?;
    sync_folder(folder)
}

/// Writes a file whole, in place of the one that is there. Only the holder of the lock may.
pub(super) fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let (Some(folder), Some(name)) = (path.parent(), path.file_name()) else {
        return Err(at(path, io::ErrorKind::InvalidInput.into()));
    };
    let partial = folder.join(format!(".{}.{:016x}{PARTIAL}", name.to_string_lossy(), fastrand::u64(..)));
    write_new(&partial, bytes)?;
    fs::rename(&partial, path).map_err(|e| at(path, e))?;
    sync_folder(folder)
}

fn write_new(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = File::create_new(path).map_err(|e| at(path, e))?;
    file.write_all(bytes).and_then(|()| file.sync_all()).map_err(|e| at(path, e))
}

/// A small file's bytes, or none when it is absent.
pub(super) fn read(path: &Path) -> io::Result<Option<Vec<u8>>> {
    match fs::read(path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(e) => Err(at(path, e)),
    }
}

/// Removes a file; that it is gone already is no error.
pub(super) fn remove(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(e) if e.kind() != io::ErrorKind::NotFound => Err(at(path, e)),
        _ => Ok(()),
    }
}

/// How often a lock that is held is asked for again, and the pause between.
const LOCK_TRIES: u32 = 25;
const LOCK_PAUSE: Duration = Duration::from_millis(20);

/// A lock that lives as long as its process, or until it is dropped.
pub(super) struct Lock {
    _file: File,
}

/// Takes the lock and writes who holds it; the other holder's words if it is taken.
pub(super) fn lock(path: &Path, holder: &str) -> io::Result<Result<Lock, String>> {
    let mut file =
        OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path).map_err(|e| at(path, e))?;
    // A run that is just ending still holds it, and so does a child process between its fork and its exec.
    let mut taken = file.try_lock();
    for _ in 0..LOCK_TRIES {
        if !matches!(taken, Err(TryLockError::WouldBlock)) {
            break;
        }
        std::thread::sleep(LOCK_PAUSE);
        taken = file.try_lock();
    }
    match taken {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            let mut words = String::new();
            // Who holds it is a courtesy: on systems with mandatory locks the file cannot be read.
            let _ = file.take(4096).read_to_string(&mut words);
            return Ok(Err(words.trim().to_string()));
        }
        Err(TryLockError::Error(e)) => return Err(at(path, e)),
    }
    file.set_len(0)
        .and_then(|()| file.rewind())
        .and_then(|()| file.write_all(holder.as_bytes()))
        .map_err(|e| at(path, e))?;
    Ok(Ok(Lock { _file: file }))
}

/// An error with the path it happened at, and for a full disk what to do.
pub(super) fn at(path: &Path, error: io::Error) -> io::Error {
    let advice = match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
            "; nothing committed before is harmed: make room and run again"
        }
        _ => "",
    };
    io::Error::new(error.kind(), format!("inventory file {}: {error}{advice}", path.display()))
}

/// The same for what the Parquet library says; a full disk keeps its kind.
pub(super) fn parquet_at(path: &Path, error: ParquetError) -> io::Error {
    match error {
        ParquetError::External(source) => match source.downcast::<io::Error>() {
            Ok(source) => at(path, *source),
            Err(source) => at(path, io::Error::other(source.to_string())),
        },
        other => at(path, io::Error::new(io::ErrorKind::InvalidData, other.to_string())),
    }
}

/// An error that says what in a file is not as it should be.
pub(super) fn invalid(what: impl Into<String>) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what.into())
}
