//! International bank account numbers (ISO 13616-1).

use super::digits::trim;
use crate::model::finding::Verdict;
use Account::{Bank, BankMixed, Digits, Mixed};

/// What the registry says of a country's account part, as far as it is cheap to hold to.
#[derive(Clone, Copy)]
enum Account {
    /// Digits alone.
    Digits,
    /// A bank code of so many letters, then digits.
    Bank(usize),
    /// A bank code of so many letters, then letters and digits.
    BankMixed(usize),
    /// Letters and digits.
    Mixed,
}

impl Account {
    fn fits(self, account: &[u8]) -> bool {
        let (letters, digits_after) = match self {
            Digits => (0, true),
            Bank(letters) => (letters, true),
            BankMixed(letters) => (letters, false),
            Mixed => (0, false),
        };
        account.split_at_checked(letters).is_some_and(|(bank, rest)| {
            bank.iter().all(u8::is_ascii_uppercase)
                && rest.iter().all(|b| b.is_ascii_digit() || (!digits_after && b.is_ascii_uppercase()))
        })
    }
}

/// Country codes with the length of a whole number and the structure of its account part: the SWIFT IBAN Registry (ISO 13616), and the countries whose
/// banks use the scheme without being in it (Algeria, Angola, Iran, Morocco, Mozambique, the CFA franc zone; the territories that use the number of France or Finland). In order.
const COUNTRIES: &[(&[u8; 2], u8, Account)] = &[
    (b"AD", 24, Mixed),
    (b"AE", 23, Digits),
    (b"AL", 28, Mixed),
    (b"AO", 25, Mixed),
    (b"AT", 20, Digits),
    (b"AX", 18, Digits),
    (b"AZ", 28, BankMixed(4)),
    (b"BA", 20, Digits),
    (b"BE", 16, Digits),
    (b"BF", 28, Mixed),
    (b"BG", 22, BankMixed(4)),
    (b"BH", 22, BankMixed(4)),
    (b"BI", 27, Digits),
    (b"BJ", 28, Mixed),
    (b"BL", 27, Mixed),
    (b"BR", 29, Mixed),
    (b"BY", 28, Mixed),
    (b"CF", 27, Mixed),
    (b"CG", 27, Mixed),
    (b"CH", 21, Mixed),
    (b"CI", 28, Mixed),
    (b"CM", 27, Mixed),
    (b"CR", 22, Digits),
    (b"CV", 25, Mixed),
    (b"CY", 28, Mixed),
    (b"CZ", 24, Digits),
    (b"DE", 22, Digits),
    (b"DJ", 27, Digits),
    (b"DK", 18, Digits),
    (b"DO", 28, Mixed),
    (b"DZ", 26, Mixed),
    (b"EE", 20, Digits),
    (b"EG", 29, Digits),
    (b"ES", 24, Digits),
    (b"FI", 18, Digits),
    (b"FK", 18, Bank(2)),
    (b"FO", 18, Digits),
    (b"FR", 27, Mixed),
    (b"GA", 27, Mixed),
    (b"GB", 22, Bank(4)),
    (b"GE", 22, Bank(2)),
    (b"GF", 27, Mixed),
    (b"GI", 23, BankMixed(4)),
    (b"GL", 18, Digits),
    (b"GP", 27, Mixed),
    (b"GQ", 27, Mixed),
    (b"GR", 27, Mixed),
    (b"GT", 28, Mixed),
    (b"GW", 25, Mixed),
    (b"HN", 28, Bank(4)),
    (b"HR", 21, Digits),
    (b"HU", 28, Digits),
    (b"IE", 22, Bank(4)),
    (b"IL", 23, Digits),
    (b"IQ", 23, Bank(4)),
    (b"IR", 26, Mixed),
    (b"IS", 26, Digits),
    (b"IT", 27, Mixed),
    (b"JO", 30, BankMixed(4)),
    (b"KM", 27, Mixed),
    (b"KW", 30, BankMixed(4)),
    (b"KZ", 20, Mixed),
    (b"LB", 28, Mixed),
    (b"LC", 32, BankMixed(4)),
    (b"LI", 21, Mixed),
    (b"LT", 20, Digits),
    (b"LU", 20, Mixed),
    (b"LV", 21, BankMixed(4)),
    (b"LY", 25, Digits),
    (b"MA", 28, Mixed),
    (b"MC", 27, Mixed),
    (b"MD", 24, Mixed),
    (b"ME", 22, Digits),
    (b"MF", 27, Mixed),
    (b"MG", 27, Mixed),
    (b"MK", 19, Mixed),
    (b"ML", 28, Mixed),
    (b"MN", 20, Digits),
    (b"MQ", 27, Mixed),
    (b"MR", 27, Digits),
    (b"MT", 31, BankMixed(4)),
    (b"MU", 30, BankMixed(4)),
    (b"MZ", 25, Mixed),
    (b"NC", 27, Mixed),
    (b"NE", 28, Mixed),
    (b"NI", 28, Bank(4)),
    (b"NL", 18, Bank(4)),
    (b"NO", 15, Digits),
    (b"OM", 23, Mixed),
    (b"PF", 27, Mixed),
    (b"PK", 24, BankMixed(4)),
    (b"PL", 28, Digits),
    (b"PM", 27, Mixed),
    (b"PS", 29, BankMixed(4)),
    (b"PT", 25, Digits),
    (b"QA", 29, BankMixed(4)),
    (b"RE", 27, Mixed),
    (b"RO", 24, BankMixed(4)),
    (b"RS", 22, Digits),
    (b"RU", 33, Mixed),
    (b"SA", 24, Mixed),
    (b"SC", 31, BankMixed(4)),
    (b"SD", 18, Digits),
    (b"SE", 24, Digits),
    (b"SI", 19, Digits),
    (b"SK", 24, Digits),
    (b"SM", 27, Mixed),
    (b"SN", 28, Mixed),
    (b"SO", 23, Digits),
    (b"ST", 25, Digits),
    (b"SV", 28, Bank(4)),
    (b"TD", 27, Mixed),
    (b"TF", 27, Mixed),
    (b"TG", 28, Mixed),
    (b"TL", 23, Digits),
    (b"TN", 24, Digits),
    (b"TR", 26, Mixed),
    (b"UA", 29, Mixed),
    (b"VA", 22, Mixed),
    (b"VG", 24, Bank(4)),
    (b"WF", 27, Mixed),
    (b"XK", 20, Digits),
    (b"YE", 30, BankMixed(4)),
    (b"YT", 27, Mixed),
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
            ensure!(!after_blank, "two blanks in a row");
            after_blank = true;
            continue;
        }
        after_blank = false;
        let Some(place) = compact.get_mut(len) else { return Verdict::Invalid("more than 34 signs") };
        *place = byte;
        len += 1;
    }
    let compact = &compact[..len];
    let Some((head, account)) = compact.split_at_checked(4) else { return Verdict::Invalid("fewer than 4 signs") };
    let Some((_, length, part)) = COUNTRIES.iter().find(|(code, ..)| code.as_slice() == &head[..2]) else {
        return Verdict::Invalid("its first two letters are of no country with IBANs");
    };
    ensure!(usize::from(*length) == len, "its length is not its country's");
    ensure!(part.fits(account), "letters and digits are not in the places of its country");
    ensure!(head[2..].iter().all(u8::is_ascii_digit), "its check digits are no digits");
    ensure!(!matches!(&head[2..], b"00" | b"01" | b"99"), "check digits 00, 01 and 99 do not occur");
    ensure!(remainder(account, head) == 1, "the remainder modulo 97 is not 1");
    Verdict::PROVEN
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
