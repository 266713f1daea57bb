//! `rollcall scan`

use super::args::ScanArgs;
use super::exit::Exit;
use super::place::InventoryAt;
use super::run::{Done, Job, Part, refuse_ambiguous, scan_into, setup, sources, stop_flag, workers};
use super::store::{self, Timer};
use super::{objects, print, settings};
use crate::model::element::Element;
use crate::model::gap::GapKind;
use crate::model::object::Object;
use crate::model::rows::ObjectRow;
use crate::pipeline::worker::{FindingPlace, FindingSink};
use crate::report::visible;
use crate::source::WireCounts;
use anyhow::Context;
use serde_json::json;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::Ordering::Relaxed;

/// Gaps that are printed; all of them are in the inventory.
const GAPS_PRINTED: usize = 20;

/// Runs the command.
pub fn run(args: ScanArgs) -> anyhow::Result<Exit> {
    let fail_on = elements(&args.fail_on)?;
    let options = store::options(&args.from, &args.limits)?;
    let sources = sources(&args.sources, &options)?;
    if args.estimate {
        return store::estimate(&sources, &options, workers(args.run.workers), args.run.json);
    }
    let setup = setup(&args.data, &args.place, &args.from)?;
    let at = args.place.inventory_at()?;
    let exclude: &[PathBuf] = if let InventoryAt::Folder(dir) = &at { std::slice::from_ref(dir) } else { &[] };
    refuse_ambiguous(&setup, &sources, exclude)?;
    let inventory = at.create_or_open(&setup.key.id())?;
    let findings = args.findings.as_deref().map(FindingsFile::create).transpose()?;
    let listed = objects::read(args.list.objects.as_deref())?;
    let only = args.shard.map(|shard| move |object: &Object| shard.holds(object));
    let stop = stop_flag()?;
    let timer = Timer::start(&args.limits, &stop)?;
    let parts = [Part { plan: &setup.plan, sources: &sources, settings: &setup.settings }];
    let job = Job {
        command: "scan",
        parts: &parts,
        remember: true,
        emptied: &[],
        forget: false,
        closed: 0,
        workers: workers(args.run.workers),
        quiet: args.run.quiet || args.run.json,
        only: only.as_ref().map(|only| only as &(dyn Fn(&Object) -> bool + Sync)),
        findings: findings.as_ref().map(|f| f as &dyn FindingSink),
        stop: &stop,
        link: !args.no_link,
        objects: listed.as_deref(),
        metrics: Some(&args.run.metrics),
        wire: &options.wire,
        save_every: args.run.save_every(),
    };
    let done = scan_into(&inventory, &setup.key, &job)?;
    if let Some(findings) = findings {
        findings.finish()?;
    }
    if args.run.json {
        print::json(&as_json(&done, inventory.place()))?
    } else {
        print::out(&as_text(&done, inventory.place()))?
    }
    warn_unmeasured(&done);
    let exit = exit(&done, args.run.strict, &fail_on);
    Ok(if exit == Exit::Interrupted && timer.rang() { Exit::Partial } else { exit })
}

/// Says that a run's numbers are missing where they were to be.
pub fn warn_unmeasured(done: &Done) {
    if let Some(why) = &done.unmeasured {
        print::note(&format!("warning: {why}; the run itself is done"));
    }
}

/// How a run ends that scanned.
pub fn exit(done: &Done, strict: bool, fail_on: &[Element]) -> Exit {
    if done.outcome.interrupted {
        Exit::Interrupted
    } else if !done.outcome.is_whole(strict) || done.unmeasured.is_some() {
        Exit::Partial
    } else if fail_on.iter().any(|e| done.outcome.elements.get(e).is_some_and(|n| *n > 0)) {
        Exit::Matched
    } else {
        Exit::Complete
    }
}

pub fn elements(codes: &[String]) -> anyhow::Result<Vec<Element>> {
    codes.iter().map(|code| settings::element("--fail-on", code)).collect()
}

pub fn as_json(done: &Done, place: &str) -> serde_json::Value {
    let o = &done.outcome;
    let gaps: Vec<_> = o
        .gaps
        .iter()
        .map(|(uri, g)| json!({ "uri": uri, "kind": g.kind.code(), "offset": g.offset, "bytes": g.bytes, "detail": g.detail }))
        .collect();
    json!({
        "inventory": place,
        "run": done.run.run,
        "outcome": done.run.outcome,
        "objects": {
            "complete": o.complete, "partial": o.partial, "skipped": o.skipped, "failed": o.failed,
            "unchanged": o.unchanged, "not_reached": o.not_reached,
        },
        "unchanged_partial": o.unchanged_partial,
        "gone": o.gone,
        "taken_over": o.taken_over,
        "committed": done.committed,
        "bytes_read": o.bytes_read,
        "store": store_json(done.wire.counts()),
        "records": o.records,
        "mentions": o.mentions,
        "findings": o.elements.iter().map(|(e, n)| (e.code().to_string(), json!(n))).collect::<serde_json::Map<_, _>>(),
        "people": done.linked.map(|l| json!({ "consumers": l.consumers, "clusters": l.clusters, "hubs": l.hubs })),
        "suppressed": o.suppressed.iter().map(|(reason, n)| json!({ "reason": reason, "findings": n })).collect::<Vec<_>>(),
        "unmet_rules": done.unmet,
        "gaps": gaps,
        "gaps_more": o.gaps_more,
    })
}

pub fn as_text(done: &Done, place: &str) -> String {
    let o = &done.outcome;
    let mut text = format!(
        "objects   {} complete, {} partial, {} skipped, {} failed, {} unchanged\nread      {} in {} records\n",
        o.complete,
        o.partial,
        o.skipped,
        o.failed,
        o.unchanged,
        indicatif::HumanBytes(o.bytes_read),
        o.records
    );
    text += &store_text(done.wire.counts());
    if o.unchanged_partial > 0 {
        let what = "of the unchanged were read in part before, or not at all, and would be again";
        text += &format!("          {} {what}\n", o.unchanged_partial);
    }
    if o.gone > 0 {
        text += &format!("gone      {} objects that are no longer there\n", o.gone);
    }
    if o.taken_over > 0 {
        text += &format!("resumed   {} objects had been read by a run that was interrupted\n", o.taken_over);
    }
    let found: Vec<String> =
        o.elements.iter().filter(|(_, n)| **n > 0).map(|(e, n)| format!("{} {n}", e.code())).collect();
    text += &format!("found     {}\n", if found.is_empty() { "nothing".to_string() } else { found.join(", ") });
    text += &suppressed_text(&o.suppressed);
    if let Some(l) = &done.linked {
        text += &format!(
            "people    {} from {} mentions; {} clusters to review, {} shared values link nobody\n",
            l.consumers, l.mentions, l.clusters, l.hubs
        );
    }
    let state = if done.committed { done.run.outcome.as_str() } else { "nothing changed" };
    text += &format!("inventory {} (run {}, {state})\n", visible(place), done.run.run);
    if o.interrupted {
        text += &format!(
            "stopped   {} objects were not reached; what was read is kept. Scan again to go on; `rollcall link` links what is there.\n",
            o.not_reached
        );
    }
    for rule in &done.unmet {
        text += &format!("warning   {}: no object that was read has that field\n", visible(rule));
    }
    let (skipped, missing): (Vec<_>, Vec<_>) = o.gaps.iter().partition(|(_, g)| g.kind == GapKind::Unsupported);
    for (title, gaps) in [("not read, or not whole", missing), ("kinds of file that are not read", skipped)] {
        if gaps.is_empty() {
            continue;
        }
        text += &format!("\n{title}:\n");
        for (uri, gap) in gaps.iter().take(GAPS_PRINTED) {
            let place = gap.offset.map_or(String::new(), |at| format!(" at byte {at}"));
            text += &format!("  {}: {}{place}: {}\n", visible(uri), gap.kind.code(), visible(&gap.detail));
        }
        if gaps.len() > GAPS_PRINTED {
            text += &format!("  and {} more; all of them are in the inventory's objects\n", gaps.len() - GAPS_PRINTED);
        }
    }
    text
}

/// What was asked of stores.
fn store_json(counts: &WireCounts) -> serde_json::Value {
    let kinds: serde_json::Map<_, _> =
        counts.by_kind().map(|(kind, n)| (kind.to_string(), json!(n))).into_iter().collect();
    json!({
        "requests": kinds,
        "repeated": counts.retries.load(Relaxed),
        "throttled": counts.throttled.load(Relaxed),
        "bytes_fetched": counts.bytes.load(Relaxed),
        "unchecked": counts.unchecked.load(Relaxed),
    })
}

/// What was asked of stores, as lines; nothing where there is none among the sources.
fn store_text(counts: &WireCounts) -> String {
    let asked: Vec<String> =
        counts.by_kind().iter().filter(|(_, n)| *n > 0).map(|(kind, n)| format!("{n} {kind}")).collect();
    if asked.is_empty() {
        return String::new();
    }
    let mut text = format!(
        "requests  {}; {} made again, {} told to slow down; {} fetched\n",
        asked.join(", "),
        counts.retries.load(Relaxed),
        counts.throttled.load(Relaxed),
        indicatif::HumanBytes(counts.bytes.load(Relaxed))
    );
    let unchecked = counts.unchecked.load(Relaxed);
    if unchecked > 0 {
        let what = "objects have no checksum at their store that could be compared; their length and version were";
        text += &format!("          {unchecked} {what}\n");
    }
    text
}

/// What the operator does not want reported, as lines; nothing where no suppression is in force.
fn suppressed_text(counts: &[(String, u64)]) -> String {
    if counts.is_empty() {
        return String::new();
    }
    let total: u64 = counts.iter().map(|(_, n)| n).sum();
    let mut text = format!("suppressed {total} findings, by reason:\n");
    for (reason, n) in counts {
        text += &format!("          {n}: {}\n", visible(reason));
    }
    text
}

/// A file with one line of JSON for every finding.
struct FindingsFile {
    path: std::path::PathBuf,
    out: Mutex<(BufWriter<File>, Option<std::io::Error>)>,
}

impl FindingsFile {
    fn create(path: &Path) -> anyhow::Result<Self> {
        let file = std::fs::OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(true)
            .mode(0o600)
            .open(path)
            .with_context(|| format!("cannot write {}", path.display()))?;
        // A file that was there keeps the mode it had, so the mode is set again.
        file.set_permissions(std::fs::Permissions::from_mode(0o600))
            .with_context(|| format!("cannot close {} to others", path.display()))?;
        Ok(FindingsFile { path: path.to_path_buf(), out: Mutex::new((BufWriter::new(file), None)) })
    }

    fn write(&self, line: &serde_json::Value) {
        let mut out = self.out.lock().unwrap_or_else(|e| e.into_inner());
        if out.1.is_none()
            && let Err(e) = writeln!(out.0, "{line}")
        {
            out.1 = Some(e);
        }
    }

    fn finish(self) -> anyhow::Result<()> {
        let (mut out, error) = self.out.into_inner().unwrap_or_else(|e| e.into_inner());
        match error {
            Some(e) => Err(e),
            None => out.flush(),
        }
        .with_context(|| format!("cannot write {}", self.path.display()))
    }
}

impl FindingSink for FindingsFile {
    fn finding(&self, object: &Object, place: &FindingPlace<'_>) {
        self.write(&json!({
            "uri": object.uri, "path": object.path, "row": place.row, "field": place.field,
            "first_byte": place.bytes.0, "end_byte": place.bytes.1, "detector": place.detector,
            "element": place.element.code(), "confidence": place.confidence.code(),
        }));
    }

    fn object(&self, _: &ObjectRow) {}
}
