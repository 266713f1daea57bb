//! JSON: whole documents of any size, and files of one value a line.
//!
//! An object is a record, its members' paths are fields. A document is cut into blocks where an element or object ends,
//! and the records around the cut are repeated in the next block. A value that is no JSON ends a document with a gap; a
//! line that is none is rejected, and the next line is read.

use super::feed::{Cut, Output, Window, skip_line};
use super::json_token::{Step, Tree, string_end};
use crate::model::block::Layout;
use crate::model::gap::GapKind;
use memchr::memchr;

/// Reads one value or several, one after another.
pub fn read_document(window: &mut Window, out: &mut Output) {
    let (block, max) = (out.limits.block_bytes, out.limits.record_bytes_max);
    let mut tree = Tree::new(block, max);
    window.fill(block + block / 4);
    while !out.stopped {
        let (len, last) = (window.bytes.len(), window.ended);
        match tree.run(window, out, len, last) {
            // At least doubled from the token's start, so that a long token is not read over and over.
            Step::More => window.fill(len + (block / 4).max(len - tree.at)),
            Step::Cut => end_block(&mut tree, window, out, false),
            Step::Done => {
                tree.at = len;
                end_block(&mut tree, window, out, true);
                return;
            }
            Step::Truncated => {
                tree.at = len;
                end_block(&mut tree, window, out, true);
                let detail = "the document ends inside a value; what came before was read";
                out.gap(GapKind::Truncated, window.offset, None, detail);
                return;
            }
            Step::Bad => {
                end_block(&mut tree, window, out, true);
                drain(window, out);
                return;
            }
            Step::Oversize => {
                end_block(&mut tree, window, out, false);
                pass_string(window, out);
                tree.skip_string();
            }
        }
    }
}

/// Hands on what was read so far.
fn end_block(tree: &mut Tree, window: &mut Window, out: &mut Output, for_good: bool) {
    let end = tree.at;
    tree.clean(window, end);
    let marks = tree.suspend(out, window.offset + end as u64, for_good);
    out.emit(window, Layout::Tree, Cut::at(end));
    tree.resume(out, marks);
}

/// Passes over the rest of a document that can no longer be understood.
fn drain(window: &mut Window, out: &mut Output) {
    let from = window.offset;
    while !window.bytes.is_empty() {
        window.discard(window.bytes.len());
        window.fill(out.limits.block_bytes);
    }
    out.rejected += 1;
    let detail = "not JSON from here on; what came before was read";
    out.gap(GapKind::Corrupt, from, Some(window.offset - from), detail);
}

/// Passes over a string that is too long to hold; the window begins at its opening quote.
fn pass_string(window: &mut Window, out: &mut Output) {
    let from = window.offset;
    window.discard(1);
    loop {
        window.fill(out.limits.block_bytes);
        if let Some((end, _)) = string_end(&window.bytes, 0) {
            window.discard(end + 1);
            break;
        }
        // An escape must not be torn: a backslash at the end waits for what it escapes.
        let slashes = window.bytes.iter().rev().take_while(|b| **b == b'\\').count();
        let keep = if window.ended { 0 } else { slashes % 2 };
        window.discard(window.bytes.len() - keep);
        if window.ended {
            break;
        }
    }
    out.rejected += 1;
    out.gap(
        GapKind::RecordSize,
        from,
        Some(window.offset - from),
        "a string longer than the limit was not read; raise the record limit if such values are meant",
    );
}

/// Reads a value a line.
pub fn read_lines(window: &mut Window, out: &mut Output) {
    let max = out.limits.record_bytes_max;
    let mut tree = Tree::new(usize::MAX, usize::MAX);
    let mut line = 0;
    let mut target = out.limits.block_bytes;
    while !out.stopped {
        window.fill(target);
        let len = window.bytes.len();
        if len == 0 {
            break;
        }
        let mut at = 0;
        tree.resume(out, Vec::new());
        while at < len {
            let Some(end) = memchr(b'\n', &window.bytes[at..]).map(|n| at + n + 1).or(window.ended.then_some(len))
            else {
                break;
            };
            line += 1;
            tree.begin_line(at, line);
            let step = tree.run(window, out, end, true);
            if step != Step::Done {
                let bad = tree.at;
                tree.clean(window, bad.min(end));
                tree.suspend(out, window.offset + bad as u64, true);
                out.rejected += 1;
                out.gap(
                    GapKind::Corrupt,
                    window.offset + bad as u64,
                    Some((end - bad) as u64),
                    "a line that is not a JSON value; what came before on the line was read",
                );
            }
            at = end;
        }
        if at > 0 {
            tree.clean(window, at);
            out.emit(window, Layout::Tree, Cut::at(at));
        } else if len < max {
            target = (len * 2).min(max);
            continue;
        } else {
            line += 1;
            skip_line(window, out);
        }
        target = out.limits.block_bytes;
    }
}
