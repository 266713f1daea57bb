//! A program over planes: data, checked once, run for every window.

/// What an operation does with its operands; the second one is looked at `ahead` bits further on.
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

/// One operation: `to = a KIND (b shifted so that bit i is bit i + ahead)`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Op {
    /// What is done.
    pub kind: OpKind,
    /// How many bits ahead `b` is read.
    pub ahead: u16,
    /// The slot that is written; it may be one of the operands.
    pub to: u16,
    /// The first operand's slot.
    pub a: u16,
    /// The second operand's slot.
    pub b: u16,
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

/// Operations in order, with every slot and shift within bounds.
#[derive(Clone, Debug, Default)]
pub struct Program {
    ops: Vec<Op>,
    slots: usize,
    outputs: usize,
}

impl Program {
    /// Slot of the plane of prefixes.
    pub const PREFIXES: usize = PREFIXES;
    /// Slot of the plane of ones.
    pub const ONES: usize = ONES;
    /// The first slot that an operation may write.
    pub const FIRST_FREE: usize = GIVEN;
    /// The furthest an operation may look ahead, in bits.
    pub const AHEAD_MAX: usize = AHEAD_MAX as usize;

    /// Checks operations; the error names the first that is out of bounds.
    pub fn new(ops: Vec<Op>) -> Result<Program, String> {
        let mut slots = GIVEN;
        let mut outputs = 0;
        for (i, op) in ops.iter().enumerate() {
            let operands = usize::from(op.a.max(op.b)) < slots;
            let target = (GIVEN..=slots).contains(&usize::from(op.to));
            if !operands || !target || op.ahead > AHEAD_MAX {
                return Err(format!("operation {i} is out of bounds: {op:?}"));
            }
            slots = slots.max(usize::from(op.to) + 1);
            outputs = outputs.max(op.output.map_or(0, |o| usize::from(o) + 1));
        }
        Ok(Program { ops, slots, outputs })
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
}
