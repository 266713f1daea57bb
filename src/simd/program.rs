//! A program over planes: data, checked once, run for every window.

/// What is done with two planes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum OpKind {
    /// `a & b`
    And,
    /// `a | b`
    Or,
    /// `a & !b`
    AndNot,
    /// `!a & b`
    NotAnd,
}

/// A plane as an operation reads it: bit `i` is bit `i + ahead` of the slot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Operand {
    /// The slot.
    pub slot: u16,
    /// How many bits ahead it is read.
    pub ahead: u16,
}

/// One operation: `to = a KIND b`, or `to = (a KIND b) KIND c`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Op {
    /// What is done with the first two.
    pub kind: OpKind,
    /// The first operand; it is read where it stands.
    pub a: u16,
    /// The second.
    pub b: Operand,
    /// What is done with the result and a third.
    pub then: Option<(OpKind, Operand)>,
    /// The slot that is written; it may be one of the operands.
    pub to: u16,
    /// The output whose `alive` flag this operation sets, when it computes one.
    pub output: Option<u16>,
}

/// Slots that are there before the first operation: eight basis planes, the plane of prefixes, and all ones.
pub const GIVEN: usize = 10;
/// Slot of the plane of prefixes.
pub const PREFIXES: usize = 8;
/// Slot of the plane of ones.
pub const ONES: usize = 9;
/// No operation may look further ahead, so that shifted loads stay within a plane's room.
pub const AHEAD_MAX: u16 = 448;
/// Sets that one table holds.
pub const SETS: usize = 8;

/// Eight sets of bytes as a table: bit `s` of entry `b` says whether byte `b` is in set `s`.
#[derive(Clone)]
pub struct SetTable {
    /// Entries of the bytes below 0x80, for a look-up of seven bits.
    pub(super) low: [u8; 128],
    /// The entry that all bytes from 0x80 on share.
    pub(super) high: u8,
}

/// Operations in order, with every slot and shift within bounds.
#[derive(Clone, Default)]
pub struct Program {
    ops: Vec<Op>,
    slots: usize,
    outputs: usize,
    tables: Vec<SetTable>,
    basis: bool,
}

impl Program {
    /// Slot of the plane of prefixes.
    pub const PREFIXES: usize = PREFIXES;
    /// Slot of the plane of ones.
    pub const ONES: usize = ONES;
    /// The first slot that a set takes, and after the sets the first that an operation may write.
    pub const FIRST_FREE: usize = GIVEN;
    /// The furthest an operation may look ahead, in bits.
    pub const AHEAD_MAX: usize = AHEAD_MAX as usize;

    /// Checks operations over `sets`, whose planes take the slots from [`Program::FIRST_FREE`] on, eight slots for every
    /// eight begun. A set holds all bytes from 0x80 on or none. The error names what is out of bounds.
    pub fn new(sets: &[[bool; 256]], ops: Vec<Op>) -> Result<Program, String> {
        let mut tables = Vec::new();
        for chunk in sets.chunks(SETS) {
            let mut table = SetTable { low: [0; 128], high: 0 };
            for (bit, set) in chunk.iter().enumerate() {
                if set[128..].iter().any(|b| *b != set[128]) {
                    return Err("a set takes some of the bytes from 0x80 on and not all".to_string());
                }
                table.low.iter_mut().zip(set).for_each(|(entry, has)| *entry |= u8::from(*has) << bit);
                table.high |= u8::from(set[128]) << bit;
            }
            tables.push(table);
        }
        let first = Program::first_op_slot(sets.len());
        let mut slots = first;
        let mut outputs = 0;
        let mut basis = ops.is_empty();
        for (i, op) in ops.iter().enumerate() {
            let third = op.then.map_or(op.b, |(_, c)| c);
            let read = [op.a, op.b.slot, third.slot];
            let operands = read.iter().all(|slot| usize::from(*slot) < slots);
            let target = (first..=slots).contains(&usize::from(op.to));
            if !operands || !target || op.b.ahead.max(third.ahead) > AHEAD_MAX {
                return Err(format!("operation {i} is out of bounds: {op:?}"));
            }
            basis |= read.iter().any(|slot| usize::from(*slot) < PREFIXES);
            slots = slots.max(usize::from(op.to) + 1);
            outputs = outputs.max(op.output.map_or(0, |o| usize::from(o) + 1));
        }
        Ok(Program { ops, slots, outputs, tables, basis })
    }

    /// The first slot that an operation may write when there are so many sets.
    pub fn first_op_slot(sets: usize) -> usize {
        GIVEN + sets.next_multiple_of(SETS)
    }

    /// The operations.
    pub fn ops(&self) -> &[Op] {
        &self.ops
    }

    /// Planes that the program needs room for.
    pub fn slots(&self) -> usize {
        self.slots.max(GIVEN)
    }

    /// Outputs it has.
    pub fn outputs(&self) -> usize {
        self.outputs
    }

    /// Sets it looks up, with those that fill up the last table.
    pub fn sets(&self) -> usize {
        self.tables.len() * SETS
    }

    /// The tables of its sets.
    pub(super) fn tables(&self) -> &[SetTable] {
        &self.tables
    }

    /// Whether any operation reads a basis plane.
    pub(super) fn basis(&self) -> bool {
        self.basis
    }
}
