//! File types: decoded bytes in, blocks and gaps out.
//!
//! One file per file type, each beside the file that recognises it. Every reader streams with bounded memory through
//! [`feed::Window`], edits the bytes in place as `model::block` lays down, and hands its blocks to [`feed::Output`]. A reader
//! never fails: what it cannot understand is a gap, and the rest goes on. Where a block is cut depends on the bytes and
//! the limits alone, never on how the bytes arrived. Nothing here knows of files, containers, detectors or people.

pub mod csv;
pub mod csv_sniff;
pub mod feed;
pub mod json;
pub mod json_paths;
pub mod json_sniff;
pub mod json_token;
pub mod lines;
pub mod mail;
pub mod sniff;
pub mod text_sniff;

use feed::{Output, Window};

/// What a stream of bytes turned out to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    /// No bytes at all.
    Empty,
    /// Compressed with gzip; the decoder opens it.
    Gzip,
    /// UTF-16, with or without a byte order mark; the decoder transcodes it.
    Utf16 {
        /// The high byte stands first.
        big_endian: bool,
    },
    /// A kind of file that is not read, by its name.
    Unsupported(&'static str),
    /// One JSON value, or several one after another.
    Json,
    /// A JSON value on each line.
    Ndjson,
    /// Rows of delimited cells.
    Table(csv_sniff::Dialect),
    /// Lines, each a record.
    Lines,
    /// Lines of a log, each a record.
    Log,
    /// Prose: paragraphs of lines.
    Prose,
    /// One mail message.
    Mail,
    /// Many mail messages, each after a `From ` line.
    Mbox,
}

impl Kind {
    /// The word the inventory uses for the format.
    pub fn format(&self) -> &'static str {
        match self {
            Kind::Empty => "empty",
            Kind::Gzip => "gzip",
            Kind::Utf16 { .. } => "utf-16",
            Kind::Unsupported(name) => name,
            Kind::Json => "json",
            Kind::Ndjson => "ndjson",
            Kind::Table(_) => "csv",
            Kind::Lines | Kind::Prose => "text",
            Kind::Log => "log",
            Kind::Mail => "mail",
            Kind::Mbox => "mbox",
        }
    }

    /// How this file departs from the plain form of its format, in words.
    pub fn dialect(&self) -> String {
        match self {
            Kind::Table(dialect) => dialect.describe(),
            Kind::Lines => "lines".to_string(),
            Kind::Prose => "paragraphs".to_string(),
            _ => String::new(),
        }
    }
}

/// Reads the window to its end as `kind`. Kinds that the decoder has to open first, and those that are not read, give
/// nothing.
pub fn read(kind: &Kind, window: &mut Window, out: &mut Output) {
    match kind {
        Kind::Empty | Kind::Gzip | Kind::Utf16 { .. } | Kind::Unsupported(_) => {}
        Kind::Json => json::read_document(window, out),
        Kind::Ndjson => json::read_lines(window, out),
        Kind::Table(dialect) => csv::read(dialect, window, out),
        Kind::Lines | Kind::Log => lines::read(&mut lines::PerLine::default(), window, out),
        Kind::Prose => lines::read(&mut lines::Paragraphs::default(), window, out),
        Kind::Mail => lines::read(&mut mail::Messages::new(false), window, out),
        Kind::Mbox => lines::read(&mut mail::Messages::new(true), window, out),
    }
    out.finish();
}
