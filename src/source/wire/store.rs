//! What a store must do for its objects to be read: one attempt at a time, nothing else.

use super::check::Check;
use super::fault::Fault;
use bytes::Bytes;
use futures_util::future::BoxFuture;
use futures_util::stream::BoxStream;
use std::ops::Range;
use std::sync::Arc;

/// One version of one object, as it was listed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::source) struct Target {
    /// The store's own name of the object, not encoded.
    pub key: String,
    /// Which version; none is the present one.
    pub version_id: Option<String>,
    /// Its ETag as the listing had it, without the quotes that some stores put around it.
    pub etag: Option<String>,
    /// Its size in bytes.
    pub size: u64,
    /// When it was last modified, in microseconds since 1970-01-01T00:00:00Z; asked of a store that lists no ETags.
    pub modified: Option<i64>,
}

impl Target {
    /// Whether a range is the whole object.
    pub fn is_whole(&self, range: &Range<u64>) -> bool {
        range.start == 0 && range.end == self.size
    }
}

/// The answer to one request for bytes.
pub(in crate::source) struct Body {
    /// What comes, in order.
    pub chunks: BoxStream<'static, Result<Bytes, Fault>>,
    /// What the whole object must come to, where the store says so.
    pub check: Option<Check>,
    /// The stream itself fails at its end if the check does.
    pub is_checked: bool,
}

/// What a request asks a store for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::source) enum RequestKind {
    List,
    Head,
    Get,
    Tags,
    /// To put or to delete: only where the inventory is in a store.
    Write,
}

/// A place on a network.
pub(in crate::source) trait Store: Send + Sync + 'static {
    /// One attempt to get a range of an object: exactly this version, or a fault.
    fn get<'a>(&'a self, target: &'a Target, range: Range<u64>) -> BoxFuture<'a, Result<Body, Fault>>;

    /// What the whole of a large object must come to, where the store knows; one attempt.
    fn check<'a>(&'a self, _target: &'a Target) -> BoxFuture<'a, Result<Option<Check>, Fault>> {
        Box::pin(async { Ok(None) })
    }

    /// Gets new credentials after a fault said that they have expired. Called again and again by many; must be cheap when
    /// it has just been done.
    fn renew(&self) -> BoxFuture<'_, ()> {
        Box::pin(async {})
    }
}

/// A place on a network that also keeps files: single attempts, as for [`Store`].
pub(in crate::source) trait Keep: Send + Sync + 'static {
    /// What objects are fetched from.
    fn store(&self) -> Arc<dyn Store>;

    /// A small object as it is now.
    fn read<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Result<Bytes, Fault>>;

    /// Puts an object; if `absent`, only where there is none, else the fault's kind is `Changed`.
    fn put<'a>(&'a self, key: &'a str, bytes: Bytes, absent: bool) -> BoxFuture<'a, Result<(), Fault>>;

    /// Deletes an object; that it is gone already may be a fault or none.
    fn delete<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Result<(), Fault>>;

    /// A page of the keys that begin so.
    fn keys<'a>(&'a self, prefix: &'a str, next: Option<String>) -> BoxFuture<'a, Result<Keys, Fault>>;
}

/// A page of keys.
pub(in crate::source) struct Keys {
    pub keys: Vec<String>,
    /// Where the next page begins; none after the last.
    pub next: Option<String>,
}
