//! One inventory out of several: the shards of one scan, or estates that were scanned apart.
//!
//! What was observed is copied under new object numbers; people are derived anew by linking, which the caller does.

use super::ids::IdSet;
use super::snapshot::Snapshot;
use super::writer::Writer;
use crate::model::rows::{ObjectResult, Tables};
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::io;

/// What merging did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Merged {
    /// Objects that were taken.
    pub objects: u64,
    /// Objects that several inventories have, of which the one that was read last was taken.
    pub twice: u64,
    /// Mentions that were taken.
    pub mentions: u64,
}

/// Takes the live objects of several inventories into one.
pub struct Merge<'a> {
    writer: &'a mut Writer,
    /// Objects by a print of their URI: the number, and when it was read.
    have: HashMap<[u8; 16], (u64, i64)>,
    merged: Merged,
}

impl<'a> Merge<'a> {
    /// Begins with what the writer's inventory has.
    pub fn new(writer: &'a mut Writer) -> io::Result<Merge<'a>> {
        let mut have = HashMap::new();
        writer.view().objects(false, &mut |row| {
            have.insert(print(&row.object.uri), (row.id, row.read_at));
            Ok(())
        })?;
        Ok(Merge { writer, have, merged: Merged::default() })
    }

    /// Takes an inventory. Its sources are remembered unless they are known with other settings.
    pub fn take(&mut self, from: &Snapshot) -> io::Result<()> {
        let run = self.writer.next_run();
        let mut skipped = IdSet::default();
        let mut greatest = 0;
        let offset = self.writer.next_object_id();
        let mut rows = Vec::new();
        from.objects(false, &mut |mut row| {
            greatest = greatest.max(row.id);
            match self.have.entry(print(&row.object.uri)) {
                Entry::Occupied(mut known) => {
                    self.merged.twice += 1;
                    if known.get().1 >= row.read_at {
                        skipped.insert(row.id);
                        return Ok(());
                    }
                    self.writer.retire(known.get().0);
                    known.insert((offset + row.id, row.read_at));
                }
                Entry::Vacant(new) => {
                    new.insert((offset + row.id, row.read_at));
                }
            }
            row.id += offset;
            (row.run, row.valid_from) = (run, run);
            self.merged.objects += 1;
            rows.push(ObjectResult { object: row, fields: Vec::new(), orphans: Vec::new() });
            if rows.len() == 1024 {
                rows.drain(..).try_for_each(|row| self.writer.object(row))?;
            }
            Ok(())
        })?;
        rows.into_iter().try_for_each(|row| self.writer.object(row))?;
        from.fields(None, &mut |mut row| {
            if skipped.contains(row.object) {
                return Ok(());
            }
            row.object += offset;
            self.writer.field(row)
        })?;
        from.orphans(None, &mut |mut row| {
            if skipped.contains(row.object) {
                return Ok(());
            }
            row.object += offset;
            self.writer.orphan(row)
        })?;
        from.mentions(None, &mut |mut row| {
            if skipped.contains(row.object) {
                return Ok(());
            }
            row.object += offset;
            self.merged.mentions += 1;
            self.writer.mention(row)
        })?;
        self.writer.reserve(offset + greatest + 1);
        for source in from.sources() {
            if !self.writer.sources().iter().any(|known| known.uri == source.uri) {
                self.writer.source(source.clone());
            }
        }
        Ok(())
    }

    /// What was done.
    pub fn done(self) -> Merged {
        self.merged
    }
}

fn print(uri: &str) -> [u8; 16] {
    let hash = Sha256::digest(uri);
    std::array::from_fn(|i| hash[i])
}
