//! Data files into batches, one at a time.

use super::cells::Group;
use super::ids::Wanted;
use super::log::DataFile;
use super::sink::object_range;
use super::store::{Root, in_table};
use super::table::Table;
use crate::model::object::ObjectRanges;
use arrow_array::StructArray;
use bytes::Bytes;
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use parquet::errors::ParquetError;
use parquet::file::reader::{ChunkReader, Length};
use std::io::{self, BufReader, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Bytes that are read at once where it is not known how many are needed.
const READ_BYTES: usize = 8 << 10;
/// Rows of a batch.
const BATCH_ROWS: usize = 4096;

/// What to read of a table's files.
pub(super) struct Scan<'a> {
    /// Where the inventory is.
    pub root: &'a Root,
    /// The table.
    pub table: Table,
    /// Its files, in the order in which they are read.
    pub files: &'a [DataFile],
    /// The columns; none for all.
    pub columns: Option<&'a [&'a str]>,
    /// The objects whose row groups are read; none for all.
    pub wanted: Option<&'a Wanted<'a>>,
    /// Counts the row groups that were read.
    pub row_groups: &'a AtomicU64,
}

impl Scan<'_> {
    /// Hands over the batches. A batch may hold rows of objects that are not wanted beside wanted ones.
    pub fn run(&self, each: &mut dyn FnMut(Group) -> io::Result<()>) -> io::Result<()> {
        let may_hold = |range: Option<(i64, i64)>| match (self.wanted, range) {
            (Some(wanted), Some((min, max))) => wanted.any_in(min, max),
            _ => true,
        };
        for file in self.files.iter().filter(|file| may_hold(file.objects)) {
            let path = in_table(self.table, &file.path);
            let failed = |e| self.root.parquet_at(&path, e);
            let piece = Pieces::open(self.root, self.table, file)?;
            let builder = ParquetRecordBatchReaderBuilder::try_new(piece).map_err(failed)?;
            let metadata = builder.metadata().clone();
            let groups: Vec<usize> =
                (0..metadata.num_row_groups()).filter(|&group| may_hold(object_range(&metadata, group))).collect();
            self.row_groups.fetch_add(groups.len() as u64, Ordering::Relaxed);
            let mask = match self.columns {
                Some(names) => ProjectionMask::columns(builder.parquet_schema(), names.iter().copied()),
                None => ProjectionMask::all(),
            };
            let reader = builder.with_batch_size(BATCH_ROWS).with_row_groups(groups).with_projection(mask).build();
            for batch in reader.map_err(failed)? {
                let batch = batch.map_err(|e| failed(e.into()))?;
                each(Group(&StructArray::from(batch)))?;
            }
        }
        Ok(())
    }
}

/// A data file, read by place.
pub(super) struct Pieces(Arc<dyn ObjectRanges>);

impl Pieces {
    pub fn open(root: &Root, table: Table, file: &DataFile) -> io::Result<Pieces> {
        root.open(table, &file.path, file.bytes).map(Pieces)
    }
}

impl Length for Pieces {
    fn len(&self) -> u64 {
        self.0.size()
    }
}

impl ChunkReader for Pieces {
    type T = BufReader<At>;

    fn get_read(&self, start: u64) -> Result<Self::T, ParquetError> {
        Ok(BufReader::with_capacity(READ_BYTES, At { file: Arc::clone(&self.0), at: start }))
    }

    fn get_bytes(&self, start: u64, length: usize) -> Result<Bytes, ParquetError> {
        Ok(self.0.read_at(start..start + length as u64)?.into())
    }
}

/// A place in a file, on its way to the file's end.
pub(super) struct At {
    file: Arc<dyn ObjectRanges>,
    at: u64,
}

impl Read for At {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let end = self.file.size().min(self.at + buffer.len() as u64);
        let bytes = self.file.read_at(self.at.min(end)..end)?;
        buffer[..bytes.len()].copy_from_slice(&bytes);
        self.at += bytes.len() as u64;
        Ok(bytes.len())
    }
}
