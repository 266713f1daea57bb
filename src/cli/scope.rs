//! `rollcall scope`

use super::args::{LimitArgs, ScopeArgs, SourceArgs, StoreArgs};
use super::exit::{Exit, usage};
use super::place::excluded;
use super::run::{Job, Part, SORT_BYTES, Setup, scan_into, setup, stop_flag, workers};
use super::{as_of, print, settings, store};
use crate::inventory::{Inventory, Snapshot};
use crate::model::object::Object;
use crate::model::rows::{SourceRow, Tables};
use crate::report::{FileOptions, Inputs, ScopeFiles, summary_json, terminal, visible};
use crate::scope::{
    AffectedConsumer, Anchor, ConsumerSink, Dates, Leak, LeakGap, NullSink, ScopeRequest, Unscanned, evaluate,
    is_nothing_matches, shipped,
};
use crate::source::{Listing, Source, SourceOptions, holds_secret, without_secrets};
use anyhow::Context;
use serde_json::json;
use std::collections::HashSet;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

/// Runs the command.
pub fn run(args: ScopeArgs) -> anyhow::Result<Exit> {
    let dates = Dates {
        discovered: anchor("--discovered", args.discovered.as_deref())?,
        determined: anchor("--determined", args.determined.as_deref())?,
        aware: anchor("--aware", args.aware.as_deref())?,
        noticed: anchor("--noticed", args.noticed.as_deref())?,
    };
    let (leak, roots, remote) = leak(&args.leak)?;
    let at = args.place.inventory_at()?;
    let setup = setup(&args.data, &args.place, &SourceArgs::default())?;
    if !setup.plan.suppress.is_empty() {
        print::note("suppressions are in force: what they match is no part of this answer; `rollcall scan` counts it");
    }
    let inventory = match roots.is_empty() {
        true => at.open()?,
        false => at.create_or_open(&setup.key.id())?,
    };
    if inventory.key_id() != setup.key.id() {
        let (made, given) = (inventory.key_id(), setup.key.id());
        return Err(usage(format!("the inventory was made with key {made}, the key given is {given}")));
    }
    // What was not read then is no part of what was known then.
    let past = args.as_of.as_of.as_deref();
    let interrupted = past.is_none() && scan_unknown(&args, &inventory, &setup, &leak, (&roots, &remote))?;
    let snapshot = as_of::snapshot(&inventory, past)?;
    let (leaked, unscanned) = leaked(&snapshot, &leak)?;
    let laws = shipped().map_err(|problems| anyhow::anyhow!("{} mistakes in the shipped laws", problems.len()))?;
    let request = ScopeRequest { leaked, unscanned, dates, laws, key_exposed: args.key_exposed };
    let tmp = std::env::temp_dir();

    let mut files = match &args.out {
        Some(out) => Some(ScopeFiles::create(out, FileOptions { liability: args.damages })?),
        None => None,
    };
    let mut null = NullSink;
    let rows: &mut dyn ConsumerSink = files.as_mut().map_or(&mut null as &mut dyn ConsumerSink, |f| f);
    let mut rows = CountedGaps { rows, missing: 0, skipped: 0 };
    let summary = match evaluate(&snapshot, &request, &mut rows, &tmp, SORT_BYTES) {
        Err(e) if is_nothing_matches(&e) => return Err(usage(e.to_string())),
        other => other?,
    };
    let (missing, skipped) = (rows.missing, rows.skipped);
    if let (Some(files), Some(out)) = (files, &args.out) {
        files
            .finish(&summary, &inputs(&args, &snapshot))
            .with_context(|| format!("cannot write to {}", out.display()))?;
    }
    if args.run.json {
        print::json(&summary_json(&summary))?;
    } else {
        let mut text = Vec::new();
        terminal(&summary, print::width(), &mut text)?;
        if let Some(out) = &args.out {
            let shown = out.display().to_string();
            text.extend_from_slice(format!("\nThe list and its manifest are in {}.\n", visible(&shown)).as_bytes());
        }
        print::out(&String::from_utf8_lossy(&text))?;
    }
    Ok(match (interrupted, missing > 0 || (args.run.strict && skipped > 0)) {
        (true, _) => Exit::Interrupted,
        (false, true) => Exit::Partial,
        (false, false) => Exit::Complete,
    })
}

fn anchor(flag: &str, text: Option<&str>) -> anyhow::Result<Option<Anchor>> {
    text.map(|t| Anchor::parse(t).map_err(|e| usage(format!("{flag}: {e}")))).transpose()
}

/// The leak, the places of this machine where leaked objects may lie that were never scanned, and the objects of stores
/// that are named.
fn leak(arguments: &[String]) -> anyhow::Result<(Leak, Vec<PathBuf>, Vec<String>)> {
    let mut leak = Leak::default();
    let mut roots: Vec<PathBuf> = Vec::new();
    let mut remote: Vec<String> = Vec::new();
    for text in lines(arguments)? {
        let path = Path::new(&text);
        if let Some(absolute) = std::path::absolute(path).ok().filter(|a| a.exists()) {
            leak.add_path(&text, &absolute.to_string_lossy(), absolute.is_dir()).map_err(usage)?;
            roots.push(absolute);
            continue;
        }
        if holds_secret(&text) {
            let shown = without_secrets(&text);
            return Err(usage(format!(
                "--leak {shown}: it holds a password or a signature, which would stand in the report"
            )));
        }
        leak.add(&text).map_err(usage)?;
        let local = text.strip_prefix("file://").unwrap_or(&text);
        if local.contains("://") {
            // A store is not listed for a question; one object that is named is looked for.
            if !text.contains(['*', '?', '[', '{']) && !text.ends_with('/') {
                remote.push(text.clone());
            }
            continue;
        }
        // The folder before the first wildcard may hold files that nobody scanned yet.
        let fixed: PathBuf = Path::new(local)
            .components()
            .take_while(|c| !c.as_os_str().to_string_lossy().contains(['*', '?', '[', '{']))
            .collect();
        if !fixed.as_os_str().is_empty() && fixed.is_dir() {
            roots.push(std::path::absolute(fixed)?);
        }
    }
    if leak.is_empty() {
        return Err(usage("--leak names nothing: the list is empty"));
    }
    roots.sort();
    roots.dedup();
    Ok((leak, roots, remote))
}

/// The arguments, with each `@FILE` replaced by its lines.
fn lines(arguments: &[String]) -> anyhow::Result<Vec<String>> {
    let mut lines = Vec::new();
    for argument in arguments {
        let Some(file) = argument.strip_prefix('@') else {
            lines.push(argument.clone());
            continue;
        };
        let mut text = String::new();
        match file {
            "-" => io::stdin().read_to_string(&mut text).map(|_| ()),
            file => std::fs::read_to_string(file).map(|t| text = t),
        }
        .map_err(|e| usage(format!("--leak {argument}: {e}")))?;
        lines.extend(text.lines().map(str::trim).filter(|l| !l.is_empty() && !l.starts_with('#')).map(str::to_string));
    }
    Ok(lines)
}

/// Scans leaked objects that the inventory does not have. Returns whether that was interrupted.
fn scan_unknown(
    args: &ScopeArgs,
    inventory: &Inventory,
    setup: &Setup,
    leak: &Leak,
    (roots, remote): (&[PathBuf], &[String]),
) -> anyhow::Result<bool> {
    let mut known = HashSet::new();
    inventory.snapshot()?.objects(false, &mut |row| {
        known.insert(row.object.uri);
        Ok(())
    })?;
    let unknown = |object: &Object| leak.holds(&object.uri, &object.path) && !known.contains(&object.uri);
    let exclude = excluded(inventory);
    let options = SourceOptions::default();
    let remembered = inventory.snapshot()?;
    let mut sources = Vec::new();
    for root in roots {
        let source = Source::open(&root.to_string_lossy(), &options).map_err(|e| usage(store::shown(&e)))?;
        if source.list(&exclude).any(|listing| matches!(&listing, Listing::Object(o) if unknown(o))) {
            sources.push((source, setup.settings.clone()));
        }
    }
    for uri in remote.iter().filter(|uri| !known.contains(*uri)) {
        let from = store_of(args, remembered.sources(), uri)?;
        match Source::open(uri, &store::options(&from, &LimitArgs::default())?) {
            Ok(source) => {
                let mut settings = setup.settings.clone();
                settings["from"] = serde_json::json!(from);
                sources.push((source, settings));
            }
            // The answer says that it was not read.
            Err(e) => print::note(&format!("warning: {}", store::shown(&e))),
        }
    }
    if sources.is_empty() {
        return Ok(false);
    }
    if !args.run.quiet && !args.run.json {
        print::note("some leaked objects were never scanned: scanning them now");
    }
    let stop = stop_flag()?;
    let parts: Vec<Part<'_>> = sources
        .iter()
        .map(|(source, settings)| Part { plan: &setup.plan, sources: std::slice::from_ref(source), settings })
        .collect();
    let job = Job {
        command: "scan",
        parts: &parts,
        remember: false,
        emptied: &[],
        forget: false,
        closed: 0,
        workers: workers(args.run.workers),
        quiet: args.run.quiet || args.run.json,
        only: Some(&unknown),
        findings: None,
        stop: &stop,
        link: true,
        objects: None,
        metrics: Some(&args.run.metrics),
        wire: &options.wire,
        save_every: args.run.save_every(),
    };
    Ok(scan_into(inventory, &setup.key, &job)?.outcome.interrupted)
}

/// How an object's store is reached: as the flags say, else as the source in which it lies was scanned.
fn store_of(args: &ScopeArgs, known: &[SourceRow], uri: &str) -> anyhow::Result<SourceArgs> {
    let mut store = args.store.clone();
    let holds = |row: &&SourceRow| {
        uri.strip_prefix(row.uri.trim_end_matches('/')).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    if store == StoreArgs::default()
        && let Some(row) = known.iter().filter(holds).max_by_key(|row| row.uri.len())
    {
        store = settings::recalled(&row.uri, &row.settings)?.1.store;
    }
    Ok(SourceArgs { store, ..SourceArgs::default() })
}

/// The leaked objects that the inventory has, and the ones named that it has not.
fn leaked(snapshot: &Snapshot, leak: &Leak) -> anyhow::Result<(Vec<u64>, Vec<Unscanned>)> {
    let mut ids = Vec::new();
    let mut matched = vec![false; leak.len()];
    let mut unscanned = Vec::new();
    snapshot.objects(false, &mut |row| {
        let before = ids.len();
        for entry in leak.matching(&row.object.uri, &row.object.path) {
            matched[entry] = true;
            ids.truncate(before);
            ids.push(row.id);
        }
        if row.run > snapshot.linked() && ids.len() > before {
            ids.truncate(before);
            let detail = "read and not linked yet, so the people in it are not known: run `rollcall link`".to_string();
            unscanned.push(Unscanned { uri: row.object.uri, detail });
        }
        Ok(())
    })?;
    if ids.is_empty() && !unscanned.is_empty() {
        return Err(usage(
            "everything that leaked was read after the last linking; run `rollcall link`, then ask again",
        ));
    }
    for (i, _) in matched.iter().enumerate().filter(|(_, matched)| !**matched) {
        let (text, exact) = leak.entry(i);
        if exact {
            let detail = "not in the inventory, and not to be read from here: scan its source first".to_string();
            unscanned.push(Unscanned { uri: text.to_string(), detail });
        } else {
            print::note(&format!("--leak {}: matches no object", visible(text)));
        }
    }
    if ids.is_empty() {
        return Err(usage("the leak matches no object of the inventory: check the paths, or scan their source first"));
    }
    Ok((ids, unscanned))
}

fn inputs(args: &ScopeArgs, snapshot: &Snapshot) -> Inputs {
    let versions: serde_json::Map<String, serde_json::Value> =
        snapshot.versions().into_iter().map(|(table, version)| (table.to_string(), json!(version))).collect();
    Inputs {
        program: concat!("rollcall ", env!("CARGO_PKG_VERSION")).to_string(),
        inventory: json!({ "versions": versions }),
        question: json!({
            "leak": args.leak, "discovered": args.discovered, "determined": args.determined, "aware": args.aware,
            "noticed": args.noticed, "key_exposed": args.key_exposed, "as_of": args.as_of.as_of,
        }),
    }
}

/// Counts the gaps on their way.
struct CountedGaps<'a> {
    rows: &'a mut dyn ConsumerSink,
    missing: u64,
    skipped: u64,
}

impl ConsumerSink for CountedGaps<'_> {
    fn consumer(&mut self, row: &AffectedConsumer) -> io::Result<()> {
        self.rows.consumer(row)
    }

    fn gap(&mut self, gap: &LeakGap) -> io::Result<()> {
        if gap.status == "SKIPPED" {
            self.skipped += 1
        } else {
            self.missing += 1
        }
        self.rows.gap(gap)
    }
}
