//! What must be known of Thrift structures before they are believed.
//!
//! Footers and page headers are Thrift in its compact protocol
//! (<https://github.com/apache/thrift/blob/master/doc/specs/thrift-compact-protocol.md>). The library reads them; this
//! walks them first, without recursion into unknown depth and without allocating what they ask for, because a length or a
//! depth that lies would otherwise cost memory or the stack.

/// Structures within structures; Parquet's own nest six deep.
const DEPTH_MAX: u8 = 24;

/// Why a walk ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The bytes end first.
    Short,
    /// It is no such structure.
    Bad,
}

type Result<T> = std::result::Result<T, Fault>;

/// What the header of a page says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PageHeader {
    /// Bytes of the header itself.
    pub header_bytes: usize,
    /// The page is a dictionary.
    pub dictionary: bool,
    /// Bytes of the page as stored.
    pub compressed: u64,
    /// Bytes of the page once decompressed.
    pub uncompressed: u64,
    /// Values on the page, nulls included.
    pub values: u64,
    /// Bytes before the values that are never compressed.
    pub plain: u64,
    /// The values are compressed, if the column is.
    pub is_compressed: bool,
}

/// Reads the header of a page (`PageHeader` in parquet.thrift) at the front of `bytes`.
pub fn page_header(bytes: &[u8]) -> Result<PageHeader> {
    let mut walk = Walk { bytes, at: 0 };
    let mut header = PageHeader { is_compressed: true, ..PageHeader::default() };
    let (mut id, mut kind, mut sizes) = (0, None, [None; 2]);
    while let Some(of) = walk.field(&mut id)? {
        match (id, of) {
            (1, Walk::I32) => kind = Some(walk.size()?),
            (2 | 3, Walk::I32) => sizes[id as usize - 2] = Some(walk.size()?),
            (5 | 7 | 8, Walk::STRUCT) => {
                let v2 = id == 8;
                let mut inner = 0;
                while let Some(of) = walk.field(&mut inner)? {
                    match (inner, of) {
                        (1, Walk::I32) => header.values = walk.size()?,
                        (5 | 6, Walk::I32) if v2 => header.plain += walk.size()?,
                        (7, Walk::TRUE | Walk::FALSE) if v2 => header.is_compressed = of == Walk::TRUE,
                        _ => walk.skip(of, DEPTH_MAX)?,
                    }
                }
            }
            _ => walk.skip(of, DEPTH_MAX)?,
        }
    }
    let (Some(kind), [Some(uncompressed), Some(compressed)]) = (kind, sizes) else { return Err(Fault::Bad) };
    header.dictionary = kind == 2;
    (header.uncompressed, header.compressed, header.header_bytes) = (uncompressed, compressed, walk.at);
    Ok(header)
}

/// What a footer (`FileMetaData`) says of itself.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Footer {
    /// Some columns are encrypted: the footer names an algorithm.
    pub encrypted: bool,
    /// Groups within groups of the schema.
    pub depth: usize,
}

/// Walks a footer. A schema that nests deeper than `depth_max` ends the walk with that depth.
pub fn footer(bytes: &[u8], depth_max: usize) -> Result<Footer> {
    let mut walk = Walk { bytes, at: 0 };
    let mut footer = Footer::default();
    let mut id = 0;
    while let Some(of) = walk.field(&mut id)? {
        match (id, of) {
            (2, Walk::LIST) => {
                footer.depth = walk.schema(depth_max)?;
                if footer.depth > depth_max {
                    return Ok(footer);
                }
            }
            (8, _) => {
                footer.encrypted = true;
                walk.skip(of, DEPTH_MAX)?;
            }
            _ => walk.skip(of, DEPTH_MAX)?,
        }
    }
    Ok(footer)
}

struct Walk<'b> {
    bytes: &'b [u8],
    at: usize,
}

impl Walk<'_> {
    const TRUE: u8 = 1;
    const FALSE: u8 = 2;
    const I32: u8 = 5;
    const LIST: u8 = 9;
    const STRUCT: u8 = 12;

    fn byte(&mut self) -> Result<u8> {
        let byte = *self.bytes.get(self.at).ok_or(Fault::Short)?;
        self.at += 1;
        Ok(byte)
    }

    fn varint(&mut self) -> Result<u64> {
        let mut value = 0;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            value |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Ok(value);
            }
        }
        Err(Fault::Bad)
    }

    fn zigzag(&mut self) -> Result<i64> {
        let value = self.varint()?;
        Ok((value >> 1) as i64 ^ -((value & 1) as i64))
    }

    /// A number that must not be negative, of 32 bits.
    fn size(&mut self) -> Result<u64> {
        let value = self.zigzag()?;
        u64::try_from(value).ok().filter(|v| *v <= i32::MAX as u64).ok_or(Fault::Bad)
    }

    /// The type of the next field, whose id goes to `id`; none at the end of the structure.
    fn field(&mut self, id: &mut i16) -> Result<Option<u8>> {
        let byte = self.byte()?;
        if byte & 0x0f == 0 {
            return if byte == 0 { Ok(None) } else { Err(Fault::Bad) };
        }
        *id = match byte >> 4 {
            0 => i16::try_from(self.zigzag()?).map_err(|_| Fault::Bad)?,
            delta => id.checked_add(i16::from(delta)).ok_or(Fault::Bad)?,
        };
        Ok(Some(byte & 0x0f))
    }

    /// The length of a list and the type of its elements.
    fn list(&mut self) -> Result<(u64, u8)> {
        let byte = self.byte()?;
        let length = match byte >> 4 {
            15 => self.varint()?,
            short => u64::from(short),
        };
        // An element takes a byte at least, so no loop below outlasts the bytes.
        if length > (self.bytes.len() - self.at) as u64 {
            return Err(Fault::Short);
        }
        Ok((length, byte & 0x0f))
    }

    fn pass(&mut self, bytes: u64) -> Result<()> {
        if bytes > (self.bytes.len() - self.at) as u64 {
            return Err(Fault::Short);
        }
        self.at += bytes as usize;
        Ok(())
    }

    /// Passes over the value of a field.
    fn skip(&mut self, of: u8, depth: u8) -> Result<()> {
        if depth == 0 {
            return Err(Fault::Bad);
        }
        match of {
            Walk::TRUE | Walk::FALSE => Ok(()),
            3 => self.pass(1),
            4..=6 => self.varint().map(|_| ()),
            7 => self.pass(8),
            8 => {
                let length = self.varint()?;
                self.pass(length)
            }
            Walk::LIST | 10 => {
                let (length, of) = self.list()?;
                // In a list a truth value is a byte.
                let of = if matches!(of, Walk::TRUE | Walk::FALSE) { 3 } else { of };
                (0..length).try_for_each(|_| self.skip(of, depth - 1))
            }
            Walk::STRUCT => {
                let mut id = 0;
                while let Some(of) = self.field(&mut id)? {
                    self.skip(of, depth - 1)?;
                }
                Ok(())
            }
            // No structure of Parquet holds a map.
            _ => Err(Fault::Bad),
        }
    }

    /// Walks a schema, which lists its elements depth first, each with the number of its children; how deep it goes.
    fn schema(&mut self, depth_max: usize) -> Result<usize> {
        let (length, of) = self.list()?;
        if of != Walk::STRUCT {
            return Err(Fault::Bad);
        }
        let mut deepest = 0;
        let mut open: Vec<u64> = Vec::new();
        for _ in 0..length {
            let (mut id, mut children) = (0, 0);
            while let Some(of) = self.field(&mut id)? {
                match (id, of) {
                    (5, Walk::I32) => children = self.size()?,
                    _ => self.skip(of, DEPTH_MAX)?,
                }
            }
            if let Some(left) = open.last_mut() {
                *left -= 1;
            }
            open.push(children);
            deepest = deepest.max(open.len());
            while open.last() == Some(&0) {
                open.pop();
            }
            if deepest > depth_max {
                break;
            }
        }
        Ok(deepest)
    }
}

/// A run of numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Run {
    /// How many there are.
    pub count: u64,
    /// Bytes of the run.
    pub bytes: usize,
    /// Their sum, if it was asked for; a negative number counts as one beyond 31 bits.
    pub sum: u64,
}

/// Reads a run of at most `count_max` numbers of 32 bits in DELTA_BINARY_PACKED
/// (<https://github.com/apache/parquet-format/blob/master/Encodings.md>).
pub fn delta(bytes: &[u8], count_max: u64, sum: bool) -> Result<Run> {
    let mut walk = Walk { bytes, at: 0 };
    let (block, minis, count) = (walk.varint()?, walk.varint()?, walk.varint()?);
    // Numbers wrap at 32 bits, as the library's do.
    let mut value = walk.zigzag()? as u32;
    if minis == 0 || block % minis != 0 || block / minis > u64::from(u32::MAX) || count > count_max {
        return Err(Fault::Bad);
    }
    let mut total = if sum && count > 0 { u64::from(value) } else { 0 };
    let per_mini = block / minis;
    let mut left = count.saturating_sub(1);
    while left > 0 && per_mini > 0 {
        let least = walk.zigzag()? as u32;
        let widths = walk.at;
        walk.pass(minis)?;
        for mini in 0..minis as usize {
            if left == 0 {
                break;
            }
            let (width, from) = (u64::from(bytes[widths + mini]), walk.at);
            walk.pass(width * per_mini / 8)?;
            let numbers = left.min(per_mini);
            if sum {
                for i in 0..numbers {
                    value = value.wrapping_add(least).wrapping_add(packed(&bytes[from..walk.at], i * width, width));
                    total = total.saturating_add(u64::from(value));
                }
            }
            left -= numbers;
        }
    }
    Ok(Run { count, bytes: walk.at, sum: total })
}

/// The low 32 bits of the number of `width` bits that begins at a bit.
fn packed(bytes: &[u8], bit: u64, width: u64) -> u32 {
    let from = (bit / 8) as usize;
    let mut word = [0; 8];
    let held = bytes.get(from..).unwrap_or_default();
    let held = &held[..held.len().min(5)];
    word[..held.len()].copy_from_slice(held);
    let number = (u64::from_le_bytes(word) >> (bit % 8)) as u32;
    if width < 32 { number & ((1 << width) - 1) } else { number }
}
