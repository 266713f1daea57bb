//! Which objects workers have in hand, so that one whose reading ends the process is known afterwards.
//!
//! Each worker has a slot in `_work/in_hand` (of an inventory in a store, in a file of this machine): the print of its object.
//! A slot is clear while its worker waits for others. The slots are written and never made durable: they must survive their
//! process, not the machine. Whoever takes the lock next finds the slots that were not cleared. A process that was killed from
//! outside looks the same as one that crashed, so what was in hand is only a suspect: it is read alone, and after two deaths it
//! is first read by a process of its own, whose end is seen. Only what ends that one is set aside.

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

/// Deaths of processes that had an object in hand, after which it is tried in a process of its own.
const DEATHS: u32 = 2;
const HEADER: usize = 8;
/// The object's print.
const SLOT: usize = 16;

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

    /// A worker takes an object in hand, or goes on with it.
    pub fn take(&self, worker: usize, object: &ObjectPrint) {
        self.write(worker, object);
    }

    /// A worker is done with its object, or waits for others.
    pub fn done(&self, worker: usize) {
        self.write(worker, &[0; SLOT]);
    }

    fn write(&self, worker: usize, slot: &[u8; SLOT]) {
        // Without room for the journal a crash leaves no trace, which is no reason to end a run.
        let _ = self.file.as_ref().map(|file| file.write_all_at(slot, (HEADER + worker * SLOT) as u64));
    }
}

/// What is known of an object that was in hand when a process ended.
#[derive(Clone, Copy, Default, Serialize, Deserialize)]
struct Suspect {
    /// Processes that ended with it in hand.
    deaths: u32,
    /// The signal that ended the process that had it alone.
    #[serde(default)]
    signal: Option<i32>,
}

/// What to do with an object that was in hand when a process ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Suspicion {
    /// Read it while nothing else is in hand.
    Alone,
    /// Let a process of its own read it first.
    Probe,
    /// Leave it: reading it ends a process by this signal.
    SetAside(i32),
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
        let slots: Vec<&[u8]> = slots.chunks_exact(SLOT).filter(|slot| **slot != [0; SLOT]).collect();
        for slot in &slots {
            self.list.objects.entry(hex(slot)).or_default().deaths += 1;
        }
        !slots.is_empty()
    }

    /// The suspects, and what to do with each.
    pub fn all(&self) -> BTreeMap<ObjectPrint, Suspicion> {
        let print = |name: &String| u128::from_str_radix(name, 16).ok().map(u128::to_be_bytes);
        let suspicion = |suspect: &Suspect| match suspect.signal {
            Some(signal) => Suspicion::SetAside(signal),
            None if suspect.deaths >= DEATHS => Suspicion::Probe,
            None => Suspicion::Alone,
        };
        let all = self.list.objects.iter();
        all.filter_map(|(name, suspect)| Some((print(name)?, suspicion(suspect)))).collect()
    }

    /// Reading the object ended a process that had nothing else in hand.
    pub fn set_aside(&mut self, object: &ObjectPrint, signal: i32) -> io::Result<()> {
        self.list.objects.entry(hex(object)).or_default().signal = Some(signal);
        self.write()
    }

    /// An object was read to its end after all.
    pub fn clear(&mut self, object: &ObjectPrint) -> io::Result<()> {
        if !self.list.objects.is_empty() && self.list.objects.remove(&hex(object)).is_some() {
            return self.write();
        }
        Ok(())
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
