//! File types: decoded bytes in, blocks and gaps out.
//!
//! One file per file type, each beside the file that recognises it. Every reader streams with bounded memory through
//! [`feed::Window`], edits the bytes in place as `model::block` lays down, and hands its blocks to [`feed::Output`]. A reader
//! never fails: what it cannot understand is a gap, and the rest goes on. [`parquet`] alone needs random access, and writes the
//! bytes of its blocks itself. Where a block is cut depends on the bytes and
//! the limits alone, never on how the bytes arrived. Nothing here knows of files, containers, detectors or people.

pub mod csv;
pub mod csv_sniff;
pub mod csv_split;
pub mod feed;
pub mod json;
pub mod json_paths;
pub mod json_sniff;
pub mod json_token;
pub mod kind;
pub mod lines;
pub mod mail;
pub mod parquet;
pub mod sniff;
pub mod text_sniff;
pub mod western;

use feed::{Output, Window};
pub use kind::Kind;

/// Reads the window to its end as `kind`. Kinds that the decoder has to open first, and those that are not read, give
/// nothing.
pub fn read(kind: &Kind, window: &mut Window, out: &mut Output) {
    match kind {
        Kind::Empty | Kind::Gzip | Kind::Utf16 { .. } | Kind::Parquet | Kind::Unsupported(_) => {}
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
