//! Trigger files: read, checked, and every problem of every file reported at once.
//!
//! The files stand in `patterns/triggers/`, one for each rule; the list below is the whole registry.

use super::law::{
    Bureaus, Clock, Comparator, Damages, Enc, Kind, Laws, NameIs, Regulator, Rule, Services, Start, Substitute,
};
use super::section::{Problem, Reader, Section};
use super::terms::{Limb, Term, term};
use sha2::{Digest, Sha256};
use toml::Spanned;
use toml::de::DeTable;

macro_rules! files {
    ($($name:literal)*) => {
        &[$((concat!("patterns/triggers/", $name, ".toml"),
             include_str!(concat!("../../patterns/triggers/", $name, ".toml"))),)*]
    };
}

/// The files that ship: path and text.
const FILES: &[(&str, &str)] = files! {
    "eu-gdpr" "us-az" "us-ca-150" "us-ca" "us-co" "us-ct" "us-fl" "us-ga" "us-il" "us-ma" "us-md" "us-nj" "us-ny"
    "us-oh" "us-ok" "us-or" "us-pa" "us-tx" "us-va" "us-wa"
};

/// The files that ship: path and text.
pub fn shipped_files() -> &'static [(&'static str, &'static str)] {
    FILES
}

/// The rules that ship.
pub fn shipped() -> Result<Laws, Vec<Problem>> {
    Laws::parse(FILES)
}

impl Laws {
    /// Reads rules from files (path and text), or gives every problem of all of them.
    pub fn parse(files: &[(&str, &str)]) -> Result<Laws, Vec<Problem>> {
        let mut files = files.to_vec();
        files.sort_unstable();
        let mut hash = Sha256::new();
        let mut problems = Vec::new();
        let mut rules: Vec<Rule> = Vec::new();
        for (file, text) in files {
            hash.update((file.len() as u64).to_be_bytes());
            hash.update(file);
            hash.update((text.len() as u64).to_be_bytes());
            hash.update(text);
            let mut reader = Reader { file, text, problems: Vec::new() };
            let rule = reader.rule();
            if let Some(twin) = rules.iter().find(|r| r.id == rule.id) {
                reader.problem(0..0, format!("its id {} is also that of {}", rule.id, twin.file));
            }
            problems.append(&mut reader.problems);
            rules.push(rule);
        }
        if !problems.is_empty() {
            return Err(problems);
        }
        rules.sort_by(|a, b| a.id.cmp(&b.id));
        let hash = hash.finalize().iter().map(|b| format!("{b:02x}")).collect();
        Ok(Laws { rules, hash })
    }
}

impl Reader<'_> {
    fn rule(&mut self) -> Rule {
        let text = self.text;
        let (table, errors) = DeTable::parse_recoverable(text);
        for error in errors {
            self.problem(error.span().unwrap_or(0..0), error.message().to_string());
        }
        let span = table.span();
        let mut top = Section { name: "the rule", table: table.get_ref(), span, known: Vec::new() };
        let t = &mut top;
        let id = self.text_of(t, "id", true);
        self.check_id(t, &id);
        let any_personal_data = self.flag(t, "any_personal_data");
        let with_name = self.limb(t, "with_name");
        let alone = self.limb(t, "alone");
        if !any_personal_data && with_name == Limb::default() && alone == Limb::default() {
            self.problem(t.span.clone(), "no element triggers it: give with_name, alone or any_personal_data");
        }
        let kind = self.word(
            t,
            "kind",
            Kind::Notice,
            &[("notice", Kind::Notice), ("authority", Kind::Authority), ("liability", Kind::Liability)],
        );
        let rule = Rule {
            file: self.file.to_string(),
            title: self.text_of(t, "title", true),
            kind,
            citation: self.text_of(t, "citation", true),
            effective: self.date(t, "effective", false),
            facts_of: self.date(t, "facts_of", true).unwrap_or_default(),
            compiled: self.date(t, "compiled", true).unwrap_or_default(),
            places: self.places(t),
            standard: self.text_of(t, "standard", true),
            enc: self.word(
                t,
                "enc",
                Enc::Element,
                &[("either", Enc::Either), ("element", Enc::Element), ("both", Enc::Both)],
            ),
            harm: self.text_of(t, "harm", true),
            name_is: match t.table.contains_key("name_is") {
                true => self.word(
                    t,
                    "name_is",
                    NameIs::Name,
                    &[("name", NameIs::Name), ("any_identifier", NameIs::AnyIdentifier)],
                ),
                false => NameIs::Name,
            },
            any_personal_data,
            applies_to: self.texts(t, "applies_to", false),
            with_name,
            alone,
            notice_must_not: self.texts(t, "notice_must_not", false),
            notes: self.texts(t, "notes", false),
            sources: self.texts(t, "sources", true),
            disputed: self.texts(t, "disputed", false),
            verify: self.texts(t, "verify", false),
            review: self.text_of(t, "review", true),
            resident: self.section(t, "resident", |r, s| r.clock(s, true)).unwrap_or_default(),
            regulators: self.regulators(t),
            bureaus: self.section(t, "bureaus", |r, s| Bureaus {
                comparator: r.comparator(s),
                note: r.text_of(s, "note", false),
            }),
            substitute: self.section(t, "substitute", |r, s| Substitute {
                cost_usd: r.number(s, "cost_usd", false),
                class_gt: r.number(s, "class_gt", false),
                no_contact: r.flag(s, "no_contact"),
                web_days: r.days(s, "web_days"),
            }),
            services: self.section(t, "services", |r, s| r.services(s)),
            damages: self.section(t, "damages", |r, s| Damages {
                min: r.number(s, "min", true).unwrap_or(0),
                max: r.number(s, "max", true).unwrap_or(0),
                base_min: r.number(s, "base_min", true).unwrap_or(0),
                base_max: r.number(s, "base_max", true).unwrap_or(0),
                per: r.text_of(s, "per", true),
                next_cpi: r.text_of(s, "next_cpi", false),
            }),
            id,
        };
        if (rule.kind == Kind::Liability) != rule.damages.is_some() {
            self.problem(t.span.clone(), "a rule of liability has [damages], and no other has");
        }
        self.leftovers(&top);
        rule
    }

    fn check_id(&mut self, t: &Section, id: &str) {
        let stem = self.file.rsplit('/').next().and_then(|f| f.strip_suffix(".toml")).unwrap_or("");
        if !id.is_empty() && stem != id.to_lowercase() {
            let at = t.table.get("id").map_or(0..0, Spanned::span);
            self.problem(at, format!("its id {id} asks for the file name {}.toml", id.to_lowercase()));
        }
    }

    fn places(&mut self, t: &mut Section) -> Vec<String> {
        let places = self.texts(t, "places", true);
        for place in &places {
            let country = place.strip_prefix("US-").unwrap_or(place);
            if country.len() != 2 || !country.bytes().all(|b| b.is_ascii_uppercase()) {
                let at = t.table.get("places").map_or(0..0, Spanned::span);
                self.problem(at, format!("{place:?} is no place: write US-CA for a state, DE for a country"));
            }
        }
        places
    }

    fn limb(&mut self, t: &mut Section, key: &'static str) -> Limb {
        let mut limb = Limb::default();
        for word in self.texts_at(t, key, false) {
            match term(word.get_ref()) {
                Some(term) => limb.add(word.get_ref(), term),
                None => {
                    let what = format!("{} is no element and no macro of triggers", word.get_ref());
                    self.problem(word.span(), what);
                }
            }
        }
        limb
    }

    fn services(&mut self, s: &mut Section) -> Services {
        let mut if_any = 0;
        let mut words = Vec::new();
        for word in self.texts_at(s, "if_any", true) {
            match term(word.get_ref()) {
                Some(Term::Any(bits)) => if_any |= bits,
                Some(_) | None => self.problem(word.span(), format!("{} is no plain element", word.get_ref())),
            }
            words.push(word.into_inner());
        }
        Services {
            months: self.days(s, "months").unwrap_or(0),
            if_any,
            words,
            only_if: self.text_of(s, "only_if", false),
            note: self.text_of(s, "note", false),
        }
    }

    fn regulators(&mut self, t: &mut Section) -> Vec<Regulator> {
        t.known.push("regulator");
        let Some(value) = t.table.get("regulator") else { return Vec::new() };
        let Some(array) = value.get_ref().as_array() else {
            self.problem(value.span(), "regulator is a list of tables: write [[regulator]]");
            return Vec::new();
        };
        let mut regulators = Vec::new();
        for value in array.iter() {
            let Some(table) = value.get_ref().as_table() else {
                self.problem(value.span(), "regulator is a list of tables: write [[regulator]]");
                continue;
            };
            let mut s = Section { name: "[[regulator]]", table, span: value.span(), known: Vec::new() };
            regulators.push(Regulator {
                who: self.text_of(&mut s, "who", true),
                comparator: self.comparator(&mut s),
                clock: self.clock(&mut s, false),
                only_if: self.text_of(&mut s, "only_if", false),
                note: self.text_of(&mut s, "note", false),
            });
            self.leftovers(&s);
        }
        regulators
    }

    fn clock(&mut self, s: &mut Section, resident: bool) -> Clock {
        let clock = Clock {
            days: self.days(s, "days"),
            hours: self.days(s, "hours"),
            from: match s.table.contains_key("from") {
                true => Some(self.word(s, "from", Start::Discovery, STARTS)),
                false => {
                    s.known.push("from");
                    None
                }
            },
            effective: self.date(s, "effective", false),
            delay: self.text_of(s, "delay", false),
        };
        let follows = matches!(clock.from, Some(Start::WithResidents | Start::BeforeResidents));
        if (clock.days.is_some() || clock.hours.is_some()) && (clock.from.is_none() || follows) {
            self.problem(s.span.clone(), format!("{} has a limit and no clock it starts from", s.name));
        }
        if clock.days.is_some() && clock.hours.is_some() {
            self.problem(s.span.clone(), format!("{} counts in days or in hours, not both", s.name));
        }
        if resident && (follows || clock.from == Some(Start::ResidentNotice)) {
            self.problem(s.span.clone(), "the residents' own clock cannot start from their notice");
        }
        clock
    }

    fn comparator(&mut self, s: &mut Section) -> Comparator {
        let n = self.number(s, "n", false);
        let word = self.text_of(s, "cmp", true);
        match (word.as_str(), n) {
            ("any", None) => Comparator::Any,
            ("as_directed", None) => Comparator::AsDirected,
            ("ge", Some(n)) => Comparator::AtLeast(n),
            ("gt", Some(n)) => Comparator::MoreThan(n),
            _ => {
                let at = s.table.get("cmp").map_or(s.span.clone(), Spanned::span);
                self.problem(at, "cmp is any or as_directed without n, or ge (n or more) or gt (more than n) with n");
                Comparator::Any
            }
        }
    }
}

const STARTS: &[(&str, Start)] = &[
    ("discovery", Start::Discovery),
    ("determination", Start::Determination),
    ("awareness", Start::Awareness),
    ("resident_notice", Start::ResidentNotice),
    ("with_residents", Start::WithResidents),
    ("before_residents", Start::BeforeResidents),
];
