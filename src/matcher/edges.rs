//! What a hit is: the rules at its two edges.
//!
//! For every detector with a pattern and for every start `s`, the hit is `[s, e)` for the **largest** `e` such that
//!
//! 1. the pattern matches exactly `[s, e)`, look-around seeing the real neighbours; `^` and `$` mean the bounds of a
//!    line, `\b` and all classes are ASCII, and no hit holds a line feed;
//! 2. **word edge**: when the first byte is a word byte (`[A-Za-z0-9_]`), the byte before the hit is not one; the same
//!    at the end. Nine digits inside a run of sixteen are no hit;
//! 3. **digit continuation**: when the first byte is a digit, the two bytes before are not a digit and one of `-` `.`;
//!    when the last byte is a digit, the two bytes after are not one of `-` `.` and a digit. `555-1234` inside
//!    `800-555-1234-999` is no hit;
//! 4. **maximal start**: a pattern that begins with a class repeated a varying number of times, optionally after one
//!    byte of a class within it, is tried only where that repetition could not have begun earlier (see
//!    [`super::shape::Lead`]). `b.c@x.org` inside `a.b.c@x.org` is no hit.
//!
//! Hits of a detector that overlap are all hits: to keep the leftmost would make the answer depend on where an input was
//! cut. Overlaps are settled per cell, by [`super::overlap`].
//!
//! The rules look two bytes beyond a hit at most, the fourth as far as the longest match.

/// Bit of [`CLASS`]: a word byte.
pub const WORD: u8 = 1;
/// Bit of [`CLASS`]: a digit.
pub const DIGIT: u8 = 2;
/// Bit of [`CLASS`]: joins two groups of digits (`-`, `.`).
pub const JOIN: u8 = 4;

/// The classes the edge rules ask for, by byte.
pub const CLASS: [u8; 256] = {
    let mut table = [0; 256];
    let mut i = 0;
    while i < 256 {
        let b = i as u8;
        if b.is_ascii_alphanumeric() || b == b'_' {
            table[i] |= WORD;
        }
        if b.is_ascii_digit() {
            table[i] |= DIGIT;
        }
        if b == b'-' || b == b'.' {
            table[i] |= JOIN;
        }
        i += 1;
    }
    table
};

fn class(bytes: &[u8], at: usize) -> u8 {
    bytes.get(at).map_or(0, |b| CLASS[*b as usize])
}

/// Whether rules 2 and 3 let a hit start at `start`, which must lie in `bytes`.
pub fn start_ok(bytes: &[u8], start: usize) -> bool {
    let first = class(bytes, start);
    let before = class(bytes, start.wrapping_sub(1));
    if first & before & WORD != 0 {
        return false;
    }
    !(first & DIGIT != 0 && before & JOIN != 0 && class(bytes, start.wrapping_sub(2)) & DIGIT != 0)
}

/// Whether rules 2 and 3 let a hit end at `end`, one past its last byte; `end` is at least 1.
pub fn end_ok(bytes: &[u8], end: usize) -> bool {
    let last = class(bytes, end - 1);
    let after = class(bytes, end);
    if last & after & WORD != 0 {
        return false;
    }
    !(last & DIGIT != 0 && after & JOIN != 0 && class(bytes, end + 1) & DIGIT != 0)
}
