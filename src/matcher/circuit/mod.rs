//! Expressions over bit planes, each kept once, and their translation into a program.
//!
//! A [`Plane`] is a node and a shift: bit `i` of the plane is bit `i + shift` of the node. Operations pull the shift that
//! their operands share out in front, so equal expressions at different distances are one node, and a node only ever
//! looks ahead.

mod lower;

use super::mix::Mixed;
use super::shape::ByteSet;
use crate::simd::{OpKind, Program};
use std::collections::{HashMap, HashSet};

/// A plane: a node of a [`Circuit`], read `shift` bits further on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Plane {
    /// The node.
    pub node: u32,
    /// How much further on it is read; negative: back.
    pub shift: i32,
}

impl Plane {
    /// Every bit.
    pub const ALL: Plane = Plane { node: Program::ONES as u32, shift: 0 };
    /// No bit.
    pub const NONE: Plane = Plane { node: u32::MAX, shift: 0 };
    /// Places where the keywords' prefixes may stand.
    pub const PREFIXES: Plane = Plane { node: Program::PREFIXES as u32, shift: 0 };

    /// The plane, read `bits` further on.
    pub fn ahead(self, bits: i32) -> Plane {
        if self == Plane::ALL || self == Plane::NONE { self } else { Plane { shift: self.shift + bits, ..self } }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Node {
    /// A set of bytes, looked up.
    Set(ByteSet),
    /// Two nodes, the second read further on.
    Op { kind: OpKind, a: u32, b: u32, ahead: u32 },
}

/// Expressions, each once.
#[derive(Default)]
pub struct Circuit {
    /// Whether sets are looked up where they can be; else they are computed from the basis planes.
    tables: bool,
    /// Nodes after the given ones, each after its operands.
    nodes: Vec<Node>,
    /// How far beyond its own place each node looks.
    reach: Vec<u32>,
    known: HashMap<Node, u32, Mixed>,
    sets: HashMap<ByteSet, Plane, Mixed>,
    /// The same, in the order in which they were asked for.
    asked: Vec<(ByteSet, Plane)>,
    /// Nodes that computed sets are made of.
    taken: Vec<bool>,
}

impl Circuit {
    /// An empty circuit; with `tables`, sets are looked up.
    pub fn new(tables: bool) -> Circuit {
        Circuit { tables, ..Circuit::default() }
    }

    fn node(&self, id: u32) -> Option<Node> {
        self.nodes.get((id as usize).checked_sub(Program::FIRST_FREE)?).copied()
    }

    fn add(&mut self, node: Node, reach: u32) -> u32 {
        let next = (Program::FIRST_FREE + self.nodes.len()) as u32;
        let id = *self.known.entry(node).or_insert(next);
        if id == next {
            self.nodes.push(node);
            self.reach.push(reach);
        }
        id
    }

    fn reach_of(&self, node: u32) -> u32 {
        (node as usize).checked_sub(Program::FIRST_FREE).map_or(0, |i| self.reach[i])
    }

    /// How far ahead of a place its bit looks.
    pub fn reach(&self, plane: Plane) -> i32 {
        if plane == Plane::NONE { 0 } else { plane.shift + self.reach_of(plane.node) as i32 }
    }

    fn op(&mut self, kind: OpKind, a: Plane, b: Plane) -> Plane {
        let base = if a == Plane::ALL { b.shift } else { a.shift.min(b.shift) };
        let (mut a_ahead, mut b_ahead) = ((a.shift - base).max(0) as u32, (b.shift - base).max(0) as u32);
        let (mut a, mut b, mut kind) = (a.node, b.node, kind);
        let commutes = matches!(kind, OpKind::And | OpKind::Or);
        if a_ahead > 0 || (commutes && a_ahead == b_ahead && a > b) {
            (a, b, a_ahead, b_ahead) = (b, a, b_ahead, a_ahead);
            kind = match kind {
                OpKind::AndNot => OpKind::NotAnd,
                OpKind::NotAnd => OpKind::AndNot,
                same => same,
            };
        }
        debug_assert_eq!(a_ahead, 0, "one operand stands at the base");
        let reach = self.reach_of(a).max(b_ahead + self.reach_of(b));
        let id = self.add(Node::Op { kind, a, b, ahead: b_ahead }, reach);
        Plane { node: id, shift: base }
    }

    /// Both.
    pub fn and(&mut self, a: Plane, b: Plane) -> Plane {
        match (a, b) {
            (Plane::NONE, _) | (_, Plane::NONE) => Plane::NONE,
            (Plane::ALL, x) | (x, Plane::ALL) => x,
            (a, b) if a == b => a,
            (a, b) => self.op(OpKind::And, a, b),
        }
    }

    /// Either.
    pub fn or(&mut self, a: Plane, b: Plane) -> Plane {
        match (a, b) {
            (Plane::ALL, _) | (_, Plane::ALL) => Plane::ALL,
            (Plane::NONE, x) | (x, Plane::NONE) => x,
            (a, b) if a == b => a,
            (a, b) => self.op(OpKind::Or, a, b),
        }
    }

    /// The first without the second.
    pub fn and_not(&mut self, a: Plane, b: Plane) -> Plane {
        match (a, b) {
            (_, Plane::ALL) | (Plane::NONE, _) => Plane::NONE,
            (a, Plane::NONE) => a,
            (a, b) if a == b => Plane::NONE,
            (a, b) => self.op(OpKind::AndNot, a, b),
        }
    }

    /// The places whose byte is in `set`.
    pub fn set(&mut self, set: &ByteSet) -> Plane {
        if let Some(plane) = self.sets.get(set) {
            return *plane;
        }
        let high = (0x80..=0xff).filter(|b| set.has(*b)).count();
        let plane = match set.iter().count() {
            0 => Plane::NONE,
            256 => Plane::ALL,
            _ if self.tables && matches!(high, 0 | 128) => match self.known_set(set) {
                Some(plane) => plane,
                None => Plane { node: self.add(Node::Set(*set), 0), shift: 0 },
            },
            _ => {
                let ways = [self.known_set(set), Some(self.rows(set)), Some(self.columns(set))];
                let plane = self.least(ways.into_iter().flatten()).unwrap_or(Plane::NONE);
                for node in self.needs(plane, &self.taken) {
                    self.taken.resize(self.taken.len().max(node as usize + 1), false);
                    self.taken[node as usize] = true;
                }
                plane
            }
        };
        self.sets.insert(*set, plane);
        self.asked.push((*set, plane));
        plane
    }

    /// A set that up to three known ones make up, or one without another: that costs less than a look-up.
    fn known_set(&mut self, set: &ByteSet) -> Option<Plane> {
        let mut parts: Vec<(ByteSet, Plane)> = self.asked.iter().filter(|(s, _)| s.within(set)).copied().collect();
        parts.sort_by_key(|(s, _)| std::cmp::Reverse(s.iter().count()));
        let (mut all, mut plane, mut used) = (ByteSet::default(), Plane::NONE, 0);
        for (part, of) in parts {
            if used < 3 && !part.within(&all) {
                all = all.union(&part);
                plane = self.or(plane, of);
                used += 1;
            }
        }
        if all == *set {
            return Some(plane);
        }
        let wider: Vec<(ByteSet, Plane)> = self.asked.iter().filter(|(s, _)| set.within(s)).copied().collect();
        for (wide, of) in wider {
            let rest = wide.iter().filter(|b| !set.has(*b)).fold(ByteSet::default(), |mut rest, b| {
                rest.insert(b);
                rest
            });
            if let Some(without) = self.sets.get(&rest).copied() {
                return Some(self.and_not(of, without));
            }
        }
        None
    }

    /// The plane that takes the fewest operations beyond those of the sets so far.
    fn least(&self, planes: impl Iterator<Item = Plane>) -> Option<Plane> {
        planes.min_by_key(|plane| self.needs(*plane, &self.taken).len())
    }

    /// A set from the basis planes, taken apart into rows: low nibbles that the same high nibbles share.
    fn rows(&mut self, set: &ByteSet) -> Plane {
        self.grid(&|high, low| set.has(high << 4 | low), 4, 0)
    }

    /// The same, taken apart into columns: high nibbles that the same low nibbles share.
    fn columns(&mut self, set: &ByteSet) -> Plane {
        self.grid(&|low, high| set.has(high << 4 | low), 0, 4)
    }

    /// The places where `has` holds of two nibbles, whose lowest bits are the basis planes `outer` and `inner`.
    fn grid(&mut self, has: &dyn Fn(u8, u8) -> bool, outer: u32, inner: u32) -> Plane {
        let mut rows: Vec<(u16, u16)> = Vec::new();
        for of_outer in 0..16u8 {
            let of_inner = (0..16u8).filter(|i| has(of_outer, *i)).fold(0u16, |m, i| m | 1 << i);
            match rows.iter_mut().find(|(_, i)| *i == of_inner) {
                Some((all, _)) => *all |= 1 << of_outer,
                None if of_inner != 0 => rows.push((1 << of_outer, of_inner)),
                None => {}
            }
        }
        let mut plane = Plane::NONE;
        for (of_outer, of_inner) in rows {
            let one = self.nibble(of_outer, outer);
            let other = self.nibble(of_inner, inner);
            let row = self.and(one, other);
            plane = self.or(plane, row);
        }
        plane
    }

    /// The places where the nibble whose lowest bit is basis plane `lowest` is in `table`, a truth table. Which bit is asked
    /// first decides how many operations it takes.
    fn nibble(&mut self, table: u16, lowest: u32) -> Plane {
        let orders = (0..4 * 4 * 4 * 4).map(|n| [n & 3, n >> 2 & 3, n >> 4 & 3, n >> 6 & 3]);
        let orders = orders.filter(|order| order.iter().fold(0, |all, bit| all | 1 << bit) == 15);
        let planes: Vec<Plane> = orders.map(|order| self.decide(table, u16::MAX, lowest, &order)).collect();
        self.least(planes.into_iter()).unwrap_or(Plane::NONE)
    }

    /// The places where the nibble is in `table`, as far as it is one of `open`: the bits of `order` are yet to be asked.
    fn decide(&mut self, table: u16, open: u16, lowest: u32, order: &[u32]) -> Plane {
        // The numbers below 16 that have a bit.
        const WITH: [u16; 4] = [0xaaaa, 0xcccc, 0xf0f0, 0xff00];
        let Some((bit, rest)) = order.split_first().filter(|_| table & open != 0) else {
            return if table & open == 0 { Plane::NONE } else { Plane::ALL };
        };
        if table & open == open {
            return Plane::ALL;
        }
        let (with, top) = (WITH[*bit as usize], Plane { node: lowest + bit, shift: 0 });
        // What a number without the bit is, seen at the number with it.
        let (zero, one) = ((table & open & !with) << (1 << bit), table & open & with);
        let one_plane = self.decide(table, open & with, lowest, rest);
        if zero == one {
            return one_plane;
        }
        match (self.decide(table, open & !with, lowest, rest), one_plane) {
            // Where the bit is not, all are; where it is, the rest decides.
            (Plane::ALL, one) => {
                let not = self.and_not(Plane::ALL, top);
                self.or(not, one)
            }
            (zero, Plane::ALL) => self.or(zero, top),
            (zero, one) => {
                let (zero, one) = (self.and_not(zero, top), self.and(one, top));
                self.or(zero, one)
            }
        }
    }

    /// The nodes that `plane` needs and that are not in `have`, ascending.
    pub fn needs(&self, plane: Plane, have: &[bool]) -> Vec<u32> {
        let mut needed = Vec::new();
        let mut open = vec![plane.node];
        let mut seen: HashSet<u32, Mixed> = HashSet::default();
        while let Some(id) = open.pop() {
            let Some(node) = self.node(id) else { continue };
            if have.get(id as usize).copied().unwrap_or(false) || !seen.insert(id) {
                continue;
            }
            needed.push(id);
            if let Node::Op { a, b, .. } = node {
                open.extend([a, b]);
            }
        }
        needed.sort_unstable();
        needed
    }

    /// Whether a node is a set that is looked up.
    pub fn is_set(&self, node: u32) -> bool {
        matches!(self.node(node), Some(Node::Set(_)))
    }

    /// The value of every node over the planes of `text`, whose given nodes have `given` values; computed so far in
    /// `values`, which is added to.
    pub fn evaluate(&self, text: &[u8], given: &[Vec<u64>], plane: Plane, values: &mut HashMap<u32, Vec<u64>, Mixed>) {
        for id in self.needs(plane, &[]) {
            if values.contains_key(&id) {
                continue;
            }
            let value = match self.node(id) {
                None => continue,
                Some(Node::Set(set)) => {
                    let word = |w: &[u8]| w.iter().enumerate().fold(0, |p, (i, b)| p | u64::from(set.has(*b)) << i);
                    text.chunks(64).map(word).collect()
                }
                Some(Node::Op { kind, a, b, ahead }) => {
                    let of = |node: u32| given.get(node as usize).or_else(|| values.get(&node));
                    let (Some(a), Some(b)) = (of(a), of(b)) else { continue };
                    let (skip, bits) = (ahead as usize / 64, ahead % 64);
                    let word = |i: usize| b.get(i + skip).copied().unwrap_or(0);
                    let combine = |i: usize| {
                        let right = (word(i) >> bits) | ((word(i + 1) << 1) << (63 - bits));
                        match kind {
                            OpKind::And => a[i] & right,
                            OpKind::Or => a[i] | right,
                            OpKind::AndNot => a[i] & !right,
                            OpKind::NotAnd => !a[i] & right,
                        }
                    };
                    (0..a.len()).map(combine).collect()
                }
            };
            values.insert(id, value);
        }
    }

    /// A program that computes `outputs`, and the slot of each.
    pub fn program(&self, outputs: &[Plane]) -> Result<(Program, Vec<usize>), String> {
        lower::program(&self.nodes, outputs)
    }
}
