//! Delimited tables: a record per row, a field per column.
//!
//! RFC 4180 read as leniently as the `csv` crate reads it, which is its witness: quotes doubled inside quoted cells, line
//! ends inside them, text after a closing quote kept. Two things are done otherwise. Spaces around a cell that is not
//! quoted do not belong to it. And a quote that never closes does not swallow the rest of the file: the row is read again
//! with its quotes as plain bytes, counted as rejected, and the next line is a row again.

use super::csv_sniff::Dialect;
use super::csv_split::{Row, Splitter};
use super::feed::{Cut, Output, Window, blank, is_value, skip_line};
use crate::model::block::{Cell, Layout};
use crate::model::field::{Field, FieldId};
use crate::model::gap::GapKind;
use memchr::memchr;
use std::collections::HashMap;

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
