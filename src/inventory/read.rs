//! Data files into batches, one at a time.

use super::cells::Group;
use super::ids::Wanted;
use super::log::DataFile;
use super::sink::object_range;
use super::store::{at, parquet_at};
use arrow_array::StructArray;
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use std::fs::File;
use std::io;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};

/// Rows of a batch.
const BATCH_ROWS: usize = 4096;

/// What to read of a table's files.
pub(super) struct Scan<'a> {
    /// The table's folder.
    pub folder: &'a Path,
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
            let path = self.folder.join(&file.path);
            let handle = File::open(&path).map_err(|e| at(&path, e))?;
            let builder = ParquetRecordBatchReaderBuilder::try_new(handle).map_err(|e| parquet_at(&path, e))?;
            let metadata = builder.metadata().clone();
            let groups: Vec<usize> =
                (0..metadata.num_row_groups()).filter(|&group| may_hold(object_range(&metadata, group))).collect();
            self.row_groups.fetch_add(groups.len() as u64, Ordering::Relaxed);
            let mask = match self.columns {
                Some(names) => ProjectionMask::columns(builder.parquet_schema(), names.iter().copied()),
                None => ProjectionMask::all(),
            };
            let reader = builder.with_batch_size(BATCH_ROWS).with_row_groups(groups).with_projection(mask).build();
            for batch in reader.map_err(|e| parquet_at(&path, e))? {
                let batch = batch.map_err(|e| parquet_at(&path, e.into()))?;
                each(Group(&StructArray::from(batch)))?;
            }
        }
        Ok(())
    }
}
