//! The answer to a leak as JSON, schema `rollcall.scope/1`.
//!
//! Members are only ever added within a schema number; their order is fixed. Headcounts are objects of `certain`,
//! `likely`, `possible`, each person in one. Dates are texts as the terminal shows them. Exposure to claims is not in it:
//! [`liability_json`] makes that its own document, schema `rollcall.scope.liability/1`.

use crate::scope::{Due, Duty, Liability, PlaceRow, Summary, Tiers};
use serde_json::{Map, Value, json};

/// The schema of [`summary_json`].
pub const SCHEMA: &str = "rollcall.scope/1";

/// The answer.
pub fn summary_json(s: &Summary) -> Value {
    let dates = &s.dates;
    let date = |anchor: &Option<crate::scope::Anchor>| anchor.as_ref().map(|a| a.text.clone());
    let l = &s.leak;
    json!({
        "schema": SCHEMA,
        "people": tiers(s.people),
        "outcomes": {
            "notice": tiers(s.outcomes.notice),
            "review": s.outcomes.review,
            "none": s.outcomes.none,
        },
        "populations": s.populations.iter().map(|(population, (people, counted))| json!({
            "population": population.code(),
            "counted": counted,
            "people": tiers(*people),
        })).collect::<Vec<_>>(),
        "clusters": {
            "clusters": s.clusters.clusters,
            "members": s.clusters.members,
            "people_fewest": s.clusters.people_fewest,
            "people_most": s.clusters.people_most,
        },
        "places": s.places.iter().map(place).collect::<Vec<_>>(),
        "unknown_residence": {
            "people": tiers(s.unknown.people),
            "would_trigger": s.unknown.would_trigger,
        },
        "combinations": s.combinations.iter().map(|c| json!({
            "elements": c.facts.shown().codes().collect::<Vec<_>>(),
            "people": c.people,
            "by_place": c.by_place,
        })).collect::<Vec<_>>(),
        "combinations_other": s.combinations_other,
        "reviews": s.reviews.iter().map(|(reason, people)| json!({
            "reason": reason.code(),
            "question": reason.why(),
            "people": people,
        })).collect::<Vec<_>>(),
        "leak": {
            "objects": l.objects,
            "complete": l.complete,
            "partial": l.partial,
            "skipped": l.skipped,
            "failed": l.failed,
            "retired": l.retired,
            "not_in_inventory": l.not_in_inventory,
            "unscanned": l.unscanned,
            "bytes_read": l.bytes_read,
            "records": l.records,
            "mentions": l.mentions,
        },
        "gaps": s.gaps.iter().map(|((status, kind), n)| json!({
            "status": status,
            "kind": kind,
            "gaps": n,
        })).collect::<Vec<_>>(),
        "orphans": s.orphans.iter().map(|o| json!({
            "element": o.element.code(),
            "form": o.form.code(),
            "findings": o.findings,
            "distinct_estimate": o.distinct,
            "objects": o.objects,
        })).collect::<Vec<_>>(),
        "unlinked": {
            "mentions": s.unlinked.mentions,
            "records": s.unlinked.records,
            "elements": s.unlinked.elements,
        },
        "dates": {
            "discovered": date(&dates.discovered),
            "determined": date(&dates.determined),
            "aware": date(&dates.aware),
            "noticed": date(&dates.noticed),
        },
        "key_exposed": s.key_exposed,
        "laws_hash": s.laws_hash,
    })
}

/// Exposure to claims.
pub fn liability_json(liability: &[Liability]) -> Value {
    json!({
        "schema": "rollcall.scope.liability/1",
        "not": "a fine, a notice duty or a forecast: exposure if every element of the claim is proven",
        "rules": liability.iter().map(|l| json!({
            "rule": l.rule,
            "citation": l.citation,
            "exposed": tiers(l.exposed),
            "review": l.review,
            "at_most": l.upper,
            "usd_each": {"least": l.each_usd.0, "most": l.each_usd.1, "per": l.per, "next_change": l.next_cpi},
            "usd_certain": {"least": l.certain_usd.0, "most": l.certain_usd.1},
            "usd_at_most": {"least": l.upper_usd.0, "most": l.upper_usd.1},
            "notes": l.notes,
            "facts_of": l.facts_of,
            "law_review": l.law_review,
        })).collect::<Vec<_>>(),
    })
}

fn tiers(t: Tiers) -> Value {
    json!({"certain": t.certain, "likely": t.likely, "possible": t.possible})
}

fn place(p: &PlaceRow) -> Value {
    let by_population: Map<String, Value> =
        p.hit_by_population.iter().map(|(population, n)| (population.code().to_string(), json!(n))).collect();
    json!({
        "place": p.place,
        "rule": p.rule,
        "title": p.title,
        "kind": p.kind.map(|k| k.code()),
        "citation": p.citation,
        "people": tiers(p.people),
        "people_by_place": p.people_by_place,
        "hit": tiers(p.hit),
        "hit_by_population": by_population,
        "review": p.review,
        "at_most": p.upper,
        "duties": p.duties.iter().map(duty).collect::<Vec<_>>(),
        "substitute": p.substitute.as_ref().map(|(s, class_met)| json!({
            "cost_usd_more_than": s.cost_usd,
            "class_more_than": s.class_gt,
            "class_met": class_met,
            "or_no_contact": s.no_contact,
            "web_days": s.web_days,
        })),
        "services": p.services.as_ref().map(|(s, people)| json!({
            "months": s.months,
            "if_any": s.words,
            "only_if": s.only_if,
            "note": s.note,
            "people_at_most": people,
        })),
        "standard": p.standard,
        "harm": p.harm,
        "notice_must_not": p.notice_must_not,
        "notes": p.notes,
        "facts_of": p.facts_of,
        "law_review": p.law_review,
    })
}

fn duty(d: &Duty) -> Value {
    let kind = match d.due {
        Due::Day(_) => "day",
        Due::Moment(_) => "moment",
        Due::NotGiven(_) | Due::NeedsTime(_) => "not_given",
        Due::NoFixedLimit | Due::BeforeEffective(_) => "no_fixed_limit",
        Due::WithResidents => "with_residents",
        Due::BeforeResidents => "before_residents",
        Due::OutOfRange => "out_of_range",
    };
    json!({
        "who": d.who,
        "needs": d.comparator.to_string(),
        "people": d.people,
        "status": d.status.code(),
        "due_kind": kind,
        "due": d.due.to_string(),
        "note": d.note,
    })
}
