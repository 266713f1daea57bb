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

/// The digits of `bytes` without blanks at their ends, when they are exactly `N`; see [`Digits::of`].
pub(super) fn exactly<const N: usize>(bytes: &[u8], separators: &[u8]) -> Option<[u8; N]> {
    Digits::<N>::of(trim(bytes), separators).filter(|digits| digits.len == N).map(|digits| digits.buffer)
}

/// The letters and digits of `bytes` in upper case, without blanks at their ends and skipping any byte of `separators`,
/// when they are exactly `N`. `None` when another byte stands there.
pub(super) fn characters<const N: usize>(bytes: &[u8], separators: &[u8]) -> Option<[u8; N]> {
    let mut buffer = [0; N];
    let mut len = 0;
    for &byte in trim(bytes) {
        if byte.is_ascii_alphanumeric() {
            *buffer.get_mut(len)? = byte.to_ascii_uppercase();
            len += 1;
        } else if !separators.contains(&byte) {
            return None;
        }
    }
    (len == N).then_some(buffer)
}

/// The values of ASCII digits; `None` when another byte stands there.
pub(super) fn values<const N: usize>(characters: &[u8]) -> Option<[u8; N]> {
    exactly(characters, b"").filter(|_| characters.len() == N)
}

/// The number that the two digits at `at` spell.
pub(super) fn pair(digits: &[u8], at: usize) -> u32 {
    u32::from(digits[at]) * 10 + u32::from(digits[at + 1])
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
