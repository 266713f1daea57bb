//! `rollcall refresh`

use super::args::{LimitArgs, RefreshArgs, SourceArgs};
use super::exit::{Exit, usage};
use super::place::excluded;
use super::run::{Done, Job, Part, plan, scan_into, stop_flag, suppress, workers};
use super::scan::{as_json, as_text, elements, exit, warn_unmeasured};
use super::{objects, print, settings, store};
use crate::inventory::Snapshot;
use crate::model::rows::{RunRow, SourceRow, Tables};
use crate::pipeline::known::Known;
use crate::pipeline::list::{Survey, survey};
use crate::pipeline::plan::Plan;
use crate::report::visible;
use crate::source::{Source, SourceError, SourceOptions, Wire, path_of, uri_of_spec, without_secrets};
use indicatif::{HumanBytes, HumanDuration};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

/// Runs that tell how fast this one will be.
const RATED_RUNS: usize = 8;

/// Sources that were scanned under the same settings.
struct Group {
    settings: Value,
    plan: Plan,
    sources: Vec<Source>,
}

/// Runs the command.
pub fn run(args: RefreshArgs) -> anyhow::Result<Exit> {
    let fail_on = elements(&args.fail_on)?;
    let inventory = args.place.inventory_at()?.open()?;
    let key = args.place.key()?;
    if inventory.key_id() != key.id() {
        let (made, given) = (inventory.key_id(), key.id());
        return Err(usage(format!("the inventory was made with key {made}, the key given is {given}")));
    }
    let snapshot = inventory.snapshot()?;
    let rows = chosen(&snapshot, &args.sources)?;
    let Opened { wire, groups, emptied, closed } = open(&snapshot, &rows, &args, &key.id())?;
    if args.dry_run {
        if args.list.objects.is_some() {
            return Err(usage(
                "--dry-run lists the sources, and --objects stands in place of a listing: give one of them",
            ));
        }
        return dry_run(&args, &snapshot, &groups, &emptied, &closed, &excluded(&inventory));
    }
    let parts: Vec<Part<'_>> =
        groups.iter().map(|g| Part { plan: &g.plan, sources: &g.sources, settings: &g.settings }).collect();
    let listed = objects::read(args.list.objects.as_deref())?;
    let stop = stop_flag()?;
    let timer = store::Timer::start(&args.limits, &stop)?;
    let job = Job {
        command: "refresh",
        parts: &parts,
        remember: true,
        emptied: &emptied,
        forget: args.forget,
        closed: closed.len() as u64,
        workers: workers(args.run.workers),
        quiet: args.run.quiet || args.run.json,
        only: None,
        findings: None,
        stop: &stop,
        link: true,
        objects: listed.as_deref(),
        metrics: Some(&args.run.metrics),
        wire: &wire,
        save_every: args.run.save_every(),
    };
    let done = scan_into(&inventory, &key, &job)?;
    say(&args, &done, &closed, inventory.place())?;
    warn_unmeasured(&done);
    let exit = exit(&done, args.run.strict, &fail_on);
    Ok(if exit == Exit::Interrupted && timer.rang() { Exit::Partial } else { exit })
}

fn say(args: &RefreshArgs, done: &Done, closed: &[(String, String)], place: &str) -> anyhow::Result<()> {
    if args.run.json {
        let mut answer = as_json(done, place);
        answer["sources_not_listed"] = not_listed(closed);
        return print::json(&answer);
    }
    let mut text = as_text(done, place);
    for (_, why) in closed {
        text += &format!("not listed {}; what is known of it stays as it is\n", visible(why));
    }
    Ok(print::out(&text)?)
}

fn not_listed(closed: &[(String, String)]) -> Value {
    closed.iter().map(|(uri, why)| json!({ "source": uri, "detail": why })).collect()
}

/// The sources that the inventory remembers, or those of them that were named.
fn chosen(snapshot: &Snapshot, named: &[String]) -> anyhow::Result<Vec<SourceRow>> {
    let known = snapshot.sources();
    if known.is_empty() {
        return Err(usage("the inventory remembers no source: `rollcall scan SOURCE` reads one and remembers it"));
    }
    if named.is_empty() {
        return Ok(known.to_vec());
    }
    let mut chosen = Vec::new();
    for name in named {
        let uri = match name.contains("://") {
            true => uri_of_spec(name).unwrap_or_else(|| name.clone()),
            false => Source::open(name, &SourceOptions::default())
                .map_or_else(|_| name.clone(), |source| source.uri().to_string()),
        };
        // A folder that is gone cannot be opened, and is still known by its path.
        let path = std::path::absolute(name).ok().filter(|_| !name.contains("://"));
        let is_path = |row: &SourceRow| row.uri.starts_with("file://") && path.as_deref() == Some(&*path_of(&row.uri));
        match known.iter().find(|row| row.uri == uri || row.uri == *name || is_path(row)) {
            Some(row) if chosen.contains(row) => {}
            Some(row) => chosen.push(row.clone()),
            None => {
                let uris: Vec<&str> = known.iter().map(|row| row.uri.as_str()).collect();
                let shown = without_secrets(name);
                return Err(usage(format!(
                    "{} was never scanned; the inventory knows {}",
                    visible(&shown),
                    uris.join(", ")
                )));
            }
        }
    }
    Ok(chosen)
}

struct Opened {
    wire: Wire,
    groups: Vec<Group>,
    /// Sources at which there is nothing any more: a file that is gone, a prefix of a bucket without keys.
    emptied: Vec<String>,
    /// Sources that cannot be listed, and why.
    closed: Vec<(String, String)>,
}

/// Opens the sources, and brings those of the same settings together.
fn open(snapshot: &Snapshot, rows: &[SourceRow], args: &RefreshArgs, key_id: &str) -> anyhow::Result<Opened> {
    let said = &args.data;
    // Flags that are given now hold for all sources, and are remembered from now on.
    let now = [&said.customer_ids, &said.keys, &said.own_domains].iter().any(|flags| !flags.is_empty())
        || !said.patterns.is_empty()
        || said.config.is_some();
    // One wire for all, so that limits are limits of the run.
    let wire = store::options(&SourceArgs::default(), &args.limits)?.wire;
    let mut opened = Opened { wire: wire.clone(), groups: Vec::new(), emptied: Vec::new(), closed: Vec::new() };
    if args.forget {
        opened.emptied = rows.iter().map(|row| row.uri.clone()).collect();
    }
    for row in rows.iter().filter(|_| !args.forget) {
        let (recalled, from) = settings::recalled(&row.uri, &row.settings)?;
        let args = if now { said.clone() } else { recalled };
        let options = SourceOptions { wire: wire.clone(), ..store::options(&from, &LimitArgs::default())? };
        let source = match Source::open(&row.uri, &options) {
            Ok(source) => source,
            Err(_) if is_gone_file(snapshot, &row.uri)? => {
                opened.emptied.push(row.uri.clone());
                continue;
            }
            // The bucket was listed, and holds nothing there.
            Err(SourceError::NotFound(uri)) if uri.contains("://") => {
                opened.emptied.push(row.uri.clone());
                continue;
            }
            Err(e) => {
                opened.closed.push((row.uri.clone(), e.to_string()));
                continue;
            }
        };
        let wanted = settings::remembered(&args, &from);
        match opened.groups.iter_mut().find(|group| group.settings == wanted) {
            Some(group) => group.sources.push(source),
            None => {
                if let Some(config) = args.config.as_ref().filter(|config| !config.is_file()) {
                    return Err(usage(format!(
                        "{} was scanned with the settings of {}, which is gone; name another by --config",
                        row.uri,
                        config.display()
                    )));
                }
                let said = settings::settings(&args)?;
                let plan = plan(&said)?.suppressing(suppress(&said, Some(key_id))?);
                opened.groups.push(Group { settings: wanted, plan, sources: vec![source] });
            }
        }
    }
    if opened.groups.is_empty() && !opened.emptied.is_empty() {
        // Nothing is read, and what is gone is retired all the same.
        let plan = plan(&settings::settings(said)?)?;
        opened.groups.push(Group { settings: Value::Null, plan, sources: Vec::new() });
    }
    Ok(opened)
}

/// Whether a source was one file, and that file was taken out of a folder that is still there.
fn is_gone_file(snapshot: &Snapshot, uri: &str) -> anyhow::Result<bool> {
    let path = path_of(uri);
    if !uri.starts_with("file://") || path.symlink_metadata().is_ok() || !path.parent().is_some_and(Path::is_dir) {
        return Ok(false);
    }
    let mut is_file = false;
    snapshot.object_names(&mut |_, name, _| {
        is_file |= name == uri;
        Ok(())
    })?;
    Ok(is_file)
}

fn dry_run(
    args: &RefreshArgs,
    snapshot: &Snapshot,
    groups: &[Group],
    emptied: &[String],
    closed: &[(String, String)],
    exclude: &[PathBuf],
) -> anyhow::Result<Exit> {
    let owners: Vec<String> =
        groups.iter().flat_map(|group| &group.sources).map(|source| source.uri().to_string()).collect();
    let mut found = Survey::default();
    for (i, group) in groups.iter().enumerate() {
        let known = Known::read(snapshot, &group.plan.policy, None)?;
        let emptied = if i == 0 { emptied } else { &[] };
        found.add(survey(&group.sources, emptied, known, &owners, exclude, None));
    }
    found.settle(snapshot)?;
    let (objects, bytes) = found.to_read();
    let seconds = estimate(&snapshot.runs()?, objects, bytes);
    if args.run.json {
        let part = |(objects, bytes): (u64, u64)| json!({ "objects": objects, "bytes": bytes });
        print::json(&json!({
            "objects": objects, "bytes": bytes, "seconds": seconds, "unchanged": found.unchanged, "gone": found.gone,
            "new": part(found.new), "changed": part(found.changed), "other_policy": part(found.policy),
            "again": part(found.again), "sources_not_listed": not_listed(closed),
            "not_listed": found.unlisted.iter().map(|(uri, gap)| json!({ "uri": uri, "detail": gap.detail })).collect::<Vec<_>>(),
        }))?;
    } else {
        let mut text = format!("would read {objects} objects, {}\n", HumanBytes(bytes));
        for (what, (objects, bytes)) in [
            ("new", found.new),
            ("changed", found.changed),
            ("read under other settings or by another version", found.policy),
            ("not read, or not whole, the last time", found.again),
        ] {
            if objects > 0 {
                text += &format!("           {objects} {what}, {}\n", HumanBytes(bytes));
            }
        }
        text += &format!("unchanged  {}\ngone       {}\n", found.unchanged, found.gone);
        text += &match seconds {
            Some(seconds) => {
                format!("time       about {}, linking included\n", HumanDuration(store::span(seconds)))
            }
            None => "time       unknown: no earlier run has read anything\n".to_string(),
        };
        for why in found
            .unlisted
            .iter()
            .map(|(uri, gap)| format!("{uri}: {}", gap.detail))
            .chain(closed.iter().map(|c| c.1.clone()))
        {
            text += &format!("not listed {}\n", visible(&why));
        }
        print::out(&text)?;
    }
    let whole = closed.is_empty() && found.unlisted.is_empty();
    Ok(if whole { Exit::Complete } else { Exit::Partial })
}

/// Seconds that reading takes at the rates of the last runs that read anything: what bytes say or what objects say,
/// whichever is longer.
fn estimate(runs: &[RunRow], objects: u64, bytes: u64) -> Option<f64> {
    let (mut seconds, mut read, mut done) = (0.0, 0u64, 0u64);
    for run in runs.iter().rev().filter(|run| run.bytes_read > 0).take(RATED_RUNS) {
        seconds += run.ended_at.saturating_sub(run.started_at) as f64 / 1e6;
        read += run.bytes_read;
        done += run.objects[..4].iter().sum::<u64>();
    }
    (read > 0 && done > 0 && seconds > 0.0)
        .then(|| (bytes as f64 * seconds / read as f64).max(objects as f64 * seconds / done as f64))
}
