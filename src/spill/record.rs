//! Records as bytes: integers go in big-endian, so that the order of the bytes is the order of the numbers.

/// Fills a record from its front.
pub struct Put<const N: usize> {
    bytes: [u8; N],
    at: usize,
}

impl<const N: usize> Default for Put<N> {
    fn default() -> Self {
        Put { bytes: [0; N], at: 0 }
    }
}

impl<const N: usize> Put<N> {
    /// Appends bytes as they are.
    pub fn bytes(mut self, bytes: &[u8]) -> Self {
        self.bytes[self.at..self.at + bytes.len()].copy_from_slice(bytes);
        self.at += bytes.len();
        self
    }

    /// Appends a byte.
    pub fn u8(self, value: u8) -> Self {
        self.bytes(&[value])
    }

    /// Appends two bytes, big-endian.
    pub fn u16(self, value: u16) -> Self {
        self.bytes(&value.to_be_bytes())
    }

    /// Appends four bytes, big-endian.
    pub fn u32(self, value: u32) -> Self {
        self.bytes(&value.to_be_bytes())
    }

    /// Appends eight bytes, big-endian.
    pub fn u64(self, value: u64) -> Self {
        self.bytes(&value.to_be_bytes())
    }

    /// Appends numbers of eight bytes each. A loop over the methods above would move the record for each of them.
    pub fn u64s(mut self, values: &[u64]) -> Self {
        let end = self.at + 8 * values.len();
        let places = self.bytes[self.at..end].as_chunks_mut::<8>().0;
        places.iter_mut().zip(values).for_each(|(place, value)| *place = value.to_be_bytes());
        self.at = end;
        self
    }

    /// The record; what was not filled is zero.
    pub fn done(self) -> [u8; N] {
        self.bytes
    }
}

/// Reads a record from its front, in the order in which [`Put`] filled it.
pub struct Take<'a>(&'a [u8]);

impl<'a> Take<'a> {
    /// A reader of a record, or of what follows its first bytes.
    pub fn new(record: &'a [u8]) -> Self {
        Take(record)
    }

    /// The next bytes as they are.
    pub fn bytes<const K: usize>(&mut self) -> [u8; K] {
        let (head, rest) = self.0.split_at(K);
        self.0 = rest;
        let mut bytes = [0; K];
        bytes.copy_from_slice(head);
        bytes
    }

    /// All that is left.
    pub fn rest(&self) -> &'a [u8] {
        self.0
    }

    /// Goes past bytes.
    pub fn skip(&mut self, bytes: usize) {
        self.0 = &self.0[bytes..];
    }

    /// The next byte.
    pub fn u8(&mut self) -> u8 {
        self.bytes::<1>()[0]
    }

    /// The next two bytes.
    pub fn u16(&mut self) -> u16 {
        u16::from_be_bytes(self.bytes())
    }

    /// The next four bytes.
    pub fn u32(&mut self) -> u32 {
        u32::from_be_bytes(self.bytes())
    }

    /// The next eight bytes.
    pub fn u64(&mut self) -> u64 {
        u64::from_be_bytes(self.bytes())
    }
}
