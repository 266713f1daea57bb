//! The kinds of stream that are told apart.

use super::csv_sniff;

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
    /// Columns of values; the decoder finds random access for it.
    Parquet,
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
            Kind::Parquet => "parquet",
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
