//! Rows and columns, in the dialects that exports come in.

use super::out::{Ledger, Mark, Parts, Who};
use crate::model::mention::Role;
use std::io;

/// How a table is written.
#[derive(Clone, Copy, Debug)]
pub(super) struct Dialect {
    /// Between cells.
    pub delimiter: u8,
    /// Every cell is quoted; else only those that need it. A table delimited by tabs quotes none.
    pub quote_all: bool,
    /// Lines end as on Windows.
    pub crlf: bool,
    /// There is no header.
    pub headerless: bool,
}

impl Dialect {
    /// Commas, quotes where needed, Unix lines.
    pub(super) const CSV: Dialect = Dialect { delimiter: b',', quote_all: false, crlf: false, headerless: false };
}

/// A table that is being written. Cells are put in the order of the headers.
pub(super) struct Table<'l> {
    ledger: &'l mut Ledger,
    parts: Parts,
    dialect: Dialect,
    headers: Vec<String>,
    line: Vec<u8>,
    column: usize,
    row: u64,
}

impl<'l> Table<'l> {
    /// Opens a table and writes its header.
    pub(super) fn create(
        ledger: &'l mut Ledger,
        name: &str,
        dialect: Dialect,
        headers: Vec<String>,
    ) -> io::Result<Table<'l>> {
        let parts = Parts::create(ledger, name)?;
        let mut table = Table { ledger, parts, dialect, headers, line: Vec::new(), column: 0, row: 1 };
        table.header()?;
        Ok(table)
    }

    fn header(&mut self) -> io::Result<()> {
        if self.dialect.headerless {
            return Ok(());
        }
        let headers = std::mem::take(&mut self.headers);
        for header in &headers {
            self.cell(header);
        }
        self.headers = headers;
        self.flush()
    }

    fn cell(&mut self, value: &str) {
        let Dialect { delimiter, quote_all, .. } = self.dialect;
        if self.column > 0 {
            self.line.push(delimiter);
        }
        self.column += 1;
        let needs_quotes = |b: u8| b == delimiter || matches!(b, b'"' | b'\n' | b'\r');
        if delimiter == b'\t' || !(quote_all || value.bytes().any(needs_quotes)) {
            self.line.extend_from_slice(value.as_bytes());
            return;
        }
        self.line.push(b'"');
        for byte in value.bytes() {
            if byte == b'"' {
                self.line.push(b'"');
            }
            self.line.push(byte);
        }
        self.line.push(b'"');
    }

    fn flush(&mut self) -> io::Result<()> {
        self.line.extend_from_slice(if self.dialect.crlf { b"\r\n" } else { b"\n" });
        self.parts.write(self.ledger, &self.line)?;
        self.line.clear();
        self.column = 0;
        Ok(())
    }

    /// The next cell, with what the truth says of it.
    pub(super) fn put(&mut self, value: &str, mark: Option<Mark>) -> io::Result<()> {
        self.part(value, mark)?;
        self.cell(value);
        Ok(())
    }

    /// Says of a part of the next cell what it is.
    pub(super) fn part(&mut self, value: &str, mark: Option<Mark>) -> io::Result<()> {
        let Some(mark) = mark.filter(|_| !value.is_empty() && self.ledger.wants_values()) else { return Ok(()) };
        let ordinal;
        let field = if self.dialect.headerless {
            ordinal = format!("#{}", self.column + 1);
            &ordinal
        } else {
            &self.headers[self.column]
        };
        self.ledger.value(mark, self.parts.path(), self.row, field, value)
    }

    /// The next cell, which is about no one.
    pub(super) fn plain(&mut self, value: &str) -> io::Result<()> {
        self.put(value, None)
    }

    /// Says who is in the row.
    pub(super) fn link(&mut self, who: Who, role: Role) -> io::Result<()> {
        self.ledger.link(who, role, self.parts.path(), self.row)
    }

    /// Ends the row.
    pub(super) fn end(&mut self) -> io::Result<()> {
        debug_assert!(
            self.dialect.headerless || self.column == self.headers.len(),
            "a row has as many cells as headers"
        );
        self.flush()?;
        self.row += 1;
        self.ledger.counts.rows += 1;
        if self.parts.is_full() {
            self.parts.next(self.ledger)?;
            self.row = 1;
            self.header()?;
        }
        Ok(())
    }

    /// Bytes written so far to the whole corpus.
    pub(super) fn corpus_bytes(&self) -> u64 {
        self.ledger.counts.bytes
    }

    /// Closes the table.
    pub(super) fn finish(self) -> io::Result<()> {
        self.parts.finish()
    }
}
