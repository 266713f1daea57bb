//! What the name of a field says about each detector, decided once per field.
//!
//! Names are compared in words, never by substring ("lic" is in "public"). The longest name over all detectors names the
//! field; a detector's own longer veto takes it out. The last segment of a path is asked first, and only when it says
//! nothing the whole path; for a detector that takes whole values only the last segment counts, or every string under
//! `name` would be a name.

use crate::model::detector::Detector;
use crate::model::field::Field;
use std::collections::HashMap;

/// Names and vetoes have at most this many words.
const WORDS_MAX: usize = 4;

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

/// The names and vetoes of all detectors.
pub struct Names {
    /// By words joined with `_`: the detectors, and whether it is a veto.
    entries: HashMap<String, Vec<(u16, bool)>>,
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
        Names { entries, traits }
    }

    /// What a field's name says.
    pub fn evidence(&self, field: &Field) -> FieldEvidence {
        let mut lengths = vec![[0usize; 2]; self.traits.len()];
        if !self.collect(field.name(), false, &mut lengths) {
            self.collect(&field.words, true, &mut lengths);
        }
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

    /// Notes, per detector, the words of its longest name and longest veto among the runs of `words`; whether there was
    /// any.
    fn collect(&self, words: &[String], path: bool, lengths: &mut [[usize; 2]]) -> bool {
        let mut any = false;
        for from in 0..words.len() {
            for to in from + 1..=words.len().min(from + WORDS_MAX) {
                let run = words[from..to].join("_");
                for &(detector, veto) in self.entries.get(&run).into_iter().flatten() {
                    if path && !veto && self.traits[usize::from(detector)].0 {
                        continue;
                    }
                    let longest = &mut lengths[usize::from(detector)][usize::from(veto)];
                    *longest = (*longest).max(to - from);
                    any = true;
                }
            }
        }
        any
    }
}
