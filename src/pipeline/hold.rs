//! Temporary files for what can only be streamed and must be read by its place.

use crate::decode::Hold;
use crate::model::object::ObjectRanges;
use crate::spill::Held;
use std::io::{self, Read};
use std::ops::Range;
use std::sync::Arc;

/// Holds streams in the temporary folder.
pub struct InTemporaryFiles;

impl Hold for InTemporaryFiles {
    fn hold(&self, stream: &mut dyn Read, bytes_max: u64) -> io::Result<Option<Arc<dyn ObjectRanges>>> {
        let held = Held::new(&std::env::temp_dir(), stream, bytes_max)?;
        Ok(held.map(|held| Arc::new(File(held)) as Arc<dyn ObjectRanges>))
    }
}

struct File(Held);

impl ObjectRanges for File {
    fn size(&self) -> u64 {
        self.0.bytes()
    }

    fn read_at(&self, range: Range<u64>) -> io::Result<Vec<u8>> {
        self.0.read_at(range)
    }
}
