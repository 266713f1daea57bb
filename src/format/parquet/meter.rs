//! What reading a file takes: bytes fetched, what the pages give, memory held.

use super::thrift::PageHeader;
use crate::model::gap::GapKind;
use crate::model::limits::Limits;
use parquet::basic::Type;
use parquet::errors::{ParquetError, Result};
use parquet::schema::types::ColumnDescriptor;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Values of a column that repeats, and of a run of lengths, that are taken at once. One row may hold any number.
pub const VALUES_MAX: u64 = 16 << 20;
/// Bytes of the levels of a decoded value.
const LEVEL_BYTES: u64 = 4;

/// What a file takes, over all its columns.
pub struct Meter {
    /// Bytes fetched.
    pub fetched: AtomicU64,
    /// What the pages gave: their bytes once decompressed, and their values.
    given: AtomicU64,
    /// Bytes that the open columns hold.
    held: AtomicU64,
    limits: Limits,
}

impl Meter {
    /// Nothing yet.
    pub fn new(limits: &Limits) -> Meter {
        let zero = AtomicU64::default;
        Meter { fetched: zero(), given: zero(), held: zero(), limits: limits.clone() }
    }

    /// What `read` bytes of values, or the pages, come to where that is more than the bytes of the file may give.
    pub fn expansion(&self, read: u64) -> Option<u64> {
        let (given, limits) = (self.given.load(Relaxed).max(read), &self.limits);
        let ratio = given / limits.expansion_ratio_max.max(1) > self.fetched.load(Relaxed);
        ((ratio && given > limits.expansion_floor) || given > limits.expansion_bytes_max).then_some(given)
    }
}

/// Bytes that a value takes once decoded: bytes are views, unless their length is fixed.
pub fn value_bytes(column: &ColumnDescriptor) -> u64 {
    match column.physical_type() {
        Type::BOOLEAN => 1,
        Type::INT32 | Type::FLOAT => 4,
        Type::INT64 | Type::DOUBLE => 8,
        Type::INT96 | Type::BYTE_ARRAY => 16,
        Type::FIXED_LEN_BYTE_ARRAY => fixed_bytes(column).max(1),
    }
}

/// Bytes of each value of a column of fixed length, or 0.
pub fn fixed_bytes(column: &ColumnDescriptor) -> u64 {
    match column.physical_type() {
        Type::FIXED_LEN_BYTE_ARRAY => u64::try_from(column.type_length()).unwrap_or(0),
        _ => 0,
    }
}

/// What a chunk's pages are to be taken for.
#[derive(Clone, Copy)]
pub struct Terms {
    /// Its place among the chunks of its column.
    pub place: usize,
    /// Its pages are compressed.
    pub compressed: bool,
    /// Its values repeat.
    pub repeats: bool,
    /// Bytes of a decoded value, and the fewest of a stored one in a dictionary.
    pub value_bytes: u64,
    pub stored_bytes: u64,
}

/// What happened while a column was read, beyond the library's own errors.
pub struct Watch {
    /// The file's.
    pub meter: Arc<Meter>,
    state: Mutex<Watched>,
}

#[derive(Default)]
struct Watched {
    fault: Option<(GapKind, &'static str)>,
    /// The object could not be read on.
    failed: bool,
    /// Bytes and values of the pages that this batch of rows opened.
    bytes: u64,
    values: u64,
    /// Bytes of this column in `Meter::held`.
    held: u64,
    /// Those that it holds to its end.
    lasting: u64,
    /// Those of the dictionary and of the page at hand, by chunk.
    chunks: Vec<[u64; 2]>,
}

impl Watch {
    /// A watch over a column of `chunks` chunks.
    pub fn new(meter: Arc<Meter>, chunks: usize) -> Watch {
        let state = Watched { chunks: vec![[0; 2]; chunks], ..Watched::default() };
        Watch { meter, state: Mutex::new(state) }
    }

    fn state(&self) -> MutexGuard<'_, Watched> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Begins a batch of rows: what the one before needed, and the next does not, is no longer held.
    pub fn batch(&self) {
        let mut state = self.state();
        (state.bytes, state.values) = (0, 0);
        let held = state.chunks.iter().flatten().fold(state.lasting, |sum, bytes| sum.saturating_add(*bytes));
        self.meter.held.fetch_sub(state.held.saturating_sub(held), Relaxed);
        state.held = state.held.min(held);
    }

    /// What was wrong, if it is known.
    pub fn fault(&self) -> Option<(GapKind, &'static str)> {
        self.state().fault
    }

    /// Whether a read of the object failed.
    pub fn failed(&self) -> bool {
        self.state().failed
    }

    /// Notes that a read of the object failed.
    pub fn fails(&self) {
        self.state().failed = true;
    }

    /// Notes what is wrong, and makes the error that ends the column.
    pub fn wrong(&self, kind: GapKind, detail: &'static str) -> ParquetError {
        self.state().fault.get_or_insert((kind, detail));
        ParquetError::General(detail.to_string())
    }

    /// Takes bytes that the column holds to its end.
    pub fn lasting(&self, bytes: u64) -> Result<()> {
        self.hold(bytes)?;
        self.state().lasting += bytes;
        Ok(())
    }

    /// Takes a page, before it is fetched.
    pub fn page(&self, terms: &Terms, header: &PageHeader) -> Result<()> {
        let decoded = match header.dictionary {
            true => {
                header.values.min(header.uncompressed / terms.stored_bytes.max(1)).saturating_mul(terms.value_bytes)
            }
            false if terms.repeats => header.values.saturating_mul(terms.value_bytes + LEVEL_BYTES),
            false => 0,
        };
        let stored = if terms.compressed { header.compressed } else { 0 };
        let bytes = decoded.saturating_add(stored).saturating_add(header.uncompressed);
        let max = self.meter.limits.page_bytes_max as u64;
        let mut state = self.state();
        if let Some(chunk) = state.chunks.get_mut(terms.place) {
            chunk[usize::from(!header.dictionary)] = bytes;
        }
        let first = state.bytes == 0;
        state.bytes += header.uncompressed;
        state.values += if terms.repeats { header.values } else { 0 };
        let over = (state.bytes > max && !first) || state.values > VALUES_MAX;
        drop(state);
        if over {
            return Err(self.wrong(
                GapKind::RecordSize,
                "a few rows need more pages than the limit; raise the page limit if the file is trusted",
            ));
        }
        // Nulls take no bytes of a page; each is a step all the same, and a place in the column if that repeats.
        let values = if terms.repeats { header.values } else { header.values / 8 };
        let given = header.uncompressed.saturating_add(values);
        if self.meter.expansion(self.meter.given.load(Relaxed).saturating_add(given)).is_none() {
            // What is not held is not decompressed, and gives nothing.
            self.hold(bytes)?;
        }
        self.give(given)
    }

    fn give(&self, bytes: u64) -> Result<()> {
        self.meter.given.fetch_add(bytes, Relaxed);
        match self.meter.expansion(0) {
            Some(_) => Err(self.wrong(GapKind::Expansion, "its pages come to more than the expansion limits allow")),
            None => Ok(()),
        }
    }

    /// Takes bytes that decoding the page at hand needs beyond those of the page.
    pub fn more(&self, place: usize, bytes: u64) -> Result<()> {
        if let Some(chunk) = self.state().chunks.get_mut(place) {
            chunk[1] = chunk[1].saturating_add(bytes);
        }
        self.hold(bytes)?;
        self.give(bytes)
    }

    fn hold(&self, bytes: u64) -> Result<()> {
        let max = self.meter.limits.group_bytes_max as u64;
        let held = self.meter.held.load(Relaxed);
        if bytes > max.saturating_sub(held) {
            return Err(self.wrong(
                GapKind::RecordSize,
                "the columns of a row group need more memory at once than the limit; write the file with smaller row groups",
            ));
        }
        self.meter.held.fetch_add(bytes, Relaxed);
        self.state().held += bytes;
        Ok(())
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.meter.held.fetch_sub(self.state().held, Relaxed);
    }
}
