//! Why a candidate became a finding, or did not: what a judge said, step by step, and the words it said it from.
//!
//! What was decided comes from the judge itself, which is watched; the entry of a pattern file that stands behind a
//! decision, and where a word stands, are looked up in the tables the judge asked. No reason quotes the data: it names
//! entries of pattern files, places and distances.

use super::evidence::{Met, Says};
use super::near::key_before;
use super::overlap::rank;
use super::plan::Matcher;
use super::watch::{ColumnRule, Step};
use crate::model::block::Block;
use crate::model::detector::Confidence;
use crate::model::field::Schema;
use crate::model::finding::{Basis, Finding, Marks, Verdict};
use std::cmp::Ordering;
use std::ops::Range;

/// One candidate and what was said of it, in the order in which a judge asks.
#[derive(Clone, Debug)]
pub struct Trail {
    /// Its cell: an index into `Block::cells`.
    pub cell: u32,
    /// Its bytes in the block: the finding's own once they are known, until then those of the hit.
    pub span: Range<u32>,
    /// The detector: an index into the plan's detectors.
    pub detector: u16,
    whole: bool,
    narrowed: bool,
    field: Says,
    verdict: Option<Verdict>,
    key: Option<(Says, bool)>,
    near: Option<bool>,
    unnamed: bool,
    weighed: Option<(Confidence, Basis)>,
    column: Option<ColumnRule>,
}

/// The candidates of one block.
#[derive(Debug, Default)]
pub struct Trails {
    all: Vec<Trail>,
}

impl Trails {
    /// Takes a step.
    pub fn step(&mut self, step: Step) {
        if let Step::Candidate { cell, span, detector, whole } = step {
            self.all.push(Trail {
                cell,
                span,
                detector,
                whole,
                narrowed: false,
                field: Says::Nothing,
                verdict: None,
                key: None,
                near: None,
                unnamed: false,
                weighed: None,
                column: None,
            });
            return;
        }
        let Some(trail) = self.all.last_mut() else { return };
        match step {
            Step::Candidate { .. } => {}
            Step::Field(says) => trail.field = says,
            Step::Value(span) => {
                trail.narrowed = trail.span != span;
                trail.span = span;
            }
            Step::Verdict(verdict) => trail.verdict = Some(verdict),
            Step::Key(says, bound) => trail.key = Some((says, bound)),
            Step::Near(near) => trail.near = Some(near),
            Step::Unnamed => trail.unnamed = true,
            Step::Weighed(confidence, basis) => trail.weighed = Some((confidence, basis)),
        }
    }

    /// Notes that a column took a finding out.
    pub fn column(&mut self, finding: &Finding, rule: ColumnRule) {
        for trail in self.all.iter_mut().filter(|t| t.is(finding)) {
            trail.column = Some(rule);
        }
    }

    /// Gives the candidates and starts anew.
    pub fn take(&mut self) -> Vec<Trail> {
        std::mem::take(&mut self.all)
    }
}

/// Something that speaks for or against a candidate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reason {
    /// What was asked: `shape`, `field`, `validator`, `marks`, `key`, `near`, `confidence`, `column`, `overlap`.
    pub asked: &'static str,
    /// The answer, as words for a person.
    pub answer: String,
}

/// What became of a candidate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// It is a finding.
    Kept(Confidence),
    /// The name of its field, or the key before it, says that it is none.
    Vetoed,
    /// Its validator says that it cannot be one.
    Invalid,
    /// Nobody has such a value, and nothing says that it is one.
    Unnamed,
    /// It has a shape and nothing else.
    BelowThreshold,
    /// Its column speaks against it.
    Column,
    /// A better finding overlaps it: that one's detector.
    Overlapped(u16),
}

impl End {
    /// The word that reports use.
    pub const fn code(self) -> &'static str {
        match self {
            End::Kept(_) => "kept",
            End::Vetoed => "vetoed",
            End::Invalid => "not_valid",
            End::Unnamed => "never_issued_or_test",
            End::BelowThreshold => "below_threshold",
            End::Column => "column",
            End::Overlapped(_) => "overlapped",
        }
    }
}

impl Trail {
    /// Whether a finding came of it.
    pub fn is(&self, finding: &Finding) -> bool {
        (self.cell, self.span.start, self.span.end, self.detector)
            == (finding.cell, finding.start, finding.end, finding.detector)
            && self.weighed.is_some()
    }

    /// What became of it and why. `settled` are the findings of the block once overlaps are settled.
    pub fn account(
        &self,
        matcher: &Matcher,
        block: &Block,
        schema: &Schema,
        settled: &[Finding],
    ) -> (Vec<Reason>, End) {
        let mut reasons = Vec::new();
        let mut say = |asked, answer| reasons.push(Reason { asked, answer });
        say("shape", self.shape(matcher));
        say("field", self.field_says(matcher, block, schema));
        let plan = &matcher.detectors()[usize::from(self.detector)];
        if self.field == Says::Vetoed {
            return (reasons, End::Vetoed);
        }
        let marks = match self.verdict {
            Some(Verdict::Valid { marks, proven }) => {
                say("validator", validator_says(plan.validate.as_deref(), Ok(proven)));
                marks
            }
            Some(Verdict::Invalid(why)) => {
                say("validator", validator_says(plan.validate.as_deref(), Err(why)));
                return (reasons, End::Invalid);
            }
            // Whatever is not vetoed is validated.
            None => return (reasons, End::Invalid),
        };
        if marks != Marks::default() {
            say("marks", marks_say(marks));
        }
        if let Some((says, bound)) = self.key {
            say("key", self.key_says(matcher, block, says, bound));
            if says == Says::Vetoed {
                return (reasons, End::Vetoed);
            }
        }
        if let Some(near) = self.near {
            say("near", self.near_says(matcher, block, near));
        } else if !plan.near.is_empty() && self.field != Says::Named && !self.key.is_some_and(|k| k.0 == Says::Named) {
            say("near", "not asked: a near word would change nothing".to_string());
        }
        if self.unnamed {
            say(
                "confidence",
                "none: nobody has such a value, and no name or near word says that it is one".to_string(),
            );
            return (reasons, End::Unnamed);
        }
        let Some((confidence, basis)) = self.weighed else { return (reasons, End::Invalid) };
        say("confidence", self.confidence_says(confidence, basis));
        if confidence == Confidence::Low {
            return (reasons, End::BelowThreshold);
        }
        if let Some(rule) = self.column {
            let why = match rule {
                ColumnRule::OnlySuggested => {
                    "the field's name only suggests it, and next to no value of the column is proven to be one"
                }
                ColumnRule::ByChance => "a column of numbers, most of which the validator does not take: chance",
            };
            say("column", why.to_string());
            return (reasons, End::Column);
        }
        if settled.iter().any(|f| self.is(f)) {
            return (reasons, End::Kept(confidence));
        }
        let this = self.finding(matcher, confidence, basis, marks);
        let winner = settled
            .iter()
            .filter(|f| f.cell == this.cell && f.start < this.end && this.start < f.end)
            .min_by_key(|f| rank(matcher, f));
        // Whatever loses overlaps a finding that is kept; without one there is nothing to say.
        let Some(winner) = winner else { return (reasons, End::BelowThreshold) };
        say(
            "overlap",
            format!(
                "{} overlaps it and is kept: {}",
                matcher.detectors()[usize::from(winner.detector)].id,
                better(matcher, winner, &this)
            ),
        );
        (reasons, End::Overlapped(winner.detector))
    }

    fn finding(&self, matcher: &Matcher, confidence: Confidence, basis: Basis, marks: Marks) -> Finding {
        let plan = &matcher.detectors()[usize::from(self.detector)];
        Finding {
            start: self.span.start,
            end: self.span.end,
            cell: self.cell,
            detector: self.detector,
            element: plan.element,
            form: plan.form,
            confidence,
            marks,
            basis,
        }
    }

    fn shape(&self, matcher: &Matcher) -> String {
        if self.whole {
            return "none asked: the whole value of a field that names it".to_string();
        }
        let narrowed = if self.narrowed { "; its group `value` is the finding" } else { "" };
        format!("its pattern matches ({}){narrowed}", matcher.front_end(usize::from(self.detector)))
    }

    fn field_says(&self, matcher: &Matcher, block: &Block, schema: &Schema) -> String {
        let cell = block.cells.get(self.cell as usize);
        let Some(field) = cell.and_then(|c| schema.fields.get(c.field as usize)) else {
            return "no field".to_string();
        };
        if field.words.is_empty() {
            return "no field with a name".to_string();
        }
        self.says(matcher, self.field, &matcher.names().met(field), "the field's name")
    }

    fn key_says(&self, matcher: &Matcher, block: &Block, says: Says, bound: bool) -> String {
        let cell = &block.cells[self.cell as usize];
        let key = key_before(&block.bytes, cell.start as usize, self.span.start as usize);
        let text = |range: Range<usize>| String::from_utf8_lossy(&block.bytes[range]).into_owned();
        let met = key.map_or_else(Vec::new, |k| matcher.names().met_by_key(&text(k.before), &text(k.token)));
        let what = if bound { "the key before it" } else { "the word before it" };
        match says {
            Says::Other if !bound => {
                format!("{}; not bound by a sign, so without weight", self.says(matcher, says, &met, what))
            }
            _ => self.says(matcher, says, &met, what),
        }
    }

    fn says(&self, matcher: &Matcher, says: Says, met: &[Met], what: &str) -> String {
        let longest = |of: &dyn Fn(&Met) -> bool| {
            let words = |m: &&Met| (m.name.matches('_').count(), std::cmp::Reverse(m.detector));
            met.iter().filter(|m| of(m)).max_by_key(words)
        };
        let name = longest(&|m| m.detector == self.detector && !m.veto);
        let veto = longest(&|m| m.detector == self.detector && m.veto);
        let entry = |m: Option<&Met>| m.map_or(String::new(), |m| format!(" `{}`", m.name));
        match says {
            Says::Named => format!("for: {what} holds{} of its fields", entry(name)),
            Says::Vetoed => format!("against: {what} holds{} of its not_fields", entry(veto)),
            Says::Other => {
                let other = longest(&|m| m.detector != self.detector && !m.veto);
                let of = other.map_or("another detector", |m| &matcher.detectors()[usize::from(m.detector)].id);
                format!("against: {what} holds{} of the fields of {of}", entry(other))
            }
            Says::Nothing => format!("{what} says nothing of it"),
        }
    }

    fn near_says(&self, matcher: &Matcher, block: &Block, near: bool) -> String {
        if !near {
            return format!(
                "no near word within {} bytes before and {} after",
                super::near::BEFORE_BYTES,
                super::near::AFTER_BYTES
            );
        }
        let cell = &block.cells[self.cell as usize];
        let (start, end) = (self.span.start as usize, self.span.end as usize);
        let found =
            matcher.near().found(self.detector, &block.bytes, cell.start as usize..cell.end as usize, start..end);
        let places = found.iter().map(|(at, phrase)| match at.cmp(&end) {
            Ordering::Less => format!("`{phrase}` starts {} bytes before it", start - at),
            _ => format!("`{phrase}` starts {} bytes after it", at - end),
        });
        format!("for: {}", places.collect::<Vec<_>>().join(", "))
    }

    fn confidence_says(&self, confidence: Confidence, basis: Basis) -> String {
        let from = match (basis.has(Basis::FIELD), basis.has(Basis::NEAR)) {
            (true, _) => "its field or key names it",
            (_, true) => "a word near it names it",
            _ => "the value stands alone",
        };
        let other = self.field == Says::Other || self.key == Some((Says::Other, true));
        let lowered = if other && !basis.has(Basis::FIELD) { ", lowered because the name is another's" } else { "" };
        format!("{}: {from}{lowered}", confidence.code())
    }
}

/// What a validator says: whether it is proven, or why it is not valid.
fn validator_says(name: Option<&str>, verdict: Result<bool, &str>) -> String {
    match (name, verdict) {
        (None, _) => "it has none".to_string(),
        (Some(name), Ok(true)) => format!("{name}: valid, and proven by a checksum or a list"),
        (Some(name), Ok(false)) => format!("{name}: valid by form and range, not proven"),
        (Some(name), Err(why)) => format!("{name}: not valid: {why}"),
    }
}

fn marks_say(marks: Marks) -> String {
    let all = [
        (Marks::TEST, "a published test value"),
        (Marks::NEVER_ISSUED, "in a range that was never issued"),
        (Marks::PLACEHOLDER, "a placeholder, which gets no token"),
        (Marks::ROLE, "of a role or organisation, not a person"),
    ];
    let said: Vec<&str> = all.into_iter().filter(|(mark, _)| marks.has(*mark)).map(|(_, text)| text).collect();
    said.join(", ")
}

/// The first thing in which one finding is better than another.
fn better(matcher: &Matcher, winner: &Finding, loser: &Finding) -> &'static str {
    let (w, l) = (rank(matcher, winner), rank(matcher, loser));
    match () {
        () if w.0 != l.0 => "its field or key names it",
        () if w.1 != l.1 => "this one was never issued",
        () if w.2 != l.2 => "it has the higher precedence",
        () if w.3 != l.3 => "it is longer",
        () if w.4 != l.4 => "it starts earlier",
        () => "it comes first in the list of detectors",
    }
}
