//! Addresses of crypto-currencies.

use super::digits::trim;
use crate::model::finding::{Marks, Verdict};
use sha2::{Digest, Sha256};
use sha3::Keccak256;

const BASE58: &[u8; 58] = b"123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
const BECH32: &[u8; 32] = b"qpzry9x8gf2tvdw0s3jn54khce6mua7l";

/// A Bitcoin address: base58check of version 0 or 5 and twenty bytes (Bitcoin Core), or bech32 and bech32m of the
/// human-readable part `bc` (BIP 173, BIP 350).
pub fn bitcoin(bytes: &[u8]) -> Verdict {
    let bytes = trim(bytes);
    let segwit = bytes.get(..3).is_some_and(|head| head.eq_ignore_ascii_case(b"bc1"));
    if segwit {
        ensure!(bech32(bytes), "length or checksum of bech32 fail");
    } else {
        ensure!(base58check(bytes), "version, length or checksum of base58check fail");
    }
    Verdict::PROVEN
}

fn base58check(bytes: &[u8]) -> bool {
    if !(26..=35).contains(&bytes.len()) || !matches!(bytes[0], b'1' | b'3') {
        return false;
    }
    // 35 signs of base 58 are less than 26 bytes; the first of them is always 0.
    let mut number = [0u8; 26];
    for byte in bytes {
        let Some(value) = BASE58.iter().position(|b| b == byte) else { return false };
        let mut carry = value as u32;
        for place in number.iter_mut().rev() {
            carry += u32::from(*place) * 58;
            *place = carry as u8;
            carry >>= 8;
        }
        if carry != 0 {
            return false;
        }
    }
    // A leading 1 is a leading zero byte, no more and no fewer of them.
    let zeros = number[1..].iter().take_while(|b| **b == 0).count();
    let ones = bytes.iter().take_while(|b| **b == b'1').count();
    if number[0] != 0 || zeros != ones || !matches!(number[1], 0 | 5) {
        return false;
    }
    Sha256::digest(Sha256::digest(&number[1..22]))[..4] == number[22..]
}

/// Witness version 0 has the constant of bech32, later ones that of bech32m; programs are 2 to 40 bytes, of version 0 twenty
/// or thirty-two.
fn bech32(bytes: &[u8]) -> bool {
    let lower = bytes.iter().any(u8::is_ascii_lowercase);
    let upper = bytes.iter().any(u8::is_ascii_uppercase);
    if !(14..=74).contains(&bytes.len()) || (lower && upper) {
        return false;
    }
    // The expanded human-readable part.
    let mut check = [3, 3, 0, 2, 3].iter().fold(1, |check, value| bech32_step(check, *value));
    let data = &bytes[3..];
    let (mut version, mut last) = (0, 0);
    for (i, byte) in data.iter().enumerate() {
        let Some(value) = BECH32.iter().position(|b| *b == byte.to_ascii_lowercase()) else { return false };
        check = bech32_step(check, value as u32);
        if i == 0 {
            version = value;
        }
        if i + 7 == data.len() {
            last = value;
        }
    }
    let bits = (data.len() - 7) * 5;
    let (program, spare) = (bits / 8, bits % 8);
    let padded = spare < 5 && last & ((1 << spare) - 1) == 0;
    let length = if version == 0 { matches!(program, 20 | 32) } else { (2..=40).contains(&program) };
    let constant = if version == 0 { 1 } else { 0x2bc8_30a3 };
    version <= 16 && padded && length && check == constant
}

fn bech32_step(check: u32, value: u32) -> u32 {
    const GENERATOR: [u32; 5] = [0x3b6a_57b2, 0x2650_8e6d, 0x1ea1_19fa, 0x3d42_33dd, 0x2a14_62b3];
    let top = check >> 25;
    let check = ((check & 0x01ff_ffff) << 5) ^ value;
    GENERATOR.iter().enumerate().fold(check, |check, (i, g)| check ^ (g * (top >> i & 1)))
}

/// An Ethereum address: `0x` and forty hexadecimal digits. Mixed case is the checksum of EIP-55 and must be right; one case
/// alone has none.
pub fn ethereum(bytes: &[u8]) -> Verdict {
    let bytes = trim(bytes);
    let Some(hex) = bytes.strip_prefix(b"0x").and_then(|rest| <&[u8; 40]>::try_from(rest).ok()) else {
        return Verdict::Invalid("not 0x and 40 signs");
    };
    ensure!(hex.iter().all(u8::is_ascii_hexdigit), "a sign that is no hexadecimal digit");
    let marks = if hex.iter().all(|b| *b == hex[0]) { Marks::PLACEHOLDER } else { Marks::default() };
    let lower = hex.iter().any(u8::is_ascii_lowercase);
    let upper = hex.iter().any(u8::is_ascii_uppercase);
    if !(lower && upper) {
        return Verdict::Valid { proven: false, marks };
    }
    let hash = Keccak256::digest(hex.map(|b| b.to_ascii_lowercase()));
    let right = hex.iter().enumerate().all(|(i, b)| {
        let nibble = hash[i / 2] >> (4 * (1 - i % 2)) & 15;
        b.is_ascii_digit() || b.is_ascii_uppercase() == (nibble >= 8)
    });
    ensure!(right, "capitals and small letters are not the checksum of EIP-55");
    Verdict::Valid { proven: true, marks }
}
