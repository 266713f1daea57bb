//! The text of a value, whatever its encoding.
//!
//! Exports in Windows-1252 are as common as those in UTF-8, and nothing in a CSV file says which it is; some hold both.

use std::str::from_utf8;

/// Longest value, in bytes, that is read in Windows-1252; none of the validators that ask takes a longer one.
const BYTES_MAX: usize = 200;

/// Room for a value of [`BYTES_MAX`] bytes in UTF-8, two bytes a letter.
pub(super) struct Room([u8; 2 * BYTES_MAX]);

impl Default for Room {
    fn default() -> Self {
        Room([0; 2 * BYTES_MAX])
    }
}

/// A letter of the upper half of Latin-1, which Windows-1252 shares.
fn is_latin_letter(byte: u8) -> bool {
    byte >= 0xc0 && !matches!(byte, 0xd7 | 0xf7)
}

/// Whether bytes are text: UTF-8, or Windows-1252 of which the upper half is letters alone.
pub(super) fn is_text(bytes: &[u8]) -> bool {
    from_utf8(bytes).is_ok() || bytes.iter().all(|b| b.is_ascii() || is_latin_letter(*b))
}

/// The text of bytes, in `room` where it is not UTF-8; none where they are no text.
pub(super) fn text<'a>(bytes: &'a [u8], room: &'a mut Room) -> Option<&'a str> {
    if let Ok(text) = from_utf8(bytes) {
        return Some(text);
    }
    if bytes.len() > BYTES_MAX || !is_text(bytes) {
        return None;
    }
    let mut length = 0;
    for &byte in bytes {
        // The first 256 characters of Unicode are those of Latin-1.
        length += char::from(byte).encode_utf8(&mut room.0[length..]).len();
    }
    from_utf8(&room.0[..length]).ok()
}
