//! International bank account numbers (ISO 13616-1).

use super::digits::trim;
use crate::model::finding::Verdict;

/// Country codes and the length of their account numbers: the SWIFT IBAN Registry (ISO 13616), and the countries whose
/// banks use the scheme without being in it (Algeria, Angola, Iran, Morocco, Mozambique and the CFA franc zone). In order.
const COUNTRIES: &[(&[u8; 2], u8)] = &[
    (b"AD", 24), (b"AE", 23), (b"AL", 28), (b"AO", 25), (b"AT", 20), (b"AZ", 28),
    (b"BA", 20), (b"BE", 16), (b"BF", 28), (b"BG", 22), (b"BH", 22), (b"BI", 27),
    (b"BJ", 28), (b"BR", 29), (b"BY", 28), (b"CF", 27), (b"CG", 27), (b"CH", 21),
    (b"CI", 28), (b"CM", 27), (b"CR", 22), (b"CV", 25), (b"CY", 28), (b"CZ", 24),
    (b"DE", 22), (b"DJ", 27), (b"DK", 18), (b"DO", 28), (b"DZ", 26), (b"EE", 20),
    (b"EG", 29), (b"ES", 24), (b"FI", 18), (b"FK", 18), (b"FO", 18), (b"FR", 27),
    (b"GA", 27), (b"GB", 22), (b"GE", 22), (b"GI", 23), (b"GL", 18), (b"GQ", 27),
    (b"GR", 27), (b"GT", 28), (b"GW", 25), (b"HN", 28), (b"HR", 21), (b"HU", 28),
    (b"IE", 22), (b"IL", 23), (b"IQ", 23), (b"IR", 26), (b"IS", 26), (b"IT", 27),
    (b"JO", 30), (b"KM", 27), (b"KW", 30), (b"KZ", 20), (b"LB", 28), (b"LC", 32),
    (b"LI", 21), (b"LT", 20), (b"LU", 20), (b"LV", 21), (b"LY", 25), (b"MA", 28),
    (b"MC", 27), (b"MD", 24), (b"ME", 22), (b"MG", 27), (b"MK", 19), (b"ML", 28),
    (b"MN", 20), (b"MR", 27), (b"MT", 31), (b"MU", 30), (b"MZ", 25), (b"NE", 28),
    (b"NI", 28), (b"NL", 18), (b"NO", 15), (b"OM", 23), (b"PK", 24), (b"PL", 28),
    (b"PS", 29), (b"PT", 25), (b"QA", 29), (b"RO", 24), (b"RS", 22), (b"RU", 33),
    (b"SA", 24), (b"SC", 31), (b"SD", 18), (b"SE", 24), (b"SI", 19), (b"SK", 24),
    (b"SM", 27), (b"SN", 28), (b"SO", 23), (b"ST", 25), (b"SV", 28), (b"TD", 27),
    (b"TG", 28), (b"TL", 23), (b"TN", 24), (b"TR", 26), (b"UA", 29), (b"VA", 22),
    (b"VG", 24), (b"XK", 20), (b"YE", 30),
];

/// An IBAN, compact or in groups with single blanks: country and length, capital letters and digits, check digits 02 to 98,
/// and a remainder of 1 modulo 97 (ISO 7064 MOD 97-10).
pub fn iban(bytes: &[u8]) -> Verdict {
    let bytes = trim(bytes);
    let mut compact = [0u8; 34];
    let mut len = 0;
    let mut after_blank = true;
    for &byte in bytes {
        if byte == b' ' {
            if after_blank {
                return Verdict::Invalid;
            }
            after_blank = true;
            continue;
        }
        after_blank = false;
        let Some(place) = compact.get_mut(len) else { return Verdict::Invalid };
        *place = byte;
        len += 1;
    }
    let compact = &compact[..len];
    let Some((head, account)) = compact.split_at_checked(4) else { return Verdict::Invalid };
    let country = COUNTRIES.iter().find(|(code, _)| code.as_slice() == &head[..2]);
    let shaped = country.is_some_and(|(_, length)| usize::from(*length) == len)
        && head[2..].iter().all(u8::is_ascii_digit)
        && account.iter().all(|b| b.is_ascii_digit() || b.is_ascii_uppercase())
        && !matches!(&head[2..], b"00" | b"01" | b"99");
    if shaped && remainder(account, head) == 1 { Verdict::PROVEN } else { Verdict::Invalid }
}

/// The number that the account and then the head spell (A = 10 ... Z = 35), modulo 97.
fn remainder(account: &[u8], head: &[u8]) -> u32 {
    account.iter().chain(head).fold(0, |rest, &byte| {
        if byte.is_ascii_digit() {
            (rest * 10 + u32::from(byte - b'0')) % 97
        } else {
            (rest * 100 + u32::from(byte.wrapping_sub(b'A')) + 10) % 97
        }
    })
}
