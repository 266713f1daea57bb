//! The end of a file, where Parquet says what is in it.

use super::thrift;
use crate::model::gap::GapKind;
use crate::model::limits::Limits;
use crate::model::object::ObjectRanges;
use parquet::file::metadata::{ParquetMetaData, ParquetMetaDataReader};
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// Bytes at the end of a file: the footer's length, and a mark.
const TAIL_BYTES: u64 = 8;
/// Bytes fetched at the end of a file at first; most footers are in them.
const FOOTER_BYTES: u64 = 64 << 10;

/// What the end of a file says.
pub struct Footer {
    /// Its schema and row groups.
    pub meta: Arc<ParquetMetaData>,
    /// Some columns are encrypted.
    pub encrypted: bool,
}

/// A gap, or none where the object itself could not be read.
pub type Fault = Option<(GapKind, &'static str)>;

/// Reads the footer.
pub fn footer(
    ranges: &Arc<dyn ObjectRanges>,
    limits: &Limits,
    fetched: &AtomicU64,
) -> std::result::Result<Footer, Fault> {
    let size = ranges.size();
    let cut = (
        GapKind::Truncated,
        "the file does not end as Parquet does: it is cut short or still being written; fetch it again",
    );
    if size < TAIL_BYTES + 4 {
        return Err(Some(cut));
    }
    let get = |range: Range<u64>| {
        fetched.fetch_add(range.end - range.start, Relaxed);
        let wanted = range.end - range.start;
        ranges.read_at(range).ok().filter(|bytes| bytes.len() as u64 == wanted).ok_or(None)
    };
    let mut tail = get(size - FOOTER_BYTES.min(size)..size)?;
    let marks = tail.split_off(tail.len() - TAIL_BYTES as usize);
    let length = marks.first_chunk::<4>().map_or(0, |l| u64::from(u32::from_le_bytes(*l)));
    match &marks[4..] {
        b"PAR1" => {}
        b"PARE" => {
            return Err(Some((
                GapKind::Unsupported,
                "the file is encrypted; decrypt it with its owner's key and scan the copy",
            )));
        }
        _ => return Err(Some(cut)),
    }
    if length > size - TAIL_BYTES - 4 {
        return Err(Some((GapKind::Corrupt, "the footer claims to be longer than the file")));
    }
    if length > limits.footer_bytes_max as u64 {
        return Err(Some((
            GapKind::RecordSize,
            "the footer is longer than the limit; raise the footer limit if the file is trusted",
        )));
    }
    let bytes = match (tail.len() as u64).checked_sub(length) {
        Some(from) => tail.split_off(from as usize),
        None => get(size - TAIL_BYTES - length..size - TAIL_BYTES)?,
    };
    let corrupt = (GapKind::Corrupt, "the footer cannot be read");
    let said = thrift::footer(&bytes, limits.depth_max).map_err(|_| Some(corrupt))?;
    if said.depth > limits.depth_max {
        return Err(Some((
            GapKind::Depth,
            "the schema nests deeper than the limit; raise the depth limit if it is meant",
        )));
    }
    let meta = ParquetMetaDataReader::decode_metadata(&bytes).map_err(|_| Some(corrupt))?;
    Ok(Footer { meta: Arc::new(meta), encrypted: said.encrypted })
}
