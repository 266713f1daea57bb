//! Expressions over bit planes, each kept once, and their translation into a program.
//!
//! A [`Plane`] is a node and a shift: bit `i` of the plane is bit `i + shift` of the node. Operations pull the shift that
//! their operands share out in front, so equal expressions at different distances are one node, and a node only ever
//! looks ahead.

mod lower;

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
    known: HashMap<Node, u32>,
    sets: HashMap<ByteSet, Plane>,
    /// The same, in the order in which they were asked for.
    asked: Vec<(ByteSet, Plane)>,
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
            _ => self.computed(set),
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

    /// A set from the basis planes, taken apart into rows: low nibbles that the same high nibbles share.
    fn computed(&mut self, set: &ByteSet) -> Plane {
        let mut rows: Vec<(u16, u16)> = Vec::new();
        for high in 0..16u8 {
            let low = (0..16u8).filter(|low| set.has(high << 4 | low)).fold(0u16, |m, low| m | 1 << low);
            match rows.iter_mut().find(|(_, l)| *l == low) {
                Some((highs, _)) => *highs |= 1 << high,
                None if low != 0 => rows.push((1 << high, low)),
                None => {}
            }
        }
        let mut plane = Plane::NONE;
        for (highs, lows) in rows {
            let high = self.nibble(u32::from(highs), 7, 16);
            let low = self.nibble(u32::from(lows), 3, 16);
            let row = self.and(high, low);
            plane = self.or(plane, row);
        }
        plane
    }

    /// The places where the nibble whose highest bit is basis plane `bit` is in `table`, a truth table of `size` entries.
    fn nibble(&mut self, table: u32, bit: u32, size: u32) -> Plane {
        let all = ((1u64 << size) - 1) as u32;
        if table == 0 {
            return Plane::NONE;
        }
        if table == all {
            return Plane::ALL;
        }
        let half = size / 2;
        let (zero, one) = (table & ((1 << half) - 1), table >> half);
        if zero == one {
            return self.nibble(zero, bit - 1, half);
        }
        let top = Plane { node: bit, shift: 0 };
        let (zero, one) = (self.nibble(zero, bit.wrapping_sub(1), half), self.nibble(one, bit.wrapping_sub(1), half));
        let zero = self.and_not(zero, top);
        let one = self.and(one, top);
        self.or(zero, one)
    }

    /// The nodes that `plane` needs and that are not in `have`, ascending.
    pub fn needs(&self, plane: Plane, have: &[bool]) -> Vec<u32> {
        let mut needed = Vec::new();
        let mut open = vec![plane.node];
        let mut seen = HashSet::new();
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
    pub fn evaluate(&self, text: &[u8], given: &[Vec<u64>], plane: Plane, values: &mut HashMap<u32, Vec<u64>>) {
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
