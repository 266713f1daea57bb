//! Mail: a record per message, its headers as fields, its body lines as cells of the field `body`.
//!
//! A folded header stays one cell: its line ends become spaces. Nothing of MIME is decoded; parts in base64 are said to
//! be unread.

use super::feed::{Output, Window, blank, is_value, trimmed};
use super::lines::{Grouping, Line};
use crate::model::block::RecordMark;
use crate::model::field::{Field, FieldId};
use crate::model::gap::GapKind;
use memchr::memchr;
use std::collections::HashMap;
use std::ops::Range;

/// Groups lines into messages.
pub struct Messages {
    /// Messages begin at `From ` lines; otherwise there is one.
    many: bool,
    in_header: bool,
    after_blank: bool,
    fields: HashMap<Vec<u8>, FieldId>,
    /// The message that is open.
    open: Option<RecordMark>,
    /// Index of the last header's cell, to which a folded line belongs.
    folding: Option<usize>,
    encoded_told: bool,
}

impl Messages {
    /// For one message, or for a file of many.
    pub fn new(many: bool) -> Self {
        Messages {
            many,
            in_header: true,
            after_blank: true,
            fields: HashMap::new(),
            open: None,
            folding: None,
            encoded_told: false,
        }
    }

    fn field(&mut self, out: &mut Output, name: &[u8]) -> FieldId {
        if let Some(id) = self.fields.get(name) {
            return *id;
        }
        let text = if is_value(name) { "*".into() } else { String::from_utf8_lossy(name) };
        let key = text.as_bytes().to_vec();
        if let Some(id) = self.fields.get(&key) {
            return *id;
        }
        let id = out.add_field(Field::new([text.as_ref()]));
        if out.fields_left() {
            self.fields.insert(key, id);
        }
        id
    }

    /// The index of the open message's mark in this block; opens one where there is none.
    fn message(&mut self, out: &mut Output, number: u64, source: Range<u64>) -> usize {
        if self.open.is_none() {
            out.read += 1;
            let index = out.record(number, source);
            self.open = Some(out.records[index].clone());
            return index;
        }
        if out.records.is_empty() {
            out.records.extend(self.open.clone());
        }
        let index = out.records.len() - 1;
        out.records[index].source.end = source.end;
        index
    }

    fn header(&mut self, window: &mut Window, out: &mut Output, line: Line, record: usize) {
        let bytes = &window.bytes[line.start..line.stop];
        if matches!(bytes[0], b' ' | b'\t')
            && let Some(index) = self.folding
        {
            let from = out.cells[index].end as usize;
            let (_, to) = trimmed(&window.bytes, line.start, line.stop);
            window.bytes[from..line.start].fill(b' ');
            out.cells[index].end = to as u32;
            blank(&mut window.bytes[to..line.stop]);
            return;
        }
        self.folding = None;
        let colon = memchr(b':', bytes).filter(|n| bytes[..*n].iter().all(|b| b.is_ascii_graphic()));
        let Some(colon) = colon else {
            let field = self.field(out, b"body");
            out.cell(line.start, line.stop, field, record);
            return;
        };
        let name = bytes[..colon].to_vec();
        if !self.encoded_told
            && name.eq_ignore_ascii_case(b"Content-Transfer-Encoding")
            && bytes[colon + 1..].trim_ascii().eq_ignore_ascii_case(b"base64")
        {
            self.tell_encoded(out, window.offset + line.start as u64);
        }
        let field = self.field(out, &name);
        let (from, to) = trimmed(&window.bytes, line.start + colon + 1, line.stop);
        blank(&mut window.bytes[line.start..from]);
        blank(&mut window.bytes[to..line.stop]);
        if from < to {
            out.cell(from, to, field, record);
            self.folding = Some(out.cells.len() - 1);
        }
    }

    fn tell_encoded(&mut self, out: &mut Output, offset: u64) {
        self.encoded_told = true;
        out.gap(
            GapKind::Unsupported,
            offset,
            None,
            "parts of mail in base64 are not decoded; save attachments as files to have them read",
        );
    }
}

impl Grouping for Messages {
    fn line(&mut self, window: &mut Window, out: &mut Output, line: Line) {
        let end = window.offset + line.end as u64;
        let source = window.offset + line.start as u64..end;
        if self.many && self.after_blank && window.bytes[line.start..line.stop].starts_with(b"From ") {
            self.open = None;
            (self.in_header, self.folding) = (true, None);
            let record = self.message(out, line.number, source);
            let field = self.field(out, b"From ");
            out.cell(line.start + 5, line.stop, field, record);
            blank(&mut window.bytes[line.start..line.start + 5]);
            self.after_blank = false;
            return;
        }
        self.after_blank = line.start == line.stop;
        if self.after_blank {
            // Blank lines before the first header are tolerated; the next one ends the header.
            if self.open.is_some() {
                let record = self.message(out, line.number, source);
                out.records[record].source.end = end;
                (self.in_header, self.folding) = (false, None);
            }
            return;
        }
        let record = self.message(out, line.number, source);
        if self.in_header {
            self.header(window, out, line, record);
            return;
        }
        let text = &window.bytes[line.start..line.stop];
        if !self.encoded_told
            && text.len() > 32
            && text[..26].eq_ignore_ascii_case(b"Content-Transfer-Encoding:")
            && text[26..].trim_ascii().eq_ignore_ascii_case(b"base64")
        {
            self.tell_encoded(out, window.offset + line.start as u64);
        }
        let field = self.field(out, b"body");
        out.cell(line.start, line.stop, field, record);
    }

    fn may_cut(&self, next: Option<u8>) -> bool {
        !matches!(next, Some(b' ' | b'\t'))
    }

    fn cut(&mut self, out: &mut Output, end: u64, last: bool) {
        self.folding = None;
        if let (Some(open), Some(mark)) = (&mut self.open, out.records.last_mut()) {
            (mark.open, mark.source.end) = (!last, end);
            open.source.end = end;
        }
    }

    fn resume(&mut self, out: &mut Output) {
        out.records.extend(self.open.clone());
    }

    fn piece(&mut self, out: &mut Output, number: u64, source: Range<u64>) -> (FieldId, usize) {
        let field = self.field(out, b"body");
        let record = self.message(out, number, source);
        (field, record)
    }
}

/// Whether text begins with the headers of a message; the mark of a file of many is a `From ` line before them.
pub fn detect(head: &[u8]) -> Option<super::kind::Kind> {
    let text = head.trim_ascii_start();
    let many = text.starts_with(b"From ");
    let mut lines = text.split(|b| *b == b'\n').map(<[u8]>::trim_ascii_end).take(200);
    if many {
        lines.next();
    }
    let (mut headers, mut known) = (0, 0);
    for line in lines {
        if line.is_empty() {
            break;
        }
        if matches!(line[0], b' ' | b'\t') && headers > 0 {
            continue;
        }
        let name = &line[..memchr(b':', line).filter(|n| (1..=64).contains(n))?];
        if !name.iter().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_')) {
            return None;
        }
        headers += 1;
        const KNOWN: [&[u8]; 11] = [
            b"from",
            b"to",
            b"cc",
            b"subject",
            b"date",
            b"received",
            b"message-id",
            b"return-path",
            b"delivered-to",
            b"mime-version",
            b"reply-to",
        ];
        known += usize::from(KNOWN.contains(&name.to_ascii_lowercase().as_slice()));
    }
    (known >= 2).then_some(if many { super::kind::Kind::Mbox } else { super::kind::Kind::Mail })
}
