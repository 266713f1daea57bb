//! From nodes to operations on slots.

use super::{Node, Plane};
use crate::simd::{Op, OpKind, Operand, Program};
use std::collections::{HashMap, HashSet};

/// An operation before slots are given out: operands are nodes.
#[derive(Clone, Copy)]
struct Step {
    node: u32,
    kind: OpKind,
    a: u32,
    b: (u32, u32),
    then: Option<(OpKind, (u32, u32))>,
}

fn index(node: u32) -> Option<usize> {
    (node as usize).checked_sub(Program::FIRST_FREE)
}

pub(super) fn program(nodes: &[Node], outputs: &[Plane]) -> Result<(Program, Vec<usize>), String> {
    let uses = uses(nodes, outputs);
    let sets: Vec<usize> = (0..nodes.len()).filter(|i| uses[*i] > 0 && matches!(nodes[*i], Node::Set(_))).collect();
    let steps = ordered(steps(nodes, &uses), outputs);
    let mut last: HashMap<u32, usize> = HashMap::new();
    for (i, step) in steps.iter().enumerate() {
        let third = step.then.map_or(step.a, |t| t.1.0);
        [step.a, step.b.0, third].into_iter().for_each(|node| {
            last.insert(node, i);
        });
    }
    for plane in outputs {
        last.insert(plane.node, usize::MAX);
    }
    let mut slot_of: HashMap<u32, u16> = HashMap::new();
    for (k, i) in sets.iter().enumerate() {
        let slot = u16::try_from(Program::FIRST_FREE + k).map_err(|_| "too many sets".to_string())?;
        slot_of.insert((Program::FIRST_FREE + i) as u32, slot);
    }
    let mut slots = Program::first_op_slot(sets.len()) as u16;
    let mut free: Vec<u16> = Vec::new();
    let mut ops = Vec::with_capacity(steps.len() + outputs.len());
    let narrow = |bits: u32| u16::try_from(bits).map_err(|_| "a shift is too wide".to_string());
    for (i, step) in steps.iter().enumerate() {
        let slot = |node: u32| slot_of.get(&node).copied().unwrap_or(node as u16);
        let b = Operand { slot: slot(step.b.0), ahead: narrow(step.b.1)? };
        let then = match step.then {
            Some((kind, (c, ahead))) => Some((kind, Operand { slot: slot(c), ahead: narrow(ahead)? })),
            None => None,
        };
        let a = slot(step.a);
        // A plane that nobody reads any more gives its place to the next: what is read often stays close.
        let mut ended = vec![step.a, step.b.0];
        ended.extend(step.then.map(|t| t.1.0));
        ended.sort_unstable();
        ended.dedup();
        for node in ended {
            let computed = index(node).is_some_and(|n| matches!(nodes[n], Node::Op { .. }));
            if computed && last.get(&node) == Some(&i) {
                free.extend(slot_of.get(&node));
            }
        }
        let to = free.pop().unwrap_or_else(|| {
            slots += 1;
            slots - 1
        });
        slot_of.insert(step.node, to);
        let output = outputs.iter().position(|p| p.node == step.node).map(|o| o as u16);
        ops.push(Op { kind: step.kind, a, b, then, to, output });
    }
    let mut at = Vec::with_capacity(outputs.len());
    for (o, plane) in outputs.iter().enumerate() {
        let computed = index(plane.node).is_some_and(|n| n < nodes.len() && matches!(nodes[n], Node::Op { .. }));
        let first = outputs.iter().position(|p| p.node == plane.node) == Some(o);
        if computed && first {
            at.push(usize::from(slot_of[&plane.node]));
            continue;
        }
        // An output that is a given plane, or another output's too, gets a plane and a flag of its own.
        let (kind, a) = match *plane {
            Plane::NONE => (OpKind::AndNot, Program::ONES as u16),
            plane => (OpKind::And, slot_of.get(&plane.node).copied().unwrap_or(plane.node as u16)),
        };
        let b = Operand { slot: Program::ONES as u16, ahead: 0 };
        ops.push(Op { kind, a, b, then: None, to: slots, output: Some(o as u16) });
        at.push(usize::from(slots));
        slots += 1;
    }
    let tables: Vec<[bool; 256]> = sets
        .iter()
        .map(|i| match nodes[*i] {
            Node::Set(set) => std::array::from_fn(|b| set.has(b as u8)),
            Node::Op { .. } => [false; 256],
        })
        .collect();
    Ok((Program::new(&tables, ops)?, at))
}

/// How often each node is read by others that are needed, or put out.
fn uses(nodes: &[Node], outputs: &[Plane]) -> Vec<usize> {
    let mut uses = vec![0; nodes.len()];
    outputs.iter().filter_map(|p| index(p.node)).filter(|i| *i < nodes.len()).for_each(|i| uses[i] += 2);
    for i in (0..nodes.len()).rev() {
        if let Node::Op { a, b, .. } = nodes[i]
            && uses[i] > 0
        {
            [a, b].into_iter().filter_map(index).for_each(|o| uses[o] += 1);
        }
    }
    uses
}

/// The operations, each with the operand that only it reads worked in where three operands will do.
fn steps(nodes: &[Node], uses: &[usize]) -> Vec<Step> {
    let mut made: Vec<Option<Step>> = vec![None; nodes.len()];
    for i in (0..nodes.len()).filter(|i| uses[*i] > 0) {
        let Node::Op { kind, a, b, ahead } = nodes[i] else { continue };
        let plain = Step { node: (Program::FIRST_FREE + i) as u32, kind, a, b: (b, ahead), then: None };
        let child = |made: &[Option<Step>], node: u32| {
            let i = index(node).filter(|i| uses[*i] == 1 && a != b)?;
            made[i].filter(|step| step.then.is_none()).map(|step| (i, step))
        };
        let fused = child(&made, a)
            .map(|(c, first)| (c, Step { node: plain.node, then: Some((kind, (b, ahead))), ..first }))
            .or_else(|| child(&made, b).and_then(|(c, second)| Some((c, spread(plain, second, ahead)?))));
        made[i] = Some(match fused {
            Some((child, step)) => {
                made[child] = None;
                step
            }
            None => plain,
        });
    }
    made.into_iter().flatten().collect()
}

/// The operations in the order in which the outputs, one after another, need them: what is read again soon is still
/// close, and few planes are held at once.
fn ordered(steps: Vec<Step>, outputs: &[Plane]) -> Vec<Step> {
    let of: HashMap<u32, Step> = steps.into_iter().map(|step| (step.node, step)).collect();
    let mut done = HashSet::new();
    let mut order = Vec::with_capacity(of.len());
    for output in outputs {
        let mut open = vec![(output.node, false)];
        while let Some((node, ready)) = open.pop() {
            let Some(step) = of.get(&node).filter(|_| !done.contains(&node)) else { continue };
            if ready {
                done.insert(node);
                order.push(*step);
                continue;
            }
            open.push((node, true));
            open.extend(step.then.map(|t| (t.1.0, false)));
            open.push((step.b.0, false));
            open.push((step.a, false));
        }
    }
    order
}

/// `a KIND (p K q)` as `(a K1 p) K2 q`, where that is the same.
fn spread(outer: Step, inner: Step, ahead: u32) -> Option<Step> {
    use OpKind::{And, AndNot, NotAnd, Or};
    let (first, second) = match (outer.kind, inner.kind) {
        (And, And) => (And, And),
        (And, AndNot) => (And, AndNot),
        (And, NotAnd) => (AndNot, And),
        (Or, Or) => (Or, Or),
        (AndNot, Or) => (AndNot, AndNot),
        _ => return None,
    };
    let far = inner.b.1 + ahead;
    (far as usize <= Program::AHEAD_MAX).then_some(Step {
        node: outer.node,
        kind: first,
        a: outer.a,
        b: (inner.a, ahead),
        then: Some((second, (inner.b.0, far))),
    })
}
