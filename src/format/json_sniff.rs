//! Whether text is JSON, and whether it is a value a line.
//!
//! Many logs begin with a bracket, so a first byte proves nothing: the first tokens must follow JSON's grammar to the
//! letter. What fails here is read as text and loses no value.

use super::json_token::string_end;
use super::kind::Kind;

/// Tokens that must be right before a document is believed.
const TOKENS_MAX: usize = 256;

/// The kind, if this is the start of JSON.
pub fn detect(head: &[u8], whole: bool) -> Option<Kind> {
    let start = head.iter().position(|b| !b.is_ascii_whitespace())?;
    if !matches!(head[start], b'{' | b'[') {
        return None;
    }
    let mut lines = head[start..].split(|b| *b == b'\n').collect::<Vec<_>>();
    if !whole {
        // The last line may go on.
        lines.pop();
    }
    let lines: Vec<&[u8]> = lines.into_iter().map(|l| l.trim_ascii()).filter(|l| !l.is_empty()).take(20).collect();
    let values = lines.iter().filter(|l| matches!(l[0], b'{' | b'[') && value(l, usize::MAX) == Some(true)).count();
    if values >= 2 && values * 2 >= lines.len() {
        return Some(Kind::Ndjson);
    }
    match value(&head[start..], TOKENS_MAX) {
        Some(_) => Some(Kind::Json),
        // Broken further on, but one whole line of it was a value: it is JSON that will have gaps.
        None if values >= 1 => Some(Kind::Ndjson),
        None => None,
    }
}

/// Whether the text begins with a JSON value: `Some(true)` when it is one whole, `Some(false)` when it may be (it ends
/// early, or was not looked at further), `None` when it is not.
fn value(text: &[u8], tokens_max: usize) -> Option<bool> {
    let mut stack: Vec<u8> = Vec::new();
    let mut at = 0;
    // What may come: a value, a key, a colon, a comma or end; and whether the container may end at once.
    let (mut expect, mut fresh) = (b'v', false);
    for _ in 0..tokens_max {
        at += text[at..].iter().position(|b| !b.is_ascii_whitespace()).unwrap_or(text.len() - at);
        let Some(&byte) = text.get(at) else { return Some(false) };
        let mut closed = false;
        match (expect, byte) {
            (b'v', b'{' | b'[') => {
                stack.push(byte);
                (expect, fresh) = (if byte == b'{' { b'k' } else { b'v' }, true);
                at += 1;
                continue;
            }
            (b'k' | b'v', b'"') => {
                let Some((end, _)) = string_end(text, at + 1) else { return Some(false) };
                at = end + 1;
                if expect == b'k' {
                    (expect, fresh) = (b':', false);
                    continue;
                }
            }
            (b':', b':') => {
                (expect, at) = (b'v', at + 1);
                continue;
            }
            (b',', b',') => {
                (expect, at) = (if stack.last() == Some(&b'{') { b'k' } else { b'v' }, at + 1);
                continue;
            }
            (_, b'}' | b']') if expect == b',' || fresh => {
                if stack.pop() != Some(if byte == b'}' { b'{' } else { b'[' }) {
                    return None;
                }
                at += 1;
                closed = true;
            }
            (b'v', _) => {
                let length = text[at..].iter().take_while(|b| b.is_ascii_alphanumeric() || b"+-.".contains(b)).count();
                if at + length == text.len() {
                    return Some(false);
                }
                let token = &text[at..at + length];
                if !matches!(token, b"true" | b"false" | b"null") && !is_number(token) {
                    return None;
                }
                at += length;
            }
            _ => return None,
        }
        fresh = false;
        expect = b',';
        if closed && stack.is_empty() {
            return Some(text[at..].trim_ascii().is_empty());
        }
    }
    Some(false)
}

fn is_number(token: &[u8]) -> bool {
    std::str::from_utf8(token).is_ok_and(|t| {
        t.starts_with(|c: char| c.is_ascii_digit() || c == '-') && t.parse::<f64>().is_ok_and(f64::is_finite)
    })
}
