//! Containers of Azure Blob Storage and buckets of Google Cloud Storage.
//!
//! object_store gives credentials, signatures and connections. Requests are made here, because its own listing drops or
//! renames what is not a tidy path (`a//b`, `/a`, `a/`, `..`), tells no storage class, and asks for no checksum.

mod answer;
mod keep;
mod page;
mod place;
mod request;

use super::address::check_uri;
use super::name::{is_below, parts_of, path_below, uri_of};
use super::wire::fault::{Fault, FaultKind};
use super::wire::listing::{Circle, Left, Pages, listing};
use super::wire::runtime;
use super::wire::store::{RequestKind, Target};
use super::wire::stream::WireStream;
use super::{Filter, Listing, SourceError, SourceOptions, Versions, Wire};
use crate::model::object::{Object, ObjectStream};
pub(super) use keep::Shelf;
use page::Entry;
use place::{Kind, Place};
use request::BlobStore;
use std::io;
use std::sync::Arc;

/// A container or a prefix of it.
#[derive(Clone)]
pub(super) struct Blob {
    uri: String,
    /// What stands before the first slash in URIs: the bucket, or the container with its account where the URI names it.
    bucket: String,
    prefix: String,
    scheme: &'static str,
    store: Arc<BlobStore>,
    filter: Filter,
    wire: Wire,
    /// The container may not be listed, and the prefix is an object that may be read.
    only: Option<Entry>,
}

impl std::fmt::Debug for Blob {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Blob").field("uri", &self.uri).finish_non_exhaustive()
    }
}

impl Blob {
    /// Opens `gs://bucket/prefix`, `az://container/prefix` or `az://container@account/prefix`. Asks the store whether there
    /// is something, so that a wrong name or a missing permission is told at once.
    pub(super) fn open(spec: &str, options: &SourceOptions) -> Result<Blob, SourceError> {
        check_uri(spec)?;
        let refused = |why: &str| SourceError::Store(spec.to_string(), why.to_string());
        if options.versions == Versions::All {
            return Err(refused("--versions all is for s3:// only; leave it out"));
        }
        if options.listing_from.is_some() {
            return Err(refused("--listing-from is for s3:// only; leave it out"));
        }
        if !options.filter.tags().is_empty() {
            return Err(refused("--tag is for s3:// only; leave it out"));
        }
        let kind = if spec.starts_with("gs:") { Kind::Gcs } else { Kind::Azure };
        let (bucket, prefix, _) = parts_of(spec).ok_or_else(|| SourceError::NoBucket(spec.to_string()))?;
        // The client takes its TLS from what the runtime sets up.
        let runtime = runtime().map_err(|e| refused(&e.to_string()))?;
        let place = Place::new(kind, &bucket, &options.store).map_err(|why| refused(&why))?;
        let scheme = kind.scheme();
        let mut blob = Blob {
            uri: uri_of(scheme, &bucket, &prefix),
            bucket,
            prefix,
            scheme,
            store: Arc::new(BlobStore { place }),
            filter: options.filter.clone(),
            wire: options.wire.clone(),
            only: None,
        };
        let is_there = runtime.block_on(blob.is_there()).map_err(|fault| refused(&fault.detail))?;
        if is_there { Ok(blob) } else { Err(SourceError::NotFound(blob.uri)) }
    }

    pub(super) fn uri(&self) -> &str {
        &self.uri
    }

    /// Whether there is anything to list. An empty container is there.
    async fn is_there(&mut self) -> Result<bool, Fault> {
        let below = self.below();
        let page = match self.wire.ask(RequestKind::List, &*self.store, || self.store.page(&below, None, Some(1))).await
        {
            Ok(page) => page,
            // Whoever may not list may still read the one object that is named.
            Err(fault) if fault.kind == FaultKind::Denied => match self.itself().await {
                Ok(Some(entry)) => {
                    self.only = Some(entry);
                    return Ok(true);
                }
                _ => return Err(fault),
            },
            Err(fault) => return Err(fault),
        };
        // A page may hold nothing and another follow it.
        Ok(self.prefix.is_empty() || !page.entries.is_empty() || page.next.is_some() || self.itself().await?.is_some())
    }

    /// The prefix of what lies below the source.
    fn below(&self) -> String {
        match self.prefix.trim_end_matches('/') {
            "" if !self.prefix.contains('/') => String::new(),
            _ if self.prefix.ends_with('/') => self.prefix.clone(),
            folder => format!("{folder}/"),
        }
    }

    /// The object whose key the source is, if there is one.
    async fn itself(&self) -> Result<Option<Entry>, Fault> {
        if self.prefix.is_empty() || self.prefix.ends_with('/') {
            return Ok(None);
        }
        self.wire.ask(RequestKind::Head, &*self.store, || self.store.find(&self.prefix)).await
    }

    pub(super) fn list(&self) -> impl Iterator<Item = Listing> + Send + use<> {
        let blob = self.clone();
        listing(&self.uri, |pages| async move { blob.pages(&pages).await })
    }

    async fn pages(&self, pages: &Pages) -> Result<(), Left> {
        if let Some(entry) = &self.only {
            return pages.send(self.listed(entry.clone()).into_iter().collect()).await;
        }
        match self.itself().await {
            Ok(Some(entry)) => pages.send(self.listed(entry).into_iter().collect()).await?,
            Ok(None) => {}
            Err(fault) => pages.broken("", &self.uri, &fault).await?,
        }
        let below = self.below();
        // Not the URI of an object beside it, which is listed by itself.
        let place = uri_of(self.scheme, &self.bucket, &below);
        let (mut next, mut circle) = (None::<String>, Circle::default());
        loop {
            let page =
                self.wire.ask(RequestKind::List, &*self.store, || self.store.page(&below, next.as_deref(), None)).await;
            let page = match page {
                Ok(page) if page.next.as_ref().is_some_and(|next| circle.closes(next)) => {
                    let why = "the store gives the same page again and again; is the endpoint right?";
                    return pages.broken("", &place, &Fault::new(FaultKind::Other, why)).await;
                }
                Ok(page) => page,
                Err(fault) => return pages.broken("", &place, &fault).await,
            };
            pages.send(page.entries.into_iter().filter_map(|entry| self.listed(entry)).collect()).await?;
            next = page.next;
            if next.is_none() {
                return Ok(());
            }
        }
    }

    /// What a listing tells of an object; nothing where the filters leave it out.
    fn listed(&self, entry: Entry) -> Option<Listing> {
        let uri = uri_of(self.scheme, &self.bucket, &entry.key);
        let path = match path_below(&self.prefix, &entry.key) {
            // The marker that some programs put for the folder itself.
            "" => entry.key.trim_end_matches('/').rsplit('/').next().unwrap_or_default().to_string(),
            path => path.to_string(),
        };
        let version = match &entry.etag {
            Some(etag) => etag.clone(),
            None => format!("@{}-{}", entry.modified.unwrap_or_default(), entry.size),
        };
        let object = Object { uri, path, version, size: entry.size, modified: entry.modified };
        if !self.filter.takes(&object) || !self.filter.takes_class(&entry.class) {
            return None;
        }
        if let Some(fault) = request::unaskable(&entry.key) {
            return Some(Listing::Problem { path: object.path, uri: object.uri, gap: fault.gap(), is_place: false });
        }
        Some(Listing::Object(object))
    }

    /// What a URI stands for, if it lies in this source: its URI, and what is there.
    pub(super) fn find(&self, name: &str) -> Option<(String, Listing)> {
        let (bucket, key, _) = parts_of(name).filter(|_| name.split_once("://").is_some_and(|n| n.0 == self.scheme))?;
        if bucket != self.bucket || !is_below(&self.prefix, &key) {
            return None;
        }
        let uri = uri_of(self.scheme, &self.bucket, &key);
        let path = path_below(&self.prefix, &key).to_string();
        let asked = async {
            match request::unaskable(&key) {
                Some(fault) => Err(fault),
                None => self.wire.ask(RequestKind::Head, &*self.store, || self.store.find(&key)).await,
            }
        };
        let fault = match runtime().ok()?.block_on(asked) {
            // Named objects pass no filter: who names them means them.
            Ok(Some(entry)) => {
                let listed = Blob { filter: Filter::default(), ..self.clone() }.listed(entry)?;
                return Some((uri, listed));
            }
            Ok(None) => Fault::new(FaultKind::NotFound, "there is no such object"),
            Err(fault) => fault,
        };
        Some((uri.clone(), Listing::Problem { path, uri, gap: fault.gap(), is_place: false }))
    }

    /// Whether there is an object with this key, as far as may be asked.
    pub(super) fn has(&self, key: &str) -> bool {
        let one = Blob { prefix: key.to_string(), ..self.clone() };
        runtime().is_ok_and(|runtime| matches!(runtime.block_on(one.itself()), Ok(Some(_))))
    }

    pub(super) fn open_object(&self, object: &Object) -> io::Result<Box<dyn ObjectStream>> {
        let (_, key, _) = parts_of(&object.uri).ok_or_else(|| {
            io::Error::new(io::ErrorKind::InvalidInput, format!("{}: not an object of a container", object.uri))
        })?;
        let etag = (!object.version.starts_with('@')).then(|| object.version.clone());
        let target = Target { key, version_id: None, etag, size: object.size, modified: object.modified };
        Ok(Box::new(WireStream::start(&self.wire, Arc::clone(&self.store) as _, target)?))
    }
}
