//! A container that also keeps files: single requests to put, read and delete.

use super::super::options::StoreOptions;
use super::super::wire::fault::{Fault, FaultKind};
use super::super::wire::runtime;
use super::super::wire::store::{Keep, Keys, Store};
use super::answer::Asked;
use super::place::{Kind, Place};
use super::request::BlobStore;
use bytes::Bytes;
use futures_util::future::BoxFuture;
use http::Method;
use std::sync::Arc;

/// The largest file that is read at once; data files are fetched in parts.
const READ_BYTES_MAX: usize = 1 << 30;

/// A container to keep files in.
pub(in crate::source) struct Shelf(Arc<BlobStore>);

impl Shelf {
    pub(in crate::source) fn new(scheme: &str, bucket: &str, options: &StoreOptions) -> Result<Shelf, Fault> {
        // The client takes its TLS from what the runtime sets up.
        runtime().map_err(|e| Fault::new(FaultKind::Other, e.to_string()))?;
        let kind = if scheme == "gs" { Kind::Gcs } else { Kind::Azure };
        let place = Place::new(kind, bucket, options).map_err(|why| Fault::new(FaultKind::Other, why))?;
        Ok(Shelf(Arc::new(BlobStore { place })))
    }
}

impl Keep for Shelf {
    fn store(&self) -> Arc<dyn Store> {
        Arc::clone(&self.0) as _
    }

    fn read<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Result<Bytes, Fault>> {
        Box::pin(async move {
            let answer = self.0.send_with((Method::GET, Asked::Object), key, &[], &[], None).await?;
            let (parts, body) = answer.into_parts();
            let length: Option<usize> =
                parts.headers.get("content-length").and_then(|v| v.to_str().ok()).and_then(|v| v.parse().ok());
            let bytes = self.0.collect(body, READ_BYTES_MAX).await?;
            match length {
                Some(length) if bytes.len() != length => {
                    Err(Fault::new(FaultKind::Transient, "the store ended its answer early; run it again"))
                }
                _ => Ok(bytes.into()),
            }
        })
    }

    fn put<'a>(&'a self, key: &'a str, bytes: Bytes, absent: bool) -> BoxFuture<'a, Result<(), Fault>> {
        Box::pin(async move {
            let mut headers = Vec::new();
            match self.0.place.kind {
                Kind::Azure => {
                    headers.push(("x-ms-blob-type", "BlockBlob".to_string()));
                    headers.extend(absent.then(|| ("if-none-match", "*".to_string())));
                }
                Kind::Gcs => headers.extend(absent.then(|| ("x-goog-if-generation-match", "0".to_string()))),
            }
            self.0.send_with((Method::PUT, Asked::Put), key, &[], &headers, Some(bytes)).await.map(|_| ())
        })
    }

    fn delete<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Result<(), Fault>> {
        Box::pin(
            async move { self.0.send_with((Method::DELETE, Asked::Delete), key, &[], &[], None).await.map(|_| ()) },
        )
    }

    fn keys<'a>(&'a self, prefix: &'a str, next: Option<String>) -> BoxFuture<'a, Result<Keys, Fault>> {
        Box::pin(async move {
            let page = self.0.page(prefix, next.as_deref(), None).await?;
            Ok(Keys { keys: page.entries.into_iter().map(|entry| entry.key).collect(), next: page.next })
        })
    }
}
