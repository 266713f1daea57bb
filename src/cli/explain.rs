//! `rollcall detectors explain`

use super::args::{DataArgs, DetectorsArgs, PlaceArgs};
use super::exit::{Exit, usage};
use super::run::{plan, suppress};
use super::{print, settings};
use crate::matcher::explain::End;
use crate::pipeline::explain::{Candidate, Explained, Outcome, Place, explain};
use crate::report::visible;
use crate::source::{Source, SourceOptions};
use serde_json::json;
use std::path::PathBuf;

/// Runs the command.
pub fn run(
    place: &str,
    config: Option<PathBuf>,
    key_file: Option<PathBuf>,
    args: &DetectorsArgs,
) -> anyhow::Result<Exit> {
    let (file, place) = parse(place)?;
    let source = Source::open(file, &SourceOptions::default()).map_err(|e| usage(e.to_string()))?;
    let config = settings::config(config.as_deref());
    let said = settings::settings(&DataArgs { config, patterns: args.patterns.clone(), ..DataArgs::default() })?;
    // The key is asked for only where a value is allowed by its token.
    let today = settings::today();
    let key = match said.suppress.allowed.iter().any(|a| a.expires >= today) {
        true => Some(PlaceArgs { inventory: None, key_file }.key()?),
        false => None,
    };
    let in_force = suppress(&said, key.as_ref().map(|k| k.id()).as_deref())?;
    let plan = plan(&said)?.suppressing(in_force);
    let explained = explain(&plan, key.as_ref(), &source, place).map_err(usage)?;
    if args.json {
        print::json(&as_json(&explained, place))?
    } else {
        print::out(&as_text(&explained, place))?
    }
    Ok(Exit::Complete)
}

/// Reads `FILE:LINE`, `FILE:row R` and `FILE:bytes FROM-TO`.
fn parse(text: &str) -> anyhow::Result<(&str, Place)> {
    let wrong =
        || usage(format!("{text}: write FILE:LINE, 'FILE:row R' or 'FILE:bytes FROM-TO', as in crm/people.csv:12"));
    let (file, place) = text.rsplit_once(':').ok_or_else(wrong)?;
    let number = |text: &str| text.trim().trim_start_matches('=').trim().parse::<u64>().map_err(|_| wrong());
    let place = match (place.trim().strip_prefix("row"), place.trim().strip_prefix("byte")) {
        (Some(row), _) => Place::Row(number(row)?),
        (_, Some(bytes)) => {
            let bytes = bytes.trim_start_matches('s');
            let (from, to) = bytes.split_once("..").or_else(|| bytes.split_once('-')).unwrap_or((bytes, ""));
            let from = number(from)?;
            let to = if to.is_empty() { from.saturating_add(1) } else { number(to)? };
            if to <= from {
                return Err(wrong());
            }
            Place::Bytes(from, to)
        }
        _ => Place::Line(number(place)?),
    };
    if file.is_empty() { Err(wrong()) } else { Ok((file, place)) }
}

fn words(place: Place) -> String {
    match place {
        Place::Line(line) => format!("line {line}"),
        Place::Row(row) => format!("row {row}"),
        Place::Bytes(from, to) => format!("bytes {from}-{to}"),
    }
}

/// What became of a candidate, in a word and in words.
fn outcome(candidate: &Candidate) -> (&'static str, String) {
    match &candidate.outcome {
        Outcome::Suppressed(reason) => ("suppressed", format!("suppressed: {reason}")),
        Outcome::Judged(end) => {
            let words = match end {
                End::Kept(confidence) => format!("kept, confidence {}", confidence.code()),
                End::Vetoed => "vetoed by a name".to_string(),
                End::Invalid => "dropped: not valid".to_string(),
                End::Unnamed => "dropped: a value that nobody has".to_string(),
                End::BelowThreshold => "dropped: below threshold".to_string(),
                End::Column => "dropped with its column".to_string(),
                End::Overlapped(_) => "dropped: lost to an overlapping finding".to_string(),
            };
            (end.code(), words)
        }
    }
}

fn as_json(explained: &Explained, place: Place) -> serde_json::Value {
    let candidates: Vec<_> = explained
        .candidates
        .iter()
        .map(|c| {
            let reasons: Vec<_> = c.reasons.iter().map(|r| json!({ "asked": r.asked, "answer": r.answer })).collect();
            let (confidence, reason) = match &c.outcome {
                Outcome::Judged(End::Kept(confidence)) => (Some(confidence.code()), None),
                Outcome::Suppressed(reason) => (None, Some(reason)),
                Outcome::Judged(_) => (None, None),
            };
            json!({
                "row": c.row, "field": c.field, "first_byte": c.bytes.0, "end_byte": c.bytes.1, "detector": c.detector,
                "element": c.element.code(), "form": c.form, "reasons": reasons, "outcome": outcome(c).0,
                "confidence": confidence, "suppressed_by": reason,
            })
        })
        .collect();
    let gaps: Vec<_> = explained
        .gaps
        .iter()
        .map(|g| json!({ "kind": g.kind.code(), "offset": g.offset, "bytes": g.bytes, "detail": g.detail }))
        .collect();
    json!({
        "uri": explained.object.uri,
        "place": words(place),
        "format": explained.format.0,
        "dialect": explained.format.1,
        "first_byte": explained.bytes.map(|b| b.0),
        "end_byte": explained.bytes.map(|b| b.1),
        "candidates": candidates,
        "fields_without_candidates": explained.silent,
        "gaps": gaps,
    })
}

fn as_text(explained: &Explained, place: Place) -> String {
    let (format, dialect) = &explained.format;
    let dialect = if dialect.is_empty() { String::new() } else { format!("; {}", visible(dialect)) };
    let bytes = explained.bytes.map_or(String::new(), |(from, to)| format!(", bytes {from}-{to}"));
    let mut text = format!("{}, {}{bytes} ({format}{dialect})\n", visible(&explained.object.uri), words(place));
    for c in &explained.candidates {
        let field = if c.field.is_empty() { String::new() } else { format!(", field {}", visible(&c.field)) };
        text += &format!(
            "\n{} ({}): {}\n  at          row {}{field}, bytes {}-{}\n",
            visible(&c.detector),
            c.element.code(),
            visible(&c.form),
            c.row,
            c.bytes.0,
            c.bytes.1
        );
        for reason in &c.reasons {
            text += &format!("  {:<11} {}\n", reason.asked, visible(&reason.answer));
        }
        text += &format!("  {:<11} {}\n", "end", visible(&outcome(c).1));
    }
    let named: Vec<_> = explained.silent.iter().filter(|f| !f.is_empty()).map(|f| visible(f)).collect();
    if explained.candidates.is_empty() && named.is_empty() {
        text += "\nnothing there has the shape of anything that is looked for\n";
    }
    if !named.is_empty() {
        text += &format!("\nno detector has a candidate in: {}\n", named.join(", "));
    }
    for gap in &explained.gaps {
        text += &format!("\nnot read, or not whole: {}: {}\n", gap.kind.code(), visible(&gap.detail));
    }
    text
}
