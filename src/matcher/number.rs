//! What is a number at first sight.

/// Anything longer is not looked at as a number.
pub const NUMBER_BYTES_MAX: usize = 40;

/// Whether bytes are one number: digits with what is written between them, nothing else.
pub fn is_number(bytes: &[u8]) -> bool {
    if bytes.len() > NUMBER_BYTES_MAX {
        return false;
    }
    let mut digits = 0;
    for &byte in bytes {
        let sign = NUMBER_SIGNS[usize::from(byte)];
        if sign == 0 {
            return false;
        }
        digits |= sign;
    }
    digits & DIGIT != 0
}

const DIGIT: u8 = 2;
/// What each byte is in a number: a digit, a sign between them (1), or nothing (0).
const NUMBER_SIGNS: [u8; 256] = {
    let mut table = [0; 256];
    let mut i = 0;
    while i < 256 {
        table[i] = match i as u8 {
            b'0'..=b'9' => DIGIT,
            b' ' | b'-' | b'.' | b'(' | b')' | b'+' | b'/' => 1,
            _ => 0,
        };
        i += 1;
    }
    table
};
