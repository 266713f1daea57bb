//! What the matcher asks of an expression: bytes, a bounded length, one line, look-around at the edges of words only.

use regex_syntax::ParserBuilder;
use regex_syntax::hir::{Class, Hir, HirKind, Look};

/// The longest match an expression may have. Blocks keep margins of this order, so a longer match could be cut.
const BYTES_MAX: usize = 320;

/// Everything the matcher could not live with.
pub(super) fn problems(pattern: &str) -> Vec<String> {
    // The same settings as the matcher's: classes are ASCII and bytes need not be UTF-8.
    let hir = match ParserBuilder::new().unicode(false).utf8(false).build().parse(pattern) {
        Ok(hir) => hir,
        Err(error) => {
            let message = error.to_string();
            let last = message.lines().last().unwrap_or("it cannot be read").trim().to_string();
            return vec![format!("the expression is not valid: {last}")];
        }
    };
    let mut problems = Vec::new();
    let properties = hir.properties();
    match properties.maximum_len() {
        None => problems.push(format!("the expression has no bound; a match must be at most {BYTES_MAX} bytes")),
        Some(len) if len > BYTES_MAX => {
            problems.push(format!("a match could have {len} bytes; it must be at most {BYTES_MAX}"));
        }
        Some(_) => {}
    }
    if properties.minimum_len().unwrap_or(0) == 0 {
        problems.push("the expression matches the empty string".to_string());
    }
    let other_look = properties.look_set().iter().any(|look| !matches!(look, Look::WordAscii | Look::WordAsciiNegate));
    if other_look {
        problems.push(
            "only `\\b` and `\\B` (ASCII) may look around; line and text anchors never hold in a block".to_string(),
        );
    }
    let mut groups = Vec::new();
    let mut newline = false;
    visit(&hir, &mut groups, &mut newline);
    if newline {
        problems.push("the expression can match a line feed; a match never crosses a line".to_string());
    }
    if groups.iter().any(|name| name.as_deref() != Some("value")) || groups.len() > 1 {
        problems.push("the only capture group may be one named `value`; write `(?:...)` for the others".to_string());
    }
    problems
}

/// Collects the names of capture groups, and whether a line feed can match. Nesting is bounded by the parser.
fn visit(hir: &Hir, groups: &mut Vec<Option<String>>, newline: &mut bool) {
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => {}
        HirKind::Literal(literal) => *newline |= literal.0.contains(&b'\n'),
        HirKind::Class(Class::Bytes(class)) => {
            *newline |= class.ranges().iter().any(|r| (r.start()..=r.end()).contains(&b'\n'));
        }
        HirKind::Class(Class::Unicode(class)) => {
            *newline |= class.ranges().iter().any(|r| (r.start()..=r.end()).contains(&'\n'));
        }
        HirKind::Repetition(repetition) => visit(&repetition.sub, groups, newline),
        HirKind::Capture(capture) => {
            groups.push(capture.name.as_deref().map(str::to_string));
            visit(&capture.sub, groups, newline);
        }
        HirKind::Concat(parts) | HirKind::Alternation(parts) => {
            parts.iter().for_each(|part| visit(part, groups, newline));
        }
    }
}
