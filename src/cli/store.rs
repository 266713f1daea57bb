//! Flags about sources, made into options; and what a scan of them would ask of their stores.

use super::args::{FilterArgs, LimitArgs, SourceArgs, VersionsArg};
use super::exit::{Exit, usage};
use super::{print, settings};
use crate::report::visible;
use crate::source::{Filter, FilterRules, Listing, Source, SourceOptions, StoreOptions, Versions, Wire, WireLimits};
use serde_json::json;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::Duration;

/// How sources are opened. Limits and counts are shared by all that are opened with it.
pub fn options(args: &SourceArgs, limits: &LimitArgs) -> anyhow::Result<SourceOptions> {
    let mut wire = WireLimits {
        bytes_per_second: limits
            .max_bytes_per_second
            .as_deref()
            .map(|s| at_least_one("--max-bytes-per-second", s))
            .transpose()?,
        requests_per_second: limits.max_requests_per_second,
        ..WireLimits::default()
    };
    if let Some(memory) = &limits.max_memory {
        wire.memory_bytes = at_least_one("--max-memory", memory)?;
    }
    if let Some(timeout) = &limits.timeout {
        wire.silence = duration("--timeout", timeout)?;
    }
    if let Some(attempts) = limits.attempts {
        wire.attempts = attempts;
    }
    Ok(SourceOptions {
        store: StoreOptions {
            endpoint: args.store.endpoint.clone(),
            region: args.store.region.clone(),
            account: args.store.account.clone(),
            profile: args.store.profile.clone(),
            anonymous: args.store.anonymous,
            requester_pays: args.store.requester_pays,
        },
        filter: filter(&args.filter)?,
        versions: match args.versions {
            VersionsArg::Current => Versions::Current,
            VersionsArg::All => Versions::All,
        },
        listing_from: args.listing_from.clone(),
        wire: Wire::new(wire),
    })
}

fn filter(args: &FilterArgs) -> anyhow::Result<Filter> {
    let tag = |text: &String| match text.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name.to_string(), value.to_string())),
        _ => Err(usage(format!("--tag {text}: write NAME=VALUE"))),
    };
    Filter::new(FilterRules {
        include: args.include.clone(),
        exclude: args.exclude.clone(),
        size_min: args.min_size.as_deref().map(settings::size).transpose()?,
        size_max: args.max_size.as_deref().map(settings::size).transpose()?,
        modified_from: args.modified_after.as_deref().map(|t| moment("--modified-after", t)).transpose()?,
        modified_before: args.modified_before.as_deref().map(|t| moment("--modified-before", t)).transpose()?,
        storage_classes: args.storage_class.clone(),
        tags: args.tag.iter().map(tag).collect::<anyhow::Result<_>>()?,
    })
    .map_err(usage)
}

fn at_least_one(flag: &str, text: &str) -> anyhow::Result<u64> {
    match settings::size(text)? {
        0 => Err(usage(format!("{flag} {text}: nothing could be read; give a size such as 100M"))),
        size => Ok(size),
    }
}

/// A date (its first moment in UTC) or a date and time with its zone, in microseconds since 1970-01-01T00:00:00Z.
fn moment(flag: &str, text: &str) -> anyhow::Result<i64> {
    let day = || text.parse::<jiff::civil::Date>().ok()?.to_zoned(jiff::tz::TimeZone::UTC).ok().map(|z| z.timestamp());
    let at = if text.len() == 10 { day() } else { text.parse::<jiff::Timestamp>().ok() };
    at.map(|at| at.as_microsecond())
        .ok_or_else(|| usage(format!("{flag} {text}: write 2026-11-20 (UTC) or 2026-11-20T09:00:00-08:00")))
}

/// A stretch of time: `90s`, `30m`, `6h`.
pub fn duration(flag: &str, text: &str) -> anyhow::Result<Duration> {
    let parsed = text.parse::<jiff::SignedDuration>().ok().and_then(|d| Duration::try_from(d).ok());
    parsed
        .filter(|d| !d.is_zero())
        .ok_or_else(|| usage(format!("{flag} {text}: write a stretch of time such as 90s, 30m or 6h")))
}

/// Seconds that were computed, as a stretch of time: sizes are what a store says, so there may be more than one can hold.
pub fn span(seconds: f64) -> Duration {
    Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX)
}

/// Ends a run after a while, as Ctrl-C would.
pub struct Timer(Arc<AtomicBool>);

impl Timer {
    /// Starts to count. Without a limit it never rings.
    pub fn start(limits: &LimitArgs, stop: &Arc<AtomicBool>) -> anyhow::Result<Timer> {
        let rang = Arc::new(AtomicBool::new(false));
        if let Some(text) = &limits.max_time {
            let (after, rang, stop) = (duration("--max-time", text)?, Arc::clone(&rang), Arc::clone(stop));
            std::thread::spawn(move || {
                std::thread::sleep(after);
                // A run that was stopped already was stopped by someone else.
                rang.store(!stop.load(Relaxed), Relaxed);
                stop.store(true, Relaxed);
            });
        }
        Ok(Timer(rang))
    }

    /// Whether the time was up.
    pub fn rang(&self) -> bool {
        self.0.load(Relaxed)
    }
}

/// Bytes a second that one worker reads: of dense tables, and of sparse logs (`docs/BENCHMARKS.md`).
const RATES: (u64, u64) = (15_000_000, 350_000_000);
/// Dollars a thousand of Amazon S3's GET and LIST requests in us-east-1, storage class Standard, 2026.
/// <https://aws.amazon.com/s3/pricing/>
const DOLLARS: (f64, f64) = (0.0004, 0.005);
/// Dollars a gigabyte that leaves Amazon's network; within a region it is free.
const DOLLARS_OUT: f64 = 0.09;

#[derive(Default)]
struct Estimate {
    objects: u64,
    bytes: u64,
    gets: u64,
    problems: u64,
    is_remote: bool,
}

/// Lists and reads nothing: how much a scan would read, and about what that takes.
pub fn estimate(sources: &[Source], options: &SourceOptions, workers: usize, as_json: bool) -> anyhow::Result<Exit> {
    let mut sum = Estimate::default();
    for source in sources {
        sum.is_remote |= source.is_remote();
        for listing in source.list(&[]) {
            match listing {
                Listing::Object(object) => {
                    sum.objects += 1;
                    sum.bytes = sum.bytes.saturating_add(object.size);
                    let gets = if source.is_remote() { Wire::requests_of(object.size) } else { 0 };
                    sum.gets = sum.gets.saturating_add(gets);
                }
                Listing::Problem { .. } => sum.problems += 1,
            }
        }
    }
    let lists = options.wire.counts().requests();
    let limits = options.wire.limits();
    let by_limits = |seconds: f64| {
        let by_bytes = limits.bytes_per_second.map_or(0.0, |n| sum.bytes as f64 / n as f64);
        let by_requests = limits.requests_per_second.map_or(0.0, |n| sum.gets as f64 / f64::from(n));
        seconds.max(by_bytes).max(by_requests)
    };
    let seconds = |rate: u64| by_limits(sum.bytes as f64 / (rate as f64 * workers as f64));
    let (slow, fast) = (seconds(RATES.0), seconds(RATES.1));
    let requests = (sum.gets as f64 * DOLLARS.0 + lists as f64 * DOLLARS.1) / 1000.0;
    let out = sum.bytes as f64 / 1e9 * DOLLARS_OUT;
    if as_json {
        print::json(&json!({
            "objects": sum.objects, "bytes": sum.bytes, "gets": sum.gets, "listing_requests": lists,
            "not_readable": sum.problems, "seconds": { "sparse": fast, "dense": slow },
            "dollars": { "requests": requests, "transfer_out": if sum.is_remote { out } else { 0.0 } },
        }))?;
    } else {
        let span = |s: f64| indicatif::HumanDuration(self::span(s.max(1.0))).to_string();
        let mut text = format!("objects   {}\nread      {}\n", sum.objects, indicatif::HumanBytes(sum.bytes));
        if sum.is_remote {
            text += &format!(
                "requests  {} GETs; the listing took {lists}\ncost      about ${requests:.2} for requests at Amazon S3's list \
                 prices, and ${out:.2} for transfer unless it stays in the region\n",
                sum.gets
            );
        }
        text += &format!(
            "time      {} (sparse logs) to {} (dense tables) with {workers} workers\n",
            span(fast),
            span(slow)
        );
        if sum.problems > 0 {
            text += &format!("missing   {} objects or parts of the listing cannot be read as they are\n", sum.problems);
        }
        text += "Nothing was read. What the inventory has already in the same version is not read again.\n";
        print::out(&text)?;
    }
    Ok(if sum.problems > 0 { Exit::Partial } else { Exit::Complete })
}

/// An error of a source, for a terminal: names in it come from outside.
pub fn shown(error: &crate::source::SourceError) -> String {
    visible(&error.to_string()).into_owned()
}
