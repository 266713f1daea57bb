//! `rollcall detectors`

use super::args::{DetectorsArgs, DetectorsCommand};
use super::exit::{Exit, usage};
use super::settings::detectors;
use super::{allow, explain, print};
use crate::matcher::judge::Judge;
use crate::matcher::plan::Matcher;
use crate::model::block::{Block, Cell, Layout, RecordMark};
use crate::model::detector::Detector;
use crate::model::field::{Field, Schema};
use crate::pattern;
use crate::pipeline::plan::validators;
use crate::report::visible;
use serde_json::json;
use std::io::Read;
use std::path::Path;

/// Runs the command.
pub fn run(command: DetectorsCommand) -> anyhow::Result<Exit> {
    match command {
        DetectorsCommand::List(args) => list(&args),
        DetectorsCommand::Show { id, args } => show(&id, &args),
        DetectorsCommand::Check { dir, json } => check(dir.as_deref(), json),
        DetectorsCommand::Explain { place, config, key_file, args } => {
            explain::run(&place.join(" "), config, key_file, &args)
        }
        DetectorsCommand::Allow { value, kind, reason, expires, config, place, json } => {
            let entry = allow::Entry { value, kind, reason, expires };
            allow::run(entry, &config, &place, json)
        }
        DetectorsCommand::Test { id, text, field, args } => test(&id, &text, field.as_deref(), &args),
    }
}

fn list(args: &DetectorsArgs) -> anyhow::Result<Exit> {
    let all = detectors(&args.patterns)?;
    if args.json {
        let rows: Vec<_> = all
            .iter()
            .map(|d| json!({ "id": d.id, "name": d.name, "element": d.element.code(), "identifies": d.identifies.code(), "file": d.file }))
            .collect();
        print::json(&rows)?;
    } else {
        let width = all.iter().map(|d| d.id.len()).max().unwrap_or(0);
        for d in &all {
            print::line(&format!(
                "{:width$}  {:<12} {:<9}  {}",
                visible(&d.id),
                d.element.code(),
                d.identifies.code(),
                visible(&d.name)
            ))?;
        }
    }
    Ok(Exit::Complete)
}

fn find<'a>(all: &'a [Detector], id: &str) -> anyhow::Result<&'a Detector> {
    all.iter()
        .find(|d| d.id == id)
        .ok_or_else(|| usage(format!("no detector is called {id}; `rollcall detectors list` lists them")))
}

/// One detector as a plan of its own.
fn matcher(detector: &Detector) -> anyhow::Result<Matcher> {
    let one = std::slice::from_ref(detector);
    let mut problems = Vec::new();
    let validators = validators(one, &mut problems);
    let matcher = Matcher::new(one, &validators);
    match matcher {
        Ok(matcher) if problems.is_empty() => Ok(matcher),
        other => {
            problems.extend(other.err().into_iter().flatten().map(|p| p.to_string()));
            Err(usage(problems.join("\n")))
        }
    }
}

fn show(id: &str, args: &DetectorsArgs) -> anyhow::Result<Exit> {
    let all = detectors(&args.patterns)?;
    let d = find(&all, id)?;
    let front_end = matcher(d)?.front_end(0);
    if args.json {
        print::json(&json!({
            "id": d.id, "file": d.file, "name": d.name, "element": d.element.code(), "form": d.form.code(),
            "identifies": d.identifies.code(), "why": d.why, "match": d.pattern, "field_only": d.field_only, "beside_findings": d.beside_findings,
            "whole_field": d.whole_field, "digits": d.digits, "near": d.near, "fields": d.fields, "not_fields": d.not_fields,
            "validate": d.validate, "alone": d.alone.code(), "with_near": d.with_near.code(),
            "with_field": d.with_field.code(), "precedence": d.precedence, "references": d.references,
            "front_end": front_end,
        }))?;
        return Ok(Exit::Complete);
    }
    let mut text = format!("{}: {}\n{}\n\n", d.id, d.name, d.why);
    let mut row = |name: &str, value: String| {
        if !value.is_empty() {
            text += &format!("{name:<11} {value}\n");
        }
    };
    row("file", d.file.clone());
    row("element", format!("{} ({})", d.element.code(), d.element.title()));
    row("form", d.form.code().to_string());
    row("identifies", d.identifies.code().to_string());
    row("match", d.pattern.clone().unwrap_or_default());
    row("front end", front_end);
    row("validate", d.validate.clone().unwrap_or_default());
    row(
        "looks at",
        if d.whole_field {
            "whole values of its fields".into()
        } else if d.beside_findings {
            "its fields, and text beside other findings".into()
        } else if d.field_only {
            "its fields".into()
        } else {
            "all bytes".to_string()
        },
    );
    row("fields", d.fields.join(", "));
    row("not fields", d.not_fields.join(", "));
    row("near", d.near.join(", "));
    row(
        "confidence",
        format!(
            "{} alone, {} with a word near, {} in its field",
            d.alone.code(),
            d.with_near.code(),
            d.with_field.code()
        ),
    );
    row("precedence", d.precedence.to_string());
    d.references.iter().for_each(|r| row("reference", r.clone()));
    print::out(&text.split('\n').map(visible).collect::<Vec<_>>().join("\n"))?;
    Ok(Exit::Complete)
}

/// Checks pattern files: their form, and that every example is found and every near miss is not.
fn check(dir: Option<&Path>, json: bool) -> anyhow::Result<Exit> {
    let mut lines = Vec::new();
    let mut notes = Vec::new();
    let checked = match dir {
        None => {
            let all = pattern::builtin();
            lines.extend(pattern::check(&all).iter().map(|p| p.to_string()));
            all
        }
        Some(dir) => match pattern::load_dir(dir) {
            Ok(own) => {
                lines.extend(pattern::check(&own).iter().map(|p| p.to_string()));
                own
            }
            Err(problems) => {
                lines.extend(problems.iter().map(|p| p.to_string()));
                Vec::new()
            }
        },
    };
    for d in &checked {
        match matcher(d) {
            Ok(matcher) => {
                if let Some(per_kib) = matcher.no_anchor(0) {
                    notes.push(format!(
                        "{}: no anchor: about {per_kib:.0} places in a KiB of ordinary data fit, and each is walked",
                        d.file
                    ));
                }
                for (i, e) in d
                    .examples
                    .iter()
                    .enumerate()
                    .filter(|(_, e)| found(&matcher, &e.text, e.field.as_deref()) != e.found)
                {
                    let fault = if e.found { "should be found and is not" } else { "should not be found and is" };
                    lines.push(format!("{}: example {} {fault}", d.file, i + 1));
                }
            }
            Err(e) => lines.push(format!("{}: {e}", d.file)),
        }
    }
    if json {
        print::json(&json!({ "detectors": checked.len(), "problems": lines, "notes": notes }))?;
    } else {
        lines.iter().chain(&notes).try_for_each(|l| print::line(&visible(l)))?;
        if lines.is_empty() {
            print::line(&format!("{} detectors, all sound", checked.len()))?;
        }
    }
    Ok(if lines.is_empty() { Exit::Complete } else { Exit::Usage })
}

fn test(id: &str, text: &str, field: Option<&str>, args: &DetectorsArgs) -> anyhow::Result<Exit> {
    let all = detectors(&args.patterns)?;
    let matcher = matcher(find(&all, id)?)?;
    let mut input = text.to_string();
    if text == "-" {
        input.clear();
        std::io::stdin().read_to_string(&mut input)?;
    }
    let found = findings(&matcher, input.trim_end_matches('\n'), field);
    let places: Vec<_> =
        found.iter().map(|f| json!({ "start": f.start, "end": f.end, "confidence": f.confidence.code() })).collect();
    if args.json {
        print::json(&json!({ "detector": id, "findings": places }))?;
    } else if found.is_empty() {
        print::line("nothing found")?;
    } else {
        found.iter().try_for_each(|f| {
            print::line(&format!("found at bytes {}..{}, confidence {}", f.start, f.end, f.confidence.code()))
        })?;
    }
    Ok(if found.is_empty() { Exit::Matched } else { Exit::Complete })
}

fn found(matcher: &Matcher, text: &str, field: Option<&str>) -> bool {
    !findings(matcher, text, field).is_empty()
}

/// The findings in one text, or in one value of a field.
fn findings(matcher: &Matcher, text: &str, field: Option<&str>) -> Vec<crate::model::finding::Finding> {
    let mut schema = Schema::default();
    schema.push(Field::new([field.unwrap_or("")]));
    let mut bytes = text.as_bytes().to_vec();
    bytes.push(b'\n');
    let (mut cells, mut records, mut start) = (Vec::new(), Vec::new(), 0);
    for (row, line) in text.split('\n').enumerate() {
        let end = start + line.len();
        if !line.is_empty() {
            cells.push(Cell { start: start as u32, end: end as u32, field: 0, record: records.len() as u32 });
            records.push(RecordMark {
                id: row as u64,
                parent: None,
                row: row as u64 + 1,
                path: 0,
                source: start as u64..end as u64,
                open: false,
            });
        }
        start = end + 1;
    }
    let layout = if field.is_some() { Layout::Table } else { Layout::Text };
    let block = Block { owned: 0..bytes.len() as u32, bytes, offset: 0, layout, cells, records };
    let mut out = Vec::new();
    Judge::new(matcher).block(&block, &schema, &mut out);
    out
}
