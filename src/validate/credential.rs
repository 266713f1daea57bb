//! Keys, tokens and session ids that open something.

use super::digits::trim;
use crate::model::finding::{Marks, Verdict};

/// How many different bytes there are, at most 64 looked at.
fn variety(bytes: &[u8]) -> u32 {
    let seen = bytes.iter().take(64).fold(0u128, |seen, b| seen | 1 << (b & 127));
    seen.count_ones()
}

/// Whether documentation wrote it (`AKIAIOSFODNN7EXAMPLE`).
fn is_example(bytes: &[u8]) -> bool {
    bytes.windows(7).any(|w| w.eq_ignore_ascii_case(b"example"))
}

const VARIETY: &str = "too few different bytes for a secret";

fn secret(bytes: &[u8]) -> Verdict {
    Verdict::Valid { proven: false, marks: if is_example(bytes) { Marks::TEST } else { Marks::default() } }
}

/// A key or token whose pattern says what it is (the prefixes that their issuers publish): 16 to 512 visible bytes of which
/// at least eight differ, so that `xxxxxxxx` and `AKIA0000...` are none.
pub fn access_key(bytes: &[u8]) -> Verdict {
    let bytes = trim(bytes);
    let visible = bytes.iter().all(u8::is_ascii_graphic);
    ensure!((16..=512).contains(&bytes.len()), "not 16 to 512 bytes");
    ensure!(visible, "bytes that are not visible");
    ensure!(variety(bytes) >= 8, VARIETY);
    secret(bytes)
}

/// A secret access key of AWS (IAM User Guide): forty characters of base64 with capitals, small letters and digits.
pub fn aws_secret_key(bytes: &[u8]) -> Verdict {
    let bytes = trim(bytes);
    let base64 = bytes.iter().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'/' | b'+'));
    let mixed = bytes.iter().any(u8::is_ascii_uppercase)
        && bytes.iter().any(u8::is_ascii_lowercase)
        && bytes.iter().any(u8::is_ascii_digit);
    ensure!(bytes.len() == 40 && base64, "not 40 signs of base64");
    ensure!(mixed, "not capitals, small letters and digits");
    ensure!(variety(bytes) >= 14, VARIETY);
    secret(bytes)
}

/// An account key of Azure (Microsoft Learn, storage account keys): 64 bytes as base64.
pub fn azure_key(bytes: &[u8]) -> Verdict {
    let bytes = trim(bytes);
    let Some(body) = bytes.strip_suffix(b"==") else { return Verdict::Invalid("no padding of base64 at its end") };
    let base64 = body.iter().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'/' | b'+'));
    ensure!(body.len() == 86 && base64, "not 64 bytes as base64");
    ensure!(variety(body) >= 20, VARIETY);
    secret(bytes)
}

/// A JSON Web Token in compact form (RFC 7519, RFC 7515 section 3.1): three parts of base64url between points, the first an
/// object, the second one too; the third is empty where nothing signs it.
pub fn jwt(bytes: &[u8]) -> Verdict {
    let bytes = trim(bytes);
    let mut parts = bytes.splitn(4, |b| *b == b'.');
    let (Some(header), Some(claims), Some(signature), None) = (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return Verdict::Invalid("not three parts between points");
    };
    let base64url =
        |part: &[u8]| part.len() % 4 != 1 && part.iter().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'));
    // `{"`, or `{` and a blank or a line feed.
    let object = |part: &[u8]| [&b"eyJ"[..], b"eyA", b"ewo", b"ew0"].iter().any(|head| part.starts_with(head));
    ensure!(base64url(header) && base64url(claims) && base64url(signature), "a part is not base64url");
    ensure!(object(header) && object(claims), "header or claims are no JSON object");
    ensure!(header.len() >= 12, "its header is too short to name an algorithm");
    Verdict::PROVEN
}

/// The head of a private key in PEM (RFC 7468, RFC 5208) or of OpenPGP armour (RFC 9580 section 6.2).
pub fn private_key(bytes: &[u8]) -> Verdict {
    let bytes = trim(bytes);
    let right = bytes.starts_with(b"-----BEGIN ") && bytes.windows(11).any(|w| w == b"PRIVATE KEY");
    ensure!(right, "not the head of a private key");
    Verdict::PROVEN
}

/// A session id or cookie (RFC 6265; OWASP, session id length): 16 to 512 visible bytes without quotes and brackets, of which
/// at least eight differ, with a digit.
pub fn session_id(bytes: &[u8]) -> Verdict {
    let bytes = trim(bytes);
    let visible = bytes.iter().all(|b| b.is_ascii_graphic() && !b"\"'<>{}()[]$\\".contains(b));
    let digit = bytes.iter().any(u8::is_ascii_digit);
    ensure!((16..=512).contains(&bytes.len()), "not 16 to 512 bytes");
    ensure!(visible, "quotes, brackets or bytes that are not visible");
    ensure!(digit, "no digit");
    ensure!(variety(bytes) >= 8, VARIETY);
    secret(bytes)
}

/// The value of a `Cookie` header (RFC 6265 section 4.2.1): pairs of a name and a value between semicolons.
pub fn cookie(bytes: &[u8]) -> Verdict {
    let bytes = trim(bytes);
    ensure!((8..=1024).contains(&bytes.len()), "not 8 to 1024 bytes");
    let name = |b: &u8| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(b);
    let value = |b: &u8| b.is_ascii_graphic() && !b"\",;\\".contains(b);
    let pairs = bytes.split(|b| *b == b';').all(|pair| {
        let pair = pair.trim_ascii();
        pair.iter().position(|b| *b == b'=').is_some_and(|at| {
            at > 0 && pair[..at].iter().all(name) && pair[at + 1..].iter().all(|b| value(b) || *b == b'"')
        })
    });
    ensure!(pairs, "not pairs of a name and a value between semicolons");
    ensure!(variety(bytes) >= 8, VARIETY);
    secret(bytes)
}
