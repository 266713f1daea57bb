//! National and tax numbers of the Americas outside the United States.

use super::checksum::{luhn, proven, weighted};
use super::date::real;
use super::digits::{characters, exactly, pair, trim, values};
use crate::model::finding::{Marks, Verdict};

/// A Canadian social insurance number (Service Canada, SIN Code of Practice): nine digits, Luhn. 0 and 8 begin none that a
/// person has.
pub fn ca_sin(bytes: &[u8]) -> Verdict {
    let Some(digits) = exactly::<9>(bytes, b" -") else { return Verdict::Invalid("not 9 digits") };
    ensure!(!matches!(digits[0], 0 | 8), "nobody's number begins with 0 or 8");
    ensure!(luhn(&digits), "Luhn check fails");
    proven(&digits)
}

/// A digit by the remainder of a weighted sum by 11: 0 for remainders 0 and 1, else 11 less it.
fn check_11(sum: u32) -> u32 {
    (11 - sum % 11) % 11 % 10
}

/// A Brazilian CPF (Receita Federal, Instrucao Normativa RFB 2172/2024): nine digits and two check digits modulo 11. One
/// digit repeated has right check digits and is nobody's.
pub fn br_cpf(bytes: &[u8]) -> Verdict {
    let Some(digits) = exactly::<11>(bytes, b" .-") else { return Verdict::Invalid("not 11 digits") };
    let first = check_11(weighted(&digits[..9], &[10, 9, 8, 7, 6, 5, 4, 3, 2]));
    let second = check_11(weighted(&digits[..10], &[11, 10, 9, 8, 7, 6, 5, 4, 3, 2]));
    let some = digits.iter().any(|d| *d != 0);
    ensure!(some, "all zeros is nobody's");
    ensure!(first == u32::from(digits[9]), "first check digit fails");
    ensure!(second == u32::from(digits[10]), "second check digit fails");
    proven(&digits)
}

/// A Brazilian CNPJ (Receita Federal, Instrucao Normativa RFB 2229/2024): twelve letters and digits (digits alone before July
/// 2026), each worth its ASCII code less 48, and two check digits modulo 11.
pub fn br_cnpj(bytes: &[u8]) -> Verdict {
    let Some(mut code) = characters::<14>(bytes, b" ./-") else { return Verdict::Invalid("not 14 letters and digits") };
    ensure!(code[12].is_ascii_digit() && code[13].is_ascii_digit(), "its check digits are no digits");
    code.iter_mut().for_each(|b| *b -= b'0');
    let first = check_11(weighted(&code[..12], &[5, 4, 3, 2, 9, 8, 7, 6, 5, 4, 3, 2]));
    let second = check_11(weighted(&code[..13], &[6, 5, 4, 3, 2, 9, 8, 7, 6, 5, 4, 3, 2]));
    let some = code[..12].iter().any(|d| *d != 0);
    ensure!(some, "all zeros is nobody's");
    ensure!(first == u32::from(code[12]), "first check digit fails");
    ensure!(second == u32::from(code[13]), "second check digit fails");
    proven(&code)
}

/// Two letters of the state of birth in a CURP; NE is abroad.
const MX_STATES: &[u8] = b"ASBCBSCCCHCLCMCSDFDGGRGTHGJCMCMNMSNENLNTOCPLQRQTSLSPSRTCTLTSVZYNZS";

/// A Mexican CURP (RENAPO; Diario Oficial 18-10-2021): four letters of the name, `YYMMDD`, H, M or X, state, three
/// consonants, a sign that is a digit before 2000, and a check digit modulo 10.
pub fn mx_curp(bytes: &[u8]) -> Verdict {
    let Some(code) = characters::<18>(bytes, b" -") else { return Verdict::Invalid("not 18 letters and digits") };
    let (Some(date), Some(check)) = (values::<6>(&code[4..10]), values::<1>(&code[17..])) else {
        return Verdict::Invalid("a letter stands where a digit belongs");
    };
    let century = if code[16].is_ascii_digit() { 1900 } else { 2000 };
    let born = real(century + pair(&date, 0), pair(&date, 2), pair(&date, 4));
    let letters = code[..4].iter().chain(&code[10..16]).all(u8::is_ascii_uppercase);
    let state = MX_STATES.as_chunks::<2>().0.iter().any(|s| *s == code[11..13]);
    let sum: u32 = code[..17].iter().zip((2..=18).rev()).map(|(b, w)| mx_value(*b) * w).sum();
    let right = (10 - sum % 10) % 10 == u32::from(check[0]);
    ensure!(letters, "a digit stands where a letter belongs");
    ensure!(born, "its date does not exist");
    ensure!(matches!(code[10], b'H' | b'M' | b'X'), "its sex is not H, M or X");
    ensure!(state, "its state is none");
    ensure!(right, "check digit fails");
    proven(&code)
}

/// A character's place in `0-9A-N&O-Z`, the alphabet of the check digits of CURP and RFC.
fn mx_value(byte: u8) -> u32 {
    match byte {
        b'0'..=b'9' => u32::from(byte - b'0'),
        b'A'..=b'N' => u32::from(byte - b'A') + 10,
        b'&' => 24,
        b'O'..=b'Z' => u32::from(byte - b'O') + 25,
        _ => 37,
    }
}

/// The RFC of a Mexican person (SAT; Codigo Fiscal de la Federacion art. 27): four letters of the name, `YYMMDD`, and a
/// homoclave of two signs and a check digit modulo 11. A company's has three letters and is no person's.
pub fn mx_rfc(bytes: &[u8]) -> Verdict {
    let mut code = [0u8; 13];
    let mut len = 0;
    for byte in trim(bytes).iter().filter(|b| !matches!(b, b' ' | b'-')) {
        let Some(to) = code.get_mut(len) else { return Verdict::Invalid("more than 13 signs") };
        *to = byte.to_ascii_uppercase();
        len += 1;
    }
    ensure!(len == 13, "not 13 signs");
    let Some(date) = values::<6>(&code[4..10]) else {
        return Verdict::Invalid("a letter stands where a digit belongs");
    };
    let letters = code[..4].iter().all(|b| b.is_ascii_uppercase() || *b == b'&');
    // The century is not written; a leap day need be one in either.
    let (year, month, day) = (pair(&date, 0), pair(&date, 2), pair(&date, 4));
    let born = real(2000 + year, month, day) || real(1900 + year, month, day);
    let homoclave = matches!(code[10], b'1'..=b'9' | b'A'..=b'V') && matches!(code[11], b'1'..=b'9' | b'A'..=b'Z');
    let sum: u32 = code[..12].iter().zip((2..=13).rev()).map(|(b, w)| mx_value(*b) * w).sum();
    let check = b"0123456789A"[((11 - sum % 11) % 11) as usize];
    ensure!(letters, "a digit stands where a letter belongs");
    ensure!(born, "its date does not exist");
    ensure!(homoclave, "its homoclave has signs that are not in use");
    ensure!(check == code[12], "check digit modulo 11 fails");
    proven(&code)
}

/// An Argentine CUIL or CUIT (AFIP/ARCA; Resolucion General 10/97): a type, the number of the DNI, a check digit modulo 11.
/// 20, 23, 24, 25, 26 and 27 begin people's.
pub fn ar_cuil(bytes: &[u8]) -> Verdict {
    let Some(digits) = exactly::<11>(bytes, b" -") else { return Verdict::Invalid("not 11 digits") };
    // Eleven less the remainder; eleven is written 0 and ten 9.
    let rest = weighted(&digits[..10], &[5, 4, 3, 2, 7, 6, 5, 4, 3, 2]) % 11;
    let right = b"09987654321"[rest as usize] - b'0' == digits[10];
    let kind = pair(&digits, 0);
    ensure!(right, "check digit modulo 11 fails");
    ensure!(matches!(kind, 20 | 23..=27 | 30 | 33 | 34 | 50 | 51 | 55), "its first two digits are no type in use");
    Verdict::Valid { proven: true, marks: if kind >= 30 { Marks::ROLE } else { Marks::default() } }
}

/// A Chilean RUT or RUN (Servicio de Registro Civil; DFL 3 of 1969): seven or eight digits and a check sign modulo 11, where
/// K stands for ten. Numbers from fifty million are companies'.
pub fn cl_rut(bytes: &[u8]) -> Verdict {
    let code = characters::<9>(bytes, b" .-").or_else(|| {
        let short = characters::<8>(bytes, b" .-")?;
        let mut code = [b'0'; 9];
        code[1..].copy_from_slice(&short);
        Some(code)
    });
    let Some(code) = code else { return Verdict::Invalid("not 7 or 8 digits and a check sign") };
    let Some(digits) = values::<8>(&code[..8]) else {
        return Verdict::Invalid("a letter stands where a digit belongs");
    };
    let sum = weighted(&digits, &[3, 2, 7, 6, 5, 4, 3, 2]);
    ensure!(b"0K987654321"[(sum % 11) as usize] == code[8], "check sign modulo 11 fails");
    ensure!(digits != [0; 8], "all zeros is nobody's");
    Verdict::Valid { proven: true, marks: if digits[0] >= 5 { Marks::ROLE } else { Marks::default() } }
}
