//! E-mail addresses.

use super::list::List;
use super::net::{ipv4, ipv6};
use crate::model::finding::{Marks, Verdict};

/// Local parts that name a role (RFC 2142 and everyday use), lower case, in alphabetical order.
static ROLES: List = List::new(&[
    "abuse",
    "accounting",
    "accounts",
    "admin",
    "administrator",
    "billing",
    "careers",
    "compliance",
    "contact",
    "customer.service",
    "customerservice",
    "do-not-reply",
    "donotreply",
    "enquiries",
    "feedback",
    "finance",
    "git",
    "hello",
    "help",
    "helpdesk",
    "hostmaster",
    "hr",
    "info",
    "information",
    "inquiries",
    "jobs",
    "legal",
    "mail",
    "mailer-daemon",
    "marketing",
    "media",
    "news",
    "newsletter",
    "no-reply",
    "no_reply",
    "noreply",
    "notifications",
    "office",
    "orders",
    "postmaster",
    "press",
    "privacy",
    "returns",
    "root",
    "sales",
    "security",
    "service",
    "services",
    "shipping",
    "support",
    "team",
    "webmaster",
]);

/// Endings of files that no registry has as a domain: `icon@2x.png` is a picture.
static FILES: List = List::new(&[
    "png", "jpg", "jpeg", "gif", "svg", "webp", "bmp", "ico", "css", "js", "json", "html", "xml", "pdf", "txt", "csv",
]);

/// Words that people type when a form insists on an address.
static FILLERS: List =
    List::new(&["na", "n.a", "none", "noemail", "no", "test", "asdf", "null", "unknown", "nobody", "x", "xx"]);

/// An e-mail address as a URL holds it: the at sign is `%40` (RFC 3986 section 2.1).
pub fn email_encoded(bytes: &[u8]) -> Verdict {
    let mut plain = [0; 256];
    let Some(at) = bytes.windows(3).rposition(|w| w == b"%40") else {
        return Verdict::Invalid("no %40 for the at sign");
    };
    let Some(room) = plain.get_mut(..bytes.len() - 2) else { return Verdict::Invalid("longer than 254 bytes") };
    room[..at].copy_from_slice(&bytes[..at]);
    room[at] = b'@';
    room[at + 1..].copy_from_slice(&bytes[at + 3..]);
    email(room)
}

/// An e-mail address: RFC 5321 lengths (local part 64, domain 255, whole 254), RFC 5322 dot-atom or quoted local part with
/// UTF-8 (RFC 6531), host name labels (RFC 1123), an address literal, or a domain whose last label is letters or `xn--`.
/// Addresses at `example.com` are addresses: whole test systems are full of them, one for each person.
pub fn email(bytes: &[u8]) -> Verdict {
    ensure!(bytes.len() <= 254, "longer than 254 bytes");
    let Some(at) = bytes.iter().rposition(|b| *b == b'@') else { return Verdict::Invalid("no at sign") };
    let (local, domain) = (&bytes[..at], &bytes[at + 1..]);
    ensure!(is_local(local), "what stands before the at sign is no local part");
    ensure!(
        is_domain(domain) || is_literal(domain),
        "what stands after the at sign is no domain that can be registered"
    );
    let mut marks = Marks::default();
    if ROLES.has(local) {
        marks = marks.with(Marks::ROLE);
    }
    let first_label = || domain.split(|b| *b == b'.').next().unwrap_or(domain);
    let filler = |label: &[u8]| label.eq_ignore_ascii_case(local) || FILLERS.has(label);
    if FILLERS.has(local) && filler(first_label()) {
        marks = marks.with(Marks::PLACEHOLDER);
    }
    Verdict::Valid { proven: false, marks }
}

fn is_local(local: &[u8]) -> bool {
    if local.is_empty() || local.len() > 64 {
        return false;
    }
    match local {
        [b'"', inner @ .., b'"'] => is_quoted(inner),
        _ => is_dot_atom(local),
    }
}

/// What stands between quotes: anything printable, quotes and backslashes escaped.
fn is_quoted(inner: &[u8]) -> bool {
    let mut escaped = false;
    for &byte in inner {
        if byte < b' ' || byte == 0x7f {
            return false;
        }
        if escaped {
            escaped = false;
        } else if byte == b'\\' {
            escaped = true;
        } else if byte == b'"' {
            return false;
        }
    }
    !escaped && !inner.is_empty() && std::str::from_utf8(inner).is_ok()
}

fn is_dot_atom(local: &[u8]) -> bool {
    if local.is_ascii() {
        let mut before = b'.';
        for &byte in local {
            if !ATOM[usize::from(byte)] || (byte, before) == (b'.', b'.') {
                return false;
            }
            before = byte;
        }
        return before != b'.';
    }
    let Ok(text) = std::str::from_utf8(local) else { return false };
    text.split('.').all(|atom| !atom.is_empty())
        && text
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || ".!#$%&'*+/=?^_`{|}~-".contains(c) || (!c.is_ascii() && is_letter(c)))
}

/// Signs of a local part of plain letters, dots among them.
const ATOM: [bool; 256] = {
    let signs = b".!#$%&'*+/=?^_`{|}~-";
    let mut table = [false; 256];
    let mut i = 0;
    while i < 256 {
        table[i] = (i as u8).is_ascii_alphanumeric();
        i += 1;
    }
    let mut i = 0;
    while i < signs.len() {
        table[signs[i] as usize] = true;
        i += 1;
    }
    table
};

/// Letters beyond ASCII, without the full-width forms, which IDNA (RFC 5892) disallows.
fn is_letter(c: char) -> bool {
    c.is_alphanumeric() && !('\u{ff00}'..='\u{ffef}').contains(&c)
}

fn is_domain(domain: &[u8]) -> bool {
    if domain.is_ascii() { is_ascii_domain(domain) } else { is_any_domain(domain) }
}

/// [`is_any_domain`] for plain letters, in one pass.
fn is_ascii_domain(domain: &[u8]) -> bool {
    let mut start = 0;
    for (at, &byte) in domain.iter().enumerate() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' => {}
            b'-' if at > start => {}
            b'.' if at > start && at - start <= 63 && domain[at - 1] != b'-' => start = at + 1,
            _ => return false,
        }
    }
    let last = &domain[start..];
    let top = (2..=24).contains(&last.len()) && last.iter().all(u8::is_ascii_alphabetic);
    let coded = last.get(..4).is_some_and(|p| p.eq_ignore_ascii_case(b"xn--")) && last.len() > 4;
    let labelled = last.len() <= 63 && !last.ends_with(b"-");
    start > 0 && labelled && (top || coded) && !FILES.has(last)
}

fn is_any_domain(domain: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(domain) else { return false };
    let labels_ok = text.split('.').all(|label| {
        !label.is_empty()
            && label.len() <= 63
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || (!c.is_ascii() && is_letter(c)))
    });
    let Some((_, last)) = text.rsplit_once('.') else { return false };
    let top_ok = if last.is_ascii() {
        (last.len() >= 2 && last.len() <= 24 && last.bytes().all(|b| b.is_ascii_alphabetic()))
            || last.get(..4).is_some_and(|p| p.eq_ignore_ascii_case("xn--") && last.len() > 4)
    } else {
        last.chars().all(char::is_alphabetic) && last.chars().count() >= 2
    };
    labels_ok && top_ok && !FILES.has(last.as_bytes())
}

/// An address literal (RFC 5321 section 4.1.3): `[192.0.2.1]` or `[IPv6:2001:db8::1]`.
fn is_literal(domain: &[u8]) -> bool {
    let [b'[', inner @ .., b']'] = domain else { return false };
    match inner.split_at_checked(5) {
        Some((tag, address)) if tag.eq_ignore_ascii_case(b"ipv6:") => {
            address.iter().filter(|b| **b == b':').count() >= 2 && ipv6(address).is_valid()
        }
        _ => ipv4(inner).is_valid(),
    }
}
