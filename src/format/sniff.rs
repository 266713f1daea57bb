//! What a stream is, by its first bytes and never by its name.

use super::kind::Kind;
use super::{csv_sniff, json_sniff, mail, text_sniff};

/// First bytes that are looked at.
pub const HEAD_BYTES: usize = 64 << 10;

/// Signatures at the start of files that are not read. Those made of printable letters count only where bytes follow
/// that no text has.
#[rustfmt::skip]
const MAGICS: &[(&[u8], &str)] = &[
    (b"PK\x03\x04", "zip"), (b"PK\x05\x06", "zip"), (b"%PDF-", "pdf"), (b"\x89PNG\r\n", "png"), (b"\xff\xd8\xff", "jpeg"),
    (b"GIF87a", "gif"), (b"GIF89a", "gif"), (b"SQLite format 3\0", "sqlite"), (b"\x7fELF", "elf"),
    (b"MZ", "windows executable"), (b"Obj\x01", "avro"), (b"ORC", "orc"), (b"BZh", "bzip2"), (b"\xfd7zXZ\0", "xz"),
    (b"\x28\xb5\x2f\xfd", "zstandard"), (b"7z\xbc\xaf\x27\x1c", "7-zip"), (b"Rar!\x1a\x07", "rar"),
    (b"\x04\x22\x4d\x18", "lz4"), (b"RIFF", "riff media"), (b"OggS", "ogg"), (b"ID3", "mp3"), (b"\0asm", "webassembly"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "ole document"), (b"\xca\xfe\xba\xbe", "java class or mach-o"),
    (b"\xcf\xfa\xed\xfe", "mach-o"), (b"\x89HDF\r\n", "hdf5"), (b"ARROW1\0", "arrow"), (b"\x1f\x9d", "compress"),
    (b"\0\0\x01\0", "icon"), (b"II*\0", "tiff"), (b"MM\0*", "tiff"), (b"fLaC", "flac"), (b"wOF2", "font"), (b"!<arch>\n", "ar"),
    (b"\xff\xfe\0\0", "utf-32 text"), (b"\0\0\xfe\xff", "utf-32 text"),
];

/// The kind of a stream whose first bytes are `head`; `whole` says that no more follow.
pub fn sniff(head: &[u8], whole: bool) -> Kind {
    if head.is_empty() {
        return Kind::Empty;
    }
    if head.starts_with(b"\x1f\x8b") && (head.len() < 3 || head[2] == 8) {
        return Kind::Gzip;
    }
    let binary = is_binary(head);
    // The second is a file whose footer is encrypted. Pages of text may make the rest look like text; what follows the mark
    // is the head of a page, which begins with a control character.
    let page = head.get(4).is_some_and(|b| *b < b' ' && !b.is_ascii_whitespace());
    if (head.starts_with(b"PAR1") || head.starts_with(b"PARE")) && (binary || page) {
        return Kind::Parquet;
    }
    if let Some(name) = magic(head) {
        return Kind::Unsupported(name);
    }
    if head.get(257..262) == Some(b"ustar") {
        return Kind::Unsupported("tar");
    }
    if let Some(big_endian) = utf16(head) {
        return Kind::Utf16 { big_endian };
    }
    if head.get(4..8) == Some(b"ftyp") && binary {
        return Kind::Unsupported("mp4");
    }
    if binary {
        return Kind::Unsupported("binary data");
    }
    text(head, whole)
}

/// The kind of file that is not read whose signature stands at the front.
pub fn magic(head: &[u8]) -> Option<&'static str> {
    let telling = |magic: &[u8]| magic.len() > 4 || magic.iter().any(|b| !(b' '..=b'~').contains(b));
    let found = MAGICS.iter().find(|(magic, _)| head.starts_with(magic) && (telling(magic) || is_binary(head)));
    found.map(|(_, name)| *name)
}

fn text(head: &[u8], whole: bool) -> Kind {
    if let Some(kind) = json_sniff::detect(head, whole) {
        return kind;
    }
    if let Some(kind) = mail::detect(head) {
        return kind;
    }
    if let Some(dialect) = csv_sniff::detect(head, whole) {
        return Kind::Table(dialect);
    }
    if text_sniff::is_log(head, whole) {
        Kind::Log
    } else if text_sniff::is_prose(head, whole) {
        Kind::Prose
    } else {
        Kind::Lines
    }
}

/// Whether these are no text: more than one byte in 32 is a control character. A few NULs, as a crash leaves in a log,
/// do not make a file unreadable.
pub fn is_binary(head: &[u8]) -> bool {
    let strange = head.iter().filter(|b| **b < b' ' && !matches!(**b, 1 | 7..=13 | 27)).count();
    strange * 32 > head.len()
}

/// Whether this is UTF-16, and its byte order. Without a mark, text shows by zeros in every second place.
fn utf16(head: &[u8]) -> Option<bool> {
    match head {
        [0xff, 0xfe, ..] => return Some(false),
        [0xfe, 0xff, ..] => return Some(true),
        _ => {}
    }
    let zeros = |from: usize| head.iter().skip(from).step_by(2).filter(|b| **b == 0).count();
    let (high_first, low_first, pairs) = (zeros(0), zeros(1), head.len() / 2);
    if pairs < 4 {
        None
    } else if low_first * 10 >= pairs * 8 && high_first * 20 < pairs {
        Some(false)
    } else if high_first * 10 >= pairs * 8 && low_first * 20 < pairs {
        Some(true)
    } else {
        None
    }
}
