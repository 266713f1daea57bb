//! An inventory's files in a bucket or container.
//!
//! The inventory asks for files by name ([`Files`]); here they are objects below a prefix, with the credentials, retries and
//! connections that sources have. Data files go through unnamed files of this machine: written there and sent whole when
//! they are closed, fetched whole before they are read, because a reader takes a column here and a page there, each of which
//! would be a request of its own. The last ones fetched or sent are kept, for what is read again.

use super::SourceError;
use super::blob::Shelf;
use super::name::{decoded, parts_of, uri_of};
use super::options::StoreOptions;
use super::s3::S3;
use super::wire::fault::{Fault, FaultKind};
use super::wire::store::{Keep, RequestKind, Target};
use super::wire::{PART_BYTES, Wire, runtime};
use crate::model::files::{DataFileOut, Files};
use crate::model::object::ObjectRanges;
use bytes::Bytes;
use futures_util::{StreamExt, TryStreamExt, stream};
use std::fs::File;
use std::future::Future;
use std::io::{self, Read, Seek, Write};
use std::ops::Range;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

/// Bytes of a data file, which is held in memory while it is sent.
const FILE_BYTES: usize = 32 << 20;
/// Bytes of copies of data files on this machine's disk that are kept for the next reading.
const COPIES_BYTES: u64 = 1 << 30;
/// Parts of a data file, and small files, that are fetched at once.
const AT_ONCE: usize = 4;
const SMALL_AT_ONCE: usize = 64;
/// How long a writer that is not heard of counts as alive.
const LEASE_MS: u64 = 30_000;

/// Where an inventory is, and how it is reached: `s3://BUCKET/PREFIX?endpoint=URL&region=R&profile=NAME`, `az://`, `gs://`.
#[derive(Clone)]
pub struct StoreFiles(Arc<Inner>);

struct Inner {
    uri: String,
    prefix: String,
    keep: Box<dyn Keep>,
    wire: Wire,
    lease_ms: u64,
    journal: Option<PathBuf>,
    copies: Mutex<Vec<(String, Arc<Copy>)>>,
}

impl StoreFiles {
    /// Whether a text names a place in a store.
    pub fn is_meant(spec: &str) -> bool {
        ["s3://", "az://", "gs://"].iter().any(|scheme| spec.starts_with(scheme))
    }

    /// Opens a place in a store, and asks whether it may be listed. What stands behind a `?` says how the store is reached;
    /// the rest comes from the environment. `state` is a folder of this machine for what its own runs have in hand.
    pub fn open(spec: &str, wire: &Wire, state: Option<&Path>) -> Result<StoreFiles, SourceError> {
        let (place, query) = spec.split_once('?').unwrap_or((spec, ""));
        let (scheme, rest) = place.split_once("://").unwrap_or(("", place));
        let host = rest.split('/').next().unwrap_or_default();
        // What may be a secret is never shown.
        if host.contains(':') || (scheme != "az" && host.contains('@')) {
            let why = "holds a user name or a password; leave it out, and give credentials as the store's own tools take them";
            return Err(SourceError::Store(format!("the {scheme}:// URI of the inventory"), why.to_string()));
        }
        let (bucket, prefix, _) = parts_of(place).ok_or_else(|| SourceError::NoBucket(place.to_string()))?;
        let prefix = prefix.trim_matches('/').to_string();
        let uri = uri_of(scheme, &bucket, &prefix).trim_end_matches('/').to_string();
        let failed = |fault: Fault| SourceError::Store(uri.clone(), fault.detail);
        let (options, lease_ms) = options(query).map_err(|why| SourceError::Store(uri.clone(), why))?;
        let keep: Box<dyn Keep> = match scheme {
            "s3" => Box::new(S3::keep(&bucket, &uri, &options, wire).map_err(failed)?),
            _ => Box::new(Shelf::new(scheme, &bucket, &options).map_err(failed)?),
        };
        let hash = blake3::hash(uri.as_bytes()).to_hex();
        let journal = state.map(|state| state.join(&hash[..16]).join("in_hand"));
        let copies = Mutex::default();
        let inner = Inner { uri: uri.clone(), prefix, keep, wire: wire.clone(), lease_ms, journal, copies };
        let files = StoreFiles(Arc::new(inner));
        // It finds the region, and says at once what is missing.
        let below = files.key("");
        files.wait(files.ask(RequestKind::List, || files.0.keep.keys(&below, None))).map_err(failed)?;
        Ok(files)
    }

    /// The key of a file; of a folder's name, what its files begin with.
    fn key(&self, name: &str) -> String {
        if self.0.prefix.is_empty() { name.to_string() } else { format!("{}/{name}", self.0.prefix) }
    }

    fn wait<T>(&self, work: impl Future<Output = Result<T, Fault>>) -> Result<T, Fault> {
        runtime().map_err(|e| Fault::new(FaultKind::Other, e.to_string()))?.block_on(work)
    }

    async fn ask<T, F>(&self, kind: RequestKind, attempt: impl FnMut() -> F) -> Result<T, Fault>
    where
        F: Future<Output = Result<T, Fault>>,
    {
        self.0.wire.ask(kind, &*self.0.keep.store(), attempt).await
    }

    fn failed(&self, name: &str, fault: Fault) -> io::Error {
        let kind = match fault.kind {
            FaultKind::NotFound => io::ErrorKind::NotFound,
            FaultKind::Denied | FaultKind::Expired => io::ErrorKind::PermissionDenied,
            _ => io::ErrorKind::Other,
        };
        io::Error::new(kind, format!("inventory file {}: {}", self.shown(name), fault.detail))
    }

    async fn read_one(&self, name: &str) -> io::Result<Option<Vec<u8>>> {
        let key = self.key(name);
        match self.ask(RequestKind::Get, || self.0.keep.read(&key)).await {
            Ok(bytes) => Ok(Some(bytes.into())),
            Err(fault) if fault.kind == FaultKind::NotFound => Ok(None),
            Err(fault) => Err(self.failed(name, fault)),
        }
    }

    fn put(&self, name: &str, bytes: &Bytes, absent: bool) -> Result<(), Fault> {
        let key = self.key(name);
        let store = self.0.keep.store();
        let put = || self.0.keep.put(&key, bytes.clone(), absent);
        self.wait(self.0.wire.ask_sending(RequestKind::Write, &*store, bytes.len(), put))
    }

    /// A copy of an object in an unnamed file.
    fn copy(&self, name: &str, bytes: u64) -> Result<File, Fault> {
        let local = |e: io::Error| no_room(&e);
        let mut file = tempfile::tempfile().map_err(local)?;
        let target = Target { key: self.key(name), version_id: None, etag: None, size: bytes, modified: None };
        let store = self.0.keep.store();
        self.wait(async {
            let ranges = (0..bytes.div_ceil(PART_BYTES)).map(|n| n * PART_BYTES..((n + 1) * PART_BYTES).min(bytes));
            let parts = ranges.map(|range| self.0.wire.fetch(&*store, &target, range));
            let mut parts = stream::iter(parts).buffered(AT_ONCE);
            while let Some(chunks) = parts.try_next().await? {
                chunks.iter().try_for_each(|chunk| file.write_all(chunk)).map_err(local)?;
            }
            Ok(())
        })?;
        Ok(file)
    }

    fn hold(&self, name: &str, file: File, size: u64) -> Arc<Copy> {
        let file = Arc::new(Copy { file, size });
        let mut copies = self.0.copies.lock().unwrap_or_else(|e| e.into_inner());
        copies.push((name.to_string(), Arc::clone(&file)));
        while copies.len() > 1 && copies.iter().map(|copy| copy.1.size).sum::<u64>() > COPIES_BYTES {
            copies.remove(0);
        }
        file
    }
}

fn no_room(error: &io::Error) -> Fault {
    Fault::new(FaultKind::Other, format!("its copy in the temporary folder: {error}; make room, or set TMPDIR"))
}

/// A copy of a data file in an unnamed file of this machine.
struct Copy {
    file: File,
    size: u64,
}

impl ObjectRanges for Copy {
    fn size(&self) -> u64 {
        self.size
    }

    fn read_at(&self, range: Range<u64>) -> io::Result<Vec<u8>> {
        let mut bytes = vec![0; usize::try_from(range.end - range.start).map_err(io::Error::other)?];
        self.file.read_exact_at(&mut bytes, range.start)?;
        Ok(bytes)
    }
}

/// A data file on its way.
struct Out {
    files: StoreFiles,
    name: String,
    file: File,
}

impl DataFileOut for Out {
    fn writer(&self) -> io::Result<Box<dyn Write + Send>> {
        Ok(Box::new(self.file.try_clone()?))
    }

    fn keep(self: Box<Self>) -> io::Result<u64> {
        let Out { files, name, mut file } = *self;
        let mut bytes = Vec::new();
        file.rewind().and_then(|()| file.read_to_end(&mut bytes)).map_err(|e| files.failed(&name, no_room(&e)))?;
        let bytes = Bytes::from(bytes);
        files.put(&name, &bytes, false).map_err(|fault| files.failed(&name, fault))?;
        // What was just written is often read next.
        files.hold(&name, file, bytes.len() as u64);
        Ok(bytes.len() as u64)
    }
}

/// What stands behind the `?`: how the store is reached. Values are not repeated in errors: they may be secrets.
fn options(query: &str) -> Result<(StoreOptions, u64), String> {
    let (mut options, mut lease_ms) = (StoreOptions::default(), LEASE_MS);
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        let value = decoded(value);
        match name {
            "endpoint" if value.contains(['@', '?']) => {
                return Err("its endpoint holds a user name or a signature; write https://HOST alone".to_string());
            }
            "endpoint" => options.endpoint = Some(value),
            "region" => options.region = Some(value),
            "profile" => options.profile = Some(value),
            "account" => options.account = Some(value),
            "anonymous" => options.anonymous = value != "false",
            "lease" => {
                let seconds = value.trim_end_matches('s').parse::<f64>().ok().filter(|s| (0.001..1e6).contains(s));
                lease_ms = (seconds.ok_or("its lease is no number of seconds; write lease=30")? * 1000.0) as u64;
            }
            _ => {
                return Err(
                    "what follows its ? is not known; there are endpoint, region, profile, account, anonymous and \
                            lease, and credentials are given as the store's own tools take them"
                        .to_string(),
                );
            }
        }
    }
    Ok((options, lease_ms))
}

impl Files for StoreFiles {
    fn place(&self) -> &str {
        &self.0.uri
    }

    fn names(&self, folder: &str) -> io::Result<Vec<String>> {
        let prefix = self.key(&format!("{folder}/"));
        let (mut names, mut next) = (Vec::new(), None);
        loop {
            let page = self.wait(self.ask(RequestKind::List, || self.0.keep.keys(&prefix, next.clone())));
            let page = page.map_err(|fault| self.failed(folder, fault))?;
            let below = page.keys.iter().filter_map(|key| key.strip_prefix(&prefix));
            names.extend(below.filter(|name| !name.is_empty() && !name.contains('/')).map(str::to_string));
            if page.next.is_none() || page.next == next {
                return Ok(names);
            }
            next = page.next;
        }
    }

    fn is_empty(&self) -> io::Result<bool> {
        let prefix = self.key("");
        let page = self
            .wait(self.ask(RequestKind::List, || self.0.keep.keys(&prefix, None)))
            .map_err(|fault| self.failed("", fault))?;
        Ok(page.keys.is_empty() && page.next.is_none())
    }

    fn read(&self, name: &str) -> io::Result<Option<Vec<u8>>> {
        runtime()?.block_on(self.read_one(name))
    }

    fn read_all(&self, names: &[String]) -> io::Result<Vec<Option<Vec<u8>>>> {
        let all = stream::iter(names.iter().map(|name| self.read_one(name))).buffered(SMALL_AT_ONCE);
        runtime()?.block_on(all.try_collect())
    }

    fn put_if_absent(&self, name: &str, bytes: &[u8]) -> io::Result<()> {
        match self.put(name, &Bytes::copy_from_slice(bytes), true) {
            // It may be this very request that put it, before its answer was lost.
            Err(fault) if fault.kind == FaultKind::Changed => match self.read(name)? {
                Some(there) if there == bytes => Ok(()),
                _ => {
                    let what = format!("inventory file {}: another run has written it", self.shown(name));
                    Err(io::Error::new(io::ErrorKind::AlreadyExists, what))
                }
            },
            put => put.map_err(|fault| self.failed(name, fault)),
        }
    }

    fn replace(&self, name: &str, bytes: &[u8]) -> io::Result<()> {
        self.put(name, &Bytes::copy_from_slice(bytes), false).map_err(|fault| self.failed(name, fault))
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        let key = self.key(name);
        match self.wait(self.ask(RequestKind::Write, || self.0.keep.delete(&key))) {
            Err(fault) if fault.kind != FaultKind::NotFound => Err(self.failed(name, fault)),
            _ => Ok(()),
        }
    }

    fn create(&self, name: &str) -> io::Result<Box<dyn DataFileOut>> {
        let file = tempfile::tempfile().map_err(|e| self.failed(name, no_room(&e)))?;
        Ok(Box::new(Out { files: self.clone(), name: name.to_string(), file }))
    }

    fn open(&self, name: &str, bytes: u64) -> io::Result<Arc<dyn ObjectRanges>> {
        let held = {
            let copies = self.0.copies.lock().unwrap_or_else(|e| e.into_inner());
            copies.iter().find(|copy| copy.0 == name).map(|copy| Arc::clone(&copy.1))
        };
        if let Some(file) = held {
            return Ok(file);
        }
        let file = self.copy(name, bytes).map_err(|fault| match fault.kind {
            FaultKind::Changed | FaultKind::Corrupt => io::Error::new(
                io::ErrorKind::InvalidData,
                format!("inventory file {}: it does not have the {bytes} bytes that its log says", self.shown(name)),
            ),
            _ => self.failed(name, fault),
        })?;
        Ok(self.hold(name, file, bytes))
    }

    fn file_bytes(&self) -> usize {
        FILE_BYTES
    }

    fn folder(&self) -> Option<&Path> {
        None
    }

    fn lease_ms(&self) -> u64 {
        self.0.lease_ms
    }

    fn journal(&self) -> Option<PathBuf> {
        self.0.journal.clone()
    }
}
