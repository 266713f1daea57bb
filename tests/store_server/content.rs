//! What a bucket of the test server holds: objects in memory, the files of a folder, or what is made up on the fly.

use md5::{Digest, Md5};
use std::collections::BTreeMap;
use std::fs::File;
use std::os::unix::fs::{FileExt, MetadataExt};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Arc, Mutex};

/// One version of an object as a listing tells of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    pub key: String,
    pub size: u64,
    /// Without its quotes.
    pub etag: String,
    /// Seconds since 1970-01-01T00:00:00Z.
    pub modified: i64,
    /// The version id, and GCS's generation.
    pub version: u64,
    /// `STANDARD`, `GLACIER` and so on.
    pub class: String,
    /// This version says that the object was deleted.
    pub deleted: bool,
    pub latest: bool,
}

impl Entry {
    pub fn new(key: &str, size: u64, etag: String) -> Entry {
        let (key, class) = (key.to_string(), "STANDARD".to_string());
        Entry { key, size, etag, modified: EPOCH, version: 1, class, deleted: false, latest: true }
    }
}

/// When everything that has no time of its own was written: 2026-01-01T00:00:00Z.
pub const EPOCH: i64 = 1_767_225_600;

/// Random access to an object's bytes.
pub trait Bytes: Send + Sync {
    /// Fills the buffer with the bytes from `at`, all of which are there.
    fn fill(&self, at: u64, buffer: &mut [u8]);
}

impl Bytes for Vec<u8> {
    fn fill(&self, at: u64, buffer: &mut [u8]) {
        let at = at as usize;
        buffer.copy_from_slice(&self[at..at + buffer.len()]);
    }
}

/// Why a put was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refused {
    /// The condition does not hold.
    Condition,
    /// This bucket is not written to.
    ReadOnly,
}

/// What must hold for a put.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Condition {
    Always,
    /// There is no such object.
    Absent,
    /// The object has this ETag or, for GCS, this generation.
    Is(String),
}

/// A bucket.
pub trait Content: Send + Sync {
    /// At most `max` latest versions whose keys begin with `prefix` and come after `after`, in the order of keys' bytes.
    fn page(&self, prefix: &str, after: &str, max: usize) -> Vec<Entry>;

    /// Every version with a key after `after`, the newest of each key first. Whole keys, at least `max` entries if there are.
    fn versions(&self, prefix: &str, after: &str, max: usize) -> Vec<Entry> {
        self.page(prefix, after, max)
    }

    /// An object, the latest or a named version. A deleted one is there, with `deleted` set.
    fn get(&self, key: &str, version: Option<&str>) -> Option<(Entry, Arc<dyn Bytes>)>;

    fn put(&self, _key: &str, _bytes: Vec<u8>, _condition: Condition) -> Result<Entry, Refused> {
        Err(Refused::ReadOnly)
    }

    fn delete(&self, _key: &str) -> Result<(), Refused> {
        Err(Refused::ReadOnly)
    }

    /// Replaces the object by a longer one of another version, as somebody who writes while it is read would.
    fn change(&self, _key: &str) {}

    /// The tags of an object.
    fn tags(&self, _key: &str) -> Vec<(String, String)> {
        Vec::new()
    }
}

#[derive(Default)]
struct Kept {
    /// Oldest first.
    versions: Vec<(Entry, Arc<Vec<u8>>)>,
    tags: Vec<(String, String)>,
}

/// Objects in memory. Every version is kept.
#[derive(Default)]
pub struct Memory {
    state: Mutex<(u64, BTreeMap<String, Kept>)>,
    /// Conditions of a PUT are ignored, as some stores do.
    is_careless: AtomicBool,
}

impl Memory {
    pub fn new() -> Arc<Memory> {
        Arc::new(Memory::default())
    }

    /// From now on conditions of a PUT are ignored.
    pub fn ignore_conditions(&self) {
        self.is_careless.store(true, Relaxed);
    }

    /// Memory with some objects.
    pub fn of<K: AsRef<str>, V: Into<Vec<u8>>>(objects: impl IntoIterator<Item = (K, V)>) -> Arc<Memory> {
        let memory = Memory::new();
        for (key, bytes) in objects {
            memory.set(key.as_ref(), bytes);
        }
        memory
    }

    /// Every file below a folder, under its path in it.
    pub fn of_folder(folder: &Path) -> Arc<Memory> {
        let folder = Folder::new(folder);
        Memory::of(folder.files.into_iter().map(|(key, path)| (key, std::fs::read(path).unwrap())))
    }

    pub fn set(&self, key: &str, bytes: impl Into<Vec<u8>>) -> Entry {
        self.put(key, bytes.into(), Condition::Always).unwrap()
    }

    /// Puts the latest version of an object in a storage class.
    pub fn class(&self, key: &str, class: &str) {
        let mut state = self.state.lock().unwrap();
        state.1.get_mut(key).unwrap().versions.last_mut().unwrap().0.class = class.to_string();
    }

    pub fn tag(&self, key: &str, name: &str, value: &str) {
        let mut state = self.state.lock().unwrap();
        state.1.get_mut(key).unwrap().tags.push((name.to_string(), value.to_string()));
    }

    fn add(state: &mut (u64, BTreeMap<String, Kept>), key: &str, bytes: Vec<u8>, deleted: bool) -> Entry {
        state.0 += 1;
        let number = state.0;
        // As S3 has it for an object that was put in one piece.
        let etag: String = Md5::digest(&bytes).iter().map(|byte| format!("{byte:02x}")).collect();
        let entry = Entry {
            modified: EPOCH + number as i64,
            version: number,
            deleted,
            ..Entry::new(key, bytes.len() as u64, etag)
        };
        let kept = state.1.entry(key.to_string()).or_default();
        kept.versions.iter_mut().for_each(|(entry, _)| entry.latest = false);
        kept.versions.push((entry.clone(), Arc::new(bytes)));
        entry
    }
}

impl Content for Memory {
    fn page(&self, prefix: &str, after: &str, max: usize) -> Vec<Entry> {
        let state = self.state.lock().unwrap();
        let latest = below(&state.1, prefix, after).filter_map(|kept| kept.versions.last());
        latest.map(|(entry, _)| entry.clone()).filter(|entry| !entry.deleted).take(max).collect()
    }

    fn versions(&self, prefix: &str, after: &str, max: usize) -> Vec<Entry> {
        let state = self.state.lock().unwrap();
        let mut found = Vec::new();
        for kept in below(&state.1, prefix, after) {
            if found.len() >= max {
                break;
            }
            found.extend(kept.versions.iter().rev().map(|(entry, _)| entry.clone()));
        }
        found
    }

    fn get(&self, key: &str, version: Option<&str>) -> Option<(Entry, Arc<dyn Bytes>)> {
        let state = self.state.lock().unwrap();
        let mut versions = state.1.get(key)?.versions.iter().rev();
        let (entry, bytes) = versions.find(|(entry, _)| version.is_none_or(|v| v == entry.version.to_string()))?;
        Some((entry.clone(), bytes.clone()))
    }

    fn put(&self, key: &str, bytes: Vec<u8>, condition: Condition) -> Result<Entry, Refused> {
        let mut state = self.state.lock().unwrap();
        let there =
            state.1.get(key).and_then(|kept| kept.versions.last()).map(|(entry, _)| entry).filter(|e| !e.deleted);
        let holds = match condition {
            Condition::Always => true,
            _ if self.is_careless.load(Relaxed) => true,
            Condition::Absent => there.is_none(),
            Condition::Is(tag) => there.is_some_and(|entry| entry.etag == tag || entry.version.to_string() == tag),
        };
        if !holds {
            return Err(Refused::Condition);
        }
        Ok(Memory::add(&mut state, key, bytes, false))
    }

    fn delete(&self, key: &str) -> Result<(), Refused> {
        let mut state = self.state.lock().unwrap();
        if state.1.contains_key(key) {
            Memory::add(&mut state, key, Vec::new(), true);
        }
        Ok(())
    }

    fn change(&self, key: &str) {
        let mut state = self.state.lock().unwrap();
        let Some((_, bytes)) = state.1.get(key).and_then(|kept| kept.versions.last()) else { return };
        let longer = [bytes.as_slice(), b"changed,while,read\n"].concat();
        Memory::add(&mut state, key, longer, false);
    }

    fn tags(&self, key: &str) -> Vec<(String, String)> {
        self.state.lock().unwrap().1.get(key).map(|kept| kept.tags.clone()).unwrap_or_default()
    }
}

/// What of a map lies below a prefix and after a key.
fn below<'a, T>(map: &'a BTreeMap<String, T>, prefix: &'a str, after: &str) -> impl Iterator<Item = &'a T> {
    use std::ops::Bound::{Excluded, Included, Unbounded};
    let from = if after < prefix { Included(prefix) } else { Excluded(after) };
    map.range::<str, _>((from, Unbounded)).take_while(move |(key, _)| key.starts_with(prefix)).map(|(_, item)| item)
}

/// The files below a folder, as they are when asked for; which there are is looked up once.
pub struct Folder {
    files: BTreeMap<String, PathBuf>,
}

impl Folder {
    pub fn new(folder: &Path) -> Folder {
        let entries = walkdir::WalkDir::new(folder).into_iter().map(Result::unwrap).filter(|e| e.file_type().is_file());
        let key = |path: &Path| path.strip_prefix(folder).unwrap().to_str().unwrap().to_string();
        Folder { files: entries.map(|e| (key(e.path()), e.into_path())).collect() }
    }

    fn entry(key: &str, path: &Path) -> Entry {
        let metadata = path.metadata().unwrap();
        let etag = format!("{:x}-{:x}", metadata.mtime_nsec() as u64 ^ metadata.ino(), metadata.len());
        Entry { modified: metadata.mtime(), ..Entry::new(key, metadata.len(), etag) }
    }
}

impl Bytes for File {
    fn fill(&self, at: u64, buffer: &mut [u8]) {
        self.read_exact_at(buffer, at).unwrap();
    }
}

impl Content for Folder {
    fn page(&self, prefix: &str, after: &str, max: usize) -> Vec<Entry> {
        use std::ops::Bound::{Excluded, Included, Unbounded};
        let from = if after < prefix { Included(prefix) } else { Excluded(after) };
        let files = self.files.range::<str, _>((from, Unbounded)).take_while(|(key, _)| key.starts_with(prefix));
        files.take(max).map(|(key, path)| Folder::entry(key, path)).collect()
    }

    fn get(&self, key: &str, _version: Option<&str>) -> Option<(Entry, Arc<dyn Bytes>)> {
        let path = self.files.get(key)?;
        Some((Folder::entry(key, path), Arc::new(File::open(path).unwrap())))
    }
}

/// One object that is as large as one likes and takes no room: the same lines again and again, and known ones at its end.
pub struct Sparse {
    pub key: String,
    /// Whole lines of filler, a power of two bytes long together.
    block: Vec<u8>,
    blocks: u64,
    tail: Vec<u8>,
}

/// Bytes of a filler line, with its line feed.
pub const SPARSE_LINE: u64 = 128;
const SPARSE_BLOCK: u64 = 1 << 20;

impl Sparse {
    /// At least `size` bytes, then the tail.
    pub fn new(key: &str, size: u64, tail: &[u8]) -> Sparse {
        let line = format!("{:-<width$}\n", "2026-01-01T00:00:00Z INFO worker idle ", width = SPARSE_LINE as usize - 1);
        let block = line.into_bytes().repeat((SPARSE_BLOCK / SPARSE_LINE) as usize);
        Sparse { key: key.to_string(), block, blocks: size.div_ceil(SPARSE_BLOCK), tail: tail.to_vec() }
    }

    /// Bytes before the tail.
    pub fn filler(&self) -> u64 {
        self.blocks * SPARSE_BLOCK
    }

    fn entry(&self) -> Entry {
        Entry::new(&self.key, self.filler() + self.tail.len() as u64, format!("5-{}", self.blocks))
    }
}

struct SparseBytes {
    block: Vec<u8>,
    filler: u64,
    tail: Vec<u8>,
}

impl Bytes for SparseBytes {
    fn fill(&self, mut at: u64, mut buffer: &mut [u8]) {
        while !buffer.is_empty() {
            let from = match at.checked_sub(self.filler) {
                None => &self.block[(at % SPARSE_BLOCK) as usize..],
                Some(in_tail) => &self.tail[in_tail as usize..],
            };
            let take = buffer.len().min(from.len());
            let (now, rest) = buffer.split_at_mut(take);
            now.copy_from_slice(&from[..take]);
            at += take as u64;
            buffer = rest;
        }
    }
}

impl Content for Sparse {
    fn page(&self, prefix: &str, after: &str, max: usize) -> Vec<Entry> {
        let is_there = max > 0 && self.key.starts_with(prefix) && *self.key > *after;
        is_there.then(|| self.entry()).into_iter().collect()
    }

    fn get(&self, key: &str, _version: Option<&str>) -> Option<(Entry, Arc<dyn Bytes>)> {
        let bytes = SparseBytes { block: self.block.clone(), filler: self.filler(), tail: self.tail.clone() };
        (key == self.key).then(|| (self.entry(), Arc::new(bytes) as Arc<dyn Bytes>))
    }
}

/// As many objects as one likes, `events/0000000000.csv` and on, all alike. Their listing is computed.
pub struct Many {
    pub count: u64,
    pub bytes: Vec<u8>,
}

impl Many {
    fn key(number: u64) -> String {
        format!("events/{number:010}.csv")
    }

    fn entry(&self, number: u64) -> Entry {
        Entry::new(&Many::key(number), self.bytes.len() as u64, format!("{number:x}-1"))
    }

    /// How many keys come before this text, or are it.
    fn up_to(&self, text: &str) -> u64 {
        let (mut low, mut high) = (0, self.count);
        while low < high {
            let middle = low + (high - low) / 2;
            if *Many::key(middle) <= *text { low = middle + 1 } else { high = middle }
        }
        low
    }
}

impl Content for Many {
    fn page(&self, prefix: &str, after: &str, max: usize) -> Vec<Entry> {
        let mut first = self.up_to(after);
        if after < prefix {
            first = self.up_to(prefix);
            if first > 0 && Many::key(first - 1) == prefix {
                first -= 1;
            }
        }
        let entries = (first..self.count).take(max).map(|number| self.entry(number));
        entries.take_while(|entry| entry.key.starts_with(prefix)).collect()
    }

    fn get(&self, key: &str, _version: Option<&str>) -> Option<(Entry, Arc<dyn Bytes>)> {
        let number = key.strip_prefix("events/")?.strip_suffix(".csv")?.parse().ok().filter(|n| *n < self.count)?;
        let entry = Some(self.entry(number)).filter(|entry| entry.key == key)?;
        Some((entry, Arc::new(self.bytes.clone())))
    }
}
