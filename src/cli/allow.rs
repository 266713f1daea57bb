//! `rollcall detectors allow`

use super::args::PlaceArgs;
use super::exit::{Exit, usage};
use super::{print, settings};
use crate::identity::plain::plain_tokens;
use crate::report::visible;
use anyhow::Context;
use serde_json::json;
use std::fs::OpenOptions;
use std::io::{ErrorKind, Read, Write};
use std::path::Path;

/// What is to be allowed.
pub struct Entry {
    pub value: String,
    pub kind: String,
    pub reason: String,
    pub expires: String,
}

/// Runs the command: appends the value's token to the configuration file.
pub fn run(entry: Entry, config: &Path, place: &PlaceArgs, json: bool) -> anyhow::Result<Exit> {
    let kind = settings::element("--kind", &entry.kind)?;
    let reason = settings::reason("--reason", &entry.reason)?;
    let expires = settings::date("--expires", &entry.expires)?;
    if expires < settings::today() {
        return Err(usage(format!("--expires {expires} has passed")));
    }
    let mut value = entry.value;
    if value == "-" {
        value.clear();
        std::io::stdin().read_to_string(&mut value)?;
    }
    let key = place.key()?;
    // A date that reads either way is allowed as it is read without other dates beside it.
    let token = plain_tokens(&key, kind, value.trim().as_bytes())[0];
    let token = token.ok_or_else(|| usage(format!("the value cannot be one of {}", kind.code())))?;

    let before = match std::fs::read_to_string(config) {
        Ok(text) => text,
        Err(e) if e.kind() == ErrorKind::NotFound => String::new(),
        Err(e) => return Err(usage(format!("cannot read {}: {e}", config.display()))),
    };
    let mut table = toml::Table::new();
    for (name, value) in [
        ("kind", kind.code()),
        ("token", &token.to_string()),
        ("key", &key.id()),
        ("reason", &reason),
        ("expires", &expires),
    ] {
        table.insert(name.to_string(), toml::Value::from(value));
    }
    let gap = if before.is_empty() || before.ends_with("\n\n") {
        ""
    } else if before.ends_with('\n') {
        "\n"
    } else {
        "\n\n"
    };
    let added = format!("{gap}[[allow]]\n{}", toml::to_string(&table)?);
    // What is appended must leave a file that can be read.
    settings::check(config, &format!("{before}{added}"))?;
    let mut file = OpenOptions::new()
        .append(true)
        .create(true)
        .open(config)
        .with_context(|| format!("cannot write {}", config.display()))?;
    file.write_all(added.as_bytes())
        .and_then(|()| file.sync_all())
        .with_context(|| format!("cannot write {}", config.display()))?;
    let shown = config.display().to_string();
    if json {
        print::json(&json!({
            "config": shown, "kind": kind.code(), "token": token.to_string(), "key_id": key.id(),
            "reason": reason, "expires": expires,
        }))?;
    } else {
        print::line(&format!(
            "{} {token} (key {}) is on the allow list of {} until {expires}",
            kind.code(),
            key.id(),
            visible(&shown)
        ))?;
    }
    Ok(Exit::Complete)
}
