//! The answer to a leak as a folder of files: lists for counsel, gaps, numbers, and a manifest that vouches for them.
//!
//! | file | one row per |
//! |---|---|
//! | `consumers.csv` | person in the leak |
//! | `review.csv` | open question: person, rule, reason |
//! | `gaps.csv` | thing that was not read |
//! | `summary.json`, `summary.txt` | the numbers |
//! | `manifest.json` | file, with its size and SHA-256, and what the answer was made from |
//! | `ca-150.csv`, `ca-150.json` | exposure to claims, only when asked for |
//!
//! No file holds a value, only elements by code and consumers by token. Rows are written as they come, so memory does not
//! grow with them. Each file is written beside its name, with mode 0600, and renamed when everything is there; a run that
//! fails leaves the files of an earlier one as they were.

use super::escape::{csv_cell, visible};
use super::json::{liability_json, summary_json};
use super::terminal::terminal;
use crate::scope::{AffectedConsumer, ConsumerSink, LeakGap, ReasonSet, Summary};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

const CONSUMERS: &str = "consumers.csv";
const REVIEW: &str = "review.csv";
const GAPS: &str = "gaps.csv";
const LIABILITY_ROWS: &str = "ca-150.csv";
const LIABILITY: &str = "ca-150.json";
const SUMMARY_JSON: &str = "summary.json";
const SUMMARY_TEXT: &str = "summary.txt";
const MANIFEST: &str = "manifest.json";

/// Columns of the summary as text.
const TEXT_WIDTH: usize = 100;

/// What to write.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FileOptions {
    /// Exposure to claims too, into its own files.
    pub liability: bool,
}

/// What the answer was made from, as the manifest names it. Values are the caller's; none may be a clock's.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Inputs {
    /// Program name and version.
    pub program: String,
    /// The inventory: its versions and digest.
    pub inventory: Value,
    /// The question: arguments, dates, leak evidence by hash.
    pub question: Value,
}

/// One file that was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileEntry {
    /// Its name in the folder.
    pub name: String,
    /// Its size.
    pub bytes: u64,
    /// SHA-256, as hex.
    pub sha256: String,
}

/// A file that is being written, hashed as it goes.
struct Hashed {
    name: &'static str,
    partial: PathBuf,
    out: BufWriter<File>,
    hash: Sha256,
    bytes: u64,
    renamed: bool,
}

impl Hashed {
    fn create(dir: &Path, name: &'static str) -> io::Result<Hashed> {
        let partial = dir.join(format!(".{name}.partial"));
        match fs::remove_file(&partial) {
            Err(e) if e.kind() != io::ErrorKind::NotFound => return Err(named(&partial, e)),
            _ => {}
        }
        // Made new, so that neither the mode nor the target is that of a file or link that stood there.
        let file = OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&partial)
            .map_err(|e| named(&partial, e))?;
        let out = BufWriter::with_capacity(1 << 16, file);
        Ok(Hashed { name, partial, out, hash: Sha256::new(), bytes: 0, renamed: false })
    }

    fn row(&mut self, cells: &[&str]) -> io::Result<()> {
        let mut line = cells.iter().map(|c| csv_cell(c)).collect::<Vec<_>>().join(",");
        line.push_str("\r\n");
        self.write_all(line.as_bytes())
    }

    fn done(&mut self) -> io::Result<FileEntry> {
        self.out.flush()?;
        self.out.get_ref().sync_all()?;
        let sha256 = self.hash.clone().finalize().iter().map(|b| format!("{b:02x}")).collect();
        Ok(FileEntry { name: self.name.to_string(), bytes: self.bytes, sha256 })
    }
}

impl Write for Hashed {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.out.write_all(bytes).map_err(|e| named(&self.partial, e))?;
        self.hash.update(bytes);
        self.bytes += bytes.len() as u64;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

impl Drop for Hashed {
    fn drop(&mut self) {
        if !self.renamed {
            // What is left of a failed run is of no use; that it cannot be removed either changes nothing.
            let _ = fs::remove_file(&self.partial);
        }
    }
}

fn named(path: &Path, error: io::Error) -> io::Error {
    io::Error::new(error.kind(), format!("{}: {error}", visible(&path.to_string_lossy())))
}

/// Writes the files of one answer.
pub struct ScopeFiles {
    dir: PathBuf,
    consumers: Hashed,
    review: Hashed,
    gaps: Hashed,
    liability: Option<Hashed>,
}

impl ScopeFiles {
    /// Makes the folder if it is not there (mode 0700) and begins the files.
    pub fn create(dir: &Path, options: FileOptions) -> io::Result<ScopeFiles> {
        fs::DirBuilder::new().recursive(true).mode(0o700).create(dir).map_err(|e| named(dir, e))?;
        let mut files = ScopeFiles {
            dir: dir.to_path_buf(),
            consumers: Hashed::create(dir, CONSUMERS)?,
            review: Hashed::create(dir, REVIEW)?,
            gaps: Hashed::create(dir, GAPS)?,
            liability: if options.liability { Some(Hashed::create(dir, LIABILITY_ROWS)?) } else { None },
        };
        files.consumers.row(&[
            "consumer",
            "population",
            "counted",
            "certainty",
            "place",
            "residence_basis",
            "other_places",
            "elements",
            "hits",
            "hit_certainty",
            "review_reasons",
            "objects",
            "records",
            "cluster",
            "cluster_reason",
        ])?;
        files.review.row(&["consumer", "place", "rule", "reason", "question", "hit", "cluster"])?;
        files.gaps.row(&["uri", "status", "kind", "offset", "bytes", "detail"])?;
        if let Some(liability) = &mut files.liability {
            liability.row(&["consumer", "rule", "exposed", "elements", "review_reasons"])?;
        }
        Ok(files)
    }

    /// Writes the numbers and the manifest, and puts every file in its place. Files that an earlier answer left under
    /// these names, and that this one does not have, are removed.
    pub fn finish(mut self, summary: &Summary, inputs: &Inputs) -> io::Result<Vec<FileEntry>> {
        let mut written = vec![self.consumers, self.review, self.gaps];
        if let Some(rows) = self.liability.take() {
            written.push(rows);
            written.push(json_file(&self.dir, LIABILITY, &liability_json(&summary.liability))?);
        }
        written.push(json_file(&self.dir, SUMMARY_JSON, &summary_json(summary))?);
        let mut text = Hashed::create(&self.dir, SUMMARY_TEXT)?;
        terminal(summary, TEXT_WIDTH, &mut text)?;
        written.push(text);

        let mut entries = written.iter_mut().map(Hashed::done).collect::<io::Result<Vec<_>>>()?;
        entries.sort_by(|a, b| a.name.cmp(&b.name));
        let manifest = json!({
            "schema": "rollcall.scope.manifest/1",
            "program": inputs.program,
            "inventory": inputs.inventory,
            "question": inputs.question,
            "laws_sha256": summary.laws_hash,
            "files": entries.iter().map(|e| json!({
                "name": e.name,
                "bytes": e.bytes,
                "sha256": e.sha256,
            })).collect::<Vec<_>>(),
        });
        let mut manifest = json_file(&self.dir, MANIFEST, &manifest)?;
        entries.push(manifest.done()?);
        written.push(manifest);

        for name in [LIABILITY_ROWS, LIABILITY] {
            let path = self.dir.join(name);
            if !entries.iter().any(|e| e.name == name)
                && let Err(e) = fs::remove_file(&path)
                && e.kind() != io::ErrorKind::NotFound
            {
                return Err(named(&path, e));
            }
        }
        // The manifest goes last: where it stands, the files it names stand too.
        for file in &mut written {
            let path = self.dir.join(file.name);
            fs::rename(&file.partial, &path).map_err(|e| named(&path, e))?;
            file.renamed = true;
        }
        Ok(entries)
    }
}

fn json_file(dir: &Path, name: &'static str, value: &Value) -> io::Result<Hashed> {
    let mut file = Hashed::create(dir, name)?;
    serde_json::to_writer_pretty(&mut file, value)?;
    file.write_all(b"\n")?;
    Ok(file)
}

fn codes(reasons: ReasonSet) -> String {
    reasons.iter().map(|r| r.code()).collect::<Vec<_>>().join("; ")
}

impl ConsumerSink for ScopeFiles {
    fn consumer(&mut self, row: &AffectedConsumer) -> io::Result<()> {
        let id = row.id.to_string();
        let cluster = row.cluster.map(|c| c.to_string()).unwrap_or_default();
        let place = row.place.as_deref().unwrap_or("unknown");
        let basis = row.residence.map_or("", |r| r.basis.code());
        let elements = row.facts.shown().to_string();
        let duties = || row.answers.iter().filter(|a| !a.liability);
        let hits: Vec<&str> = duties().filter(|a| a.hit.is_some()).map(|a| a.rule).collect();
        let surest: Vec<&str> = duties().filter_map(|a| a.hit).map(|c| c.code()).collect();
        let reasons = duties().fold(row.reasons, |all, a| all.union(a.reasons));
        self.consumers.row(&[
            &id,
            row.population.code(),
            if row.counted { "yes" } else { "no" },
            row.certainty.code(),
            place,
            basis,
            &row.other_places.join("; "),
            &elements,
            &hits.join("; "),
            &surest.join("; "),
            &codes(reasons),
            &row.objects.to_string(),
            &row.records.to_string(),
            &cluster,
            &row.cluster_reason,
        ])?;
        if row.counted {
            let person = [("", None, row.reasons)];
            let rules = duties().map(|a| (a.rule, a.hit, a.reasons));
            for (rule, hit, reasons) in person.into_iter().chain(rules) {
                let hit = hit.map_or("", |c| c.code());
                for reason in reasons.iter() {
                    self.review.row(&[&id, place, rule, reason.code(), reason.why(), hit, &cluster])?;
                }
            }
            if let Some(rows) = &mut self.liability {
                for a in row.answers.iter().filter(|a| a.liability && (a.hit.is_some() || !a.reasons.is_empty())) {
                    rows.row(&[&id, a.rule, a.hit.map_or("review", |c| c.code()), &elements, &codes(a.reasons)])?;
                }
            }
        }
        Ok(())
    }

    fn gap(&mut self, gap: &LeakGap) -> io::Result<()> {
        let number = |n: Option<u64>| n.map(|n| n.to_string()).unwrap_or_default();
        let (offset, bytes) = (number(gap.offset), number(gap.bytes));
        self.gaps.row(&[&gap.uri, gap.status, &gap.kind, &offset, &bytes, &gap.detail])
    }
}
