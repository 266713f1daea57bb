//! Data files into batches, one at a time.

use super::cells::Group;
use super::ids::Wanted;
use super::log::DataFile;
use super::sink::object_range;
use super::store::{Root, in_table};
use super::table::Table;
use crate::model::object::ObjectRanges;
use arrow_array::StructArray;
use arrow_schema::{DataType, FieldRef, Schema};
use bytes::Bytes;
use crossbeam_channel::bounded;
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReaderBuilder};
use parquet::errors::ParquetError;
use parquet::file::reader::{ChunkReader, Length};
use std::io::{self, BufReader, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Bytes that are read at once where it is not known how many are needed.
const READ_BYTES: usize = 8 << 10;
/// Rows of a batch.
const BATCH_ROWS: usize = 4096;
/// Files of fewer bytes than these together are read without another thread.
const ALONE_BYTES: u64 = 1 << 20;
/// Batches that are decoded ahead.
const BATCHES_AHEAD: usize = 2;

/// Columns of few texts, which are read as numbers in a dictionary, as they lie in the file: a text a cell would be copied
/// and parsed for each row.
const CODES: [&str; 11] =
    ["role", "population", "kind", "class", "element", "form", "country", "state", "basis", "confidence", "certainty"];

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
    /// Hands over the batches. A batch may hold rows of objects that are not wanted beside wanted ones. Those of a large table
    /// are decoded by another thread, a few ahead.
    pub fn run(&self, each: &mut dyn FnMut(Group) -> io::Result<()>) -> io::Result<()> {
        if self.files.iter().map(|file| file.bytes).sum::<u64>() < ALONE_BYTES {
            return self.decode(&mut |batch| each(Group(&batch)));
        }
        std::thread::scope(|threads| {
            let (ahead, batches) = bounded::<StructArray>(BATCHES_AHEAD);
            // Whoever takes the batches may end early, and then nobody is there to send to.
            let ended = || io::Error::from(io::ErrorKind::Interrupted);
            let decoder = threads.spawn(move || self.decode(&mut |batch| ahead.send(batch).map_err(|_| ended())));
            batches.into_iter().try_for_each(|batch| each(Group(&batch)))?;
            let defect = |_| io::Error::other("reading failed by a defect of this program; please report it");
            decoder.join().map_err(defect)?
        })
    }

    fn decode(&self, each: &mut dyn FnMut(StructArray) -> io::Result<()>) -> io::Result<()> {
        let may_hold = |range: Option<(i64, i64)>| match (self.wanted, range) {
            (Some(wanted), Some((min, max))) => wanted.any_in(min, max),
            _ => true,
        };
        for file in self.files.iter().filter(|file| may_hold(file.objects)) {
            let path = in_table(self.table, &file.path);
            let failed = |e| self.root.parquet_at(&path, e);
            let pieces = Pieces::open(self.root, self.table, file)?;
            let metadata = arrow_metadata(&pieces).map_err(failed)?;
            let mask = match self.columns {
                Some(names) => ProjectionMask::columns(metadata.parquet_schema(), names.iter().copied()),
                None => ProjectionMask::all(),
            };
            let groups = metadata.metadata().num_row_groups();
            // Each by itself: a batch of two row groups would need a dictionary of both.
            for group in (0..groups).filter(|&group| may_hold(object_range(metadata.metadata(), group))) {
                self.row_groups.fetch_add(1, Ordering::Relaxed);
                let builder = ParquetRecordBatchReaderBuilder::new_with_metadata(pieces.clone(), metadata.clone());
                let builder = builder.with_batch_size(BATCH_ROWS).with_row_groups(vec![group]);
                for batch in builder.with_projection(mask.clone()).build().map_err(failed)? {
                    let batch = batch.map_err(|e| failed(e.into()))?;
                    each(batch.into())?;
                }
            }
        }
        Ok(())
    }
}

/// What a file says of itself, with the columns of codes as dictionaries.
fn arrow_metadata(file: &Pieces) -> Result<ArrowReaderMetadata, ParquetError> {
    let plain = ArrowReaderMetadata::load(file, ArrowReaderOptions::new())?;
    let fields: Vec<FieldRef> = plain.schema().fields().iter().map(with_dictionaries).collect();
    let schema = Schema::new_with_metadata(fields, plain.schema().metadata().clone());
    ArrowReaderMetadata::try_new(plain.metadata().clone(), ArrowReaderOptions::new().with_schema(schema.into()))
}

fn with_dictionaries(field: &FieldRef) -> FieldRef {
    let data_type = match field.data_type() {
        DataType::Utf8 if CODES.contains(&field.name().as_str()) => {
            DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Utf8))
        }
        DataType::List(element) => DataType::List(with_dictionaries(element)),
        DataType::Struct(fields) => DataType::Struct(fields.iter().map(with_dictionaries).collect()),
        _ => return Arc::clone(field),
    };
    Arc::new(field.as_ref().clone().with_data_type(data_type))
}

/// A data file, read by place.
#[derive(Clone)]
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
