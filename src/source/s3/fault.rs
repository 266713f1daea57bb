//! What S3 and the SDK say when something fails, as sentences with a remedy.
//!
//! A store's own message is never passed on: it may hold anything. What is taken from it is its code and, of a refusal,
//! the action that was refused.

use super::super::wire::fault::{Fault, FaultKind};
use super::client::Account;
use aws_sdk_s3::error::{DisplayErrorContext, ProvideErrorMetadata, SdkError};
use std::error::Error;
use std::time::Duration;

/// What was asked, and the permission it takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Asked {
    List,
    ListVersions,
    Get,
    GetVersion,
    Tags,
    Put,
    Delete,
}

impl Asked {
    /// The IAM action.
    pub fn action(self) -> &'static str {
        match self {
            Asked::List => "s3:ListBucket",
            Asked::ListVersions => "s3:ListBucketVersions",
            Asked::Get => "s3:GetObject",
            Asked::GetVersion => "s3:GetObjectVersion",
            Asked::Tags => "s3:GetObjectTagging",
            Asked::Put => "s3:PutObject",
            Asked::Delete => "s3:DeleteObject",
        }
    }

    fn is_listing(self) -> bool {
        matches!(self, Asked::List | Asked::ListVersions)
    }
}

/// A failed request: the fault, and the region that the store named if it sent the request on.
pub(super) fn fault_of<E>(error: &SdkError<E>, asked: Asked, account: &Account) -> (Fault, Option<String>)
where
    E: ProvideErrorMetadata + Error + 'static,
{
    let place = account.place();
    let new = |kind, detail: &str| Fault::new(kind, detail);
    let fault = match error {
        SdkError::ServiceError(_) | SdkError::ResponseError(_) => {
            let raw = error.raw_response();
            let status = raw.map_or(0, |r| r.status().as_u16());
            let header = |name: &str| raw.and_then(|r| r.headers().get(name));
            let (code, message) = match error {
                SdkError::ServiceError(service) => {
                    (service.err().code().unwrap_or_default(), service.err().message().unwrap_or_default())
                }
                _ => ("", ""),
            };
            if !(status == 304 || (200..300).contains(&status)) || !code.is_empty() {
                let region = header("x-amz-bucket-region").filter(|r| is_region(r)).map(str::to_string);
                let wait = header("retry-after").and_then(|s| s.trim().parse().ok()).map(Duration::from_secs);
                let fault = of_status(status, code, message, asked, account, region.as_deref());
                return (Fault { wait, ..fault }, region.filter(|r| *r != account.region()));
            }
            let detail = format!("the answer of {place} is none that S3 gives, or broke off; check --endpoint");
            new(FaultKind::Transient, &detail)
        }
        SdkError::TimeoutError(_) => {
            new(FaultKind::Transient, &format!("{place} did not answer in time; scan it again"))
        }
        error => {
            let text = DisplayErrorContext(error).to_string();
            // The SDK has no type for it: the chain ends in a provider's own error.
            if text.contains("CredentialsNotLoaded") || text.contains("no providers in chain") {
                new(
                    FaultKind::Denied,
                    "no credentials were found: set AWS_PROFILE or --profile, or AWS_ACCESS_KEY_ID and \
                     AWS_SECRET_ACCESS_KEY, or run where a role is attached; --anonymous reads public buckets",
                )
            } else if text.contains("redential") {
                new(
                    FaultKind::Expired,
                    "the credentials could not be read or are no longer valid: sign in again (`aws sso login`), or check \
                     the profile",
                )
            } else if text.contains("certificate") || text.contains("Certificate") {
                new(FaultKind::Other, &format!("{place} shows a certificate that is not trusted; check --endpoint"))
            } else if matches!(error, SdkError::DispatchFailure(_)) {
                new(
                    FaultKind::Transient,
                    &format!("the connection to {place} failed or broke off; check the network and --endpoint"),
                )
            } else {
                new(FaultKind::Other, "the request could not be made; check the bucket's name and --endpoint")
            }
        }
    };
    (fault, None)
}

fn of_status(status: u16, code: &str, message: &str, asked: Asked, account: &Account, region: Option<&str>) -> Fault {
    let new = |kind, detail: String| Fault::new(kind, detail);
    let place = account.place();
    match (status, code) {
        (_, "NoSuchBucket") => new(FaultKind::NotFound, format!("there is no such bucket at {place}; check its name")),
        (_, "InvalidBucketName") => {
            new(FaultKind::Other, "a bucket cannot have such a name; write s3://BUCKET/PREFIX".to_string())
        }
        (_, "NoSuchKey" | "NoSuchVersion") => new(FaultKind::NotFound, "the object is gone since it was listed".to_string()),
        (_, "InvalidObjectState") => new(FaultKind::Archived, archived("an archive tier")),
        (_, "RequestTimeTooSkewed") => new(
            FaultKind::Other,
            "this machine's clock and the store's differ by more than 15 minutes; set the clock (NTP) and scan again"
                .to_string(),
        ),
        (_, "PreconditionFailed") | (412, _) => new(
            FaultKind::Changed,
            "the object changed between its listing and now; scan it again".to_string(),
        ),
        (_, "InvalidRange") | (416, _) => new(
            FaultKind::Changed,
            "the object is shorter than it was when listed; scan it again".to_string(),
        ),
        (_, "ExpiredToken" | "ExpiredTokenException" | "TokenRefreshRequired" | "RequestExpired") => new(
            FaultKind::Expired,
            "the credentials have expired and no newer ones were found: sign in again, and scan again".to_string(),
        ),
        (_, "InvalidAccessKeyId" | "InvalidToken" | "SignatureDoesNotMatch" | "InvalidClientTokenId") => new(
            FaultKind::Denied,
            format!("{place} does not accept these credentials ({code}); check AWS_PROFILE, the keys and --endpoint"),
        ),
        (_, "PermanentRedirect" | "TemporaryRedirect" | "AuthorizationHeaderMalformed" | "IllegalLocationConstraintException")
        | (301 | 302 | 307 | 308, _) => match region {
            Some(region) => new(
                FaultKind::Other,
                format!("the bucket is in {region}, and requests went to {place}; give --region {region}"),
            ),
            None => new(
                FaultKind::Other,
                format!("{place} sends requests on to another place, which is not followed; check --endpoint and --region"),
            ),
        },
        (_, "SlowDown" | "Throttling" | "ThrottlingException" | "RequestLimitExceeded" | "TooManyRequests" | "ServiceUnavailable")
        | (429 | 503, _) => {
            new(FaultKind::Throttled, format!("{place} asks for fewer requests; scan again with --max-requests-per-second"))
        }
        (_, "ConditionalRequestConflict") => {
            new(FaultKind::Transient, format!("another request at {place} was about the same object; run it again"))
        }
        (_, "RequestTimeout" | "InternalError" | "OperationAborted") | (408 | 500 | 502 | 504, _) => {
            new(FaultKind::Transient, format!("{place} answered with an error of its own ({status}); scan it again"))
        }
        (_, code) if code.starts_with("KMS.") => new(
            FaultKind::Denied,
            "the key that encrypts the object is disabled or gone (KMS); enable it, or leave the object out".to_string(),
        ),
        (400, "InvalidRequest" | "InvalidArgument" | "") if !asked.is_listing() && is_customer_key(code, message) => new(
            FaultKind::Denied,
            "the object is encrypted with a key that the customer keeps (SSE-C), which Rollcall is not given; copy it under \
             another encryption"
                .to_string(),
        ),
        (403, _) | (_, "AccessDenied" | "AllAccessDisabled" | "AccountProblem") => {
            let action = refused(message).unwrap_or(asked.action());
            let on = match action.split_once(':') {
                Some(("kms", _)) => "the key that encrypts it",
                _ if asked.is_listing() => "the bucket",
                _ => "the object",
            };
            new(FaultKind::Denied, format!("access is denied: the policy must allow {action} on {on}"))
        }
        (401, _) => new(FaultKind::Denied, format!("{place} wants credentials; set AWS_PROFILE or give --profile")),
        (404, _) if asked.is_listing() => {
            new(FaultKind::NotFound, format!("there is no such bucket at {place}; check its name"))
        }
        (404, _) => new(FaultKind::NotFound, "the object is gone since it was listed".to_string()),
        (_, code) => {
            let code: String = code.chars().filter(char::is_ascii_alphanumeric).take(64).collect();
            new(FaultKind::Other, format!("{place} refused the request ({status} {code})"))
        }
    }
}

/// The sentence of an object that must be restored first.
pub(super) fn archived(class: &str) -> String {
    format!("the object lies in {class} and must be restored first (s3:RestoreObject); restore it and scan again")
}

/// Whether a refusal is about a key that the customer keeps. A HEAD has no body to tell it.
fn is_customer_key(code: &str, message: &str) -> bool {
    code.is_empty() || message.contains("Server Side Encryption") || message.contains("customer-provided")
}

/// The action of "... is not authorized to perform: kms:Decrypt on resource ...", of which nothing else is taken.
fn refused(message: &str) -> Option<&'static str> {
    const KNOWN: &[&str] = &[
        "kms:Decrypt",
        "kms:GenerateDataKey",
        "s3:GetObjectVersionTagging",
        "s3:GetObjectVersion",
        "s3:GetObjectTagging",
        "s3:GetObject",
        "s3:PutObject",
        "s3:DeleteObject",
        "s3:ListBucketVersions",
        "s3:ListBucket",
    ];
    KNOWN.iter().copied().find(|action| message.contains(action))
}

/// A region's name, and nothing that only looks like one.
fn is_region(text: &str) -> bool {
    (1..=32).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
}
