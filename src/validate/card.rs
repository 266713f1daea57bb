//! Payment cards: the number (ISO/IEC 7812-1), its security code and its expiry.

use super::checksum::luhn;
use super::digits::{Digits, number, trim};
use crate::model::finding::{Marks, Verdict};

/// Issuer ranges by the first six digits, with the lengths the networks issue.
///
/// Sources: ISO/IEC 7812-1 (structure, Luhn); Visa Core Rules (4: 13, 16, 19); Mastercard Rules (51-55, 2221-2720);
/// American Express merchant guide (34, 37); Discover Global Network IIN ranges (6011, 644-649, 65, Diners 300-305, 3095,
/// 36, 38-39, JCB 3528-3589, UnionPay 62 and 81); Maestro (50, 56-58, 6304, 6390, 67); NSPK Mir (2200-2204); Troy (9792);
/// NPCI RuPay (60, 508).
const ISSUERS: &[(u32, u32, &[u8])] = &[
    (220000, 220499, &[16, 17, 18, 19]),
    (222100, 272099, &[16]),
    (300000, 305999, &[14, 16, 17, 18, 19]),
    (309500, 309599, &[14, 16, 17, 18, 19]),
    (340000, 349999, &[15]),
    (352800, 358999, &[16, 17, 18, 19]),
    (360000, 369999, &[14, 15, 16, 17, 18, 19]),
    (370000, 379999, &[15]),
    (380000, 399999, &[14, 16, 17, 18, 19]),
    (400000, 499999, &[13, 16, 19]),
    (500000, 509999, &[13, 14, 15, 16, 17, 18, 19]),
    (510000, 559999, &[16]),
    (560000, 589999, &[13, 14, 15, 16, 17, 18, 19]),
    (600000, 601099, &[16]),
    (601100, 601199, &[16, 17, 18, 19]),
    (601200, 609999, &[16]),
    (620000, 629999, &[16, 17, 18, 19]),
    (630400, 630499, &[13, 14, 15, 16, 17, 18, 19]),
    (633100, 633199, &[16, 18, 19]),
    (639000, 639099, &[13, 14, 15, 16, 17, 18, 19]),
    (644000, 659999, &[16, 17, 18, 19]),
    (670000, 679999, &[13, 14, 15, 16, 17, 18, 19]),
    (810000, 817199, &[16, 17, 18, 19]),
    (979200, 979299, &[16]),
];

/// Test numbers that payment networks and processors publish (PayPal, Stripe, Adyen and Braintree testing pages), in
/// ascending order.
const TEST_CARDS: &[u64] = &[
    30569309025904,
    36227206271667,
    36259600000004,
    38520000023237,
    341111111111111,
    343434343434343,
    370000000000002,
    371449635398431,
    378282246310005,
    378734493671000,
    2222400070000005,
    2222405343248877,
    2223000048400011,
    2223003122003222,
    2223520043560014,
    3056930009020004,
    3530111333300000,
    3566002020360505,
    3566111111111113,
    4000000000000002,
    4000000000000077,
    4000000000000341,
    4000000000003220,
    4000000000009995,
    4000000760000002,
    4000002500003155,
    4000056655665556,
    4000111111111115,
    4005519200000004,
    4009348888881881,
    4012000033330026,
    4012000077777777,
    4012888888881881,
    4111111111111111,
    4166676667666746,
    4217651111111119,
    4222222222222,
    4242424242424242,
    4444333322221111,
    4500600000000061,
    4917610000000000,
    5019717010103742,
    5100000010001004,
    5105105105105100,
    5111111111111118,
    5200828282828210,
    5424000000000015,
    5454545454545454,
    5555341244441115,
    5555555555554444,
    5610591081018250,
    6011000400000000,
    6011000990139424,
    6011000991300009,
    6011111111111117,
    6200000000000005,
    6243030000000001,
    6304000000000000,
    6331101999990016,
    6555900000604105,
];

/// A payment card number of 13 to 19 digits: issuer range, length, Luhn check digit (ISO/IEC 7812-1 annex B), and either no
/// separators or one kind of them. Published test numbers are marked.
pub fn card(bytes: &[u8]) -> Verdict {
    let bytes = trim(bytes);
    // Asked first, because it is asked most: a time in milliseconds is thirteen digits too, and a log has one a line.
    ensure!(!matches!(bytes.first(), Some(b'0' | b'1' | b'7')), "its first digit is of no issuer");
    let separator = bytes.iter().copied().find(|b| !b.is_ascii_digit());
    let allowed: &[u8] = match separator {
        None => b"",
        Some(b' ') => b" ",
        Some(b'-') => b"-",
        Some(_) => return Verdict::Invalid("separators other than blanks or hyphens"),
    };
    // A blank or hyphen at the end, or two in a row, belongs to no card layout.
    let doubled = bytes.windows(2).any(|pair| !pair[0].is_ascii_digit() && !pair[1].is_ascii_digit());
    ensure!(!doubled && bytes.last().is_some_and(u8::is_ascii_digit), "two separators in a row or one at its end");
    let Some(digits) = Digits::<19>::of(bytes, allowed) else {
        return Verdict::Invalid("more than 19 digits, or separators of two kinds");
    };
    let digits = digits.as_slice();
    ensure!(digits.len() >= 13, "fewer than 13 digits");
    ensure!(luhn(digits), "Luhn check fails");
    let prefix = number(&digits[..6]) as u32;
    let mut issuers = ISSUERS.iter().filter(|(low, high, _)| (*low..=*high).contains(&prefix)).peekable();
    ensure!(issuers.peek().is_some(), "its first six digits are of no issuer");
    let length = digits.len() as u8;
    ensure!(issuers.any(|(.., lengths)| lengths.contains(&length)), "its length is not one of its issuer's cards");
    let marks = if TEST_CARDS.contains(&number(digits)) { Marks::TEST } else { Marks::default() };
    Verdict::Valid { proven: true, marks }
}

/// A card security code: three digits, or four for American Express (PCI DSS glossary, "card verification code"). Nothing
/// in its digits proves it; only a field that names it should use this.
pub fn card_code(bytes: &[u8]) -> Verdict {
    let bytes = trim(bytes);
    ensure!(matches!(bytes.len(), 3 | 4) && bytes.iter().all(u8::is_ascii_digit), "not 3 or 4 digits");
    Verdict::PLAUSIBLE
}

/// A card expiry: `MM/YY`, `MM/YYYY`, `MM-YY`, `YYYY-MM`, `MMYY` (ISO/IEC 7813 writes `YYMM` on the stripe, people write
/// the month first). Years 2000 to 2079.
pub fn card_expiry(bytes: &[u8]) -> Verdict {
    let bytes = trim(bytes);
    let number = |range: std::ops::Range<usize>| -> Option<u32> {
        let part = bytes.get(range)?;
        part.iter().try_fold(0u32, |n, b| b.is_ascii_digit().then(|| n * 10 + u32::from(b - b'0')))
    };
    let separated = |at: usize| bytes.get(at).is_some_and(|b| matches!(b, b'/' | b'-' | b'.' | b' '));
    let parts = match bytes.len() {
        4 if bytes[1..].iter().all(u8::is_ascii_digit) => (number(0..2), number(2..4)),
        4 if separated(1) => (number(0..1), number(2..4)),
        5 if separated(2) => (number(0..2), number(3..5)),
        6 if separated(1) => (number(0..1), number(2..6)),
        7 if separated(2) => (number(0..2), number(3..7)),
        7 if separated(4) => (number(5..7), number(0..4)),
        6 => match (number(0..2), number(2..6), number(4..6), number(0..4)) {
            (Some(month @ 1..=12), Some(year @ 2000..=2079), _, _) => (Some(month), Some(year)),
            (_, _, month, year) => (month, year),
        },
        _ => (None, None),
    };
    match parts {
        (Some(1..=12), Some(0..=79 | 2000..=2079)) => Verdict::PLAUSIBLE,
        (Some(_), Some(_)) => Verdict::Invalid("its month is not 1 to 12, or its year not 2000 to 2079"),
        _ => Verdict::Invalid("not a month and a year"),
    }
}
