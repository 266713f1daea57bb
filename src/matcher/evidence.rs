//! What the name of a field says about each detector, decided once per field.
//!
//! Names are compared in words, never by substring ("lic" is in "public"). The longest name over all detectors names the
//! field; a detector's own longer veto takes it out. The last segment of a path is asked first, by itself and as the end of
//! a longer name (`/genre/name` is "genre name"), and only when it says nothing the whole path; for a detector that takes
//! whole values only names that end the path count, or every string under `name` would be a name. A plural names what its
//! singular does (`/emails/*`).
//!
//! The words before a value in text (`order number: `) are a name too, see [`Names::key`].

use crate::model::detector::Detector;
use crate::model::field::Field;
use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

/// Names and vetoes have at most this many words.
const WORDS_MAX: usize = 4;
/// Words that end a key and say only that a number follows: what the number is of stands before them.
const NUMBER_WORDS: [&str; 6] = ["number", "no", "num", "nr", "nbr", "id"];

/// What a field's name says about one detector.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Says {
    /// Nothing.
    Nothing,
    /// The field holds this detector's element.
    Named,
    /// The field holds another element.
    Other,
    /// The field does not hold it, however its values look.
    Vetoed,
}

/// What a field's name says about every detector.
#[derive(Clone, Debug)]
pub struct FieldEvidence {
    says: Vec<Says>,
    /// Named detectors that take whole values.
    pub whole: Vec<u16>,
    /// Named detectors whose pattern looks only into fields that name them.
    pub only: Vec<u16>,
}

impl FieldEvidence {
    /// What the name says about a detector.
    pub fn says(&self, detector: u16) -> Says {
        self.says[usize::from(detector)]
    }
}

/// A name or a veto that stands in the name of a field or in a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Met {
    /// The detector.
    pub detector: u16,
    /// It is a veto.
    pub veto: bool,
    /// Its words, joined with `_`.
    pub name: String,
}

/// The names and vetoes of all detectors.
pub struct Names {
    /// By words joined with `_`: the detectors, and whether it is a veto.
    entries: HashMap<String, Vec<(u16, bool)>>,
    /// The last words of all entries, and those that say that a number follows.
    last_words: HashSet<String>,
    /// Per detector: takes whole values, looks only into named fields, and its element's number.
    traits: Vec<(bool, bool, u8)>,
}

impl Names {
    /// The index of all detectors' names.
    pub fn new(detectors: &[Detector]) -> Names {
        let mut entries: HashMap<String, Vec<(u16, bool)>> = HashMap::new();
        for (i, detector) in detectors.iter().enumerate() {
            let named = detector.fields.iter().map(|n| (n, false)).chain(detector.not_fields.iter().map(|n| (n, true)));
            for (name, veto) in named {
                entries.entry(name.clone()).or_default().push((i as u16, veto));
            }
        }
        let traits =
            detectors.iter().map(|d| (d.whole_field, d.field_only && d.pattern.is_some(), d.element as u8)).collect();
        let last = entries.keys().filter_map(|name| name.rsplit('_').next());
        let last_words = last.chain(NUMBER_WORDS).map(String::from).collect();
        Names { entries, last_words, traits }
    }

    /// What a field's name says.
    pub fn evidence(&self, field: &Field) -> FieldEvidence {
        let mut lengths = vec![[0usize; 2]; self.traits.len()];
        self.each(field, &mut |detector, veto, words| longest(&mut lengths, detector, veto, words.len()));
        self.weigh(&lengths)
    }

    /// Hands over every name and veto that stands in a field's name: the detector, whether it is a veto, its words.
    fn each(&self, field: &Field, met: &mut dyn FnMut(u16, bool, &[String])) {
        if !self.collect(&field.words, field.words.len() - field.name_words, false, met) {
            self.collect(&field.words, 0, true, met);
        }
    }

    /// Every name and veto that stands in a field's name, for people.
    pub fn met(&self, field: &Field) -> Vec<Met> {
        let mut all = Vec::new();
        self.each(field, &mut |detector, veto, words| all.push(Met { detector, veto, name: words.join("_") }));
        all
    }

    /// Every name and veto that [`Names::key`] reads in a key, for people.
    pub fn met_by_key(&self, before: &str, token: &str) -> Vec<Met> {
        let field = Field::new([before, token]);
        let mut all = Vec::new();
        self.each_of_key(&field, &mut |detector, veto, words| all.push(Met { detector, veto, name: words.join("_") }));
        all
    }

    /// What a key in text says: its last token, by itself and as the end of a longer name with the words before it. Where
    /// the token only says that a number follows ("invoice no."), the word before it is asked.
    pub fn key(&self, before: &str, token: &str) -> FieldEvidence {
        let mut lengths = vec![[0usize; 2]; self.traits.len()];
        let field = Field::new([before, token]);
        self.each_of_key(&field, &mut |detector, veto, words| longest(&mut lengths, detector, veto, words.len()));
        self.weigh(&lengths)
    }

    /// Hands over every name and veto that stands in a key whose last token is the last segment of `key`.
    fn each_of_key(&self, key: &Field, met: &mut dyn FnMut(u16, bool, &[String])) {
        let from = key.words.len() - key.name_words;
        let generic = matches!(key.name(), [word] if NUMBER_WORDS.contains(&word.as_str()));
        if generic && from > 0 {
            let mut crossing = false;
            self.collect(&key.words, from, false, &mut |_, _, words| crossing |= words.len() > 1);
            if !crossing {
                self.collect(&key.words[..from], from - 1, false, met);
                return;
            }
        }
        self.collect(&key.words, from, false, met);
    }

    /// Whether some name or veto ends in the last word of `token`: a word of prose of which nothing is known is no key.
    pub fn may_end_key(&self, token: &str) -> bool {
        let word = token.trim_end_matches('.').rsplit(['_', '-', '.']).next().unwrap_or("").to_ascii_lowercase();
        self.last_words.contains(&word) || singular(&word).is_some_and(|word| self.last_words.contains(word.as_ref()))
    }

    fn weigh(&self, lengths: &[[usize; 2]]) -> FieldEvidence {
        let longest = lengths.iter().filter(|[name, veto]| name >= veto).map(|l| l[0]).max().unwrap_or(0);
        let named = |l: &[usize; 2]| l[0] > 0 && l[0] == longest && l[0] >= l[1];
        let elements: Vec<u8> = lengths.iter().zip(&self.traits).filter(|(l, _)| named(l)).map(|(_, t)| t.2).collect();
        let says: Vec<Says> = lengths
            .iter()
            .zip(&self.traits)
            .map(|(l, t)| match l {
                l if named(l) => Says::Named,
                [name, veto] if veto > name => Says::Vetoed,
                _ if elements.is_empty() || elements.contains(&t.2) => Says::Nothing,
                _ => Says::Other,
            })
            .collect();
        let of = |keep: fn(&(bool, bool, u8)) -> bool| {
            let named = says.iter().zip(&self.traits).enumerate();
            named.filter(|(_, (s, t))| **s == Says::Named && keep(t)).map(|(i, _)| i as u16).collect()
        };
        FieldEvidence { whole: of(|t| t.0), only: of(|t| t.1), says }
    }

    /// Hands over the names and vetoes among the runs of `words`; whether there was any. A run lies in the words from
    /// `name` on, or ends with the last of them. With `path`, runs name no detector that takes whole values.
    fn collect(&self, words: &[String], name: usize, path: bool, met: &mut dyn FnMut(u16, bool, &[String])) -> bool {
        let mut any = false;
        for to in name + 1..=words.len() {
            let first = if to == words.len() { 0 } else { name };
            for from in first.max(to.saturating_sub(WORDS_MAX))..to {
                for &(detector, veto) in self.entry(&words[from..to]) {
                    if path && !veto && self.traits[usize::from(detector)].0 {
                        continue;
                    }
                    met(detector, veto, &words[from..to]);
                    any = true;
                }
            }
        }
        any
    }

    /// What a run of words is the name or veto of; a plural is looked up as its singular when it is none itself.
    fn entry(&self, run: &[String]) -> &[(u16, bool)] {
        let name = run.join("_");
        let found = self.entries.get(&name);
        let found = found.or_else(|| singular(&name).and_then(|name| self.entries.get(name.as_ref())));
        found.map_or(&[], Vec::as_slice)
    }
}

/// Notes, per detector, the words of its longest name and its longest veto.
fn longest(lengths: &mut [[usize; 2]], detector: u16, veto: bool, words: usize) {
    let longest = &mut lengths[usize::from(detector)][usize::from(veto)];
    *longest = (*longest).max(words);
}

/// The singular of an English plural: `emails`, `addresses`.
fn singular(name: &str) -> Option<Cow<'_, str>> {
    let stem = name.strip_suffix('s').filter(|stem| stem.len() >= 3)?;
    match stem.strip_suffix("sse") {
        Some(stem) => Some(Cow::Owned(format!("{stem}ss"))),
        None => (!stem.ends_with('s')).then_some(Cow::Borrowed(stem)),
    }
}
