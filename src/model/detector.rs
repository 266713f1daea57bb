//! What a detector is, once its pattern file has been read and checked.

use super::element::{Element, Form};

/// How a value may link records (see `docs/LINKING.md`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Class {
    /// Two people cannot share it.
    Primary,
    /// One value per person, shared by many people.
    Secondary,
    /// May differ or be shared; links only with a compatible name.
    Tertiary,
    /// Never links.
    None,
}

impl Class {
    /// Every class, in the order of its number.
    pub const ALL: [Class; 4] = [Class::Primary, Class::Secondary, Class::Tertiary, Class::None];

    /// The word pattern files and the inventory use.
    pub const fn code(self) -> &'static str {
        match self {
            Class::Primary => "primary",
            Class::Secondary => "secondary",
            Class::Tertiary => "tertiary",
            Class::None => "none",
        }
    }

    /// The class of a word, or `None`.
    pub fn from_code(code: &str) -> Option<Class> {
        Class::ALL.into_iter().find(|c| c.code() == code)
    }
}

/// How sure a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Confidence {
    /// A shape and nothing else; not reported.
    Low,
    /// A shape with some support.
    Medium,
    /// A proof (checksum, issued range) or a name that says so.
    High,
}

impl Confidence {
    /// Every confidence, in the order of its number.
    pub const ALL: [Confidence; 3] = [Confidence::Low, Confidence::Medium, Confidence::High];

    /// The word pattern files, the inventory and reports use.
    pub const fn code(self) -> &'static str {
        match self {
            Confidence::Low => "low",
            Confidence::Medium => "medium",
            Confidence::High => "high",
        }
    }

    /// The confidence of a word, or `None`.
    pub fn from_code(code: &str) -> Option<Confidence> {
        Confidence::ALL.into_iter().find(|c| c.code() == code)
    }
}

/// One detector as its pattern file states it. Names that other stages resolve (`validate`) stay names here.
#[derive(Clone, Debug)]
pub struct Detector {
    /// The pattern file's path without its ending: `us/ssn`.
    pub id: String,
    /// The file, for messages.
    pub file: String,
    /// Whether it is part of the program: what is otherwise checked at every start is then held by tests.
    pub shipped: bool,
    /// What people call it.
    pub name: String,
    /// The element a finding is.
    pub element: Element,
    /// The form a finding is in.
    pub form: Form,
    /// How its values may link records.
    pub identifies: Class,
    /// Why the element matters, in a sentence.
    pub why: String,
    /// The expression that finds candidates in bytes; none for a detector that works by field name alone. A group named
    /// `value` narrows the finding to itself.
    pub pattern: Option<String>,
    /// Whether `pattern` also runs over text and over fields that no name explains. A detector with `pattern` and
    /// `field_only` looks only into the fields that name it.
    pub field_only: bool,
    /// `pattern` also runs over the text beside other findings, where a value is much longer than what was found in it.
    pub beside_findings: bool,
    /// The whole value of a field that names this detector is a candidate, whether or not `pattern` matches in it.
    pub whole_field: bool,
    /// How many digits a value has, where it may begin with zeros: a number that a database stored without them has them
    /// put back in the fields that name this detector.
    pub digits: Option<u8>,
    /// Words that support a candidate when they stand near it in text; lower case, each one to four words.
    pub near: Vec<String>,
    /// Names of fields that hold this element; each one to four words, lower case, joined by `_`. A field is named when
    /// the words stand in a row in its name; the longest name over all detectors wins.
    pub fields: Vec<String>,
    /// Names of fields that do not hold it, however its values look; the longer of a name and a veto wins.
    pub not_fields: Vec<String>,
    /// The name of the validator.
    pub validate: Option<String>,
    /// Confidence of a candidate that passed its validator with no support and no objection.
    pub alone: Confidence,
    /// Confidence when a near word supports it.
    pub with_near: Confidence,
    /// Confidence when its field's name supports it.
    pub with_field: Confidence,
    /// When candidates overlap, the higher precedence is kept; a tie goes to the longer, then to the earlier.
    pub precedence: i32,
    /// Publications that define the element.
    pub references: Vec<String>,
    /// Examples that must be found, and near misses that must not.
    pub examples: Vec<Example>,
}

/// One example of a detector.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Example {
    /// The field whose value `text` is; none for running text.
    pub field: Option<String>,
    /// The text.
    pub text: String,
    /// Whether the detector must find something in it, or must not.
    pub found: bool,
}
