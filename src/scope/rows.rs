//! From the counts of a place to its row: duties, thresholds, dates, services, damages.

use super::dates::Due;
use super::law::{Comparator, Kind, Rule};
use super::request::ScopeRequest;
use super::summary::{Duty, DutyStatus, Liability, PlaceRow, Tiers, UnknownResidence};
use crate::model::mention::Population;
use std::collections::BTreeMap;

/// The counts of one row.
#[derive(Default)]
pub struct Row {
    /// People who live there.
    pub people: Tiers,
    /// The same by place, where the rule holds in many.
    pub people_by_place: BTreeMap<String, u64>,
    /// People for whom the rule is triggered.
    pub hit: Tiers,
    /// The same by population.
    pub hit_by_population: BTreeMap<Population, u64>,
    /// People for whom it may be.
    pub review: u64,
    /// People to whom services may be owed.
    pub services: u64,
}

/// A row of the answer: the counts, and what the rule makes of them.
pub fn place_row(
    place: String,
    rule: Option<&Rule>,
    row: Row,
    unknown: UnknownResidence,
    request: &ScopeRequest,
) -> PlaceRow {
    let upper = row.hit.total() + row.review;
    let mut made = PlaceRow {
        title: place.clone(),
        place,
        rule: None,
        kind: None,
        citation: String::new(),
        people: row.people,
        people_by_place: row.people_by_place,
        hit: row.hit,
        hit_by_population: row.hit_by_population,
        review: row.review,
        upper,
        duties: Vec::new(),
        substitute: None,
        services: None,
        standard: String::new(),
        harm: String::new(),
        notice_must_not: Vec::new(),
        notes: Vec::new(),
        facts_of: String::new(),
        law_review: String::new(),
    };
    let Some(rule) = rule else {
        made.notes.push("no rule shipped: review".to_string());
        return made;
    };
    made.rule = Some(rule.id.clone());
    made.title = rule.title.clone();
    made.kind = Some(rule.kind);
    made.citation = rule.citation.clone();
    made.duties = duties(rule, &made, unknown, request);
    made.substitute = rule.substitute.clone().map(|s| {
        let large = s.class_gt.is_some_and(|n| upper > n);
        (s, large)
    });
    made.services = rule.services.clone().filter(|_| row.services > 0).map(|s| (s, row.services));
    made.standard = rule.standard.clone();
    made.harm = rule.harm.clone();
    made.notice_must_not = rule.notice_must_not.clone();
    made.notes = notes(rule);
    let discovered = request.dates.discovered.as_ref().map(|d| d.date());
    if let (Some(since), Some(day)) = (rule.effective, discovered)
        && day < since
    {
        made.notes.insert(0, format!("discovered before {since}, when this rule came into force: review"));
    }
    made.facts_of = rule.facts_of.to_string();
    made.law_review = rule.review.clone();
    made
}

fn notes(rule: &Rule) -> Vec<String> {
    let mut notes = rule.notes.clone();
    if !rule.applies_to.is_empty() {
        notes.push(format!("binds only: {}", rule.applies_to.join(", ")));
    }
    notes.extend(rule.disputed.iter().map(|d| format!("disputed: {d}")));
    notes.extend(rule.verify.iter().map(|v| format!("to verify: {v}")));
    for word in rule.with_name.not_detected.iter().chain(&rule.alone.not_detected) {
        notes.push(format!("no detector looks for {word}"));
    }
    notes
}

fn duties(rule: &Rule, row: &PlaceRow, unknown: UnknownResidence, request: &ScopeRequest) -> Vec<Duty> {
    let more = match rule.kind {
        Kind::Authority => unknown.people.total(),
        Kind::Notice | Kind::Liability => unknown.would_trigger,
    };
    let status = |comparator: Comparator| match comparator {
        Comparator::AsDirected => DutyStatus::AsDirected,
        c if c.met(row.hit.certain) => DutyStatus::Owed,
        c if c.met(row.upper) => DutyStatus::OwedIfReviewCounts,
        c if c.met(row.upper + more) => DutyStatus::NotOwedUnlessUnknown,
        _ => DutyStatus::NotOwed,
    };
    let duty = |who: &str, comparator, due, note: String| Duty {
        who: who.to_string(),
        comparator,
        people: row.upper,
        status: status(comparator),
        due,
        note,
    };
    let mut duties = Vec::new();
    let delay = match rule.resident.delay.as_str() {
        "" => String::new(),
        delay => format!("delay: {delay}"),
    };
    let mut residents = duty("residents", Comparator::Any, request.dates.due(&rule.resident), delay);
    if rule.kind == Kind::Authority && residents.status == DutyStatus::Owed {
        // Whether people must be told there is a judgement about risk.
        residents.status = DutyStatus::OwedIfReviewCounts;
        residents.note = rule.resident.delay.clone();
    }
    duties.push(residents);
    for regulator in &rule.regulators {
        let mut note = regulator.note.clone();
        if !regulator.only_if.is_empty() {
            note = [format!("only if {}", regulator.only_if), note]
                .into_iter()
                .filter(|n| !n.is_empty())
                .collect::<Vec<_>>()
                .join("; ");
        }
        duties.push(duty(&regulator.who, regulator.comparator, request.dates.due(&regulator.clock), note));
    }
    if let Some(bureaus) = &rule.bureaus {
        let due = Due::NoFixedLimit;
        duties.push(duty("credit bureaus", bureaus.comparator, due, bureaus.note.clone()));
    }
    duties
}

/// What a rule of liability makes of the counts.
pub fn exposure(rule: &Rule, row: &Row) -> Option<Liability> {
    let damages = rule.damages.as_ref()?;
    let upper = row.hit.total() + row.review;
    let dollars = |people: u64| (people.saturating_mul(damages.min), people.saturating_mul(damages.max));
    Some(Liability {
        rule: rule.id.clone(),
        citation: rule.citation.clone(),
        exposed: row.hit,
        review: row.review,
        upper,
        certain_usd: dollars(row.hit.certain),
        upper_usd: dollars(upper),
        each_usd: (damages.min, damages.max),
        per: damages.per.clone(),
        next_cpi: damages.next_cpi.clone(),
        notes: notes(rule),
        facts_of: rule.facts_of.to_string(),
        law_review: rule.review.clone(),
    })
}
