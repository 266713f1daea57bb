//! Where the rows and cells of delimited text begin and end.
//!
//! Shared by the reader of tables and by what recognises them, so that both see the same cells. It knows bytes and
//! positions only, no windows and no fields.

use super::feed::{blank, find_either, trimmed};
use crate::model::block::Cell;
use memchr::memchr;

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
