//! The truth of published sample data, which has a form of its own: JSON lines with the entity names of other tools.

use super::truth::open;
use crate::model::element::Element;
use serde::Deserialize;
use std::io::{self, BufRead};
use std::path::Path;

/// A line of a sample's `truth.jsonl.gz`. It has no `Debug`: it holds a value.
#[derive(Clone, PartialEq, Eq, Deserialize)]
pub struct SampleLine {
    /// Who the value is of.
    pub consumer: String,
    /// What it is, in the sample's words.
    pub entity: String,
    /// The value.
    pub value: String,
    /// The file, below the folder of all samples.
    pub file: String,
    /// The row after the header, or the line.
    pub row: u64,
    /// The column; several joined by `+`, a table's before a dot; none in running text.
    pub column: Option<String>,
}

impl SampleLine {
    /// The element that the sample's entity is, if there is one.
    pub fn element(&self) -> Option<Element> {
        Some(match self.entity.as_str() {
            "FIRST_NAME" => Element::FirstName,
            "LAST_NAME" => Element::LastName,
            "PERSON" => Element::FullName,
            "EMAIL" => Element::Email,
            "PHONE" => Element::Phone,
            "DATE_OF_BIRTH" => Element::Dob,
            "ADDRESS" => Element::Street,
            "POSTAL_CODE" | "US_ZIP" => Element::Zip,
            "US_SSN" => Element::Ssn,
            "US_DRIVER_LICENSE" => Element::DriverLicense,
            "PASSPORT" => Element::Passport,
            "PATIENT_ID" => Element::CustomerId,
            _ => return None,
        })
    }
}

/// The lines of a sample's truth, in order.
///
/// # Errors
/// A file that cannot be read; in the iterator, a line that is not of the form, by its number and without its content.
pub fn read(path: &Path) -> io::Result<impl Iterator<Item = io::Result<SampleLine>> + use<>> {
    let name = path.display().to_string();
    Ok(open(path)?.lines().enumerate().map(move |(i, line)| {
        serde_json::from_str(&line?).map_err(|e| {
            // The parser's own words may quote the line.
            let what = format!("{name}, line {}: {:?} error at column {}", i + 1, e.classify(), e.column());
            io::Error::new(io::ErrorKind::InvalidData, what)
        })
    }))
}
