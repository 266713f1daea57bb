//! The address lists of mail headers: `"Doe, Jane" <jane@a.example>, bob@b.example (Bob)`.

/// Calls `each` with the display name (or an empty slice) and the address of every entry that has an `@`.
pub(super) fn addresses<'a>(list: &'a [u8], mut each: impl FnMut(&'a [u8], &'a [u8])) {
    let (mut start, mut quoted, mut angle) = (0, false, false);
    for i in 0..=list.len() {
        match list.get(i) {
            Some(b'"') => quoted = !quoted,
            Some(b'<') if !quoted => angle = true,
            Some(b'>') if !quoted => angle = false,
            Some(b',' | b';') if quoted || angle => {}
            Some(b',' | b';') | None => {
                entry(&list[start..i], &mut each);
                start = i + 1;
            }
            _ => {}
        }
    }
}

fn entry<'a>(entry: &'a [u8], each: &mut impl FnMut(&'a [u8], &'a [u8])) {
    let entry = entry.trim_ascii();
    let (name, address) = match memchr::memrchr(b'<', entry) {
        Some(open) => {
            let close = memchr::memchr(b'>', &entry[open..]).map_or(entry.len(), |n| open + n);
            (&entry[..open], &entry[open + 1..close])
        }
        None => (&entry[..0], entry.split(|b| *b == b' ').next().unwrap_or_default()),
    };
    if memchr::memchr(b'@', address).is_some() {
        let name = name.trim_ascii();
        let name = name.strip_prefix(b"\"").and_then(|n| n.strip_suffix(b"\"")).unwrap_or(name);
        each(name.trim_ascii(), address.trim_ascii());
    }
}
