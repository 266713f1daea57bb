//! Flags and the configuration file, made into settings.

use super::args::{DataArgs, SourceArgs};
use super::exit::usage;
use super::print;
use crate::model::detector::Detector;
use crate::model::element::Element;
use crate::model::mention::TokenValue;
use crate::model::settings::{Allowed, FieldRule, IdentitySettings, SuppressSettings, Suppression};
use crate::pattern;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::path::{Path, PathBuf};

/// The configuration file that is read where none is named.
const DEFAULT: &str = "rollcall.toml";

/// The configuration file.
#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
struct File {
    customer_ids: Vec<String>,
    keys: Vec<String>,
    own_domains: Vec<String>,
    patterns: Vec<PathBuf>,
    suppress: Vec<SuppressEntry>,
    allow: Vec<AllowEntry>,
}

/// A `[[suppress]]` of the file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SuppressEntry {
    detector: Option<String>,
    element: Option<String>,
    object: String,
    field: Option<String>,
    reason: String,
    expires: toml::Value,
}

/// An `[[allow]]` of the file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AllowEntry {
    kind: String,
    token: String,
    key: String,
    reason: String,
    expires: toml::Value,
}

/// What the operator said.
pub struct Settings {
    pub identity: IdentitySettings,
    pub detectors: Vec<Detector>,
    pub suppress: SuppressSettings,
}

/// What the operator said, as the inventory remembers it of a source: the words of the flags, and where the files are. What
/// the files say is read again at each refresh.
pub fn remembered(args: &DataArgs, from: &SourceArgs) -> serde_json::Value {
    let absolute = |path: &PathBuf| std::path::absolute(path).unwrap_or_else(|_| path.clone());
    json!(Remembered {
        customer_ids: args.customer_ids.clone(),
        keys: args.keys.clone(),
        own_domains: args.own_domains.clone(),
        patterns: args.patterns.iter().map(absolute).collect(),
        config: args.config.as_ref().map(absolute),
        from: (*from != SourceArgs::default()).then(|| from.clone()),
    })
}

/// The flags of a source that was scanned before.
pub fn recalled(source: &str, settings: &serde_json::Value) -> anyhow::Result<(DataArgs, SourceArgs)> {
    let Remembered { customer_ids, keys, own_domains, patterns, config, from } =
        serde_json::from_value(settings.clone())
            .map_err(|e| usage(format!("the settings of {source} cannot be read: {e}; scan it again")))?;
    Ok((DataArgs { customer_ids, keys, own_domains, patterns, config }, from.unwrap_or_default()))
}

/// What is remembered of a source's settings. Members are only ever added.
#[derive(Serialize, Deserialize, Default)]
#[serde(default)]
struct Remembered {
    customer_ids: Vec<String>,
    keys: Vec<String>,
    own_domains: Vec<String>,
    patterns: Vec<PathBuf>,
    config: Option<PathBuf>,
    /// How its store is reached and which of its objects are read, where that was said.
    #[serde(skip_serializing_if = "Option::is_none")]
    from: Option<SourceArgs>,
}

/// The configuration file: the one that is named, else the one in the current folder, which is said.
pub fn config(named: Option<&Path>) -> Option<PathBuf> {
    let found = || Path::new(DEFAULT).is_file().then(|| PathBuf::from(DEFAULT));
    named
        .map(Path::to_path_buf)
        .or_else(|| found().inspect(|path| print::note(&format!("settings of {} are used", path.display()))))
}

/// Today in UTC, as YYYY-MM-DD.
pub fn today() -> String {
    jiff::Timestamp::now().strftime("%F").to_string()
}

/// Flags and the file that `args` names, if it names one.
pub fn settings(args: &DataArgs) -> anyhow::Result<Settings> {
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
    let suppress = SuppressSettings {
        rules: file.suppress.iter().map(suppression).collect::<anyhow::Result<_>>()?,
        allowed: file.allow.iter().map(allowed).collect::<anyhow::Result<_>>()?,
    };
    Ok(Settings { identity, detectors: detectors(&file.patterns)?, suppress })
}

fn suppression(entry: &SuppressEntry) -> anyhow::Result<Suppression> {
    let what = "[[suppress]]";
    Ok(Suppression {
        detector: entry.detector.clone(),
        element: entry.element.as_deref().map(|code| element(what, code)).transpose()?,
        object: entry.object.clone(),
        field: entry.field.clone(),
        reason: reason(what, &entry.reason)?,
        expires: last_day(what, &entry.expires)?,
    })
}

fn allowed(entry: &AllowEntry) -> anyhow::Result<Allowed> {
    let what = "[[allow]]";
    let token = u128::from_str_radix(&entry.token, 16).ok().filter(|_| entry.token.len() == 32);
    Ok(Allowed {
        kind: element(what, &entry.kind)?,
        token: TokenValue(token.ok_or_else(|| usage(format!("{what}: a token is 32 hex digits")))?.to_be_bytes()),
        key_id: entry.key.clone(),
        reason: reason(what, &entry.reason)?,
        expires: last_day(what, &entry.expires)?,
    })
}

/// An element by its code; `what` says where the code stands.
pub fn element(what: &str, code: &str) -> anyhow::Result<Element> {
    Element::from_code(&code.to_uppercase()).ok_or_else(|| {
        let known: Vec<&str> = Element::ALL.iter().map(|e| e.code()).collect();
        usage(format!("{what} {code}: no such element; there are {}", known.join(", ")))
    })
}

/// A reason, which must say something.
pub fn reason(what: &str, text: &str) -> anyhow::Result<String> {
    match text.trim() {
        "" => Err(usage(format!("{what}: the reason is empty; say why, for whoever reads the report"))),
        text => Ok(text.to_string()),
    }
}

fn last_day(what: &str, value: &toml::Value) -> anyhow::Result<String> {
    match value {
        toml::Value::String(text) => date(what, text),
        toml::Value::Datetime(day) => date(what, &day.to_string()),
        other => date(what, &other.to_string()),
    }
}

/// A day as YYYY-MM-DD.
pub fn date(what: &str, text: &str) -> anyhow::Result<String> {
    let day = (text.len() == 10).then(|| text.parse::<Date>().ok()).flatten();
    day.map(|day| day.to_string())
        .ok_or_else(|| usage(format!("{what}: expires {text} is no date; write YYYY-MM-DD, as 2027-01-31")))
}

/// Checks the text of a configuration file.
pub fn check(path: &Path, text: &str) -> anyhow::Result<()> {
    toml::from_str::<File>(text).map(|_| ()).map_err(|e| usage(format!("{}: {e}", path.display())))
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
        problems = pattern::duplicates(&all);
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
