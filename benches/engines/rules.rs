//! The twelve rules that every engine gets alike: what `core.md`'s comparison of engines used, with bounds where a rule
//! had none.

use rollcall::model::detector::{Class, Confidence, Detector};
use rollcall::model::element::{Element, Form};

/// Name and expression, as the core takes it: bounded.
pub const RULES: [(&str, &str); 12] = [
    ("ssn", r"\b[0-9]{3}-[0-9]{2}-[0-9]{4}\b"),
    ("ssn_spaced", r"\b[0-9]{3} [0-9]{2} [0-9]{4}\b"),
    ("phone", r"(?:\+?1[-. ]?)?\(?[2-9][0-9]{2}\)?[-. ]?[2-9][0-9]{2}[-. ]?[0-9]{4}\b"),
    ("pan", r"\b[0-9]{13,19}\b"),
    ("pan_grouped", r"\b[0-9]{4}[- ][0-9]{4}[- ][0-9]{4}[- ][0-9]{4}\b"),
    ("pan_amex", r"\b3[47][0-9]{2}[- ][0-9]{6}[- ][0-9]{5}\b"),
    ("ipv4", r"\b[0-9]{1,3}\.[0-9]{1,3}\.[0-9]{1,3}\.[0-9]{1,3}\b"),
    ("email", r"[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9.-]{1,190}\.[A-Za-z]{2,24}"),
    ("iban", r"\b[A-Z]{2}[0-9]{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?\b"),
    (
        "secret",
        r#"(?i)\b(?:password|passwd|passphrase|pwd|secret|api_key|apikey|access_token|auth_token)['" \t]{0,3}[:=]['" \t]{0,3}[^\s'",;]{4,64}"#,
    ),
    (
        "dob",
        r"(?i)\b(?:dob|date.of.birth|birth_?date)\W{1,8}(?:[0-9]{4}-[0-9]{2}-[0-9]{2}|[0-9]{1,2}/[0-9]{1,2}/[0-9]{4})",
    ),
    ("aws", r"\bAKIA[0-9A-Z]{16}\b"),
];

/// The rules as detectors without validators, names or words.
pub fn detectors() -> Vec<Detector> {
    RULES
        .iter()
        .map(|(id, pattern)| Detector {
            id: (*id).to_string(),
            file: format!("{id}.toml"),
            shipped: false,
            name: (*id).to_string(),
            element: Element::Other,
            form: Form::Clear,
            identifies: Class::None,
            why: String::new(),
            pattern: Some((*pattern).to_string()),
            field_only: false,
            beside_findings: false,
            whole_field: false,
            digits: None,
            near: Vec::new(),
            fields: Vec::new(),
            not_fields: Vec::new(),
            validate: None,
            alone: Confidence::Medium,
            with_near: Confidence::High,
            with_field: Confidence::High,
            precedence: 0,
            references: Vec::new(),
            examples: Vec::new(),
        })
        .collect()
}

/// The expression as other engines take it: without the bounds of repetitions that make their automata large. This is in
/// their favour: with the bounds `regex` falls to a tenth on logs and tables.
pub fn unbounded(rule: &(&str, &'static str)) -> &'static str {
    match rule.0 {
        "email" => r"[A-Za-z0-9._%+-]+@[A-Za-z0-9.-]+\.[A-Za-z]{2,}",
        "secret" => {
            r#"(?i)\b(?:password|passwd|passphrase|pwd|secret|api_key|apikey|access_token|auth_token)['" \t]*[:=]['" \t]*[^\s'",;]{4,}"#
        }
        "iban" => r"\b[A-Z]{2}[0-9]{2}(?: ?[A-Z0-9]{4})+(?: ?[A-Z0-9]{1,3})?\b",
        _ => rule.1,
    }
}
