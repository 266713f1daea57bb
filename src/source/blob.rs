//! Azure Blob Storage and Google Cloud Storage, on object_store.

use super::{Listing, SourceError, SourceOptions};
use crate::model::object::{Object, ObjectStream};
use std::io;

/// A container.
#[derive(Clone, Debug)]
pub(super) struct Blob {
    uri: String,
}

impl Blob {
    pub(super) fn open(spec: &str, _options: &SourceOptions) -> Result<Blob, SourceError> {
        let scheme = spec.split_once("://").map_or(spec, |(scheme, _)| scheme);
        Err(SourceError::Scheme(scheme.to_string()))
    }

    pub(super) fn uri(&self) -> &str {
        &self.uri
    }

    pub(super) fn list(&self) -> impl Iterator<Item = Listing> + Send + use<> {
        std::iter::empty()
    }

    pub(super) fn open_object(&self, object: &Object) -> io::Result<Box<dyn ObjectStream>> {
        Err(io::Error::new(io::ErrorKind::Unsupported, format!("{}: not read yet", object.uri)))
    }
}
