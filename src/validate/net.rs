//! Internet addresses.

use super::digits::trim;
use crate::model::finding::{Marks, Verdict};

/// An IPv4 address in dotted decimal: four numbers to 255 without leading zeros (RFC 1123 section 2.1, RFC 6943 section
/// 3.1.1 on why leading zeros are refused). Loopback, unspecified, multicast and reserved addresses (RFC 6890), netmasks among them,
/// stand for nobody.
pub fn ipv4(bytes: &[u8]) -> Verdict {
    match octets(trim(bytes)) {
        None => Verdict::Invalid("not four numbers to 255 without leading zeros"),
        Some(address) => {
            let nobody = address[0] == 127 || address == [0; 4] || address[0] >= 224;
            Verdict::Valid { proven: false, marks: if nobody { Marks::PLACEHOLDER } else { Marks::default() } }
        }
    }
}

/// An IPv6 address in any form of RFC 4291 section 2.2, with a zone (RFC 4007 section 11) or without.
pub fn ipv6(bytes: &[u8]) -> Verdict {
    let bytes = trim(bytes);
    let (address, zone) = match bytes.iter().position(|b| *b == b'%') {
        Some(at) => (&bytes[..at], Some(&bytes[at + 1..])),
        None => (bytes, None),
    };
    // An interface name has at most 15 characters on Linux; 32 leaves room for others.
    let zone_ok = zone.is_none_or(|z| {
        !z.is_empty() && z.len() <= 32 && z.iter().all(|b| b.is_ascii_alphanumeric() || b"._~-".contains(b))
    });
    ensure!(zone_ok, "its zone is no name of an interface");
    ensure!(groups(address), "not eight groups of hexadecimal digits, or fewer with one `::`");
    let nobody = matches!(address, b"::" | b"::1");
    Verdict::Valid { proven: false, marks: if nobody { Marks::PLACEHOLDER } else { Marks::default() } }
}

/// The four numbers of a dotted decimal address.
fn octets(bytes: &[u8]) -> Option<[u8; 4]> {
    let mut address = [0u8; 4];
    let mut parts = bytes.split(|b| *b == b'.');
    for octet in &mut address {
        let part = parts.next()?;
        let leading_zero = part.len() > 1 && part[0] == b'0';
        if part.is_empty() || part.len() > 3 || leading_zero || !part.iter().all(u8::is_ascii_digit) {
            return None;
        }
        let value = part.iter().fold(0u16, |n, d| n * 10 + u16::from(d - b'0'));
        *octet = u8::try_from(value).ok()?;
    }
    parts.next().is_none().then_some(address)
}

/// Whether bytes are eight groups of hex digits, fewer with one `::`, the last two perhaps an IPv4 address.
fn groups(bytes: &[u8]) -> bool {
    if bytes.len() < 2 || bytes.len() > 45 {
        return false;
    }
    let double = bytes.windows(2).position(|pair| pair == b"::");
    match double {
        None => count(bytes, true) == Some(8),
        Some(at) => {
            let (head, tail) = (&bytes[..at], &bytes[at + 2..]);
            // An IPv4 address may only end the whole; `::` stands for at least one group.
            let head = if head.is_empty() { Some(0) } else { count(head, false) };
            let tail = if tail.is_empty() { Some(0) } else { count(tail, true) };
            matches!((head, tail), (Some(h), Some(t)) if h + t <= 7)
        }
    }
}

/// How many 16-bit groups colon-separated bytes have; `None` when a part is none.
fn count(bytes: &[u8], ipv4_last: bool) -> Option<usize> {
    let mut groups = 0;
    let mut parts = bytes.split(|b| *b == b':').peekable();
    while let Some(part) = parts.next() {
        if ipv4_last && parts.peek().is_none() && part.contains(&b'.') {
            octets(part)?;
            groups += 2;
        } else {
            if part.is_empty() || part.len() > 4 || !part.iter().all(u8::is_ascii_hexdigit) {
                return None;
            }
            groups += 1;
        }
    }
    Some(groups)
}
