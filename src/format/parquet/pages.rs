//! The pages of a column chunk: fetched in pieces of bounded size, and looked at before they are believed.
//!
//! The library reads pages through [`Chunk`] and hands them to its decoders through [`Pages`]. In between stands what it
//! does not ask: whether the sizes in a page's header are within the limits, whether gzip or brotli give more bytes than
//! the header says, whether a dictionary or a run of lengths claims more values than its bytes can hold.

use super::thrift::{self, Fault, PageHeader};
use crate::model::gap::GapKind;
use crate::model::limits::Limits;
use crate::model::object::ObjectRanges;
use bytes::Bytes;
use parquet::basic::{Compression, Encoding, Type};
use parquet::column::page::{Page, PageIterator, PageMetadata, PageReader};
use parquet::errors::{ParquetError, Result};
use parquet::file::metadata::ColumnChunkMetaData;
use parquet::file::reader::{ChunkReader, Length};
use parquet::file::serialized_reader::SerializedPageReader;
use std::io::{self, Read};
use std::ops::Range;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// First bytes in which a page's header is looked for, and the most it may have (statistics may hold long values).
const HEADER_BYTES: [usize; 3] = [4 << 10, 64 << 10, 1 << 20];
/// Values of a column that repeats, and of a run of lengths, that are taken at once. One row may hold any number.
const VALUES_MAX: u64 = 16 << 20;
/// A page of the old LZ4 has a frame that says nothing of its size; it expands 255 times at most.
const LZ4_EXPANSION: u64 = 255;

/// What happened while a column was read, beyond the library's own errors.
#[derive(Default)]
pub struct Watch {
    state: Mutex<Watched>,
    /// Bytes fetched, over all columns.
    pub fetched: Arc<AtomicU64>,
}

#[derive(Default)]
struct Watched {
    fault: Option<(GapKind, &'static str)>,
    /// The object could not be read on.
    failed: bool,
    bytes: u64,
    values: u64,
}

impl Watch {
    /// A watch that adds to a count of bytes.
    pub fn new(fetched: Arc<AtomicU64>) -> Watch {
        Watch { state: Mutex::default(), fetched }
    }

    fn state(&self) -> MutexGuard<'_, Watched> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Begins a batch of rows.
    pub fn batch(&self) {
        let mut state = self.state();
        (state.bytes, state.values) = (0, 0);
    }

    /// What was wrong, if it is known.
    pub fn fault(&self) -> Option<(GapKind, &'static str)> {
        self.state().fault
    }

    /// Whether a read of the object failed.
    pub fn failed(&self) -> bool {
        self.state().failed
    }

    fn wrong(&self, kind: GapKind, detail: &'static str) -> ParquetError {
        self.state().fault.get_or_insert((kind, detail));
        ParquetError::General(detail.to_string())
    }
}

/// One column chunk of an object.
#[derive(Clone)]
pub struct Chunk(Arc<Inner>);

struct Inner {
    ranges: Arc<dyn ObjectRanges>,
    range: Range<u64>,
    codec: Compression,
    repeats: bool,
    piece_bytes: usize,
    page_bytes_max: u64,
    watch: Arc<Watch>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    start: u64,
    piece: Bytes,
    header: PageHeader,
}

impl Chunk {
    /// The chunk at `range`. `piece` are bytes of it that are there already, with their place.
    pub fn new(
        ranges: Arc<dyn ObjectRanges>,
        range: Range<u64>,
        meta: &ColumnChunkMetaData,
        piece_bytes: usize,
        piece: Option<(u64, Bytes)>,
        limits: &Limits,
        watch: Arc<Watch>,
    ) -> Chunk {
        let (start, piece) = piece.unwrap_or_default();
        Chunk(Arc::new(Inner {
            ranges,
            range,
            codec: meta.compression(),
            repeats: meta.column_descr().max_rep_level() > 0,
            piece_bytes,
            page_bytes_max: limits.page_bytes_max as u64,
            watch,
            state: Mutex::new(State { start, piece, header: PageHeader::default() }),
        }))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn fetch(&self, start: u64, length: usize) -> Result<Bytes> {
        let end = start.checked_add(length as u64).filter(|end| *end <= self.0.range.end);
        let (Some(end), true) = (end, start >= self.0.range.start) else {
            return Err(self.0.watch.wrong(GapKind::Corrupt, "a page reaches beyond its column"));
        };
        let mut state = self.state();
        let held_from = start.checked_sub(state.start).filter(|n| *n <= state.piece.len() as u64);
        let held = held_from.map_or(Bytes::new(), |from| state.piece.slice(from as usize..));
        if held.len() >= length {
            return Ok(held.slice(..length));
        }
        let from = start + held.len() as u64;
        let to = end.max(from + self.0.piece_bytes as u64).min(self.0.range.end);
        let fetched = match self.0.ranges.read_at(from..to) {
            Ok(fetched) if fetched.len() as u64 == to - from => fetched,
            _ => {
                self.0.watch.state().failed = true;
                return Err(ParquetError::General("reading failed".to_string()));
            }
        };
        self.0.watch.fetched.fetch_add(to - from, Relaxed);
        state.piece = if held.is_empty() { Bytes::from(fetched) } else { Bytes::from([&held[..], &fetched].concat()) };
        state.start = start;
        Ok(state.piece.slice(..length))
    }

    /// The bytes of the page header at `start`, once it is within the limits.
    fn header(&self, start: u64) -> Result<Bytes> {
        let watch = &self.0.watch;
        let left = self.0.range.end.saturating_sub(start);
        for bytes in HEADER_BYTES {
            let length = left.min(bytes as u64);
            let head = self.fetch(start, length as usize)?;
            let header = match thrift::page_header(&head) {
                Ok(header) => header,
                Err(Fault::Short) if length < left => continue,
                Err(Fault::Short) => return Err(watch.wrong(GapKind::Truncated, "a page's header is cut short")),
                Err(Fault::Bad) => return Err(watch.wrong(GapKind::Corrupt, "a page has no header that can be read")),
            };
            let max = self.0.page_bytes_max;
            let old_lz4 = self.0.codec == Compression::LZ4 && header.compressed > max.max(1 << 30) / LZ4_EXPANSION;
            if header.uncompressed > max || header.compressed > max || old_lz4 {
                return Err(watch.wrong(
                    GapKind::RecordSize,
                    "a page is larger than the limit; raise the page limit if the file is trusted",
                ));
            }
            let mut batch = watch.state();
            let first = batch.bytes == 0;
            batch.bytes += header.uncompressed;
            batch.values += if self.0.repeats { header.values } else { 0 };
            let over = (batch.bytes > max && !first) || batch.values > VALUES_MAX;
            drop(batch);
            if over {
                return Err(watch.wrong(
                    GapKind::RecordSize,
                    "a few rows need more pages than the limit; raise the page limit if the file is trusted",
                ));
            }
            let bytes = head.slice(..header.header_bytes);
            self.state().header = header;
            return Ok(bytes);
        }
        Err(watch.wrong(GapKind::RecordSize, "a page's header is longer than 1 MiB"))
    }

    /// Whether decompressing gives no more than the header says; the library writes all that comes out.
    fn keeps_its_word(&self, page: &Bytes) -> bool {
        let header = self.state().header;
        let Some(compressed) = page.get(header.plain.min(page.len() as u64) as usize..) else { return true };
        if !header.is_compressed || header.compressed != page.len() as u64 {
            return true;
        }
        let said = header.uncompressed.saturating_sub(header.plain);
        let count = |reader: &mut dyn Read| io::copy(&mut reader.take(said + 1), &mut io::sink());
        // What cannot be decompressed is for the library to say.
        let given = match self.0.codec {
            Compression::GZIP(_) => count(&mut flate2::read::MultiGzDecoder::new(compressed)),
            Compression::BROTLI(_) => count(&mut brotli::Decompressor::new(compressed, 64 << 10)),
            _ => return true,
        };
        given.unwrap_or(0) <= said
    }
}

impl Length for Chunk {
    fn len(&self) -> u64 {
        self.0.ranges.size()
    }
}

impl ChunkReader for Chunk {
    type T = HeaderBytes;

    fn get_read(&self, start: u64) -> Result<HeaderBytes> {
        Ok(HeaderBytes { chunk: self.clone(), start, bytes: None })
    }

    fn get_bytes(&self, start: u64, length: usize) -> Result<Bytes> {
        let page = self.fetch(start, length)?;
        if !self.keeps_its_word(&page) {
            return Err(self.0.watch.wrong(GapKind::Expansion, "a page decompresses to more than it says"));
        }
        Ok(page)
    }
}

/// The header of a page. Nothing is fetched before the first read: the library asks for one even where it has the header
/// already.
pub struct HeaderBytes {
    chunk: Chunk,
    start: u64,
    bytes: Option<Bytes>,
}

impl Read for HeaderBytes {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let bytes = match &mut self.bytes {
            Some(bytes) => bytes,
            None => self.bytes.insert(self.chunk.header(self.start).map_err(io::Error::other)?),
        };
        let n = buffer.len().min(bytes.len());
        buffer[..n].copy_from_slice(&bytes.split_to(n));
        Ok(n)
    }
}

/// The pages of a chunk, decompressed.
pub struct Pages {
    inner: SerializedPageReader<Chunk>,
    watch: Arc<Watch>,
    levels: (i16, i16),
    value_bytes: usize,
}

impl Pages {
    /// The pages of a chunk of `rows` rows.
    pub fn new(chunk: Chunk, meta: &ColumnChunkMetaData, rows: usize) -> Result<Pages> {
        let column = meta.column_descr();
        let value_bytes = match column.physical_type() {
            Type::BOOLEAN => 1,
            Type::INT32 | Type::FLOAT | Type::BYTE_ARRAY => 4,
            Type::INT64 | Type::DOUBLE => 8,
            Type::INT96 => 12,
            Type::FIXED_LEN_BYTE_ARRAY => usize::try_from(column.type_length()).unwrap_or(1).max(1),
        };
        Ok(Pages {
            watch: Arc::clone(&chunk.0.watch),
            inner: SerializedPageReader::new(Arc::new(chunk), meta, rows, None)?,
            levels: (column.max_rep_level(), column.max_def_level()),
            value_bytes,
        })
    }

    fn check(&self, page: &Page) -> Result<()> {
        let lies = || self.watch.wrong(GapKind::Corrupt, "a page claims more values than it holds");
        let (buf, encoding, data) = match page {
            Page::DictionaryPage { buf, num_values, .. } => {
                let holds = buf.len() / self.value_bytes;
                return if *num_values as usize <= holds { Ok(()) } else { Err(lies()) };
            }
            Page::DataPage { buf, num_values, encoding, def_level_encoding, rep_level_encoding, .. } => {
                let rep = level_bytes(buf, *num_values, *rep_level_encoding, self.levels.0).ok_or_else(lies)?;
                let rest = &buf[rep..];
                let def = level_bytes(rest, *num_values, *def_level_encoding, self.levels.1).ok_or_else(lies)?;
                (buf, *encoding, rep + def)
            }
            Page::DataPageV2 { buf, encoding, def_levels_byte_len, rep_levels_byte_len, .. } => {
                let data = (*def_levels_byte_len as usize).saturating_add(*rep_levels_byte_len as usize);
                (buf, *encoding, data)
            }
        };
        let Some(values) = buf.get(data..) else { return Err(lies()) };
        let runs = match encoding {
            Encoding::DELTA_BINARY_PACKED | Encoding::DELTA_LENGTH_BYTE_ARRAY => 1,
            Encoding::DELTA_BYTE_ARRAY => 2,
            _ => return Ok(()),
        };
        let mut at = 0;
        for _ in 0..runs {
            // A page of nulls alone may have no bytes for values.
            let Some(run) = values.get(at..).filter(|run| !run.is_empty()) else { break };
            let (count, end) = thrift::delta(run).map_err(|_| lies())?;
            if count > VALUES_MAX {
                return Err(lies());
            }
            at += end;
        }
        Ok(())
    }
}

/// Bytes of a page's levels in its first version: a length and a run, or bits, or nothing where all are the same.
fn level_bytes(bytes: &[u8], values: u32, encoding: Encoding, max: i16) -> Option<usize> {
    if max == 0 {
        return Some(0);
    }
    let length = match encoding {
        Encoding::RLE => 4 + u32::from_le_bytes(*bytes.first_chunk::<4>()?) as usize,
        _ => (values as usize * (16 - max.leading_zeros() as usize)).div_ceil(8),
    };
    (length <= bytes.len()).then_some(length)
}

impl Iterator for Pages {
    type Item = Result<Page>;

    fn next(&mut self) -> Option<Result<Page>> {
        self.get_next_page().transpose()
    }
}

impl PageReader for Pages {
    fn get_next_page(&mut self) -> Result<Option<Page>> {
        let page = self.inner.get_next_page()?;
        if let Some(page) = &page {
            self.check(page)?;
        }
        Ok(page)
    }

    fn peek_next_page(&mut self) -> Result<Option<PageMetadata>> {
        self.inner.peek_next_page()
    }

    fn skip_next_page(&mut self) -> Result<()> {
        self.inner.skip_next_page()
    }

    fn at_record_boundary(&mut self) -> Result<bool> {
        self.inner.at_record_boundary()
    }
}

/// The pages of one chunk, as the library wants them: an iterator over chunks.
pub struct OneChunk(pub Option<Pages>);

impl Iterator for OneChunk {
    type Item = Result<Box<dyn PageReader>>;

    fn next(&mut self) -> Option<Self::Item> {
        self.0.take().map(|pages| Ok(Box::new(pages) as Box<dyn PageReader>))
    }
}

impl PageIterator for OneChunk {}
