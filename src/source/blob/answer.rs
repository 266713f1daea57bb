//! What a store's refusal means, and what helps.

use super::super::wire::fault::{Fault, FaultKind};
use super::place::Kind;
use http::{HeaderMap, StatusCode};
use object_store::client::{HttpError, HttpErrorKind};
use std::time::Duration;

/// What was asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Asked {
    List,
    Object,
    Put,
    Delete,
}

/// The fault of an answer that is no success. Of what the store says only its code is shown.
pub(super) fn fault(
    kind: Kind,
    asked: Asked,
    anonymous: bool,
    status: StatusCode,
    headers: &HeaderMap,
    body: &str,
) -> Fault {
    let code = code(headers, body);
    let (what, detail) = match kind {
        Kind::Azure => azure(asked, anonymous, status, &code),
        Kind::Gcs => gcs(asked, anonymous, status, &code),
    };
    let told = if code.is_empty() { status.as_u16().to_string() } else { format!("{} {code}", status.as_u16()) };
    let wait = headers.get("retry-after").and_then(|v| v.to_str().ok()).and_then(|v| v.trim().parse().ok());
    Fault { kind: what, detail: format!("{detail} ({told})"), wait: wait.map(Duration::from_secs) }
}

/// The store's own word for what is wrong.
fn code(headers: &HeaderMap, body: &str) -> String {
    let header = headers.get("x-ms-error-code").and_then(|v| v.to_str().ok());
    let element = body.split_once("<Code>").and_then(|(_, rest)| rest.split_once("</Code>")).map(|(code, _)| code);
    let code = header.or(element).unwrap_or_default();
    code.chars().filter(char::is_ascii_alphanumeric).take(64).collect()
}

/// What both stores mean by a status.
fn common(asked: Asked, status: StatusCode) -> (FaultKind, String) {
    let (kind, detail) = match status.as_u16() {
        429 | 503 => {
            (FaultKind::Throttled, "the store asks to slow down; scan again later, or with fewer requests a second")
        }
        408 | 500..=599 => (FaultKind::Transient, "the store failed; scan it again"),
        300..=399 => (
            FaultKind::Other,
            "the endpoint sends requests elsewhere, which are not followed; give the right one with --endpoint",
        ),
        404 if asked == Asked::List => {
            (FaultKind::NotFound, "there is no such bucket or container; check the spelling")
        }
        404 => (FaultKind::NotFound, "the object is no longer there"),
        412 => (FaultKind::Changed, "the object is no longer the version that was listed; scan it again"),
        416 => (FaultKind::Changed, "the object is shorter than it was listed; scan it again"),
        _ => (FaultKind::Other, "the store refuses the request"),
    };
    (kind, detail.to_string())
}

fn azure(asked: Asked, anonymous: bool, status: StatusCode, code: &str) -> (FaultKind, String) {
    let (role, letter) = match asked {
        Asked::List => ("Reader", "l (list)"),
        Asked::Object => ("Reader", "r (read)"),
        Asked::Put => ("Contributor", "c (create) and w (write)"),
        Asked::Delete => ("Contributor", "d (delete)"),
    };
    match (status.as_u16(), code) {
        (409, "BlobAlreadyExists") => (FaultKind::Changed, "there is such a blob already".to_string()),
        (409, "BlobArchived" | "BlobBeingRehydrated") => {
            (FaultKind::Archived, "the blob lies in the archive tier; rehydrate it and scan it again".to_string())
        }
        (409, "BlobUsesCustomerSpecifiedEncryption") => (
            FaultKind::Denied,
            "the blob is encrypted with a key that the customer holds, which is not supported; copy it without one"
                .to_string(),
        ),
        (401 | 403 | 404, _) if anonymous && (status != StatusCode::NOT_FOUND || code == "ResourceNotFound") => (
            FaultKind::Denied,
            "the container is not open to everybody; leave --anonymous out and give credentials".to_string(),
        ),
        (401, _) => (
            FaultKind::Expired,
            "the credentials are not accepted, or have expired; sign in again and scan again".to_string(),
        ),
        (403, "AuthenticationFailed") => (
            FaultKind::Denied,
            "the account key or SAS is not accepted: it is wrong or has expired, or this machine's clock is off"
                .to_string(),
        ),
        (403, "AuthorizationFailure") => (
            FaultKind::Denied,
            "the account key or SAS is not accepted, or the storage account's network rules refuse this machine; check the key, let its address in, or scan from inside"
                .to_string(),
        ),
        (403, "KeyBasedAuthenticationNotPermitted") => (
            FaultKind::Denied,
            "the storage account takes no account keys; use a managed identity or a service principal".to_string(),
        ),
        (403, _) => (
            FaultKind::Denied,
            format!("the store refuses: give this identity the role Storage Blob Data {role}, or a SAS with {letter}"),
        ),
        _ => common(asked, status),
    }
}

fn gcs(asked: Asked, anonymous: bool, status: StatusCode, code: &str) -> (FaultKind, String) {
    let (permission, role) = match asked {
        Asked::List => ("storage.objects.list", "Storage Object Viewer"),
        Asked::Object => ("storage.objects.get", "Storage Object Viewer"),
        Asked::Put => ("storage.objects.create and storage.objects.delete", "Storage Object User"),
        Asked::Delete => ("storage.objects.delete", "Storage Object User"),
    };
    match (status.as_u16(), code) {
        (400, "UserProjectMissing") => (
            FaultKind::Denied,
            "the bucket is read at the requester's cost; give --requester-pays and set GOOGLE_CLOUD_PROJECT"
                .to_string(),
        ),
        (401 | 403, _) if anonymous => {
            (FaultKind::Denied, format!("the bucket does not give {permission} to everybody; leave --anonymous out"))
        }
        (401, _) => (
            FaultKind::Expired,
            "the credentials are not accepted, or have expired; sign in again and scan again".to_string(),
        ),
        (403, "RequestTimeTooSkewed") => {
            (FaultKind::Denied, "this machine's clock is off; set it and scan again".to_string())
        }
        (403, _) => (
            FaultKind::Denied,
            format!("the store refuses: give this account {permission} (the role {role}) on the bucket"),
        ),
        _ => common(asked, status),
    }
}

/// The fault of a request that got no answer, or whose answer broke off.
pub(super) fn unheard(host: &str, error: &HttpError) -> Fault {
    let cause = std::iter::successors(std::error::Error::source(error), |e| e.source()).last();
    let cause = cause.map_or_else(|| error.to_string(), ToString::to_string);
    let detail = match error.kind() {
        HttpErrorKind::Connect => format!("{host} cannot be reached: {cause}; check --endpoint and the network"),
        HttpErrorKind::Timeout => format!("{host} does not answer: {cause}; scan it again"),
        _ => format!("the connection to {host} broke: {cause}; scan it again"),
    };
    Fault::new(FaultKind::Transient, detail)
}
