//! The truth files: gzip or plain CSV, read a line at a time.

use crate::model::element::Element;
use crate::model::mention::Role;
use flate2::read::MultiGzDecoder;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;

/// A line of `truth.csv.gz`, without its value, which no score needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TruthLine {
    /// Who the value is of; empty where nobody is known.
    pub consumer: String,
    /// The role of that person in the record.
    pub role: Role,
    /// What it is.
    pub element: Element,
    /// It may be found or left without blame.
    pub optional: bool,
    /// The file, below the corpus.
    pub file: String,
    /// The row; see `Layout`.
    pub row: u64,
    /// The field's path.
    pub field: String,
}

/// A line of `links.csv.gz`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LinkLine {
    /// Who is in the record.
    pub consumer: String,
    /// In which role.
    pub role: Role,
    /// The file, below the corpus.
    pub file: String,
    /// The row; see `Layout`.
    pub row: u64,
}

/// Opens a file, through gzip if its name says so.
pub(super) fn open(path: &Path) -> io::Result<Box<dyn BufRead>> {
    let file = File::open(path).map_err(|e| io::Error::new(e.kind(), format!("{}: {e}", path.display())))?;
    let plain: Box<dyn Read> = match path.extension() {
        Some(ending) if ending == "gz" => Box::new(MultiGzDecoder::new(BufReader::with_capacity(256 << 10, file))),
        _ => Box::new(file),
    };
    Ok(Box::new(BufReader::with_capacity(256 << 10, plain)))
}

/// The lines of a `truth.csv.gz`, in order.
///
/// # Errors
/// A file that cannot be read; in the iterator, a line that is not of the form, by its number.
pub fn truth(path: &Path) -> io::Result<impl Iterator<Item = io::Result<TruthLine>> + use<>> {
    let mut lines = Lines::open(path, "consumer,role,element,file,row,field,value")?;
    Ok(std::iter::from_fn(move || {
        lines.next(|cells| {
            let [consumer, role, element, file, row, field, _value] = cells else { return None };
            let code = element.strip_prefix('?').unwrap_or(element);
            Some(TruthLine {
                consumer: consumer.clone(),
                role: Role::from_code(role)?,
                element: Element::from_code(code)?,
                optional: code.len() < element.len(),
                file: file.clone(),
                row: row.parse().ok()?,
                field: field.clone(),
            })
        })
    }))
}

/// The lines of a `links.csv.gz`, in order.
///
/// # Errors
/// As for [`truth`].
pub fn links(path: &Path) -> io::Result<impl Iterator<Item = io::Result<LinkLine>> + use<>> {
    let mut lines = Lines::open(path, "consumer,role,file,row")?;
    Ok(std::iter::from_fn(move || {
        lines.next(|cells| {
            let [consumer, role, file, row] = cells else { return None };
            let role = Role::from_code(role)?;
            Some(LinkLine { consumer: consumer.clone(), role, file: file.clone(), row: row.parse().ok()? })
        })
    }))
}

/// Records of CSV (RFC 4180).
struct Lines {
    input: Box<dyn BufRead>,
    name: String,
    number: u64,
    raw: Vec<u8>,
    cells: Vec<String>,
}

impl Lines {
    fn open(path: &Path, header: &str) -> io::Result<Lines> {
        let mut lines = Lines {
            input: open(path)?,
            name: path.display().to_string(),
            number: 0,
            raw: Vec::new(),
            cells: Vec::new(),
        };
        if !lines.read()? || lines.cells.join(",") != header {
            return Err(lines.fault(&format!("the header is not `{header}`")));
        }
        Ok(lines)
    }

    fn fault(&self, what: &str) -> io::Error {
        io::Error::new(io::ErrorKind::InvalidData, format!("{}, line {}: {what}", self.name, self.number))
    }

    fn next<T>(&mut self, line: impl FnOnce(&[String]) -> Option<T>) -> Option<io::Result<T>> {
        match self.read() {
            Ok(false) => None,
            Ok(true) => Some(line(&self.cells).ok_or_else(|| self.fault("not a line of the truth"))),
            Err(error) => Some(Err(error)),
        }
    }

    /// Reads a record into `cells`; false at the end of the file.
    fn read(&mut self) -> io::Result<bool> {
        self.raw.clear();
        // A record ends at a line end outside quotes, and inside quotes their number is odd.
        loop {
            self.number += 1;
            let read = self.input.read_until(b'\n', &mut self.raw)?;
            let quotes = memchr::memchr_iter(b'"', &self.raw).count();
            if read == 0 && quotes % 2 == 1 {
                return Err(self.fault("a quote is not closed"));
            }
            if read == 0 && self.raw.is_empty() {
                return Ok(false);
            }
            if quotes.is_multiple_of(2) {
                break;
            }
        }
        let line = std::str::from_utf8(&self.raw).map_err(|_| self.fault("not UTF-8"))?;
        let line = line.strip_suffix('\n').unwrap_or(line);
        let line = line.strip_suffix('\r').unwrap_or(line);
        let mut used = 0;
        let mut rest = Some(line);
        while let Some(text) = rest {
            if used == self.cells.len() {
                self.cells.push(String::new());
            }
            rest = cell(text, &mut self.cells[used]);
            used += 1;
        }
        self.cells.truncate(used);
        Ok(true)
    }
}

/// Takes the first cell of a record, and returns what follows its comma, if there is one.
fn cell<'a>(text: &'a str, out: &mut String) -> Option<&'a str> {
    out.clear();
    let Some(mut quoted) = text.strip_prefix('"') else {
        let (cell, rest) = text.split_once(',').map_or((text, None), |(cell, rest)| (cell, Some(rest)));
        out.push_str(cell);
        return rest;
    };
    while let Some((part, rest)) = quoted.split_once('"') {
        out.push_str(part);
        match rest.strip_prefix('"') {
            Some(more) => {
                out.push('"');
                quoted = more;
            }
            None => return rest.strip_prefix(','),
        }
    }
    None
}
