//! Whether text is a table, and of which dialect.
//!
//! Each delimiter in turn splits the first bytes into rows, and the one whose rows agree best on their width wins. Then
//! come the doubts: prose has commas too, and so have programs, SQL dumps and logs. Whether the first row is a header is
//! decided by what it looks like and how it differs from the rows below it.

use super::csv_split::{Row, Splitter};
use super::feed::is_value;
use super::text_sniff;
use crate::model::block::Cell;
use crate::model::field::words_of;
use memchr::memchr;

/// How a table is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dialect {
    /// What stands between cells.
    pub delimiter: u8,
    /// The first row names the columns.
    pub header: bool,
    /// Comments and blank lines before the table.
    pub preamble_lines: usize,
}

impl Dialect {
    /// In words, for the inventory.
    pub fn describe(&self) -> String {
        let delimiter = match self.delimiter {
            b',' => "comma",
            b'\t' => "tab",
            b';' => "semicolon",
            b'|' => "pipe",
            b'^' => "caret",
            _ => "control-a",
        };
        format!("{delimiter}, {}", if self.header { "header" } else { "no header" })
    }
}

const DELIMITERS: [u8; 6] = [b',', b'\t', b';', b'|', b'^', 1];
const ROWS_MAX: usize = 1000;
const PREAMBLE_LINES_MAX: usize = 50;

/// Words that head columns and seldom stand in them.
#[rustfmt::skip]
const HEADER_WORDS: &[&str] = &[
    "account", "address", "address1", "address2", "age", "amount", "birth", "birthdate", "birthday", "card", "cc", "cell",
    "city", "code", "comment", "company", "country", "county", "created", "currency", "customer", "cvv", "date", "day",
    "description", "dob", "email", "employee", "event", "expiry", "fax", "fname", "first", "firstname", "gender", "hash",
    "iban", "id", "ip", "key", "last", "lastname", "lat", "license", "lname", "lon", "member", "message", "mobile", "name",
    "note", "notes", "number", "order", "passport", "password", "patient", "payment", "phone", "postal", "postcode",
    "price", "product", "qty", "quantity", "region", "role", "salary", "sex", "sku", "ssn", "start", "state", "status",
    "stop", "street", "surname", "tax", "telephone", "time", "timestamp", "title", "total", "type", "updated", "url",
    "user", "username", "uuid", "value", "zip", "zipcode",
];

/// The rows of the sample as one delimiter cuts them.
struct Cutting {
    bytes: Vec<u8>,
    /// First cell, one past the last, and the columns of each row.
    rows: Vec<(usize, usize, u32)>,
    cells: Vec<Cell>,
    columns: u32,
    share: f64,
}

impl Cutting {
    fn new(body: &[u8], delimiter: u8, whole: bool) -> Cutting {
        let mut bytes = body.to_vec();
        let mut splitter = Splitter::new(delimiter);
        let (mut cells, mut rows) = (Vec::new(), Vec::new());
        let mut at = 0;
        while at < bytes.len() && rows.len() < ROWS_MAX {
            let first = cells.len();
            match splitter.row(&mut bytes, at, whole, whole, 0, &mut cells) {
                Row::Incomplete => break,
                Row::Blank(end) => at = end,
                Row::Cells { columns, end, .. } => {
                    rows.push((first, cells.len(), columns));
                    at = end;
                }
            }
        }
        let mut widths: Vec<u32> = rows.iter().map(|r| r.2).collect();
        widths.sort_unstable();
        let runs = widths.chunk_by(|a, b| a == b);
        let (columns, count) = runs.map(|run| (run[0], run.len())).max_by_key(|r| (r.1, r.0)).unwrap_or((0, 0));
        let share = count as f64 / rows.len().max(1) as f64;
        Cutting { bytes, rows, cells, columns, share }
    }

    fn row(&self, i: usize) -> impl Iterator<Item = (u32, &[u8])> {
        let (first, last, _) = self.rows[i];
        self.cells[first..last].iter().map(|c| (c.field, &self.bytes[c.start as usize..c.end as usize]))
    }

    fn score(&self) -> f64 {
        let first_agrees = self.rows.first().is_some_and(|r| r.2 == self.columns);
        self.share * self.share * f64::from(self.columns.min(16)).sqrt() * if first_agrees { 1.5 } else { 1.0 }
    }
}

/// The dialect, if this is the start of a table.
pub fn detect(head: &[u8], whole: bool) -> Option<Dialect> {
    let (preamble_lines, body, said) = preamble(head);
    let mut best: Option<(u8, Cutting)> = None;
    for delimiter in DELIMITERS {
        if memchr(delimiter, body).is_none() || said.is_some_and(|s| s != delimiter) {
            continue;
        }
        let cutting = Cutting::new(body, delimiter, whole);
        if cutting.columns >= 2 && best.as_ref().is_none_or(|(_, b)| cutting.score() > b.score()) {
            best = Some((delimiter, cutting));
        }
    }
    let Some((delimiter, cutting)) = best else { return single_column(body, whole, preamble_lines) };
    let header = has_header(&cutting);
    believable(delimiter, &cutting, header, body).then_some(Dialect { delimiter, header, preamble_lines })
}

/// Comments and blank lines at the top, what follows them, and the delimiter that a `sep=` line declares.
fn preamble(head: &[u8]) -> (usize, &[u8], Option<u8>) {
    let (mut lines, mut at, mut said) = (0, 0, None);
    while lines < PREAMBLE_LINES_MAX {
        let Some(end) = memchr(b'\n', &head[at..]).map(|n| at + n + 1) else { break };
        let line = head[at..end].trim_ascii();
        if let [b's', b'e', b'p', b'=', delimiter] = line {
            said = Some(*delimiter);
        } else if !line.is_empty() && (line[0] != b'#' || heads_columns(line)) {
            break;
        }
        lines += 1;
        at = end;
    }
    (lines, &head[at..], said)
}

/// A header may begin with a hash sign of its own: `#id,name`.
fn heads_columns(line: &[u8]) -> bool {
    line.get(1).is_some_and(u8::is_ascii_alphanumeric) && line.iter().filter(|b| DELIMITERS.contains(b)).count() >= 1
}

fn words(cell: &[u8]) -> usize {
    cell.split(|b| *b == b' ').filter(|w| !w.is_empty()).count()
}

fn believable(delimiter: u8, cutting: &Cutting, header: bool, body: &[u8]) -> bool {
    let rows = cutting.rows.len();
    let columns = cutting.columns;
    let starts_like_code = |row: usize| {
        cutting.row(row).next().is_some_and(|(_, cell)| {
            let upper = cell.get(..6).unwrap_or(cell).to_ascii_uppercase();
            matches!(cell[0], b'(' | b'{' | b'[' | b'<' | b'}' | b')')
                || [b"INSERT".as_slice(), b"COPY ", b"--", b"/*", b"CREATE", b"VALUES"]
                    .iter()
                    .any(|w| upper.starts_with(w))
        })
    };
    if (0..rows).filter(|r| starts_like_code(*r)).count() * 10 > rows * 3 {
        return false;
    }
    // Statements that end with their delimiter: programs.
    let last_empty = (0..rows).filter(|r| cutting.row(*r).last().is_none_or(|(c, _)| c + 1 < columns)).count();
    if columns == 2 && last_empty * 10 > rows * 8 && !header {
        return false;
    }
    if !(columns > 3 || header) && text_sniff::is_log(body, true) {
        return false;
    }
    let needed = if header || columns >= 4 { 0.8 } else { 0.9 };
    if cutting.share < needed && !(header && columns >= 3 && cutting.share >= 0.5) {
        return false;
    }
    let mean_words =
        cutting.cells.iter().map(|c| words(&cutting.bytes[c.start as usize..c.end as usize])).sum::<usize>() as f64
            / cutting.cells.len().max(1) as f64;
    if header {
        return rows > 1 || cutting.row(0).all(|(_, name)| words(name) <= 3);
    }
    if matches!(delimiter, b',' | b';') && comma_spaces(delimiter, body) && mean_words > 1.5 {
        return false;
    }
    match delimiter {
        b'\t' => mean_words <= 8.0,
        b'^' | 1 => columns >= 3,
        _ if columns == 2 => rows >= 3 && cutting.share >= 0.95 && mean_words <= 4.0,
        _ => mean_words <= 6.0 && (rows >= 2 || mean_words <= 3.0),
    }
}

/// Whether the delimiter is followed by a space nearly everywhere, as in prose.
fn comma_spaces(delimiter: u8, body: &[u8]) -> bool {
    let (mut all, mut spaced) = (0, 0);
    for at in memchr::memchr_iter(delimiter, body).take(10_000) {
        all += 1;
        spaced += usize::from(body.get(at + 1) == Some(&b' '));
    }
    spaced * 10 > all * 8
}

/// Whether a cell is more than a word: it has a digit or an at sign.
fn is_datum(cell: &[u8]) -> bool {
    is_value(cell) || cell.iter().any(|b| b.is_ascii_digit())
}

fn known_word(cell: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(cell) else { return false };
    let words = words_of(text);
    words.len() <= 5 && words.iter().any(|w| HEADER_WORDS.contains(&w.as_str()))
}

fn has_header(cutting: &Cutting) -> bool {
    let Some(&(_, _, width)) = cutting.rows.first() else { return false };
    let names: Vec<(u32, &[u8])> = cutting.row(0).collect();
    let values = names.iter().filter(|(_, n)| is_value(n)).count();
    if names.iter().any(|(_, n)| n.contains(&b'@') || words(n) > 7)
        || names.len() * 2 < width as usize
        || values * 3 > names.len()
    {
        return false;
    }
    let mut distinct: Vec<&[u8]> = names.iter().map(|(_, n)| *n).collect();
    distinct.sort_unstable();
    distinct.dedup();
    if distinct.len() * 2 < names.len() {
        return false;
    }
    let known = names.iter().filter(|(_, n)| known_word(n)).count();
    let identifiers = names.iter().filter(|(_, n)| n.contains(&b'_') && !n.contains(&b' ')).count();
    if known * 4 >= names.len() && known > 0 || identifiers * 2 > names.len() {
        return true;
    }
    // A column whose values have digits below a name that has none: only a header differs so.
    let below = cutting.rows.len().min(200);
    let mut filled = vec![(0u32, 0u32); width as usize];
    for row in 1..below {
        for (column, cell) in cutting.row(row) {
            if let Some((all, data)) = filled.get_mut(column as usize) {
                *all += 1;
                *data += u32::from(is_datum(cell));
            }
        }
    }
    names.iter().any(|(column, name)| {
        let (all, data) = filled[*column as usize];
        let absent = [b"na".as_slice(), b"n/a", b"null", b"none", b"-", b"unknown", b"\\n"];
        !is_datum(name) && all > 0 && data * 10 >= all * 9 && !absent.contains(&name.to_ascii_lowercase().as_slice())
    })
}

/// One column is a table only where it says so: a header that is a well-known name, over a list of values.
fn single_column(body: &[u8], whole: bool, preamble_lines: usize) -> Option<Dialect> {
    let mut lines = body.split(|b| *b == b'\n').map(<[u8]>::trim_ascii).collect::<Vec<_>>();
    if !whole {
        lines.pop();
    }
    let mut lines = lines.into_iter().filter(|l| !l.is_empty());
    let name = lines.next()?;
    let values: Vec<&[u8]> = lines.take(ROWS_MAX).collect();
    let plain = |l: &&[u8]| l.len() <= 80 && words(l) <= 4 && !l.contains(&b':') && !l.contains(&b'=');
    let header =
        words(name) <= 3 && !is_datum(name) && known_word(name) && name.iter().all(|b| !b":.!?=<>{}".contains(b));
    let data = values.iter().filter(|v| is_datum(v)).count();
    (header && !values.is_empty() && values.iter().all(plain) && data * 10 >= values.len() * 9).then_some(Dialect {
        delimiter: b',',
        header: true,
        preamble_lines,
    })
}
