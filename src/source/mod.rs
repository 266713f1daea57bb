//! Places that hold objects: what is there, and its bytes.
//!
//! One file or folder per kind of place; what all stores on a network share is in `wire`. A source knows nothing of what
//! the bytes mean. Whatever it cannot list or open is told as a problem with its path, so that the objects of a scan
//! always add up to what is there.

mod address;
mod blob;
mod error;
mod filter;
mod folder;
mod keep;
mod name;
mod options;
mod own;
mod s3;
mod wire;

pub use address::{holds_secret, without_secrets};
pub use error::SourceError;
pub use filter::{Filter, FilterRules};
pub use keep::StoreFiles;
pub use options::{SourceOptions, StoreOptions, Versions};
pub use wire::{Wire, WireCounts, WireLimits};

use crate::model::gap::{Gap, GapKind};
use crate::model::object::{Object, ObjectStream};
use std::io;
use std::path::PathBuf;

/// The file that marks a folder as one of Rollcall's own inventories, which is never read as a source.
pub const INVENTORY_MARKER: &str = "_rollcall_inventory";

/// A place that holds objects.
#[derive(Clone, Debug)]
pub struct Source {
    place: Place,
    filter: Filter,
}

#[derive(Clone, Debug)]
enum Place {
    Folder(folder::Folder),
    S3(s3::S3),
    Blob(blob::Blob),
}

/// One step of a listing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Listing {
    /// An object to read.
    Object(Object),
    /// Something that is there and cannot be read, or a place that could not be listed to its end.
    Problem {
        /// Its path below the source.
        path: String,
        /// Its URI.
        uri: String,
        /// What is wrong with it.
        gap: Gap,
        /// What lies at its URI or below, as far as it was not listed, is unknown.
        is_place: bool,
    },
}

impl Source {
    /// Opens a folder or one file, given as a path or as `file:///...`; a bucket or a prefix of it, as
    /// `s3://bucket/prefix`; a container, as `az://container/prefix` or `gs://bucket/prefix`. A prefix is a key or a folder
    /// of keys: `s3://b/in` is the object `in` and all below `in/`, not `in-old/x`. URIs are percent-encoded.
    pub fn open(spec: &str, options: &SourceOptions) -> Result<Source, SourceError> {
        if let Some(endpoint) = &options.store.endpoint {
            // It is remembered with every source, whatever that is.
            let refused = |why| SourceError::Store(without_secrets(spec), why);
            address::check_endpoint("--endpoint", endpoint).map_err(refused)?;
        }
        let place = match spec.split_once("://") {
            Some(("file", rest)) => {
                let path = rest.strip_prefix("localhost").unwrap_or(rest);
                if !path.starts_with('/') {
                    return Err(SourceError::BadUri(spec.to_string()));
                }
                Place::Folder(folder::Folder::open(&folder::path_of_encoded(path))?)
            }
            Some(("s3", _)) => Place::S3(s3::S3::open(spec, options)?),
            Some(("az" | "gs", _)) => Place::Blob(blob::Blob::open(spec, options)?),
            Some((scheme, _)) if is_scheme(scheme) => return Err(SourceError::Scheme(scheme.to_string())),
            _ => Place::Folder(folder::Folder::open(&PathBuf::from(spec))?),
        };
        if matches!(place, Place::Folder(_))
            && let Some(flag) = options.only_for_stores()
        {
            return Err(SourceError::NotForFolders(flag));
        }
        Ok(Source { place, filter: options.filter.clone() })
    }

    /// The source's URI: the absolute path of its folder or file, or the store's own.
    pub fn uri(&self) -> &str {
        match &self.place {
            Place::Folder(folder) => folder.uri(),
            Place::S3(s3) => s3.uri(),
            Place::Blob(blob) => blob.uri(),
        }
    }

    /// What is there and passes the filters, as it is found; in the order of names where it is a folder. Folders in
    /// `exclude`, and folders and prefixes that hold an inventory, are told as problems and not entered; so are links to
    /// folders.
    pub fn list(&self, exclude: &[PathBuf]) -> Box<dyn Iterator<Item = Listing> + Send> {
        match &self.place {
            Place::Folder(folder) => {
                let filter = self.filter.clone();
                let listed = folder.list(exclude);
                Box::new(listed.filter(move |l| !matches!(l, Listing::Object(object) if !filter.takes(object))))
            }
            Place::S3(s3) => Box::new(own::without(s3.list(), self.own())),
            Place::Blob(blob) => Box::new(own::without(blob.list(), self.own())),
        }
    }

    /// What a URI or a path stands for, if it lies in this source: its URI, and what is there; a problem where there is
    /// nothing.
    pub fn find(&self, name: &str) -> Option<(String, Listing)> {
        match &self.place {
            Place::Folder(folder) => folder.find(name),
            Place::S3(s3) => s3.find(name),
            Place::Blob(blob) => blob.find(name),
        }
        .map(|(uri, listing)| match own::root_in(&listing).filter(|_| self.is_remote()) {
            Some(root) if self.own().is_inventory(&root) => (uri, own::inventory(&listing, &root)),
            _ => (uri, listing),
        })
    }

    /// Which prefixes of its store are inventories.
    fn own(&self) -> own::Own {
        let place = self.place.clone();
        own::Own::new(Box::new(move |key| match &place {
            Place::Folder(_) => false,
            Place::S3(s3) => s3.has(key),
            Place::Blob(blob) => blob.has(key),
        }))
    }

    /// Opens an object of this source.
    pub fn open_object(&self, object: &Object) -> io::Result<Box<dyn ObjectStream>> {
        match &self.place {
            Place::Folder(_) => folder::open_object(object),
            Place::S3(s3) => s3.open_object(object),
            Place::Blob(blob) => blob.open_object(object),
        }
    }

    /// Begins to fetch an object that a worker will open soon; nothing where that would gain nothing. What is fetched
    /// ahead is bounded by [`WireLimits::memory_bytes`], and dropping the stream ends it.
    pub fn ahead(&self, object: &Object) -> Option<Box<dyn ObjectStream>> {
        // An error comes again when the worker opens the object.
        self.is_remote().then(|| self.open_object(object).ok()).flatten()
    }

    /// Whether its objects come over a network, so that many should be in flight.
    pub fn is_remote(&self) -> bool {
        !matches!(self.place, Place::Folder(_))
    }
}

/// The URI of the source that a spec of a store names, as [`Source::uri`] gives it: `s3://b` is `s3://b/`. None where it names
/// no bucket, and for paths and files.
pub fn uri_of_spec(spec: &str) -> Option<String> {
    let scheme = spec.split_once("://").map(|(scheme, _)| scheme).filter(|s| ["s3", "az", "gs"].contains(s))?;
    let (bucket, key, version_id) = name::parts_of(spec)?;
    Some(name::uri_of_version(scheme, &bucket, &key, version_id.as_deref()))
}

/// The URI of a key as it is, not encoded.
pub fn uri_of_key(scheme: &str, bucket: &str, key: &str) -> String {
    name::uri_of(scheme, bucket, key)
}

/// The path in an object's URI as people write it: what follows the scheme, percent-decoded.
pub fn path_of(uri: &str) -> PathBuf {
    let rest = uri.split_once("://").map_or(uri, |(_, rest)| rest);
    // A version id is no part of a path. A question mark of a name is encoded.
    folder::path_of_encoded(rest.split_once('?').map_or(rest, |(path, _)| path))
}

/// Why an inventory is not read.
fn inventory_gap() -> Gap {
    let detail = "an inventory of Rollcall, which is not data and is not read".to_string();
    Gap { kind: GapKind::Unsupported, offset: None, bytes: None, detail }
}

fn is_scheme(scheme: &str) -> bool {
    scheme.starts_with(|c: char| c.is_ascii_alphabetic())
        && scheme.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.'))
}
