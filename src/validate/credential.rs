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

fn secret(bytes: &[u8], right: bool) -> Verdict {
    if !right {
        return Verdict::Invalid;
    }
    Verdict::Valid { proven: false, marks: if is_example(bytes) { Marks::TEST } else { Marks::default() } }
}

/// A key or token whose pattern says what it is (the prefixes that their issuers publish): 16 to 512 visible bytes of which
/// at least eight differ, so that `xxxxxxxx` and `AKIA0000...` are none.
pub fn access_key(bytes: &[u8]) -> Verdict {
    let bytes = trim(bytes);
    let visible = bytes.iter().all(u8::is_ascii_graphic);
    secret(bytes, (16..=512).contains(&bytes.len()) && visible && variety(bytes) >= 8)
}

/// A secret access key of AWS (IAM User Guide): forty characters of base64 with capitals, small letters and digits.
pub fn aws_secret_key(bytes: &[u8]) -> Verdict {
    let bytes = trim(bytes);
    let base64 = bytes.iter().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'/' | b'+'));
    let mixed = bytes.iter().any(u8::is_ascii_uppercase)
        && bytes.iter().any(u8::is_ascii_lowercase)
        && bytes.iter().any(u8::is_ascii_digit);
    secret(bytes, bytes.len() == 40 && base64 && mixed && variety(bytes) >= 14)
}

/// An account key of Azure (Microsoft Learn, storage account keys): 64 bytes as base64.
pub fn azure_key(bytes: &[u8]) -> Verdict {
    let bytes = trim(bytes);
    let Some(body) = bytes.strip_suffix(b"==") else { return Verdict::Invalid };
    let base64 = body.iter().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'/' | b'+'));
    secret(bytes, body.len() == 86 && base64 && variety(body) >= 20)
}

/// A JSON Web Token in compact form (RFC 7519, RFC 7515 section 3.1): three parts of base64url between points, the first an
/// object, the second one too; the third is empty where nothing signs it.
pub fn jwt(bytes: &[u8]) -> Verdict {
    let bytes = trim(bytes);
    let mut parts = bytes.splitn(4, |b| *b == b'.');
    let (Some(header), Some(claims), Some(signature), None) = (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return Verdict::Invalid;
    };
    let base64url =
        |part: &[u8]| part.len() % 4 != 1 && part.iter().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'));
    // `{"`, or `{` and a blank or a line feed.
    let object = |part: &[u8]| [&b"eyJ"[..], b"eyA", b"ewo", b"ew0"].iter().any(|head| part.starts_with(head));
    let right = base64url(header) && base64url(claims) && base64url(signature) && object(header) && object(claims);
    if right && header.len() >= 12 { Verdict::PROVEN } else { Verdict::Invalid }
}

/// The head of a private key in PEM (RFC 7468, RFC 5208) or of OpenPGP armour (RFC 9580 section 6.2).
pub fn private_key(bytes: &[u8]) -> Verdict {
    let bytes = trim(bytes);
    let right = bytes.starts_with(b"-----BEGIN ") && bytes.windows(11).any(|w| w == b"PRIVATE KEY");
    if right { Verdict::PROVEN } else { Verdict::Invalid }
}

/// A session id or cookie (RFC 6265; OWASP, session id length): 16 to 512 visible bytes without quotes and brackets, of which
/// at least eight differ, with a digit.
pub fn session_id(bytes: &[u8]) -> Verdict {
    let bytes = trim(bytes);
    let visible = bytes.iter().all(|b| b.is_ascii_graphic() && !b"\"'<>{}()[]$\\".contains(b));
    let digit = bytes.iter().any(u8::is_ascii_digit);
    secret(bytes, (16..=512).contains(&bytes.len()) && visible && digit && variety(bytes) >= 8)
}

/// The value of a `Cookie` header (RFC 6265 section 4.2.1): pairs of a name and a value between semicolons.
pub fn cookie(bytes: &[u8]) -> Verdict {
    let bytes = trim(bytes);
    if !(8..=1024).contains(&bytes.len()) {
        return Verdict::Invalid;
    }
    let name = |b: &u8| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(b);
    let value = |b: &u8| b.is_ascii_graphic() && !b"\",;\\".contains(b);
    let pairs = bytes.split(|b| *b == b';').all(|pair| {
        let pair = pair.trim_ascii();
        pair.iter().position(|b| *b == b'=').is_some_and(|at| {
            at > 0 && pair[..at].iter().all(name) && pair[at + 1..].iter().all(|b| value(b) || *b == b'"')
        })
    });
    secret(bytes, pairs && variety(bytes) >= 8)
}
