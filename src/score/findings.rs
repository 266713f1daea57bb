//! Findings against the truth.

use super::truth::{self, TruthLine};
use crate::model::detector::Confidence;
use crate::model::element::Element;
use serde::Serialize;
use std::collections::{BTreeMap, HashMap};
use std::io;
use std::path::Path;

/// A finding as the scan reports it.
#[derive(Clone, Copy, Debug)]
pub struct FindingRecord<'a> {
    /// The file, below the corpus.
    pub file: &'a str,
    /// The row; see `Layout`.
    pub row: u64,
    /// The field's path.
    pub field: &'a str,
    /// What it is.
    pub element: Element,
    /// Which detector says so.
    pub detector: &'a str,
    /// How sure it is.
    pub confidence: Confidence,
    /// The format the file was read as.
    pub format: &'a str,
}

/// Right, missed and wrong.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Count {
    /// Values that should be found.
    pub expected: u64,
    /// Values found.
    pub found: u64,
    /// Findings that are no such value.
    pub wrong: u64,
    /// Findings that may be made or not; they count nowhere else.
    pub excused: u64,
    /// `found / expected`; 1 where nothing was expected.
    pub recall: f64,
    /// `found / (found + wrong)`; 1 where nothing was found.
    pub precision: f64,
}

impl Count {
    fn add(&mut self, other: &Count) {
        self.expected += other.expected;
        self.found += other.found;
        self.wrong += other.wrong;
        self.excused += other.excused;
    }

    fn with_rates(mut self) -> Count {
        self.recall = rate(self.found, self.expected);
        self.precision = rate(self.found, self.found + self.wrong);
        self
    }
}

pub(super) fn rate(part: u64, whole: u64) -> f64 {
    if whole == 0 { 1.0 } else { part as f64 / whole as f64 }
}

/// A field of a file with misses or wrong findings of one element. It names no value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Trouble {
    /// The file.
    pub file: String,
    /// The field's path.
    pub field: String,
    /// The element.
    pub element: Element,
    /// Values not found.
    pub missed: u64,
    /// Findings that are no such value.
    pub wrong: u64,
}

/// The score of the findings of a scan.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct FindingScores {
    /// All elements.
    pub total: Count,
    /// By element code.
    pub by_element: BTreeMap<String, Count>,
    /// By detector id. Expected are the values of the elements it finds, so recall is its share of them.
    pub by_detector: BTreeMap<String, Count>,
    /// By format.
    pub by_format: BTreeMap<String, Count>,
    /// By confidence: right and wrong findings. Nothing is expected of one confidence.
    pub by_confidence: BTreeMap<String, Count>,
    /// The fields with the most misses and wrong findings, worst first.
    pub trouble: Vec<Trouble>,
}

/// Fields listed as trouble.
const TROUBLE_MAX: usize = 60;

/// Bits of a packed place: row, field, file; the element has the rest.
const ROW_BITS: u32 = 30;
const FIELD_BITS: u32 = 12;
const FILE_BITS: u32 = 16;

/// Takes the truth, then the findings, then says how they compare. Memory is some twenty bytes for each distinct place
/// of the truth: names are interned and a place is one packed integer.
#[derive(Default)]
pub struct FindingScorer {
    files: Names,
    fields: Names,
    detectors: Names,
    formats: HashMap<u32, String>,
    expected: HashMap<u64, u32>,
    optional: HashMap<u64, u32>,
    required: HashMap<(u32, Element), u64>,
    tallies: HashMap<(u32, Element, u32, Confidence), Count>,
    wrong: HashMap<u64, u64>,
}

/// Elements that are not scored: what the operator names (ids, keys), and what is made of other findings of a record.
fn is_scored(element: Element) -> bool {
    !matches!(
        element,
        Element::CustomerId
            | Element::RecordKey
            | Element::Name
            | Element::PanCode
            | Element::BankAccountCode
            | Element::EmailPassword
            | Element::UsernamePassword
    )
}

/// A field's path as it is compared. A member of the top level may be written with or without its slash; a column
/// without a header is no field of a text file, which is what a reader may take a one-column list for; and the body of a
/// message is its text, not a field of it.
fn comparable(field: &str) -> &str {
    match field.strip_prefix('/') {
        Some(rest) if !rest.contains('/') => rest,
        _ if field.starts_with('#') || field == "body" => "",
        _ => field,
    }
}

impl FindingScorer {
    /// A scorer that expects nothing yet.
    pub fn new() -> FindingScorer {
        FindingScorer::default()
    }

    /// A scorer that expects what a `truth.csv.gz` says.
    ///
    /// # Errors
    /// The file cannot be read or is not of the form, or the corpus is larger than a place can hold.
    pub fn read(path: &Path) -> io::Result<FindingScorer> {
        let mut scorer = FindingScorer::new();
        for line in truth::truth(path)? {
            scorer.expect(&line?)?;
        }
        Ok(scorer)
    }

    fn place(&mut self, file: &str, row: u64, field: &str, element: Element) -> io::Result<(u64, u32)> {
        let file = self.files.id(file);
        let field = self.fields.id(comparable(field));
        if row >> ROW_BITS != 0 || field >> FIELD_BITS != 0 || file >> FILE_BITS != 0 {
            return Err(io::Error::new(
                io::ErrorKind::InvalidData,
                "a score holds at most 2^16 files, 2^12 field paths and 2^30 rows of a file",
            ));
        }
        let names = (u64::from(element as u8) << FILE_BITS | u64::from(file)) << FIELD_BITS | u64::from(field);
        Ok((names << ROW_BITS | row, file))
    }

    /// Adds a value to what is expected.
    ///
    /// # Errors
    /// More files, fields or rows than a place can hold.
    pub fn expect(&mut self, line: &TruthLine) -> io::Result<()> {
        if !is_scored(line.element) {
            return Ok(());
        }
        let (place, file) = self.place(&line.file, line.row, &line.field, line.element)?;
        if line.optional {
            *self.optional.entry(place).or_default() += 1;
        } else {
            *self.expected.entry(place).or_default() += 1;
            *self.required.entry((file, line.element)).or_default() += 1;
        }
        Ok(())
    }

    /// Takes a finding. All of the truth must have been given before.
    ///
    /// # Errors
    /// More files, fields or rows than a place can hold.
    pub fn finding(&mut self, finding: &FindingRecord) -> io::Result<()> {
        if !is_scored(finding.element) {
            return Ok(());
        }
        let (place, file) = self.place(finding.file, finding.row, finding.field, finding.element)?;
        self.formats.entry(file).or_insert_with(|| finding.format.to_string());
        let detector = self.detectors.id(finding.detector);
        let tally = self.tallies.entry((file, finding.element, detector, finding.confidence)).or_default();
        if take(&mut self.expected, place) {
            tally.found += 1;
        } else if take(&mut self.optional, place) {
            tally.excused += 1;
        } else {
            tally.wrong += 1;
            *self.wrong.entry(place >> ROW_BITS).or_default() += 1;
        }
        Ok(())
    }

    /// The score.
    pub fn finish(self) -> FindingScores {
        let format_of = |file: u32| match self.formats.get(&file) {
            Some(format) => format.clone(),
            None => ending(self.files.name(file)).to_string(),
        };
        let mut total = Count::default();
        let mut by_element: BTreeMap<String, Count> = BTreeMap::new();
        let mut by_detector: BTreeMap<String, Count> = BTreeMap::new();
        let mut by_format: BTreeMap<String, Count> = BTreeMap::new();
        let mut by_confidence: BTreeMap<String, Count> = BTreeMap::new();
        for (&(file, element), &expected) in &self.required {
            let count = Count { expected, ..Count::default() };
            total.add(&count);
            by_element.entry(element.code().to_string()).or_default().add(&count);
            by_format.entry(format_of(file)).or_default().add(&count);
        }
        let mut finds: BTreeMap<u32, Vec<Element>> = BTreeMap::new();
        for (&(file, element, detector, confidence), count) in &self.tallies {
            total.add(count);
            by_element.entry(element.code().to_string()).or_default().add(count);
            by_format.entry(format_of(file)).or_default().add(count);
            by_detector.entry(self.detectors.name(detector).to_string()).or_default().add(count);
            by_confidence.entry(confidence.code().to_string()).or_default().add(count);
            let elements = finds.entry(detector).or_default();
            if !elements.contains(&element) {
                elements.push(element);
            }
        }
        for (detector, elements) in finds {
            let expected = elements.iter().map(|e| by_element[e.code()].expected).sum();
            by_detector.entry(self.detectors.name(detector).to_string()).or_default().expected = expected;
        }
        let rated = |counts: BTreeMap<String, Count>| counts.into_iter().map(|(k, c)| (k, c.with_rates())).collect();
        FindingScores {
            total: total.with_rates(),
            by_element: rated(by_element),
            by_detector: rated(by_detector),
            by_format: rated(by_format),
            by_confidence: rated(by_confidence),
            trouble: self.trouble(),
        }
    }

    fn trouble(&self) -> Vec<Trouble> {
        let mut fields: HashMap<u64, (u64, u64)> = HashMap::new();
        for (place, left) in &self.expected {
            fields.entry(place >> ROW_BITS).or_default().0 += u64::from(*left);
        }
        for (names, wrong) in &self.wrong {
            fields.entry(*names).or_default().1 += wrong;
        }
        let mut worst: Vec<Trouble> = (fields.into_iter())
            .filter(|(_, (missed, wrong))| missed + wrong > 0)
            .map(|(names, (missed, wrong))| {
                let field = (names & ((1 << FIELD_BITS) - 1)) as u32;
                let file = (names >> FIELD_BITS & ((1 << FILE_BITS) - 1)) as u32;
                let element = Element::ALL[(names >> (FIELD_BITS + FILE_BITS)) as usize];
                let (file, field) = (self.files.name(file).to_string(), self.fields.name(field).to_string());
                Trouble { file, field, element, missed, wrong }
            })
            .collect();
        worst.sort_by(|a, b| {
            let key = |t: &Trouble| std::cmp::Reverse(t.missed + t.wrong);
            (key(a), &a.file, &a.field, a.element).cmp(&(key(b), &b.file, &b.field, b.element))
        });
        worst.truncate(TROUBLE_MAX);
        worst
    }
}

fn take(places: &mut HashMap<u64, u32>, place: u64) -> bool {
    match places.get_mut(&place) {
        Some(left) if *left > 0 => {
            *left -= 1;
            true
        }
        _ => false,
    }
}

/// The format that a file's name promises, for files in which nothing was found.
fn ending(file: &str) -> &str {
    let name = file.strip_suffix(".gz").unwrap_or(file);
    name.rsplit_once('.').map_or("", |(_, ending)| ending)
}

/// Names as small numbers.
#[derive(Default)]
pub(super) struct Names {
    ids: HashMap<String, u32>,
    names: Vec<String>,
}

impl Names {
    /// The number of a name.
    pub(super) fn id(&mut self, name: &str) -> u32 {
        if let Some(id) = self.ids.get(name) {
            return *id;
        }
        let id = self.names.len() as u32;
        self.ids.insert(name.to_string(), id);
        self.names.push(name.to_string());
        id
    }

    /// The name of a number.
    pub(super) fn name(&self, id: u32) -> &str {
        &self.names[id as usize]
    }
}
