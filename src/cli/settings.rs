//! Flags and the configuration file, made into settings.

use super::args::DataArgs;
use super::exit::usage;
use crate::model::detector::Detector;
use crate::model::settings::{FieldRule, IdentitySettings};
use crate::pattern;
use serde::Deserialize;
use std::path::{Path, PathBuf};

/// The configuration file.
#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
struct File {
    customer_ids: Vec<String>,
    keys: Vec<String>,
    own_domains: Vec<String>,
    patterns: Vec<PathBuf>,
}

/// What the operator said: identity settings and all detectors.
pub fn settings(args: &DataArgs) -> anyhow::Result<(IdentitySettings, Vec<Detector>)> {
    let mut file = match &args.config {
        Some(path) => read(path)?,
        None => File::default(),
    };
    file.customer_ids.extend(args.customer_ids.iter().cloned());
    file.keys.extend(args.keys.iter().cloned());
    file.own_domains.extend(args.own_domains.iter().cloned());
    file.patterns.extend(args.patterns.iter().cloned());
    let identity = IdentitySettings {
        customer_ids: file.customer_ids.iter().map(|r| rule("--customer-id", r)).collect::<anyhow::Result<_>>()?,
        keys: file.keys.iter().map(|r| rule("--key", r)).collect::<anyhow::Result<_>>()?,
        own_domains: file.own_domains.iter().map(|d| d.trim_start_matches('@').to_lowercase()).collect(),
    };
    Ok((identity, detectors(&file.patterns)?))
}

fn read(path: &Path) -> anyhow::Result<File> {
    let text = std::fs::read_to_string(path).map_err(|e| usage(format!("cannot read {}: {e}", path.display())))?;
    toml::from_str(&text).map_err(|e| usage(format!("{}: {e}", path.display())))
}

/// The built-in detectors and those of the operator's folders; every mistake of every file is reported at once.
pub fn detectors(dirs: &[PathBuf]) -> anyhow::Result<Vec<Detector>> {
    let mut all = pattern::builtin();
    let mut problems = Vec::new();
    for dir in dirs {
        match pattern::load_dir(dir) {
            Ok(own) => all.extend(own),
            Err(found) => problems.extend(found),
        }
    }
    if problems.is_empty() {
        problems = pattern::check(&all);
    }
    if problems.is_empty() {
        all.sort_by(|a, b| a.id.cmp(&b.id));
        return Ok(all);
    }
    let lines: Vec<String> = problems.iter().map(|p| p.to_string()).collect();
    Err(usage(format!("{} mistakes in pattern files:\n{}", lines.len(), lines.join("\n"))))
}

/// Reads `NAMESPACE=GLOB#FIELD`, `NAMESPACE=FIELD` or `FIELD`.
fn rule(flag: &str, text: &str) -> anyhow::Result<FieldRule> {
    let (namespace, place) = text.split_once('=').unwrap_or(("", text));
    let (glob, field) = match place.rsplit_once('#') {
        Some((glob, field)) if !glob.is_empty() => (Some(glob.to_string()), field),
        Some((_, field)) => (None, field),
        None => (None, place),
    };
    if field.is_empty() || (text.contains('=') && namespace.is_empty()) {
        return Err(usage(format!("{flag} {text}: write NAMESPACE=GLOB#FIELD, as in crm=crm/**#customer_id")));
    }
    let namespace = if namespace.is_empty() { field.to_lowercase() } else { namespace.to_string() };
    Ok(FieldRule { namespace, glob, field: field.to_string() })
}

/// Reads a size: `4096`, `64K`, `1.5G`, with powers of 1024.
pub fn size(text: &str) -> anyhow::Result<u64> {
    let wrong = || usage(format!("{text} is no size: write a number with K, M, G or T, as 500M"));
    let text_trimmed = text.trim().trim_end_matches(['b', 'B']).trim_end_matches('i');
    let digits = text_trimmed.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let shift = match text_trimmed[digits.len()..].to_ascii_uppercase().as_str() {
        "" => 0,
        "K" => 10,
        "M" => 20,
        "G" => 30,
        "T" => 40,
        _ => return Err(wrong()),
    };
    let number: f64 = digits.trim().parse().map_err(|_| wrong())?;
    if !(0.0..1e6).contains(&number) && shift > 0 || number < 0.0 || !number.is_finite() {
        return Err(wrong());
    }
    Ok((number * (1u64 << shift) as f64) as u64)
}
