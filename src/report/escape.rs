//! Names from outside, made harmless: for a terminal, and for a spreadsheet.

use std::borrow::Cow;
use std::fmt::Write;

/// A text in which nothing moves a cursor, changes a colour, turns the reading direction or hides: control characters,
/// bidirectional and invisible formatting characters, and private-use and tag characters are written as `\u{1b}`.
pub fn visible(text: &str) -> Cow<'_, str> {
    if !text.chars().any(hidden) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        if hidden(c) {
            // Writing to a string cannot fail.
            let _ = write!(out, "\\u{{{:x}}}", u32::from(c));
        } else {
            out.push(c);
        }
    }
    Cow::Owned(out)
}

fn hidden(c: char) -> bool {
    c.is_control()
        || matches!(u32::from(c),
            0xAD | 0x34F | 0x61C | 0x115F | 0x1160 | 0x17B4 | 0x17B5 | 0x180B..=0x180F | 0x200B..=0x200F
            | 0x2028..=0x202E | 0x2060..=0x206F | 0x3164 | 0xFE00..=0xFE0F | 0xFEFF | 0xFFA0 | 0xFFF9..=0xFFFB
            | 0xE000..=0xF8FF | 0x1D173..=0x1D17A | 0xE0000..=0xE0FFF | 0xF0000..=0x10FFFF)
}

/// A CSV cell that no spreadsheet takes for a formula: one that starts with `=`, `+`, `-`, `@`, a tab or a carriage
/// return, or their full-width twins, gets an apostrophe before it; hidden characters are made visible; quotes as
/// RFC 4180 asks.
pub fn csv_cell(text: &str) -> String {
    let formula = text.starts_with(['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠']);
    let shown = visible(text);
    let guard = if formula { "'" } else { "" };
    if formula || shown.contains([',', '"', ';', '\'']) || shown.starts_with(' ') || shown.ends_with(' ') {
        return format!("\"{guard}{}\"", shown.replace('"', "\"\""));
    }
    shown.into_owned()
}
