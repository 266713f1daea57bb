//! Telephone numbers.

use super::digits::{Digits, counting, repeated, trim};
use crate::model::finding::{Marks, Verdict};

/// Country calling codes (ITU-T E.164 assigned country codes) with the least and most digits of a national significant
/// number, as the national numbering plans notified to the ITU have them. No code is the beginning of another.
const COUNTRIES: &[(&str, u8, u8)] = &[
    ("1", 10, 10),
    ("20", 9, 10),
    ("211", 9, 9),
    ("212", 9, 9),
    ("213", 8, 9),
    ("216", 8, 8),
    ("218", 9, 9),
    ("220", 7, 7),
    ("221", 9, 9),
    ("222", 8, 8),
    ("223", 8, 8),
    ("224", 8, 9),
    ("225", 10, 10),
    ("226", 8, 8),
    ("227", 8, 8),
    ("228", 8, 8),
    ("229", 10, 10),
    ("230", 7, 8),
    ("231", 8, 9),
    ("232", 8, 8),
    ("233", 8, 9),
    ("234", 10, 11),
    ("235", 8, 8),
    ("236", 8, 8),
    ("237", 8, 9),
    ("238", 7, 7),
    ("239", 7, 7),
    ("240", 9, 9),
    ("241", 8, 8),
    ("242", 9, 9),
    ("243", 7, 9),
    ("244", 9, 9),
    ("245", 7, 9),
    ("246", 7, 7),
    ("247", 5, 6),
    ("248", 7, 7),
    ("249", 9, 9),
    ("250", 9, 9),
    ("251", 9, 9),
    ("252", 7, 8),
    ("253", 8, 8),
    ("254", 9, 9),
    ("255", 9, 9),
    ("256", 9, 9),
    ("257", 8, 8),
    ("258", 8, 9),
    ("260", 9, 9),
    ("261", 9, 9),
    ("262", 9, 9),
    ("263", 7, 10),
    ("264", 8, 9),
    ("265", 7, 9),
    ("266", 8, 8),
    ("267", 7, 10),
    ("268", 8, 9),
    ("269", 7, 7),
    ("27", 9, 9),
    ("290", 4, 5),
    ("291", 7, 7),
    ("297", 7, 7),
    ("298", 6, 6),
    ("299", 6, 6),
    ("30", 10, 10),
    ("31", 5, 11),
    ("32", 8, 9),
    ("33", 9, 9),
    ("34", 9, 9),
    ("350", 8, 8),
    ("351", 9, 9),
    ("352", 8, 9),
    ("353", 7, 10),
    ("354", 7, 7),
    ("355", 6, 9),
    ("356", 8, 8),
    ("357", 8, 8),
    ("358", 5, 12),
    ("359", 7, 8),
    ("36", 8, 9),
    ("370", 8, 8),
    ("371", 8, 8),
    ("372", 7, 8),
    ("373", 8, 8),
    ("374", 8, 8),
    ("375", 9, 10),
    ("376", 6, 8),
    ("377", 8, 9),
    ("378", 8, 10),
    ("380", 9, 9),
    ("381", 8, 9),
    ("382", 8, 8),
    ("383", 8, 8),
    ("385", 7, 9),
    ("386", 8, 8),
    ("387", 8, 8),
    ("389", 8, 8),
    ("39", 6, 12),
    ("40", 9, 9),
    ("41", 9, 12),
    ("420", 9, 11),
    ("421", 7, 9),
    ("423", 7, 9),
    ("43", 6, 13),
    ("44", 9, 10),
    ("45", 8, 8),
    ("46", 7, 12),
    ("47", 5, 8),
    ("48", 9, 9),
    ("49", 6, 13),
    ("500", 5, 5),
    ("501", 7, 11),
    ("502", 8, 11),
    ("503", 7, 8),
    ("504", 8, 11),
    ("505", 8, 8),
    ("506", 8, 10),
    ("507", 7, 8),
    ("508", 6, 9),
    ("509", 8, 8),
    ("51", 8, 9),
    ("52", 10, 10),
    ("53", 8, 10),
    ("54", 10, 11),
    ("55", 8, 11),
    ("56", 9, 10),
    ("57", 10, 11),
    ("58", 10, 10),
    ("590", 9, 9),
    ("591", 8, 9),
    ("592", 7, 7),
    ("593", 8, 11),
    ("594", 9, 9),
    ("595", 9, 11),
    ("596", 9, 9),
    ("597", 6, 7),
    ("598", 5, 8),
    ("599", 7, 8),
    ("60", 9, 10),
    ("61", 7, 10),
    ("62", 8, 12),
    ("63", 8, 12),
    ("64", 8, 10),
    ("65", 8, 11),
    ("66", 8, 10),
    ("670", 7, 8),
    ("672", 6, 6),
    ("673", 7, 7),
    ("674", 7, 7),
    ("675", 7, 8),
    ("676", 5, 7),
    ("677", 5, 7),
    ("678", 5, 7),
    ("679", 7, 11),
    ("680", 7, 7),
    ("681", 6, 9),
    ("682", 5, 5),
    ("683", 4, 7),
    ("685", 5, 7),
    ("686", 5, 8),
    ("687", 6, 6),
    ("688", 5, 6),
    ("689", 6, 9),
    ("690", 4, 4),
    ("691", 7, 7),
    ("692", 7, 7),
    ("7", 10, 10),
    ("800", 8, 8),
    ("808", 8, 8),
    ("81", 9, 10),
    ("82", 8, 10),
    ("84", 7, 10),
    ("850", 8, 10),
    ("852", 8, 11),
    ("853", 7, 8),
    ("855", 8, 10),
    ("856", 8, 10),
    ("86", 8, 11),
    ("870", 9, 9),
    ("878", 12, 12),
    ("880", 8, 10),
    ("881", 9, 9),
    ("882", 7, 12),
    ("883", 9, 9),
    ("886", 9, 10),
    ("888", 11, 11),
    ("90", 7, 10),
    ("91", 10, 13),
    ("92", 8, 11),
    ("93", 9, 9),
    ("94", 9, 9),
    ("95", 7, 10),
    ("960", 7, 10),
    ("961", 7, 8),
    ("962", 8, 9),
    ("963", 9, 9),
    ("964", 8, 10),
    ("965", 7, 8),
    ("966", 9, 10),
    ("967", 7, 9),
    ("968", 8, 8),
    ("970", 8, 10),
    ("971", 8, 9),
    ("972", 8, 11),
    ("973", 8, 8),
    ("974", 7, 8),
    ("975", 7, 8),
    ("976", 8, 8),
    ("977", 8, 11),
    ("979", 9, 9),
    ("98", 4, 10),
    ("992", 9, 9),
    ("993", 8, 8),
    ("994", 9, 9),
    ("995", 9, 9),
    ("996", 9, 9),
    ("998", 9, 9),
];

/// A number of the North American Numbering Plan, with or without +1 and an extension: area and exchange begin with 2 to 9
/// and neither is an N11 service code; areas of the form N9X are kept for expansion (NANPA, numbering resources; ATIS-0300119). 555-0100 to 0199 is set
/// aside for fiction and is a placeholder.
pub fn phone_nanp(bytes: &[u8]) -> Verdict {
    let bytes = without_extension(trim(bytes));
    let Some(digits) = Digits::<11>::of(bytes, b"+-. ()/") else { return Verdict::Invalid };
    match digits.as_slice() {
        [1, rest @ ..] if rest.len() == 10 => nanp(rest),
        ten if ten.len() == 10 && !bytes.contains(&b'+') => nanp(ten),
        _ => Verdict::Invalid,
    }
}

/// Ten digits of the North American plan.
fn nanp(digits: &[u8]) -> Verdict {
    let service = |code: &[u8]| code[1] == 1 && code[2] == 1;
    let area = &digits[..3];
    let exchange = &digits[3..6];
    if area[0] < 2 || exchange[0] < 2 || area[1] == 9 || service(area) || service(exchange) {
        return Verdict::Invalid;
    }
    let fiction = exchange == [5, 5, 5] && digits[6..8] == [0, 1];
    let placeholder = fiction || repeated(&digits[1..]) || counting(digits);
    Verdict::Valid { proven: false, marks: if placeholder { Marks::PLACEHOLDER } else { Marks::default() } }
}

/// A number in international form: `+`, a country calling code, and as many digits as that country's numbers have; at most
/// fifteen in all (ITU-T E.164). `tel:` before it and an extension after it are as RFC 3966 writes them.
pub fn phone_international(bytes: &[u8]) -> Verdict {
    let bytes = trim(bytes);
    let bytes = match bytes.split_at_checked(4) {
        Some((scheme, rest)) if scheme.eq_ignore_ascii_case(b"tel:") => rest,
        _ => bytes,
    };
    let Some(rest) = without_extension(bytes).strip_prefix(b"+") else { return Verdict::Invalid };
    let Some(digits) = Digits::<15>::of(rest, b"-. ()/") else { return Verdict::Invalid };
    let digits = digits.as_slice();
    let country = COUNTRIES
        .iter()
        .find(|(code, ..)| digits.len() > code.len() && code.bytes().zip(digits).all(|(c, d)| c - b'0' == *d));
    let Some((code, least, most)) = country else { return Verdict::Invalid };
    let national = &digits[code.len()..];
    if *code == "1" {
        return if national.len() == 10 { nanp(national) } else { Verdict::Invalid };
    }
    // Many write the trunk zero in brackets: +44 (0) 20 7946 0000.
    let most = usize::from(*most) + usize::from(national.first() == Some(&0));
    if !(usize::from(*least)..=most).contains(&national.len()) {
        return Verdict::Invalid;
    }
    Verdict::Valid { proven: false, marks: if repeated(national) { Marks::PLACEHOLDER } else { Marks::default() } }
}

/// A number in a field that says it holds one: either form above, or 7 to 15 digits with the usual separators. Dates and
/// decimals are none.
pub fn phone(bytes: &[u8]) -> Verdict {
    let bytes = trim(bytes);
    for strict in [phone_international(bytes), phone_nanp(bytes)] {
        if strict != Verdict::Invalid {
            return strict;
        }
    }
    let bytes = without_extension(bytes);
    let Some(digits) = Digits::<15>::of(bytes, b"+-. ()/") else { return Verdict::Invalid };
    let digits = digits.as_slice();
    let decimal = bytes.iter().filter(|b| **b == b'.').count() == 1 && !bytes.contains(&b' ') && !bytes.contains(&b'-');
    let dated = matches!(super::date::birth_date(bytes), Verdict::Valid { .. }) && bytes.len() != digits.len();
    if !(7..=15).contains(&digits.len()) || decimal || dated || bytes.first() == Some(&b'-') {
        return Verdict::Invalid;
    }
    let placeholder = repeated(digits) || counting(digits);
    Verdict::Valid { proven: false, marks: if placeholder { Marks::PLACEHOLDER } else { Marks::default() } }
}

/// Cuts off an extension: `x123`, `ext. 123`, `;ext=123`, `#123`.
fn without_extension(bytes: &[u8]) -> &[u8] {
    let Some(at) = bytes.iter().position(|b| matches!(b, b'x' | b'X' | b'e' | b'E' | b';' | b'#')) else {
        return bytes;
    };
    let extension = &bytes[at..];
    let digits = extension.iter().rev().take_while(|b| b.is_ascii_digit()).count();
    let label = extension[..extension.len() - digits].trim_ascii();
    let known = [&b"x"[..], b"ext", b"ext.", b"extension", b";ext=", b"#", b"x."];
    if (1..=7).contains(&digits) && known.iter().any(|k| label.eq_ignore_ascii_case(k)) {
        let number = trim(&bytes[..at]);
        number.strip_suffix(b",").unwrap_or(number)
    } else {
        bytes
    }
}
