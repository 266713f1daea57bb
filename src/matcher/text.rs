//! Text around a place, also where the input has none any more.

/// The text of a window that begins a word before `start`: the input itself, or a copy with line feeds for what the
/// input does not have.
pub fn window_text<'a>(bytes: &'a [u8], start: usize, length: usize, copy: &'a mut Vec<u8>) -> &'a [u8] {
    if let Some(from) = start.checked_sub(64)
        && let Some(text) = bytes.get(from..from + length)
    {
        return text;
    }
    copy.clear();
    let before = 64 - start.min(64);
    copy.resize(before, b'\n');
    let from = start.saturating_sub(64).min(bytes.len());
    let to = bytes.len().min(from + length - before);
    copy.extend_from_slice(&bytes[from..to]);
    copy.resize(length, b'\n');
    copy
}

/// Some bytes from a place on; line feeds for what the input does not have.
#[inline]
pub fn near<const N: usize>(bytes: &[u8], start: u32) -> [u8; N] {
    at(bytes, start).copied().unwrap_or_else(|| {
        let rest = bytes.get(start as usize..).unwrap_or(&[]);
        std::array::from_fn(|i| rest.get(i).copied().unwrap_or(b'\n'))
    })
}

/// Some bytes from a place on, where the input has them all.
#[inline]
pub fn at<const N: usize>(bytes: &[u8], start: u32) -> Option<&[u8; N]> {
    bytes.get(start as usize..)?.first_chunk()
}
