//! Digits of a candidate, without its separators, in a buffer of fixed size.

/// At most `N` digits.
pub(super) struct Digits<const N: usize> {
    buffer: [u8; N],
    len: usize,
}

impl<const N: usize> Digits<N> {
    /// The digits of `bytes`, as numbers 0 to 9, skipping any byte of `separators`. `None` when another byte stands there
    /// or when there are more than `N` digits.
    pub(super) fn of(bytes: &[u8], separators: &[u8]) -> Option<Self> {
        let mut digits = Digits { buffer: [0; N], len: 0 };
        for &byte in bytes {
            if byte.is_ascii_digit() {
                *digits.buffer.get_mut(digits.len)? = byte - b'0';
                digits.len += 1;
            } else if !separators.contains(&byte) {
                return None;
            }
        }
        Some(digits)
    }

    /// The digits.
    pub(super) fn as_slice(&self) -> &[u8] {
        &self.buffer[..self.len]
    }
}

/// The number that digits spell. The caller keeps them to eighteen, which fit.
pub(super) fn number(digits: &[u8]) -> u64 {
    digits.iter().fold(0, |n, &d| n.wrapping_mul(10).wrapping_add(u64::from(d)))
}

/// Whether all digits are the same one.
pub(super) fn repeated(digits: &[u8]) -> bool {
    digits.windows(2).all(|pair| pair[0] == pair[1])
}

/// Whether the digits count up or down by one from the first to the last, 0 following 9: `1234567890`.
pub(super) fn counting(digits: &[u8]) -> bool {
    let up = digits.windows(2).all(|pair| (pair[0] + 1) % 10 == pair[1]);
    let down = digits.windows(2).all(|pair| pair[0] == (pair[1] + 1) % 10);
    digits.len() > 2 && (up || down)
}

/// Bytes without ASCII blanks at either end.
pub(super) fn trim(bytes: &[u8]) -> &[u8] {
    bytes.trim_ascii()
}
