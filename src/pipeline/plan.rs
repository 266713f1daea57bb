//! Everything a scan needs to know, resolved and checked before the first byte is read.

use super::suppress::Suppress;
use crate::identity::IdentityPlan;
use crate::matcher::plan::Matcher;
use crate::model::detector::Detector;
use crate::model::finding::Validate;
use crate::model::limits::Limits;
use crate::model::settings::IdentitySettings;
use crate::validate;
use sha2::{Digest, Sha256};
use std::sync::Arc;

/// A checked plan.
pub struct Plan {
    /// The matching core, over all detectors.
    pub matcher: Matcher,
    /// How findings become mentions.
    pub identity: Arc<IdentityPlan>,
    /// The budgets.
    pub limits: Limits,
    /// What the operator does not want reported.
    pub suppress: Suppress,
    /// Hash of everything that can change an answer: program version, detectors, settings, limits.
    pub policy: String,
}

impl Plan {
    /// Resolves the names that pattern files use and compiles what they say. All problems are returned, one a line.
    pub fn new(detectors: &[Detector], settings: &IdentitySettings, limits: Limits) -> Result<Plan, Vec<String>> {
        let mut problems = Vec::new();
        let validators = validators(detectors, &mut problems);
        let matcher = Matcher::new(detectors, &validators);
        let identity = IdentityPlan::new(settings, detectors);
        match (matcher, identity) {
            (Ok(matcher), Ok(identity)) if problems.is_empty() => {
                let text = format!("{}\n{detectors:?}\n{settings:?}\n{limits:?}", env!("CARGO_PKG_VERSION"));
                let policy = hex(&Sha256::digest(text.as_bytes()));
                Ok(Plan { matcher, identity: Arc::new(identity), limits, suppress: Suppress::default(), policy })
            }
            (matcher, identity) => {
                problems.extend(matcher.err().into_iter().flatten().map(|p| p.to_string()));
                problems.extend(identity.err());
                Err(problems)
            }
        }
    }
}

impl Plan {
    /// The plan with what the operator does not want reported. What is in force is part of the policy, so that an object
    /// is read again once a suppression has come or has expired.
    pub fn suppressing(mut self, suppress: Suppress) -> Plan {
        if let Some(in_force) = suppress.policy() {
            self.policy = hex(&Sha256::digest(format!("{}\n{in_force}", self.policy).as_bytes()));
        }
        self.suppress = suppress;
        self
    }
}

/// The validator of each detector; a name that no validator has is a problem.
pub fn validators(detectors: &[Detector], problems: &mut Vec<String>) -> Vec<Option<Validate>> {
    let mut resolve = |detector: &Detector| {
        let name = detector.validate.as_deref()?;
        let found = validate::by_name(name);
        if found.is_none() {
            problems.push(format!(
                "{}: there is no validator {name}; there are {}",
                detector.file,
                validate::NAMES.join(", ")
            ));
        }
        found
    };
    detectors.iter().map(&mut resolve).collect()
}

/// Bytes as lower-case hex.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}
