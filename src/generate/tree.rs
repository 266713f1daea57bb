//! JSON: one value a line, or one document.

use super::out::{Ledger, Mark, Parts, Who};
use crate::model::field::Field;
use crate::model::mention::Role;
use std::io::{self, Write};

/// Records of JSON that are being written.
pub(super) struct Tree<'l> {
    ledger: &'l mut Ledger,
    parts: Parts,
    /// Path segments of the records' place in the document; empty for one value a line.
    base: Vec<&'static str>,
    path: Vec<String>,
    line: Vec<u8>,
    /// Whether the next member needs a comma before it.
    comma: bool,
    /// Letters outside ASCII are written as escapes.
    ascii: bool,
    row: u64,
}

impl<'l> Tree<'l> {
    /// One value a line.
    pub(super) fn lines(ledger: &'l mut Ledger, name: &str, ascii: bool) -> io::Result<Tree<'l>> {
        let parts = Parts::create(ledger, name)?;
        Ok(Tree { ledger, parts, base: Vec::new(), path: Vec::new(), line: Vec::new(), comma: false, ascii, row: 1 })
    }

    /// A document whose top-level object is opened by `head` and holds the records in its member `list`.
    pub(super) fn document(ledger: &'l mut Ledger, name: &str, head: &str, list: &'static str) -> io::Result<Tree<'l>> {
        let mut tree = Tree::lines(ledger, name, false)?;
        tree.base = vec![list, "*"];
        tree.parts.write(tree.ledger, format!("{{{head}\"{list}\":[\n").as_bytes())?;
        Ok(tree)
    }

    /// Begins a record.
    pub(super) fn begin(&mut self) {
        if !self.base.is_empty() && self.row > 1 {
            self.line.extend_from_slice(b",\n");
        }
        self.line.push(b'{');
        self.comma = false;
    }

    fn key(&mut self, key: &str) {
        if self.comma {
            self.line.push(b',');
        }
        self.comma = true;
        self.string(key);
        self.line.push(b':');
    }

    fn string(&mut self, text: &str) {
        self.line.push(b'"');
        for c in text.chars() {
            match c {
                '"' | '\\' => self.line.extend_from_slice(&[b'\\', c as u8]),
                '\n' => self.line.extend_from_slice(b"\\n"),
                c if c.is_ascii() => self.line.push(c as u8),
                c if self.ascii => {
                    for unit in c.encode_utf16(&mut [0; 2]) {
                        self.line.extend_from_slice(format!("\\u{unit:04x}").as_bytes());
                    }
                }
                c => self.line.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes()),
            }
        }
        self.line.push(b'"');
    }

    /// A member that is a string, or null where there is none.
    pub(super) fn put(&mut self, key: &str, value: &str, mark: Option<Mark>) -> io::Result<()> {
        self.key(key);
        if value.is_empty() {
            self.line.extend_from_slice(b"null");
            return Ok(());
        }
        self.string(value);
        let Some(mark) = mark.filter(|_| self.ledger.wants_values()) else { return Ok(()) };
        let segments = self.base.iter().copied().chain(self.path.iter().map(String::as_str)).chain([key]);
        let field = Field::new(segments).path;
        self.ledger.value(mark, self.parts.path(), self.row, &field, value)
    }

    /// A member that is about no one.
    pub(super) fn plain(&mut self, key: &str, value: &str) -> io::Result<()> {
        self.put(key, value, None)
    }

    /// A member that is a number, `true` or `false`.
    pub(super) fn literal(&mut self, key: &str, value: impl std::fmt::Display) -> io::Result<()> {
        self.key(key);
        write!(self.line, "{value}")
    }

    /// Opens a member that is an object.
    pub(super) fn open(&mut self, key: &str) {
        self.key(key);
        self.line.push(b'{');
        self.path.push(key.to_string());
        self.comma = false;
    }

    /// Closes it.
    pub(super) fn close(&mut self) {
        self.line.push(b'}');
        self.path.pop();
        self.comma = true;
    }

    /// Says who is in the record.
    pub(super) fn link(&mut self, who: Who, role: Role) -> io::Result<()> {
        self.ledger.link(who, role, self.parts.path(), self.row)
    }

    /// Ends the record.
    pub(super) fn end(&mut self) -> io::Result<()> {
        self.line.push(b'}');
        if self.base.is_empty() {
            self.line.push(b'\n');
        }
        self.parts.write(self.ledger, &self.line)?;
        self.line.clear();
        self.row += 1;
        self.ledger.counts.rows += 1;
        if self.base.is_empty() && self.parts.is_full() {
            self.parts.next(self.ledger)?;
            self.row = 1;
        }
        Ok(())
    }

    /// Closes the file.
    pub(super) fn finish(mut self) -> io::Result<()> {
        if !self.base.is_empty() {
            self.parts.write(self.ledger, b"\n]}\n")?;
        }
        self.parts.finish()
    }
}
