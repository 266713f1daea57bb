//! What every reader stands on: a window over the stream, and the way out for blocks and gaps.
//!
//! The window reads straight into the buffer that becomes the block, always to an exact length, so that neither the
//! sizes of the reads below nor the threads around can move a cut. The only bytes ever copied are those after a cut.

use crate::model::block::{Block, BlockSink, Cell, Layout, Lines, RecordMark, SEPARATOR};
use crate::model::field::{Field, FieldId, Schema};
use crate::model::gap::{Gap, GapKind};
use crate::model::limits::Limits;
use std::io::Read;
use std::ops::Range;

/// Gaps of one kind reported one by one; the rest are counted.
const GAPS_MAX: u64 = 16;

/// The part of the stream that is in memory.
pub struct Window<'r> {
    reader: &'r mut dyn Read,
    /// The bytes; a reader may edit them.
    pub bytes: Vec<u8>,
    /// Offset of `bytes[0]` in the decoded object.
    pub offset: u64,
    /// No byte comes after `bytes`.
    pub ended: bool,
    /// The buffer that is used next, with what stood in it.
    carry: Vec<u8>,
}

impl<'r> Window<'r> {
    /// A window at the start of a stream. An error of the reader is taken for the end: layers below keep their errors.
    pub fn new(reader: &'r mut dyn Read) -> Self {
        Window { reader, bytes: Vec::new(), offset: 0, ended: false, carry: Vec::new() }
    }

    /// Reads until `bytes` is `target` long or the stream ends.
    pub fn fill(&mut self, target: usize) {
        let mut len = self.bytes.len();
        if self.ended || len >= target {
            return;
        }
        // What a block before was made of is overwritten: to fill so much memory anew costs as much as to look at it.
        if self.carry.len() > len {
            self.carry[..len].copy_from_slice(&self.bytes);
            std::mem::swap(&mut self.bytes, &mut self.carry);
        }
        self.bytes.resize(target, 0);
        while len < target {
            match self.reader.read(&mut self.bytes[len..]) {
                Ok(0) => {
                    self.ended = true;
                    break;
                }
                Ok(n) => len += n,
                Err(e) if e.kind() == std::io::ErrorKind::Interrupted => {}
                Err(_) => {
                    self.ended = true;
                    break;
                }
            }
        }
        self.bytes.truncate(len);
    }

    /// Drops the first `n` bytes without giving them to anyone.
    pub fn discard(&mut self, n: usize) {
        self.bytes.drain(..n);
        self.offset += n as u64;
    }

    /// Bytes taken from the stream so far.
    pub fn pulled(&self) -> u64 {
        self.offset + self.bytes.len() as u64
    }
}

/// Where a block ends and the next begins, in positions of the window.
pub struct Cut {
    /// The block's bytes are those before this.
    pub end: usize,
    /// The part the block owns.
    pub owned: Range<usize>,
    /// The window goes on from here; before `end` when the next block wants a margin.
    pub next: usize,
}

impl Cut {
    /// A cut without margins.
    pub fn at(end: usize) -> Cut {
        Cut { end, owned: 0..end, next: end }
    }
}

/// Collects the marks of a block and hands it on.
pub struct Output<'s> {
    sink: &'s mut dyn BlockSink,
    /// The budgets.
    pub limits: Limits,
    /// The fields so far.
    pub schema: Schema,
    /// Cells of the block in the making.
    pub cells: Vec<Cell>,
    /// Records of the block in the making.
    pub records: Vec<RecordMark>,
    /// Records read.
    pub read: u64,
    /// Records that broke the rules of their format.
    pub rejected: u64,
    /// The sink asked to stop.
    pub stopped: bool,
    next_id: u64,
    shared_field: Option<FieldId>,
    gaps: [(GapKind, u64); 3],
}

impl<'s> Output<'s> {
    /// An output with nothing in it.
    pub fn new(sink: &'s mut dyn BlockSink, limits: &Limits) -> Self {
        let mut limits = limits.clone();
        // Positions in a block are 32 bits wide, and a block must make headway whatever the operator set.
        limits.record_bytes_max = limits.record_bytes_max.clamp(64, 1 << 30);
        limits.block_bytes = limits.block_bytes.clamp(16, limits.record_bytes_max);
        limits.margin_bytes = limits.margin_bytes.min(limits.record_bytes_max / 8);
        limits.fields_max = limits.fields_max.max(2);
        Output {
            sink,
            limits,
            schema: Schema::default(),
            cells: Vec::new(),
            records: Vec::new(),
            read: 0,
            rejected: 0,
            stopped: false,
            next_id: 0,
            shared_field: None,
            gaps: [(GapKind::Corrupt, 0), (GapKind::RecordSize, 0), (GapKind::Depth, 0)],
        }
    }

    /// The number of the next record.
    #[inline]
    pub fn new_id(&mut self) -> u64 {
        self.new_ids(1)
    }

    /// The number of the first of so many records.
    #[inline]
    pub fn new_ids(&mut self, records: u64) -> u64 {
        self.next_id += records;
        self.next_id - records
    }

    /// Adds a field whose path is new, or gives the shared field `*` once there are too many.
    pub fn add_field(&mut self, field: Field) -> FieldId {
        if self.shared_field.is_none() && self.schema.fields.len() + 1 < self.limits.fields_max {
            return self.schema.push(field);
        }
        self.shared_field()
    }

    /// The field that all share who come after the limit.
    pub fn shared_field(&mut self) -> FieldId {
        if let Some(shared) = self.shared_field {
            return shared;
        }
        let shared = self.schema.push(Field::new(["*"]));
        self.shared_field = Some(shared);
        self.sink.gap(Gap {
            kind: GapKind::FieldCount,
            offset: None,
            bytes: None,
            detail: format!(
                "more than {} fields; the values of the rest are read, but their fields are not told apart",
                self.limits.fields_max
            ),
        });
        shared
    }

    /// Whether new fields still get ids of their own.
    pub fn fields_left(&self) -> bool {
        self.shared_field.is_none()
    }

    /// Adds a cell unless it is empty.
    #[inline]
    pub fn cell(&mut self, start: usize, end: usize, field: FieldId, record: usize) {
        if start < end {
            // Windows are bounded by the record limit, which `new` keeps far below 4 GiB.
            self.cells.push(Cell { start: start as u32, end: end as u32, field, record: record as u32 });
        }
    }

    /// Adds a record without a parent that is closed, and returns its index.
    #[inline]
    pub fn record(&mut self, row: u64, source: Range<u64>) -> usize {
        let id = self.new_id();
        self.records.push(RecordMark { id, parent: None, row, path: 0, source, open: false });
        self.records.len() - 1
    }

    /// Reports a gap; gaps of the kinds that a hostile file can repeat without end are counted after the first few.
    pub fn gap(&mut self, kind: GapKind, offset: u64, bytes: Option<u64>, detail: &str) {
        if let Some((_, count)) = self.gaps.iter_mut().find(|(k, _)| *k == kind) {
            *count += 1;
            if *count > GAPS_MAX {
                return;
            }
        }
        self.sink.gap(Gap { kind, offset: Some(offset), bytes, detail: detail.to_string() });
    }

    /// Hands on the block before the cut and moves the window.
    pub fn emit(&mut self, window: &mut Window, layout: Layout, cut: Cut) {
        self.cut(window, layout, cut, None);
    }

    /// Hands on the whole lines before `end` as a block of plain lines, of which none is marked, and moves the window.
    pub fn emit_lines(&mut self, window: &mut Window, lines: &Lines, end: usize) {
        self.cut(window, Layout::Text, Cut::at(end), Some(lines));
    }

    fn cut(&mut self, window: &mut Window, layout: Layout, cut: Cut, lines: Option<&Lines>) {
        let mut bytes = std::mem::take(&mut window.bytes);
        let mut rest = std::mem::take(&mut window.carry);
        rest.clear();
        rest.extend_from_slice(&bytes[cut.next..]);
        bytes.truncate(cut.end);
        self.give(&mut bytes, cut.owned, window.offset, layout, lines);
        (window.bytes, window.carry) = (rest, bytes);
        window.offset += cut.next as u64;
    }

    /// Hands on a block of bytes that stand in no window, and empties them.
    pub fn hand_on(&mut self, bytes: &mut Vec<u8>, owned: Range<usize>, offset: u64, layout: Layout) {
        self.give(bytes, owned, offset, layout, None);
        bytes.clear();
    }

    /// Hands on a block and leaves in `bytes` what the sink left.
    fn give(&mut self, bytes: &mut Vec<u8>, owned: Range<usize>, offset: u64, layout: Layout, lines: Option<&Lines>) {
        if !owned.is_empty() {
            let mut block = Block {
                bytes: std::mem::take(bytes),
                owned: owned.start as u32..owned.end as u32,
                offset,
                layout,
                cells: std::mem::take(&mut self.cells),
                records: std::mem::take(&mut self.records),
            };
            let taken = match lines {
                Some(lines) => self.sink.lines(&mut block, lines, &self.schema),
                None => self.sink.block(&mut block, &self.schema),
            };
            self.stopped |= taken.is_break();
            // The buffers go round, so a scan allocates them once an object.
            (*bytes, self.cells, self.records) = (block.bytes, block.cells, block.records);
        }
        self.cells.clear();
        self.records.clear();
    }

    /// How many digits the values of a field have; see [`BlockSink::digits`].
    pub fn digits(&self, field: FieldId) -> Option<u8> {
        self.sink.digits(self.schema.get(field))
    }

    /// Says how many gaps were counted but not told one by one.
    pub fn finish(&mut self) {
        for (kind, count) in self.gaps {
            if count > GAPS_MAX {
                self.sink.gap(Gap {
                    kind,
                    offset: None,
                    bytes: None,
                    detail: format!("{} more places like those before", count - GAPS_MAX),
                });
            }
        }
        self.gaps.iter_mut().for_each(|(_, count)| *count = 0);
    }
}

/// Passes over the rest of a line that is too long to hold.
pub fn skip_line(window: &mut Window, out: &mut Output) {
    let from = window.offset;
    loop {
        let found = memchr::memchr(b'\n', &window.bytes);
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

/// Overwrites structure with separators. Most of it is a byte or three, for which a call to fill memory costs more than
/// the work.
#[inline]
pub fn blank(bytes: &mut [u8]) {
    if bytes.len() <= 4 {
        bytes.iter_mut().for_each(|b| *b = SEPARATOR);
    } else {
        bytes.fill(SEPARATOR);
    }
}

/// The first place at or after `from` where either byte stands. Values are short as a rule, so the first bytes are
/// looked at as two words before the vector search is called, which pays from some 16 bytes on.
#[inline]
pub fn find_either(bytes: &[u8], from: usize, one: u8, other: u8) -> Option<usize> {
    const LOW: u64 = 0x0101_0101_0101_0101;
    const HIGH: u64 = 0x8080_8080_8080_8080;
    let mut at = from;
    for _ in 0..2 {
        let Some(chunk) = bytes.get(at..).and_then(|rest| rest.first_chunk::<8>()) else { break };
        let word = u64::from_le_bytes(*chunk);
        // A byte of `word ^ pattern` is zero where the bytes are equal. The borrow may mark bytes above the first zero
        // falsely, never one below it, and only the first is asked for.
        let (x, y) = (word ^ (LOW * u64::from(one)), word ^ (LOW * u64::from(other)));
        let hits = ((x.wrapping_sub(LOW) & !x) | (y.wrapping_sub(LOW) & !y)) & HIGH;
        if hits != 0 {
            return Some(at + (hits.trailing_zeros() / 8) as usize);
        }
        at += 8;
    }
    memchr::memchr2(one, other, bytes.get(at..)?).map(|n| at + n)
}

/// Narrows a range to what is left without spaces and tabs around it.
pub fn trimmed(bytes: &[u8], mut start: usize, mut end: usize) -> (usize, usize) {
    while start < end && matches!(bytes[start], b' ' | b'\t') {
        start += 1;
    }
    while start < end && matches!(bytes[end - 1], b' ' | b'\t') {
        end -= 1;
    }
    (start, end)
}

/// Whether a name is rather a value (an e-mail, a number, a hash), which must not be stored as the name of a field.
pub fn is_value(name: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(name) else { return true };
    let digits = name.iter().filter(|b| b.is_ascii_digit()).count();
    let hex = name.iter().filter(|b| b.is_ascii_hexdigit()).count();
    let dashes = name.iter().filter(|b| matches!(b, b'-' | b':')).count();
    name.contains(&b'@')
        || name.len() > 64
        || digits * 2 > name.len()
        || (name.len() >= 16 && digits > 0 && hex + dashes == name.len())
        || text.chars().any(char::is_control)
}
