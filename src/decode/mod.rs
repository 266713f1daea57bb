//! From the raw bytes of an object to blocks.
//!
//! Looks at the first bytes, opens what is compressed, turns UTF-16 and Windows-1252 into UTF-8, and hands the rest to the
//! reader of its format, all within the limits. Names and extensions are never asked. Whatever goes wrong becomes a gap
//! after all that could be read was delivered. Nothing here touches a file or a clock.

mod charset;
mod gzip;
mod line;
mod pieces;
mod raw;

pub use line::LineSearch;

use crate::format::{
    self, Kind,
    feed::{Output, Window},
    sniff,
};
use crate::model::block::BlockSink;
use crate::model::gap::{Gap, GapError, GapKind};
use crate::model::limits::Limits;
use crate::model::object::ObjectRanges;
use pieces::{Memory, Pieces};
use raw::{Raw, RawState};
use std::io::{self, Read};
use std::rc::Rc;
use std::sync::Arc;

/// How the decoding of an object went. Its gaps went to the sink.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Decoded {
    /// The format inside all containers: `csv`, `json`, `ndjson`, `mail`, `mbox`, `log`, `text`, `empty`, or the kind of
    /// file that is not read.
    pub format: String,
    /// Containers and the form of the format: `gzip; comma, header`.
    pub dialect: String,
    /// Bytes of the object that were read.
    pub bytes_read: u64,
    /// Bytes they came to, once decompressed and transcoded.
    pub bytes_decoded: u64,
    /// Records read.
    pub records: u64,
    /// Records that broke the rules of their format.
    pub records_rejected: u64,
    /// BLAKE3 hash of the bytes read, in lower-case hexadecimal. Where pieces were read by their place, `pieces:` and the
    /// hash of each piece's place, length and bytes, in the order in which the format asks for them.
    pub content_hash: String,
    /// A kind of file that is not read.
    pub skipped: bool,
    /// Nothing of it could be read, though its kind is one that is.
    pub unread: bool,
    /// The sink asked to stop.
    pub stopped: bool,
    /// The stream failed; there is a gap for it.
    pub read_error: bool,
    /// The stream was read to its end, so that `ObjectStream::verify` has something to say.
    pub ended: bool,
}

/// Holds streams where any place of them can be read.
pub trait Hold {
    /// Takes all of a stream; none when it is longer than `bytes_max`.
    fn hold(&self, stream: &mut dyn Read, bytes_max: u64) -> io::Result<Option<Arc<dyn ObjectRanges>>>;
}

/// What an object is read from.
pub struct Input<'a> {
    /// Its bytes, front to back.
    pub stream: &'a mut dyn Read,
    /// Random access to the same bytes, where there is any.
    pub ranges: Option<Arc<dyn ObjectRanges>>,
    /// What holds a stream that has none; without it, a format that needs random access is a gap.
    pub hold: Option<&'a dyn Hold>,
}

/// Reads a stream to its end, or as far as it can be read.
pub fn decode(stream: &mut dyn Read, limits: &Limits, sink: &mut dyn BlockSink) -> Decoded {
    decode_object(Input { stream, ranges: None, hold: None }, limits, sink)
}

/// Reads an object to its end, or as far as it can be read.
pub fn decode_object(input: Input<'_>, limits: &Limits, sink: &mut dyn BlockSink) -> Decoded {
    run(input, limits, sink, None)
}

/// Looks for a line of the decoded object instead of reading blocks. What is decompressed and transcoded counts, so that
/// the line of a file and of the same file in gzip are one; only gaps go to the sink.
pub fn find_line(stream: &mut dyn Read, limits: &Limits, sink: &mut dyn BlockSink, search: &mut LineSearch) -> Decoded {
    run(Input { stream, ranges: None, hold: None }, limits, sink, Some(search))
}

fn run(input: Input<'_>, limits: &Limits, sink: &mut dyn BlockSink, search: Option<&mut LineSearch>) -> Decoded {
    let state = Rc::new(RawState::default());
    let mut raw = Raw::new(input.stream, Rc::clone(&state));
    let mut decoder = Decoder {
        limits,
        sink,
        search,
        ranges: input.ranges,
        hold: input.hold,
        pieces: None,
        state: Rc::clone(&state),
        decoded: Decoded::default(),
        layers: Vec::new(),
    };
    decoder.open(&mut raw, 0);
    let Decoder { sink, mut decoded, layers, pieces, .. } = decoder;
    let mut words = layers;
    words.extend((!decoded.dialect.is_empty()).then_some(decoded.dialect));
    decoded.dialect = words.join("; ");
    decoded.bytes_read = state.bytes.get();
    decoded.ended = state.ended.get();
    decoded.content_hash = raw.hash();
    if let Some(pieces) = pieces {
        let read = pieces.finish();
        decoded.bytes_read += read.bytes;
        decoded.content_hash = format!("pieces:{}", read.hash);
        decoded.ended = true;
        if let Some(error) = read.error {
            state.error.set(Some(error));
        }
    }
    if let Some(error) = state.error.take() {
        decoded.read_error = true;
        let kind = GapKind::of(&error);
        sink.gap(Gap {
            kind,
            offset: Some(decoded.bytes_decoded),
            bytes: None,
            // An error that knows its gap has its own remedy.
            detail: match error.get_ref().is_some_and(|inner| inner.is::<GapError>()) {
                true => error.to_string(),
                false => format!("reading failed after {} bytes: {error}; scan the object again", decoded.bytes_read),
            },
        });
    }
    decoded
}

struct Decoder<'a> {
    limits: &'a Limits,
    sink: &'a mut dyn BlockSink,
    /// A line to look for instead of reading blocks.
    search: Option<&'a mut LineSearch>,
    ranges: Option<Arc<dyn ObjectRanges>>,
    hold: Option<&'a dyn Hold>,
    /// What counts the pieces that were read by their place.
    pieces: Option<Arc<Pieces>>,
    state: Rc<RawState>,
    decoded: Decoded,
    layers: Vec<String>,
}

impl Decoder<'_> {
    /// Reads one layer; a container calls this again for what is in it, as deep as the limit lets it.
    fn open(&mut self, reader: &mut dyn Read, depth: usize) {
        let mut head = Vec::with_capacity(sniff::HEAD_BYTES);
        // The layers below keep their errors and end instead, so there is none to see here.
        let _ = reader.take(sniff::HEAD_BYTES as u64).read_to_end(&mut head);
        let whole = head.len() < sniff::HEAD_BYTES;
        let mark = if head.starts_with(b"\xef\xbb\xbf") { 3 } else { 0 };
        let kind = sniff::sniff(&head[mark..], whole);
        self.decoded.format = kind.format().to_string();
        self.decoded.dialect = kind.dialect();
        if mark > 0 {
            head.drain(..mark);
        }
        let mut rest = io::Cursor::new(head).chain(reader);
        match kind {
            Kind::Gzip if depth < self.limits.container_depth_max => {
                self.layers.push("gzip".to_string());
                let mut layer = gzip::Gunzip::new(&mut rest, Rc::clone(&self.state), self.limits);
                self.open(&mut layer, depth + 1);
                let fault = layer.fault();
                self.fault(fault);
            }
            Kind::Utf16 { big_endian } if depth < self.limits.container_depth_max => {
                self.layers.push("utf-16".to_string());
                let mut layer = charset::Utf16::new(&mut rest, big_endian);
                self.open(&mut layer, depth + 1);
                let fault = layer.fault();
                self.fault(fault);
            }
            Kind::Gzip | Kind::Utf16 { .. } => {
                let detail =
                    format!("containers nested deeper than {}; unpack the object", self.limits.container_depth_max);
                self.fault(Some((GapKind::Depth, detail)));
            }
            // A line of columns is nowhere.
            Kind::Parquet if self.search.is_some() => {}
            Kind::Parquet => {
                if let Some(ranges) = self.ranges_of(&mut rest, whole, depth) {
                    self.parquet(&ranges);
                }
            }
            Kind::Unsupported(name) => {
                self.decoded.skipped = true;
                let detail = format!("this version does not read this kind of file ({name})");
                self.sink.gap(Gap { kind: GapKind::Unsupported, offset: Some(0), bytes: None, detail });
            }
            kind => {
                let mut layer = charset::Western::new(&mut rest);
                if let Some(search) = &mut self.search {
                    // The layers below keep their errors and end instead.
                    let _ = search.read(&mut layer, mark as u64);
                    return;
                }
                let mut window = Window::new(&mut layer);
                window.offset = mark as u64;
                let mut out = Output::new(self.sink, self.limits);
                format::read(&kind, &mut window, &mut out);
                self.decoded.records = out.read;
                self.decoded.records_rejected = out.rejected;
                self.decoded.stopped = out.stopped;
                self.decoded.bytes_decoded = window.pulled();
                self.layers.extend(layer.mended().then(|| "windows-1252".to_string()));
            }
        }
    }

    /// Random access to what a reader has, `whole` when it is in memory already.
    fn ranges_of(&mut self, reader: &mut dyn Read, whole: bool, depth: usize) -> Option<Arc<dyn ObjectRanges>> {
        if whole {
            let mut bytes = Vec::new();
            // The layers below keep their errors and end instead.
            let _ = reader.read_to_end(&mut bytes);
            return Some(Arc::new(Memory(bytes)));
        }
        if let Some(ranges) = self.ranges.take().filter(|_| depth == 0) {
            let pieces = Arc::new(Pieces::new(ranges));
            self.pieces = Some(Arc::clone(&pieces));
            return Some(pieces);
        }
        let max = self.limits.spill_bytes_max;
        let (kind, detail) = match self.hold.map(|hold| hold.hold(reader, max)) {
            Some(Ok(Some(ranges))) => return Some(ranges),
            Some(Ok(None)) => {
                let detail =
                    format!("more than {max} bytes, which is the most that is held in a temporary file; unpack it");
                (GapKind::Expansion, detail)
            }
            Some(Err(e)) => (GapKind::Io, format!("it needs a temporary file: {e}")),
            None => (GapKind::Unsupported, "this kind of file needs random access, and there is none here".to_string()),
        };
        self.decoded.unread = true;
        self.fault(Some((kind, detail)));
        None
    }

    fn parquet(&mut self, ranges: &Arc<dyn ObjectRanges>) {
        let mut out = Output::new(self.sink, self.limits);
        let read = format::parquet::read(ranges, &mut out);
        out.finish();
        self.decoded.records = out.read;
        self.decoded.records_rejected = out.rejected;
        self.decoded.stopped = out.stopped;
        self.decoded.bytes_decoded = read.bytes_decoded;
        self.decoded.dialect = read.dialect;
        self.decoded.unread = read.nothing;
        if read.failed && self.pieces.is_none() {
            self.fault(Some((GapKind::Io, "the temporary file could not be read; scan the object again".to_string())));
        }
    }

    /// Reports what stopped a layer; where the object itself could not be read on, that alone is the reason.
    fn fault(&mut self, fault: Option<(GapKind, String)>) {
        if let Some((kind, detail)) = fault
            && !self.state.failed.get()
        {
            self.sink.gap(Gap { kind, offset: Some(self.decoded.bytes_decoded), bytes: None, detail });
        }
    }
}
