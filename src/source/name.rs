//! Keys of stores as URIs, and back. A key is a name and never a path: `a/../b`, `//` and control characters stay what
//! they are.

use super::folder::path_of_encoded;
use std::fmt::Write;
use std::os::unix::ffi::OsStringExt;

/// The URI of a key, or of a prefix: every byte that is neither unreserved nor usual in a path is percent-encoded
/// (RFC 3986), so that what follows a `?` is no part of the key.
pub(super) fn uri_of(scheme: &str, bucket: &str, key: &str) -> String {
    let mut uri = format!("{scheme}://{bucket}/");
    for &byte in key.as_bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~/!$&'()*+,;=:@".contains(&byte) {
            uri.push(char::from(byte));
        } else {
            // Writing to a string cannot fail.
            let _ = write!(uri, "%{byte:02X}");
        }
    }
    uri
}

/// The URI of a version of a key; of the key itself where there is none.
pub(super) fn uri_of_version(scheme: &str, bucket: &str, key: &str, version_id: Option<&str>) -> String {
    let uri = uri_of(scheme, bucket, key);
    version_id.map_or_else(|| uri.clone(), |id| format!("{uri}?versionId={id}"))
}

/// A URI's bucket, key and version id. `None` where it names no bucket.
pub(super) fn parts_of(uri: &str) -> Option<(String, String, Option<String>)> {
    let rest = uri.split_once("://")?.1;
    let (place, query) = rest.split_once('?').map_or((rest, None), |(place, query)| (place, Some(query)));
    let (bucket, key) = place.split_once('/').unwrap_or((place, ""));
    let version = query.and_then(|q| q.strip_prefix("versionId=")).map(decoded);
    (!bucket.is_empty()).then(|| (bucket.to_string(), decoded(key), version))
}

/// A percent-encoded text, decoded.
pub(super) fn decoded(text: &str) -> String {
    String::from_utf8_lossy(&path_of_encoded(text).into_os_string().into_vec()).into_owned()
}

/// The path of a key below the prefix that a source is: without the prefix's folder; the last name where the source is
/// that one object.
pub(super) fn path_below<'a>(prefix: &str, key: &'a str) -> &'a str {
    let folder = prefix.trim_end_matches('/');
    match key.strip_prefix(folder).and_then(|rest| rest.strip_prefix('/')) {
        Some(rest) if !folder.is_empty() => rest,
        _ if !prefix.is_empty() && key == prefix => key.rsplit('/').next().unwrap_or(key),
        _ => key,
    }
}

/// Whether a key is the prefix that a source is, or lies below it.
pub(super) fn is_below(prefix: &str, key: &str) -> bool {
    let folder = prefix.trim_end_matches('/');
    let below = key.strip_prefix(folder).is_some_and(|rest| folder.is_empty() || rest.starts_with('/'));
    !key.is_empty() && (key == prefix || below)
}
