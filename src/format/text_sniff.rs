//! What kind of text this is: a log, mail, prose, or lines that each stand alone.
//!
//! It decides how far a record reaches. Taking lines for paragraphs would put many people into one record, taking
//! paragraphs for lines would tear one person apart; where nothing speaks for prose, a line is a record.

/// Lines looked at.
const LINES_MAX: usize = 400;

fn lines(head: &[u8], whole: bool) -> impl Iterator<Item = &[u8]> {
    let end = if whole { head.len() } else { memchr::memrchr(b'\n', head).map_or(head.len(), |n| n + 1) };
    head[..end].split(|b| *b == b'\n').map(|l| l.trim_ascii_end()).take(LINES_MAX)
}

/// Whether most lines carry a time, a level, a network address or `key=value` pairs near their start.
pub fn is_log(head: &[u8], whole: bool) -> bool {
    let (mut all, mut logged) = (0, 0);
    for line in lines(head, whole).filter(|l| !l.is_empty()) {
        // Stack traces go on with indented lines; they neither speak for a log nor against it.
        if line[0].is_ascii_whitespace() {
            continue;
        }
        all += 1;
        logged += usize::from(is_log_line(line));
    }
    all > 0 && logged * 10 >= all * 6
}

fn is_log_line(line: &[u8]) -> bool {
    // A time that stands after a tab is a column of a dump, not the time of a log line.
    let start = &line[..memchr::memchr(b'\t', line).unwrap_or(line.len()).min(48)];
    if start.is_empty() {
        return false;
    }
    let dated = start.windows(10).any(|w| {
        let date = |s: u8| w[4] == s && w[7] == s && digits(&w[..4]) && digits(&w[5..7]) && digits(&w[8..10]);
        date(b'-') || date(b'/')
    });
    let timed = start
        .windows(8)
        .any(|w| w[2] == b':' && w[5] == b':' && digits(&w[..2]) && digits(&w[3..5]) && digits(&w[6..8]));
    let first = start.split(|b| *b == b' ').next().unwrap_or(start);
    let address = first.len() >= 7 && first.iter().filter(|b| **b == b'.').count() == 3 && digits(&first[..1]) && {
        first.iter().all(|b| b.is_ascii_digit() || matches!(b, b'.' | b':'))
    };
    let level = [b"ERROR".as_slice(), b"WARN", b"INFO", b"DEBUG", b"TRACE", b"FATAL", b"NOTICE"]
        .iter()
        .any(|l| start.windows(l.len()).any(|w| w == *l));
    let pairs = line
        .split(|b| *b == b' ')
        .filter(|word| memchr::memchr(b'=', word).is_some_and(|at| at > 0 && word[..at].iter().all(is_name_byte)))
        .count();
    (timed && (dated || start[0] != b'-')) || (dated && level) || address || (level && line[0] != b'#') || pairs >= 2
}

fn is_name_byte(b: &u8) -> bool {
    b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.' | b'-')
}

fn digits(bytes: &[u8]) -> bool {
    bytes.iter().all(u8::is_ascii_digit)
}

/// Whether the text is running prose or short blocks of `Label: value` lines set apart by blank lines.
pub fn is_prose(head: &[u8], whole: bool) -> bool {
    let (mut all, mut prosy, mut labelled, mut blanks) = (0, 0, 0, 0);
    for line in lines(head, whole) {
        if line.trim_ascii().is_empty() {
            blanks += 1;
            continue;
        }
        all += 1;
        let words = line.split(|b| *b == b' ').filter(|w| !w.is_empty()).count();
        let plain =
            line.iter().filter(|b| b.is_ascii_alphabetic() || matches!(b, b' ' | b',' | b'.' | b'\'') || **b > 127);
        prosy += usize::from(words >= 5 && plain.count() * 100 >= line.len() * 85 && !line.contains(&b'\t'));
        labelled += usize::from(is_labelled(line));
    }
    all > 0
        && (prosy * 10 >= all * 5 || (labelled * 10 >= all * 5 && blanks * 20 >= all) || (labelled == all && all <= 20))
}

fn is_labelled(line: &[u8]) -> bool {
    memchr::memchr(b':', line).is_some_and(|at| {
        (1..=32).contains(&at)
            && line[0].is_ascii_alphabetic()
            && line[..at]
                .iter()
                .all(|b| b.is_ascii_alphanumeric() || matches!(b, b' ' | b'-' | b'_' | b'/' | b'#' | b'.'))
            && line.get(at + 1).is_none_or(|b| *b == b' ' || *b == b'\t')
    })
}
