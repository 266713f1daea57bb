//! A folder of files, or one file.
//!
//! File names are bytes and need not be UTF-8: the URI keeps every byte, percent-encoded, and is what a file is opened
//! by; the path beside it is for people and globs.

use super::{INVENTORY_MARKER, Listing, SourceError, inventory_gap};
use crate::model::gap::{Gap, GapError, GapKind};
use crate::model::object::{Object, ObjectRanges, ObjectStream};
use std::ffi::{OsStr, OsString};
use std::fs::{self, File, Metadata};
use std::io::{self, BufReader, Read};
use std::ops::Range;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::UNIX_EPOCH;

/// Bytes read from a file at once, for who asks for less: what is shorter than a block. Blocks are read where they lie.
const READ_BYTES: usize = 64 << 10;

/// A folder or a file.
#[derive(Clone, Debug)]
pub(super) struct Folder {
    root: PathBuf,
    uri: String,
    is_file: bool,
}

impl Folder {
    pub(super) fn open(path: &Path) -> Result<Folder, SourceError> {
        let shown = || path.to_string_lossy().into_owned();
        let failed = |e: io::Error| match e.kind() {
            io::ErrorKind::NotFound => SourceError::NotFound(shown()),
            _ => SourceError::Unreadable(shown(), e.to_string()),
        };
        let is_file = !fs::metadata(path).map_err(failed)?.is_dir();
        let root = match (is_file, path.parent(), path.file_name()) {
            // A link to a file is listed by its own name.
            (true, Some(parent), Some(name)) => {
                let parent = if parent.as_os_str().is_empty() { Path::new(".") } else { parent };
                fs::canonicalize(parent).map_err(failed)?.join(name)
            }
            _ => fs::canonicalize(path).map_err(failed)?,
        };
        Ok(Folder { uri: uri_of(&root), root, is_file })
    }

    pub(super) fn uri(&self) -> &str {
        &self.uri
    }

    /// What a name stands for, if it is of this place: its URI, and what is there.
    pub(super) fn find(&self, name: &str) -> Option<(String, Listing)> {
        let path = match name.split_once("://") {
            Some(("file", rest)) => path_of_encoded(rest.strip_prefix("localhost").unwrap_or(rest)),
            Some(_) => return None,
            None => std::path::absolute(name).ok()?,
        };
        // Its folder may be reached by links; the file itself may be one, or be gone.
        let full = match (path.parent().map(fs::canonicalize), path.file_name()) {
            (Some(Ok(parent)), Some(name)) => parent.join(name),
            _ => path,
        };
        if full == self.root && self.is_file {
            let name = full.file_name().unwrap_or_default().to_string_lossy().into_owned();
            return Some((uri_of(&full), look(&full, name)));
        }
        let below =
            full.strip_prefix(&self.root).ok().filter(|below| !below.as_os_str().is_empty() && !self.is_file)?;
        Some((uri_of(&full), look(&full, below.to_string_lossy().into_owned())))
    }

    pub(super) fn list(&self, exclude: &[PathBuf]) -> Walk {
        let exclude = exclude.iter().filter_map(|path| fs::canonicalize(path).ok()).collect();
        let mut walk = Walk { exclude, open: Vec::new(), first: None };
        if self.is_file {
            let name = self.root.file_name().unwrap_or_default().to_string_lossy().into_owned();
            walk.first = Some(look(&self.root, name));
        } else {
            walk.first = walk.enter(&self.root, "");
        }
        walk
    }
}

/// A walk through a folder. It holds the names of the folders on the way down only.
pub(super) struct Walk {
    exclude: Vec<PathBuf>,
    /// Folders on the way down: their path, the path below the source with a slash at its end, and the names to come.
    open: Vec<(PathBuf, String, std::vec::IntoIter<OsString>)>,
    first: Option<Listing>,
}

impl Walk {
    /// Enters a folder unless it is excluded; a problem where it cannot be listed.
    fn enter(&mut self, folder: &Path, path: &str) -> Option<Listing> {
        if self.exclude.iter().any(|e| e == folder) || folder.join(INVENTORY_MARKER).exists() {
            return Some(Listing::Problem {
                path: path.to_string(),
                uri: uri_of(folder),
                gap: inventory_gap(),
                is_place: false,
            });
        }
        let names = fs::read_dir(folder).and_then(|entries| {
            let mut names = entries.map(|entry| entry.map(|e| e.file_name())).collect::<io::Result<Vec<_>>>()?;
            names.sort_unstable();
            Ok(names)
        });
        match names {
            Ok(names) => {
                let prefix = if path.is_empty() { String::new() } else { format!("{path}/") };
                self.open.push((folder.to_path_buf(), prefix, names.into_iter()));
                None
            }
            Err(e) => {
                let detail = format!("the folder cannot be listed: {e}");
                Some(problem(folder, path.to_string(), GapKind::of(&e), detail, true))
            }
        }
    }
}

impl Iterator for Walk {
    type Item = Listing;

    fn next(&mut self) -> Option<Listing> {
        if let Some(first) = self.first.take() {
            return Some(first);
        }
        loop {
            let (folder, prefix, names) = self.open.last_mut()?;
            let Some(name) = names.next() else {
                self.open.pop();
                continue;
            };
            let full = folder.join(&name);
            let path = format!("{prefix}{}", name.to_string_lossy());
            if fs::symlink_metadata(&full).is_ok_and(|m| m.is_dir()) {
                if let Some(problem) = self.enter(&full, &path) {
                    return Some(problem);
                }
                continue;
            }
            return Some(look(&full, path));
        }
    }
}

/// What a path that is no folder is.
fn look(full: &Path, path: String) -> Listing {
    let metadata = match fs::metadata(full) {
        Ok(metadata) => metadata,
        // What cannot be looked at may be a folder, unless it is a link to nowhere.
        Err(e) => {
            let is_place = e.kind() != io::ErrorKind::NotFound;
            return problem(full, path, GapKind::of(&e), format!("the file cannot be looked at: {e}"), is_place);
        }
    };
    if metadata.is_dir() {
        let detail = "a link to a folder, which is not followed; name its target as a source of its own";
        return problem(full, path, GapKind::Unsupported, detail.to_string(), false);
    }
    if !metadata.is_file() {
        let detail = "a socket, pipe or device, which is not read";
        return problem(full, path, GapKind::Unsupported, detail.to_string(), false);
    }
    Listing::Object(Object {
        uri: uri_of(full),
        path,
        version: version_of(&metadata),
        size: metadata.len(),
        modified: modified_nanos(&metadata).and_then(|n| i64::try_from(n.div_euclid(1000)).ok()),
    })
}

fn problem(full: &Path, path: String, kind: GapKind, detail: String, is_place: bool) -> Listing {
    Listing::Problem { path, uri: uri_of(full), gap: Gap { kind, offset: None, bytes: None, detail }, is_place }
}

fn modified_nanos(metadata: &Metadata) -> Option<i128> {
    let time = metadata.modified().ok()?;
    Some(match time.duration_since(UNIX_EPOCH) {
        Ok(after) => after.as_nanos() as i128,
        Err(before) => -(before.duration().as_nanos() as i128),
    })
}

fn version_of(metadata: &Metadata) -> String {
    format!("{}-{}", modified_nanos(metadata).unwrap_or(0), metadata.len())
}

/// The `file:` URI of an absolute path, byte for byte.
fn uri_of(path: &Path) -> String {
    let mut uri = String::from("file://");
    for &byte in path.as_os_str().as_bytes() {
        // RFC 3986: unreserved, and what a path segment may hold besides.
        if byte.is_ascii_alphanumeric() || b"-._~/!$&'()*+,;=:@".contains(&byte) {
            uri.push(char::from(byte));
        } else {
            uri.push_str(&format!("%{byte:02X}"));
        }
    }
    uri
}

/// The path that a percent-encoded one stands for.
pub(super) fn path_of_encoded(encoded: &str) -> PathBuf {
    let bytes = encoded.as_bytes();
    let mut path = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let digit = |i: usize| bytes.get(i).and_then(|b| char::from(*b).to_digit(16));
        match (bytes[at], digit(at + 1), digit(at + 2)) {
            (b'%', Some(high), Some(low)) => {
                path.push((high * 16 + low) as u8);
                at += 3;
            }
            (byte, ..) => {
                path.push(byte);
                at += 1;
            }
        }
    }
    PathBuf::from(OsString::from_vec(path))
}

pub(super) fn open_object(object: &Object) -> io::Result<Box<dyn ObjectStream>> {
    let encoded = object.uri.strip_prefix("file://").ok_or_else(|| {
        io::Error::new(io::ErrorKind::InvalidInput, format!("{}: not an object of a folder", object.uri))
    })?;
    let path = path_of_encoded(encoded);
    let file = File::open::<&OsStr>(path.as_ref())?;
    let counted = Counted { file, bytes: 0 };
    Ok(Box::new(FileStream {
        reader: BufReader::with_capacity(READ_BYTES, counted),
        version: object.version.clone(),
        size: object.size,
        by_place: Arc::new(AtomicBool::new(false)),
    }))
}

struct Counted {
    file: File,
    bytes: u64,
}

impl Read for Counted {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let n = self.file.read(buffer)?;
        self.bytes += n as u64;
        Ok(n)
    }
}

struct FileStream {
    reader: BufReader<Counted>,
    version: String,
    size: u64,
    /// Pieces were read by their place, so not all bytes need have been.
    by_place: Arc<AtomicBool>,
}

impl Read for FileStream {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.reader.read(buffer)
    }
}

impl ObjectStream for FileStream {
    fn verify(&mut self) -> io::Result<()> {
        let inner = self.reader.get_ref();
        let now = version_of(&inner.file.metadata()?);
        if now == self.version && (inner.bytes == self.size || self.by_place.load(Relaxed)) {
            return Ok(());
        }
        let detail = format!(
            "the file changed while it was read: {} bytes were listed, {} were read; scan it again",
            self.size, inner.bytes
        );
        Err(GapError { kind: GapKind::Changed, detail }.into())
    }

    fn ranges(&mut self) -> Option<Arc<dyn ObjectRanges>> {
        let file = self.reader.get_ref().file.try_clone().ok()?;
        let (version, size, used) = (self.version.clone(), self.size, Arc::clone(&self.by_place));
        Some(Arc::new(FileRanges { file, version, size, used }))
    }
}

struct FileRanges {
    file: File,
    version: String,
    size: u64,
    used: Arc<AtomicBool>,
}

impl ObjectRanges for FileRanges {
    fn size(&self) -> u64 {
        self.size
    }

    fn read_at(&self, range: Range<u64>) -> io::Result<Vec<u8>> {
        self.used.store(true, Relaxed);
        let length = range.end.min(self.size).saturating_sub(range.start);
        let mut bytes = vec![0; usize::try_from(length).map_err(io::Error::other)?];
        self.file.read_exact_at(&mut bytes, range.start)?;
        if length != range.end.saturating_sub(range.start) || version_of(&self.file.metadata()?) != self.version {
            return Err(io::Error::other("the file changed while it was read"));
        }
        Ok(bytes)
    }
}
