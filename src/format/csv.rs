//! Delimited tables: a record per row, a field per column.
//!
//! RFC 4180 read as leniently as the `csv` crate reads it, which is its witness: quotes doubled inside quoted cells, line
//! ends inside them, text after a closing quote kept. Two things are done otherwise. Spaces around a cell that is not
//! quoted do not belong to it. And a quote that never closes does not swallow the rest of the file: the row is read again
//! with its quotes as plain bytes, counted as rejected, and the next line is a row again.

use super::csv_sniff::Dialect;
use super::feed::{Cut, Output, Window, blank, find_either, is_value, trimmed};
use crate::model::block::{Cell, Layout};
use crate::model::field::{Field, FieldId};
use crate::model::gap::GapKind;
use memchr::memchr;
use std::collections::HashMap;

/// What lies at a place where a row is expected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Row {
    /// A row of so many columns that ends before `end`; `broken` when a quote in it never closes.
    Cells {
        /// How many columns, empty ones counted.
        columns: u32,
        /// One past its line end.
        end: usize,
        /// A quote never closes, so its quotes were taken as plain bytes.
        broken: bool,
    },
    /// An empty line, one past its line end.
    Blank(usize),
    /// The row does not end in these bytes.
    Incomplete,
}

/// Splits bytes into rows and cells. The bytes change only once a row is known to be whole, so an incomplete row can be
/// read again from its start when more bytes have come.
#[derive(Debug)]
pub struct Splitter {
    delimiter: u8,
    /// No odd run of quotes begins at or after this; what keeps a file full of lone quotes from costing a search each.
    no_close_from: usize,
    /// Cells with quotes to take out, as (index, position of the closing quote).
    fixes: Vec<(usize, usize)>,
}

impl Splitter {
    /// A splitter for one delimiter.
    pub fn new(delimiter: u8) -> Self {
        Splitter { delimiter, no_close_from: usize::MAX, fixes: Vec::new() }
    }

    /// To be called when the bytes are not those of the last call.
    pub fn renew(&mut self) {
        self.no_close_from = usize::MAX;
    }

    /// Reads the row at `start`. Cells are pushed with the column in place of the field, only those that are not empty.
    /// `last` says that the row must end with the bytes, `give_up` that an open quote is not worth waiting for.
    pub fn row(
        &mut self,
        bytes: &mut [u8],
        start: usize,
        last: bool,
        give_up: bool,
        record: u32,
        cells: &mut Vec<Cell>,
    ) -> Row {
        match bytes[start..] {
            [b'\n', ..] => return Row::Blank(start + 1),
            [b'\r', b'\n', ..] => return Row::Blank(start + 2),
            [b'\r'] if last => return Row::Blank(start + 1),
            _ => {}
        }
        let first = cells.len();
        let mut broken = false;
        let row = loop {
            self.fixes.clear();
            cells.truncate(first);
            match self.split(bytes, start, last, !broken, record, cells) {
                Ok(row) => break row,
                Err(Open::Line) => {
                    cells.truncate(first);
                    return Row::Incomplete;
                }
                Err(Open::Quote) if broken || !(last || give_up) => {
                    cells.truncate(first);
                    return Row::Incomplete;
                }
                Err(Open::Quote) => broken = true,
            }
        };
        for &(index, closing) in &self.fixes {
            unquote(bytes, &mut cells[index], closing);
        }
        let (columns, end) = row;
        let mut from = start;
        for cell in &cells[first..] {
            blank(&mut bytes[from..cell.start as usize]);
            from = cell.end as usize;
        }
        blank(&mut bytes[from..end]);
        Row::Cells { columns, end, broken }
    }

    fn split(
        &mut self,
        bytes: &[u8],
        start: usize,
        last: bool,
        quotes: bool,
        record: u32,
        cells: &mut Vec<Cell>,
    ) -> Result<(u32, usize), Open> {
        let len = bytes.len();
        let mut at = start;
        let mut column = 0u32;
        loop {
            let mut open = at;
            while open < len && (bytes[open] == b' ' || (bytes[open] == b'\t' && self.delimiter != b'\t')) {
                open += 1;
            }
            let (from, to, stop);
            if quotes && open < len && bytes[open] == b'"' {
                let (closing, doubled) = self.closing(bytes, open + 1).ok_or(Open::Quote)?;
                stop = match find_either(bytes, closing + 1, self.delimiter, b'\n') {
                    Some(at) => at,
                    None if last => len,
                    None => return Err(Open::Line),
                };
                from = open + 1;
                let tail = trimmed(bytes, closing + 1, line_end(bytes, closing + 1, stop));
                if tail.0 == tail.1 {
                    to = closing;
                    if doubled {
                        self.fixes.push((cells.len(), closing));
                    }
                } else {
                    to = tail.1;
                    self.fixes.push((cells.len(), closing));
                }
            } else {
                stop = match find_either(bytes, open, self.delimiter, b'\n') {
                    Some(at) => at,
                    None if last => len,
                    None => return Err(Open::Line),
                };
                (from, to) = trimmed(bytes, open, line_end(bytes, open, stop));
            }
            if from < to {
                cells.push(Cell { start: from as u32, end: to as u32, field: column, record });
            }
            column += 1;
            if stop == len {
                return Ok((column, len));
            }
            if bytes[stop] == b'\n' {
                return Ok((column, stop + 1));
            }
            at = stop + 1;
            if at == len && !last {
                return Err(Open::Line);
            }
        }
    }

    /// The quote that closes a quoted cell whose content begins at `from`, and whether quotes are doubled before it.
    fn closing(&mut self, bytes: &[u8], from: usize) -> Option<(usize, bool)> {
        let mut at = from;
        let mut doubled = false;
        while let Some(n) = memchr(b'"', bytes.get(at..)?) {
            let run = at + n;
            // A run that an earlier search saw as even may be odd only from its middle, which is where this one began.
            if run >= self.no_close_from && run > from {
                return None;
            }
            let quotes = bytes[run..].iter().take_while(|b| **b == b'"').count();
            if quotes % 2 == 1 {
                return Some((run + quotes - 1, doubled || quotes > 1));
            }
            doubled = true;
            at = run + quotes;
        }
        self.no_close_from = self.no_close_from.min(from);
        None
    }
}

/// Why a row could not be split.
enum Open {
    Quote,
    Line,
}

/// `stop` without the carriage return before a line end.
fn line_end(bytes: &[u8], from: usize, stop: usize) -> usize {
    let ends_line = bytes.get(stop).is_none_or(|b| *b == b'\n');
    if ends_line && stop > from && bytes[stop - 1] == b'\r' { stop - 1 } else { stop }
}

/// Takes the doubled quotes out of a cell, and its closing quote where text follows it.
fn unquote(bytes: &mut [u8], cell: &mut Cell, closing: usize) {
    let mut to = cell.start as usize;
    let mut from = to;
    let end = cell.end as usize;
    while from < end {
        // Up to the closing quote the second of each pair goes; after it quotes are plain bytes.
        if from == closing {
            from += 1;
            continue;
        }
        bytes[to] = bytes[from];
        from += if bytes[from] == b'"' && from < closing { 2 } else { 1 };
        to += 1;
    }
    cell.end = to as u32;
}

/// Reads a table to its end.
pub fn read(dialect: &Dialect, window: &mut Window, out: &mut Output) {
    let mut table = Table {
        splitter: Splitter::new(dialect.delimiter),
        columns: Vec::new(),
        preamble: dialect.preamble_lines,
        header: dialect.header,
        row: 0,
        text_field: None,
    };
    let max = out.limits.record_bytes_max;
    let mut target = out.limits.block_bytes;
    while !out.stopped {
        window.fill(target);
        if window.bytes.is_empty() {
            break;
        }
        let full = window.bytes.len() >= max;
        let mut done = table.rows(window, out, full);
        let mut oversized = false;
        if done == 0 {
            if !full && !window.ended {
                target = (window.bytes.len() * 2).min(max);
                continue;
            }
            done = table.oversized(window, out);
            oversized = true;
        }
        out.emit(window, Layout::Table, Cut::at(done));
        if oversized {
            skip_line(window, out);
        }
        target = out.limits.block_bytes;
    }
}

/// Passes over the rest of a row that is too long to hold.
pub fn skip_line(window: &mut Window, out: &mut Output) {
    let from = window.offset;
    loop {
        let found = memchr(b'\n', &window.bytes);
        window.discard(found.map_or(window.bytes.len(), |n| n + 1));
        if found.is_some() || window.ended {
            break;
        }
        window.fill(out.limits.block_bytes);
    }
    out.rejected += 1;
    out.gap(
        GapKind::RecordSize,
        from,
        Some(window.offset - from),
        "a record is longer than the limit and was not read to its end; raise the record limit if such records are meant",
    );
}

struct Table {
    splitter: Splitter,
    columns: Vec<FieldId>,
    preamble: usize,
    header: bool,
    row: u64,
    text_field: Option<FieldId>,
}

impl Table {
    /// Reads the whole rows of the window; how many bytes they are.
    fn rows(&mut self, window: &mut Window, out: &mut Output, full: bool) -> usize {
        self.splitter.renew();
        let len = window.bytes.len();
        let mut at = 0;
        while at < len {
            if self.preamble > 0 {
                let Some(end) = memchr(b'\n', &window.bytes[at..]).map(|n| at + n + 1).or(window.ended.then_some(len))
                else {
                    break;
                };
                self.preamble -= 1;
                self.text(window, out, at, end);
                at = end;
                continue;
            }
            let first = out.cells.len();
            let record = out.records.len() as u32;
            // An open quote is waited for as long as at least half the limit may follow it, so that each full window
            // makes headway by half of itself.
            let give_up = full && at <= len / 2;
            match self.splitter.row(&mut window.bytes, at, window.ended, give_up, record, &mut out.cells) {
                Row::Incomplete => break,
                Row::Blank(end) => {
                    blank(&mut window.bytes[at..end]);
                    at = end;
                }
                Row::Cells { end, .. } if self.header => {
                    self.header = false;
                    self.name_columns(window, out, at, end, first);
                    at = end;
                }
                Row::Cells { end, broken, .. } => {
                    if broken {
                        out.rejected += 1;
                        out.gap(
                            GapKind::Corrupt,
                            window.offset + at as u64,
                            None,
                            "a quote in this row is never closed; the row was read with its quotes as plain characters",
                        );
                    }
                    self.finish_row(window, out, at, end, first);
                    at = end;
                }
            }
        }
        at
    }

    fn finish_row(&mut self, window: &Window, out: &mut Output, at: usize, end: usize, first: usize) {
        self.row += 1;
        out.read += 1;
        out.record(self.row, window.offset + at as u64..window.offset + end as u64);
        for i in first..out.cells.len() {
            let column = out.cells[i].field as usize;
            while self.columns.len() <= column {
                let id = if out.fields_left() {
                    out.add_field(Field::new([format!("#{}", self.columns.len() + 1).as_str()]))
                } else {
                    out.add_field(Field::new([""]))
                };
                self.columns.push(id);
            }
            out.cells[i].field = self.columns[column];
        }
    }

    /// A row that does not end within the limit: its cells so far are read, and the last one as far as it goes.
    fn oversized(&mut self, window: &mut Window, out: &mut Output) -> usize {
        let len = window.bytes.len();
        let first = out.cells.len();
        self.header = false;
        self.splitter.renew();
        self.splitter.row(&mut window.bytes, 0, true, true, out.records.len() as u32, &mut out.cells);
        self.finish_row(window, out, 0, len, first);
        len
    }

    /// A line before the table, a comment as a rule: a record of its own with the row 0.
    fn text(&mut self, window: &mut Window, out: &mut Output, at: usize, end: usize) {
        let stop = at + window.bytes[at..end].iter().rposition(|b| !matches!(b, b'\n' | b'\r')).map_or(0, |n| n + 1);
        blank(&mut window.bytes[stop..end]);
        if at == stop {
            return;
        }
        let field = *self.text_field.get_or_insert_with(|| out.add_field(Field::new([""])));
        let record = out.record(0, window.offset + at as u64..window.offset + end as u64);
        out.cell(at, stop, field, record);
    }

    /// Makes fields of the header row. A name that is rather a value becomes an ordinal, and stays to be read as a value
    /// in row 0, so that a first row mistaken for a header loses no one.
    fn name_columns(&mut self, window: &mut Window, out: &mut Output, at: usize, end: usize, first: usize) {
        let cells = out.cells.split_off(first);
        let width = cells.last().map_or(0, |c| c.field as usize + 1);
        let mut names: Vec<Option<&[u8]>> = vec![None; width];
        for cell in &cells {
            names[cell.field as usize] = Some(&window.bytes[cell.start as usize..cell.end as usize]);
        }
        let mut seen: HashMap<String, u32> = HashMap::new();
        let mut taken: std::collections::HashSet<String> = std::collections::HashSet::new();
        for (i, name) in names.iter().enumerate() {
            let mut path = match name {
                Some(name) if !is_value(name) => String::from_utf8_lossy(name).into_owned(),
                _ => format!("#{}", i + 1),
            };
            let count = seen.entry(path.clone()).or_insert(0);
            *count += 1;
            let base = path.clone();
            while !taken.insert(path.clone()) {
                path = format!("{base}#{count}");
                *count += 1;
            }
            self.columns.push(out.add_field(Field::new([path.as_str()])));
        }
        let kept: Vec<Cell> =
            cells.iter().copied().filter(|c| is_value(&window.bytes[c.start as usize..c.end as usize])).collect();
        let mut from = at;
        for cell in &kept {
            blank(&mut window.bytes[from..cell.start as usize]);
            from = cell.end as usize;
        }
        blank(&mut window.bytes[from..end]);
        if !kept.is_empty() {
            let record = out.record(0, window.offset + at as u64..window.offset + end as u64);
            for cell in kept {
                out.cell(cell.start as usize, cell.end as usize, self.columns[cell.field as usize], record);
            }
        }
    }
}
