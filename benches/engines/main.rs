//! How fast the matching core is, and how fast others are on the same bytes.
//!
//! `cargo bench` measures everything; `cargo bench -- --test` checks the counts on small inputs and times nothing.
//! `--size MIB`, `--runs N`, `--only WORD` (an input), `--part equal|all|misses|alone|kernels|stages`, `--level CODE` narrow it
//! down; `misses` and `alone` take fewer bytes, for there are as many inputs and plans as detectors. Times are CPU
//! seconds of the measuring thread, medians; all engines of a table run in one process, one after another, on the same
//! bytes. A rate is 1e9 bytes a second.

// A bench prints; that is what it is for.
#![allow(clippy::print_stdout, clippy::print_stderr)]

mod hyperscan;
mod inputs;
mod kernels;
mod peers;
mod rules;
mod stages;

use inputs::Input;
use rollcall::matcher::lanes::Scratch;
use rollcall::matcher::oracle::Oracle;
use rollcall::matcher::plan::Matcher;
use rollcall::model::detector::Detector;
use rollcall::pattern;
use rollcall::pipeline::plan::validators;
use rollcall::simd::Level;
use std::hint::black_box;

/// Bytes of one detector's near misses, and of each input for one detector alone: there are some 150 of both.
const MISSES_BYTES: usize = 1 << 20;
const ALONE_BYTES: usize = 2 << 20;

/// What the command line asks for.
struct Options {
    test: bool,
    size: usize,
    runs: usize,
    only: Option<String>,
    part: Option<String>,
    level: Option<String>,
}

fn options() -> Options {
    let mut options = Options { test: false, size: 64 << 20, runs: 5, only: None, part: None, level: None };
    let mut args = std::env::args().skip(1);
    while let Some(arg) = args.next() {
        let mut value = || args.next().unwrap_or_default();
        match arg.as_str() {
            "--test" => options.test = true,
            "--size" => options.size = value().parse::<usize>().unwrap_or(64) << 20,
            "--runs" => options.runs = value().parse().unwrap_or(5),
            "--only" => options.only = Some(value()),
            "--part" => options.part = Some(value()),
            "--level" => options.level = Some(value()),
            _ => {}
        }
    }
    if options.test {
        options.size = 1 << 20;
    }
    options
}

/// CPU seconds of this thread.
fn cpu() -> f64 {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    time.tv_sec as f64 + time.tv_nsec as f64 * 1e-9
}

/// The median rate of `runs` runs over `bytes` bytes, and what the last run counted.
pub fn rate(runs: usize, bytes: usize, mut run: impl FnMut() -> u64) -> (f64, u64) {
    let mut count = 0;
    let mut seconds: Vec<f64> = (0..runs.max(1))
        .map(|_| {
            let before = cpu();
            count = black_box(run());
            cpu() - before
        })
        .collect();
    seconds.sort_by(f64::total_cmp);
    (bytes as f64 / 1e9 / seconds[seconds.len() / 2].max(1e-9), count)
}

fn hits(matcher: &Matcher, bytes: &[u8], scratch: &mut Scratch) -> u64 {
    let mut count = 0;
    matcher.scan(bytes, 0..bytes.len() as u32, scratch, &mut |hits| count += hits.len() as u64);
    count
}

fn levels(options: &Options) -> Vec<Level> {
    let wanted = |l: &Level| options.level.as_deref().is_none_or(|code| code == l.code());
    Level::ALL.into_iter().rev().filter(|l| l.available()).filter(wanted).collect()
}

fn plans(options: &Options, detectors: &[Detector]) -> Vec<Matcher> {
    let mut problems = Vec::new();
    let validators = validators(detectors, &mut problems);
    assert_eq!(problems, [""; 0], "validators");
    let plan = |level| Matcher::at(level, detectors, &validators).map_err(|p| p[0].to_string());
    levels(options).into_iter().map(|level| plan(level).expect("the detectors plan")).collect()
}

/// A fault in the counts ends the bench: a rate of a wrong answer is no rate.
fn check_against_oracle(detectors: &[Detector], matchers: &[Matcher], inputs: &[Input]) {
    const SLICE: usize = 24 << 10;
    let oracle = Oracle::new(detectors).map_err(|p| p[0].to_string()).expect("the detectors compile");
    let mut scratch = Scratch::new();
    for input in inputs {
        let slice = &input.bytes[..input.bytes.len().min(SLICE)];
        let want = oracle.scan(slice, 0..slice.len() as u32).len() as u64;
        for matcher in matchers {
            let got = hits(matcher, slice, &mut scratch);
            assert_eq!(got, want, "{:?} on {}: hits in the first {SLICE} bytes", matcher.level(), input.name);
        }
    }
}

/// One table: rates of every level and peer on some inputs.
fn measure(options: &Options, detectors: &[Detector], inputs: &[Input], peers: &mut [Box<dyn peers::Peer>]) {
    let matchers = plans(options, detectors);
    println!("   {} detectors, {:?}", detectors.len(), matchers[0].size());
    check_against_oracle(detectors, &matchers, inputs);
    if options.test {
        for input in inputs {
            peers.iter().for_each(|p| peers::check(p.name(), &input.name, p.count(&input.bytes)));
            if !peers.is_empty() {
                let mut scratch = Scratch::new();
                let ours = matchers.iter().map(|m| hits(m, &input.bytes, &mut scratch));
                ours.for_each(|count| peers::check("rollcall", &input.name, count));
            }
        }
        println!("   counts agree");
        return;
    }
    let mut scratch = Scratch::new();
    for input in inputs {
        let bytes = &input.bytes;
        let (read, _) = rate(options.runs, bytes.len(), || {
            let words = bytes.as_chunks::<8>().0.iter();
            words.fold(0u64, |sum, w| sum.wrapping_add(u64::from_ne_bytes(*w)))
        });
        println!("{:28} memory read {read:.2}", input.name);
        let mut ours = Vec::new();
        for matcher in &matchers {
            hits(matcher, &bytes[..bytes.len().min(1 << 20)], &mut scratch);
            let before = scratch.work();
            let (rate, count) = rate(options.runs, bytes.len(), || hits(matcher, bytes, &mut scratch));
            let work = (scratch.work() - before) as f64 / (bytes.len() * options.runs) as f64;
            let (level, spacing) = (matcher.level().code(), bytes.len() as u64 / count.max(1));
            println!("    {level:24} {rate:8.3}  hits {count}, one in {spacing} bytes, work {work:.2} a byte");
            ours.push((rate, count));
        }
        assert!(ours.iter().all(|o| o.1 == ours[0].1), "{}: the levels disagree", input.name);
        for peer in peers.iter_mut() {
            let slice = &bytes[..bytes.len().min(peer.slice())];
            let (rate, count) = rate(options.runs.min(3), slice.len(), || peer.count(slice));
            let ratio = ours[0].0 / rate.max(1e-9);
            println!(
                "    {:24} {rate:8.3}  matches {count} in {} MiB; ours is {ratio:.1} times this",
                peer.name(),
                slice.len() >> 20
            );
        }
    }
}

fn main() {
    let options = options();
    let wanted = |part: &str| options.part.as_deref().is_none_or(|p| p == part);
    // An input that was not asked for is not made.
    let only = options.only.as_deref().unwrap_or("");
    let asked = |name: &str| name.contains(only);
    println!("rollcall {} on {}", env!("CARGO_PKG_VERSION"), machine());
    println!("{} MiB an input, {} runs, median of CPU seconds, GB a second\n", options.size >> 20, options.runs);
    let all = pattern::builtin();
    if wanted("equal") {
        println!("== twelve equal rules");
        let inputs = inputs::all(options.size, &asked);
        measure(&options, &rules::detectors(), &inputs, &mut peers::all());
    }
    if wanted("all") {
        println!("\n== all detectors");
        let inputs = inputs::all(options.size, &asked);
        measure(&options, &all, &inputs, &mut []);
    }
    if wanted("misses") {
        println!("\n== all detectors, each one's near misses");
        let inputs = inputs::near_misses(options.size.min(MISSES_BYTES), &asked);
        measure(&options, &all, &inputs, &mut []);
    }
    if wanted("alone") {
        println!("\n== each detector alone");
        let inputs = inputs::ordinary(options.size.min(ALONE_BYTES), &asked);
        for detector in all.iter().filter(|d| d.pattern.is_some() && !d.field_only) {
            alone(&options, detector, &inputs);
        }
    }
    if wanted("kernels") {
        println!("\n== each kernel, GB of text a second");
        kernels::measure(&levels(&options), options.runs, options.test);
    }
    if wanted("stages") {
        println!("\n== stages of a scan, CPU nanoseconds");
        stages::measure(options.size, options.runs.min(3));
    }
}

fn alone(options: &Options, detector: &Detector, inputs: &[Input]) {
    let one = std::slice::from_ref(detector);
    let matchers = plans(options, one);
    check_against_oracle(one, &matchers, inputs);
    let mut line = format!("{:32}", detector.id);
    let mut scratch = Scratch::new();
    for input in inputs.iter().filter(|_| !options.test) {
        for matcher in &matchers {
            let (rate, _) = rate(options.runs.min(3), input.bytes.len(), || hits(matcher, &input.bytes, &mut scratch));
            line += &format!(" {} {} {rate:.2};", input.name, matcher.level().code());
        }
    }
    println!("{line} {}", matchers[0].front_end(0));
}

fn machine() -> String {
    let info = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = info.lines().find_map(|l| l.strip_prefix("model name")).unwrap_or(": unknown");
    format!(
        "{}, {} processors, best level {}",
        model.trim_start_matches([':', ' ', '\t']),
        std::thread::available_parallelism().map_or(0, usize::from),
        Level::best().code()
    )
}
