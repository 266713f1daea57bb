//! Which kinds of file have a field: the question behind a customer id that the operator named by its field alone.

use super::plan::Plan;
use crate::decode::{Input, decode_object};
use crate::model::block::{Block, BlockSink};
use crate::model::field::Schema;
use crate::model::gap::Gap;
use crate::model::settings::FieldRule;
use crate::source::{Listing, Source};
use std::collections::{BTreeMap, BTreeSet};
use std::io::Read;
use std::ops::ControlFlow;
use std::path::PathBuf;

/// Bytes of an object that are looked at.
const HEAD_BYTES: u64 = 256 << 10;
/// Paths that are kept of each kind of file.
const PATHS_SHOWN: usize = 4;

/// A rule that names a field which several kinds of file have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ambiguous {
    /// The field.
    pub field: String,
    /// The first paths of each kind of file that has it.
    pub kinds: Vec<Vec<String>>,
}

/// The rules without a glob whose field stands in several kinds of file. A kind is a set of field names.
pub fn ambiguous(rules: &[&FieldRule], sources: &[Source], exclude: &[PathBuf], plan: &Plan) -> Vec<Ambiguous> {
    let bare: Vec<&&FieldRule> = rules.iter().filter(|r| r.glob.is_none()).collect();
    if bare.is_empty() {
        return Vec::new();
    }
    let mut found: Vec<BTreeMap<BTreeSet<String>, Vec<String>>> = vec![BTreeMap::new(); bare.len()];
    for source in sources {
        for listing in source.list(exclude) {
            let Listing::Object(object) = listing else { continue };
            let Ok(mut stream) = source.open_object(&object) else { continue };
            let mut head = Head::default();
            let ranges = stream.ranges();
            let input = Input { stream: &mut stream.take(HEAD_BYTES), ranges, hold: None };
            decode_object(input, &plan.limits, &mut head);
            for (rule, kinds) in bare.iter().zip(&mut found) {
                if head.fields.iter().any(|f| names(rule, f)) {
                    let paths = kinds.entry(head.fields.clone()).or_default();
                    if paths.len() < PATHS_SHOWN {
                        paths.push(object.path.clone());
                    }
                }
            }
        }
    }
    bare.iter()
        .zip(found)
        .filter(|(_, kinds)| kinds.len() > 1)
        .map(|(rule, kinds)| Ambiguous { field: rule.field.clone(), kinds: kinds.into_values().collect() })
        .collect()
}

/// Whether a rule names a field, by its path or by its last segment.
fn names(rule: &FieldRule, path: &str) -> bool {
    let last = path.rsplit('/').next().unwrap_or(path);
    rule.field.eq_ignore_ascii_case(path) || rule.field.eq_ignore_ascii_case(last)
}

/// The fields at the head of an object.
#[derive(Default)]
struct Head {
    fields: BTreeSet<String>,
}

impl BlockSink for Head {
    fn block(&mut self, _: &mut Block, schema: &Schema) -> ControlFlow<()> {
        self.fields.extend(schema.fields.iter().map(|f| f.path.clone()));
        ControlFlow::Break(())
    }

    fn gap(&mut self, _: Gap) {}
}
