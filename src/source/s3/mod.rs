//! Buckets of Amazon S3, and of what speaks its protocol.

mod client;
mod fault;
mod get;
mod keep;
mod list;
mod page;
mod report;
mod whole;

use super::address::{check_endpoint, check_uri};
use super::filter::Filter;
use super::name::{is_below, parts_of, path_below, uri_of, uri_of_version};
use super::options::Versions;
use super::wire::fault::FaultKind;
use super::wire::listing::{Taken, listing};
use super::wire::store::Target;
use super::wire::stream::WireStream;
use super::wire::{Wire, runtime};
use super::{Listing, SourceError, SourceOptions};
use crate::model::object::{Object, ObjectStream};
use client::Account;
use get::Bucket;
use page::{Ask, Item};
use std::fmt;
use std::io;
use std::sync::Arc;

/// A bucket, a folder of keys, or one object of a bucket.
#[derive(Clone)]
pub(super) struct S3 {
    uri: String,
    prefix: String,
    bucket: Arc<Bucket>,
    wire: Wire,
    filter: Filter,
    versions: Versions,
    /// The bucket may not be listed, and the prefix is an object that may be read; or the source is a version of one.
    only: Option<Item>,
    /// The manifest of a report that tells what is there.
    report: Option<Box<S3>>,
}

impl fmt::Debug for S3 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("S3").field("uri", &self.uri).finish_non_exhaustive()
    }
}

impl S3 {
    pub(super) fn open(spec: &str, options: &SourceOptions) -> Result<S3, SourceError> {
        check_uri(spec)?;
        let (name, prefix, version_id) = parts_of(spec).ok_or_else(|| SourceError::NoBucket(spec.to_string()))?;
        let uri = uri_of("s3", &name, &prefix);
        let failed = |why: String| SourceError::Store(uri.clone(), why);
        let report = match &options.listing_from {
            None => None,
            Some(manifest) => {
                let mut report = S3::open(manifest, &SourceOptions { listing_from: None, ..options.clone() })?;
                let object = runtime().map_err(|e| failed(e.to_string()))?.block_on(report.head(None));
                report.only = Some(object.map_err(|fault| SourceError::Store(manifest.clone(), fault.detail))?);
                Some(Box::new(report))
            }
        };
        let runtime = runtime().map_err(|e| failed(e.to_string()))?;
        runtime.block_on(async {
            let account = Account::new(&options.store).await;
            if let Some(endpoint) = account.endpoint() {
                check_endpoint("the endpoint of the environment or the profile", &endpoint).map_err(&failed)?;
            }
            let bucket = Arc::new(Bucket { name, account });
            let mut s3 = S3 {
                uri: uri.clone(),
                prefix,
                bucket,
                wire: options.wire.clone(),
                filter: options.filter.clone(),
                versions: options.versions,
                only: None,
                report,
            };
            if s3.report.is_some() {
                // It finds the region; whether the bucket may be listed does not matter.
                let _ = s3.look().await;
                s3.only = None;
            } else {
                match version_id {
                    Some(id) => {
                        s3.uri = uri_of_version("s3", &s3.bucket.name, &s3.prefix, Some(&id));
                        s3.only = Some(s3.head(Some(id)).await.map_err(|fault| failed(fault.detail))?);
                    }
                    None => s3.look().await?,
                }
            }
            Ok(s3)
        })
    }

    /// Whether the bucket is there, in which region, and whether it holds anything at the prefix.
    async fn look(&mut self) -> Result<(), SourceError> {
        let failed = |why: String| SourceError::Store(self.uri.clone(), why);
        for ask in list::roots(&self.prefix) {
            let ask = Ask { keys_max: 1, versions: self.versions == Versions::All, ..ask };
            match self.page(&ask).await {
                // A page may hold nothing and another follow it: of what was deleted, only the old versions are told.
                Ok(page) if self.prefix.is_empty() || !page.items.is_empty() => return Ok(()),
                Ok(page) if page.last_key.is_none() && page.next.is_some() => return Ok(()),
                Ok(_) => {}
                Err(fault) if fault.kind == FaultKind::Denied && !self.prefix.is_empty() => {
                    // Whoever may not list may still read the one object that is named.
                    match self.head(None).await {
                        Ok(item) => {
                            self.only = Some(item);
                            return Ok(());
                        }
                        Err(_) => return Err(failed(fault.detail)),
                    }
                }
                Err(fault) => return Err(failed(fault.detail)),
            }
        }
        Err(SourceError::NotFound(self.uri.clone()))
    }

    pub(super) fn uri(&self) -> &str {
        &self.uri
    }

    pub(super) fn list(&self) -> Taken {
        let this = self.clone();
        listing(&self.uri, |pages| this.list_into(pages))
    }

    /// What a URI stands for, if it lies in this source: its URI, and what is there.
    pub(super) fn find(&self, name: &str) -> Option<(String, Listing)> {
        let (bucket, key, version_id) = parts_of(name).filter(|_| name.starts_with("s3://"))?;
        if bucket != self.bucket.name || !is_below(&self.prefix, &key) {
            return None;
        }
        let path = self.path(&key);
        let uri = uri_of_version("s3", &bucket, &key, version_id.as_deref());
        let one = S3 { prefix: key, ..self.clone() };
        Some(match runtime().ok()?.block_on(one.head(version_id)) {
            Ok(item) => {
                let object = one.object(item);
                (object.uri.clone(), Listing::Object(Object { path, ..object }))
            }
            Err(fault) => (uri.clone(), Listing::Problem { path, uri, gap: fault.gap(), is_place: false }),
        })
    }

    /// Whether there is an object with this key, as far as may be asked.
    pub(super) fn has(&self, key: &str) -> bool {
        let one = S3 { prefix: key.to_string(), ..self.clone() };
        runtime().is_ok_and(|runtime| runtime.block_on(one.head(None)).is_ok())
    }

    pub(super) fn open_object(&self, object: &Object) -> io::Result<Box<dyn ObjectStream>> {
        let target = target_of(object).ok_or_else(|| {
            io::Error::new(io::ErrorKind::InvalidInput, format!("{}: not an object of a bucket", object.uri))
        })?;
        let store: Arc<Bucket> = Arc::clone(&self.bucket);
        Ok(Box::new(WireStream::start(&self.wire, store, target)?))
    }

    /// The path of a key below this source.
    fn path(&self, key: &str) -> String {
        path_below(&self.prefix, key).to_string()
    }
}

/// What a listed object is fetched by.
fn target_of(object: &Object) -> Option<Target> {
    let (_, key, version_id) = parts_of(&object.uri)?;
    let (tag, listed_id) = match object.version.split_once(" versionId=") {
        Some((tag, id)) => (tag, Some(id.to_string())),
        None => (object.version.as_str(), None),
    };
    Some(Target {
        key,
        version_id: version_id.or(listed_id),
        etag: (!tag.starts_with('@') && !tag.is_empty()).then(|| tag.to_string()),
        size: object.size,
        modified: object.modified,
    })
}
