//! Blocks: decoded bytes with the marks of records and fields.
//!
//! All formats meet here. A format may change the bytes in place (unquote a CSV cell, unescape a JSON string, overwrite
//! delimiters and structure), which never lengthens them, so a value's first byte keeps the place it had in the decoded
//! object and `Block::offset` plus a position is an address. Between two cells there is always at least one
//! [`SEPARATOR`], which no pattern may match, so no hit crosses two values.

use super::field::{Field, FieldId, Schema};
use super::gap::Gap;
use std::ops::{ControlFlow, Range};

/// The byte that stands between cells, and in place of everything that is structure.
pub const SEPARATOR: u8 = b'\n';

/// What the marks of a block mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layout {
    /// Lines of text. A record is a line, a message or a paragraph; `row` is the number of its first line, from 1.
    Text,
    /// Rows and columns. `row` counts from 1 after the header.
    Table,
    /// Objects within objects. `row` is the line (one value a line) or the number of the record among those of its path,
    /// from 1.
    Tree,
}

/// One value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cell {
    /// First byte of the value in `Block::bytes`.
    pub start: u32,
    /// One past its last byte. Empty values have no cell.
    pub end: u32,
    /// The field it is the value of.
    pub field: FieldId,
    /// The record it belongs to: an index into `Block::records`.
    pub record: u32,
}

/// One record, or the part of it that lies in this block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordMark {
    /// Its number in the object, from 0 in order of opening; a record that goes on in a later block keeps it.
    pub id: u64,
    /// The record that encloses it: an index into this block's records, always smaller than its own.
    pub parent: Option<u32>,
    /// Its row; see [`Layout`].
    pub row: u64,
    /// The path at which it stands in a tree (`/Customer/*`), as a field; 0 elsewhere.
    pub path: FieldId,
    /// Where it lies in the decoded object; the end is the block's end while it is open.
    pub source: Range<u64>,
    /// It is not closed at the end of this block: a later block carries a mark with the same `id`.
    pub open: bool,
}

/// A batch of records.
#[derive(Clone, Debug)]
pub struct Block {
    /// The bytes the matcher sees, the margins included.
    pub bytes: Vec<u8>,
    /// The part of `bytes` this block owns. Bytes outside are margins that another block owns; they are there so that a
    /// match may look at its surroundings. Only an endless line makes margins.
    pub owned: Range<u32>,
    /// Offset of `bytes[0]` in the decoded object.
    pub offset: u64,
    /// The layout of the marks.
    pub layout: Layout,
    /// The values, in order of `start`, not overlapping.
    pub cells: Vec<Cell>,
    /// The records: those still open from earlier blocks first, then in order of opening.
    pub records: Vec<RecordMark>,
}

impl Default for Block {
    /// A block of nothing.
    fn default() -> Block {
        let (bytes, cells, records) = (Vec::new(), Vec::new(), Vec::new());
        Block { bytes, owned: 0..0, offset: 0, layout: Layout::Text, cells, records }
    }
}

impl Block {
    /// The bytes of a cell.
    pub fn cell(&self, cell: &Cell) -> &[u8] {
        &self.bytes[cell.start as usize..cell.end as usize]
    }
}

/// The marks of a block of plain lines, not written down: every line that is not blank is a record with one cell. Hardly any
/// line of a log holds anything, and a mark for each costs more than to look for the lines that are asked for. Lines end in
/// a line feed and in nothing else, and no margins lie around them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Lines {
    /// The row of the first line.
    pub row: u64,
    /// The number of the first record in its object.
    pub id: u64,
    /// The field of all cells.
    pub field: FieldId,
    /// Lines that are records.
    pub records: u64,
    /// There are blank lines among them.
    pub blank: bool,
}

impl Lines {
    /// What marks the lines of a block, front to back.
    pub fn marker(&self) -> LineMarker {
        LineMarker { rest: *self, at: 0 }
    }

    /// Writes down all marks of a block that has none.
    pub fn mark(&self, block: &mut Block) {
        let Block { bytes, offset, cells, records, .. } = block;
        let mut marker = self.marker();
        while let Some(start) = bytes[marker.at..].iter().position(|b| *b != SEPARATOR) {
            marker.mark(bytes, *offset, marker.at + start, cells, records);
        }
    }
}

/// Marks lines, each behind the one before.
#[derive(Clone, Debug)]
pub struct LineMarker {
    /// The lines from `at` on; `records` is not kept.
    rest: Lines,
    /// Where a line starts that was not passed.
    at: usize,
}

impl LineMarker {
    /// Marks the line of the byte at `at`, which is no separator and lies behind the lines that are marked or in the last of
    /// them. `offset` is that of the block. Returns the index of its cell.
    pub fn mark(
        &mut self,
        bytes: &[u8],
        offset: u64,
        at: usize,
        cells: &mut Vec<Cell>,
        records: &mut Vec<RecordMark>,
    ) -> usize {
        if at >= self.at {
            let passed = &bytes[self.at..at];
            let passed = &passed[..memchr::memrchr(SEPARATOR, passed).map_or(0, |n| n + 1)];
            let feeds = memchr::memchr_iter(SEPARATOR, passed).count() as u64;
            let blank = if self.rest.blank { blank_lines(passed) } else { 0 };
            let start = self.at + passed.len();
            let end = memchr::memchr(SEPARATOR, &bytes[at..]).map_or(bytes.len(), |n| at + n);
            let (id, row) = (self.rest.id + feeds - blank, self.rest.row + feeds);
            self.at = bytes.len().min(end + 1);
            (self.rest.id, self.rest.row) = (id + 1, row + 1);
            let record = records.len() as u32;
            cells.push(Cell { start: start as u32, end: end as u32, field: self.rest.field, record });
            let source = offset + start as u64..offset + self.at as u64;
            records.push(RecordMark { id, parent: None, row, path: 0, source, open: false });
        }
        cells.len() - 1
    }
}

/// The blank lines of whole lines.
fn blank_lines(lines: &[u8]) -> u64 {
    let before = std::iter::once(&SEPARATOR).chain(lines);
    before.zip(lines).filter(|(before, byte)| (**before, **byte) == (SEPARATOR, SEPARATOR)).count() as u64
}

/// What takes the blocks of an object as they are decoded.
pub trait BlockSink {
    /// A block, with the schema as it stands; the schema only grows. It may be taken, and another left in its place whose
    /// buffers the decoder then uses. `Break` asks the decoder to stop soon.
    fn block(&mut self, block: &mut Block, schema: &Schema) -> ControlFlow<()>;
    /// The same for a block of plain lines that has no marks yet.
    fn lines(&mut self, block: &mut Block, lines: &Lines, schema: &Schema) -> ControlFlow<()> {
        lines.mark(block);
        self.block(block, schema)
    }
    /// Something that was not read.
    fn gap(&mut self, gap: Gap);
    /// How many digits the values of a field have. A format that stores numbers puts back the zeros they lost at their
    /// front; none leaves them as they are.
    fn digits(&self, _field: &Field) -> Option<u8> {
        None
    }
}
