//! UTF-16 to UTF-8. Offsets past this layer are those of the UTF-8 bytes.

use crate::model::gap::GapKind;
use std::io::{self, Read};

const PIECE_BYTES: usize = 64 << 10;

/// Transcodes; what is no UTF-16 becomes the replacement character and is told once.
pub struct Utf16<R> {
    inner: R,
    big_endian: bool,
    raw: Vec<u8>,
    text: Vec<u8>,
    given: usize,
    ended: bool,
    fault: Option<(GapKind, String)>,
}

impl<R: Read> Utf16<R> {
    /// A layer over UTF-16.
    pub fn new(inner: R, big_endian: bool) -> Self {
        Utf16 { inner, big_endian, raw: Vec::new(), text: Vec::new(), given: 0, ended: false, fault: None }
    }

    /// What was not UTF-16.
    pub fn fault(self) -> Option<(GapKind, String)> {
        self.fault
    }

    fn refill(&mut self) {
        self.text.clear();
        self.given = 0;
        // The layers below end instead of failing.
        let read = (&mut self.inner).take(PIECE_BYTES as u64).read_to_end(&mut self.raw).unwrap_or(0);
        self.ended = read < PIECE_BYTES;
        let units: Vec<u16> = self
            .raw
            .chunks_exact(2)
            .map(|pair| {
                let pair = [pair[0], pair[1]];
                if self.big_endian { u16::from_be_bytes(pair) } else { u16::from_le_bytes(pair) }
            })
            .collect();
        // A pair of surrogates must not be torn.
        let torn = !self.ended && units.last().is_some_and(|u| (0xd800..0xdc00).contains(u));
        let taken = units.len() - usize::from(torn);
        for decoded in char::decode_utf16(units[..taken].iter().copied()) {
            let c = decoded.unwrap_or_else(|_| {
                let detail = "bytes that are not UTF-16 were replaced; the rest was read".to_string();
                self.fault.get_or_insert((GapKind::Corrupt, detail));
                char::REPLACEMENT_CHARACTER
            });
            self.text.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
        }
        self.raw.drain(..taken * 2);
        if self.ended && !self.raw.is_empty() {
            let detail = "the UTF-16 text ends inside a character".to_string();
            self.fault.get_or_insert((GapKind::Truncated, detail));
        }
    }
}

impl<R: Read> Read for Utf16<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.given == self.text.len() && !self.ended {
            self.refill();
        }
        let n = buffer.len().min(self.text.len() - self.given);
        buffer[..n].copy_from_slice(&self.text[self.given..self.given + n]);
        self.given += n;
        Ok(n)
    }
}
