//! From lanes to blocks: a row is a record, its values are cells, each followed by a separator.

use super::lanes::{self, Lane, Maps, Shape};
use super::meter::Meter;
use super::text::Written;
use crate::format::feed::Output;
use crate::format::json_paths::{KEY, Paths, ROOT};
use crate::model::block::{Layout, SEPARATOR};
use crate::model::field::FieldId;
use crate::model::gap::GapKind;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;

/// Records of a block at most: a list may hold any number that have no values.
const RECORDS_MAX: usize = 64 << 10;

/// Rows on their way into blocks.
pub struct Rows<'o, 's> {
    /// The way out.
    pub out: &'o mut Output<'s>,
    /// The paths of a file that nests.
    pub paths: Paths,
    /// Bytes written before this block.
    offset: u64,
    /// What the file takes.
    meter: Arc<Meter>,
    /// Bytes of values that became no text.
    passed: u64,
    /// The values came to more than the limits of expansion allow.
    over: bool,
    /// Values that are files of kinds that are not read: how many, by kind.
    pub files: BTreeMap<&'static str, u64>,
    layout: Layout,
    bytes: Vec<u8>,
    /// The records that are open: indices into the block's records, outermost first.
    open: Vec<usize>,
    row: u64,
}

impl<'o, 's> Rows<'o, 's> {
    /// No rows yet. A file whose columns nest is a tree, as a JSON file of one object a line is.
    pub fn new(out: &'o mut Output<'s>, nested: bool, meter: Arc<Meter>) -> Rows<'o, 's> {
        Rows {
            out,
            paths: Paths::default(),
            offset: 0,
            meter,
            passed: 0,
            over: false,
            files: BTreeMap::new(),
            layout: if nested { Layout::Tree } else { Layout::Table },
            bytes: Vec::new(),
            open: Vec::new(),
            row: 0,
        }
    }

    /// Bytes written so far.
    pub fn written(&self) -> u64 {
        self.offset + self.bytes.len() as u64
    }

    /// Reads one row of the lanes as the row `number`.
    pub fn row(&mut self, number: u64, index: usize, lanes: &mut [Option<Lane<'_>>]) {
        self.begin(number);
        for lane in lanes.iter_mut().flatten() {
            self.value(lane, index);
            if !self.goes_on() {
                break;
            }
        }
        self.end();
    }

    /// A row of names that are rather values, before all others.
    pub fn names(&mut self, names: &[(FieldId, String)]) {
        self.begin(0);
        for (field, name) in names {
            self.cell(*field, name.as_bytes());
            if !self.goes_on() {
                break;
            }
        }
        self.end();
    }

    fn begin(&mut self, number: u64) {
        self.row = number;
        let path = if self.layout == Layout::Tree { self.paths.field(ROOT, self.out) } else { 0 };
        self.open_record(path);
    }

    fn end(&mut self) {
        // Even a row of nothing takes a byte, so that rows without end meet the limit of expansion.
        self.bytes.push(SEPARATOR);
        self.close_record();
        if self.bytes.len() >= self.out.limits.block_bytes {
            self.flush();
        }
    }

    /// Whether nothing more is to be read.
    pub fn ended(&self) -> bool {
        self.out.stopped || self.over
    }

    /// Hands on a block that is full, in which case the open records go on in the next; whether to go on. It is asked
    /// after every value, because a row may have any number of columns, and of values in each.
    fn goes_on(&mut self) -> bool {
        if self.bytes.len() >= self.out.limits.record_bytes_max || self.out.records.len() >= RECORDS_MAX {
            self.flush();
        }
        !self.ended()
    }

    /// Whether what was read has become more than the bytes of the file may come to; then reading ends, with a gap.
    pub fn expands(&mut self) -> bool {
        if !self.over
            && let Some(given) = self.meter.expansion(self.written() + self.passed)
        {
            self.over = true;
            let fetched = self.meter.fetched.load(Relaxed);
            let detail =
                format!("{fetched} bytes gave {given} and more; raise the expansion limits if the file is trusted");
            self.out.gap(GapKind::Expansion, self.written(), None, &detail);
        }
        self.over
    }

    fn open_record(&mut self, path: FieldId) {
        let at = self.written();
        let index = self.out.record(self.row, at..at);
        self.out.read += 1;
        let parent = self.open.last().map(|p| *p as u32);
        let mark = &mut self.out.records[index];
        (mark.path, mark.parent) = (path, parent);
        self.open.push(index);
    }

    fn close_record(&mut self) {
        let at = self.written();
        if let Some(index) = self.open.pop() {
            self.out.records[index].source.end = at;
        }
    }

    fn value(&mut self, lane: &mut Lane<'_>, index: usize) {
        if !lane.has(index) {
            return;
        }
        match &mut lane.shape {
            Shape::Values(field, write) => self.write(*field, &mut |bytes| write(index, bytes)),
            Shape::Records(path, members) => {
                self.open_record(*path);
                for member in members {
                    self.value(member, index);
                    if !self.goes_on() {
                        break;
                    }
                }
                self.close_record();
            }
            Shape::Lists(range, item) => {
                for i in range(index) {
                    self.value(item, i);
                    if !self.goes_on() {
                        break;
                    }
                }
            }
            Shape::Maps(maps) => self.map(maps, index),
        }
    }

    /// A map is read as the JSON object it stands for: its keys are names of members.
    fn map(&mut self, maps: &mut Maps<'_>, index: usize) {
        self.open_record(maps.path);
        let mut key = Vec::new();
        for i in maps.offsets[index] as usize..maps.offsets[index + 1] as usize {
            key.clear();
            let passed = (maps.keys)(i, &mut key).passed;
            self.pass(passed);
            if crate::format::feed::is_value(&key) {
                let node = self.paths.child(maps.node, KEY, &mut 0, self.out);
                let field = self.paths.field(node, self.out);
                self.cell(field, &key);
                key = b"*".to_vec();
            }
            if maps.members.len() > self.out.limits.fields_max {
                maps.members.clear();
            }
            let (paths, out) = (&mut self.paths, &mut *self.out);
            let lane = maps.members.entry(std::mem::take(&mut key)).or_insert_with_key(|key| {
                let node = lanes::child(maps.node, key, &mut 0, paths, out);
                lanes::lane(maps.values, node, None, paths, out)
            });
            self.value(lane, i);
            if !self.goes_on() {
                break;
            }
        }
        self.close_record();
    }

    fn cell(&mut self, field: FieldId, value: &[u8]) {
        self.write(field, &mut |bytes| {
            bytes.extend_from_slice(value);
            Written::default()
        });
    }

    /// A cell of the innermost record, and a separator after it.
    fn write(&mut self, field: FieldId, write: &mut dyn FnMut(&mut Vec<u8>) -> Written) {
        let start = self.bytes.len();
        let written = write(&mut self.bytes);
        if let Some(name) = written.file {
            *self.files.entry(name).or_default() += 1;
        }
        let end = self.bytes.len();
        if end - start > self.out.limits.record_bytes_max {
            self.bytes.truncate(start);
            self.out.rejected += 1;
            let detail = "a value longer than the limit was not read; raise the record limit if such values are meant";
            self.out.gap(GapKind::RecordSize, self.offset + start as u64, None, detail);
            self.pass(end - start);
        } else if start < end {
            let record = self.open.last().copied().unwrap_or(0);
            self.out.cell(start, end, field, record);
            self.bytes.push(SEPARATOR);
        }
        self.pass(written.passed);
    }

    /// Counts bytes of a value that became no text: one in a dictionary may be looked at any number of times.
    fn pass(&mut self, bytes: usize) {
        if bytes > 0 {
            self.passed += bytes as u64;
            self.expands();
        }
    }

    /// Hands on what is written; open records go on in the next block.
    pub fn flush(&mut self) {
        let at = self.written();
        let mut marks = Vec::with_capacity(self.open.len());
        for index in &self.open {
            let mark = &mut self.out.records[*index];
            (mark.source.end, mark.open) = (at, true);
            marks.push(mark.clone());
        }
        let owned = 0..self.bytes.len();
        self.out.hand_on(&mut self.bytes, owned, self.offset, self.layout);
        self.offset = at;
        self.open = (0..marks.len()).collect();
        for (i, mut mark) in marks.into_iter().enumerate() {
            (mark.parent, mark.open) = (i.checked_sub(1).map(|p| p as u32), false);
            self.out.records.push(mark);
        }
        self.expands();
    }
}
