//! One page of a listing.

use super::super::wire::fault::{Fault, FaultKind};
use super::super::wire::store::RequestKind;
use super::S3;
use super::fault::{Asked, fault_of};
use super::get::bare;
use super::whole::WholePage;
use aws_sdk_s3::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_s3::primitives::DateTime;
use aws_sdk_s3::types::{EncodingType, OptionalObjectAttributes, RestoreStatus};
use std::error::Error;
use std::future::Future;

/// Keys of a page.
pub(super) const KEYS: i32 = 1000;

/// What is asked of a listing.
#[derive(Clone, Debug)]
pub(super) struct Ask {
    /// Keys that begin so.
    pub prefix: String,
    /// Only the key that is the prefix.
    pub is_exact: bool,
    /// Keys after this one.
    pub after: Option<String>,
    /// Keys up to this one.
    pub until: Option<String>,
    /// Where the page before ended.
    pub from: Option<Marker>,
    /// Keys with a slash after the prefix are told by what lies before it.
    pub folders: bool,
    pub keys_max: i32,
    pub versions: bool,
}

impl Ask {
    /// Whether a key is asked for. A store that ignores a part of the question must not make keys come twice.
    pub fn holds(&self, key: &str) -> bool {
        key.starts_with(&self.prefix)
            && (!self.is_exact || key == self.prefix)
            && self.after.as_deref().is_none_or(|after| key > after)
            && self.until.as_deref().is_none_or(|until| key <= until)
    }
}

/// Where a page ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Marker {
    Token(String),
    Version(String, Option<String>),
}

/// An object as a page tells it.
#[derive(Clone, Debug, Default)]
pub(super) struct Item {
    pub key: String,
    pub etag: Option<String>,
    pub size: u64,
    /// Microseconds since 1970-01-01T00:00:00Z.
    pub modified: Option<i64>,
    /// Empty where the store names none.
    pub class: String,
    /// An archived object that was restored and can be read.
    pub is_restored: bool,
    pub version_id: Option<String>,
    /// It is the present version.
    pub is_latest: bool,
}

/// One page.
#[derive(Debug, Default)]
pub(super) struct Page {
    pub items: Vec<Item>,
    pub folders: Vec<String>,
    /// The first and the last key that the store told, asked for or not.
    pub first_key: Option<String>,
    pub last_key: Option<String>,
    /// Whether the keys are in the order of their bytes.
    pub is_ordered: bool,
    pub next: Option<Marker>,
}

impl S3 {
    /// A page, asked for until it comes.
    pub(super) async fn page(&self, ask: &Ask) -> Result<Page, Fault> {
        self.following(RequestKind::List, || self.page_once(ask)).await
    }

    /// Asks until an answer comes. If the store names another region, that one is asked from then on.
    async fn following<T, F>(&self, kind: RequestKind, attempt: impl Fn() -> F) -> Result<T, Fault>
    where
        F: Future<Output = Result<T, (Fault, Option<String>)>>,
    {
        let answer = self.wire.ask(kind, &*self.bucket, || async {
            match attempt().await {
                Err((_, Some(region))) => {
                    self.bucket.account.move_to(&region).await;
                    attempt().await.map_err(|(fault, _)| fault)
                }
                answer => answer.map_err(|(fault, _)| fault),
            }
        });
        answer.await
    }

    pub(super) async fn page_once(&self, ask: &Ask) -> Result<Page, (Fault, Option<String>)> {
        if ask.versions { self.version_page(ask).await } else { self.object_page(ask).await }
    }

    async fn object_page(&self, ask: &Ask) -> Result<Page, (Fault, Option<String>)> {
        let token = match &ask.from {
            Some(Marker::Token(token)) => Some(token.clone()),
            _ => None,
        };
        let list = self.bucket.account.client().list_objects_v2().bucket(&self.bucket.name);
        let told = list
            .prefix(&ask.prefix)
            .set_start_after(ask.after.clone())
            .set_continuation_token(token)
            .set_delimiter(ask.folders.then(|| "/".to_string()))
            .max_keys(ask.keys_max)
            // Keys may hold what XML cannot.
            .encoding_type(EncodingType::Url)
            .optional_object_attributes(OptionalObjectAttributes::RestoreStatus)
            .set_request_payer(self.bucket.payer())
            .customize()
            .interceptor(WholePage)
            .send()
            .await
            .map_err(|e| self.failed(&e, Asked::List))?;
        let is_encoded = told.encoding_type() == Some(&EncodingType::Url);
        let items = told.contents().iter().filter_map(|object| Some((object.key()?, object))).map(|(key, object)| {
            Ok(Item {
                key: key_of(key, is_encoded),
                etag: object.e_tag().map(|e| bare(e).to_string()),
                size: self.size_of(object.size())?,
                modified: object.last_modified().and_then(micros),
                class: object.storage_class().map_or(String::new(), |c| c.as_str().to_string()),
                is_restored: is_restored(object.restore_status()),
                version_id: None,
                is_latest: true,
            })
        });
        let items = items.collect::<Result<Vec<Item>, (Fault, Option<String>)>>()?;
        let is_ordered = items.is_sorted_by(|a, b| a.key < b.key);
        let first_key = items.first().map(|item| item.key.clone());
        let last_key = items.last().map(|item| item.key.clone());
        let items = items.into_iter().filter(|item| ask.holds(&item.key)).collect();
        let folders = told.common_prefixes().iter().filter_map(|p| p.prefix()).map(|p| key_of(p, is_encoded)).collect();
        let next = told.next_continuation_token().filter(|_| told.is_truncated() == Some(true));
        self.go_on(
            ask,
            Page { items, folders, first_key, last_key, is_ordered, next: next.map(|t| Marker::Token(t.to_string())) },
            told.is_truncated(),
        )
    }

    async fn version_page(&self, ask: &Ask) -> Result<Page, (Fault, Option<String>)> {
        let (key, version) = match &ask.from {
            Some(Marker::Version(key, version)) => (Some(key.clone()), version.clone()),
            _ => (ask.after.clone(), None),
        };
        let list = self.bucket.account.client().list_object_versions().bucket(&self.bucket.name);
        let told = list
            .prefix(&ask.prefix)
            .set_key_marker(key)
            .set_version_id_marker(version)
            .set_delimiter(ask.folders.then(|| "/".to_string()))
            .max_keys(ask.keys_max)
            .encoding_type(EncodingType::Url)
            .optional_object_attributes(OptionalObjectAttributes::RestoreStatus)
            .set_request_payer(self.bucket.payer())
            .customize()
            .interceptor(WholePage)
            .send()
            .await
            .map_err(|e| self.failed(&e, Asked::ListVersions))?;
        let is_encoded = told.encoding_type() == Some(&EncodingType::Url);
        let items =
            told.versions().iter().filter_map(|version| Some((version.key()?, version))).map(|(key, version)| {
                Ok(Item {
                    key: key_of(key, is_encoded),
                    etag: version.e_tag().map(|e| bare(e).to_string()),
                    size: self.size_of(version.size())?,
                    modified: version.last_modified().and_then(micros),
                    class: version.storage_class().map_or(String::new(), |c| c.as_str().to_string()),
                    is_restored: is_restored(version.restore_status()),
                    version_id: version.version_id().filter(|id| !id.is_empty()).map(str::to_string),
                    is_latest: version.is_latest() == Some(true),
                })
            });
        let items = items.collect::<Result<Vec<Item>, (Fault, Option<String>)>>()?;
        let is_ordered = items.is_sorted_by(|a, b| a.key <= b.key);
        let first_key = items.first().map(|item| item.key.clone());
        let last_key = items.last().map(|item| item.key.clone());
        let items = items.into_iter().filter(|item| ask.holds(&item.key)).collect();
        let folders = told.common_prefixes().iter().filter_map(|p| p.prefix()).map(|p| key_of(p, is_encoded)).collect();
        let next = told
            .next_key_marker()
            .filter(|_| told.is_truncated() == Some(true))
            .map(|key| Marker::Version(key_of(key, is_encoded), told.next_version_id_marker().map(str::to_string)));
        self.go_on(ask, Page { items, folders, first_key, last_key, is_ordered, next }, told.is_truncated())
    }

    /// A page that says there is more must say where, and not where it was.
    fn go_on(&self, ask: &Ask, page: Page, more: Option<bool>) -> Result<Page, (Fault, Option<String>)> {
        if more == Some(true) && (page.next.is_none() || page.next == ask.from) {
            let place = self.bucket.account.place();
            let detail = format!("{place} says that a listing goes on and not where; check --endpoint");
            return Err((Fault::new(FaultKind::Other, detail), None));
        }
        Ok(page)
    }

    /// The one object that the prefix is, by its own head.
    pub(super) async fn head(&self, version_id: Option<String>) -> Result<Item, Fault> {
        let asked = if version_id.is_some() { Asked::GetVersion } else { Asked::Get };
        let told = self.following(RequestKind::Head, || async {
            let head = self.bucket.account.client().head_object().bucket(&self.bucket.name).key(&self.prefix);
            let head = head.set_version_id(version_id.clone()).set_request_payer(self.bucket.payer());
            let told = head.send().await.map_err(|e| self.failed(&e, asked))?;
            let size = self.size_of(told.content_length())?;
            Ok((told, size))
        });
        let (told, size) = told.await?;
        Ok(Item {
            key: self.prefix.clone(),
            etag: told.e_tag().map(|e| bare(e).to_string()),
            size,
            modified: told.last_modified().and_then(micros),
            class: told.storage_class().map_or(String::new(), |c| c.as_str().to_string()),
            is_restored: told.restore().is_some_and(|r| r.contains("ongoing-request=\"false\"")),
            is_latest: version_id.is_none(),
            version_id,
        })
    }

    /// The size that a store tells. An object without one would pass for an empty one.
    fn size_of(&self, told: Option<i64>) -> Result<u64, (Fault, Option<String>)> {
        told.and_then(|size| u64::try_from(size).ok()).ok_or_else(|| {
            let place = self.bucket.account.place();
            let detail = format!("{place} does not say how large an object is; check --endpoint, and scan again");
            (Fault::new(FaultKind::Transient, detail), None)
        })
    }

    pub(super) fn failed<E>(&self, error: &SdkError<E>, asked: Asked) -> (Fault, Option<String>)
    where
        E: ProvideErrorMetadata + Error + 'static,
    {
        fault_of(error, asked, &self.bucket.account)
    }
}

fn micros(at: &DateTime) -> Option<i64> {
    i64::try_from(at.as_nanos().div_euclid(1000)).ok()
}

fn is_restored(status: Option<&RestoreStatus>) -> bool {
    status.is_some_and(|s| s.is_restore_in_progress() == Some(false) && s.restore_expiry_date().is_some())
}

/// A key as a page writes it: form-encoded, so that a plus is a space, where the page says that it is encoded.
fn key_of(text: &str, is_encoded: bool) -> String {
    if is_encoded { super::super::name::decoded(&text.replace('+', "%20")) } else { text.to_string() }
}
