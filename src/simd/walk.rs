//! Automata stepped in several lanes at once.

/// Walks that are stepped together: each waits for its own look-ups, and all wait at the same time.
pub const LANES: usize = 4;
/// Steps between two looks at whether all walks have ended. A lane's text must be longer than the walk by as much.
pub const WALK_STRIDE: usize = 4;

/// The table of an automaton over bytes. Row 0 is the end of all walks: every entry of it leads back to it.
pub struct StepTable {
    /// Entry `row + class`: the next row, which is its first entry's index, shifted left by two; in the low two bits 1 when
    /// a hit ends before the byte that was read, 2 when it ended one byte earlier, 0 when none ends.
    entries: Vec<u32>,
    classes: Box<[u8; 256]>,
    width: u32,
}

impl StepTable {
    /// A table of rows of `width` entries. The error says what leads out of it.
    pub fn new(entries: Vec<u32>, classes: Box<[u8; 256]>, width: u32) -> Result<StepTable, String> {
        let length = entries.len() as u64;
        if u64::from(width) > length {
            return Err("a table has at least one row".to_string());
        }
        if let Some(class) = classes.iter().find(|c| u32::from(**c) >= width) {
            return Err(format!("class {class} is beyond a row of {width}"));
        }
        if let Some(entry) = entries.iter().find(|e| u64::from(**e >> 2) + u64::from(width) > length) {
            return Err(format!("entry {entry} leads out of the table"));
        }
        Ok(StepTable { entries, classes, width })
    }

    /// Steps every lane from its row through its text until all have come to row 0, at most `steps` steps, rounded up to
    /// [`WALK_STRIDE`]: the length of each lane's longest hit, 0 for none, and the steps taken. Every lane's text has
    /// `steps + WALK_STRIDE` bytes at least, and every row is one of the table's.
    pub fn walk(&self, lanes: [&[u8]; LANES], rows: [u32; LANES], steps: usize) -> ([u32; LANES], usize) {
        assert!(lanes.iter().all(|lane| lane.len() >= steps + WALK_STRIDE), "a lane is longer than its walk");
        let within = |row: &u32| u64::from(*row) + u64::from(self.width) <= self.entries.len() as u64;
        assert!(rows.iter().all(within), "a walk begins in the table");
        let (table, classes) = (self.entries.as_ptr(), &*self.classes);
        let texts = lanes.map(<[u8]>::as_ptr);
        let mut rows = rows;
        let mut lengths = [0u32; LANES];
        let mut taken = 0usize;
        while taken < steps && rows.iter().fold(0, |any, row| any | row) != 0 {
            for step in taken..taken.wrapping_add(WALK_STRIDE) {
                for lane in 0..LANES {
                    // SAFETY: `step` is below `steps + WALK_STRIDE`, and every lane's text is as long.
                    let byte = unsafe { texts[lane].wrapping_add(step).read() };
                    let class = u32::from(classes[usize::from(byte)]);
                    let at = rows[lane].wrapping_add(class) as usize;
                    // SAFETY: a row is one that was asserted or one that an entry leads to, and `new` holds that a row and
                    // every class after it lie within the table.
                    let entry = unsafe { table.wrapping_add(at).read() };
                    rows[lane] = entry >> 2;
                    let hit = entry & 3;
                    let length = (step as u32).wrapping_add(1).wrapping_sub(hit);
                    lengths[lane] = if hit != 0 { length } else { lengths[lane] };
                }
            }
            taken = taken.wrapping_add(WALK_STRIDE);
        }
        (lengths, taken)
    }
}
