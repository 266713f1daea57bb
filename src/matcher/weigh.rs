//! What stands around a candidate, and how sure it makes of it.

use super::evidence::{FieldEvidence, Says};
use super::near::key_before;
use super::plan::Matcher;
use super::watch::{Step, Watch};
use crate::model::block::Cell;
use crate::model::detector::Confidence;
use crate::model::finding::Basis;
use regex_automata::util::captures::Captures;
use regex_automata::{Anchored, Input};
use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

/// Keys whose evidence is remembered.
const KEYS_MAX: usize = 4096;

/// Weighs candidates by what stands around them.
pub struct Weigher<'m> {
    matcher: &'m Matcher,
    keys: HashMap<Box<str>, Arc<FieldEvidence>>,
    captures: Vec<Option<Captures>>,
    /// Bytes looked at that nobody has counted yet.
    pub work: u64,
}

impl<'m> Weigher<'m> {
    /// A weigher that has seen no key.
    pub fn new(matcher: &'m Matcher) -> Weigher<'m> {
        let captures = |detector| matcher.value(detector as u16).map(|regex| regex.create_captures());
        let captures = (0..matcher.detectors().len()).map(captures).collect();
        Weigher { matcher, keys: HashMap::new(), captures, work: 0 }
    }

    /// What stands behind a valid candidate: its confidence and the basis that context gives; none when context objects,
    /// or when the value `needs` a name or a near word and has none.
    #[allow(clippy::too_many_arguments, reason = "they are one candidate and where it stands")]
    pub fn support<W: Watch>(
        &mut self,
        bytes: &[u8],
        cell: &Cell,
        span: &Range<usize>,
        detector: u16,
        field: Says,
        needs: bool,
        watch: &mut W,
    ) -> Option<(Confidence, Basis)> {
        let matcher = self.matcher;
        let plan = &matcher.detectors()[usize::from(detector)];
        if field == Says::Named {
            return Some((plan.with_field, Basis::FIELD));
        }
        let mut other = field == Says::Other;
        let key = self.key(bytes, cell, span.start).map(|(evidence, bound)| (evidence.says(detector), bound));
        if let Some((says, bound)) = key {
            watch.step(Step::Key(says, bound));
        }
        match key {
            Some((Says::Named, _)) => return Some((plan.with_field, Basis::FIELD)),
            Some((Says::Vetoed, _)) => return None,
            // A word of a sentence says what follows it, and nothing of what else it could be.
            Some((Says::Other, bound)) => other |= bound,
            Some((Says::Nothing, _)) | None => {}
        }
        let mut near = false;
        if !plan.near.is_empty() && (plan.with_near != plan.alone || needs) {
            let seen;
            (near, seen) =
                matcher.near().supports(detector, bytes, cell.start as usize..cell.end as usize, span.clone());
            self.work += seen as u64;
            watch.step(Step::Near(near));
        }
        if needs && !near {
            watch.step(Step::Unnamed);
            return None;
        }
        let confidence = if near { plan.with_near } else { plan.alone };
        let confidence = match confidence {
            _ if !other => confidence,
            Confidence::High => Confidence::Medium,
            Confidence::Medium | Confidence::Low => Confidence::Low,
        };
        Some((confidence, if near { Basis::NEAR } else { Basis::default() }))
    }

    /// What the key before a candidate says, if there is one in its cell, and whether a sign binds it to the candidate.
    fn key(&mut self, bytes: &[u8], cell: &Cell, candidate: usize) -> Option<(Arc<FieldEvidence>, bool)> {
        if candidate == cell.start as usize {
            return None;
        }
        let key = key_before(bytes, cell.start as usize, candidate)?;
        self.work += (candidate - key.before.start) as u64;
        let names = self.matcher.names();
        let token = std::str::from_utf8(&bytes[key.token.clone()]).ok()?;
        if !key.bound && !names.may_end_key(token) {
            return None;
        }
        let whole = std::str::from_utf8(&bytes[key.before.start..key.token.end]).ok()?;
        if let Some(evidence) = self.keys.get(whole) {
            return Some((Arc::clone(evidence), key.bound));
        }
        let evidence = Arc::new(names.key(&whole[..whole.len() - token.len()], token));
        if self.keys.len() >= KEYS_MAX {
            self.keys.clear();
        }
        self.keys.insert(whole.into(), Arc::clone(&evidence));
        Some((evidence, key.bound))
    }

    /// The span of the group `value` in a hit, or the hit.
    pub fn narrow(&mut self, bytes: &[u8], span: Range<usize>, detector: u16) -> Range<usize> {
        let (Some(regex), Some(captures)) = (self.matcher.value(detector), &mut self.captures[usize::from(detector)])
        else {
            return span;
        };
        self.work += span.len() as u64;
        regex.search_captures(&Input::new(&bytes[span.clone()]).anchored(Anchored::Yes), captures);
        match captures.get_group_by_name("value") {
            Some(value) if value.start < value.end => span.start + value.start..span.start + value.end,
            _ => span,
        }
    }
}
