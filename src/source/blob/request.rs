//! Single requests to a container.

use super::super::wire::check::Check;
use super::super::wire::fault::{Fault, FaultKind};
use super::super::wire::store::{Body, Store, Target};
use super::answer::{self, Asked};
use super::page::{self, Entry, Page};
use super::place::{Kind, Place};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use bytes::Bytes;
use futures_util::StreamExt;
use futures_util::future::BoxFuture;
use http::{HeaderMap, Method, StatusCode};
use jiff::Timestamp;
use jiff::fmt::rfc2822::DateTimePrinter;
use object_store::client::{HttpRequestBody, HttpResponse, HttpResponseBody};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use std::ops::Range;

/// What stays as it is in a URL (RFC 3986, unreserved).
const KEPT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');
/// A page of a listing is some hundred bytes for each of at most 5,000 objects.
const PAGE_BYTES_MAX: usize = 64 << 20;
/// Of an answer that says no, so much is looked at.
const REFUSAL_BYTES: usize = 64 << 10;
/// The version of Azure's protocol, which requests that are not signed must say as well.
const AZURE_VERSION: &str = "2023-11-03";

/// A container that is asked.
pub(super) struct BlobStore {
    pub place: Place,
}

/// Why an object with this key cannot be asked for: URLs have no way to say it.
pub(super) fn unaskable(key: &str) -> Option<Fault> {
    matches!(key, "." | "..").then(|| {
        let why = "no URL can name this object, because its key is a step in a path; copy it to another key";
        Fault::new(FaultKind::Other, why)
    })
}

/// A key in a URL. Slashes stay, unless steps like `..` are among what they part, which a URL would lose.
fn encoded(key: &str) -> String {
    if key.split('/').any(|step| step == "." || step == "..") {
        return utf8_percent_encode(key, KEPT).to_string();
    }
    key.split('/').map(|step| utf8_percent_encode(step, KEPT).to_string()).collect::<Vec<_>>().join("/")
}

impl BlobStore {
    /// One request. Anything but success is a fault.
    async fn send(
        &self,
        (method, asked): (Method, Asked),
        key: &str,
        query: &[(&str, &str)],
        headers: &[(&'static str, String)],
    ) -> Result<HttpResponse, Fault> {
        self.send_with((method, asked), key, query, headers, None).await
    }

    /// One request with a body.
    pub async fn send_with(
        &self,
        (method, asked): (Method, Asked),
        key: &str,
        query: &[(&str, &str)],
        headers: &[(&'static str, String)],
        body: Option<Bytes>,
    ) -> Result<HttpResponse, Fault> {
        let place = &self.place;
        let mut url = place.base.clone();
        if !key.is_empty() {
            url.push('/');
            url.push_str(&encoded(key));
        }
        for (number, (name, value)) in query.iter().enumerate() {
            url.push(if number == 0 { '?' } else { '&' });
            url.push_str(&format!("{name}={}", utf8_percent_encode(value, KEPT)));
        }
        let mut request = http::Request::builder().method(method).uri(url);
        for (name, value) in headers {
            request = request.header(*name, value);
        }
        match place.kind {
            Kind::Azure => request = request.header("x-ms-version", AZURE_VERSION),
            Kind::Gcs => {
                // Objects that are stored as gzip come as they are stored, with the size and sum that are listed.
                request = request.header("accept-encoding", "gzip");
                if let Some(project) = &place.payer {
                    request = request.header("x-goog-user-project", project);
                }
            }
        }
        if let Some(body) = &body {
            request = request.header("content-length", body.len());
        }
        let request = request.body(body.map_or_else(HttpRequestBody::empty, HttpRequestBody::from));
        let mut request =
            request.map_err(|_| Fault::new(FaultKind::Other, "no request can be made of the object's name"))?;
        place.sign(&mut request).await?;
        let answer = place.client.execute(request).await.map_err(|e| answer::unheard(place.host(), &e))?;
        if answer.status().is_success() {
            return Ok(answer);
        }
        let (parts, body) = answer.into_parts();
        let body = self.collect(body, REFUSAL_BYTES).await.unwrap_or_default();
        let (kind, anonymous) = (place.kind, place.is_anonymous());
        Err(answer::fault(kind, asked, anonymous, parts.status, &parts.headers, &String::from_utf8_lossy(&body)))
    }

    /// A whole body, if it is no longer than this.
    pub async fn collect(&self, body: HttpResponseBody, max: usize) -> Result<Vec<u8>, Fault> {
        let (mut all, mut chunks) = (Vec::new(), body.bytes_stream());
        while let Some(chunk) = chunks.next().await {
            let chunk = chunk.map_err(|e| answer::unheard(self.place.host(), &e))?;
            if all.len() + chunk.len() > max {
                return Err(Fault::new(FaultKind::Other, "the store's answer is far too long; is the endpoint right?"));
            }
            all.extend_from_slice(&chunk);
        }
        Ok(all)
    }

    /// A page of a listing; one attempt.
    pub async fn page(&self, prefix: &str, next: Option<&str>, max: Option<u32>) -> Result<Page, Fault> {
        let max = max.map(|max| max.to_string());
        let (fixed, continues, count): (&[(&str, &str)], &str, &str) = match self.place.kind {
            Kind::Azure => (&[("restype", "container"), ("comp", "list")], "marker", "maxresults"),
            Kind::Gcs => (&[("list-type", "2")], "continuation-token", "max-keys"),
        };
        let mut query = fixed.to_vec();
        query.extend((!prefix.is_empty()).then_some(("prefix", prefix)));
        query.extend(next.map(|next| (continues, next)));
        query.extend(max.as_deref().map(|max| (count, max)));
        let answer = self.send((Method::GET, Asked::List), "", &query, &[]).await?;
        let body = self.collect(answer.into_body(), PAGE_BYTES_MAX).await?;
        page::read(&body).map_err(|why| {
            let detail = format!("the store's listing cannot be read: {why}; is the endpoint right?");
            Fault::new(FaultKind::Transient, detail)
        })
    }

    /// What there is under a key; one attempt.
    pub async fn find(&self, key: &str) -> Result<Option<Entry>, Fault> {
        if unaskable(key).is_some() {
            return Ok(None);
        }
        let answer = match self.send((Method::HEAD, Asked::Object), key, &[], &[]).await {
            Ok(answer) => answer,
            Err(fault) if fault.kind == FaultKind::NotFound => return Ok(None),
            Err(fault) => return Err(fault),
        };
        let headers = answer.headers();
        let size = text(headers, "x-goog-stored-content-length").or_else(|| text(headers, "content-length"));
        let size = size.and_then(|size| size.trim().parse().ok());
        let class = text(headers, "x-ms-access-tier").or_else(|| text(headers, "x-goog-storage-class"));
        let is_folder = text(headers, "x-ms-resource-type") == Some("directory");
        let entry = |size| Entry {
            key: key.to_string(),
            size,
            etag: text(headers, "etag").map(page::unquoted),
            modified: text(headers, "last-modified").and_then(page::http_date),
            class: class.unwrap_or_default().to_string(),
        };
        match size {
            _ if is_folder => Ok(None),
            Some(size) => Ok(Some(entry(size))),
            None => Err(Fault::new(FaultKind::Transient, "the store does not say how large the object is")),
        }
    }

    async fn get_once(&self, target: &Target, range: Range<u64>) -> Result<Body, Fault> {
        if let Some(fault) = unaskable(&target.key) {
            return Err(fault);
        }
        let is_whole = target.is_whole(&range);
        let mut headers = Vec::new();
        if !is_whole {
            headers.push(("range", format!("bytes={}-{}", range.start, range.end.saturating_sub(1))));
        }
        match (&target.etag, target.modified.and_then(|at| Timestamp::from_microsecond(at).ok())) {
            (Some(etag), _) => headers.push(("if-match", format!("\"{etag}\""))),
            (None, Some(at)) => {
                let date = DateTimePrinter::new().timestamp_to_rfc9110_string(&at);
                headers.extend(date.ok().map(|date| ("if-unmodified-since", date)));
            }
            (None, None) => {}
        }
        let answer = self.send((Method::GET, Asked::Object), &target.key, &[], &headers).await?;
        let (parts, body) = answer.into_parts();
        is_what_was_asked(target, &range, parts.status, &parts.headers)?;
        let check = if is_whole { check_of(&parts.headers) } else { None };
        let host = self.place.host().to_string();
        let chunks = body.bytes_stream().map(move |chunk| chunk.map_err(|e| answer::unheard(&host, &e)));
        Ok(Body { chunks: chunks.boxed(), check, is_checked: false })
    }
}

impl Store for BlobStore {
    fn get<'a>(&'a self, target: &'a Target, range: Range<u64>) -> BoxFuture<'a, Result<Body, Fault>> {
        Box::pin(self.get_once(target, range))
    }

    fn check<'a>(&'a self, target: &'a Target) -> BoxFuture<'a, Result<Option<Check>, Fault>> {
        Box::pin(async {
            let headers: Vec<_> = target.etag.iter().map(|etag| ("if-match", format!("\"{etag}\""))).collect();
            let answer = self.send((Method::HEAD, Asked::Object), &target.key, &[], &headers).await?;
            Ok(check_of(answer.headers()))
        })
    }

    fn renew(&self) -> BoxFuture<'_, ()> {
        Box::pin(async { self.place.renew() })
    }
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

/// Whether an answer is of the version and the place that were asked for: not every endpoint keeps to what it says.
fn is_what_was_asked(
    target: &Target,
    range: &Range<u64>,
    status: StatusCode,
    headers: &HeaderMap,
) -> Result<(), Fault> {
    let corrupt = |why: &str| Err(Fault::new(FaultKind::Corrupt, format!("{why}; is the endpoint right?")));
    let changed = || {
        let why = "the object is no longer the version that was listed; scan it again";
        Err(Fault::new(FaultKind::Changed, why))
    };
    if let (Some(listed), Some(etag)) = (&target.etag, text(headers, "etag"))
        && page::unquoted(etag) != *listed
    {
        return changed();
    }
    let length: Option<u64> = text(headers, "content-length").and_then(|length| length.trim().parse().ok());
    if length.is_some_and(|length| length != range.end - range.start) {
        return corrupt("the store sends another number of bytes than was asked for");
    }
    if target.is_whole(range) {
        return Ok(());
    }
    if status != StatusCode::PARTIAL_CONTENT {
        return corrupt("the store sends the whole object where a part was asked for");
    }
    let told = text(headers, "content-range").and_then(|told| told.trim().strip_prefix("bytes "));
    let asked = format!("{}-{}/{}", range.start, range.end.saturating_sub(1), target.size);
    match told {
        Some(told) if told == asked => Ok(()),
        Some(told) if told.rsplit('/').next() != asked.rsplit('/').next() => changed(),
        _ => corrupt("the store sends another part than was asked for"),
    }
}

/// The sum that a store keeps of the whole object: `x-goog-hash`, which has the CRC-32C of every object
/// (<https://cloud.google.com/storage/docs/xml-api/reference-headers#xgooghash>), or Azure's Content-MD5.
fn check_of(headers: &HeaderMap) -> Option<Check> {
    let hashes = headers.get_all("x-goog-hash").iter().filter_map(|value| value.to_str().ok());
    let crc = hashes.flat_map(|value| value.split(',')).find_map(|hash| hash.trim().strip_prefix("crc32c="));
    if let Some(sum) = crc.and_then(|sum| BASE64_STANDARD.decode(sum).ok()) {
        return Some(Check::Crc32c(u32::from_be_bytes(sum.try_into().ok()?)));
    }
    let sum = Bytes::from(BASE64_STANDARD.decode(text(headers, "content-md5")?).ok()?);
    Some(Check::Md5(sum[..].try_into().ok()?))
}
