//! Text that is no UTF-8, read as Windows-1252 (Latin-1 and a few signs more).

/// The characters that Windows-1252 has from 0x80 to 0x9f; the five bytes it leaves open stand for themselves, as the
/// WHATWG Encoding Standard has it. Above, it is Latin-1.
#[rustfmt::skip]
const WINDOWS_1252: [char; 32] = [
    '€', '\u{81}', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\u{8d}', 'Ž', '\u{8f}',
    '\u{90}', '‘', '’', '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', '\u{9d}', 'ž', 'Ÿ',
];

/// The character of a byte from 0x80 on that is part of no UTF-8.
pub fn character(byte: u8) -> char {
    usize::from(byte).checked_sub(0x80).and_then(|n| WINDOWS_1252.get(n)).copied().unwrap_or(char::from(byte))
}

/// Appends text, each byte that is no part of UTF-8 as the character it is in Windows-1252.
pub fn mend(bytes: &[u8], out: &mut Vec<u8>) {
    for chunk in bytes.utf8_chunks() {
        out.extend_from_slice(chunk.valid().as_bytes());
        for &byte in chunk.invalid() {
            out.extend_from_slice(character(byte).encode_utf8(&mut [0; 4]).as_bytes());
        }
    }
}
