//! The two faces of the server: S3's, and GCS's XML one as object_store's client speaks it. They list in the same format and
//! differ in their words.

use super::content::{Bytes, Condition, Content, Entry, Refused};
use super::fault::{Fault, Operation, Seen};
use super::http::{Body, Request, Response};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use crc_fast::CrcAlgorithm;
use std::ops::Range;
use std::sync::Arc;

/// Which store the server is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Face {
    S3,
    Gcs,
}

/// The region of every bucket, and the one that a wrong region's answer names.
pub const REGION: &str = "us-east-1";
pub const OTHER_REGION: &str = "eu-central-1";
/// Objects up to this size have a checksum.
const CHECKSUM_MAX: u64 = 64 << 20;

/// What a request is, for the plan of faults.
pub fn seen(request: &Request) -> Seen {
    let (bucket, key) = request.target();
    let is_special =
        ["location", "tagging", "versioning", "uploads", "uploadId"].iter().any(|q| request.query(q).is_some());
    let operation = match request.method.as_str() {
        _ if is_special => Operation::Other,
        "GET" if key.is_empty() => Operation::List,
        "HEAD" if key.is_empty() => Operation::Other,
        "GET" => Operation::Get,
        "HEAD" => Operation::Head,
        "PUT" => Operation::Put,
        "DELETE" => Operation::Delete,
        "POST" if request.query("delete").is_some() => Operation::Delete,
        _ => Operation::Other,
    };
    let place = match operation {
        Operation::List => {
            let names = ["prefix", "delimiter", "continuation-token", "start-after", "key-marker"];
            names.map(|name| request.query(name).unwrap_or_default()).join("\n")
        }
        _ => request.header("range").unwrap_or_default().to_string(),
    };
    let conditional = request.header("if-match").is_some()
        || ["versionId", "generation"].iter().any(|name| request.query(name).is_some());
    Seen { operation, bucket, key, place, conditional, attempt: 0 }
}

/// An error as both stores word it.
pub fn error(status: u16, code: &str, message: &str) -> Response {
    let text = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>{code}</Code><Message>{message}</Message>\
         <RequestId>0123456789ABCDEF</RequestId></Error>"
    );
    Response::new(status, text).with("Content-Type", "application/xml")
}

/// The answer of a fault that answers in place of the object, if it does.
pub fn of_fault(face: Face, fault: Fault) -> Option<Response> {
    Some(match fault {
        Fault::SlowDown => error(503, "SlowDown", "Please reduce your request rate.").with("Retry-After", 0),
        Fault::TooMany => error(429, "TooManyRequests", "Too many requests.").with("Retry-After", 0),
        Fault::Internal => error(500, "InternalError", "We encountered an internal error. Please try again."),
        Fault::Expired if face == Face::S3 => error(400, "ExpiredToken", "The provided token has expired."),
        Fault::Expired => error(401, "AuthenticationRequired", "Authentication required."),
        Fault::Denied => error(403, "AccessDenied", "Access Denied"),
        Fault::WrongRegion => {
            let message = "The bucket you are attempting to access must be addressed using the specified endpoint.";
            error(301, "PermanentRedirect", message).with("x-amz-bucket-region", OTHER_REGION)
        }
        Fault::ClockSkew => {
            let message = "The difference between the request time and the current time is too large.";
            error(403, "RequestTimeTooSkewed", message)
        }
        Fault::CustomerKey => {
            let message = "The object was stored using a form of Server Side Encryption. The correct parameters must be provided.";
            error(400, "InvalidRequest", message)
        }
        Fault::KmsDenied => {
            let message =
                "User: arn:aws:iam::1:user/x is not authorized to perform: kms:Decrypt on resource: arn:aws:kms:k";
            error(403, "AccessDenied", message)
        }
        Fault::KmsDisabled => error(400, "KMS.DisabledException", "arn:aws:kms:us-east-1:1:key/k is disabled."),
        Fault::Tiered => error(403, "InvalidObjectState", "The operation is not valid for the object's access tier"),
        Fault::Redirect(port) => {
            Response::new(307, "").with("Location", format!("http://127.0.0.1:{port}/data?elsewhere=1"))
        }
        _ => return None,
    })
}

/// An empty page whose token is the one before the one that was given.
pub fn circle(request: &Request) -> Response {
    let next = if request.query("continuation-token") == Some("QQ==") { "Qg==" } else { "QQ==" };
    xml(format!(
        "<ListBucketResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><Name>b</Name><KeyCount>0</KeyCount>\
         <IsTruncated>true</IsTruncated><NextContinuationToken>{next}</NextContinuationToken></ListBucketResult>"
    ))
}

/// A page without the sizes of its objects.
pub fn without_sizes(page: &str) -> String {
    let mut parts = page.split("<Size>");
    let mut out = parts.next().unwrap_or_default().to_string();
    parts.for_each(|part| out.push_str(part.split_once("</Size>").map_or(part, |(_, rest)| rest)));
    out
}

/// A page whose first two objects have changed places.
pub fn disordered(page: &str) -> String {
    let entries: Vec<&str> = page.split_inclusive("</Contents>").collect();
    match entries.split_first().map(|(first, rest)| (first.split_once("<Contents>"), rest)) {
        Some((Some((head, first)), [second, rest @ ..])) if second.starts_with("<Contents>") => {
            format!("{head}{second}<Contents>{first}{}", rest.concat())
        }
        _ => page.to_string(),
    }
}

/// What a bucket answers.
pub fn answer(face: Face, content: &dyn Content, request: &Request, fault: Option<Fault>, page: usize) -> Response {
    let (bucket, key) = request.target();
    match (request.method.as_str(), key.as_str()) {
        ("HEAD", "") => Response::new(200, "").with("x-amz-bucket-region", REGION),
        ("GET", "") if request.query("location").is_some() => {
            xml("<LocationConstraint xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"/>".to_string())
        }
        ("GET", "") if request.query("versioning").is_some() => {
            xml("<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>".to_string())
        }
        ("GET", "") if request.query("versions").is_some() => versions(content, request, &bucket, page),
        ("GET", "") if request.query("list-type") == Some("2") => list(content, request, &bucket, page),
        ("GET", key) if request.query("tagging").is_some() => {
            let tag =
                |(k, v): (String, String)| format!("<Tag><Key>{}</Key><Value>{}</Value></Tag>", text(&k), text(&v));
            let tags: String = content.tags(key).into_iter().map(tag).collect();
            xml(format!("<Tagging><TagSet>{tags}</TagSet></Tagging>"))
        }
        ("GET" | "HEAD", key) => get(face, content, request, key, fault),
        ("PUT", key) if request.query.is_empty() || request.query("x-id").is_some() => put(face, content, request, key),
        ("DELETE", key) if !key.is_empty() => match content.delete(key) {
            Ok(()) => Response::new(204, ""),
            Err(_) => error(405, "MethodNotAllowed", "The specified method is not allowed against this resource."),
        },
        ("POST", "") if request.query("delete").is_some() => delete_many(content, request),
        _ => error(
            501,
            "NotImplemented",
            "A header or query you provided implies functionality that is not implemented.",
        ),
    }
}

fn xml(body: String) -> Response {
    Response::new(200, format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n{body}"))
        .with("Content-Type", "application/xml")
}

/// Text for XML, with what XML 1.0 cannot hold as references all the same, as the stores write them.
fn text(raw: &str) -> String {
    let mut out = String::with_capacity(raw.len());
    for c in raw.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            c if c.is_ascii_control() => out.push_str(&format!("&#x{:x};", u32::from(c))),
            c => out.push(c),
        }
    }
    out
}

/// How a listing writes keys: as text, or percent-encoded where `encoding-type=url` asks for it.
fn writer(request: &Request) -> impl Fn(&str) -> String + use<> {
    let is_url = request.query("encoding-type") == Some("url");
    move |key| {
        const KEPT: &percent_encoding::AsciiSet =
            &percent_encoding::NON_ALPHANUMERIC.remove(b'/').remove(b'-').remove(b'_').remove(b'.').remove(b'*');
        if is_url { percent_encoding::utf8_percent_encode(key, KEPT).to_string() } else { text(key) }
    }
}

fn page_size(request: &Request, page: usize) -> usize {
    request.query("max-keys").and_then(|n| n.parse().ok()).unwrap_or(1000).min(page)
}

fn list(content: &dyn Content, request: &Request, bucket: &str, page: usize) -> Response {
    let write = writer(request);
    let prefix = request.query("prefix").unwrap_or_default();
    let delimiter = request.query("delimiter").filter(|d| !d.is_empty());
    let mut after = request.query("start-after").unwrap_or_default().to_string();
    if let Some(token) = request.query("continuation-token") {
        let key = BASE64_STANDARD.decode(token).ok().and_then(|bytes| String::from_utf8(bytes).ok());
        let Some(key) = key else {
            return error(400, "InvalidArgument", "The continuation token provided is incorrect");
        };
        after = key;
    }
    let max = page_size(request, page);
    let (mut items, mut count, mut is_more) = (String::new(), 0, false);
    'pages: loop {
        let entries = content.page(prefix, &after, max + 1);
        let (asked, mut jumped) = (entries.len(), false);
        for entry in entries {
            if count == max {
                is_more = true;
                break 'pages;
            }
            count += 1;
            let below = &entry.key[prefix.len()..];
            if let Some(at) = delimiter.and_then(|d| Some(below.find(d)? + d.len())) {
                let group = &entry.key[..prefix.len() + at];
                items.push_str(&format!("<CommonPrefixes><Prefix>{}</Prefix></CommonPrefixes>", write(group)));
                // Nothing of the group comes after this, and everything else does.
                after = format!("{group}\u{10FFFF}");
                jumped = true;
                break;
            }
            items.push_str(&format!("<Contents>{}</Contents>", fields(&entry, &write)));
            after = entry.key;
        }
        if !jumped && asked <= max {
            break;
        }
    }
    let token = BASE64_STANDARD.encode(&after);
    let next = if is_more { format!("<NextContinuationToken>{token}</NextContinuationToken>") } else { String::new() };
    let encoding =
        request.query("encoding-type").map_or(String::new(), |e| format!("<EncodingType>{e}</EncodingType>"));
    let shown = delimiter.map_or(String::new(), |d| format!("<Delimiter>{}</Delimiter>", write(d)));
    xml(format!(
        "<ListBucketResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><Name>{bucket}</Name><Prefix>{}</Prefix>{shown}\
         <KeyCount>{count}</KeyCount><MaxKeys>{max}</MaxKeys>{encoding}<IsTruncated>{is_more}</IsTruncated>{next}{items}\
         </ListBucketResult>",
        write(prefix)
    ))
}

fn fields(entry: &Entry, write: &dyn Fn(&str) -> String) -> String {
    let modified = jiff::Timestamp::from_second(entry.modified).unwrap();
    format!(
        "<Key>{}</Key><LastModified>{modified:.3}</LastModified><ETag>&quot;{}&quot;</ETag><Size>{}</Size>\
         <StorageClass>{}</StorageClass>",
        write(&entry.key),
        entry.etag,
        entry.size,
        entry.class
    )
}

fn versions(content: &dyn Content, request: &Request, bucket: &str, page: usize) -> Response {
    let write = writer(request);
    let prefix = request.query("prefix").unwrap_or_default();
    let key_marker = request.query("key-marker").unwrap_or_default();
    let version_marker = request.query("version-id-marker").and_then(|v| v.parse::<u64>().ok());
    let max = page_size(request, page);
    // A page may end in the middle of a key: then its older versions come first.
    let mut entries = Vec::new();
    if let Some(marker) = version_marker {
        let of_key = content.versions(key_marker, "", 1).into_iter().filter(|e| e.key == key_marker);
        entries.extend(of_key.filter(|e| e.version < marker));
    }
    entries.extend(content.versions(prefix, key_marker, max + 1));
    let is_more = entries.len() > max;
    entries.truncate(max);
    let mut items = String::new();
    for entry in &entries {
        let (tag, fields) = match entry.deleted {
            true => {
                let modified = jiff::Timestamp::from_second(entry.modified).unwrap();
                ("DeleteMarker", format!("<Key>{}</Key><LastModified>{modified:.3}</LastModified>", write(&entry.key)))
            }
            false => ("Version", fields(entry, &write)),
        };
        let (version, latest) = (entry.version, entry.latest);
        items
            .push_str(&format!("<{tag}><VersionId>{version}</VersionId><IsLatest>{latest}</IsLatest>{fields}</{tag}>"));
    }
    let next = match entries.last().filter(|_| is_more) {
        Some(last) => format!(
            "<NextKeyMarker>{}</NextKeyMarker><NextVersionIdMarker>{}</NextVersionIdMarker>",
            write(&last.key),
            last.version
        ),
        None => String::new(),
    };
    let encoding =
        request.query("encoding-type").map_or(String::new(), |e| format!("<EncodingType>{e}</EncodingType>"));
    xml(format!(
        "<ListVersionsResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><Name>{bucket}</Name><Prefix>{}</Prefix>\
         <MaxKeys>{max}</MaxKeys>{encoding}<IsTruncated>{is_more}</IsTruncated>{next}{items}</ListVersionsResult>",
        write(prefix)
    ))
}

/// `bytes=A-B`, `bytes=A-` and `bytes=-N` as a range of an object; `None` where there is no such place.
fn range_of(header: &str, size: u64) -> Option<Range<u64>> {
    let (first, last) = header.strip_prefix("bytes=")?.split_once('-')?;
    let range = match (first.parse::<u64>(), last.parse::<u64>()) {
        (Ok(first), Ok(last)) => first..size.min(last + 1),
        (Ok(first), Err(_)) => first..size,
        (Err(_), Ok(count)) => size.saturating_sub(count)..size,
        _ => return None,
    };
    (range.start < range.end).then_some(range)
}

fn get(face: Face, content: &dyn Content, request: &Request, key: &str, fault: Option<Fault>) -> Response {
    match fault {
        Some(Fault::Changed) => content.change(key),
        Some(Fault::Gone) => _ = content.delete(key),
        _ => {}
    }
    let version = request.query("versionId").or(request.query("generation"));
    let found = content.get(key, version).filter(|(entry, _)| !entry.deleted);
    let Some((entry, bytes)) = found else {
        return error(404, "NoSuchKey", "The specified key does not exist.");
    };
    let is = |tags: &str| tags == "*" || tags.split(',').any(|tag| tag.trim().trim_matches('"') == entry.etag);
    if request.header("if-match").is_some_and(|tags| !is(tags)) {
        return error(412, "PreconditionFailed", "At least one of the pre-conditions you specified did not hold");
    }
    if request.header("if-none-match").is_some_and(is) {
        return Response::new(304, "");
    }
    if matches!(entry.class.as_str(), "GLACIER" | "DEEP_ARCHIVE") {
        return error(403, "InvalidObjectState", "The operation is not valid for the object's storage class");
    }
    let mut range = 0..entry.size;
    let asked = request.header("range").filter(|_| fault != Some(Fault::IgnoredRange));
    if let Some(header) = asked {
        let Some(there) = range_of(header, entry.size) else {
            return error(416, "InvalidRange", "The requested range is not satisfiable");
        };
        range = there;
    }
    let mut told = range.clone();
    match fault {
        Some(Fault::ShortBody) if range.end - range.start > 1 => range.end -= 1 + (range.end - range.start) / 3,
        Some(Fault::OtherRange) if range.start > 0 => {
            range = range.start - 1..range.end - 1;
            told = range.clone();
        }
        _ => {}
    }
    let modified = jiff::Timestamp::from_second(entry.modified).unwrap();
    let modified = jiff::fmt::rfc2822::DateTimePrinter::new().timestamp_to_rfc9110_string(&modified).unwrap();
    let whole = asked.is_none();
    let mut response = Response {
        status: if whole { 200 } else { 206 },
        headers: Vec::new(),
        body: Body::Piece(bytes.clone(), range),
    }
    .with("ETag", format!("\"{}\"", entry.etag))
    .with("Last-Modified", modified)
    .with("Accept-Ranges", "bytes")
    .with("Content-Type", "application/octet-stream");
    if !whole {
        response = response.with("Content-Range", format!("bytes {}-{}/{}", told.start, told.end - 1, entry.size));
    }
    response = match face {
        Face::S3 => response.with("x-amz-version-id", entry.version),
        Face::Gcs => response.with("x-goog-generation", entry.version).with("x-goog-stored-content-length", entry.size),
    };
    match face {
        Face::S3 if entry.class != "STANDARD" => response = response.with("x-amz-storage-class", &entry.class),
        Face::Gcs => response = response.with("x-goog-storage-class", &entry.class),
        _ => {}
    }
    let wants = request.header("x-amz-checksum-mode").is_some_and(|mode| mode.eq_ignore_ascii_case("ENABLED"));
    if entry.size <= CHECKSUM_MAX && (face == Face::Gcs || (wants && whole)) {
        response = with_checksum(response, face, &*bytes, entry.size);
    }
    response
}

/// The checksum of the whole object: S3 gives it with a whole object, GCS always.
fn with_checksum(response: Response, face: Face, bytes: &dyn Bytes, size: u64) -> Response {
    let mut all = vec![0; size as usize];
    bytes.fill(0, &mut all);
    match face {
        Face::S3 => {
            let sum = crc_fast::checksum(CrcAlgorithm::Crc64Nvme, &all);
            let response = response.with("x-amz-checksum-crc64nvme", BASE64_STANDARD.encode(sum.to_be_bytes()));
            response.with("x-amz-checksum-type", "FULL_OBJECT")
        }
        Face::Gcs => {
            let sum = crc_fast::checksum(CrcAlgorithm::Crc32Iscsi, &all) as u32;
            response.with("x-goog-hash", format!("crc32c={}", BASE64_STANDARD.encode(sum.to_be_bytes())))
        }
    }
}

fn put(face: Face, content: &dyn Content, request: &Request, key: &str) -> Response {
    let unquoted = |tag: &str| tag.trim_matches('"').to_string();
    let condition = match (request.header("if-none-match"), request.header("if-match")) {
        (Some("*"), _) => Condition::Absent,
        (_, Some(tag)) => Condition::Is(unquoted(tag)),
        _ => match request.header("x-goog-if-generation-match") {
            Some("0") => Condition::Absent,
            Some(generation) => Condition::Is(generation.to_string()),
            None => Condition::Always,
        },
    };
    match content.put(key, request.body.clone(), condition) {
        Ok(entry) => {
            let response = Response::new(200, "").with("ETag", format!("\"{}\"", entry.etag));
            match face {
                Face::S3 => response.with("x-amz-version-id", entry.version),
                Face::Gcs => response.with("x-goog-generation", entry.version),
            }
        }
        Err(Refused::Condition) => {
            error(412, "PreconditionFailed", "At least one of the pre-conditions you specified did not hold")
        }
        Err(Refused::ReadOnly) => error(405, "MethodNotAllowed", "This bucket is not written to."),
    }
}

fn delete_many(content: &dyn Content, request: &Request) -> Response {
    let body = String::from_utf8_lossy(&request.body);
    let unescaped = |key: &str| {
        let key = key.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&apos;", "'");
        key.replace("&amp;", "&")
    };
    let mut done = String::new();
    for key in body.split("<Key>").skip(1).filter_map(|rest| rest.split_once("</Key>")).map(|(key, _)| unescaped(key)) {
        match content.delete(&key) {
            Ok(()) => done.push_str(&format!("<Deleted><Key>{}</Key></Deleted>", text(&key))),
            Err(_) => done.push_str(&format!("<Error><Key>{}</Key><Code>AccessDenied</Code></Error>", text(&key))),
        }
    }
    xml(format!("<DeleteResult>{done}</DeleteResult>"))
}

/// The bytes of an object, whatever bucket it lies in.
#[cfg(test)]
pub fn bytes_of(content: &dyn Content, key: &str) -> Option<Vec<u8>> {
    let (entry, bytes): (Entry, Arc<dyn Bytes>) = content.get(key, None)?;
    let mut all = vec![0; entry.size as usize];
    bytes.fill(0, &mut all);
    Some(all)
}
