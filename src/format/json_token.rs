//! The JSON reader proper: bytes in, cells and record marks out, one token at a time and without recursion.
//!
//! It is lenient where leniency cannot change a value (a comma too many at the end, `NaN`), and
//! stops where it no longer knows where a value ends. Its whole state lives in [`Tree`], so a block can end between any
//! two values and the next one begin there.

use super::feed::{Output, Window, blank, find_either, is_value};
use super::json_paths::{KEY, Node, Paths, ROOT};
use crate::model::gap::GapKind;

/// Why the reader stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// The bytes end inside a token or between two.
    More,
    /// A block may end here.
    Cut,
    /// All values are read.
    Done,
    /// The bytes end, and a value does not.
    Truncated,
    /// What stands here is not JSON.
    Bad,
    /// A string begins here that is longer than the limit.
    Oversize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Expect {
    Value,
    Key,
    Colon,
    /// A comma or the end of the container.
    Next,
}

struct Frame {
    object: bool,
    node: Node,
    /// Path of the value that comes next.
    child: Node,
    guess: usize,
    /// The nearest record: an index into `Tree::open`.
    record: Option<usize>,
    owns_record: bool,
}

/// The bytes that end a number or literal.
const ENDS_BARE: [bool; 256] = {
    let (mut table, mut i) = ([false; 256], 0);
    let ends = b",]}{[\":\n\r\t ";
    while i < ends.len() {
        table[ends[i] as usize] = true;
        i += 1;
    }
    table
};

/// The state of reading one document or one line.
pub struct Tree {
    paths: Paths,
    stack: Vec<Frame>,
    expect: Expect,
    /// Where the next token begins.
    pub at: usize,
    /// Bytes before this are cells or separators.
    clean_to: usize,
    /// Containers open below the depth limit.
    skipping: usize,
    may_cut: bool,
    /// The records that are open: indices into the block's records, outermost first.
    open: Vec<usize>,
    /// The line, where each line is a value.
    line: Option<u64>,
    block_bytes: usize,
    token_bytes_max: usize,
    scratch: String,
}

impl Tree {
    /// A reader at the start of a document that cuts blocks at `block_bytes`.
    pub fn new(block_bytes: usize, token_bytes_max: usize) -> Self {
        Tree {
            paths: Paths::default(),
            stack: Vec::new(),
            expect: Expect::Value,
            at: 0,
            clean_to: 0,
            skipping: 0,
            may_cut: false,
            open: Vec::new(),
            line: None,
            block_bytes,
            token_bytes_max,
            scratch: String::new(),
        }
    }

    /// Begins a line at `at`.
    pub fn begin_line(&mut self, at: usize, line: u64) {
        self.at = at;
        self.line = Some(line);
        self.stack.clear();
        self.open.clear();
        self.skipping = 0;
        self.expect = Expect::Value;
    }

    /// Overwrites what is no value before `end`.
    #[inline]
    pub fn clean(&mut self, window: &mut Window, end: usize) {
        if self.clean_to < end {
            blank(&mut window.bytes[self.clean_to..end]);
        }
        self.clean_to = end;
    }

    /// Closes the open records at `end`: for good, or to be repeated in the next block. Gives the marks to repeat.
    pub fn suspend(&mut self, out: &mut Output, end: u64, for_good: bool) -> Vec<crate::model::block::RecordMark> {
        let mut marks = Vec::new();
        for index in &self.open {
            let mark = &mut out.records[*index];
            mark.source.end = end;
            mark.open = !for_good;
            marks.push(mark.clone());
        }
        marks
    }

    /// Goes on in a new block, of which `marks` are the first records.
    pub fn resume(&mut self, out: &mut Output, marks: Vec<crate::model::block::RecordMark>) {
        self.open = (0..marks.len()).collect();
        for (i, mut mark) in marks.into_iter().enumerate() {
            mark.parent = i.checked_sub(1).map(|p| p as u32);
            out.records.push(mark);
        }
        (self.at, self.clean_to, self.may_cut) = (0, 0, false);
    }

    /// Goes on after a string that was passed over.
    pub fn skip_string(&mut self) {
        if self.skipping > 0 {
            return;
        }
        if self.expect == Expect::Key {
            self.expect = Expect::Colon;
            if let Some(frame) = self.stack.last_mut() {
                frame.child = frame.node;
            }
        } else {
            self.after_value();
        }
    }

    /// Reads on up to `limit`, the end of everything when `last`.
    pub fn run(&mut self, window: &mut Window, out: &mut Output, limit: usize, last: bool) -> Step {
        loop {
            if (self.may_cut && self.at >= self.block_bytes) || self.at >= self.token_bytes_max {
                return Step::Cut;
            }
            while self.at < limit && matches!(window.bytes[self.at], b' ' | b'\n' | b'\r' | b'\t') {
                self.at += 1;
            }
            if self.at >= limit {
                return match last {
                    false if self.at >= self.token_bytes_max => Step::Cut,
                    false => Step::More,
                    true if self.stack.is_empty() && self.skipping == 0 => Step::Done,
                    true => Step::Truncated,
                };
            }
            let byte = window.bytes[self.at];
            let step = if self.skipping > 0 {
                self.skip(window, byte, limit, last)
            } else {
                match (self.expect, byte) {
                    (Expect::Next, b',') | (Expect::Colon, b':') => {
                        let object = self.stack.last().is_some_and(|f| f.object);
                        self.expect = if byte == b',' && object { Expect::Key } else { Expect::Value };
                        self.at += 1;
                        None
                    }
                    (Expect::Colon, _) => Some(Step::Bad),
                    (Expect::Next | Expect::Key | Expect::Value, b'}' | b']') => self.close(window, out, byte),
                    (Expect::Next, _) => Some(Step::Bad),
                    (_, b'"') => self.string(window, out, limit, last),
                    (Expect::Key, _) => Some(Step::Bad),
                    (Expect::Value, b'{' | b'[') => {
                        self.begin(window, out, byte == b'{');
                        None
                    }
                    (Expect::Value, _) => self.bare(window, out, limit, last),
                }
            };
            if let Some(step) = step {
                return step;
            }
        }
    }

    fn skip(&mut self, window: &Window, byte: u8, limit: usize, last: bool) -> Option<Step> {
        match byte {
            b'"' => match string_end(&window.bytes[..limit], self.at + 1) {
                Some((end, _)) => self.at = end + 1,
                None => return Some(self.unfinished(limit, last)),
            },
            b'{' | b'[' => (self.skipping, self.at) = (self.skipping + 1, self.at + 1),
            b'}' | b']' => {
                (self.skipping, self.at) = (self.skipping - 1, self.at + 1);
                if self.skipping == 0 {
                    self.after_value();
                }
            }
            _ => self.at += 1,
        }
        None
    }

    fn unfinished(&self, limit: usize, last: bool) -> Step {
        if last {
            Step::Truncated
        } else if limit - self.at >= self.token_bytes_max {
            Step::Oversize
        } else {
            Step::More
        }
    }

    fn after_value(&mut self) {
        self.expect = if self.stack.is_empty() { Expect::Value } else { Expect::Next };
        self.may_cut |= self.stack.last().is_none_or(|f| !f.object);
    }

    /// The path and the nearest record of the value that begins here.
    #[inline]
    fn place(&self) -> (Node, Option<usize>) {
        self.stack.last().map_or((ROOT, None), |f| (f.child, f.record))
    }

    fn begin(&mut self, window: &Window, out: &mut Output, object: bool) {
        let (node, above) = self.place();
        let offset = window.offset + self.at as u64;
        self.at += 1;
        if self.stack.len() >= out.limits.depth_max {
            self.skipping = 1;
            let detail = "values nested deeper than the limit were not read; raise the depth limit if they are meant";
            out.gap(GapKind::Depth, offset, None, detail);
            return;
        }
        // An array is a record only where it stands for a row: in the outermost array, with no object around it.
        let owns_record = object || (above.is_none() && self.stack.len() == 1);
        let record = if owns_record { Some(self.open_record(out, node, above, offset)) } else { above };
        let child = if object { node } else { self.paths.child(node, "*", &mut 0, out) };
        self.stack.push(Frame { object, node, child, guess: 0, record, owns_record });
        self.expect = if object { Expect::Key } else { Expect::Value };
    }

    fn open_record(&mut self, out: &mut Output, node: Node, above: Option<usize>, offset: u64) -> usize {
        let path = self.paths.field(node, out);
        let counted = self.paths.count(node);
        let index = out.record(self.line.unwrap_or(counted), offset..offset);
        out.read += 1;
        let mark = &mut out.records[index];
        mark.path = path;
        mark.parent = above.map(|a| self.open[a] as u32);
        self.open.push(index);
        self.open.len() - 1
    }

    fn close(&mut self, window: &Window, out: &mut Output, byte: u8) -> Option<Step> {
        let object = self.stack.last().map(|f| f.object);
        // `{"a":}` has no value where one must be; `[1,]` has a comma too many, which changes nothing.
        let dangling = object == Some(true) && self.expect == Expect::Value;
        if object != Some(byte == b'}') || dangling {
            return Some(Step::Bad);
        }
        self.at += 1;
        let owned = self.stack.pop().is_some_and(|f| f.owns_record);
        if owned && let Some(index) = self.open.pop() {
            out.records[index].source.end = window.offset + self.at as u64;
            out.records[index].open = false;
        }
        self.after_value();
        self.may_cut |= owned;
        None
    }

    fn string(&mut self, window: &mut Window, out: &mut Output, limit: usize, last: bool) -> Option<Step> {
        let start = self.at + 1;
        let Some((end, escaped)) = string_end(&window.bytes[..limit], start) else {
            return Some(self.unfinished(limit, last));
        };
        let stop = if escaped { start + unescape(&mut window.bytes[start..end]) } else { end };
        if escaped {
            blank(&mut window.bytes[stop..end]);
        }
        let (from, next) = (self.at, end + 1);
        self.at = next;
        if self.expect != Expect::Key {
            self.scalar(window, out, from, start, stop);
            return None;
        }
        self.expect = Expect::Colon;
        let Some(frame) = self.stack.last_mut() else { return Some(Step::Bad) };
        let name = &window.bytes[start..stop];
        if let Some(child) = self.paths.guessed(frame.node, name, &mut frame.guess) {
            frame.child = child;
            return None;
        }
        if !is_value(name) {
            self.scratch.clear();
            // A name that is not UTF-8 counts as a value, so nothing is lost here.
            self.scratch.push_str(std::str::from_utf8(name).unwrap_or("*"));
            frame.child = self.paths.child(frame.node, &self.scratch, &mut frame.guess, out);
            return None;
        }
        // The name is a value: it is read as one, and the field is called `*`.
        let (node, record) = (frame.node, frame.record.map(|r| self.open[r]));
        frame.child = self.paths.child(node, "*", &mut 0, out);
        if let Some(record) = record
            && start < stop
        {
            let key = self.paths.child(node, KEY, &mut 0, out);
            let field = self.paths.field(key, out);
            self.clean(window, start);
            self.clean_to = stop;
            out.cell(start, stop, field, record);
        }
        None
    }

    /// A number, a literal, or nothing that JSON knows.
    fn bare(&mut self, window: &mut Window, out: &mut Output, limit: usize, last: bool) -> Option<Step> {
        let start = self.at;
        let stop = match window.bytes[start..limit].iter().position(|b| ENDS_BARE[*b as usize]) {
            Some(n) => start + n,
            None if last => limit,
            None if limit - start >= self.token_bytes_max => return Some(Step::Bad),
            None => return Some(Step::More),
        };
        let token = &window.bytes[start..stop];
        match token {
            b"true" | b"false" | b"null" | b"NaN" | b"Infinity" | b"-Infinity" | b"undefined" => {
                self.at = stop;
                self.after_value();
            }
            [b'0'..=b'9' | b'-', ..] if token.iter().all(|b| b.is_ascii_digit() || b"+-.eE".contains(b)) => {
                self.at = stop;
                self.scalar(window, out, start, start, stop);
            }
            _ => return Some(Step::Bad),
        }
        None
    }

    /// A value at `start..stop` whose token began at `from`.
    fn scalar(&mut self, window: &mut Window, out: &mut Output, from: usize, start: usize, stop: usize) {
        let (node, above) = self.place();
        if start < stop {
            let field = self.paths.field(node, out);
            let index = match above {
                Some(record) => self.open[record],
                None => {
                    let record = self.open_record(out, node, None, window.offset + from as u64);
                    let index = self.open[record];
                    self.open.pop();
                    out.records[index].source.end = window.offset + self.at as u64;
                    index
                }
            };
            self.clean(window, start);
            self.clean_to = stop;
            out.cell(start, stop, field, index);
        }
        self.after_value();
    }
}

/// The closing quote of a string whose content begins at `at`, and whether escapes stand before it.
pub fn string_end(bytes: &[u8], mut at: usize) -> Option<(usize, bool)> {
    let mut escaped = false;
    loop {
        let found = find_either(bytes, at, b'"', b'\\')?;
        if bytes[found] == b'"' {
            return Some((found, escaped));
        }
        escaped = true;
        at = found + 2;
    }
}

/// Resolves escapes in place and gives the new length. What is no valid escape stays as it stands.
fn unescape(bytes: &mut [u8]) -> usize {
    let (mut from, mut to) = (0, 0);
    while from < bytes.len() {
        let plain = memchr::memchr(b'\\', &bytes[from..]).unwrap_or(bytes.len() - from);
        bytes.copy_within(from..from + plain, to);
        (from, to) = (from + plain, to + plain);
        let Some(&kind) = bytes.get(from + 1) else {
            // At the end, or a lone backslash there.
            let rest = bytes.len() - from;
            bytes.copy_within(from.., to);
            return to + rest;
        };
        let simple = match kind {
            b'"' | b'\\' | b'/' => Some(kind),
            b'b' => Some(8),
            b'f' => Some(12),
            b'n' => Some(b'\n'),
            b'r' => Some(b'\r'),
            b't' => Some(b'\t'),
            _ => None,
        };
        if let Some(byte) = simple {
            bytes[to] = byte;
            (from, to) = (from + 2, to + 1);
        } else if let Some((c, length)) = unicode(&bytes[from..]) {
            let mut buffer = [0; 4];
            let encoded = c.encode_utf8(&mut buffer).as_bytes();
            bytes[to..to + encoded.len()].copy_from_slice(encoded);
            (from, to) = (from + length, to + encoded.len());
        } else {
            bytes.copy_within(from..from + 2, to);
            (from, to) = (from + 2, to + 2);
        }
    }
    to
}

/// The character of a `\uXXXX` escape, or of a pair of them, and the length of the escape.
fn unicode(bytes: &[u8]) -> Option<(char, usize)> {
    let unit = |at: usize| -> Option<u32> {
        let escape = bytes.get(at..at + 6)?;
        let digits = escape.strip_prefix(b"\\u")?;
        digits.iter().try_fold(0, |n, b| Some(n * 16 + char::from(*b).to_digit(16)?))
    };
    let first = unit(0)?;
    if let Some(c) = char::from_u32(first) {
        return Some((c, 6));
    }
    let second = unit(6).filter(|u| (0xdc00..0xe000).contains(u))?;
    (first < 0xdc00).then_some(())?;
    Some((char::from_u32(0x10000 + ((first - 0xd800) << 10) + (second - 0xdc00))?, 12))
}
