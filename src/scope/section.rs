//! Reading TOML key by key, so that everything that is wrong is said at once and with its line.

use jiff::civil::Date;
use std::ops::Range;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// What is wrong with a trigger file, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The file.
    pub file: String,
    /// The line, from 1.
    pub line: usize,
    /// What is wrong, in a sentence.
    pub what: String,
}

impl std::fmt::Display for Problem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}: {}", self.file, self.line, self.what)
    }
}

/// A table that is being read: each key is taken once, and what is left over is a problem.
pub struct Section<'t, 'i> {
    /// What messages call it.
    pub name: &'static str,
    /// Its keys and values.
    pub table: &'t DeTable<'i>,
    /// Where it stands.
    pub span: Range<usize>,
    /// Keys that were asked for.
    pub known: Vec<&'static str>,
}

/// Reads one file and collects what is wrong with it.
pub struct Reader<'a> {
    /// The file.
    pub file: &'a str,
    /// Its text.
    pub text: &'a str,
    /// What is wrong so far.
    pub problems: Vec<Problem>,
}

impl Reader<'_> {
    /// Notes a problem at a place of the text.
    pub fn problem(&mut self, at: Range<usize>, what: impl Into<String>) {
        let line = self.text.get(..at.start).map_or(1, |before| 1 + before.matches('\n').count());
        self.problems.push(Problem { file: self.file.to_string(), line, what: what.into() });
    }

    /// Reads the table of a key, if it is there, and notes keys it does not have.
    pub fn section<T>(
        &mut self,
        t: &mut Section,
        key: &'static str,
        read: impl FnOnce(&mut Self, &mut Section) -> T,
    ) -> Option<T> {
        t.known.push(key);
        let value = t.table.get(key)?;
        let Some(table) = value.get_ref().as_table() else {
            self.problem(value.span(), format!("{key} is a table: write [{key}]"));
            return None;
        };
        let mut s = Section { name: key, table, span: value.span(), known: Vec::new() };
        let read = read(self, &mut s);
        self.leftovers(&s);
        Some(read)
    }

    /// Notes keys that nothing has asked for.
    pub fn leftovers(&mut self, s: &Section) {
        for key in s.table.keys() {
            if !s.known.contains(&key.get_ref().as_ref()) {
                self.problem(key.span(), format!("{} has no key {}", s.name, key.get_ref()));
            }
        }
    }

    /// The value of a key; that it is missing is a problem if it is required.
    pub fn value<'t, 'i>(
        &mut self,
        s: &mut Section<'t, 'i>,
        key: &'static str,
        required: bool,
    ) -> Option<&'t Spanned<DeValue<'i>>> {
        s.known.push(key);
        let value = s.table.get(key);
        if value.is_none() && required {
            self.problem(s.span.clone(), format!("{} needs {key}", s.name));
        }
        value
    }

    /// A text, or an empty one after a problem.
    pub fn text_of(&mut self, s: &mut Section, key: &'static str, required: bool) -> String {
        let Some(value) = self.value(s, key, required) else { return String::new() };
        match value.get_ref().as_str() {
            Some(text) if !text.trim().is_empty() => text.to_string(),
            _ => {
                self.problem(value.span(), format!("{key} is a text, and not an empty one"));
                String::new()
            }
        }
    }

    /// A list of distinct texts.
    pub fn texts(&mut self, s: &mut Section, key: &'static str, required: bool) -> Vec<String> {
        self.texts_at(s, key, required).into_iter().map(Spanned::into_inner).collect()
    }

    /// The same, with their places.
    pub fn texts_at(&mut self, s: &mut Section, key: &'static str, required: bool) -> Vec<Spanned<String>> {
        let Some(value) = self.value(s, key, required) else { return Vec::new() };
        let Some(array) = value.get_ref().as_array() else {
            self.problem(value.span(), format!("{key} is a list of texts"));
            return Vec::new();
        };
        let mut texts: Vec<Spanned<String>> = Vec::new();
        for item in array.iter() {
            match item.get_ref().as_str() {
                Some(text) if texts.iter().any(|t| t.get_ref() == text) => {
                    self.problem(item.span(), format!("{key} lists {text} twice"));
                }
                Some(text) => texts.push(Spanned::new(item.span(), text.to_string())),
                None => self.problem(item.span(), format!("{key} is a list of texts")),
            }
        }
        if required && texts.is_empty() {
            self.problem(value.span(), format!("{key} must not be empty"));
        }
        texts
    }

    /// True or false; false where it is not given.
    pub fn flag(&mut self, s: &mut Section, key: &'static str) -> bool {
        let Some(value) = self.value(s, key, false) else { return false };
        value.get_ref().as_bool().unwrap_or_else(|| {
            self.problem(value.span(), format!("{key} is true or false"));
            false
        })
    }

    /// A whole number.
    pub fn number(&mut self, s: &mut Section, key: &'static str, required: bool) -> Option<u64> {
        let value = self.value(s, key, required)?;
        let number = value.get_ref().as_integer().and_then(|i| u64::from_str_radix(i.as_str(), i.radix()).ok());
        if number.is_none() {
            self.problem(value.span(), format!("{key} is a whole number, 0 or above"));
        }
        number
    }

    /// A count of days, hours or months: a number that a calendar can take.
    pub fn days(&mut self, s: &mut Section, key: &'static str) -> Option<u32> {
        let number = self.number(s, key, false)?;
        let days = u32::try_from(number).ok().filter(|n| *n <= 3660);
        if days.is_none() {
            let at = s.table.get(key).map_or(0..0, Spanned::span);
            self.problem(at, format!("{key} is at most 3660"));
        }
        days
    }

    /// A date, written as a text.
    pub fn date(&mut self, s: &mut Section, key: &'static str, required: bool) -> Option<Date> {
        let value = self.value(s, key, required)?;
        let date = value.get_ref().as_str().and_then(|text| text.parse().ok());
        if date.is_none() {
            self.problem(value.span(), format!("{key} is a date as a text: \"2026-01-31\""));
        }
        date
    }

    /// One of a few words, by its meaning.
    pub fn word<T: Copy>(&mut self, s: &mut Section, key: &'static str, default: T, words: &[(&str, T)]) -> T {
        let Some(value) = self.value(s, key, true) else { return default };
        let found = words.iter().find(|(word, _)| value.get_ref().as_str() == Some(word));
        match found {
            Some((_, meaning)) => *meaning,
            None => {
                let words: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
                self.problem(value.span(), format!("{key} is one of {}", words.join(", ")));
                default
            }
        }
    }
}
