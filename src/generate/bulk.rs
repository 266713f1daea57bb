//! Two files for tests of size: a log with a personal value now and then, and one table of any number of people.

use super::numbers;
use super::out::at;
use super::person::World;
use super::rng::{Stream, rng};
use super::spec::{CorpusSpec, TruthLevel};
use flate2::{Compression, GzBuilder};
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;

/// How large a table is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TableSize {
    /// At least so many bytes.
    Bytes(u64),
    /// So many people.
    People(u64),
}

/// Writes one log of at least `bytes` decoded bytes, with an e-mail address every `bytes_per_hit` bytes, about; returns
/// the number of addresses. A `bytes_per_hit` of zero puts one into every line.
///
/// # Errors
/// The file cannot be written.
pub fn log(bytes: u64, bytes_per_hit: u64, seed: u64, out: &Path, gzip: bool) -> io::Result<u64> {
    let file = BufWriter::with_capacity(1 << 20, File::create(out).map_err(|e| at(out, e))?);
    let hits = if gzip {
        let mut sink = GzBuilder::new().mtime(0).write(file, Compression::new(4));
        let hits = log_lines(bytes, bytes_per_hit, seed, &mut sink).map_err(|e| at(out, e))?;
        sink.finish().and_then(|mut file| file.flush()).map_err(|e| at(out, e))?;
        hits
    } else {
        let mut sink = file;
        let hits = log_lines(bytes, bytes_per_hit, seed, &mut sink).map_err(|e| at(out, e))?;
        sink.flush().map_err(|e| at(out, e))?;
        hits
    };
    Ok(hits)
}

fn log_lines(bytes: u64, bytes_per_hit: u64, seed: u64, sink: &mut dyn Write) -> io::Result<u64> {
    let mut draws = rng(seed, Stream::Filler, 1 << 42);
    let (mut written, mut hits, mut stamp) = (0u64, 0u64, 1_755_000_000_000u64);
    let mut line = Vec::with_capacity(256);
    while written < bytes {
        line.clear();
        stamp += draws.u64(..40);
        let id = draws.u64(..);
        write!(line, "ts={stamp} level=info svc=stock node=n{:02} req={id:016x} part={:016x}", id % 40, draws.u64(..))?;
        if hits * bytes_per_hit <= written {
            write!(line, " user=visitor{hits}.k{}@mailhaus.example", id % 10_000)?;
            hits += 1;
        }
        writeln!(line, " msg=\"bin {} counted\" qty={} ms={}", id % 977, id % 13, id % 4001)?;
        sink.write_all(&line)?;
        written += line.len() as u64;
    }
    Ok(hits)
}

/// Writes one CSV of customers, of about two hundred bytes each; returns how many.
///
/// # Errors
/// The file cannot be written.
pub fn table(size: TableSize, seed: u64, out: &Path) -> io::Result<u64> {
    let people = match size {
        TableSize::People(people) => people,
        TableSize::Bytes(_) => super::person::EMPLOYEE_BASE,
    };
    let spec = CorpusSpec { truth: TruthLevel::None, ..CorpusSpec::new(people, seed) };
    let world = World { spec: &spec };
    let mut sink = BufWriter::with_capacity(1 << 20, File::create(out).map_err(|e| at(out, e))?);
    let mut line = Vec::with_capacity(512);
    line.extend_from_slice(
        b"customer_id,first_name,last_name,email,phone,dob,ssn,street,city,state,zip,card_number,created_at\n",
    );
    let mut written = 0;
    let mut index = 0;
    loop {
        sink.write_all(&line).map_err(|e| at(out, e))?;
        written += line.len() as u64;
        let enough = match size {
            TableSize::People(people) => index >= people,
            TableSize::Bytes(bytes) => written >= bytes || index >= people,
        };
        if enough {
            break;
        }
        line.clear();
        let person = world.person(index);
        let home = &person.address;
        writeln!(
            line,
            "{},{},{},{},{},{},{},\"{}\",{},{},{},{},{}",
            world.id(1, index),
            person.first,
            person.last,
            person.email,
            world.phone(&person, 1),
            person.dob.text(0),
            numbers::ssn_text(person.ssn, 0),
            home.street,
            home.city,
            home.state,
            home.zip,
            world.card(index).pan,
            1_700_000_000 + index,
        )?;
        index += 1;
    }
    sink.flush().map_err(|e| at(out, e))?;
    Ok(index)
}
