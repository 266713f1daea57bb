//! Which starts the molds are asked about.
//!
//! Three kinds: a digit with four more behind it, or with a mark before digits or a bracket within the next four; a capital with a
//! digit within the next seven; a `+` or `(` before a digit.

use super::circuit::{Circuit, Plane};
use super::outline::{Edges, range};
use super::shape::{ByteSet, DIGITS};
use super::ways::Way;

/// Digits in a row from which on nothing else is asked.
const RUN: usize = 5;
/// Where behind the first digit a mark between digits may stand.
const MARK_MAX: usize = 4;
/// Where behind a capital a digit may stand.
const NUMBER_MAX: usize = 7;

/// The plane of starts, and what it is made of.
pub struct Gate {
    /// Where rules 2 and 3 let a hit start that a mold may have.
    pub plane: Plane,
    /// Where digits stand.
    pub digits: Plane,
    marks: ByteSet,
    group: ByteSet,
    openers: ByteSet,
}

fn of(bytes: &[u8]) -> ByteSet {
    let mut set = ByteSet::default();
    bytes.iter().for_each(|b| set.insert(*b));
    set
}

impl Gate {
    /// The gate's plane in a circuit.
    pub fn new(circuit: &mut Circuit, edges: &Edges) -> Gate {
        let (marks, openers) = (of(b"-. /("), of(b"+("));
        let group = DIGITS.union(&of(b"("));
        let digits = circuit.set(&DIGITS);
        let two = circuit.and(digits, digits.ahead(1));
        let four = circuit.and(two, two.ahead(2));
        let run = circuit.and(four, digits.ahead(RUN as i32 - 1));
        let mark = circuit.set(&marks);
        let begins = circuit.set(&group);
        let mark = circuit.and(mark, begins.ahead(1));
        let mark = within(circuit, mark.ahead(1), MARK_MAX);
        let more = circuit.or(run, mark);
        let number = circuit.and(digits, more);
        let capital = circuit.set(&range(b'A'..=b'Z'));
        let digit = within(circuit, digits.ahead(1), NUMBER_MAX);
        let capital = circuit.and(capital, digit);
        let opener = circuit.set(&openers);
        let opener = circuit.and(opener, digits.ahead(1));
        let any = circuit.or(number, capital);
        let any = circuit.or(any, opener);
        Gate { plane: circuit.and(any, edges.start), digits, marks, group, openers }
    }

    /// Whether the plane has every start of a way.
    pub fn lets(&self, way: &Way) -> bool {
        let is = |at: usize, set: &ByteSet| way.sets.get(at).is_some_and(|s| s.within(set));
        let number = || {
            (0..RUN).all(|at| is(at, &DIGITS))
                || (1..=MARK_MAX).any(|at| is(at, &self.marks) && is(at + 1, &self.group))
        };
        (is(0, &DIGITS) && number())
            || (is(0, &range(b'A'..=b'Z')) && (1..=NUMBER_MAX).any(|at| is(at, &DIGITS)))
            || (is(0, &self.openers) && is(1, &DIGITS))
    }
}

/// Where a plane has a bit within `count` places from here on.
fn within(circuit: &mut Circuit, plane: Plane, count: usize) -> Plane {
    let (mut all, mut done) = (plane, 1);
    while done < count {
        let step = done.min(count - done);
        all = circuit.or(all, all.ahead(step as i32));
        done += step;
    }
    all
}
