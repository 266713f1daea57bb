//! `rollcall bench`: a scan of a corpus, and how it compares with the corpus's truth.

use super::args::{BenchArgs, DataArgs};
use super::exit::{Exit, usage};
use super::run::{Job, Part, Setup, plan, scan_into, stop_flag, suppress, workers};
use super::{print, settings};
use crate::identity::key::Key;
use crate::inventory::{Inventory, Snapshot};
use crate::model::detector::Confidence;
use crate::model::element::Element;
use crate::model::object::Object;
use crate::model::rows::{Certainty, ObjectRow, Tables};
use crate::pipeline::worker::{FindingPlace, FindingSink};
use crate::report::visible;
use crate::score::{FindingRecord, FindingScorer, LinkScorer, Scores, Speed};
use crate::source::{Source, SourceOptions, Wire};
use anyhow::Context;
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard};
use std::time::Instant;

/// The corpus that ships, below the current folder.
const SHIPPED: &str = "corpus/retail";

/// Runs the command.
pub fn run(args: BenchArgs) -> anyhow::Result<Exit> {
    let corpus = args.corpus.clone().unwrap_or_else(|| PathBuf::from(SHIPPED));
    let truth = corpus.join("truth.csv.gz");
    let links = corpus.join("links.csv.gz");
    if !links.exists() {
        return Err(usage(format!(
            "{} is no corpus (it has no links.csv.gz); make one with `rollcall generate corpus`, or run where corpus/retail is",
            corpus.display()
        )));
    }
    let config = corpus.join("rollcall.toml");
    let data = DataArgs { config: config.exists().then_some(config), ..DataArgs::default() };
    let said = settings::settings(&data)?;
    // A key of its own, always the same, so that two runs can be compared.
    let key = Key::from_bytes(*b"rollcall bench  ");
    let plan = plan(&said)?.suppressing(suppress(&said, Some(&key.id()))?);
    let setup = Setup { plan, key, settings: serde_json::Value::Null, rules: said.identity };
    let temporary = tempfile::tempdir().context("cannot make a temporary folder")?;
    let dir = args.keep.clone().unwrap_or_else(|| temporary.path().join("inventory"));
    let inventory = Inventory::create_or_open(&dir, &setup.key.id())?;
    let sources =
        [Source::open(&corpus.to_string_lossy(), &SourceOptions::default()).map_err(|e| usage(e.to_string()))?];
    let scorer = match truth.exists() {
        true => Some(FindingScorer::read(&truth).with_context(|| format!("cannot read {}", truth.display()))?),
        false => None,
    };
    let found = scorer.map(Found::new);
    let stop = stop_flag()?;
    let cores = workers(args.workers);
    let parts = [Part { plan: &setup.plan, sources: &sources, settings: &setup.settings }];
    let job = Job {
        command: "scan",
        parts: &parts,
        remember: false,
        emptied: &[],
        forget: false,
        closed: 0,
        workers: cores,
        quiet: args.json,
        only: Some(&|object: &Object| !is_answer(&object.path)),
        findings: found.as_ref().map(|f| f as &dyn FindingSink),
        stop: &stop,
        link: true,
        objects: None,
        metrics: None,
        wire: &Wire::default(),
        save_every: None,
    };
    let start = Instant::now();
    let done = scan_into(&inventory, &setup.key, &job)?;
    let seconds = start.elapsed().as_secs_f64();
    let snapshot = inventory.snapshot()?;
    let mut decoded = 0;
    snapshot.objects(false, &mut |row| {
        decoded += row.bytes_decoded;
        Ok(())
    })?;
    let peak = peak_memory();
    let mut scores = Scores {
        corpus: corpus.display().to_string(),
        findings: None,
        linking: Some(linking(&snapshot, &links)?),
        speed: Some(Speed::new(decoded, seconds, cores as u32, peak)),
    };
    if let Some(found) = found {
        let findings = found.finish()?;
        if let Some(path) = &args.misses {
            let text = serde_json::to_string_pretty(&findings.trouble)?;
            std::fs::write(path, text).with_context(|| format!("cannot write {}", path.display()))?;
        }
        scores.findings = Some(findings);
    }
    if args.json {
        print::line(&scores.json()?)?;
    } else {
        print::out(&scores.table().split('\n').map(visible).collect::<Vec<_>>().join("\n"))?;
    }
    Ok(match (done.outcome.interrupted, done.outcome.is_whole(false)) {
        (true, _) => Exit::Interrupted,
        (false, true) => Exit::Complete,
        (false, false) => Exit::Partial,
    })
}

/// The corpus's own answers are not part of the question.
fn is_answer(path: &str) -> bool {
    matches!(path, "truth.csv.gz" | "links.csv.gz" | "manifest.json" | "rollcall.toml" | "README.md")
}

/// The most memory the process ever had resident, as the kernel counts it (`VmHWM`, proc(5)); 0 where it does not say.
fn peak_memory() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|l| l.strip_prefix("VmHWM:"));
    line.and_then(|l| l.trim().trim_end_matches("kB").trim().parse::<u64>().ok()).map_or(0, |kib| kib << 10)
}

/// Who the scan says is in which record.
fn linking(snapshot: &Snapshot, links: &Path) -> anyhow::Result<crate::score::LinkScores> {
    let mut scorer = LinkScorer::read(links).with_context(|| format!("cannot read {}", links.display()))?;
    let mut files = HashMap::new();
    snapshot.objects(false, &mut |row| {
        files.insert(row.id, row.object.path);
        Ok(())
    })?;
    let mut populations = HashMap::new();
    snapshot.consumers(&mut |row| {
        populations.insert(row.id, row.population);
        Ok(())
    })?;
    let mut consumers = HashMap::new();
    snapshot.memberships(None, &mut |row| {
        if row.certainty != Certainty::Possible {
            consumers.insert(row.mention, row.consumer);
        }
        Ok(())
    })?;
    snapshot.mentions(None, &mut |row| {
        let id = crate::model::rows::MentionId { object: row.object, number: row.number };
        let (Some(consumer), Some(file)) = (consumers.get(&id), files.get(&row.object)) else { return Ok(()) };
        let population = populations.get(consumer).copied().unwrap_or_default();
        for (first, last) in &row.mention.rows {
            for at in *first..=*last {
                scorer.predicted(u128::from_be_bytes(consumer.0), population, row.mention.role, file, at);
            }
        }
        Ok(())
    })?;
    Ok(scorer.finish())
}

/// A finding that waits for its object's format, which is known at the object's end.
struct Waiting {
    row: u64,
    field: String,
    element: Element,
    detector: String,
    confidence: Confidence,
}

/// Takes findings to the scorer.
struct Found {
    scorer: Mutex<(FindingScorer, Option<std::io::Error>)>,
    waiting: Mutex<HashMap<String, Vec<Waiting>>>,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(|e| e.into_inner())
}

impl Found {
    fn new(scorer: FindingScorer) -> Found {
        Found { scorer: Mutex::new((scorer, None)), waiting: Mutex::default() }
    }

    fn finish(self) -> anyhow::Result<crate::score::FindingScores> {
        let (scorer, error) = self.scorer.into_inner().unwrap_or_else(|e| e.into_inner());
        match error {
            Some(e) => Err(e.into()),
            None => Ok(scorer.finish()),
        }
    }
}

impl FindingSink for Found {
    fn finding(&self, object: &Object, place: &FindingPlace<'_>) {
        let waiting = Waiting {
            row: place.row,
            field: place.field.to_string(),
            element: place.element,
            detector: place.detector.to_string(),
            confidence: place.confidence,
        };
        lock(&self.waiting).entry(object.path.clone()).or_default().push(waiting);
    }

    fn object(&self, row: &ObjectRow) {
        let waiting = lock(&self.waiting).remove(&row.object.path).unwrap_or_default();
        let mut scorer = lock(&self.scorer);
        for w in waiting {
            let record = FindingRecord {
                file: &row.object.path,
                row: w.row,
                field: &w.field,
                element: w.element,
                detector: &w.detector,
                confidence: w.confidence,
                format: &row.format,
            };
            if let Err(e) = scorer.0.finding(&record) {
                scorer.1.get_or_insert(e);
                return;
            }
        }
    }
}
