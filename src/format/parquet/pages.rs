//! The pages of a column chunk: fetched in pieces of bounded size, and looked at before they are believed.
//!
//! The library reads pages through [`Chunk`] and hands them to its decoders through [`Pages`]. In between stands what it
//! does not ask: whether the sizes in a page's header are within the limits, whether gzip or brotli give more bytes than
//! the header says, whether a dictionary or a run of lengths claims more values than its bytes can hold.

use super::meter::{Terms, VALUES_MAX, Watch, value_bytes};
use super::thrift::{self, Fault, PageHeader};
use crate::model::gap::GapKind;
use crate::model::limits::Limits;
use crate::model::object::ObjectRanges;
use bytes::Bytes;
use parquet::basic::{Compression, ConvertedType, Encoding, LogicalType, Type};
use parquet::column::page::{Page, PageIterator, PageMetadata, PageReader};
use parquet::errors::{ParquetError, Result};
use parquet::file::metadata::ColumnChunkMetaData;
use parquet::file::reader::{ChunkReader, Length};
use parquet::file::serialized_reader::SerializedPageReader;
use parquet::schema::types::ColumnDescriptor;
use std::io::{self, Read};
use std::ops::Range;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// First bytes in which a page's header is looked for, and the most it may have (statistics may hold long values).
const HEADER_BYTES: [usize; 3] = [4 << 10, 64 << 10, 1 << 20];
/// A page of the old LZ4 has a frame that says nothing of its size; it expands 255 times at most.
const LZ4_EXPANSION: u64 = 255;

/// One column chunk of an object.
#[derive(Clone)]
pub struct Chunk(Arc<Inner>);

struct Inner {
    ranges: Arc<dyn ObjectRanges>,
    range: Range<u64>,
    codec: Compression,
    terms: Terms,
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
    /// The chunk at `range`, in a place among those of its column. `piece` are bytes of it that are there already, with
    /// their place in the object.
    pub fn new(
        ranges: Arc<dyn ObjectRanges>,
        (place, range): (usize, Range<u64>),
        meta: &ColumnChunkMetaData,
        piece_bytes: usize,
        piece: Option<(u64, Bytes)>,
        limits: &Limits,
        watch: Arc<Watch>,
    ) -> Chunk {
        let (start, piece) = piece.unwrap_or_default();
        let column = meta.column_descr();
        let terms = Terms {
            place,
            compressed: meta.compression() != Compression::UNCOMPRESSED,
            repeats: column.max_rep_level() > 0,
            value_bytes: value_bytes(column),
            stored_bytes: stored_bytes(column),
        };
        Chunk(Arc::new(Inner {
            ranges,
            range,
            codec: meta.compression(),
            terms,
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
                self.0.watch.fails();
                return Err(ParquetError::General("reading failed".to_string()));
            }
        };
        self.0.watch.meter.fetched.fetch_add(to - from, Relaxed);
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
            watch.page(&self.0.terms, &header)?;
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
    terms: Terms,
    page_bytes_max: u64,
    levels: (i16, i16),
    /// Its values are copied out of the dictionary, not viewed there, and are short.
    decimal: bool,
}

/// The fewest bytes of a value in a dictionary.
fn stored_bytes(column: &ColumnDescriptor) -> u64 {
    match column.physical_type() {
        Type::BYTE_ARRAY => 4,
        Type::INT96 => 12,
        _ => value_bytes(column),
    }
}

impl Pages {
    /// The pages of a chunk of `rows` rows.
    pub fn new(chunk: Chunk, meta: &ColumnChunkMetaData, rows: usize) -> Result<Pages> {
        let column = meta.column_descr();
        let decimal = column.converted_type() == ConvertedType::DECIMAL
            || matches!(column.logical_type_ref(), Some(LogicalType::Decimal { .. }));
        Ok(Pages {
            watch: Arc::clone(&chunk.0.watch),
            terms: chunk.0.terms,
            page_bytes_max: chunk.0.page_bytes_max,
            inner: SerializedPageReader::new(Arc::new(chunk), meta, rows, None)?,
            levels: (column.max_rep_level(), column.max_def_level()),
            decimal: decimal && column.physical_type() == Type::BYTE_ARRAY,
        })
    }

    fn check(&self, page: &Page) -> Result<()> {
        let lies = || self.watch.wrong(GapKind::Corrupt, "a page claims more values than it holds");
        let (buf, encoding, data) = match page {
            Page::DictionaryPage { buf, num_values, .. } => {
                let holds = buf.len() as u64 / self.terms.stored_bytes.max(1);
                if u64::from(*num_values) > holds {
                    return Err(lies());
                }
                return match self.decimal && !holds_decimals(buf, *num_values) {
                    true => Err(self.watch.wrong(GapKind::Corrupt, "a decimal is longer than 32 bytes")),
                    false => Ok(()),
                };
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
        let (mut at, mut decoded) = (0, 0u64);
        for run in 0..runs {
            // A page of nulls alone may have no bytes for values.
            let Some(bytes) = values.get(at..).filter(|bytes| !bytes.is_empty()) else { break };
            // Of two runs the first are lengths of what values share with those before them, and are copied.
            let of = thrift::delta(bytes, VALUES_MAX, runs == 2 && run == 0).map_err(|_| lies())?;
            if encoding != Encoding::DELTA_BINARY_PACKED {
                decoded = decoded.saturating_add(of.count * 4).saturating_add(of.sum);
            }
            if of.sum.saturating_add(buf.len() as u64) > self.page_bytes_max {
                return Err(self.watch.wrong(
                    GapKind::RecordSize,
                    "the values of a page share so much that they are longer than the limit; raise the page limit if the file is trusted",
                ));
            }
            at += of.bytes;
        }
        self.watch.more(self.terms.place, decoded)
    }
}

/// Whether each value of a dictionary is short enough for a number of 256 bits.
fn holds_decimals(mut bytes: &[u8], values: u32) -> bool {
    for _ in 0..values {
        let Some((length, rest)) = bytes.split_first_chunk::<4>() else { return false };
        let length = u32::from_le_bytes(*length) as usize;
        let (Some(rest), true) = (rest.get(length..), length <= 32) else { return false };
        bytes = rest;
    }
    true
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
