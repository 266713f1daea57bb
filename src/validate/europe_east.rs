//! National and tax numbers of central and eastern Europe, and of Turkey.

use super::checksum::{mod_11_10, plausible, proven, weighted};
use super::date::real;
use super::digits::{Digits, exactly, pair, trim};
use crate::model::finding::Verdict;

/// A Polish PESEL (Act of 24 September 2010 on population registration, art. 15): `YYMMDD`, four digits, check digit modulo
/// 10. The month tells the century: 80 more for the 1800s, 20, 40 and 60 more for the 2000s to 2200s.
pub fn pl_pesel(bytes: &[u8]) -> Verdict {
    let Some(digits) = exactly::<11>(bytes, b" -") else { return Verdict::Invalid("not 11 digits") };
    let month = pair(&digits, 2);
    let century = [1900, 2000, 2100, 2200, 1800][(month / 20) as usize];
    let born = real(century + pair(&digits, 0), month % 20, pair(&digits, 4));
    let sum = weighted(&digits, &[1, 3, 7, 9, 1, 3, 7, 9, 1, 3, 1]);
    ensure!(born, "its date does not exist");
    ensure!(sum.is_multiple_of(10), "check digit modulo 10 fails");
    proven(&digits)
}

/// A Polish NIP, the tax number (Act of 13 October 1995): ten digits, check digit modulo 11.
pub fn pl_nip(bytes: &[u8]) -> Verdict {
    let Some(digits) = exactly::<10>(bytes, b" -") else { return Verdict::Invalid("not 10 digits") };
    let right = weighted(&digits, &[6, 5, 7, 2, 3, 4, 5, 6, 7, 10]).is_multiple_of(11);
    ensure!(right, "check digit modulo 11 fails");
    ensure!(digits.iter().any(|d| *d != 0), "all zeros is nobody's");
    proven(&digits)
}

/// A Czech or Slovak birth number (Act 133/2000 Sb.; zakon 301/1995 Z. z.): `YYMMDD/NNNC`, 50 more in a woman's month and 20
/// more where a day's numbers ran out; a multiple of eleven, or a remainder of ten before the last digit 0. Nine digits, with
/// no check digit, for births from 1900 to 1953.
pub fn cz_rodne_cislo(bytes: &[u8]) -> Verdict {
    let Some(digits) = Digits::<10>::of(trim(bytes), b" /") else {
        return Verdict::Invalid("not digits with the usual separators, at most 10");
    };
    let digits = digits.as_slice();
    ensure!(digits.len() >= 9, "fewer than 9 digits");
    let (year, month, day) = (pair(digits, 0), pair(digits, 2) % 50 % 20, pair(digits, 4));
    let number = digits[..9].iter().fold(0u32, |n, d| n * 10 + u32::from(*d));
    match digits.get(9) {
        Some(check) => {
            let century = if year < 54 { 2000 } else { 1900 };
            ensure!(real(century + year, month, day), "its date does not exist");
            ensure!(number % 11 % 10 == u32::from(*check), "check digit modulo 11 fails");
            proven(digits)
        }
        None => {
            ensure!(year <= 53, "numbers of 9 digits end with 1953");
            ensure!(number % 1000 > 0, "its last three digits are zeros");
            ensure!(real(1900 + year, month, day), "its date does not exist");
            plausible(digits)
        }
    }
}

/// Check digit of the Estonian and Lithuanian numbers: weights 1 to 9 and 1 modulo 11, then 3 to 9 and 1 to 3.
fn baltic(digits: &[u8; 11]) -> bool {
    let first = weighted(&digits[..10], &[1, 2, 3, 4, 5, 6, 7, 8, 9, 1]) % 11;
    let second = weighted(&digits[..10], &[3, 4, 5, 6, 7, 8, 9, 1, 2, 3]) % 11 % 10;
    u32::from(digits[10]) == if first < 10 { first } else { second }
}

/// Whether the first seven digits are a sex and century of 1 to 8 and a day.
fn baltic_birth(digits: &[u8; 11]) -> bool {
    let century = match digits[0] {
        digit @ 1..=8 => 1800 + 100 * u32::from((digit - 1) / 2),
        _ => return false,
    };
    real(century + pair(digits, 1), pair(digits, 3), pair(digits, 5))
}

/// An Estonian isikukood (standard EVS 585:2007): sex and century, `YYMMDD`, three digits, check digit.
pub fn ee_isikukood(bytes: &[u8]) -> Verdict {
    let Some(digits) = exactly::<11>(bytes, b" ") else { return Verdict::Invalid("not 11 digits") };
    ensure!(baltic_birth(&digits), "sex, century or date do not exist");
    ensure!(baltic(&digits), "check digit modulo 11 fails");
    proven(&digits)
}

/// A Lithuanian asmens kodas (law VIII-1354 on the register of residents): as the Estonian number; a 9 in front marks one
/// without a day of birth.
pub fn lt_asmens_kodas(bytes: &[u8]) -> Verdict {
    let Some(digits) = exactly::<11>(bytes, b" ") else { return Verdict::Invalid("not 11 digits") };
    let born = digits[0] == 9 || baltic_birth(&digits);
    ensure!(born, "sex, century or date do not exist");
    ensure!(baltic(&digits), "check digit modulo 11 fails");
    proven(&digits)
}

/// A Latvian personas kods (Office of Citizenship and Migration Affairs): `DDMMYY-CNNNK` with C the century, or, since July
/// 2017, 32 and nine digits without a meaning; check digit modulo 11.
pub fn lv_personas_kods(bytes: &[u8]) -> Verdict {
    let Some(digits) = exactly::<11>(bytes, b" -") else { return Verdict::Invalid("not 11 digits") };
    let century = 1800 + 100 * u32::from(digits[6]);
    let born = digits[6] <= 2 && real(century + pair(&digits, 4), pair(&digits, 2), pair(&digits, 0));
    let rest = (1 + weighted(&digits[..10], &[10, 5, 8, 4, 2, 1, 6, 3, 7, 9])) % 11 % 10;
    let dated = born || pair(&digits, 0) == 32;
    ensure!(dated, "its date does not exist, and it does not begin with 32");
    ensure!(rest == u32::from(digits[10]), "check digit modulo 11 fails");
    proven(&digits)
}

/// A Bulgarian EGN (Civil Registration Act, ordinance RD-02-20-9): `YYMMDD`, three digits, check digit modulo 11. 20 more in
/// the month for the 1800s, 40 more for the 2000s.
pub fn bg_egn(bytes: &[u8]) -> Verdict {
    let Some(digits) = exactly::<10>(bytes, b" ") else { return Verdict::Invalid("not 10 digits") };
    let (century, month) = match pair(&digits, 2) {
        month @ 41.. => (2000, month - 40),
        month @ 21..=40 => (1800, month - 20),
        month => (1900, month),
    };
    let rest = weighted(&digits[..9], &[2, 4, 8, 5, 10, 9, 7, 3, 6]) % 11 % 10;
    let born = real(century + pair(&digits, 0), month, pair(&digits, 4));
    ensure!(born, "its date does not exist");
    ensure!(rest == u32::from(digits[9]), "check digit modulo 11 fails");
    proven(&digits)
}

/// A Croatian OIB (Act on the personal identification number, NN 60/08): eleven digits, ISO/IEC 7064 MOD 11,10.
pub fn hr_oib(bytes: &[u8]) -> Verdict {
    let Some(digits) = exactly::<11>(bytes, b" ") else { return Verdict::Invalid("not 11 digits") };
    ensure!(mod_11_10(&digits), "check digit (MOD 11,10) fails");
    proven(&digits)
}

/// A Hungarian personal identifier (Act XX of 1996): sex and century, `YYMMDD`, three digits, check digit modulo 11 with
/// weights 1 to 10, the other way round for those born from 1997.
pub fn hu_szemelyi_szam(bytes: &[u8]) -> Verdict {
    let Some(digits) = exactly::<11>(bytes, b" -") else { return Verdict::Invalid("not 11 digits") };
    let century = match digits[0] {
        1 | 2 | 5 | 6 => 1900,
        3 | 4 => 2000,
        7 | 8 => 1800,
        _ => return Verdict::Invalid("its first digit is of no sex and century"),
    };
    let year = century + pair(&digits, 1);
    let weights: &[u32] =
        if year >= 1997 { &[10, 9, 8, 7, 6, 5, 4, 3, 2, 1] } else { &[1, 2, 3, 4, 5, 6, 7, 8, 9, 10] };
    let rest = weighted(&digits[..10], weights) % 11;
    ensure!(real(year, pair(&digits, 3), pair(&digits, 5)), "its date does not exist");
    ensure!(rest == u32::from(digits[10]), "check digit modulo 11 fails");
    proven(&digits)
}

/// A Hungarian tax identification sign (Act CL of 2017): ten digits that begin with 8, check digit modulo 11.
pub fn hu_tax_id(bytes: &[u8]) -> Verdict {
    let Some(digits) = exactly::<10>(bytes, b" -") else { return Verdict::Invalid("not 10 digits") };
    let rest = weighted(&digits[..9], &[1, 2, 3, 4, 5, 6, 7, 8, 9]) % 11;
    ensure!(digits[0] == 8, "no number begins other than with 8");
    ensure!(rest == u32::from(digits[9]), "check digit modulo 11 fails");
    proven(&digits)
}

/// A Romanian CNP (OUG 97/2005; HG 1375/2006): sex and century, `YYMMDD`, county, three digits, check digit modulo 11.
pub fn ro_cnp(bytes: &[u8]) -> Verdict {
    let Some(digits) = exactly::<13>(bytes, b" -") else { return Verdict::Invalid("not 13 digits") };
    let century = match digits[0] {
        0 => return Verdict::Invalid("no number begins with 0"),
        3 | 4 => 1800,
        5 | 6 => 2000,
        _ => 1900,
    };
    let born = real(century + pair(&digits, 1), pair(&digits, 3), pair(&digits, 5));
    let county = matches!(pair(&digits, 7), 1..=48 | 51 | 52 | 70 | 80..=83);
    let rest = weighted(&digits[..12], &[2, 7, 9, 1, 4, 6, 3, 5, 8, 2, 7, 9]) % 11;
    let check = if rest == 10 { 1 } else { rest };
    ensure!(born, "its date does not exist");
    ensure!(county, "its county is none");
    ensure!(check == u32::from(digits[12]), "check digit modulo 11 fails");
    proven(&digits)
}

/// A Slovenian EMSO, and the number of the same form in the other states of the former Yugoslavia (Central Register of
/// Population Act): `DDMMYYY`, region, three digits, check digit modulo 11.
pub fn si_emso(bytes: &[u8]) -> Verdict {
    let Some(digits) = exactly::<13>(bytes, b" ") else { return Verdict::Invalid("not 13 digits") };
    let year = u32::from(digits[4]) * 100 + pair(&digits, 5);
    let year = if year < 800 { 2000 + year } else { 1000 + year };
    let sum = weighted(&digits[..12], &[7, 6, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2]);
    let check = (11 - sum % 11) % 11 % 10;
    ensure!(real(year, pair(&digits, 2), pair(&digits, 0)), "its date does not exist");
    ensure!(check == u32::from(digits[12]), "check digit modulo 11 fails");
    proven(&digits)
}

/// A Slovenian tax number (Financial Administration): eight digits that do not begin with 0, check digit modulo 11.
pub fn si_tax_number(bytes: &[u8]) -> Verdict {
    let Some(digits) = exactly::<8>(bytes, b" ") else { return Verdict::Invalid("not 8 digits") };
    let check = 11 - weighted(&digits[..7], &[8, 7, 6, 5, 4, 3, 2]) % 11;
    ensure!(digits[0] != 0, "no number begins with 0");
    ensure!(!check.is_multiple_of(11), "a number whose remainder is 0 is not issued");
    ensure!(check % 10 == u32::from(digits[7]), "check digit modulo 11 fails");
    proven(&digits)
}

/// A Turkish identity number (Act 5490; General Directorate of Civil Registration): eleven digits that do not begin with 0,
/// two check digits.
pub fn tr_kimlik(bytes: &[u8]) -> Verdict {
    let Some(digits) = exactly::<11>(bytes, b" ") else { return Verdict::Invalid("not 11 digits") };
    let tenth = (10 - weighted(&digits[..9], &[3, 1, 3, 1, 3, 1, 3, 1, 3]) % 10) % 10;
    let eleventh = digits[..10].iter().map(|d| u32::from(*d)).sum::<u32>() % 10;
    let right = tenth == u32::from(digits[9]) && eleventh == u32::from(digits[10]);
    ensure!(digits[0] != 0, "no number begins with 0");
    ensure!(right, "check digits fail");
    proven(&digits)
}
