//! The planner: from patterns to streams of candidates.
//!
//! Each pattern is outlined in many ways, from every place of it to its first two, and each way is weighed on a sample:
//! what its operations cost, what the candidates cost that they let through. What others compute already is free.

use super::circuit::{Circuit, Plane};
use super::gate::Gate;
use super::mix::Mixed;
use super::molds::Molds;
use super::outline::{Detail, Edges, Outline, parts, prefixes};
use super::pairs::Pairs;
use super::sample::Sample;
use super::shape::{ByteSet, Needle, PLACES, Shape, flatten};
use super::stream::{Fit, How, Serve, Stream};
use super::ways::{Way, merged, pieces, ways};
use crate::simd::{Kernels, Level, Prefixes, SETS};
use rayon::iter::{IntoParallelRefIterator, ParallelIterator};
use regex_syntax::hir::{Hir, HirKind};
use std::collections::HashSet;

/// A stream may look this many bits beyond a start.
const REACH_MAX: i32 = 384;
/// Cycles of one operation over 512 bytes at a level, about.
fn op_cycles(level: Level) -> f64 {
    match level {
        Level::Scalar => 8.0,
        Level::Avx2 => 4.0,
        Level::Avx512 => 2.2,
    }
}

/// Cycles of one more set that is looked up, over 512 bytes.
const SET_CYCLES: f64 = 2.5;
/// What it adds where the tables so far have no room for it.
const TABLE_CYCLES: f64 = 30.0;
/// Cycles of a candidate whose hit is known.
const EXACT_CYCLES: f64 = 5.0;
/// Cycles of a candidate that is walked.
const WALK_CYCLES: f64 = 60.0;
/// Candidates per KiB that are reckoned with beyond those of the sample, which is small.
const UNSEEN_PER_KIB: f64 = 0.4;

/// Cycles over 512 bytes that the molds of a pattern add to those of all others, about.
const MOLDS_CYCLES: f64 = 4.0;
/// Patterns that there must be for molds, before there are any.
const MOLDED_MIN: usize = 16;

/// Prefixes that a bucket takes before there are further tables.
const PREFIXES_A_BUCKET: usize = 12;

/// One pattern to plan.
pub struct Entry<'a> {
    /// The detector.
    pub detector: u16,
    /// Its pattern.
    pub pattern: &'a str,
    /// What is known of it.
    pub shape: &'a Shape,
    /// Whether tests hold that its automaton can be built.
    pub shipped: bool,
}

/// Plans one pattern after another.
pub struct Planner {
    /// All expressions.
    pub circuit: Circuit,
    edges: Edges,
    sample: Sample,
    /// Nodes that are computed anyway.
    have: Vec<bool>,
    /// Sets among them that are looked up.
    sets: usize,
    /// Streams so far.
    pub streams: Vec<Stream>,
    keywords: Vec<(usize, Vec<[ByteSet; 4]>)>,
    /// The molds of all patterns that have them, and the plane of starts they are asked about.
    pub molds: Molds,
    gate: Gate,
    /// By pattern: what molds can have of it.
    ways: Vec<Option<Ways>>,
    op_cycles: f64,
}

/// What molds can have of a pattern, and the alternatives that they cannot.
struct Ways {
    cast: Vec<Way>,
    left: Vec<Hir>,
}

/// One way to find a pattern's starts, and what it costs over 512 bytes of ordinary data, in cycles.
struct Choice {
    cost: f64,
    plane: Plane,
    how: How,
    detail: Detail,
}

impl Planner {
    /// A planner for a level.
    pub fn new(level: Level) -> Planner {
        let kernels = Kernels::new(level);
        let mut circuit = Circuit::new(kernels.has_tables());
        let edges = Edges::new(&mut circuit);
        let gate = Gate::new(&mut circuit, &edges);
        Planner {
            molds: Molds::default(),
            gate,
            ways: Vec::new(),
            have: Vec::new(),
            sets: 0,
            sample: Sample::default(),
            streams: Vec::new(),
            keywords: Vec::new(),
            op_cycles: op_cycles(kernels.level()),
            edges,
            circuit,
        }
    }

    /// Plans one pattern, whose place among the patterns is `index`.
    pub fn add(&mut self, entry: &Entry<'_>, index: usize) -> How {
        let hir = &entry.shape.hir;
        // One byte again and again is no keyword where there is something better: lines are drawn with dashes.
        let is_row = |p: &[ByteSet; 4]| p[0].iter().count() == 1 && p.iter().all(|place| *place == p[0]);
        let better = entry.shape.needle.is_some();
        if let Some(prefixes) = prefixes(hir).filter(|all| !(better && all.iter().any(is_row))) {
            let how = How::Keyword { prefixes: prefixes.len() };
            self.keywords.push((index, prefixes));
            return how;
        }
        let ways = self.ways.get_mut(index).and_then(Option::take);
        if let Some(Ways { cast, left }) = &ways
            && left.is_empty()
            && self.molds.add(index, cast)
        {
            self.take(self.gate.plane);
            return How::molds(cast, 0);
        }
        let fixed = hir.properties().minimum_len().filter(|n| *n == entry.shape.max_len && entry.shape.lead.is_none());
        let whole = self.best(hir, fixed, entry.shape.needle.as_ref());
        let Choice { cost, plane, how, .. } = whole.unwrap_or_else(|| self.anything());
        if let Some(Ways { cast, left }) = ways
            && let Some(rest) = self.best(&Hir::alternation(left), None, None)
            && rest.cost + MOLDS_CYCLES < cost
            && self.molds.add(index, &cast)
        {
            let (terms, _) = self.price(rest.plane);
            self.take(self.gate.plane);
            self.take(rest.plane);
            self.starts(rest.plane, None, index, entry.detector);
            return How::molds(&cast, terms.max(1));
        }
        self.take(plane);
        match (&how, &entry.shape.needle) {
            (How::Literal { .. }, Some(needle)) => {
                let serve = Serve::Literal { pattern: index, needle: needle.clone(), first: entry.shape.places[0] };
                self.streams.push(Stream { plane, slot: 0, serve });
            }
            (How::Shape { exact, .. }, _) => self.starts(plane, *exact, index, entry.detector),
            _ => {}
        }
        how
    }

    /// Looks which of all patterns molds can have. The gate and its starts cost about as much as the operations of a dozen
    /// patterns, so few patterns have none.
    pub fn consider(&mut self, entries: &[Entry<'_>]) {
        self.ways = entries.par_iter().map(|entry| self.ways(entry)).collect();
        if self.ways.iter().flatten().count() < MOLDED_MIN {
            self.ways.clear();
        }
    }

    fn ways(&self, entry: &Entry<'_>) -> Option<Ways> {
        let hir = &entry.shape.hir;
        if entry.shape.lead.is_some() || prefixes(hir).is_some() {
            return None;
        }
        let (mut cast, mut left) = (Vec::new(), Vec::new());
        for piece in pieces(hir) {
            match ways(&piece, &|way| self.gate.lets(way)) {
                Some(of_piece) => cast.extend(of_piece),
                None => left.push(piece),
            }
        }
        (!cast.is_empty()).then(|| Ways { cast: merged(cast), left })
    }

    /// The cheapest way to find the starts of a pattern.
    fn best(&mut self, hir: &Hir, fixed: Option<usize>, needle: Option<&Needle>) -> Option<Choice> {
        let cheaper = |best: Option<Choice>, choice: Option<Choice>| {
            best.into_iter().chain(choice).min_by(|a, b| a.cost.total_cmp(&b.cost))
        };
        let mut best: Option<Choice> = None;
        let none = HashSet::new();
        // Many details leave the same plane.
        let mut seen = HashSet::default();
        for detail in details() {
            let bound = best.as_ref().map_or(f64::INFINITY, |best| best.cost);
            best = self.shape(hir, detail, &none, fixed, bound, &mut seen).or(best);
        }
        if let Some(choice) = best.take() {
            best = Some(self.thin(hir, choice, fixed, &mut seen));
        }
        if let Some(needle) = needle {
            let mut parts = Vec::new();
            flatten(hir, &mut parts);
            for detail in details() {
                let choice = self.literal(&parts, needle, detail);
                best = cheaper(best, choice);
            }
        }
        best
    }

    /// Every start, where nothing better is known.
    fn anything(&self) -> Choice {
        let how = How::Shape { terms: 1, exact: None, per_kib: f64::INFINITY };
        let detail = Detail { depth: 0, merge: false, coarse: 0 };
        Choice { cost: f64::INFINITY, plane: self.edges.start, how, detail }
    }

    /// Notes that a plane is computed.
    fn take(&mut self, plane: Plane) {
        for node in self.circuit.needs(plane, &self.have) {
            let node = node as usize;
            self.have.resize(self.have.len().max(node + 1), false);
            self.have[node] = true;
            self.sets += usize::from(self.circuit.is_set(node as u32));
        }
    }

    /// The stream of all molds, when there are any, and the planes that they read: digits, and where hits may end.
    pub fn cast(&mut self) -> Option<[Plane; 2]> {
        if self.molds.is_empty() {
            return None;
        }
        self.molds.seal();
        self.streams.push(Stream { plane: self.gate.plane, slot: 0, serve: Serve::Molds });
        Some([self.gate.digits, self.edges.end])
    }

    /// The places where a pattern may start, in some detail, without the parts that are skipped. None where they were
    /// `seen`, or cost `bound` or more.
    fn shape(
        &mut self,
        hir: &Hir,
        detail: Detail,
        skipped: &HashSet<usize>,
        fixed: Option<usize>,
        bound: f64,
        seen: &mut HashSet<(Plane, Option<u32>), Mixed>,
    ) -> Option<Choice> {
        let mut outline = Outline { circuit: &mut self.circuit, edges: &self.edges, detail, exact: true, skipped };
        let plane = outline.plane(hir, 0, self.edges.end);
        let exact = fixed.filter(|_| outline.exact).map(|n| n as u32);
        let plane = self.circuit.and(plane, self.edges.start);
        let known = !seen.insert((plane, exact));
        if known || self.circuit.reach(plane) > REACH_MAX || plane == Plane::NONE {
            return None;
        }
        let (terms, cycles) = self.price(plane);
        let each = if exact.is_some() { EXACT_CYCLES } else { WALK_CYCLES };
        let cost = |per_kib: f64| cycles + (per_kib + UNSEEN_PER_KIB) / 2.0 * each;
        if cost(0.0) >= bound {
            return None;
        }
        let per_kib = self.sample.per_kib(&self.circuit, plane);
        let how = How::Shape { terms, exact, per_kib };
        (cost(per_kib) < bound).then(|| Choice { cost: cost(per_kib), plane, how, detail })
    }

    /// A choice without the parts that cost more than they keep out, one after another.
    fn thin(
        &mut self,
        hir: &Hir,
        choice: Choice,
        fixed: Option<usize>,
        seen: &mut HashSet<(Plane, Option<u32>), Mixed>,
    ) -> Choice {
        let mut names = Vec::new();
        parts(hir, &mut names);
        let mut best = choice;
        let mut skipped = HashSet::new();
        for name in names.into_iter().skip(1) {
            skipped.insert(name);
            match self.shape(hir, best.detail, &skipped, fixed, best.cost, seen) {
                Some(choice) => best = choice,
                None => {
                    skipped.remove(&name);
                }
            }
        }
        best
    }

    /// Adds a pattern to the stream of its plane.
    fn starts(&mut self, plane: Plane, length: Option<u32>, index: usize, detector: u16) {
        let same = |s: &&mut Stream| s.plane == plane && matches!(s.serve, Serve::Starts { .. });
        if self.streams.iter_mut().find(same).is_none() {
            let serve = Serve::Starts { exact: Vec::new(), walks: Vec::new() };
            self.streams.push(Stream { plane, slot: 0, serve });
        }
        let stream = self.streams.iter_mut().find(same);
        if let Some(Stream { serve: Serve::Starts { exact, walks }, .. }) = stream {
            match length {
                Some(length) => exact.push((detector, length)),
                None => walks.push(index),
            }
        }
    }

    /// The places of a literal that have around them what a match has.
    fn literal(&mut self, parts: &[&Hir], needle: &Needle, detail: Detail) -> Option<Choice> {
        let (part, at) = needle.part;
        let HirKind::Literal(literal) = parts.get(part)?.kind() else { return None };
        let rest = Hir::literal(&literal.0[at..]);
        let skipped = HashSet::new();
        let mut after = vec![&rest];
        after.extend(&parts[part + 1..]);
        let mut outline =
            Outline { circuit: &mut self.circuit, edges: &self.edges, detail, exact: true, skipped: &skipped };
        let plane = outline.concat(&after, 0, self.edges.end);
        let before = self.circuit.set(&needle.before).ahead(-1);
        let plane = self.circuit.and(plane, before);
        if plane == Plane::NONE || self.circuit.reach(plane) + needle.distance.1 as i32 > REACH_MAX {
            return None;
        }
        let (terms, cycles) = self.price(plane);
        let per_kib = self.sample.per_kib(&self.circuit, plane);
        let how = How::Literal { terms, literal: needle.bytes.clone(), per_kib };
        Some(Choice { cost: cycles + (per_kib + UNSEEN_PER_KIB) / 2.0 * (WALK_CYCLES + 20.0), plane, how, detail })
    }

    /// The operations that a plane adds to what is computed anyway, and their cycles over 512 bytes.
    fn price(&self, plane: Plane) -> (usize, f64) {
        let needs = self.circuit.needs(plane, &self.have);
        let sets = needs.iter().filter(|n| self.circuit.is_set(**n)).count();
        let tables = (self.sets + sets).div_ceil(SETS) - self.sets.div_ceil(SETS);
        let looked_up = sets as f64 * SET_CYCLES + tables as f64 * TABLE_CYCLES;
        (needs.len(), looked_up + (needs.len() - sets) as f64 * self.op_cycles)
    }

    /// The stream of all keywords and its tables.
    pub fn keywords(&mut self, shapes: &[&Shape], level: Level) -> (Option<Prefixes>, Pairs, Vec<Fit>) {
        if self.keywords.is_empty() {
            return (None, Pairs::new(&[]), Vec::new());
        }
        // Prefixes that begin alike share a bucket, so that buckets mix as little as they can.
        let mut all: Vec<[ByteSet; 4]> = self.keywords.iter().flat_map(|(_, p)| p.iter().copied()).collect();
        let first = |set: &ByteSet| set.iter().map(|b| b.to_ascii_lowercase()).min().unwrap_or(0);
        all.sort_by_cached_key(|p| p.map(|set| first(&set)));
        all.dedup();
        let count = all.len();
        let buckets = count.div_ceil(PREFIXES_A_BUCKET).next_multiple_of(8).min(usize::from(Prefixes::BUCKETS_MAX));
        let tables: Vec<(u8, [[bool; 256]; 4])> = all
            .iter()
            .enumerate()
            .map(|(i, places)| {
                ((i * buckets / count) as u8, places.map(|set| std::array::from_fn(|b| set.has(b as u8))))
            })
            .collect();
        let mut plane = self.circuit.and(Plane::PREFIXES, self.edges.start);
        if level == Level::Scalar {
            // This level has no plane of prefixes; their first bytes stand in for it. A set of the second ones would cost more
            // operations than it keeps out.
            let first = all.iter().fold(ByteSet::default(), |set, p| set.union(&p[0]));
            let first = self.circuit.set(&first);
            plane = self.circuit.and(plane, first);
        }
        self.streams.push(Stream { plane, slot: 0, serve: Serve::Keywords });
        let mut fits: Vec<Fit> = Vec::new();
        for chunk in self.keywords.chunks(64) {
            let mut places = Box::new([[0u64; 256]; PLACES]);
            for (bit, (index, _)) in chunk.iter().enumerate() {
                for (place, set) in places.iter_mut().zip(&shapes[*index].places) {
                    set.iter().for_each(|b| place[usize::from(b)] |= 1 << bit);
                }
            }
            fits.push(Fit { places, patterns: chunk.iter().map(|(index, _)| *index).collect() });
        }
        (Some(Prefixes::new(&tables)), Pairs::new(&all), fits)
    }
}

/// The ways to outline a pattern that are weighed against each other.
fn details() -> impl Iterator<Item = Detail> {
    [64, 24, 16, 12, 10, 8, 6, 5, 4, 3, 2].into_iter().flat_map(|depth| {
        [false, true].into_iter().flat_map(move |merge| (0..=2).map(move |coarse| Detail { depth, merge, coarse }))
    })
}
