//! Places people live in, and the rules of each.

use super::law::{Kind, Laws};
use crate::model::mention::Residence;
use std::collections::BTreeMap;

/// A place as reports name it: `US-CA` for a state, `DE` for a country; none where the state or country is not known.
pub fn place(residence: Option<Residence>) -> Option<String> {
    let residence = residence?;
    let country = letters(residence.country)?;
    if country == "US" {
        return letters(residence.state).map(|state| format!("US-{state}"));
    }
    Some(country)
}

fn letters(code: [u8; 2]) -> Option<String> {
    code.iter().all(u8::is_ascii_uppercase).then(|| code.iter().map(|b| char::from(*b)).collect())
}

/// Which rules hold where.
pub struct Places {
    by_place: BTreeMap<String, Vec<usize>>,
}

impl Places {
    /// The rules of every place, by their place in `laws`.
    pub fn new(laws: &Laws) -> Places {
        let mut by_place: BTreeMap<String, Vec<usize>> = BTreeMap::new();
        for (i, rule) in laws.rules.iter().enumerate() {
            for place in &rule.places {
                by_place.entry(place.clone()).or_default().push(i);
            }
        }
        Places { by_place }
    }

    /// The rules of a place, in order of id.
    pub fn rules(&self, place: &str) -> &[usize] {
        self.by_place.get(place).map_or(&[], Vec::as_slice)
    }

    /// Whether a rule of notice or authority ships for a place: liability alone is no answer to "who must be told".
    pub fn has_duty(&self, laws: &Laws, place: &str) -> bool {
        self.rules(place).iter().any(|&i| laws.rules[i].kind != Kind::Liability)
    }
}
