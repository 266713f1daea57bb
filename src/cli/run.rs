//! What the commands that change an inventory share: opening it, scanning into it, linking, committing.

use super::args::{DataArgs, MetricsArgs, PlaceArgs, SourceArgs};
use super::exit::{Exit, usage};
use super::place::excluded;
use super::probing::Probing;
use super::{metrics, print, progress, settings};
use crate::identity::key::Key;
use crate::identity::link::{LinkSummary, Spills, link};
use crate::inventory::{Inventory, Writer};
use crate::model::limits::Limits;
use crate::model::object::Object;
use crate::model::rows::{RunRow, SourceRow};
use crate::pipeline::fields::ambiguous;
use crate::pipeline::plan::Plan;
use crate::pipeline::scan::{Counters, Named, ScanOutcome, ScanRequest, scan, take_over};
use crate::pipeline::suppress::Suppress;
use crate::pipeline::worker::FindingSink;
use crate::source::{Source, SourceOptions, Wire, without_secrets};
use anyhow::Context;
use std::collections::HashSet;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

/// Bytes that one sort of linking or scoping may hold. With 40 MiB linking took no less time.
pub const SORT_BYTES: usize = 16 << 20;

/// Microseconds since 1970-01-01T00:00:00Z.
pub fn now() -> i64 {
    jiff::Timestamp::now().as_microsecond()
}

/// A flag that Ctrl-C sets; a second Ctrl-C ends the process at once, which the inventory survives.
pub fn stop_flag() -> anyhow::Result<Arc<AtomicBool>> {
    let stop = Arc::new(AtomicBool::new(false));
    for signal in [signal_hook::consts::SIGINT, signal_hook::consts::SIGTERM] {
        signal_hook::flag::register_conditional_shutdown(signal, Exit::Interrupted as i32, stop.clone())?;
        signal_hook::flag::register(signal, stop.clone())?;
    }
    Ok(stop)
}

/// Plan, key and worker count.
pub struct Setup {
    pub plan: Plan,
    pub key: Key,
    /// What the operator said, for the inventory to remember.
    pub settings: serde_json::Value,
    pub rules: crate::model::settings::IdentitySettings,
}

/// Resolves settings, plan and key; makes a key when there is none and no inventory yet.
pub fn setup(data: &DataArgs, place: &PlaceArgs, from: &SourceArgs) -> anyhow::Result<Setup> {
    let data = DataArgs { config: settings::config(data.config.as_deref()), ..data.clone() };
    let said = settings::settings(&data)?;
    let plan = plan(&said)?;
    let key = place.key_or_new()?;
    let plan = plan.suppressing(suppress(&said, Some(&key.id()))?);
    Ok(Setup { plan, key, settings: settings::remembered(&data, from), rules: said.identity })
}

/// The plan of the settings, without what is not to be reported.
pub fn plan(said: &settings::Settings) -> anyhow::Result<Plan> {
    Plan::new(&said.detectors, &said.identity, Limits::default())
        .map_err(|problems| usage(format!("{} problems:\n{}", problems.len(), problems.join("\n"))))
}

/// What is not to be reported, as of today; what has expired is said.
pub fn suppress(said: &settings::Settings, key_id: Option<&str>) -> anyhow::Result<Suppress> {
    let suppress = Suppress::new(&said.suppress, &said.detectors, key_id, &settings::today())
        .map_err(|problems| usage(problems.join("\n")))?;
    for expired in suppress.expired() {
        print::note(&format!("warning: {}; what it hid is reported again", crate::report::visible(expired)));
    }
    Ok(suppress)
}

/// One worker a core unless the operator says otherwise.
pub fn workers(asked: Option<u16>) -> usize {
    asked.map_or_else(|| std::thread::available_parallelism().map_or(1, usize::from), usize::from)
}

/// Opens all sources; every one that cannot be opened is named.
pub fn sources(specs: &[String], options: &SourceOptions) -> anyhow::Result<Vec<Source>> {
    let (opened, failed): (Vec<_>, Vec<_>) = specs.iter().map(|s| Source::open(s, options)).partition(Result::is_ok);
    if !failed.is_empty() {
        let errors: Vec<String> = failed.into_iter().filter_map(|f| f.err()).map(|e| super::store::shown(&e)).collect();
        return Err(usage(errors.join("\n")));
    }
    Ok(opened.into_iter().flatten().collect())
}

/// Refuses a field that several kinds of file have.
pub fn refuse_ambiguous(setup: &Setup, sources: &[Source], exclude: &[PathBuf]) -> anyhow::Result<()> {
    let rules: Vec<_> = setup.rules.customer_ids.iter().chain(&setup.rules.keys).collect();
    let found = ambiguous(&rules, sources, exclude, &setup.plan);
    if found.is_empty() {
        return Ok(());
    }
    let mut text = String::new();
    for field in &found {
        text += &format!(
            "{} kinds of file have a field {}; say which holds the id, as NAMESPACE=GLOB#{}:\n",
            field.kinds.len(),
            field.field,
            field.field
        );
        for paths in &field.kinds {
            let shown: Vec<String> = paths.iter().map(|p| crate::report::visible(p).into_owned()).collect();
            text += &format!("  {}\n", shown.join(", "));
        }
    }
    Err(usage(text.trim_end()))
}

/// What a scanning command reads and how.
pub struct Job<'a> {
    /// `scan` or `refresh`.
    pub command: &'a str,
    pub parts: &'a [Part<'a>],
    /// Whether the inventory remembers the sources, and their settings.
    pub remember: bool,
    /// URIs of sources that are gone, with their objects.
    pub emptied: &'a [String],
    /// Whether those are not remembered any more.
    pub forget: bool,
    /// How many sources cannot be listed.
    pub closed: u64,
    pub workers: usize,
    pub quiet: bool,
    pub only: Option<&'a (dyn Fn(&Object) -> bool + Sync)>,
    pub findings: Option<&'a dyn FindingSink>,
    pub stop: &'a AtomicBool,
    pub link: bool,
    /// Objects that are read in place of what the sources list.
    pub objects: Option<&'a [Named]>,
    pub metrics: Option<&'a MetricsArgs>,
    /// The network that the sources share.
    pub wire: &'a Wire,
    pub save_every: Option<Duration>,
}

/// Sources that are read under one plan.
pub struct Part<'a> {
    pub plan: &'a Plan,
    pub sources: &'a [Source],
    /// Their settings, in the inventory's words.
    pub settings: &'a serde_json::Value,
}

/// What a scanning command did.
pub struct Done {
    pub outcome: ScanOutcome,
    pub linked: Option<LinkSummary>,
    pub run: RunRow,
    /// The network, with what was asked of it.
    pub wire: Wire,
    /// Whether there was anything to commit.
    pub committed: bool,
    /// Why the metrics could not be written.
    pub unmeasured: Option<String>,
    /// `--customer-id` and `--key` rules that met no field in what was read.
    pub unmet: Vec<String>,
}

/// Scans, links and commits, as one run. A refresh that finds nothing changed commits nothing.
pub fn scan_into(inventory: &Inventory, key: &Key, job: &Job<'_>) -> anyhow::Result<Done> {
    let started_at = now();
    let refresh = job.command == "refresh";
    let mut writer = begin(inventory)?;
    let counters = Counters::default();
    let failed = || failed_write(inventory.place());
    let all: Vec<&Source> = job.parts.iter().flat_map(|part| part.sources).collect();
    let owners: Vec<String> =
        if refresh { all.iter().map(|source| source.uri().to_string()).collect() } else { Vec::new() };
    let probes: Vec<Probing<'_>> =
        job.parts.iter().map(|part| Probing { settings: part.settings, wire: job.wire, stop: job.stop }).collect();
    let request = |part: usize, emptied, objects| ScanRequest {
        sources: job.parts[part].sources,
        plan: job.parts[part].plan,
        key,
        workers: job.workers,
        exclude: excluded(inventory),
        only: job.only,
        objects,
        owners: &owners,
        emptied,
        retire: refresh,
        save_every: job.save_every,
        findings: job.findings,
        probe: Some(&probes[part]),
        counters: &counters,
        stop: job.stop,
        now,
    };
    let mut outcome = ScanOutcome { closed: job.closed, ..ScanOutcome::default() };
    // What is a stranger to every part is one.
    let mut strangers: Vec<String> = job.objects.into_iter().flatten().map(|named| named.name.clone()).collect();
    for (i, part) in job.parts.iter().enumerate() {
        let request = request(i, if i == 0 { job.emptied } else { &[] }, job.objects);
        let watched = || progress::watch(&counters, job.quiet, || scan(&request, &mut writer));
        let read =
            metrics::during(job.metrics, job.command, &counters, job.wire.counts(), watched)?.with_context(failed)?;
        outcome.add(read);
        let unknown: HashSet<String> = outcome.strangers.drain(..).collect();
        strangers.retain(|name| unknown.contains(name));
        if outcome.interrupted {
            break;
        }
        for source in part.sources.iter().filter(|_| job.remember) {
            writer.source(SourceRow { uri: source.uri().to_string(), settings: part.settings.clone() });
        }
    }
    if job.forget && !outcome.interrupted {
        writer.forget(job.emptied);
    }
    if !outcome.interrupted {
        strangers.iter().for_each(|name| outcome.stranger(without_secrets(name)));
        let mut lost: HashSet<u64> = outcome.overlap.lost().into_keys().collect();
        let gone = std::mem::take(&mut outcome.overlap.gone);
        let mut kept = lost.clone();
        for i in 0..job.parts.len() {
            if lost.is_empty() || outcome.interrupted {
                break;
            }
            let request = request(i, &[], None);
            let watched = || progress::watch(&counters, job.quiet, || take_over(&request, &mut writer, &mut lost));
            outcome.add(
                metrics::during(job.metrics, job.command, &counters, job.wire.counts(), watched)?
                    .with_context(failed)?,
            );
        }
        if !outcome.interrupted {
            kept.retain(|id| !lost.contains(id));
        }
        let gone: Vec<u64> = gone.into_iter().filter(|id| !kept.contains(id)).collect();
        outcome.gone += gone.len() as u64;
        gone.into_iter().for_each(|id| writer.retire(id));
    }
    let before = inventory.snapshot()?.last_run()?;
    let stale = writer.has_changes() || !writer.was_linked();
    let linked = match job.link && stale && !outcome.interrupted {
        true => Some(link_into(&mut writer).with_context(failed)?),
        false => None,
    };
    // Where nothing was linked the people are those of the run before.
    let (consumers, mentions) = before.as_ref().map_or((0, 0), |run| (run.consumers, run.mentions));
    let run = RunRow {
        command: job.command.to_string(),
        arguments: arguments(&all, &outcome),
        policy: policies(job.parts),
        outcome: match (&outcome.interrupted, outcome.is_whole(false)) {
            (true, _) => "interrupted",
            (false, true) => "complete",
            (false, false) => "partial",
        }
        .to_string(),
        objects: [
            outcome.complete,
            outcome.partial,
            outcome.skipped,
            outcome.failed,
            outcome.unchanged,
            outcome.not_reached,
        ],
        bytes_read: outcome.bytes_read,
        consumers: linked.map_or(consumers, |l| l.consumers),
        mentions: linked.map_or(mentions, |l| l.mentions),
        ..run_row(started_at)
    };
    let committed = !refresh || stale || writer.has_news();
    let run = match committed {
        true => writer.commit(run).map_err(|e| match e.kind() {
            // Nobody knows whether it is committed; the error says so.
            std::io::ErrorKind::TimedOut => e.into(),
            _ => anyhow::Error::new(e).context(failed()),
        })?,
        false => {
            writer.abort().with_context(failed)?;
            RunRow { run: before.map_or(0, |run| run.run), ..run }
        }
    };
    // The run is committed by now, and its answer is due whatever becomes of its numbers.
    let unmeasured =
        metrics::at_end(job.metrics, &counters, job.wire.counts(), &outcome, &run).err().map(|e| format!("{e:#}"));
    // Where nothing was read, or only what changed, it says nothing that a rule was not met.
    let read = outcome.complete + outcome.partial > 0;
    let unmet = job.parts.iter().filter(|_| read && !refresh).flat_map(|part| part.plan.identity.unmet()).collect();
    Ok(Done { outcome, linked, run, wire: job.wire.clone(), committed, unmeasured, unmet })
}

/// The policies of the parts, each once.
fn policies(parts: &[Part<'_>]) -> String {
    let mut policies: Vec<&str> = parts.iter().map(|part| part.plan.policy.as_str()).collect();
    policies.dedup();
    policies.join(",")
}

/// What was scanned, and what was not reported of it: a run is the record of both.
fn arguments(sources: &[&Source], outcome: &ScanOutcome) -> Vec<String> {
    let suppressed = outcome.suppressed.iter().filter(|(_, n)| *n > 0);
    let suppressed = suppressed.map(|(reason, n)| format!("suppressed {n}: {reason}"));
    sources.iter().map(|s| s.uri().to_string()).chain(suppressed).collect()
}

fn failed_write(place: &str) -> String {
    format!("the run was given up and nothing of it was committed to {place}; what had been committed is intact")
}

/// Takes the inventory's lock, or claims it.
pub fn begin(inventory: &Inventory) -> anyhow::Result<Writer> {
    if let Some(holder) = inventory.claimed_by()? {
        print::note(&format!(
            "a run has not given the inventory back ({}); waiting to see whether it is alive",
            crate::report::visible(&holder)
        ));
    }
    Ok(inventory.begin()?)
}

/// Links everything the writer sees.
pub fn link_into(writer: &mut Writer) -> std::io::Result<LinkSummary> {
    writer.seal_observed()?;
    let view = writer.view();
    let dir = std::env::temp_dir();
    link(&view, writer.derived(), &Spills { dir: &dir, memory: SORT_BYTES })
}

/// A run's row with what every run has; the inventory fills in its number, key and chain.
pub fn run_row(started_at: i64) -> RunRow {
    RunRow {
        run: 0,
        command: String::new(),
        arguments: Vec::new(),
        operator: std::env::var("USER").or_else(|_| std::env::var("LOGNAME")).unwrap_or_else(|_| "unknown".to_string()),
        program: concat!("rollcall ", env!("CARGO_PKG_VERSION")).to_string(),
        policy: String::new(),
        key_id: String::new(),
        started_at,
        ended_at: now(),
        outcome: "complete".to_string(),
        objects: [0; 6],
        bytes_read: 0,
        consumers: 0,
        mentions: 0,
        previous: String::new(),
    }
}
