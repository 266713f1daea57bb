//! Which objects of a source are read: asked of what a listing says, before any byte is fetched.

use crate::model::object::Object;
use globset::{GlobBuilder, GlobMatcher};
use std::sync::Arc;

/// What an operator says of the objects to read. All of it must hold.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FilterRules {
    /// Globs over the ends of paths, or over URIs where they hold `://`; one must match. None takes all.
    pub include: Vec<String>,
    /// Such globs, none of which may match.
    pub exclude: Vec<String>,
    /// The smallest size, in bytes.
    pub size_min: Option<u64>,
    /// The largest size, in bytes.
    pub size_max: Option<u64>,
    /// Modified at or after this, in microseconds since 1970-01-01T00:00:00Z.
    pub modified_from: Option<i64>,
    /// Modified before this.
    pub modified_before: Option<i64>,
    /// Storage classes, one of which it must have; none takes all.
    pub storage_classes: Vec<String>,
    /// Tags that it must have, each as name and value.
    pub tags: Vec<(String, String)>,
}

/// Checked rules.
#[derive(Clone, Debug, Default)]
pub struct Filter(Option<Arc<Checked>>);

#[derive(Debug)]
struct Checked {
    rules: FilterRules,
    include: Vec<Glob>,
    exclude: Vec<Glob>,
}

#[derive(Debug)]
struct Glob {
    uri: bool,
    globs: Vec<GlobMatcher>,
}

impl Glob {
    fn new(flag: &str, text: &str) -> Result<Glob, String> {
        let built = |pattern: &str| {
            let built = GlobBuilder::new(pattern).literal_separator(true).backslash_escape(true).build();
            built.map(|g| g.compile_matcher()).map_err(|e| format!("{flag} {text}: {}", e.kind()))
        };
        let pattern = text.strip_suffix('/').map_or_else(|| text.to_string(), |folder| format!("{folder}/**"));
        let uri = text.contains("://");
        let mut globs = vec![built(pattern.trim_start_matches('/'))?];
        if !uri && !pattern.starts_with('/') {
            globs.push(built(&format!("**/{pattern}"))?);
        }
        Ok(Glob { uri, globs })
    }

    fn is_match(&self, object: &Object) -> bool {
        let text = if self.uri { &object.uri } else { &object.path };
        self.globs.iter().any(|g| g.is_match(text))
    }
}

impl Filter {
    /// Checks rules. The error is a sentence.
    pub fn new(rules: FilterRules) -> Result<Filter, String> {
        if rules == FilterRules::default() {
            return Ok(Filter(None));
        }
        let include = rules.include.iter().map(|g| Glob::new("--include", g)).collect::<Result<_, _>>()?;
        let exclude = rules.exclude.iter().map(|g| Glob::new("--exclude", g)).collect::<Result<_, _>>()?;
        Ok(Filter(Some(Arc::new(Checked { rules, include, exclude }))))
    }

    /// Whether an object is to be read, by its name, size and date.
    pub fn takes(&self, object: &Object) -> bool {
        let Some(checked) = &self.0 else { return true };
        let rules = &checked.rules;
        let is_date = |wanted: &dyn Fn(i64) -> bool| object.modified.is_some_and(wanted);
        (checked.include.is_empty() || checked.include.iter().any(|g| g.is_match(object)))
            && !checked.exclude.iter().any(|g| g.is_match(object))
            && rules.size_min.is_none_or(|min| object.size >= min)
            && rules.size_max.is_none_or(|max| object.size <= max)
            && rules.modified_from.is_none_or(|from| is_date(&|at| at >= from))
            && rules.modified_before.is_none_or(|before| is_date(&|at| at < before))
    }

    /// Whether objects of a storage class are to be read.
    pub fn takes_class(&self, class: &str) -> bool {
        let classes = self.0.as_ref().map_or(&[][..], |checked| &checked.rules.storage_classes);
        classes.is_empty() || classes.iter().any(|wanted| wanted.eq_ignore_ascii_case(class))
    }

    /// The tags that an object must have.
    pub fn tags(&self) -> &[(String, String)] {
        self.0.as_ref().map_or(&[], |checked| &checked.rules.tags)
    }

    /// A rule that means nothing for a folder, by its flag.
    pub(super) fn only_for_stores(&self) -> Option<&'static str> {
        let rules = &self.0.as_ref()?.rules;
        match (rules.storage_classes.is_empty(), rules.tags.is_empty()) {
            (false, _) => Some("--storage-class"),
            (_, false) => Some("--tag"),
            _ => None,
        }
    }
}
