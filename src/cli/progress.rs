//! What a person sees while a scan runs: a bar with rate and time left on a terminal, a line now and then elsewhere.

use super::print;
use crate::pipeline::scan::Counters;
use indicatif::{HumanBytes, HumanDuration, ProgressBar, ProgressStyle};
use std::io::IsTerminal;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::{Duration, Instant};

const TICK: Duration = Duration::from_millis(200);
const LINE_EVERY: Duration = Duration::from_secs(10);

/// Runs `work` while showing what the counters say.
pub fn watch<T>(counters: &Counters, quiet: bool, work: impl FnOnce() -> T) -> T {
    if quiet {
        return work();
    }
    let done = AtomicBool::new(false);
    std::thread::scope(|threads| {
        let shown = threads
            .spawn(|| if std::io::stderr().is_terminal() { bar(counters, &done) } else { lines(counters, &done) });
        let result = work();
        done.store(true, Relaxed);
        shown.thread().unpark();
        result
    })
}

fn bar(counters: &Counters, done: &AtomicBool) {
    let bar = ProgressBar::new(0);
    let style = "{spinner} {bytes}/{total_bytes} [{bar:30}] {binary_bytes_per_sec}, {eta} left, {msg}";
    if let Ok(style) = ProgressStyle::with_template(style) {
        bar.set_style(style);
    }
    while !done.load(Relaxed) {
        let listed = counters.listed.load(Relaxed);
        bar.set_length(counters.bytes_listed.load(Relaxed));
        bar.set_position(counters.bytes_read.load(Relaxed));
        bar.set_message(format!(
            "{}/{}{} objects",
            counters.objects_done.load(Relaxed),
            counters.objects_listed.load(Relaxed),
            if listed { "" } else { "+" }
        ));
        std::thread::park_timeout(TICK);
    }
    bar.finish_and_clear();
}

fn lines(counters: &Counters, done: &AtomicBool) {
    let start = Instant::now();
    let mut next = LINE_EVERY;
    while !done.load(Relaxed) {
        std::thread::park_timeout(TICK);
        let elapsed = start.elapsed();
        if elapsed < next || done.load(Relaxed) {
            continue;
        }
        next += LINE_EVERY;
        let (read, total) = (counters.bytes_read.load(Relaxed), counters.bytes_listed.load(Relaxed));
        let rate = read as f64 / elapsed.as_secs_f64();
        let left = match counters.listed.load(Relaxed) && rate > 0.0 {
            true => {
                format!(", {} left", HumanDuration(super::store::span(total.saturating_sub(read) as f64 / rate)))
            }
            false => String::new(),
        };
        print::note(&format!(
            "read {} of {} in {} of {} objects, {}/s{left}",
            HumanBytes(read),
            HumanBytes(total),
            counters.objects_done.load(Relaxed),
            counters.objects_listed.load(Relaxed),
            HumanBytes(rate as u64),
        ));
    }
}
