//! The answer to a leak on a screen: what matters first, what is not known beside it, what to do next at the end.

use super::columns::{counted, fit, number, wrap};
use super::escape::visible;
use crate::model::mention::Population;
use crate::scope::{Comparator, Due, DutyStatus, PlaceRow, Summary, Tiers};
use std::collections::BTreeSet;
use std::io::{self, Write};

/// Combinations on a screen; the files have them all.
const COMBINATIONS_SHOWN: usize = 12;

/// Writes the answer in lines of at most `width` columns (at least 80).
pub fn terminal(summary: &Summary, width: usize, out: &mut dyn Write) -> io::Result<()> {
    let width = width.max(80);
    headline(summary, width, out)?;
    places(summary, width, out)?;
    duties(summary, width, out)?;
    combinations(summary, width, out)?;
    reviews(summary, width, out)?;
    gaps(summary, width, out)?;
    next(summary, width, out)
}

fn line(out: &mut dyn Write, width: usize, indent: usize, text: &str) -> io::Result<()> {
    writeln!(out, "{:indent$}{}", "", wrap(&visible(text), width, indent))
}

fn headline(s: &Summary, width: usize, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "PEOPLE IN THE LEAK  {}", number(s.people.total()))?;
    if s.leak.complete + s.leak.partial == 0 {
        line(out, width, 2, "Nothing of the leak was read, so this says nothing about who is affected.")?;
    }
    writeln!(out, "  {:<30}{:>14}{:>14}{:>14}", "", "certain", "likely", "possible")?;
    tiers(out, "in the leaked objects", s.people)?;
    tiers(out, "must be told (a rule is met)", s.outcomes.notice)?;
    for (population, (people, counted)) in &s.populations {
        if *population != Population::Consumer {
            let label = format!("{}s{}", population.code(), if *counted { ", counted above" } else { ", not counted" });
            tiers(out, &label, *people)?;
        }
    }
    let text =
        format!("under review: {}; no triggering element: {}", number(s.outcomes.review), number(s.outcomes.none));
    line(out, width, 2, &text)?;
    if s.clusters.clusters > 0 {
        let text = format!(
            "{} of people who may be one ({}): between {} and {} people.",
            counted(s.clusters.clusters, "cluster", "clusters"),
            counted(s.clusters.members, "member", "members"),
            number(s.clusters.people_fewest),
            number(s.clusters.people_most)
        );
        line(out, width, 2, &text)?;
    }
    if s.unlinked.mentions > 0 {
        let text = format!(
            "{} in leaked objects belong to no person ({}): they are in no headcount.",
            counted(s.unlinked.mentions, "mention", "mentions"),
            counted(s.unlinked.records, "record", "records")
        );
        line(out, width, 2, &text)?;
    }
    if s.key_exposed {
        line(out, width, 2, "Encrypted and tokenised values count as readable: the key was exposed.")?;
    }
    Ok(())
}

fn tiers(out: &mut dyn Write, label: &str, t: Tiers) -> io::Result<()> {
    let (certain, likely, possible) = (number(t.certain), number(t.likely), number(t.possible));
    writeln!(out, "  {label:<30}{certain:>14}{likely:>14}{possible:>14}")
}

fn places(s: &Summary, width: usize, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "\nWHERE THEY LIVE")?;
    writeln!(
        out,
        "  {:<9}{:>11}  {:>10}{:>9}{:>9}{:>10}{:>10}",
        "", "people", "certain", "likely", "possible", "review", "at most"
    )?;
    for p in &s.places {
        let label = fit(&visible(&p.place), 9);
        let people = number(p.people.total());
        if p.rule.is_none() {
            writeln!(out, "  {label:<9}{people:>11}  no rule shipped: review")?;
            continue;
        }
        writeln!(
            out,
            "  {label:<9}{people:>11}  {:>10}{:>9}{:>9}{:>10}{:>10}",
            number(p.hit.certain),
            number(p.hit.likely),
            number(p.hit.possible),
            number(p.review),
            number(p.upper)
        )?;
        let staff: Vec<String> = p
            .hit_by_population
            .iter()
            .filter(|(population, _)| **population != Population::Consumer)
            .map(|(population, n)| format!("{}s {}", population.code(), number(*n)))
            .collect();
        if !staff.is_empty() {
            line(out, width, 11, &format!("of these, {}", staff.join(", ")))?;
        }
    }
    if s.unknown.people.total() > 0 {
        let text = format!(
            "unknown residence: {}, of whom {} would count somewhere; thresholds below may turn on them",
            number(s.unknown.people.total()),
            number(s.unknown.would_trigger)
        );
        line(out, width, 2, &text)?;
    }
    Ok(())
}

fn duties(s: &Summary, width: usize, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "\nDUTIES AND DATES (every rule needs counsel's review)")?;
    let mut none = true;
    for p in s.places.iter().filter(|p| p.rule.is_some()) {
        let owed: Vec<_> = p
            .duties
            .iter()
            .filter(|d| {
                d.status != DutyStatus::NotOwed && (p.upper > 0 || d.status == DutyStatus::NotOwedUnlessUnknown)
            })
            .collect();
        if owed.is_empty() {
            continue;
        }
        none = false;
        line(out, width, 2, &format!("{}  {} (facts of {})", p.place, p.citation, p.facts_of))?;
        for duty in owed {
            let status = match duty.status {
                DutyStatus::Owed => "owed",
                DutyStatus::OwedIfReviewCounts => "owed if those not certain count",
                DutyStatus::NotOwedUnlessUnknown => "only if people of unknown residence live there",
                DutyStatus::NotOwed => "not owed",
                DutyStatus::AsDirected => "as directed",
            };
            let needs = match duty.comparator {
                Comparator::Any | Comparator::AsDirected => String::new(),
                threshold => format!(", needs {threshold}"),
            };
            let people = counted(duty.people, "person", "people");
            let text = format!("{}: {status} ({people}{needs}); due {}", duty.who, duty.due);
            line(out, width, 6, &text)?;
            if !duty.note.is_empty() {
                line(out, width, 8, &duty.note)?;
            }
        }
        extras(p, width, out)?;
    }
    if none {
        line(out, width, 2, "none by the rules that ship")?;
    }
    Ok(())
}

fn extras(p: &PlaceRow, width: usize, out: &mut dyn Write) -> io::Result<()> {
    if let Some((services, people)) = &p.services {
        let mut text = format!("identity services: {} months for up to {} people", services.months, number(*people));
        for more in [&services.only_if, &services.note].into_iter().filter(|t| !t.is_empty()) {
            text = format!("{text}; {more}");
        }
        line(out, width, 6, &text)?;
    }
    if let Some((substitute, true)) = &p.substitute
        && let Some(class) = substitute.class_gt
    {
        line(out, width, 6, &format!("substitute notice is open: more than {} people", number(class)))?;
    }
    if !p.notice_must_not.is_empty() {
        line(out, width, 6, &format!("the notice must not state: {}", p.notice_must_not.join(", ")))?;
    }
    if p.harm != "none" && p.upper > 0 {
        line(out, width, 6, &format!("harm: {} (not decided here)", p.harm))?;
    }
    Ok(())
}

fn combinations(s: &Summary, width: usize, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "\nWHAT LEAKED TOGETHER")?;
    for c in s.combinations.iter().take(COMBINATIONS_SHOWN) {
        let mut elements = c.facts.shown().to_string();
        if elements.is_empty() {
            elements = "nothing but identifiers and parts of an address".to_string();
        }
        writeln!(out, "  {:>12}  {}", number(c.people), wrap(&elements, width, 16))?;
    }
    let rest: u64 =
        s.combinations.iter().skip(COMBINATIONS_SHOWN).map(|c| c.people).sum::<u64>() + s.combinations_other;
    if rest > 0 {
        writeln!(out, "  {:>12}  other combinations (summary.json has them)", number(rest))?;
    }
    for o in &s.orphans {
        let text = format!(
            "no person beside it: {} ({}), {} in {}",
            o.element.title(),
            o.form.code(),
            counted(o.findings, "finding", "findings"),
            counted(o.objects, "object", "objects")
        );
        line(out, width, 2, &text)?;
    }
    Ok(())
}

fn reviews(s: &Summary, width: usize, out: &mut dyn Write) -> io::Result<()> {
    if s.reviews.is_empty() {
        return Ok(());
    }
    writeln!(out, "\nFOR COUNSEL TO DECIDE")?;
    for (reason, people) in &s.reviews {
        writeln!(out, "  {:>12}  {}", number(*people), wrap(reason.why(), width, 16))?;
    }
    Ok(())
}

fn gaps(s: &Summary, width: usize, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "\nWHAT WAS READ")?;
    let l = &s.leak;
    let text = format!(
        "{} leaked: {} read whole, {} in part, {} of a kind not read, {} failed, {} retired, {} not in the inventory, {} could not be scanned",
        counted(l.objects, "object", "objects"),
        number(l.complete),
        number(l.partial),
        number(l.skipped),
        number(l.failed),
        number(l.retired),
        number(l.not_in_inventory),
        number(l.unscanned)
    );
    line(out, width, 2, &text)?;
    line(
        out,
        width,
        2,
        &format!(
            "{} read, {} in them, {}",
            counted(l.bytes_read, "byte", "bytes"),
            counted(l.records, "record", "records"),
            counted(l.mentions, "mention", "mentions")
        ),
    )?;
    for ((status, kind), n) in &s.gaps {
        let kind = if kind.is_empty() { String::new() } else { format!(" {kind}") };
        writeln!(out, "  {:>12}  {status}{}", number(*n), visible(&kind))?;
    }
    Ok(())
}

fn next(s: &Summary, width: usize, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "\nWHAT TO DO NEXT")?;
    let mut steps: Vec<String> = Vec::new();
    if s.leak.not_whole() > 0 {
        steps.push("Read gaps.csv: what is in it is not in the numbers above.".to_string());
    }
    let missing: BTreeSet<&str> = s
        .places
        .iter()
        .filter(|p| p.upper > 0)
        .flat_map(|p| &p.duties)
        .filter(|d| d.status != DutyStatus::NotOwed)
        .filter_map(|d| match d.due {
            Due::NotGiven(option) | Due::NeedsTime(option) => Some(option),
            _ => None,
        })
        .collect();
    if !missing.is_empty() {
        let missing: Vec<&str> = missing.into_iter().collect();
        steps.push(format!("Give {} to turn clocks into dates.", missing.join(", ")));
    }
    if s.outcomes.review > 0 {
        steps.push("Take review.csv to counsel: each row is a question that no program can answer.".to_string());
    }
    if s.unlinked.mentions > 0 {
        steps.push("Link the inventory again: some mentions have no person yet.".to_string());
    }
    steps.push("Keep manifest.json with the files: it names their hashes and what they were made from.".to_string());
    for (i, step) in steps.iter().enumerate() {
        line(out, width, 2, &format!("{}. {step}", i + 1))?;
    }
    line(out, width, 2, "Not legal advice: the rules are data with their sources, and need counsel's review.")
}
