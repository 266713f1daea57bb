//! One pattern file: TOML with the place of every key and value, so that a problem names its line.

use super::Problem;
use super::check::Lines;
use crate::model::detector::{Class, Confidence, Detector, Example};
use crate::model::element::{Element, Form};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// Every key a pattern file may have.
const KEYS: &[&str] = &[
    "name",
    "element",
    "form",
    "identifies",
    "why",
    "match",
    "field_only",
    "beside_findings",
    "whole_field",
    "digits",
    "near",
    "fields",
    "not_fields",
    "validate",
    "alone",
    "with_near",
    "with_field",
    "precedence",
    "references",
    "yes",
    "no",
    "yes_fields",
    "no_fields",
];

/// The detector of a file, the lines of its keys, and its problems. There is no detector when the file is no TOML or when
/// what is missing has no sensible stand-in.
pub(super) fn detector(id: &str, file: &str, text: &str) -> (Option<Detector>, Lines, Vec<Problem>) {
    let mut reader = Reader { file, text, problems: Vec::new(), lines: Lines::default() };
    let (table, errors) = DeTable::parse_recoverable(text);
    for error in errors {
        let line = error.span().map_or(0, |span| reader.line(span.start));
        reader.problem(line, format!("not TOML: {}", error.message()));
    }
    if !reader.problems.is_empty() {
        return (None, reader.lines, reader.problems);
    }
    let detector = reader.detector(id, table.get_ref());
    (detector, reader.lines, reader.problems)
}

struct Reader<'a> {
    file: &'a str,
    text: &'a str,
    problems: Vec<Problem>,
    lines: Lines,
}

impl Reader<'_> {
    fn detector(&mut self, id: &str, table: &DeTable<'_>) -> Option<Detector> {
        for (key, _) in table {
            let line = self.line(key.span().start);
            match KEYS.iter().find(|known| **known == key.get_ref().as_ref()) {
                Some(known) => self.lines.set(known, line),
                None => self.problem(line, format!("unknown key `{}`", key.get_ref())),
            }
        }
        let name = self.required(table, "name");
        let element = self.required(table, "element").and_then(|code| {
            let element = Element::from_code(&code);
            if element.is_none() {
                self.problem(self.lines.of("element"), format!("unknown element `{code}`"));
            }
            element
        });
        let why = self.required(table, "why");
        let form = self.word(table, "form", Form::from_code, "clear, truncated, hashed, encrypted or tokenised");
        let identifies = self.word(table, "identifies", Class::from_code, "primary, secondary, tertiary or none");
        if !table.contains_key("identifies") {
            self.problem(0, "the key `identifies` is missing".to_string());
        }
        let confidence = "low, medium or high";
        let alone = self.word(table, "alone", Confidence::from_code, confidence);
        let with_near = self.word(table, "with_near", Confidence::from_code, confidence);
        let with_field = self.word(table, "with_field", Confidence::from_code, confidence);
        let mut examples = Vec::new();
        for (key, found) in [("yes", true), ("no", false)] {
            let texts = self.strings(table, key);
            examples.extend(texts.into_iter().map(|text| Example { field: None, text, found }));
        }
        for (key, found) in [("yes_fields", true), ("no_fields", false)] {
            examples.extend(self.field_examples(table, key, found));
        }
        let detector = Detector {
            id: id.to_string(),
            file: self.file.to_string(),
            shipped: false,
            name: name.clone().unwrap_or_default(),
            element: element.unwrap_or(Element::Other),
            form: form.unwrap_or_default(),
            identifies: identifies.unwrap_or(Class::None),
            why: why.clone().unwrap_or_default(),
            pattern: self.string(table, "match"),
            field_only: self.boolean(table, "field_only"),
            beside_findings: self.boolean(table, "beside_findings"),
            whole_field: self.boolean(table, "whole_field"),
            digits: self.digits(table),
            near: self.strings(table, "near"),
            fields: self.strings(table, "fields"),
            not_fields: self.strings(table, "not_fields"),
            validate: self.string(table, "validate"),
            alone: alone.unwrap_or(Confidence::Low),
            with_near: with_near.unwrap_or(Confidence::Medium),
            with_field: with_field.unwrap_or(Confidence::High),
            precedence: self.integer(table, "precedence"),
            references: self.strings(table, "references"),
            examples,
        };
        (name.is_some() && why.is_some() && element.is_some()).then_some(detector)
    }

    fn problem(&mut self, line: usize, message: String) {
        self.problems.push(Problem { file: self.file.to_string(), line, message });
    }

    /// The line of a byte, from 1.
    fn line(&self, byte: usize) -> usize {
        self.text.as_bytes()[..byte.min(self.text.len())].iter().filter(|b| **b == b'\n').count() + 1
    }

    fn required(&mut self, table: &DeTable<'_>, key: &str) -> Option<String> {
        if !table.contains_key(key) {
            self.problem(0, format!("the key `{key}` is missing"));
        }
        self.string(table, key)
    }

    fn string(&mut self, table: &DeTable<'_>, key: &str) -> Option<String> {
        let value = table.get(key)?;
        match value.get_ref() {
            DeValue::String(text) => Some(text.to_string()),
            _ => self.wrong(value, key, "a string"),
        }
    }

    fn boolean(&mut self, table: &DeTable<'_>, key: &str) -> bool {
        let Some(value) = table.get(key) else { return false };
        match value.get_ref() {
            DeValue::Boolean(answer) => *answer,
            _ => self.wrong::<bool>(value, key, "true or false").unwrap_or(false),
        }
    }

    fn integer(&mut self, table: &DeTable<'_>, key: &str) -> i32 {
        let Some(value) = table.get(key) else { return 0 };
        let number = match value.get_ref() {
            DeValue::Integer(number) => i32::from_str_radix(number.as_str(), number.radix()).ok(),
            _ => None,
        };
        number.or_else(|| self.wrong(value, key, "a whole number")).unwrap_or(0)
    }

    /// How many digits a value has; none of more than 20 is stored as a number.
    fn digits(&mut self, table: &DeTable<'_>) -> Option<u8> {
        let digits = table.contains_key("digits").then(|| self.integer(table, "digits"))?;
        let fits = u8::try_from(digits).ok().filter(|d| (1..=20).contains(d));
        if fits.is_none() {
            self.problem(self.lines.of("digits"), "`digits` must be a whole number from 1 to 20".to_string());
        }
        fits
    }

    /// A word of a fixed set.
    fn word<T>(&mut self, table: &DeTable<'_>, key: &str, of: fn(&str) -> Option<T>, words: &str) -> Option<T> {
        let word = self.string(table, key)?;
        let value = of(&word);
        if value.is_none() {
            self.problem(self.lines.of(key), format!("`{key}` is `{word}`; it must be {words}"));
        }
        value
    }

    fn strings(&mut self, table: &DeTable<'_>, key: &str) -> Vec<String> {
        let Some(value) = table.get(key) else { return Vec::new() };
        let DeValue::Array(items) = value.get_ref() else {
            return self.wrong(value, key, "an array of strings").unwrap_or_default();
        };
        let mut strings = Vec::with_capacity(items.len());
        for item in items.iter() {
            match item.get_ref() {
                DeValue::String(text) => strings.push(text.to_string()),
                _ => {
                    self.wrong::<()>(item, key, "an array of strings");
                }
            }
        }
        strings
    }

    fn field_examples(&mut self, table: &DeTable<'_>, key: &str, found: bool) -> Vec<Example> {
        const SHAPE: &str = "an array of { field = \"...\", value = \"...\" }";
        let Some(value) = table.get(key) else { return Vec::new() };
        let DeValue::Array(items) = value.get_ref() else {
            return self.wrong(value, key, SHAPE).unwrap_or_default();
        };
        let mut examples = Vec::with_capacity(items.len());
        for item in items.iter() {
            let DeValue::Table(pair) = item.get_ref() else {
                self.wrong::<()>(item, key, SHAPE);
                continue;
            };
            match (pair.len(), pair.get("field").map(Spanned::get_ref), pair.get("value").map(Spanned::get_ref)) {
                (2, Some(DeValue::String(field)), Some(DeValue::String(text))) => {
                    examples.push(Example { field: Some(field.to_string()), text: text.to_string(), found });
                }
                _ => {
                    self.wrong::<()>(item, key, SHAPE);
                }
            }
        }
        examples
    }

    /// Notes a value of the wrong type; always `None`, so that callers can end with it.
    fn wrong<T>(&mut self, value: &Spanned<DeValue<'_>>, key: &str, wanted: &str) -> Option<T> {
        let line = self.line(value.span().start);
        self.problem(line, format!("`{key}` must be {wanted}"));
        None
    }
}
