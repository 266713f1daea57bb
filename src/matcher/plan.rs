//! The plan: which lane serves which detector, made once before the first byte is read.

use super::evidence::{Names, Says};
use super::front::{BATCH_BYTES, Front, Size};
use super::lanes::{Scratch, StartLane};
use super::near::NearWords;
use super::planner::Entry;
use super::shape::{PlanProblem, Shape, syntax};
use crate::model::detector::Detector;
use crate::model::field::Field;
use crate::model::finding::{Hit, Validate};
use crate::simd::Level;
use rayon::iter::{IntoParallelRefIterator, ParallelIterator};
use regex_automata::meta::Regex;
use std::ops::Range;
use std::slice;

/// Bytes on each side of a hit that context may look at: words near it, a key before it.
pub const CONTEXT_BYTES: usize = 112;
/// The margin a plan may need on each side of what a region owns; blocks of an endless line carry this much.
pub const MARGIN_MAX: usize = 1024;

/// Where the hits of one detector come from.
enum Route {
    /// No pattern: named fields only.
    None,
    /// The front end.
    Front,
    /// A lane of its own that runs only over cells whose field names the detector.
    Cells(Box<StartLane>),
}

/// Finds the hits of all detectors in one pass. Made once, shared by all threads.
pub struct Matcher {
    detectors: Vec<Detector>,
    validators: Vec<Option<Validate>>,
    routes: Vec<Route>,
    front: Front,
    /// For patterns with a group `value`: the pattern up to the end of a hit.
    values: Vec<Option<Regex>>,
    names: Names,
    near: NearWords,
    /// Detectors that look beside the findings of others.
    beside: Vec<u16>,
    margin: usize,
}

impl Matcher {
    /// Plans `detectors` for the level that is current; `validators` holds the resolved validator of each, in the same
    /// order. All problems are reported at once.
    pub fn new(detectors: &[Detector], validators: &[Option<Validate>]) -> Result<Matcher, Vec<PlanProblem>> {
        Matcher::at(Level::current(), detectors, validators)
    }

    /// The same for a level that the processor has; what it lacks is replaced by its best.
    pub fn at(
        level: Level,
        detectors: &[Detector],
        validators: &[Option<Validate>],
    ) -> Result<Matcher, Vec<PlanProblem>> {
        let problem = |i: usize, why: String| PlanProblem { detector: detectors[i].id.clone(), why };
        let mut problems = Vec::new();
        let mut shapes: Vec<Option<Shape>> = Vec::with_capacity(detectors.len());
        let mut longest = 0;
        for (i, detector) in detectors.iter().enumerate().take(usize::from(u16::MAX)) {
            let shape = match detector.pattern.as_deref().map(Shape::new) {
                None => None,
                Some(Ok(shape)) if shape.max_len + CONTEXT_BYTES > MARGIN_MAX => {
                    let most = MARGIN_MAX - CONTEXT_BYTES;
                    problems.push(problem(i, format!("a match may be {} bytes long; at most {most}", shape.max_len)));
                    None
                }
                Some(Ok(shape)) => Some(shape),
                Some(Err(why)) => {
                    problems.push(problem(i, why));
                    None
                }
            };
            longest = longest.max(shape.as_ref().map_or(0, |s| s.max_len));
            shapes.push(shape);
        }
        if detectors.len() > shapes.len() {
            problems.push(problem(shapes.len(), format!("only {} detectors can be planned", u16::MAX)));
        }

        let planned = shapes.iter().zip(detectors).enumerate();
        let entries = planned.filter_map(|(i, (shape, detector))| {
            let (shape, pattern) = shape.as_ref().zip(detector.pattern.as_deref())?;
            Some((detector.field_only, Entry { detector: i as u16, pattern, shape, shipped: detector.shipped }))
        });
        let (cells, shared): (Vec<_>, Vec<_>) = entries.partition(|(field_only, _)| *field_only);
        let shared: Vec<Entry<'_>> = shared.into_iter().map(|(_, entry)| entry).collect();
        // Most of a start is spent here, and none of these needs another.
        let (front, (lanes, values)) = rayon::join(
            || Front::new(&shared, level),
            || {
                let lanes = cells.par_iter().map(|(_, entry)| (entry.detector, StartLane::new(slice::from_ref(entry))));
                (lanes.collect::<Vec<_>>(), detectors.par_iter().map(value_of).collect::<Vec<_>>())
            },
        );
        let mut routes: Vec<Route> = (0..shapes.len()).map(|_| Route::None).collect();
        shared.iter().for_each(|entry| routes[usize::from(entry.detector)] = Route::Front);
        for (detector, lane) in lanes {
            match lane {
                Ok(lane) => routes[usize::from(detector)] = Route::Cells(Box::new(lane)),
                Err((_, why)) => problems.push(problem(usize::from(detector), why)),
            }
        }
        let values = values.into_iter().enumerate().map(|(i, value)| {
            value.unwrap_or_else(|why| {
                problems.push(problem(i, why));
                None
            })
        });
        let values = values.collect();
        for (detector, why) in front.as_ref().err().into_iter().flatten() {
            problems.push(problem(usize::from(*detector), why.clone()));
        }
        match front {
            Ok(front) if problems.is_empty() => Ok(Matcher {
                detectors: detectors.to_vec(),
                validators: (0..detectors.len()).map(|i| validators.get(i).copied().flatten()).collect(),
                routes,
                front,
                values,
                names: Names::new(detectors),
                near: NearWords::new(detectors),
                beside: (0..detectors.len()).filter(|i| detectors[*i].beside_findings).map(|i| i as u16).collect(),
                margin: longest + CONTEXT_BYTES,
            }),
            _ => Err(problems),
        }
    }

    /// The detectors, as planned; a hit's or finding's `detector` is an index here.
    pub fn detectors(&self) -> &[Detector] {
        &self.detectors
    }

    /// The validator of a detector.
    pub(super) fn validator(&self, detector: u16) -> Option<Validate> {
        self.validators[usize::from(detector)]
    }

    /// The expression that narrows a hit of a detector to its group `value`.
    pub(super) fn value(&self, detector: u16) -> Option<&Regex> {
        self.values[usize::from(detector)].as_ref()
    }

    /// What fields' names say.
    pub(super) fn names(&self) -> &Names {
        &self.names
    }

    /// Detectors that look beside the findings of others.
    pub(super) fn beside(&self) -> &[u16] {
        &self.beside
    }

    /// How many digits the values of a field have, where its name names a detector that says so.
    pub fn digits(&self, field: &Field) -> Option<u8> {
        let evidence = self.names.evidence(field);
        let named = (0..self.detectors.len()).filter(|d| evidence.says(*d as u16) == Says::Named);
        named.filter_map(|d| self.detectors[d].digits).max()
    }

    /// The near words.
    pub(super) fn near(&self) -> &NearWords {
        &self.near
    }

    /// How far outside what it owns a scan may look, on each side; at most [`MARGIN_MAX`].
    pub fn margin(&self) -> usize {
        self.margin
    }

    /// The level that the front end runs at.
    pub fn level(&self) -> Level {
        self.front.level()
    }

    /// How large the front end is.
    pub fn size(&self) -> Size {
        self.front.size()
    }

    /// How the hits of a detector are found, in words.
    pub fn front_end(&self, detector: usize) -> String {
        let confirm = self.detectors[detector].validate.as_deref().map_or(String::new(), |v| format!("; confirm: {v}"));
        match &self.routes[detector] {
            Route::None => format!("front end: none, by the names of fields alone{confirm}"),
            Route::Front => match self.front.how(detector as u16) {
                Some((how, _)) if how.is_exact() => format!("front end: {}{confirm}", how.text()),
                Some((how, states)) => {
                    format!("front end: {}; automaton of {states} states{confirm}", how.text())
                }
                None => "front end: none".to_string(),
            },
            Route::Cells(_) => format!("front end: fields that name it only{confirm}"),
        }
    }

    /// Candidates per KiB of ordinary data, where a detector's pattern has no anchor and costs every scan.
    pub fn no_anchor(&self, detector: usize) -> Option<f64> {
        self.front.how(detector as u16)?.0.no_anchor()
    }

    /// Hands over the hits whose first byte lies in `owned`, sorted by start, end and detector, a batch of bytes at a
    /// time; empty batches are left out. Detectors that look only into fields that name them are not among them. Bytes
    /// outside `owned` are looked at as far as [`Matcher::margin`].
    pub fn scan(&self, bytes: &[u8], owned: Range<u32>, scratch: &mut Scratch, sink: &mut dyn FnMut(&[Hit])) {
        let end = (owned.end as usize).min(bytes.len());
        let mut at = owned.start as usize;
        while at < end {
            let batch = at..end.min(at + BATCH_BYTES);
            self.front.scan(bytes, batch.clone(), scratch);
            if !scratch.hits.is_empty() {
                sink(&scratch.hits);
            }
            at = batch.end;
        }
    }

    /// Hits of one detector that looks only into fields that name it, within a cell, after the same rules.
    pub(super) fn scan_cell<'s>(
        &self,
        detector: u16,
        bytes: &[u8],
        cell: Range<usize>,
        scratch: &'s mut Scratch,
    ) -> &'s [Hit] {
        scratch.hits.clear();
        if let Route::Cells(lane) = &self.routes[usize::from(detector)] {
            lane.scan(bytes, cell, scratch);
        }
        &scratch.hits
    }
}

/// The expression that finds the group `value` in the bytes of a hit, when the pattern has one.
fn value_of(detector: &Detector) -> Result<Option<Regex>, String> {
    let Some(pattern) = detector.pattern.as_deref().filter(|p| p.contains("<value>")) else { return Ok(None) };
    // The hit's end is known; without the anchor the expression might prefer a shorter match.
    Regex::builder()
        .configure(Regex::config().utf8_empty(false))
        .syntax(syntax())
        .build(&format!("(?:{pattern})\\z"))
        .map(Some)
        .map_err(|e| format!("the group cannot be read out: {e}"))
}
