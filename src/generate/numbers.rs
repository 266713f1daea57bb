//! Numbers that are shaped as the real ones are: with their check digits and issued ranges, drawn at random.
//!
//! The second half are the numbers that only look personal: what a scanner must leave alone.

use super::places::{AREA_CODES, EuPlace};
use super::rng::permute;
use fastrand::Rng;

/// Social Security numbers that can have been issued: 898 areas (not 000, 666, 9xx), 99 groups, 9999 serials.
const SSN_SPACE: u64 = 898 * 99 * 9999;

/// The SSN of a person, as nine digits; no two people share one.
pub(super) fn ssn(seed: u64, index: u64) -> u32 {
    let n = permute(seed, 11, index, SSN_SPACE);
    let (area, rest) = (n / (99 * 9999), n % (99 * 9999));
    let area = if area + 1 >= 666 { area + 2 } else { area + 1 };
    (area * 1_000_000 + (rest / 9999 + 1) * 10_000 + rest % 9999 + 1) as u32
}

/// An SSN in one of the ways it is written.
pub(super) fn ssn_text(ssn: u32, style: usize) -> String {
    match style % 3 {
        0 => format!("{:03}-{:02}-{:04}", ssn / 1_000_000, ssn / 10_000 % 100, ssn % 10_000),
        1 => format!("{ssn:09}"),
        _ => format!("{:03} {:02} {:04}", ssn / 1_000_000, ssn / 10_000 % 100, ssn % 10_000),
    }
}

/// Exchanges of a North American number: 200-999 without the N11 services and 555, which is for fiction.
const EXCHANGES: u64 = 8 * 100 - 8 - 1;

/// A North American number of ten digits; no two indices share one.
pub(super) fn phone(seed: u64, index: u64) -> u64 {
    let n = permute(seed, 12, index, AREA_CODES.len() as u64 * EXCHANGES * 10_000);
    let (area, rest) = (n / (EXCHANGES * 10_000), n % (EXCHANGES * 10_000));
    let mut exchange = 200;
    let mut left = rest / 10_000;
    // 99 exchanges in each hundred (one N11), 98 in the fifth (555 too): find the hundred, then the place in it.
    loop {
        let hundred = if exchange == 500 { 98 } else { 99 };
        if left < hundred {
            break;
        }
        left -= hundred;
        exchange += 100;
    }
    let mut place = left;
    for skipped in if exchange == 500 { &[11, 55][..] } else { &[11][..] } {
        if place >= *skipped {
            place += 1;
        }
    }
    u64::from(AREA_CODES[area as usize]) * 10_000_000 + (exchange + place) * 10_000 + rest % 10_000
}

/// A North American number in one of the ways it is written.
pub(super) fn phone_text(phone: u64, style: usize) -> String {
    let (a, e, l) = (phone / 10_000_000, phone / 10_000 % 1000, phone % 10_000);
    match style % 6 {
        0 => format!("({a}) {e}-{l:04}"),
        1 => format!("{a}-{e}-{l:04}"),
        2 => format!("{a}.{e}.{l:04}"),
        3 => format!("{phone}"),
        4 => format!("+1{phone}"),
        _ => format!("1-{a}-{e}-{l:04}"),
    }
}

/// A European mobile number, in international form.
pub(super) fn eu_phone_text(place: &EuPlace, seed: u64, index: u64, style: usize) -> String {
    let next = place.next.as_bytes();
    let n = permute(seed, 13, index, next.len() as u64 * 10_000_000);
    let n = u64::from(next[(n / 10_000_000) as usize] - b'0') * 10_000_000 + n % 10_000_000;
    match style % 2 {
        0 => format!("+{} {} {:04} {:04}", place.dial, place.mobile, n / 10_000, n % 10_000),
        _ => format!("+{}{}{n:08}", place.dial, place.mobile),
    }
}

/// The check digit that makes `digits` pass the Luhn test (ISO/IEC 7812-1, annex B).
fn luhn_digit(digits: &[u8]) -> u8 {
    let sum: u32 = (digits.iter().rev().enumerate())
        .map(|(i, &d)| {
            let d = u32::from(d) << (i % 2 == 0) as u32;
            if d > 9 { d - 9 } else { d }
        })
        .sum();
    ((10 - sum % 10) % 10) as u8
}

/// Issuer ranges of the networks: first digits, length.
const ISSUERS: &[(&str, usize)] = &[
    ("414709", 16),
    ("426684", 16),
    ("438857", 16),
    ("448233", 16),
    ("471724", 16),
    ("483312", 16),
    ("512107", 16),
    ("524363", 16),
    ("540168", 16),
    ("552433", 16),
    ("222405", 16),
    ("254312", 16),
    ("371241", 15),
    ("379745", 15),
    ("601120", 16),
    ("644512", 16),
    ("356612", 16),
];

/// A payment card number.
pub(super) fn pan(rng: &mut Rng) -> String {
    let (issuer, length) = ISSUERS[rng.usize(..ISSUERS.len())];
    let mut digits: Vec<u8> = issuer.bytes().map(|b| b - b'0').collect();
    digits.extend((digits.len()..length - 1).map(|_| rng.u8(..10)));
    digits.push(luhn_digit(&digits));
    digits.iter().map(|d| char::from(b'0' + d)).collect()
}

/// A card number in groups, as people write it.
pub(super) fn pan_grouped(pan: &str, separator: char) -> String {
    let groups: &[usize] = if pan.len() == 15 { &[4, 6, 5] } else { &[4, 4, 4, 4] };
    let mut out = String::with_capacity(20);
    let mut at = 0;
    for &group in groups {
        if at > 0 {
            out.push(separator);
        }
        out.push_str(&pan[at..at + group]);
        at += group;
    }
    out
}

/// A routing number: nine digits, a Federal Reserve district first, weights 3-7-1.
pub(super) fn routing(rng: &mut Rng) -> String {
    let first = rng.u32(1..=12) * 1_000_000 + rng.u32(..1_000_000);
    let digits: Vec<u32> = format!("{first:08}").bytes().map(|b| u32::from(b - b'0')).collect();
    let sum: u32 = digits.iter().zip([3, 7, 1, 3, 7, 1, 3, 7]).map(|(d, w)| d * w).sum();
    format!("{first:08}{}", (10 - sum % 10) % 10)
}

/// Random characters in a shape: `9` a digit, `A` a letter, the rest as it stands.
pub(super) fn shaped(rng: &mut Rng, shape: &str) -> String {
    let mut out = String::with_capacity(shape.len());
    out.extend(shape.chars().map(|c| match c {
        '9' => char::from(b'0' + rng.u8(..10)),
        'A' => char::from(b'A' + rng.u8(..26)),
        other => other,
    }));
    out
}

/// An IBAN with its check digits (ISO 13616: move the country to the end, letters are 10..35, modulo 97 is 1).
pub(super) fn iban(rng: &mut Rng, place: &EuPlace) -> String {
    let bban = shaped(rng, place.bban);
    let mut rest = 0u32;
    for c in bban.chars().chain(place.code.chars()).chain("00".chars()) {
        let value = c.to_digit(36).unwrap_or(0);
        rest = (rest * if value > 9 { 100 } else { 10 } + value) % 97;
    }
    format!("{}{:02}{bban}", place.code, 98 - rest)
}

/// A UUID, version 4.
pub(super) fn uuid(rng: &mut Rng) -> String {
    let mut bits = rng.u128(..);
    bits = (bits & !(0xF << 76)) | (4 << 76);
    bits = (bits & !(0x3 << 62)) | (2 << 62);
    let mut out = String::with_capacity(36);
    for nibble in (0..32).rev() {
        if matches!(nibble, 23 | 19 | 15 | 11) {
            out.push('-');
        }
        out.push(hex_digit((bits >> (4 * nibble)) as u64));
    }
    out
}

/// Hexadecimal digits: a commit, a session, a hash.
pub(super) fn hex(rng: &mut Rng, digits: usize) -> String {
    let mut out = String::with_capacity(digits);
    while out.len() < digits {
        let bits = rng.u64(..);
        out.extend((0..16.min(digits - out.len())).map(|k| hex_digit(bits >> (60 - 4 * k))));
    }
    out
}

/// The hexadecimal digit of the lowest four bits.
fn hex_digit(bits: u64) -> char {
    char::from(b"0123456789abcdef"[(bits & 15) as usize])
}

/// A parcel's tracking number: USPS, UPS or FedEx.
pub(super) fn tracking(rng: &mut Rng) -> String {
    match rng.u8(..3) {
        0 => format!("9400{}", shaped(rng, "199999999999999999")),
        1 => shaped(rng, "1Z999AA9999999999"),
        _ => shaped(rng, "999999999999"),
    }
}

/// A product's UPC-A with its check digit.
pub(super) fn upc(rng: &mut Rng) -> String {
    let body = shaped(rng, "09999999999");
    let sum: u32 = body.bytes().enumerate().map(|(i, b)| u32::from(b - b'0') * if i % 2 == 0 { 3 } else { 1 }).sum();
    format!("{body}{}", (10 - sum % 10) % 10)
}

/// A book's ISBN-13 with its check digit.
pub(super) fn isbn(rng: &mut Rng) -> String {
    let body = format!("978{}", shaped(rng, "099999999"));
    let sum: u32 = body.bytes().enumerate().map(|(i, b)| u32::from(b - b'0') * if i % 2 == 0 { 1 } else { 3 }).sum();
    format!("{body}{}", (10 - sum % 10) % 10)
}

/// A stock-keeping unit.
pub(super) fn sku(rng: &mut Rng) -> String {
    let shape = if rng.bool() { "AAA-99999-AA" } else { "999-99-9999-A" };
    shaped(rng, shape)
}

/// A public-looking IPv4 address, drawn at random outside the special ranges.
pub(super) fn ip(rng: &mut Rng) -> String {
    const FIRST: &[u8] =
        &[23, 24, 34, 47, 50, 64, 66, 67, 68, 71, 73, 75, 76, 84, 96, 97, 98, 107, 108, 173, 174, 184, 209];
    format!("{}.{}.{}.{}", FIRST[rng.usize(..FIRST.len())], rng.u8(..), rng.u8(..), rng.u8(1..255))
}

/// The number of an order: 10, 12 or 16 digits by its channel, never the same twice. One in ten of the long ones passes
/// the Luhn test, and half of them start as cards of a large network do.
pub(super) fn order_number(seed: u64, index: u64) -> String {
    match index % 3 {
        0 => format!("{}", 1_000_000_000 + permute(seed, 14, index, 8_999_999_999)),
        1 => format!("{}", 100_000_000_000 + permute(seed, 15, index, 899_999_999_999)),
        _ => {
            let n = permute(seed, 16, index, 1_000_000_000_000_000);
            format!("{}{n:015}", if n & 1 == 0 { 4 } else { 7 })
        }
    }
}
