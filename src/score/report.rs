//! Scores as a table for people and as JSON for programs.

use super::findings::{Count, FindingScores};
use super::linking::LinkScores;
use serde::Serialize;
use std::collections::BTreeMap;
use std::fmt::Write;

/// How fast it was and what it took; measured by the caller.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Speed {
    /// Decoded bytes read.
    pub bytes: u64,
    /// Wall-clock seconds.
    pub seconds: f64,
    /// Cores used.
    pub cores: u32,
    /// 10^9 bytes a second for each core.
    pub gb_per_s_per_core: f64,
    /// The most memory that was resident, in bytes.
    pub peak_memory_bytes: u64,
}

impl Speed {
    /// The speed of `bytes` in `seconds` on `cores`.
    pub fn new(bytes: u64, seconds: f64, cores: u32, peak_memory_bytes: u64) -> Speed {
        let work = seconds * f64::from(cores);
        let gb_per_s_per_core = if work > 0.0 { bytes as f64 / 1e9 / work } else { 0.0 };
        Speed { bytes, seconds, cores, gb_per_s_per_core, peak_memory_bytes }
    }
}

/// All that a benchmark says.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Scores {
    /// The corpus.
    pub corpus: String,
    /// The findings, where the truth lists values.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub findings: Option<FindingScores>,
    /// The links, where the truth lists who is in which record.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub linking: Option<LinkScores>,
    /// The speed, where it was measured.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub speed: Option<Speed>,
}

impl Scores {
    /// The scores as aligned text. File and field names in it come from outside: who prints it to a terminal escapes it.
    pub fn table(&self) -> String {
        let mut out = format!("corpus {}\n", self.corpus);
        if let Some(findings) = &self.findings {
            self::findings(&mut out, findings);
        }
        if let Some(linking) = &self.linking {
            self::linking(&mut out, linking);
        }
        if let Some(speed) = &self.speed {
            line(&mut out, "speed", format!("{:.3} GB/s per core", speed.gb_per_s_per_core));
            line(&mut out, "read", format!("{} bytes in {:.2} s on {} cores", speed.bytes, speed.seconds, speed.cores));
            line(&mut out, "peak memory", format!("{} MiB", speed.peak_memory_bytes >> 20));
        }
        out
    }

    /// The scores as JSON.
    ///
    /// # Errors
    /// None that these types can cause; it is serde's.
    pub fn json(&self) -> Result<String, serde_json::Error> {
        serde_json::to_string_pretty(self)
    }
}

fn line(out: &mut String, name: &str, value: String) {
    // Writing to a string cannot fail.
    let _ = writeln!(out, "  {name:<28} {value}");
}

fn findings(out: &mut String, scores: &FindingScores) {
    counts(out, "element", &scores.by_element);
    counts(out, "detector", &scores.by_detector);
    counts(out, "format", &scores.by_format);
    counts(out, "findings", &BTreeMap::from([("all".to_string(), scores.total)]));
    if !scores.trouble.is_empty() {
        let _ = writeln!(out, "\n{:>9} {:>9}  {:<16} where", "missed", "wrong", "element");
        for t in &scores.trouble {
            let _ = writeln!(out, "{:>9} {:>9}  {:<16} {} {}", t.missed, t.wrong, t.element.code(), t.file, t.field);
        }
    }
}

fn counts(out: &mut String, title: &str, counts: &BTreeMap<String, Count>) {
    let _ = writeln!(
        out,
        "\n{title:<32} {:>9} {:>9} {:>9} {:>9} {:>8} {:>9}",
        "expected", "found", "wrong", "excused", "recall", "precision"
    );
    for (name, c) in counts {
        let _ = writeln!(
            out,
            "{name:<32} {:>9} {:>9} {:>9} {:>9} {:>8.4} {:>9.4}",
            c.expected, c.found, c.wrong, c.excused, c.recall, c.precision
        );
    }
}

fn linking(out: &mut String, scores: &LinkScores) {
    let _ = writeln!(out, "\nlinking");
    let LinkScores { mentions, matched, extra, split, merged, people, people_seen, consumers, .. } = scores;
    line(out, "pairwise precision", format!("{:.5}", scores.precision));
    line(out, "pairwise recall", format!("{:.5}", scores.recall));
    line(out, "  of all mentions", format!("{:.5}", scores.recall_of_all));
    line(out, "mentions", format!("{matched} of {mentions} seen, {extra} more"));
    line(out, "people", format!("{people}, of whom {people_seen} seen; counted {consumers}"));
    line(out, "headcount error", format!("{:+.3} %", scores.headcount_error * 100.0));
    line(out, "people split", split.to_string());
    line(out, "consumers of several people", merged.to_string());
}
