//! Lines: logs and mail.

use super::out::{Ledger, Mark, Parts, Who};
use crate::model::mention::Role;
use std::io;

/// Text that is being written. A record is one line, or several (a message); its row is the number of its first line.
pub(super) struct Text<'l> {
    ledger: &'l mut Ledger,
    parts: Parts,
    record: Vec<u8>,
    lines: u64,
    row: u64,
}

impl<'l> Text<'l> {
    /// Opens a file of text.
    pub(super) fn create(ledger: &'l mut Ledger, name: &str) -> io::Result<Text<'l>> {
        let parts = Parts::create(ledger, name)?;
        Ok(Text { ledger, parts, record: Vec::new(), lines: 0, row: 1 })
    }

    /// A value of the record; `field` is a mail header or empty.
    pub(super) fn value(&mut self, field: &str, value: &str, mark: Option<Mark>) -> io::Result<()> {
        let Some(mark) = mark else { return Ok(()) };
        self.ledger.value(mark, self.parts.path(), self.row, field, value)
    }

    /// Says who is in the record.
    pub(super) fn link(&mut self, who: Who, role: Role) -> io::Result<()> {
        self.ledger.link(who, role, self.parts.path(), self.row)
    }

    /// Adds a line to the record.
    pub(super) fn line(&mut self, line: &str) {
        self.record.extend_from_slice(line.as_bytes());
        self.record.push(b'\n');
        self.lines += 1;
    }

    /// Ends the record.
    pub(super) fn end(&mut self) -> io::Result<()> {
        self.parts.write(self.ledger, &self.record)?;
        self.record.clear();
        self.row = self.lines + 1;
        self.ledger.counts.rows += 1;
        if self.parts.is_full() {
            self.parts.next(self.ledger)?;
            (self.lines, self.row) = (0, 1);
        }
        Ok(())
    }

    /// Bytes written so far to the whole corpus.
    pub(super) fn corpus_bytes(&self) -> u64 {
        self.ledger.counts.bytes
    }

    /// Closes the file.
    pub(super) fn finish(self) -> io::Result<()> {
        self.parts.finish()
    }
}
