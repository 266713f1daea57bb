//! Where a line of a decoded object lies.

use std::io::{self, Read};
use std::ops::Range;

const PIECE_BYTES: usize = 64 << 10;

/// A line, looked for by its number.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LineSearch {
    /// The number, from 1.
    pub line: u64,
    /// Its bytes in the decoded object, without the line feed.
    pub found: Option<Range<u64>>,
    /// Lines that were seen; a line feed at the end opens no line after it.
    pub lines: u64,
}

impl LineSearch {
    /// A search for a line.
    pub fn new(line: u64) -> LineSearch {
        LineSearch { line, ..LineSearch::default() }
    }

    /// Reads until the line has ended. `offset` is the place of the first byte.
    pub(super) fn read(&mut self, reader: &mut dyn Read, offset: u64) -> io::Result<()> {
        let mut piece = vec![0; PIECE_BYTES];
        let (mut start, mut at) = (offset, offset);
        loop {
            let n = match reader.read(&mut piece) {
                Ok(n) => n,
                Err(e) if e.kind() == io::ErrorKind::Interrupted => continue,
                Err(e) => return Err(e),
            };
            for feed in memchr::memchr_iter(b'\n', &piece[..n]) {
                let end = at + feed as u64;
                if self.line(start..end) {
                    return Ok(());
                }
                start = end + 1;
            }
            at += n as u64;
            if n == 0 {
                if at > start {
                    self.line(start..at);
                }
                return Ok(());
            }
        }
    }

    fn line(&mut self, bytes: Range<u64>) -> bool {
        self.lines += 1;
        if self.lines == self.line {
            self.found = Some(bytes);
        }
        self.lines == self.line
    }
}
