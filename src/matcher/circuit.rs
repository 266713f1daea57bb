//! Expressions over bit planes, each kept once, and their translation into a program.
//!
//! A [`Plane`] is a node and a shift: bit `i` of the plane is bit `i + shift` of the node. Operations pull the shift that
//! their operands share out in front, so equal expressions at different distances are one node, and a node only ever
//! looks ahead.

use super::shape::ByteSet;
use crate::simd::{Op, OpKind, Program};
use std::collections::HashMap;

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
struct Node {
    kind: OpKind,
    a: u32,
    b: u32,
    ahead: u32,
}

/// Expressions, each once.
#[derive(Default)]
pub struct Circuit {
    /// Nodes after the given ones, each after its operands.
    nodes: Vec<Node>,
    /// How far beyond its own place each node looks.
    reach: Vec<u32>,
    known: HashMap<Node, u32>,
    sets: HashMap<ByteSet, Plane>,
}

impl Circuit {
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
        let node = Node { kind, a, b, ahead: b_ahead };
        let next = (Program::FIRST_FREE + self.nodes.len()) as u32;
        let id = *self.known.entry(node).or_insert(next);
        if id == next {
            self.nodes.push(node);
            self.reach.push(self.reach_of(a).max(b_ahead + self.reach_of(b)));
        }
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

    /// The places whose byte is in `set`. A set is taken apart into rows: low nibbles that the same high nibbles share.
    pub fn set(&mut self, set: &ByteSet) -> Plane {
        if let Some(plane) = self.sets.get(set) {
            return *plane;
        }
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
        self.sets.insert(*set, plane);
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
        let mut seen = std::collections::HashSet::new();
        while let Some(node) = open.pop() {
            let Some(i) = (node as usize).checked_sub(Program::FIRST_FREE).filter(|i| *i < self.nodes.len()) else {
                continue;
            };
            if have.get(node as usize).copied().unwrap_or(false) || !seen.insert(node) {
                continue;
            }
            needed.push(node);
            open.extend([self.nodes[i].a, self.nodes[i].b]);
        }
        needed.sort_unstable();
        needed
    }

    /// The value of every node over planes of `words` words, where the given nodes have `given` values; computed so far
    /// in `values`, which is added to.
    pub fn evaluate(&self, given: &[Vec<u64>], plane: Plane, values: &mut HashMap<u32, Vec<u64>>) {
        for node in self.needs(plane, &[]) {
            if values.contains_key(&node) {
                continue;
            }
            let Node { kind, a, b, ahead } = self.nodes[node as usize - Program::FIRST_FREE];
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
            let value = (0..a.len()).map(combine).collect();
            values.insert(node, value);
        }
    }

    /// A program that computes `outputs`, and the slot of each. Slots are used again once nobody needs their plane.
    pub fn program(&self, outputs: &[Plane]) -> Result<(Program, Vec<usize>), String> {
        let mut last = vec![0usize; self.nodes.len()];
        let mut live = vec![false; self.nodes.len()];
        for plane in outputs {
            for node in self.needs(*plane, &[]) {
                live[node as usize - Program::FIRST_FREE] = true;
            }
        }
        let index = |node: u32| (node as usize).checked_sub(Program::FIRST_FREE);
        for (i, node) in self.nodes.iter().enumerate().filter(|(i, _)| live[*i]) {
            for operand in [node.a, node.b].into_iter().filter_map(index) {
                last[operand] = i;
            }
        }
        for i in outputs.iter().filter_map(|p| index(p.node)) {
            if let Some(last) = last.get_mut(i) {
                *last = usize::MAX;
            }
        }
        let mut slot_of: Vec<u16> = vec![0; self.nodes.len()];
        let mut free: Vec<u16> = Vec::new();
        let mut slots = Program::FIRST_FREE as u16;
        let mut ops = Vec::new();
        let mut take = |free: &mut Vec<u16>| {
            free.pop().unwrap_or_else(|| {
                slots += 1;
                slots - 1
            })
        };
        for (i, node) in self.nodes.iter().enumerate().filter(|(i, _)| live[*i]) {
            let slot = |n: u32, slot_of: &[u16]| index(n).map_or(n as u16, |i| slot_of[i]);
            let (a, b) = (slot(node.a, &slot_of), slot(node.b, &slot_of));
            for (k, operand) in [node.a, node.b].into_iter().enumerate() {
                if let Some(o) = index(operand)
                    && last[o] == i
                    && (k == 0 || node.a != node.b)
                {
                    free.push(slot_of[o]);
                }
            }
            let to = take(&mut free);
            slot_of[i] = to;
            let id = (Program::FIRST_FREE + i) as u32;
            let output = outputs.iter().position(|p| p.node == id).map(|o| o as u16);
            let ahead = u16::try_from(node.ahead).map_err(|_| "a shift is too wide".to_string())?;
            ops.push(Op { kind: node.kind, ahead, to, a, b, output });
        }
        let mut at = Vec::with_capacity(outputs.len());
        for (o, plane) in outputs.iter().enumerate() {
            let computed = index(plane.node).filter(|i| *i < slot_of.len());
            let first = outputs.iter().position(|p| p.node == plane.node) == Some(o);
            at.push(match computed {
                Some(i) if first => usize::from(slot_of[i]),
                // An output that is a given plane, or another output's too, gets a plane and a flag of its own.
                other => {
                    let kind = if *plane == Plane::NONE { OpKind::AndNot } else { OpKind::And };
                    let a = match other {
                        Some(i) => slot_of[i],
                        None if *plane == Plane::NONE => Program::ONES as u16,
                        None => plane.node as u16,
                    };
                    let to = take(&mut Vec::new());
                    ops.push(Op { kind, ahead: 0, to, a, b: Program::ONES as u16, output: Some(o as u16) });
                    usize::from(to)
                }
            });
        }
        Ok((Program::new(ops)?, at))
    }
}
