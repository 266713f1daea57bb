//! National and tax numbers of western and southern Europe.

use super::checksum::{luhn, mod_11_10, mod_97, plausible, proven, verhoeff, weighted};
use super::date::{YEAR_MAX, real};
use super::digits::{characters, exactly, pair, values};
use crate::model::finding::{Marks, Verdict};

/// A United Kingdom National Insurance number (HMRC, National Insurance Manual NIM39110): two letters, six digits, A to D.
/// D, F, I, Q, U and V are in neither place, O is not second, and seven pairs are not allocated.
pub fn gb_nino(bytes: &[u8]) -> Verdict {
    let Some(code) = characters::<9>(bytes, b" -") else { return Verdict::Invalid("not 9 letters and digits") };
    let [first, second, digits @ .., last] = code;
    let letters = first.is_ascii_uppercase() && second.is_ascii_uppercase();
    let barred = b"DFIQUV".contains(&first) || b"DFIQUVO".contains(&second);
    let unused = [b"BG", b"GB", b"KN", b"NK", b"NT", b"TN", b"ZZ"].contains(&&[first, second]);
    let Some(digits) = values::<6>(&digits) else { return Verdict::Invalid("a letter stands where a digit belongs") };
    ensure!(letters, "a digit stands where a letter belongs");
    ensure!(!barred, "a letter that is in none of these places");
    ensure!(!unused, "its two letters are not allocated");
    ensure!((b'A'..=b'D').contains(&last), "its last letter is not A to D");
    plausible(&digits)
}

/// A United Kingdom Unique Taxpayer Reference (HMRC, "UTR checking"): ten digits, the first a check digit modulo 11 of the
/// others; a K may stand at either end.
pub fn gb_utr(bytes: &[u8]) -> Verdict {
    let bytes = bytes.trim_ascii();
    let bytes = bytes.strip_prefix(b"K").or_else(|| bytes.strip_suffix(b"K")).unwrap_or(bytes);
    let Some(digits) = exactly::<10>(bytes, b" ") else { return Verdict::Invalid("not 10 digits") };
    let rest = weighted(&digits[1..], &[6, 7, 8, 9, 10, 5, 4, 3, 2]) % 11;
    ensure!(b"21987654321"[rest as usize] == digits[0] + b'0', "check digit modulo 11 fails");
    proven(&digits)
}

/// A United Kingdom passport number: nine digits (HM Passport Office). Nothing proves it; only a name does.
pub fn gb_passport(bytes: &[u8]) -> Verdict {
    exactly::<9>(bytes, b" ").map_or(Verdict::Invalid("not 9 digits"), |digits| plausible(&digits))
}

/// An Irish Personal Public Service number (Department of Social Protection; Revenue, "PPSN format"): seven digits, a check
/// letter modulo 23, and since 2013 a second letter that counts nine times (A, B, H); older second letters W, T and X do
/// not count.
pub fn ie_pps(bytes: &[u8]) -> Verdict {
    let code = characters::<9>(bytes, b" -").or_else(|| {
        let short = characters::<8>(bytes, b" -")?;
        let mut code = [b'W'; 9];
        code[..8].copy_from_slice(&short);
        Some(code)
    });
    let Some(code) = code else { return Verdict::Invalid("not 8 or 9 letters and digits") };
    let Some(digits) = values::<7>(&code[..7]) else {
        return Verdict::Invalid("a letter stands where a digit belongs");
    };
    let second = match code[8] {
        letter @ (b'A' | b'B' | b'H') => u32::from(letter - b'A') + 1,
        b'W' | b'T' | b'X' => 0,
        _ => return Verdict::Invalid("its second letter is not in use"),
    };
    let rest = (weighted(&digits, &[8, 7, 6, 5, 4, 3, 2]) + 9 * second) % 23;
    ensure!(b"WABCDEFGHIJKLMNOPQRSTUV"[rest as usize] == code[7], "check letter fails");
    proven(&digits)
}

/// A French NIR, the social security number (INSEE; decree 82-103): sex, year, month, department, commune, order, and a key
/// of 97 less the remainder. Corsica's 2A and 2B count as 19 and 18. Months past 12 mark births whose month is not known.
pub fn fr_nir(bytes: &[u8]) -> Verdict {
    let Some(mut code) = characters::<15>(bytes, b" .-") else { return Verdict::Invalid("not 15 letters and digits") };
    match [code[5], code[6]] {
        [b'2', b'A'] => (code[5], code[6]) = (b'1', b'9'),
        [b'2', b'B'] => (code[5], code[6]) = (b'1', b'8'),
        _ => {}
    }
    let Some(digits) = values::<15>(&code) else { return Verdict::Invalid("a letter stands where a digit belongs") };
    let month = matches!(pair(&digits, 3), 1..=12 | 20..=42 | 50..=99);
    let person = matches!(digits[0], 1..=4 | 7 | 8) && month && pair(&digits, 5) > 0;
    ensure!(person, "sex, month or department are out of range");
    ensure!(97 - mod_97(&digits[..13]) == pair(&digits, 13), "the key of 97 fails");
    proven(&digits)
}

/// A French tax number, the SPI (DGFiP; European Commission, TIN by country): thirteen digits, the first 0 to 3, the last
/// three the remainder of the first ten by 511.
pub fn fr_spi(bytes: &[u8]) -> Verdict {
    let Some(digits) = exactly::<13>(bytes, b" ") else { return Verdict::Invalid("not 13 digits") };
    let number = digits[..10].iter().fold(0u64, |n, d| n * 10 + u64::from(*d));
    let key = u64::from(digits[10]) * 100 + u64::from(pair(&digits, 11));
    ensure!(digits[0] <= 3, "its first digit is above 3");
    ensure!(number % 511 == key, "the key of 511 fails");
    proven(&digits)
}

/// A German tax identification number (section 139b AO; BZSt, "Aufbau der Identifikationsnummer"): eleven digits without a
/// leading zero; of the first ten exactly one comes twice, or thrice but not in a row; ISO/IEC 7064 MOD 11,10.
pub fn de_tax_id(bytes: &[u8]) -> Verdict {
    let Some(digits) = exactly::<11>(bytes, b" ./-,") else { return Verdict::Invalid("not 11 digits") };
    let mut counts = [0u8; 10];
    digits[..10].iter().for_each(|d| counts[usize::from(*d)] += 1);
    let once_more = counts.iter().filter(|n| **n > 1).count() == 1;
    let most = counts.iter().max().is_some_and(|n| *n <= 3);
    let in_a_row = digits[..10].windows(3).any(|w| w[0] == w[1] && w[1] == w[2]);
    ensure!(digits[0] != 0, "no number begins with 0");
    ensure!(once_more, "not exactly one digit comes more than once");
    ensure!(most, "a digit comes more than three times");
    ensure!(!in_a_row, "a digit comes three times in a row");
    ensure!(mod_11_10(&digits), "check digit (MOD 11,10) fails");
    proven(&digits)
}

/// A Spanish DNI or NIE, which is the NIF of a person (Real Decreto 1553/2005; Orden INT/2058/2008): eight digits, or X, Y
/// or Z and seven, and a letter by the remainder by 23. K, L and M begin the numbers of people without either.
pub fn es_dni(bytes: &[u8]) -> Verdict {
    let Some(mut code) = characters::<9>(bytes, b" -.") else { return Verdict::Invalid("not 9 letters and digits") };
    match code[0] {
        letter @ b'X'..=b'Z' => code[0] = letter - b'X' + b'0',
        b'K' | b'L' | b'M' => code[0] = b'0',
        _ => {}
    }
    let Some(digits) = values::<8>(&code[..8]) else {
        return Verdict::Invalid("a letter stands where a digit belongs");
    };
    let number = digits.iter().fold(0u32, |n, d| n * 10 + u32::from(*d));
    ensure!(b"TRWAGMYFPDXBNJZSQVHLCKE"[(number % 23) as usize] == code[8], "check letter modulo 23 fails");
    proven(&digits)
}

/// Values of the characters in the odd places of a codice fiscale; a digit counts as the letter of its number.
const CODICE_ODD: [u32; 26] =
    [1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23];

/// An Italian codice fiscale (Ministero delle Finanze, decreto 23 dicembre 1976): six letters of the name, year, month
/// letter, day (40 more for women), place, check letter. L to V may stand for the digits 0 to 9 where two people share one.
pub fn it_codice_fiscale(bytes: &[u8]) -> Verdict {
    let Some(code) = characters::<16>(bytes, b" -") else { return Verdict::Invalid("not 16 letters and digits") };
    let digit = |at: usize| match code[at] {
        b @ b'0'..=b'9' => Some(u32::from(b - b'0')),
        b => b"LMNPQRSTUV".iter().position(|s| *s == b).map(|n| n as u32),
    };
    let two = |at: usize| Some(digit(at)? * 10 + digit(at + 1)?);
    let month = b"ABCDEHLMPRST".iter().position(|m| *m == code[8]);
    let place = digit(12).and(digit(13)).and(digit(14));
    let (Some(year), Some(month), Some(day), Some(_)) = (two(6), month, two(9), place) else {
        return Verdict::Invalid("year, month, day or place are not written as they are");
    };
    let letters = code[..6].iter().chain([&code[11], &code[15]]).all(u8::is_ascii_uppercase);
    let day = if day > 40 { day - 40 } else { day };
    // The century is not written; a leap day need be one in either.
    let born = real(1900 + year, month as u32 + 1, day) || real(2000 + year, month as u32 + 1, day);
    let sum: u32 = code[..15]
        .iter()
        .enumerate()
        .map(|(i, &b)| {
            let value = usize::from(if b.is_ascii_digit() { b - b'0' } else { b - b'A' });
            if i % 2 == 0 { CODICE_ODD[value] } else { value as u32 }
        })
        .sum();
    ensure!(letters, "a digit stands where a letter belongs");
    ensure!(born, "its date does not exist");
    ensure!(u32::from(code[15] - b'A') == sum % 26, "check letter modulo 26 fails");
    proven(&code)
}

/// A Dutch burgerservicenummer (Rijksdienst voor Identiteitsgegevens, "elfproef"): nine digits, eight where a leading zero
/// was lost; weights 9 to 2 and -1, a multiple of eleven.
pub fn nl_bsn(bytes: &[u8]) -> Verdict {
    let lost = || {
        let eight = exactly::<8>(bytes, b" .-")?;
        let mut digits = [0; 9];
        digits[1..].copy_from_slice(&eight);
        Some(digits)
    };
    let Some(digits) = exactly::<9>(bytes, b" .-").or_else(lost) else { return Verdict::Invalid("not 8 or 9 digits") };
    let right = (weighted(&digits, &[9, 8, 7, 6, 5, 4, 3, 2, 10])).is_multiple_of(11);
    ensure!(right, "elfproef fails");
    ensure!(digits.iter().any(|d| *d != 0), "all zeros is nobody's");
    proven(&digits)
}

/// A Belgian national or bis number (Royal Decree of 3 April 1984; IBZ): `YY.MM.DD-NNN.CC`, key 97 less the remainder, with
/// a 2 before the number of who is born from 2000. A bis number adds 20 or 40 to the month; an unknown day or month is 0.
pub fn be_nn(bytes: &[u8]) -> Verdict {
    let Some(digits) = exactly::<11>(bytes, b" .-") else { return Verdict::Invalid("not 11 digits") };
    let (month, day) = (pair(&digits, 2), pair(&digits, 4));
    let dated = matches!(month, 0..=12 | 20..=32 | 40..=52) && day <= 31;
    let rest = mod_97(&digits[..9]);
    let rest_2000 = (rest + 2 * 1_000_000_000 % 97) % 97;
    let key = pair(&digits, 9);
    // Nobody is born past the latest year yet, whatever the digits say.
    let since_2000 = 2000 + pair(&digits, 0) <= YEAR_MAX && 97 - rest_2000 == key;
    let right = 97 - rest == key || since_2000;
    ensure!(dated, "month or day are out of range");
    ensure!(right, "the key of 97 fails");
    ensure!(digits.iter().any(|d| *d != 0), "all zeros is nobody's");
    proven(&digits)
}

/// A Luxembourg national identification number (law of 19 June 2013; CTIE): `YYYYMMDDNNN` and two check digits, Luhn and
/// Verhoeff, both over the first eleven.
pub fn lu_matricule(bytes: &[u8]) -> Verdict {
    let Some(digits) = exactly::<13>(bytes, b" -") else { return Verdict::Invalid("not 13 digits") };
    let year = pair(&digits, 0) * 100 + pair(&digits, 2);
    let born = (1800..=2099).contains(&year) && real(year, pair(&digits, 4), pair(&digits, 6));
    let mut second = [0; 12];
    second[..11].copy_from_slice(&digits[..11]);
    second[11] = digits[12];
    ensure!(born, "its date does not exist");
    ensure!(luhn(&digits[..12]), "Luhn check fails");
    ensure!(verhoeff(&second), "Verhoeff's check fails");
    proven(&digits)
}

/// A Portuguese NIF (Autoridade Tributaria; decreto-lei 14/2013): nine digits, check digit modulo 11. Numbers that begin
/// with 5 to 9 are organisations', but for 45, which is a person's.
pub fn pt_nif(bytes: &[u8]) -> Verdict {
    let Some(digits) = exactly::<9>(bytes, b" .-") else { return Verdict::Invalid("not 9 digits") };
    let rest = weighted(&digits[..8], &[9, 8, 7, 6, 5, 4, 3, 2]) % 11;
    let check = if rest < 2 { 0 } else { 11 - rest };
    ensure!(digits[0] != 0, "no number begins with 0");
    ensure!(check == u32::from(digits[8]), "check digit modulo 11 fails");
    Verdict::Valid { proven: true, marks: if digits[0] >= 5 { Marks::ROLE } else { Marks::default() } }
}

/// An Austrian social insurance number (ASVG section 460d; Dachverband der Sozialversicherungstraeger): three digits, a check
/// digit modulo 11, and `DDMMYY`, in which the month may pass 12 where a day's numbers ran out.
pub fn at_svnr(bytes: &[u8]) -> Verdict {
    let Some(digits) = exactly::<10>(bytes, b" -") else { return Verdict::Invalid("not 10 digits") };
    let rest = weighted(&digits, &[3, 7, 9, 0, 5, 8, 4, 2, 1, 6]) % 11;
    let dated = matches!(pair(&digits, 4), 1..=31) && pair(&digits, 6) > 0;
    ensure!(digits[0] != 0, "no number begins with 0");
    ensure!(dated, "day or month are out of range");
    ensure!(rest == u32::from(digits[3]), "check digit modulo 11 fails");
    proven(&digits)
}

/// A Swiss AHV/AVS number (ZAS, "NAVS13"): thirteen digits that begin with 756, check digit of EAN-13.
pub fn ch_ahv(bytes: &[u8]) -> Verdict {
    let Some(digits) = exactly::<13>(bytes, b" .-") else { return Verdict::Invalid("not 13 digits") };
    let sum = weighted(&digits, &[1, 3, 1, 3, 1, 3, 1, 3, 1, 3, 1, 3, 1]);
    ensure!(digits.starts_with(&[7, 5, 6]), "no number begins other than with 756");
    ensure!(sum.is_multiple_of(10), "check digit of EAN-13 fails");
    proven(&digits)
}

/// A Maltese identity card number (Identity Malta): seven digits, fewer where leading zeros are not written, and one of A,
/// B, G, H, L, M, P and Z. Nothing proves it; only a name does.
pub fn mt_id_card(bytes: &[u8]) -> Verdict {
    let [digits @ .., letter] = bytes.trim_ascii() else { return Verdict::Invalid("empty") };
    let known = b"ABGHLMPZ".contains(&letter.to_ascii_uppercase());
    ensure!(known, "its letter is not in use");
    ensure!((3..=7).contains(&digits.len()), "not 3 to 7 digits");
    ensure!(digits.iter().all(u8::is_ascii_digit), "a letter stands where a digit belongs");
    plausible(digits)
}

/// A Greek AFM, the tax number (AADE): nine digits, check digit by powers of two modulo 11.
pub fn gr_afm(bytes: &[u8]) -> Verdict {
    let Some(digits) = exactly::<9>(bytes, b" ") else { return Verdict::Invalid("not 9 digits") };
    let rest = weighted(&digits[..8], &[256, 128, 64, 32, 16, 8, 4, 2]) % 11 % 10;
    ensure!(rest == u32::from(digits[8]), "check digit modulo 11 fails");
    ensure!(digits.iter().any(|d| *d != 0), "all zeros is nobody's");
    proven(&digits)
}

/// A Greek AMKA, the social security number (IDIKA): `DDMMYY`, four digits and a Luhn check digit.
pub fn gr_amka(bytes: &[u8]) -> Verdict {
    let Some(digits) = exactly::<11>(bytes, b" -") else { return Verdict::Invalid("not 11 digits") };
    let (day, month, year) = (pair(&digits, 0), pair(&digits, 2), pair(&digits, 4));
    let born = real(1900 + year, month, day) || real(2000 + year, month, day);
    ensure!(born, "its date does not exist");
    ensure!(luhn(&digits), "Luhn check fails");
    proven(&digits)
}

/// A Cypriot tax identification code (Tax Department; European Commission, TIN by country): eight digits, not beginning with
/// 12, and a check letter modulo 26.
pub fn cy_tic(bytes: &[u8]) -> Verdict {
    let Some(code) = characters::<9>(bytes, b" -") else { return Verdict::Invalid("not 9 letters and digits") };
    let Some(digits) = values::<8>(&code[..8]) else {
        return Verdict::Invalid("a letter stands where a digit belongs");
    };
    let sum: u32 = (0..8).map(|i| if i % 2 == 0 { CODICE_ODD[usize::from(digits[i])] } else { digits[i].into() }).sum();
    ensure!(pair(&digits, 0) != 12, "no code begins with 12");
    ensure!((sum % 26) as u8 + b'A' == code[8], "check letter modulo 26 fails");
    proven(&digits)
}
