//! Where bytes go: data files in parts, and the two truth files beside them.

use super::spec::{CorpusReport, CorpusSpec, TruthLevel};
use crate::model::element::Element;
use crate::model::mention::Role;
use flate2::{Compression, GzBuilder, write::GzEncoder};
use std::fmt;
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

/// Who a value or a record is about. Its text is the consumer's name in the truth files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Who {
    /// A customer: `p12`.
    Person(u64),
    /// A member of staff: `e3`.
    Employee(u64),
    /// An organisation, which is no person: `o7`.
    Organisation(u64),
    /// Nobody who is known: the visitor behind an address in a log.
    Nobody,
}

impl fmt::Display for Who {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Who::Person(index) => write!(f, "p{index}"),
            Who::Employee(index) => write!(f, "e{index}"),
            Who::Organisation(index) => write!(f, "o{index}"),
            Who::Nobody => Ok(()),
        }
    }
}

/// What the truth says of a value.
#[derive(Clone, Copy, Debug)]
pub(super) struct Mark {
    pub who: Who,
    pub role: Role,
    pub element: Element,
    /// It is right to find it and right to leave it: part of a card number, a shared mailbox, a published test card.
    pub optional: bool,
}

impl Who {
    /// A value of this person's.
    pub(super) fn has(self, role: Role, element: Element) -> Option<Mark> {
        Some(Mark { who: self, role, element, optional: false })
    }

    /// A value that may be found or not.
    pub(super) fn may_have(self, role: Role, element: Element) -> Option<Mark> {
        Some(Mark { who: self, role, element, optional: true })
    }
}

/// An error that names the file.
pub(super) fn at(path: &Path, error: io::Error) -> io::Error {
    io::Error::new(error.kind(), format!("{}: {error}", path.display()))
}

type Gz = GzEncoder<BufWriter<File>>;

/// A gzip writer whose header holds no time, so that the same spec gives the same bytes.
fn gz(path: &Path, level: Compression) -> io::Result<Gz> {
    let file = File::create(path).map_err(|e| at(path, e))?;
    Ok(GzBuilder::new().mtime(0).write(BufWriter::with_capacity(1 << 20, file), level))
}

/// The truth files and the counts.
pub(super) struct Ledger {
    root: PathBuf,
    part_bytes: u64,
    truth: Option<Gz>,
    links: Option<Gz>,
    line: Vec<u8>,
    pub counts: CorpusReport,
}

impl Ledger {
    /// Opens what the spec asks for.
    pub(super) fn create(root: &Path, spec: &CorpusSpec) -> io::Result<Ledger> {
        std::fs::create_dir_all(root).map_err(|e| at(root, e))?;
        let open = |wanted: bool, name: &str, header: &[u8]| -> io::Result<Option<Gz>> {
            let path = root.join(name);
            if !wanted {
                // An earlier corpus in the same folder may have left one that would now be wrong.
                return match std::fs::remove_file(&path) {
                    Err(e) if e.kind() != io::ErrorKind::NotFound => Err(at(&path, e)),
                    _ => Ok(None),
                };
            }
            let mut file = gz(&path, Compression::new(1))?;
            file.write_all(header)?;
            Ok(Some(file))
        };
        Ok(Ledger {
            root: root.to_path_buf(),
            part_bytes: spec.part_bytes.max(1),
            truth: open(
                spec.truth == TruthLevel::Full,
                "truth.csv.gz",
                b"consumer,role,element,file,row,field,value\n",
            )?,
            links: open(spec.truth != TruthLevel::None, "links.csv.gz", b"consumer,role,file,row\n")?,
            line: Vec::new(),
            counts: CorpusReport::default(),
        })
    }

    /// Whether values are wanted, so that callers need not build field paths for nothing.
    pub(super) fn wants_values(&self) -> bool {
        self.truth.is_some()
    }

    /// Says where a value is.
    pub(super) fn value(&mut self, mark: Mark, file: &str, row: u64, field: &str, value: &str) -> io::Result<()> {
        let Some(truth) = &mut self.truth else { return Ok(()) };
        self.line.clear();
        let optional = if mark.optional { "?" } else { "" };
        write!(self.line, "{},{},{optional}{},{file},{row},", mark.who, mark.role.code(), mark.element.code())?;
        quoted(&mut self.line, field);
        self.line.push(b',');
        quoted(&mut self.line, value);
        self.line.push(b'\n');
        truth.write_all(&self.line)?;
        self.counts.values += 1;
        Ok(())
    }

    /// Says who is in a record.
    pub(super) fn link(&mut self, who: Who, role: Role, file: &str, row: u64) -> io::Result<()> {
        let Some(links) = &mut self.links else { return Ok(()) };
        writeln!(links, "{who},{},{file},{row}", role.code())?;
        self.counts.links += 1;
        Ok(())
    }

    /// Closes the truth files.
    pub(super) fn finish(self) -> io::Result<CorpusReport> {
        for file in [self.truth, self.links].into_iter().flatten() {
            file.finish()?.flush()?;
        }
        Ok(self.counts)
    }
}

/// A CSV cell of the truth files: quoted where RFC 4180 asks for it.
fn quoted(out: &mut Vec<u8>, cell: &str) {
    if !cell.bytes().any(|b| matches!(b, b',' | b'"' | b'\n' | b'\r')) {
        out.extend_from_slice(cell.as_bytes());
        return;
    }
    out.push(b'"');
    for byte in cell.bytes() {
        if byte == b'"' {
            out.push(b'"');
        }
        out.push(byte);
    }
    out.push(b'"');
}

enum Sink {
    Plain(BufWriter<File>),
    Gzip(Box<Gz>),
}

/// A data file, or the parts it is split into. In the name, `*` stands for the number of the part; a name without it has
/// one part and stays whole.
pub(super) struct Parts {
    root: PathBuf,
    name: String,
    path: String,
    part: u32,
    bytes: u64,
    part_bytes: u64,
    sink: Sink,
}

impl Parts {
    /// Opens the first part.
    pub(super) fn create(ledger: &mut Ledger, name: &str) -> io::Result<Parts> {
        let path = name.replace('*', "0001");
        let sink = open(&ledger.root, &path)?;
        ledger.counts.files += 1;
        Ok(Parts {
            root: ledger.root.clone(),
            name: name.to_string(),
            path,
            part: 1,
            bytes: 0,
            part_bytes: if name.contains('*') { ledger.part_bytes } else { u64::MAX },
            sink,
        })
    }

    /// The path of the part that is being written, below the corpus.
    pub(super) fn path(&self) -> &str {
        &self.path
    }

    /// Whether the part has its size, so that the next row belongs into a new one.
    pub(super) fn is_full(&self) -> bool {
        self.bytes >= self.part_bytes
    }

    /// Ends the part and opens the next.
    pub(super) fn next(&mut self, ledger: &mut Ledger) -> io::Result<()> {
        self.part += 1;
        self.path = self.name.replace('*', &format!("{:04}", self.part));
        let sink = open(&self.root, &self.path)?;
        close(std::mem::replace(&mut self.sink, sink))?;
        self.bytes = 0;
        ledger.counts.files += 1;
        Ok(())
    }

    /// Writes bytes that are whole rows, or a header.
    pub(super) fn write(&mut self, ledger: &mut Ledger, bytes: &[u8]) -> io::Result<()> {
        self.bytes += bytes.len() as u64;
        ledger.counts.bytes += bytes.len() as u64;
        let written = match &mut self.sink {
            Sink::Plain(file) => file.write_all(bytes),
            Sink::Gzip(file) => file.write_all(bytes),
        };
        written.map_err(|e| at(&self.root.join(&self.path), e))
    }

    /// Ends the last part.
    pub(super) fn finish(self) -> io::Result<()> {
        let path = self.root.join(&self.path);
        close(self.sink).map_err(|e| at(&path, e))
    }
}

fn open(root: &Path, path: &str) -> io::Result<Sink> {
    let whole = root.join(path);
    if let Some(folder) = whole.parent() {
        std::fs::create_dir_all(folder).map_err(|e| at(folder, e))?;
    }
    if path.ends_with(".gz") {
        return Ok(Sink::Gzip(Box::new(gz(&whole, Compression::new(4))?)));
    }
    let file = File::create(&whole).map_err(|e| at(&whole, e))?;
    Ok(Sink::Plain(BufWriter::with_capacity(1 << 20, file)))
}

fn close(sink: Sink) -> io::Result<()> {
    match sink {
        Sink::Plain(mut file) => file.flush(),
        Sink::Gzip(file) => file.finish()?.flush(),
    }
}
