//! Which objects workers have in hand, so that one whose reading ends the process is known afterwards.
//!
//! Each worker has a slot in `_work/in_hand` (of an inventory in a store, in a file of this machine): the print of its object, and how far it came with it. A slot is clear while its
//! worker waits for others. The slots are written and never made durable: they must survive their process, not the machine.
//! Whoever takes the lock next finds the slots that were not cleared. An object that was alone in hand is struck; where
//! several were, each is a suspect, and is read alone next time. One that was struck four times at one place is set aside: a
//! process that is killed from outside is hardly killed four times at one place. A place is as exact as reading is, and small
//! objects are read at once, so kills at random moments set such aside that had done nothing when two or three were enough. One that never ends at the same place is set
//! aside in the end, so that a scan does end.

use super::record::hex;
use super::store::{Root, at};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io;
use std::os::unix::fs::FileExt;
use std::path::Path;

/// What tells an object's version, read under a policy, from all others.
pub type ObjectPrint = [u8; 16];

/// Strikes after which an object is set aside.
const STRIKES: u32 = 4;
/// Deaths alone with an object, at whatever place, after which it is set aside.
const DEATHS: u32 = 5;
const HEADER: usize = 8;
/// The object's print, batches of mentions handed on, bytes read.
const SLOT: usize = 16 + 8 + 8;

/// Takes down what workers have in hand.
pub struct InHand {
    file: Option<File>,
}

impl InHand {
    pub(super) fn create(root: &Root) -> io::Result<InHand> {
        // Where nothing can be kept, a crash leaves no trace.
        let Some(path) = root.0.journal() else { return Ok(InHand { file: None }) };
        let failed = |e| at(&path.display().to_string(), e);
        path.parent().map_or(Ok(()), fs::create_dir_all).map_err(failed)?;
        let file = File::create(&path).map_err(failed)?;
        file.write_all_at(&fastrand::u64(1..).to_be_bytes(), 0).map_err(failed)?;
        Ok(InHand { file: Some(file) })
    }

    /// A worker takes an object in hand, or goes on with it after so many batches of mentions.
    pub fn take(&self, worker: usize, object: &ObjectPrint, batches: u64) {
        let mut slot = [0; SLOT];
        slot[..16].copy_from_slice(object);
        slot[16..24].copy_from_slice(&batches.to_be_bytes());
        let written = if batches == 0 { SLOT } else { SLOT - 8 };
        self.write(worker, 0, &slot[..written]);
    }

    /// So many bytes of it were read.
    pub fn reached(&self, worker: usize, bytes: u64) {
        self.write(worker, 24, &bytes.to_be_bytes());
    }

    /// A worker is done with its object, or waits for others.
    pub fn done(&self, worker: usize) {
        self.write(worker, 0, &[0; 16]);
    }

    fn write(&self, worker: usize, at: usize, bytes: &[u8]) {
        // Without room for the journal a crash leaves no trace, which is no reason to end a run.
        let _ = self.file.as_ref().map(|file| file.write_all_at(bytes, (HEADER + worker * SLOT + at) as u64));
    }
}

#[derive(Clone, Copy, Serialize, Deserialize)]
struct Suspect {
    /// Deaths alone with it, at this place.
    strikes: u32,
    /// Deaths alone with it.
    deaths: u32,
    /// Batches and bytes.
    place: (u64, u64),
}

impl Suspect {
    fn is_set_aside(&self) -> bool {
        self.strikes >= STRIKES || self.deaths >= DEATHS
    }
}

/// Takes the journal away: its process ends by itself.
pub(super) fn forget(root: &Root) {
    // What stays is looked at by the next writer, and has clear slots.
    let _ = root.0.journal().map(fs::remove_file);
}

/// The objects under suspicion.
#[derive(Default, Serialize, Deserialize)]
struct List {
    /// The journal that was last looked at, so that none counts twice.
    journal: u64,
    objects: BTreeMap<String, Suspect>,
}

/// The objects that were in hand when a process ended.
pub(super) struct Suspects {
    root: Root,
    list: List,
}

/// Where suspects are kept.
const SUSPECTS: &str = "_work/suspects.json";

impl Suspects {
    /// Looks at what the run before left. Only the holder of the lock may.
    pub fn look(root: &Root) -> io::Result<Suspects> {
        let list: List = match root.0.read(SUSPECTS)? {
            Some(bytes) => serde_json::from_slice(&bytes).map_err(|e| root.at(SUSPECTS, e.into()))?,
            None => List::default(),
        };
        let mut suspects = Suspects { root: root.clone(), list };
        let Some(journal) = root.0.journal() else { return Ok(suspects) };
        if let Some(bytes) = left(&journal)?
            && let Some((header, slots)) = bytes.split_first_chunk::<HEADER>()
        {
            let number = u64::from_be_bytes(*header);
            if number != suspects.list.journal {
                suspects.list.journal = number;
                if suspects.add(slots) {
                    suspects.write()?;
                }
            }
        }
        forget(root);
        Ok(suspects)
    }

    /// Adds the objects of slots that are not clear; whether there are any.
    fn add(&mut self, slots: &[u8]) -> bool {
        let slots: Vec<&[u8]> = slots.chunks_exact(SLOT).filter(|slot| slot[..16] != [0; 16]).collect();
        for slot in &slots {
            let number = |bytes: &[u8]| bytes.iter().fold(0, |number, byte| number << 8 | u64::from(*byte));
            let place = (number(&slot[16..24]), number(&slot[24..]));
            let known = self.list.objects.entry(hex(&slot[..16]));
            let suspect = known.or_insert(Suspect { strikes: 0, deaths: 0, place });
            if slots.len() == 1 {
                suspect.deaths += 1;
                suspect.strikes = if suspect.place == place { suspect.strikes + 1 } else { 1 };
                suspect.place = place;
            }
        }
        !slots.is_empty()
    }

    /// The suspects, and whether each is set aside.
    pub fn all(&self) -> BTreeMap<ObjectPrint, bool> {
        let print = |name: &String| u128::from_str_radix(name, 16).ok().map(u128::to_be_bytes);
        let all = self.list.objects.iter();
        all.filter_map(|(name, suspect)| Some((print(name)?, suspect.is_set_aside()))).collect()
    }

    /// An object was read to its end after all.
    pub fn clear(&mut self, object: &ObjectPrint) -> io::Result<()> {
        if self.list.objects.is_empty() {
            return Ok(());
        }
        match self.list.objects.get(&hex(object)) {
            Some(suspect) if !suspect.is_set_aside() => {
                self.list.objects.remove(&hex(object));
                self.write()
            }
            _ => Ok(()),
        }
    }

    fn write(&self) -> io::Result<()> {
        self.root.0.replace(SUSPECTS, &serde_json::to_vec(&self.list)?)
    }
}

/// The journal that a process left; none where there is none.
fn left(journal: &Path) -> io::Result<Option<Vec<u8>>> {
    match fs::read(journal) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(e) => Err(at(&journal.display().to_string(), e)),
    }
}
