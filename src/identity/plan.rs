//! What is known before the first object: the operator's settings and the detectors, checked and compiled.

use crate::model::detector::{Class, Detector};
use crate::model::element::Element;
use crate::model::field::Field;
use crate::model::settings::{FieldRule, IdentitySettings};
use crate::model::shared::SharedText;
use globset::{GlobBuilder, GlobMatcher};
use std::sync::atomic::{AtomicBool, Ordering};

/// What a field that the operator named holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum RuleKind {
    /// A person's id.
    Customer,
    /// A record's id.
    Key,
}

#[derive(Debug)]
pub(super) struct Rule {
    pub(super) kind: RuleKind,
    pub(super) namespace: SharedText,
    glob: Option<GlobMatcher>,
    field: String,
    /// As the operator wrote it.
    text: String,
    /// Some object had such a field.
    met: AtomicBool,
}

impl Rule {
    pub(super) fn applies(&self, object_path: &str) -> bool {
        self.glob.as_ref().is_none_or(|glob| glob.is_match(object_path))
    }

    pub(super) fn names(&self, field: &Field) -> bool {
        let path = field.path.to_lowercase();
        let last = if path.starts_with('/') { path.rsplit('/').next().unwrap_or_default() } else { &path };
        let named = self.field == path || self.field == last;
        if named {
            self.met.store(true, Ordering::Relaxed);
        }
        named
    }
}

/// The namespace of a detector's values. Countries number their people without regard to each other, so the same digits may
/// be a Dutch and a Canadian number: of such elements a token says the country, which is the folder of the pattern file.
/// The United States have none, and neither has what a field calls by no country's name.
fn namespace(detector: &Detector) -> &str {
    let folder = detector.id.split('/').next().unwrap_or_default();
    match detector.element {
        Element::NationalId | Element::TaxId | Element::HealthInsurance if folder.len() == 2 && folder != "us" => {
            folder
        }
        _ => "",
    }
}

/// The settings of identity, compiled once and shared by all workers.
#[derive(Debug)]
pub struct IdentityPlan {
    pub(super) rules: Vec<Rule>,
    pub(super) classes: Vec<Class>,
    /// By detector: the namespace of its values, see [`namespace`].
    pub(super) namespaces: Vec<SharedText>,
    pub(super) own_domains: Vec<String>,
}

impl IdentityPlan {
    /// Compiles the settings; `detectors` in the order that findings number them. An error names the glob at fault.
    pub fn new(settings: &IdentitySettings, detectors: &[Detector]) -> Result<IdentityPlan, String> {
        let compile = |kind, rule: &FieldRule| -> Result<Rule, String> {
            let glob = match &rule.glob {
                Some(text) => Some(
                    GlobBuilder::new(text)
                        .literal_separator(true)
                        .build()
                        .map_err(|e| format!("{}={text}#{}: {}", rule.namespace, rule.field, e.kind()))?
                        .compile_matcher(),
                ),
                None => None,
            };
            let place = rule.glob.as_ref().map_or(rule.field.clone(), |glob| format!("{glob}#{}", rule.field));
            Ok(Rule {
                kind,
                namespace: rule.namespace.as_str().into(),
                glob,
                field: rule.field.to_lowercase(),
                text: format!("{}={place}", rule.namespace),
                met: AtomicBool::new(false),
            })
        };
        let customers = settings.customer_ids.iter().map(|r| compile(RuleKind::Customer, r));
        let keys = settings.keys.iter().map(|r| compile(RuleKind::Key, r));
        Ok(IdentityPlan {
            rules: customers.chain(keys).collect::<Result<_, _>>()?,
            classes: detectors.iter().map(|d| d.identifies).collect(),
            namespaces: detectors.iter().map(|d| SharedText::from(namespace(d))).collect(),
            own_domains: settings.own_domains.iter().map(|d| d.trim_start_matches('@').to_lowercase()).collect(),
        })
    }

    /// The rules of which no object that was read had the field, as the operator wrote them.
    pub fn unmet(&self) -> Vec<String> {
        let unmet = self.rules.iter().filter(|rule| !rule.met.load(Ordering::Relaxed));
        let option = |kind| if kind == RuleKind::Customer { "--customer-id" } else { "--key" };
        unmet.map(|rule| format!("{} {}", option(rule.kind), rule.text)).collect()
    }

    /// Whether a canonical e-mail address is of the operator's own domains or their subdomains.
    pub(super) fn own_address(&self, canonical: &[u8]) -> bool {
        let Some(at) = memchr::memrchr(b'@', canonical) else { return false };
        let domain = &canonical[at + 1..];
        self.own_domains
            .iter()
            .any(|own| domain.strip_suffix(own.as_bytes()).is_some_and(|head| head.is_empty() || head.ends_with(b".")))
    }
}
