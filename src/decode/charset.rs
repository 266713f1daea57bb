//! Other encodings to UTF-8. Offsets past these layers are those of the UTF-8 bytes.
//!
//! UTF-16 is known by its first bytes. Windows-1252 (Latin-1 and a few signs more) is not: a customer table may hold its
//! first accent a gigabyte in. So it is mended on the way, byte by byte, wherever the stream is no UTF-8; left alone, every
//! accented letter would be the same unknown one, and two people with one e-mail address.

use crate::format::western;
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

/// The longest UTF-8 sequence, and what a buffer must hold to be read into directly.
const SMALL: usize = 16;

/// Passes UTF-8 through untouched; a byte that is no part of any becomes the character it is in Windows-1252.
pub struct Western<R> {
    inner: R,
    /// The start of a sequence whose end was not read yet.
    carry: Vec<u8>,
    /// Mended text that is not given out yet.
    text: Vec<u8>,
    given: usize,
    ended: bool,
    mended: bool,
}

impl<R: Read> Western<R> {
    /// A layer over text.
    pub fn new(inner: R) -> Self {
        Western { inner, carry: Vec::new(), text: Vec::new(), given: 0, ended: false, mended: false }
    }

    /// Whether there was anything to mend.
    pub fn mended(&self) -> bool {
        self.mended
    }

    /// Reads into a buffer; returns how much of it is UTF-8. What follows that is kept in `text` and `carry`.
    fn refill(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let held = self.carry.len();
        let read = self.inner.read(&mut buffer[held..])?;
        self.ended = read == 0;
        buffer[..held].copy_from_slice(&self.carry);
        self.carry.clear();
        self.text.clear();
        self.given = 0;
        let bytes = &buffer[..held + read];
        // Most text is ASCII, and to see that takes half the time.
        let valid = match bytes.is_ascii() {
            true => bytes.len(),
            false => std::str::from_utf8(bytes).map_or_else(|e| e.valid_up_to(), str::len),
        };
        self.mend(&bytes[valid..]);
        Ok(valid)
    }

    fn mend(&mut self, mut bytes: &[u8]) {
        while let Err(e) = std::str::from_utf8(bytes) {
            let (valid, rest) = bytes.split_at(e.valid_up_to());
            self.text.extend_from_slice(valid);
            if e.error_len().is_none() && !self.ended {
                self.carry.extend_from_slice(rest);
                return;
            }
            self.text.extend_from_slice(western::character(rest[0]).encode_utf8(&mut [0; 4]).as_bytes());
            self.mended = true;
            bytes = &rest[1..];
        }
        self.text.extend_from_slice(bytes);
    }
}

impl<R: Read> Read for Western<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if buffer.is_empty() {
            return Ok(0);
        }
        loop {
            if self.given < self.text.len() {
                let n = buffer.len().min(self.text.len() - self.given);
                buffer[..n].copy_from_slice(&self.text[self.given..self.given + n]);
                self.given += n;
                return Ok(n);
            }
            let valid = if buffer.len() >= SMALL {
                self.refill(buffer)?
            } else {
                // What is read must have room for a whole sequence; it goes out through `text`.
                let mut small = [0; SMALL];
                let valid = self.refill(&mut small)?;
                self.text.splice(..0, small[..valid].iter().copied());
                0
            };
            if valid > 0 || (self.ended && self.text.is_empty()) {
                return Ok(valid);
            }
        }
    }
}
