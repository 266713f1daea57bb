//! Text by lines: a cell per line, and records of one line or of several.
//!
//! How lines make records is the only thing in which logs, prose and mail differ, so it is a trait, and the cutting into
//! blocks is written once. A line too long to hold is cut into pieces with margins on both sides, so that a match across
//! a cut is seen whole by both pieces and owned by one.

use super::feed::{Cut, Output, Window, blank};
use crate::model::block::{Layout, Lines};
use crate::model::field::{Field, FieldId};
use memchr::memchr;

/// One line of the window.
#[derive(Clone, Copy, Debug)]
pub struct Line {
    /// Its first byte.
    pub start: usize,
    /// One past its last byte, without the line end.
    pub stop: usize,
    /// One past its line end.
    pub end: usize,
    /// Its number, from 1.
    pub number: u64,
}

/// How lines make records.
pub trait Grouping {
    /// Takes a whole line: pushes its cells, opens and closes records.
    fn line(&mut self, window: &mut Window, out: &mut Output, line: Line);

    /// Takes whole lines without marking them, where each of them that is not blank is a record with one cell, and nothing in
    /// them has to be overwritten: their marks, and how many lines they are. The first of them has this number.
    fn unmarked(&mut self, _lines: &[u8], _out: &mut Output, _number: u64) -> Option<(Lines, u64)> {
        None
    }

    /// Whether a block may end before the line that starts with this byte (`None` at the end of the stream).
    fn may_cut(&self, next: Option<u8>) -> bool;

    /// The block ends here: records still open are marked so, unless it is the last.
    fn cut(&mut self, _out: &mut Output, _end: u64, _last: bool) {}

    /// A new block begins: records still open are repeated.
    fn resume(&mut self, _out: &mut Output) {}

    /// The field and record of a piece of an endless line, which lies at `source`.
    fn piece(&mut self, out: &mut Output, number: u64, source: std::ops::Range<u64>) -> (FieldId, usize);
}

/// The field of text that has no fields.
pub fn plain_field(field: &mut Option<FieldId>, out: &mut Output) -> FieldId {
    *field.get_or_insert_with(|| out.add_field(Field::new([""])))
}

/// Reads text to its end.
pub fn read(grouping: &mut dyn Grouping, window: &mut Window, out: &mut Output) {
    let max = out.limits.record_bytes_max;
    let mut target = out.limits.block_bytes;
    let mut number = 1;
    while !out.stopped {
        window.fill(target);
        if window.bytes.is_empty() {
            break;
        }
        grouping.resume(out);
        let limit = last_cut(grouping, window);
        if let Some((lines, count)) = grouping.unmarked(&window.bytes[..limit], out, number) {
            number += count;
            out.emit_lines(window, &lines, limit);
            target = out.limits.block_bytes;
            continue;
        }
        let (done, lines) = whole_lines(grouping, window, out, number, limit);
        if done == 0 {
            // What the grouping pushed on resuming is pushed again when there is more to see.
            out.cells.clear();
            out.records.clear();
            if window.bytes.len() < max && !window.ended {
                target = (window.bytes.len() * 2).min(max);
                continue;
            }
            endless(grouping, window, out, number);
            number += 1;
        } else {
            number += lines;
            let last = window.ended && done == window.bytes.len();
            grouping.cut(out, window.offset + done as u64, last);
            out.emit(window, Layout::Text, Cut::at(done));
        }
        target = out.limits.block_bytes;
    }
}

/// Takes the lines up to `limit`, the last place where a block may end: how many bytes and lines.
fn whole_lines(
    grouping: &mut dyn Grouping,
    window: &mut Window,
    out: &mut Output,
    number: u64,
    limit: usize,
) -> (usize, u64) {
    let len = window.bytes.len();
    let (mut at, mut lines) = (0, 0);
    while at < limit {
        let end = memchr(b'\n', &window.bytes[at..limit]).map_or(limit, |n| at + n + 1);
        let mut stop = end;
        while stop > at && matches!(window.bytes[stop - 1], b'\n' | b'\r') {
            stop -= 1;
        }
        blank(&mut window.bytes[stop..end]);
        grouping.line(window, out, Line { start: at, stop, end, number: number + lines });
        lines += 1;
        at = end;
        debug_assert!(at <= len);
    }
    (at, lines)
}

/// The last line start at which the grouping lets a block end; 0 when there is none.
fn last_cut(grouping: &dyn Grouping, window: &Window) -> usize {
    let bytes = &window.bytes;
    if window.ended {
        return bytes.len();
    }
    let mut end = bytes.len();
    while let Some(n) = memchr::memrchr(b'\n', &bytes[..end]) {
        // The byte after a line end at the very end of the window is not known yet, so the cut goes before that line.
        if n + 1 < bytes.len() && grouping.may_cut(Some(bytes[n + 1])) {
            return n + 1;
        }
        end = n;
    }
    0
}

/// Reads a line longer than the limit, piece by piece.
fn endless(grouping: &mut dyn Grouping, window: &mut Window, out: &mut Output, number: u64) {
    let (max, margin) = (out.limits.record_bytes_max, out.limits.margin_bytes);
    let mut before = 0;
    while !out.stopped {
        window.fill(max);
        let newline = memchr(b'\n', &window.bytes[before..]).map(|n| before + n);
        let len = window.bytes.len();
        let (stop, end, last) = match newline {
            Some(n) => (n, n + 1, true),
            None if window.ended => (len, len, true),
            None => (len, len - margin, false),
        };
        let bytes_end = if last { end } else { len };
        blank(&mut window.bytes[stop..bytes_end]);
        let (field, record) = grouping.piece(out, number, window.offset + before as u64..window.offset + end as u64);
        out.cell(0, stop, field, record);
        let next = if last { end } else { end - margin };
        grouping.cut(out, window.offset + end as u64, window.ended && end == len);
        out.emit(window, Layout::Text, Cut { end: bytes_end, owned: before..end, next });
        before = margin;
        if last {
            break;
        }
    }
}

/// Every line is a record; blank lines are none.
#[derive(Debug, Default)]
pub struct PerLine {
    field: Option<FieldId>,
}

impl Grouping for PerLine {
    fn line(&mut self, window: &mut Window, out: &mut Output, line: Line) {
        if line.start == line.stop {
            return;
        }
        let field = plain_field(&mut self.field, out);
        out.read += 1;
        let record = out.record(line.number, window.offset + line.start as u64..window.offset + line.end as u64);
        out.cell(line.start, line.stop, field, record);
    }

    fn unmarked(&mut self, lines: &[u8], out: &mut Output, number: u64) -> Option<(Lines, u64)> {
        let counts = count(lines);
        if counts.returns || counts.lines == counts.blank {
            return None;
        }
        let records = counts.lines - counts.blank;
        let field = plain_field(&mut self.field, out);
        out.read += records;
        let id = out.new_ids(records);
        Some((Lines { row: number, id, field, records, blank: counts.blank > 0 }, counts.lines))
    }

    fn may_cut(&self, _next: Option<u8>) -> bool {
        true
    }

    fn piece(&mut self, out: &mut Output, number: u64, source: std::ops::Range<u64>) -> (FieldId, usize) {
        let field = plain_field(&mut self.field, out);
        out.read += 1;
        (field, out.record(number, source))
    }
}

/// What there is among whole lines.
#[derive(Debug, Default, PartialEq, Eq)]
struct Counts {
    /// Lines; the last may end without a line feed.
    lines: u64,
    /// Lines that hold nothing.
    blank: u64,
    /// There is a carriage return.
    returns: bool,
}

/// Counts in one pass, in counters a byte wide, of which a processor adds many at once.
fn count(lines: &[u8]) -> Counts {
    const WIDTH: usize = 16;
    /// As many bytes as a counter can count in its column.
    const PIECE: usize = WIDTH * u8::MAX as usize;
    let Some((last, before)) = lines.split_last() else { return Counts::default() };
    let mut counts = Counts {
        lines: u64::from(lines[0] == b'\n') + u64::from(*last != b'\n'),
        blank: u64::from(lines[0] == b'\n'),
        returns: lines[0] == b'\r',
    };
    for (bytes, before) in lines[1..].chunks(PIECE).zip(before.chunks(PIECE)) {
        let (mut feeds, mut blank, mut returns) = ([0u8; WIDTH], [0u8; WIDTH], [0u8; WIDTH]);
        let ((whole, rest), (whole_before, rest_before)) = (bytes.as_chunks::<WIDTH>(), before.as_chunks::<WIDTH>());
        for (bytes, before) in whole.iter().zip(whole_before) {
            for i in 0..WIDTH {
                let feed = u8::from(bytes[i] == b'\n');
                feeds[i] = feeds[i].wrapping_add(feed);
                blank[i] = blank[i].wrapping_add(feed & u8::from(before[i] == b'\n'));
                returns[i] |= u8::from(bytes[i] == b'\r');
            }
        }
        counts.lines += feeds.iter().map(|n| u64::from(*n)).sum::<u64>();
        counts.blank += blank.iter().map(|n| u64::from(*n)).sum::<u64>();
        counts.returns |= returns.iter().any(|n| *n > 0);
        for (byte, before) in rest.iter().zip(rest_before) {
            let feed = *byte == b'\n';
            counts.lines += u64::from(feed);
            counts.blank += u64::from(feed && *before == b'\n');
            counts.returns |= *byte == b'\r';
        }
    }
    counts
}

/// Lines of a paragraph at most.
const PARAGRAPH_LINES_MAX: u64 = 64;
/// Bytes of a paragraph, about.
const PARAGRAPH_BYTES_MAX: u64 = 16 << 10;

/// A record runs to the next blank line, within bounds.
#[derive(Debug, Default)]
pub struct Paragraphs {
    field: Option<FieldId>,
    /// Lines of the paragraph that is open, which is the last record of the block.
    open_lines: u64,
    /// It went on when the last block ended: what to repeat.
    carried: Option<crate::model::block::RecordMark>,
}

impl Grouping for Paragraphs {
    fn line(&mut self, window: &mut Window, out: &mut Output, line: Line) {
        if window.bytes[line.start..line.stop].trim_ascii().is_empty() {
            blank(&mut window.bytes[line.start..line.stop]);
            self.open_lines = 0;
            return;
        }
        let end = window.offset + line.end as u64;
        if self.open_lines == 0 {
            out.read += 1;
            out.record(line.number, window.offset + line.start as u64..end);
        }
        let record = out.records.len() - 1;
        let field = plain_field(&mut self.field, out);
        out.cell(line.start, line.stop, field, record);
        let source = &mut out.records[record].source;
        source.end = end;
        self.open_lines += 1;
        if self.open_lines >= PARAGRAPH_LINES_MAX || source.end - source.start >= PARAGRAPH_BYTES_MAX {
            self.open_lines = 0;
        }
    }

    fn may_cut(&self, _next: Option<u8>) -> bool {
        true
    }

    fn cut(&mut self, out: &mut Output, end: u64, last: bool) {
        self.carried = None;
        if self.open_lines > 0
            && let Some(mark) = out.records.last_mut()
        {
            (mark.open, mark.source.end) = (!last, end);
            self.carried = Some(mark.clone());
        }
    }

    fn resume(&mut self, out: &mut Output) {
        if self.open_lines > 0 {
            out.records.extend(self.carried.clone().map(|mut mark| {
                mark.open = false;
                mark
            }));
        }
    }

    fn piece(&mut self, out: &mut Output, number: u64, source: std::ops::Range<u64>) -> (FieldId, usize) {
        self.open_lines = 0;
        let field = plain_field(&mut self.field, out);
        out.read += 1;
        (field, out.record(number, source))
    }
}
