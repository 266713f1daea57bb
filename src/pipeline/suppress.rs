//! What the operator does not want reported: by place, and by value.
//!
//! A suppression takes findings out after overlaps are settled, so nothing comes up in their stead; they are counted by
//! reason. One whose last day has passed is not in force: it is told, and what it hid is found again, because the policy
//! hash holds what is in force only. A value is known by its token alone, made under one key.

use crate::identity::key::Key;
use crate::identity::plain::plain_tokens;
use crate::matcher::watch::Watch;
use crate::model::block::Block;
use crate::model::detector::Detector;
use crate::model::element::{Element, ElementSet, Form};
use crate::model::field::{Field, Schema};
use crate::model::finding::Finding;
use crate::model::mention::TokenValue;
use crate::model::object::Object;
use crate::model::settings::{SuppressSettings, Suppression};
use crate::source::path_of;
use globset::{GlobBuilder, GlobMatcher};
use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// What is in force, compiled; shared by all workers.
#[derive(Debug, Default)]
pub struct Suppress {
    rules: Vec<Rule>,
    /// By token: the reason.
    allowed: HashMap<TokenValue, usize>,
    kinds: ElementSet,
    reasons: Vec<(String, AtomicU64)>,
    expired: Vec<String>,
    policy: Option<String>,
}

#[derive(Debug)]
struct Rule {
    detector: Option<u16>,
    element: Option<Element>,
    globs: [GlobMatcher; 2],
    /// Lower case.
    field: Option<String>,
    reason: usize,
}

impl Suppress {
    /// Compiles the settings as of `today` (`YYYY-MM-DD`, UTC). `detectors` in the order that findings number them; `key_id` names the key of
    /// the run, which values need. All problems are returned, one a line.
    pub fn new(
        settings: &SuppressSettings,
        detectors: &[Detector],
        key_id: Option<&str>,
        today: &str,
    ) -> Result<Suppress, Vec<String>> {
        let mut suppress = Suppress::default();
        let mut problems = Vec::new();
        let mut in_force = Vec::new();
        for entry in &settings.rules {
            match rule(entry, detectors) {
                Err(problem) => problems.push(problem),
                Ok(_) if *entry.expires < *today => suppress.expired.push(format!(
                    "the suppression {} expired on {} ({})",
                    place(entry),
                    entry.expires,
                    entry.reason
                )),
                Ok(rule) => {
                    in_force.push(format!("{entry:?}"));
                    let reason = suppress.reason(&entry.reason);
                    suppress.rules.push(Rule { reason, ..rule });
                }
            }
        }
        for entry in &settings.allowed {
            let what = format!("the allowed {} {}", entry.kind.code(), entry.token);
            if *entry.expires < *today {
                suppress.expired.push(format!("{what} expired on {} ({})", entry.expires, entry.reason));
                continue;
            }
            if key_id.is_some_and(|id| id != entry.key_id) {
                problems.push(format!(
                    "{what} was made with key {}, the key of this run is {}: it can match nothing; allow the value again, or \
                     give the other key",
                    entry.key_id,
                    key_id.unwrap_or_default()
                ));
            }
            in_force.push(format!("{entry:?}"));
            let reason = suppress.reason(&entry.reason);
            suppress.allowed.insert(entry.token, reason);
            suppress.kinds.insert(entry.kind);
        }
        if !in_force.is_empty() {
            in_force.sort();
            suppress.policy = Some(in_force.join("\n"));
        }
        if problems.is_empty() { Ok(suppress) } else { Err(problems) }
    }

    fn reason(&mut self, text: &str) -> usize {
        self.reasons.iter().position(|(reason, _)| reason == text).unwrap_or_else(|| {
            self.reasons.push((text.to_string(), AtomicU64::new(0)));
            self.reasons.len() - 1
        })
    }

    /// Whether nothing is in force.
    pub fn is_empty(&self) -> bool {
        self.policy.is_none()
    }

    /// What is in force, as text that two equal plans have in common; none when nothing is.
    pub fn policy(&self) -> Option<&str> {
        self.policy.as_deref()
    }

    /// What is no longer in force, in words.
    pub fn expired(&self) -> &[String] {
        &self.expired
    }

    /// Findings that were taken out so far, by reason, in the order of the settings.
    pub fn counts(&self) -> Vec<(String, u64)> {
        self.reasons.iter().map(|(reason, count)| (reason.clone(), count.load(Relaxed))).collect()
    }

    /// What is in force for an object.
    pub fn of<'a>(&'a self, object: &Object, key: Option<&'a Key>) -> Suppressor<'a> {
        let rules: Vec<&Rule> = match self.rules.is_empty() {
            true => Vec::new(),
            false => {
                let path = path_of(&object.uri);
                let on = |r: &&Rule| r.globs[0].is_match(&object.path) || r.globs[1].is_match(&path);
                self.rules.iter().filter(on).collect()
            }
        };
        let key = key.filter(|_| !self.allowed.is_empty());
        Suppressor { suppress: self, rules, key, taken: Vec::new() }
    }
}

/// Compiles one entry; its reason is numbered once it is in force.
fn rule(entry: &Suppression, detectors: &[Detector]) -> Result<Rule, String> {
    let wrong = |why: String| format!("the suppression {}: {why}", place(entry));
    let detector = match &entry.detector {
        Some(id) => match detectors.iter().position(|d| d.id == *id) {
            Some(at) => Some(at as u16),
            None => return Err(wrong(format!("no detector is called {id}"))),
        },
        None => None,
    };
    if detector.is_none() && entry.element.is_none() {
        return Err(wrong("give a detector or an element".to_string()));
    }
    let glob = |text: &str| {
        let built = GlobBuilder::new(text).literal_separator(true).backslash_escape(true).build();
        built.map(|g| g.compile_matcher()).map_err(|e| wrong(format!("{}", e.kind())))
    };
    let globs = [glob(&entry.object)?, glob(&format!("**/{}", entry.object.trim_start_matches('/')))?];
    let field = entry.field.as_ref().map(|f| f.to_lowercase());
    Ok(Rule { detector, element: entry.element, globs, field, reason: 0 })
}

fn place(entry: &Suppression) -> String {
    let what = entry.detector.as_deref().or(entry.element.map(Element::code)).unwrap_or("of nothing");
    let field = entry.field.as_ref().map_or(String::new(), |f| format!("#{f}"));
    format!("{what} in {}{field}", entry.object)
}

/// What is in force for one object, and what it took out of the block at hand.
#[derive(Debug)]
pub struct Suppressor<'a> {
    suppress: &'a Suppress,
    rules: Vec<&'a Rule>,
    key: Option<&'a Key>,
    /// What was taken out of the last block, sorted by cell and start.
    pub taken: Vec<Finding>,
}

impl Suppressor<'_> {
    /// Why a finding is not reported; none when it is.
    pub fn why(&self, block: &Block, schema: &Schema, finding: &Finding) -> Option<&str> {
        self.reason(block, schema, finding).map(|reason| self.suppress.reasons[reason].0.as_str())
    }

    fn reason(&self, block: &Block, schema: &Schema, finding: &Finding) -> Option<usize> {
        if !self.rules.is_empty() {
            let cell = block.cells.get(finding.cell as usize)?;
            let field = schema.fields.get(cell.field as usize);
            let rule = self.rules.iter().find(|r| {
                r.detector.is_none_or(|d| d == finding.detector)
                    && r.element.is_none_or(|e| e == finding.element)
                    && r.field.as_ref().is_none_or(|name| field.is_some_and(|f| is_called(f, name)))
            });
            if let Some(rule) = rule {
                return Some(rule.reason);
            }
        }
        let key = self.key?;
        if !self.suppress.kinds.contains(finding.element) || finding.form != Form::Clear {
            return None;
        }
        let value = block.bytes.get(finding.start as usize..finding.end as usize)?;
        let tokens = plain_tokens(key, finding.element, value);
        tokens.into_iter().flatten().find_map(|token| self.suppress.allowed.get(&token).copied())
    }
}

impl Watch for Suppressor<'_> {
    fn settled(&mut self, block: &Block, schema: &Schema, found: &mut Vec<Finding>) {
        self.taken.clear();
        if self.rules.is_empty() && self.key.is_none() {
            return;
        }
        found.retain(|finding| {
            let Some(reason) = self.reason(block, schema, finding) else { return true };
            self.suppress.reasons[reason].1.fetch_add(1, Relaxed);
            self.taken.push(*finding);
            false
        });
    }
}

/// Whether a field has a lower-case name, as its whole path or its last segment.
fn is_called(field: &Field, name: &str) -> bool {
    let path = field.path.to_lowercase();
    let last = if path.starts_with('/') { path.rsplit('/').next().unwrap_or_default() } else { &path };
    name == path || name == last
}
