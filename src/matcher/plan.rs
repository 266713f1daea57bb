//! The plan: which lane serves which detector, made once before the first byte is read.

use super::evidence::Names;
use super::lanes::{BATCH_BYTES, Entry, NeedleLane, Scratch, StartLane};
use super::near::NearWords;
use super::shape::{PlanProblem, Shape, syntax};
use crate::model::detector::Detector;
use crate::model::finding::{Hit, Validate};
use regex_automata::meta::Regex;
use std::ops::Range;

/// Bytes on each side of a hit that context may look at: words near it, a key before it.
pub const CONTEXT_BYTES: usize = 112;
/// The margin a plan may need on each side of what a region owns; blocks of an endless line carry this much.
pub const MARGIN_MAX: usize = 1024;
/// A start lane takes a pattern whose first places fit less often than this; else a needle is preferred.
const CHANCE_MAX: f64 = 0.02;

/// Where the hits of one detector come from.
enum Route {
    /// No pattern: named fields only.
    None,
    /// The shared start lane.
    Start(&'static str),
    /// A needle lane, by its index.
    Needle(usize),
    /// A lane of its own that runs only over cells whose field names the detector.
    Cells(Box<StartLane>),
}

/// Finds the hits of all detectors in one pass. Made once, shared by all threads.
pub struct Matcher {
    detectors: Vec<Detector>,
    validators: Vec<Option<Validate>>,
    routes: Vec<Route>,
    start: StartLane,
    needles: Vec<NeedleLane>,
    /// For patterns with a group `value`: the pattern up to the end of a hit.
    values: Vec<Option<Regex>>,
    names: Names,
    near: NearWords,
    /// Detectors that look beside the findings of others.
    beside: Vec<u16>,
    margin: usize,
}

impl Matcher {
    /// Plans `detectors`; `validators` holds the resolved validator of each, in the same order. All problems are
    /// reported at once.
    pub fn new(detectors: &[Detector], validators: &[Option<Validate>]) -> Result<Matcher, Vec<PlanProblem>> {
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

        let mut routes = Vec::with_capacity(shapes.len());
        let mut needles = Vec::new();
        let mut shared = Vec::new();
        for (i, (shape, detector)) in shapes.iter().zip(detectors).enumerate() {
            let (Some(shape), Some(pattern)) = (shape, detector.pattern.as_deref()) else {
                routes.push(Route::None);
                continue;
            };
            let entry = Entry { detector: i as u16, pattern, shape };
            let route = if detector.field_only {
                StartLane::new(&[entry]).map(|lane| Route::Cells(Box::new(lane)))
            } else if let Some(needle) = shape.needle.as_ref().filter(|_| shape.chance() > CHANCE_MAX) {
                let lane = needles.iter().position(|l: &NeedleLane| l.literal() == needle.bytes).unwrap_or_else(|| {
                    needles.push(NeedleLane::new(&needle.bytes));
                    needles.len() - 1
                });
                needles[lane].add(&entry, needle).map(|()| Route::Needle(lane))
            } else {
                shared.push(entry);
                Ok(Route::Start(kind_of(shape)))
            };
            routes.push(route.unwrap_or_else(|(_, why)| {
                problems.push(problem(i, why));
                Route::None
            }));
        }
        let mut values = Vec::with_capacity(detectors.len());
        for (i, detector) in detectors.iter().enumerate() {
            values.push(value_of(detector).unwrap_or_else(|why| {
                problems.push(problem(i, why));
                None
            }));
        }
        let start = StartLane::new(&shared);
        if let Err((detector, why)) = &start {
            problems.push(problem(usize::from(*detector), why.clone()));
        }
        match start {
            Ok(start) if problems.is_empty() => Ok(Matcher {
                detectors: detectors.to_vec(),
                validators: (0..detectors.len()).map(|i| validators.get(i).copied().flatten()).collect(),
                routes,
                start,
                needles,
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

    /// The near words.
    pub(super) fn near(&self) -> &NearWords {
        &self.near
    }

    /// How far outside what it owns a scan may look, on each side; at most [`MARGIN_MAX`].
    pub fn margin(&self) -> usize {
        self.margin
    }

    /// How the hits of a detector are found, in words.
    pub fn front_end(&self, detector: usize) -> String {
        let states = |n: Option<usize>| n.map_or(String::new(), |n| format!(", automaton of about {n} states"));
        match &self.routes[detector] {
            Route::None => "front end: none, by the names of fields alone".to_string(),
            Route::Start(kind) => format!("front end: {kind}{}", states(self.start.states(detector as u16))),
            Route::Needle(i) => {
                let lane = &self.needles[*i];
                let literal = lane.literal().escape_ascii();
                format!("front end: literal \"{literal}\"{}", states(lane.states(detector as u16)))
            }
            Route::Cells(lane) => {
                format!("front end: fields that name it only{}", states(lane.states(detector as u16)))
            }
        }
    }

    /// Hands over the hits whose first byte lies in `owned`, sorted by start, end and detector, a batch of bytes at a
    /// time; empty batches are left out. Detectors that look only into fields that name them are not among them. Bytes
    /// outside `owned` are looked at as far as [`Matcher::margin`].
    pub fn scan(&self, bytes: &[u8], owned: Range<u32>, scratch: &mut Scratch, sink: &mut dyn FnMut(&[Hit])) {
        let end = (owned.end as usize).min(bytes.len());
        let mut at = owned.start as usize;
        while at < end {
            let batch = at..end.min(at + BATCH_BYTES);
            scratch.hits.clear();
            self.start.scan(bytes, batch.clone(), scratch);
            for lane in &self.needles {
                lane.scan(bytes, batch.clone(), scratch);
            }
            if !scratch.hits.is_empty() {
                // Each lane adds its hits nearly in order, which the sort makes use of.
                scratch.hits.sort_by_key(|h| (u64::from(h.start) << 32 | u64::from(h.end), h.detector));
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

/// What the starts of a pattern in the start lane are, for people.
fn kind_of(shape: &Shape) -> &'static str {
    let first = &shape.places[0];
    let some = |mut bytes: std::ops::RangeInclusive<u8>| bytes.any(|b| first.has(b));
    // A place that holds one letter in one or two cases reads as part of a word.
    let fixed = shape.places.iter().take(3).all(|p| {
        p.iter().map(|b| b.to_ascii_lowercase()).max() == {
            let mut folded = p.iter().map(|b| b.to_ascii_lowercase());
            let one = folded.next();
            if folded.all(|b| Some(b) == one) { one } else { None }
        }
    });
    if shape.chance() > CHANCE_MAX {
        "no anchor, every start of a word"
    } else if fixed || shape.places.iter().take(4).all(|p| p.iter().count() <= 24 && !p.has(b'0')) {
        "keyword"
    } else if some(b'0'..=b'9') && !some(b'g'..=b'z') && !some(b'G'..=b'Z') {
        "digit start"
    } else {
        "letter start"
    }
}
