//! Numbers about a run, for those who watch many: JSON and Prometheus text.
//!
//! Files are replaced whole, so that no reader sees half of one. They hold counts and times, and no name of an object.

use super::args::MetricsArgs;
use crate::model::rows::RunRow;
use crate::pipeline::scan::{Counters, ScanOutcome};
use crate::source::WireCounts;
use anyhow::Context;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::{Duration, Instant};

/// How often a request is looked for.
const TICK: Duration = Duration::from_millis(200);

/// Runs `work`, and writes the numbers now and then while it runs, and when SIGUSR1 asks for them.
pub fn during<T>(
    args: Option<&MetricsArgs>,
    command: &str,
    counters: &Counters,
    wire: &WireCounts,
    work: impl FnOnce() -> T,
) -> anyhow::Result<T> {
    let start = Instant::now();
    let Some(args) = args.filter(|args| args.metrics.is_some() || args.metrics_prom.is_some()) else {
        return Ok(work());
    };
    let asked = Arc::new(AtomicBool::new(true));
    signal_hook::flag::register(signal_hook::consts::SIGUSR1, asked.clone())?;
    let done = AtomicBool::new(false);
    Ok(std::thread::scope(|threads| {
        let writer = threads.spawn(|| {
            let mut last = Instant::now();
            while !done.load(Relaxed) {
                let due = !args.metrics_every.is_zero() && last.elapsed() >= args.metrics_every;
                if asked.swap(false, Relaxed) || due {
                    last = Instant::now();
                    // What cannot be written now is said at the end, where it matters.
                    let _ = write(args, &Numbers::base(command, counters, wire, start.elapsed().as_secs_f64(), true));
                }
                std::thread::park_timeout(TICK);
            }
        });
        let result = work();
        done.store(true, Relaxed);
        writer.thread().unpark();
        result
    }))
}

/// Writes the numbers of a run that has ended.
pub fn at_end(
    args: Option<&MetricsArgs>,
    counters: &Counters,
    wire: &WireCounts,
    outcome: &ScanOutcome,
    run: &RunRow,
) -> anyhow::Result<()> {
    match args {
        Some(args) => write(args, &Numbers::ended(counters, wire, outcome, run)),
        None => Ok(()),
    }
}

fn write(args: &MetricsArgs, numbers: &Numbers) -> anyhow::Result<()> {
    if let Some(path) = &args.metrics {
        let mut text = serde_json::to_string_pretty(&numbers.json())?;
        text.push('\n');
        replace(path, &text)?;
    }
    if let Some(path) = &args.metrics_prom {
        replace(path, &numbers.prometheus())?;
    }
    Ok(())
}

fn replace(path: &Path, text: &str) -> anyhow::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let written = tempfile::Builder::new().permissions(permissions()).tempfile_in(folder).and_then(|mut file| {
        file.write_all(text.as_bytes())?;
        file.persist(path).map(|_| ()).map_err(|e| e.error)
    });
    written.with_context(|| format!("cannot write metrics to {}", path.display()))
}

/// A collector runs as another user.
fn permissions() -> std::fs::Permissions {
    std::os::unix::fs::PermissionsExt::from_mode(0o644)
}

/// A number with its Prometheus name and, for one of several, its label.
struct Number {
    name: &'static str,
    help: &'static str,
    label: Option<(&'static str, String)>,
    value: f64,
}

struct Numbers {
    command: String,
    running: bool,
    all: Vec<Number>,
}

impl Numbers {
    fn base(command: &str, counters: &Counters, wire: &WireCounts, seconds: f64, running: bool) -> Numbers {
        let mut numbers = Numbers { command: command.to_string(), running, all: Vec::new() };
        let count = |counter: &std::sync::atomic::AtomicU64| counter.load(Relaxed) as f64;
        numbers.add("rollcall_run_seconds", "Seconds since the run began, or that it took.", seconds);
        numbers.add("rollcall_run_running", "1 while the run goes on, 0 after it.", f64::from(u8::from(running)));
        numbers.add("rollcall_objects_listed", "Objects listed.", count(&counters.objects_listed));
        numbers.add("rollcall_objects_done", "Objects done, the unchanged among them.", count(&counters.objects_done));
        numbers.add(
            "rollcall_listed_bytes",
            "Bytes of the listed objects that are to be read.",
            count(&counters.bytes_listed),
        );
        numbers.add("rollcall_read_bytes", "Bytes read from sources.", count(&counters.bytes_read));
        let rate = if seconds > 0.0 { count(&counters.bytes_read) / seconds } else { 0.0 };
        numbers.add("rollcall_read_bytes_per_second", "Bytes read from sources a second, over the run.", rate);
        for (kind, made) in wire.by_kind() {
            let help = "Requests made of stores, by what they ask for; attempts that failed are among them.";
            numbers.add_labelled("rollcall_requests", help, "kind", kind, made as f64);
        }
        numbers.add("rollcall_requests_repeated", "Requests made again after a fault.", count(&wire.retries));
        numbers.add("rollcall_requests_throttled", "Answers that asked to slow down.", count(&wire.throttled));
        numbers.add("rollcall_fetched_bytes", "Bytes of objects that came from stores.", count(&wire.bytes));
        let help = "Objects read from end to end that no checksum of their store could be compared with.";
        numbers.add("rollcall_objects_unchecked", help, count(&wire.unchecked));
        let help = "Seconds that workers waited for bytes of a store, over all workers.";
        numbers.add("rollcall_wait_seconds", help, count(&wire.waited_micros) / 1e6);
        if let Some(seconds) = processor_seconds() {
            numbers.add("rollcall_processor_seconds", "Processor time of the process, user and system.", seconds);
        }
        if let Some(bytes) = peak_resident_bytes() {
            numbers.add("rollcall_peak_resident_bytes", "Most memory that was resident.", bytes);
        }
        numbers
    }

    fn ended(counters: &Counters, wire: &WireCounts, outcome: &ScanOutcome, run: &RunRow) -> Numbers {
        let seconds = run.ended_at.saturating_sub(run.started_at) as f64 / 1e6;
        let mut numbers = Numbers::base(&run.command, counters, wire, seconds, false);
        let o = outcome;
        let objects = "Objects by how they ended.";
        for (status, count) in [
            ("complete", o.complete),
            ("partial", o.partial),
            ("skipped", o.skipped),
            ("failed", o.failed),
            ("unchanged", o.unchanged),
            ("not_reached", o.not_reached),
        ] {
            numbers.add_labelled("rollcall_objects", objects, "status", status, count as f64);
        }
        numbers.add("rollcall_objects_gone", "Objects retired because they are no longer there.", o.gone as f64);
        numbers.add("rollcall_objects_taken_over", "Objects that an interrupted run had read.", o.taken_over as f64);
        numbers.add("rollcall_records", "Records read.", o.records as f64);
        let mut gaps: BTreeMap<&str, u64> = BTreeMap::new();
        o.gaps.iter().for_each(|(_, gap)| *gaps.entry(gap.kind.code()).or_default() += 1);
        for (kind, count) in gaps {
            let help = "Gaps by kind, among the first thousand.";
            numbers.add_labelled("rollcall_gaps", help, "kind", kind, count as f64);
        }
        numbers.add("rollcall_gaps_more", "Gaps beyond the first thousand.", o.gaps_more as f64);
        numbers.add("rollcall_people", "People the inventory holds.", run.consumers as f64);
        numbers.add("rollcall_mentions", "Mentions the inventory holds.", run.mentions as f64);
        numbers.add("rollcall_run_ended_timestamp_seconds", "When the run ended.", run.ended_at as f64 / 1e6);
        let whole = f64::from(u8::from(o.is_whole(false)));
        numbers.add("rollcall_run_complete", "1 if everything that is readable was read whole.", whole);
        numbers
    }

    fn add(&mut self, name: &'static str, help: &'static str, value: f64) {
        self.all.push(Number { name, help, label: None, value });
    }

    fn add_labelled(&mut self, name: &'static str, help: &'static str, label: &'static str, which: &str, value: f64) {
        self.all.push(Number { name, help, label: Some((label, which.to_string())), value });
    }

    fn json(&self) -> Value {
        let mut numbers = serde_json::Map::new();
        for number in &self.all {
            let name = number.name.trim_start_matches("rollcall_");
            let value = match number.value.fract() == 0.0 && number.value < 9e15 {
                true => json!(number.value as u64),
                false => json!(number.value),
            };
            match &number.label {
                None => drop(numbers.insert(name.to_string(), value)),
                Some((_, which)) => {
                    let group = numbers.entry(name.to_string()).or_insert_with(|| json!({}));
                    group[which.as_str()] = value;
                }
            }
        }
        json!({ "schema": "rollcall.metrics/1", "command": self.command, "running": self.running, "numbers": numbers })
    }

    /// The text format, version 0.0.4: <https://prometheus.io/docs/instrumenting/exposition_formats/>
    fn prometheus(&self) -> String {
        let mut text = String::new();
        let mut last = "";
        for number in &self.all {
            if number.name != last {
                last = number.name;
                text += &format!("# HELP {last} {}\n# TYPE {last} gauge\n", number.help);
            }
            let label = number.label.as_ref().map_or(String::new(), |(name, which)| format!(",{name}=\"{which}\""));
            text += &format!("{last}{{command=\"{}\"{label}}} {}\n", self.command, number.value);
        }
        text
    }
}

/// User and system time of this process; clock ticks are a hundredth of a second on every Linux.
fn processor_seconds() -> Option<f64> {
    let stat = std::fs::read_to_string("/proc/self/stat").ok()?;
    let mut fields = stat.rsplit_once(')')?.1.split_whitespace().skip(11);
    let user: f64 = fields.next()?.parse().ok()?;
    let system: f64 = fields.next()?.parse().ok()?;
    Some((user + system) / 100.0)
}

fn peak_resident_bytes() -> Option<f64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kib: f64 = line.trim().trim_end_matches("kB").trim().parse().ok()?;
    Some(kib * 1024.0)
}
