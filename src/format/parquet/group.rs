//! The columns of one row group, each with a reader of its own.

use super::meter::{Watch, fixed_bytes};
use super::pages::{Chunk, OneChunk, Pages};
use crate::model::object::ObjectRanges;
use bytes::Bytes;
use parquet::arrow::arrow_reader::{ParquetRecordBatchReader, RowGroups};
use parquet::column::page::PageIterator;
use parquet::errors::{ParquetError, Result};
use parquet::file::metadata::{ColumnChunkMetaData, ParquetMetaData, RowGroupMetaData};
use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

/// Rows, and values of one column, in a batch.
const BATCH_ROWS: u64 = 8192;
const BATCH_VALUES: u64 = 64 << 10;
/// Bytes of the values of fixed length in a batch: the library makes room for them before it reads.
const BATCH_FIXED_BYTES: u64 = 4 << 20;

/// A column of a row group, being read.
pub struct Reader {
    /// Its rows.
    pub batches: ParquetRecordBatchReader,
    /// What happened on the way.
    pub watch: Arc<Watch>,
}

/// What the readers of a row group share.
pub struct Parts<'p> {
    /// The object.
    pub ranges: &'p Arc<dyn ObjectRanges>,
    /// Where its column chunks lie.
    pub spans: &'p [Option<Range<u64>>],
    /// All of them, where they were fetched at once, and their place.
    pub whole: &'p Option<(u64, Bytes)>,
    /// Bytes of a column that are fetched at once.
    pub piece: usize,
    /// Its rows.
    pub rows: u64,
}

/// Where a column chunk lies; none where it cannot be: outside the file, or in another one.
pub fn span(column: &ColumnChunkMetaData, size: u64) -> Option<Range<u64>> {
    let start = column.dictionary_page_offset().unwrap_or(column.data_page_offset());
    let (start, length) = (u64::try_from(start).ok()?, u64::try_from(column.compressed_size()).ok()?);
    let end = start.checked_add(length).filter(|end| *end <= size)?;
    column.file_path().is_none().then_some(start..end)
}

/// Rows of a batch: about a block of bytes, and not too many values where lists are long.
pub fn batch_rows(group: &RowGroupMetaData, rows: u64, block_bytes: u64) -> usize {
    let rows = rows.max(1);
    let bytes = u64::try_from(group.total_byte_size()).unwrap_or(0) / rows;
    let values = group.columns().iter().map(|c| u64::try_from(c.num_values()).unwrap_or(0)).max().unwrap_or(0) / rows;
    let by_bytes = block_bytes / bytes.max(1);
    let by_values = BATCH_VALUES / values.max(1);
    let fixed = group.columns().iter().fold(1u64, |sum, c| sum.saturating_add(fixed_bytes(c.column_descr())));
    by_bytes.min(by_values).min(BATCH_FIXED_BYTES / fixed).clamp(1, BATCH_ROWS) as usize
}

/// One row group, as the library wants it.
pub struct Group<'g> {
    pub meta: &'g ParquetMetaData,
    pub group: usize,
    pub rows: usize,
    /// By the place of a leaf among those of its column: its place among all, and its chunk.
    pub chunks: HashMap<usize, (usize, Chunk)>,
}

impl RowGroups for Group<'_> {
    fn num_rows(&self) -> usize {
        self.rows
    }

    fn column_chunks(&self, i: usize) -> Result<Box<dyn PageIterator>> {
        let group = self.meta.row_group(self.group);
        let found = self.chunks.get(&i).and_then(|(leaf, chunk)| Some((chunk, group.columns().get(*leaf)?)));
        let Some((chunk, meta)) = found else {
            return Err(ParquetError::IndexOutOfBound(i, group.num_columns()));
        };
        Ok(Box::new(OneChunk(Some(Pages::new(chunk.clone(), meta, self.rows)?))))
    }

    fn row_groups(&self) -> Box<dyn Iterator<Item = &RowGroupMetaData> + '_> {
        Box::new(std::iter::once(self.meta.row_group(self.group)))
    }

    fn metadata(&self) -> &ParquetMetaData {
        self.meta
    }
}
