//! An inventory's files in a folder of this machine: put-if-absent by links, durable names, a lock of the operating system.

use super::store::{PARTIAL, at};
use crate::model::files::{DataFileOut, Files};
use crate::model::object::ObjectRanges;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Read, Seek, Write};
use std::ops::Range;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

/// Bytes of a data file. What a file's footer will say of its row groups waits in memory, between the buffers that come and
/// go with each group, until the file is closed: with files of 512 MiB a scan grew by 130 MB until the first one was full.
const FILE_BYTES: usize = 128 << 20;

/// A folder.
pub(super) struct Folder {
    path: PathBuf,
    shown: String,
}

impl Folder {
    pub fn new(path: &Path) -> Folder {
        Folder { path: path.to_path_buf(), shown: path.display().to_string() }
    }

    fn path_of(&self, name: &str) -> PathBuf {
        if name.is_empty() { self.path.clone() } else { self.path.join(name) }
    }
}

fn at_path(path: &Path, error: io::Error) -> io::Error {
    at(&path.display().to_string(), error)
}

impl Files for Folder {
    fn place(&self) -> &str {
        &self.shown
    }

    /// Names that are no text are not ours.
    fn names(&self, folder: &str) -> io::Result<Vec<String>> {
        let folder = self.path_of(folder);
        let entries = match fs::read_dir(&folder) {
            Ok(entries) => entries,
            Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(e) => return Err(at_path(&folder, e)),
        };
        let mut names = Vec::new();
        for entry in entries {
            if let Ok(name) = entry.map_err(|e| at_path(&folder, e))?.file_name().into_string() {
                names.push(name);
            }
        }
        Ok(names)
    }

    /// A lone leftover of a marker on its way is what a crash at this very place leaves.
    fn is_empty(&self) -> io::Result<bool> {
        Ok(self.names("")?.iter().all(|name| name.ends_with(PARTIAL)))
    }

    fn read(&self, name: &str) -> io::Result<Option<Vec<u8>>> {
        let path = self.path_of(name);
        match fs::read(&path) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(e) => Err(at_path(&path, e)),
        }
    }

    fn put_if_absent(&self, name: &str, bytes: &[u8]) -> io::Result<()> {
        let path = self.path_of(name);
        let (folder, partial) = partial(&path)?;
        let written = write_new(&partial, bytes).and_then(|()| match fs::hard_link(&partial, &path) {
            // A store without links (some network and FAT file systems): create the name itself, exclusively. There a crash
            // may leave a short file, which readers of the log report and never mistake for a whole one.
            Err(e) if matches!(e.kind(), io::ErrorKind::Unsupported | io::ErrorKind::PermissionDenied) => {
                write_new(&path, bytes)
            }
            linked => linked.map_err(|e| at_path(&path, e)),
        });
        // The name is what counts; a leftover is removed by the next writer.
        let _ = fs::remove_file(&partial);
        written?;
        sync_folder(folder)
    }

    fn replace(&self, name: &str, bytes: &[u8]) -> io::Result<()> {
        let path = self.path_of(name);
        let (folder, partial) = partial(&path)?;
        write_new(&partial, bytes)?;
        fs::rename(&partial, &path).map_err(|e| at_path(&path, e))?;
        sync_folder(folder)
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        let path = self.path_of(name);
        match fs::remove_file(&path) {
            Err(e) if e.kind() != io::ErrorKind::NotFound => Err(at_path(&path, e)),
            _ => Ok(()),
        }
    }

    fn create(&self, name: &str) -> io::Result<Box<dyn DataFileOut>> {
        let path = self.path_of(name);
        let file = File::create_new(&path).map_err(|e| at_path(&path, e))?;
        Ok(Box::new(Out { path, file }))
    }

    fn open(&self, name: &str, _bytes: u64) -> io::Result<Arc<dyn ObjectRanges>> {
        let path = self.path_of(name);
        let opened = File::open(&path).and_then(|file| Ok(Pieces { size: file.metadata()?.len(), file }));
        Ok(Arc::new(opened.map_err(|e| at_path(&path, e))?))
    }

    fn create_folder(&self, folder: &str) -> io::Result<()> {
        let folder = self.path_of(folder);
        fs::create_dir_all(&folder).map_err(|e| at_path(&folder, e))?;
        folder.parent().map_or(Ok(()), sync_folder)
    }

    fn sync(&self, folder: &str) -> io::Result<()> {
        sync_folder(&self.path_of(folder))
    }

    fn file_bytes(&self) -> usize {
        FILE_BYTES
    }

    fn folder(&self) -> Option<&Path> {
        Some(&self.path)
    }

    fn journal(&self) -> Option<PathBuf> {
        Some(self.path.join("_work/in_hand"))
    }
}

struct Out {
    path: PathBuf,
    file: File,
}

impl DataFileOut for Out {
    fn writer(&self) -> io::Result<Box<dyn Write + Send>> {
        Ok(Box::new(self.file.try_clone().map_err(|e| at_path(&self.path, e))?))
    }

    fn keep(self: Box<Self>) -> io::Result<u64> {
        self.file.sync_all().and_then(|()| Ok(self.file.metadata()?.len())).map_err(|e| at_path(&self.path, e))
    }
}

struct Pieces {
    file: File,
    size: u64,
}

impl ObjectRanges for Pieces {
    fn size(&self) -> u64 {
        self.size
    }

    fn read_at(&self, range: Range<u64>) -> io::Result<Vec<u8>> {
        let mut bytes = vec![0; usize::try_from(range.end - range.start).map_err(io::Error::other)?];
        self.file.read_exact_at(&mut bytes, range.start)?;
        Ok(bytes)
    }
}

/// The folder of a path, and a name in it for a file on its way there.
fn partial(path: &Path) -> io::Result<(&Path, PathBuf)> {
    let (Some(folder), Some(name)) = (path.parent(), path.file_name()) else {
        return Err(at_path(path, io::ErrorKind::InvalidInput.into()));
    };
    let partial = folder.join(format!(".{}.{:016x}{PARTIAL}", name.to_string_lossy(), fastrand::u64(..)));
    Ok((folder, partial))
}

fn sync_folder(folder: &Path) -> io::Result<()> {
    // Not every system lets a folder be opened as a file; there the names are durable without it or not at all.
    match File::open(folder) {
        Ok(handle) if cfg!(unix) => handle.sync_all().map_err(|e| at_path(folder, e)),
        _ => Ok(()),
    }
}

fn write_new(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = File::create_new(path).map_err(|e| at_path(path, e))?;
    file.write_all(bytes).and_then(|()| file.sync_all()).map_err(|e| at_path(path, e))
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
    let mut file = OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .open(path)
        .map_err(|e| at_path(path, e))?;
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
        Err(TryLockError::Error(e)) => return Err(at_path(path, e)),
    }
    file.set_len(0)
        .and_then(|()| file.rewind())
        .and_then(|()| file.write_all(holder.as_bytes()))
        .map_err(|e| at_path(path, e))?;
    Ok(Ok(Lock { _file: file }))
}
