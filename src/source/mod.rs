//! Places that hold objects: what is there, and its bytes.
//!
//! One file per kind of place. A source knows nothing of what the bytes mean. Whatever it cannot list or open is told as
//! a problem with its path, so that the objects of a scan always add up to what is there.

mod folder;

use crate::model::gap::Gap;
use crate::model::object::{Object, ObjectStream};
use std::fmt;
use std::io;
use std::path::PathBuf;

/// The file that marks a folder as one of Rollcall's own inventories, which is never read as a source.
pub const INVENTORY_MARKER: &str = "_rollcall_inventory";

/// A place that holds objects.
#[derive(Clone, Debug)]
pub struct Source {
    folder: folder::Folder,
}

/// One step of a listing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Listing {
    /// An object to read.
    Object(Object),
    /// Something that is there and cannot be read.
    Problem {
        /// Its path below the source.
        path: String,
        /// Its URI.
        uri: String,
        /// What is wrong with it.
        gap: Gap,
    },
}

/// Why a source could not be opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SourceError {
    /// There is nothing at this path.
    NotFound(String),
    /// The path is there, but cannot be looked at; the second says why.
    Unreadable(String, String),
    /// A scheme that this version does not read.
    Scheme(String),
    /// A `file:` URI that is none.
    BadUri(String),
}

impl fmt::Display for SourceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            SourceError::NotFound(path) => {
                write!(f, "{path}: no such file or folder; check the spelling, or give the path from the root")
            }
            SourceError::Unreadable(path, why) => write!(f, "{path}: {why}; run as a user who may read it"),
            SourceError::Scheme(scheme) => write!(
                f,
                "{scheme}://: this version reads folders and files only (a path, or file:///path); copy the objects to a \
                 folder first"
            ),
            SourceError::BadUri(uri) => write!(f, "{uri}: not a file URI; write file:///path, with three slashes"),
        }
    }
}

impl std::error::Error for SourceError {}

impl Source {
    /// Opens a folder or one file, given as a path or as `file:///...`.
    pub fn open(spec: &str) -> Result<Source, SourceError> {
        let path = match spec.split_once("://") {
            Some(("file", rest)) => {
                let path = rest.strip_prefix("localhost").unwrap_or(rest);
                if !path.starts_with('/') {
                    return Err(SourceError::BadUri(spec.to_string()));
                }
                folder::path_of_encoded(path)
            }
            Some((scheme, _)) if is_scheme(scheme) => return Err(SourceError::Scheme(scheme.to_string())),
            _ => PathBuf::from(spec),
        };
        Ok(Source { folder: folder::Folder::open(&path)? })
    }

    /// The source's URI: the absolute path of its folder or file.
    pub fn uri(&self) -> &str {
        self.folder.uri()
    }

    /// What is there, in the order of names within each folder, as it is found. Folders in `exclude`, and those that
    /// hold an inventory, are not entered; links to folders are told as problems and not followed.
    pub fn list(&self, exclude: &[PathBuf]) -> impl Iterator<Item = Listing> + use<> {
        self.folder.list(exclude)
    }

    /// What a URI or a path stands for, if it lies in this source: its URI, and what is there; a problem where there is
    /// nothing.
    pub fn find(&self, name: &str) -> Option<(String, Listing)> {
        self.folder.find(name)
    }

    /// Opens an object of this source.
    pub fn open_object(&self, object: &Object) -> io::Result<Box<dyn ObjectStream>> {
        folder::open_object(object)
    }
}

/// The path in an object's URI as people write it: what follows the scheme, percent-decoded.
pub fn path_of(uri: &str) -> PathBuf {
    folder::path_of_encoded(uri.split_once("://").map_or(uri, |(_, rest)| rest))
}

fn is_scheme(scheme: &str) -> bool {
    scheme.starts_with(|c: char| c.is_ascii_alphabetic())
        && scheme.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.'))
}
