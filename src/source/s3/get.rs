//! One GET, and what it must answer.

use super::super::wire::check::Check;
use super::super::wire::fault::{Fault, FaultKind};
use super::super::wire::store::{Body, Store, Target};
use super::client::Account;
use super::fault::{Asked, fault_of};
use aws_sdk_s3::operation::get_object::GetObjectOutput;
use aws_sdk_s3::types::{ChecksumMode, ChecksumType, RequestPayer, ServerSideEncryption};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use futures_util::future::BoxFuture;
use futures_util::stream;
use std::ops::Range;

/// A bucket, as far as reading goes.
pub(super) struct Bucket {
    pub name: String,
    pub account: Account,
}

impl Bucket {
    pub fn payer(&self) -> Option<RequestPayer> {
        self.account.requester_pays().then_some(RequestPayer::Requester)
    }
}

impl Store for Bucket {
    fn get<'a>(&'a self, target: &'a Target, range: Range<u64>) -> BoxFuture<'a, Result<Body, Fault>> {
        Box::pin(self.get_once(target, range))
    }

    fn check<'a>(&'a self, target: &'a Target) -> BoxFuture<'a, Result<Option<Check>, Fault>> {
        Box::pin(async move {
            let head = self.account.client().head_object().bucket(&self.name).key(&target.key);
            let head = head
                .set_version_id(target.version_id.clone())
                .set_request_payer(self.payer())
                .checksum_mode(ChecksumMode::Enabled);
            let told = head.send().await.map_err(|e| fault_of(&e, Asked::Get, &self.account).0)?;
            let is_same = target.etag.as_deref().is_none_or(|e| told.e_tag().map(bare) == Some(e));
            Ok(cheap(
                told.checksum_type(),
                [told.checksum_crc64_nvme(), told.checksum_crc32_c(), told.checksum_crc32()],
            )
            .filter(|_| is_same))
        })
    }

    fn renew(&self) -> BoxFuture<'_, ()> {
        Box::pin(self.account.renew())
    }
}

impl Bucket {
    async fn get_once(&self, target: &Target, range: Range<u64>) -> Result<Body, Fault> {
        let is_whole = target.is_whole(&range);
        let get = self.account.client().get_object().bucket(&self.name).key(&target.key);
        let get = get
            .set_version_id(target.version_id.clone())
            .set_if_match(target.etag.as_ref().map(|etag| format!("\"{etag}\"")))
            .set_request_payer(self.payer())
            .set_checksum_mode(is_whole.then_some(ChecksumMode::Enabled))
            .set_range((!is_whole).then(|| format!("bytes={}-{}", range.start, range.end - 1)));
        let asked = if target.version_id.is_some() { Asked::GetVersion } else { Asked::Get };
        let told = get.send().await.map_err(|e| fault_of(&e, asked, &self.account).0)?;
        is_asked_for(&told, target, &range)?;
        let cheap =
            cheap(told.checksum_type(), [told.checksum_crc64_nvme(), told.checksum_crc32_c(), told.checksum_crc32()]);
        let (check, is_checked) = match (is_whole, cheap) {
            (true, Some(check)) => (Some(check), true),
            (true, None) => (md5(&told), false),
            (false, _) => (None, false),
        };
        let place = self.account.place();
        let chunks = stream::unfold(Some((told.body, place)), |state| async move {
            let (mut body, place) = state?;
            match body.next().await? {
                Ok(chunk) => Some((Ok(chunk), Some((body, place)))),
                Err(e) => {
                    let text = aws_sdk_s3::error::DisplayErrorContext(&e).to_string();
                    let fault = match text.contains("hecksum") {
                        true => Fault::new(
                            FaultKind::Corrupt,
                            "the bytes that came do not have the store's checksum; scan the object again",
                        ),
                        false => Fault::new(
                            FaultKind::Transient,
                            format!("{place} broke off in the middle of the object; scan it again"),
                        ),
                    };
                    Some((Err(fault), None))
                }
            }
        });
        Ok(Body { chunks: Box::pin(chunks), check, is_checked })
    }
}

/// Whether an answer is the range of the version that was asked for.
fn is_asked_for(told: &GetObjectOutput, target: &Target, range: &Range<u64>) -> Result<(), Fault> {
    let changed = || Fault::new(FaultKind::Changed, "the object changed between its listing and now; scan it again");
    let lies = || {
        Fault::new(
            FaultKind::Other,
            "the store does not give the bytes that were asked for (its lengths contradict each other); check --endpoint",
        )
    };
    if let (Some(listed), Some(now)) = (target.etag.as_deref(), told.e_tag().map(bare))
        && listed != now
    {
        return Err(changed());
    }
    let now = told.last_modified().map(|at| at.secs());
    if let (None, Some(listed), Some(now)) = (&target.etag, target.modified, now)
        && listed.div_euclid(1_000_000) != now
    {
        return Err(changed());
    }
    match told.content_range() {
        Some(text) => {
            let parsed = text.strip_prefix("bytes ").and_then(|t| t.split_once('/'));
            let (part, total) = parsed.ok_or_else(lies)?;
            let (first, last) = part.split_once('-').ok_or_else(lies)?;
            if total != "*" && total.parse() != Ok(target.size) {
                return Err(changed());
            }
            if (first.parse(), last.parse()) != (Ok(range.start), Ok(range.end - 1)) {
                return Err(lies());
            }
        }
        None if !target.is_whole(range) => return Err(lies()),
        None => {}
    }
    match told.content_length().and_then(|n| u64::try_from(n).ok()) {
        Some(length) if length != range.end - range.start && target.is_whole(range) => Err(changed()),
        Some(length) if length != range.end - range.start => Err(lies()),
        _ => Ok(()),
    }
}

/// A sum over the whole object that costs little; a sum of the sums of its parts cannot be checked front to back.
fn cheap(kind: Option<&ChecksumType>, [crc64, crc32c, crc32]: [Option<&str>; 3]) -> Option<Check> {
    if matches!(kind, Some(ChecksumType::Composite)) {
        return None;
    }
    fn bytes<const N: usize>(text: Option<&str>) -> Option<[u8; N]> {
        BASE64.decode(text?).ok()?.try_into().ok()
    }
    bytes(crc64)
        .map(|b| Check::Crc64Nvme(u64::from_be_bytes(b)))
        .or_else(|| bytes(crc32c).map(|b| Check::Crc32c(u32::from_be_bytes(b))))
        .or_else(|| bytes(crc32).map(|b| Check::Crc32(u32::from_be_bytes(b))))
}

/// The MD5 that an ETag is, where it is one: of an object in one part that no customer's key encrypts.
/// <https://docs.aws.amazon.com/AmazonS3/latest/API/API_Object.html>
fn md5(told: &GetObjectOutput) -> Option<Check> {
    let plain = told.server_side_encryption().is_none_or(|s| *s == ServerSideEncryption::Aes256);
    if !plain || told.sse_customer_algorithm().is_some() {
        return None;
    }
    let text = bare(told.e_tag()?);
    let digit = |i: usize| u8::from_str_radix(text.get(i..i + 2)?, 16).ok();
    let mut sum = [0; 16];
    for (i, byte) in sum.iter_mut().enumerate() {
        *byte = digit(2 * i)?;
    }
    (text.len() == 32 && text.bytes().all(|b| b.is_ascii_hexdigit())).then_some(Check::Md5(sum))
}

/// An ETag without what stores put around it.
pub(super) fn bare(etag: &str) -> &str {
    etag.strip_prefix("W/").unwrap_or(etag).trim_matches('"')
}
