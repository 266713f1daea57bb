//! Detectors as data: pattern files in, checked [`Detector`]s out.
//!
//! A pattern file carries its own proof (examples and near misses) and says everything about a detector but the code of its
//! validator, which it names. This folder reads and lints the files; it matches nothing and knows no validator, so that a
//! file can be checked without a plan. Every problem of every file is reported at once, with file and line.

mod builtin;
mod check;
mod expression;
mod fakes;
mod read;

use crate::model::detector::Detector;
use std::collections::HashMap;
use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};

/// Something wrong with a pattern file.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Problem {
    /// The file.
    pub file: String,
    /// The line, from 1; 0 when it is the file as a whole.
    pub line: usize,
    /// What is wrong and what to do.
    pub message: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            0 => write!(f, "{}: {}", self.file, self.message),
            line => write!(f, "{}:{line}: {}", self.file, self.message),
        }
    }
}

/// The detectors the program ships with, in the order of their ids. Tests hold that their files have no problems, so they
/// are read and not checked.
pub fn builtin() -> Vec<Detector> {
    let read = |(id, text): &(&str, &str)| read::detector(id, &format!("patterns/{id}.toml"), text).0;
    builtin::FILES.iter().filter_map(read).map(|detector| Detector { shipped: true, ..detector }).collect()
}

/// The ids of the detectors the program ships with, in order, whether or not they can be read.
pub fn builtin_ids() -> impl Iterator<Item = &'static str> {
    builtin::FILES.iter().map(|(id, _)| *id)
}

/// Every pattern file under a folder, in the order of their ids. An id that the program ships with is a problem, because the
/// inventory names detectors by id and two things must not have one name.
pub fn load_dir(dir: &Path) -> Result<Vec<Detector>, Vec<Problem>> {
    let mut problems = Vec::new();
    let mut sources = Vec::new();
    for path in files_under(dir, &mut problems) {
        let file = path.display().to_string();
        let id = id_of(dir, &path);
        if builtin_ids().any(|builtin| builtin == id) {
            let message = format!("the id `{id}` is a built-in detector's; give the file another name");
            problems.push(Problem { file: file.clone(), line: 0, message });
        }
        match fs::read_to_string(&path) {
            Ok(text) => sources.push(Source { id, file, text }),
            Err(error) => problems.push(Problem { file, line: 0, message: error.to_string() }),
        }
    }
    sources.sort_by(|a, b| a.id.cmp(&b.id));
    let (detectors, found) = read_all(sources.into_iter());
    problems.extend(found);
    problems.sort();
    if problems.is_empty() { Ok(detectors) } else { Err(problems) }
}

/// Reads one pattern file's text, with every problem it has. `id` is its path without the ending.
pub fn parse(id: &str, file: &str, text: &str) -> Result<Detector, Vec<Problem>> {
    let source = Source { id: id.to_string(), file: file.to_string(), text: text.to_string() };
    let (mut detectors, problems) = read_all(std::iter::once(source));
    match detectors.pop() {
        Some(detector) if problems.is_empty() => Ok(detector),
        _ => Err(problems),
    }
}

/// What is wrong with detectors, each by itself and all together (duplicate ids). Lines are not known here and are 0.
pub fn check(detectors: &[Detector]) -> Vec<Problem> {
    let mut problems: Vec<Problem> =
        detectors.iter().flat_map(|detector| check::detector(detector, &check::Lines::default())).collect();
    problems.extend(duplicates(detectors));
    problems.sort();
    problems
}

/// A pattern file before it is read.
struct Source {
    id: String,
    file: String,
    text: String,
}

/// The detectors without problems, and the problems of the others.
fn read_all(sources: impl Iterator<Item = Source>) -> (Vec<Detector>, Vec<Problem>) {
    let mut detectors = Vec::new();
    let mut problems = Vec::new();
    for source in sources {
        let (detector, lines, mut found) = read::detector(&source.id, &source.file, &source.text);
        if let Some(detector) = detector {
            found.extend(check::detector(&detector, &lines));
            if found.is_empty() {
                detectors.push(detector);
            }
        }
        problems.extend(found);
    }
    problems.extend(duplicates(&detectors));
    detectors.sort_by(|a, b| a.id.cmp(&b.id));
    problems.sort();
    (detectors, problems)
}

/// Ids that more than one detector has.
pub fn duplicates(detectors: &[Detector]) -> Vec<Problem> {
    let mut first: HashMap<&str, &str> = HashMap::new();
    let mut problems = Vec::new();
    for detector in detectors {
        if let Some(other) = first.insert(&detector.id, &detector.file) {
            let message = format!("the id `{}` is also that of {other}", detector.id);
            problems.push(Problem { file: detector.file.clone(), line: 0, message });
        }
    }
    problems
}

/// Every `.toml` file under a folder, in the order of their names.
fn files_under(dir: &Path, problems: &mut Vec<Problem>) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in walkdir::WalkDir::new(dir).sort_by_file_name() {
        match entry {
            Ok(entry) => {
                let path = entry.path();
                if entry.file_type().is_file() && path.extension().is_some_and(|e| e == "toml") {
                    files.push(path.to_path_buf());
                }
            }
            Err(error) => {
                let file = error.path().unwrap_or(dir).display().to_string();
                problems.push(Problem { file, line: 0, message: error.to_string() });
            }
        }
    }
    files
}

/// A file's path under its folder without the ending, with `/` between its parts on every system.
fn id_of(dir: &Path, path: &Path) -> String {
    let relative = path.strip_prefix(dir).unwrap_or(path).with_extension("");
    let parts: Vec<String> = relative.iter().map(|part| part.to_string_lossy().into_owned()).collect();
    parts.join("/")
}
