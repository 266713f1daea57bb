//! Why a source could not be opened, each with its remedy.

use std::fmt;

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
    /// A URI of a store that names no bucket or container.
    NoBucket(String),
    /// A store that does not give what is asked; the second is a sentence with the remedy.
    Store(String, String),
    /// An option that only stores have was given with a folder.
    NotForFolders(&'static str),
}

impl fmt::Display for SourceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            SourceError::NotFound(path) if path.contains("://") => {
                write!(f, "{path}: there is no such object, and none below it; check the spelling of the key")
            }
            SourceError::NotFound(path) => {
                write!(f, "{path}: no such file or folder; check the spelling, or give the path from the root")
            }
            SourceError::Unreadable(path, why) => write!(f, "{path}: {why}; run as a user who may read it"),
            SourceError::Scheme(scheme) => write!(
                f,
                "{scheme}://: this version reads folders and files (a path, or file:///path), s3://, az:// and gs://; copy \
                 the objects to one of them first"
            ),
            SourceError::BadUri(uri) => write!(f, "{uri}: not a file URI; write file:///path, with three slashes"),
            SourceError::NoBucket(uri) => write!(
                f,
                "{uri}: names no bucket; write s3://BUCKET/PREFIX, az://CONTAINER/PREFIX or gs://BUCKET/PREFIX"
            ),
            SourceError::Store(uri, why) => write!(f, "{uri}: {why}"),
            SourceError::NotForFolders(flag) => write!(f, "{flag}: files of a folder have no such thing; leave it out"),
        }
    }
}

impl std::error::Error for SourceError {}
