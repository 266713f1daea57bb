//! Gzip, with a watch on how much comes out for what went in.

use super::raw::RawState;
use crate::model::gap::GapKind;
use crate::model::limits::Limits;
use flate2::read::MultiGzDecoder;
use std::io::{self, Read};
use std::rc::Rc;

/// Bytes asked of the decompressor at once: what it had written of a piece before meeting corrupt data is lost.
const PIECE_BYTES: usize = 32 << 10;

/// Decompresses; a fault ends the stream and is kept.
pub struct Gunzip<R> {
    inner: MultiGzDecoder<R>,
    state: Rc<RawState>,
    ratio_max: u64,
    floor: u64,
    bytes_max: u64,
    produced: u64,
    fault: Option<(GapKind, String)>,
}

impl<R: Read> Gunzip<R> {
    /// A layer over compressed bytes.
    pub fn new(inner: R, state: Rc<RawState>, limits: &Limits) -> Self {
        Gunzip {
            inner: MultiGzDecoder::new(inner),
            state,
            ratio_max: limits.expansion_ratio_max,
            floor: limits.expansion_floor,
            bytes_max: limits.expansion_bytes_max,
            produced: 0,
            fault: None,
        }
    }

    /// What ended the stream before its time.
    pub fn fault(self) -> Option<(GapKind, String)> {
        self.fault
    }
}

impl<R: Read> Read for Gunzip<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.fault.is_some() {
            return Ok(0);
        }
        let produced = self.produced;
        let piece = buffer.len().min(PIECE_BYTES);
        match self.inner.read(&mut buffer[..piece]) {
            Ok(n) => {
                self.produced += n as u64;
                let raw = self.state.bytes.get();
                let over_ratio = self.produced > self.floor && self.produced / self.ratio_max.max(1) > raw;
                if over_ratio || self.produced > self.bytes_max {
                    let detail = format!(
                        "{raw} compressed bytes gave {} and more; raise the expansion limits if the object is trusted",
                        self.produced
                    );
                    self.fault = Some((GapKind::Expansion, detail));
                }
                Ok(n)
            }
            Err(e) if e.kind() == io::ErrorKind::UnexpectedEof => {
                let detail = format!("the gzip stream ends early, after {produced} decompressed bytes; fetch it again");
                self.fault = Some((GapKind::Truncated, detail));
                Ok(0)
            }
            Err(_) => {
                let detail =
                    format!("not gzip from here on, after {produced} decompressed bytes; what came before was read");
                self.fault = Some((GapKind::Corrupt, detail));
                Ok(0)
            }
        }
    }
}
