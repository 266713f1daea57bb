//! The lint: what a detector must have so that it can be trusted, explained and matched fast.

use super::Problem;
use super::expression;
use super::fakes;
use crate::model::detector::{Class, Confidence, Detector};
use crate::model::field::words_of;

/// Examples that must be found, at least.
const YES_MIN: usize = 2;
/// Near misses that must not be found, at least.
const NO_MIN: usize = 3;
/// Words of a near phrase or a field name, at most.
const WORDS_MAX: usize = 4;

/// The lines at which a file's keys stand.
#[derive(Default)]
pub(super) struct Lines(Vec<(&'static str, usize)>);

impl Lines {
    pub(super) fn set(&mut self, key: &'static str, line: usize) {
        self.0.push((key, line));
    }

    /// The line of a key; 0 when the file does not have it.
    pub(super) fn of(&self, key: &str) -> usize {
        self.0.iter().find(|(k, _)| *k == key).map_or(0, |(_, line)| *line)
    }
}

/// Every problem of one detector.
pub(super) fn detector(detector: &Detector, lines: &Lines) -> Vec<Problem> {
    let mut problems = Vec::new();
    let mut say = |key: &str, message: String| {
        problems.push(Problem { file: detector.file.clone(), line: lines.of(key), message });
    };
    words(detector, &mut say);
    evidence(detector, &mut say);
    examples(detector, &mut say);
    if let Some(pattern) = &detector.pattern {
        expression::problems(pattern).into_iter().for_each(|message| say("match", message));
    }
    problems
}

/// The sentences and the lists of words.
fn words(detector: &Detector, say: &mut impl FnMut(&str, String)) {
    for (key, text) in [("name", &detector.name), ("why", &detector.why)] {
        if text.trim().is_empty() {
            say(key, format!("`{key}` is empty"));
        }
    }
    let id_ok = !detector.id.is_empty()
        && detector.id.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"_/".contains(&b));
    if !id_ok {
        say("", format!("the id `{}` must be lower-case letters, digits, `_` and `/`", detector.id));
    }
    if detector.references.is_empty() {
        say("references", "`references` names no publication that defines the element".to_string());
    }
    for reference in &detector.references {
        if !reference.starts_with("https://") {
            say("references", format!("the reference `{reference}` must begin with https://"));
        }
    }
    for near in &detector.near {
        if near.to_lowercase() != *near {
            say("near", format!("the near word `{near}` must be lower case"));
        }
        if !(1..=WORDS_MAX).contains(&near.split(' ').count()) || near.split(' ').any(str::is_empty) {
            say("near", format!("the near word `{near}` must be one to four words with single blanks"));
        }
    }
    for (key, names) in [("fields", &detector.fields), ("not_fields", &detector.not_fields)] {
        for name in names {
            let parts: Vec<&str> = name.split('_').collect();
            let (words, counted) = (words_of(name), parts.len());
            if words != parts || !(1..=WORDS_MAX).contains(&counted) {
                say(key, format!("the field name `{name}` must be one to four lower-case words joined by `_`"));
            }
        }
        let mut sorted: Vec<&String> = names.iter().collect();
        sorted.sort_unstable();
        for pair in sorted.windows(2).filter(|pair| pair[0] == pair[1]) {
            say(key, format!("the field name `{}` is listed twice", pair[0]));
        }
    }
    for name in detector.fields.iter().filter(|name| detector.not_fields.contains(name)) {
        say("not_fields", format!("`{name}` is both a field and a veto"));
    }
}

/// How the detector finds anything, and how sure it may be.
fn evidence(detector: &Detector, say: &mut impl FnMut(&str, String)) {
    if detector.pattern.is_none() && !detector.whole_field {
        say("match", "there is neither `match` nor `whole_field = true`, so nothing can be found".to_string());
    }
    if detector.whole_field && detector.fields.is_empty() {
        say("whole_field", "`whole_field` needs `fields`".to_string());
    }
    if detector.whole_field && detector.validate.is_none() {
        say("whole_field", "`whole_field` needs `validate`: a field's name alone is no proof".to_string());
    }
    if detector.field_only && (detector.pattern.is_none() || detector.fields.is_empty()) {
        say("field_only", "`field_only` needs `match` and `fields`".to_string());
    }
    if detector.beside_findings && !detector.field_only {
        say("beside_findings", "`beside_findings` needs `field_only`: other patterns look at all bytes".to_string());
    }
    if detector.with_near < detector.alone || detector.with_field < detector.alone {
        say("alone", "support may not lower the confidence below `alone`".to_string());
    }
    if detector.with_near > Confidence::Low && detector.alone < detector.with_near && detector.pattern.is_some() {
        let unreachable = detector.near.is_empty() && detector.fields.is_empty();
        if unreachable && detector.alone == Confidence::Low {
            say("near", "a candidate alone is `low`, and neither `near` nor `fields` can raise it".to_string());
        }
    }
    if detector.identifies == Class::Primary && detector.validate.is_none() {
        say("identifies", "a primary identifier needs `validate`: a false one merges strangers".to_string());
    }
}

fn examples(detector: &Detector, say: &mut impl FnMut(&str, String)) {
    let yes = detector.examples.iter().filter(|e| e.found).count();
    let no = detector.examples.len() - yes;
    if yes < YES_MIN {
        say("yes", format!("{yes} examples to find; there must be at least {YES_MIN} in `yes` and `yes_fields`"));
    }
    if no < NO_MIN {
        say("no", format!("{no} near misses; there must be at least {NO_MIN} in `no` and `no_fields`"));
    }
    for example in &detector.examples {
        let key = match (&example.field, example.found) {
            (None, true) => "yes",
            (None, false) => "no",
            (Some(_), true) => "yes_fields",
            (Some(_), false) => "no_fields",
        };
        if example.text.contains(['\n', '\r']) {
            say(key, "an example must be one line".to_string());
        }
        // The text is not repeated: if it is not fake, it is somebody's.
        if let Some(wanted) = example.found.then(|| fakes::missing(detector.element, &example.text)).flatten() {
            say(key, format!("an example is not a known fake; use {wanted}"));
        }
    }
}
