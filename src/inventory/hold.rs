//! What keeps writers apart: the lock of a folder, or a claim in a store.

use super::folder::{self, Lock};
use super::lease::Lease;
use super::record;
use super::store::{LOCK, Root};
use std::io;

/// The right to write.
pub(super) enum Hold {
    Lock { _lock: Lock },
    Lease(Lease),
}

impl Hold {
    /// Takes the lock, or claims the inventory; the holder's words where another has it.
    pub fn take(root: &Root) -> io::Result<Result<Hold, String>> {
        let (id, now) = (std::process::id(), jiff::Timestamp::now().strftime("%FT%TZ"));
        match root.0.folder() {
            Some(folder) => {
                let taken = folder::lock(&folder.join(LOCK), &format!("process {id}, since {now}"))?;
                Ok(taken.map(|lock| Hold::Lock { _lock: lock }))
            }
            None => {
                let host = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
                let holder = format!("process {id} on {}, since {now}", host.trim());
                Ok(Lease::take(root, &holder)?.map(Hold::Lease))
            }
        }
    }

    /// The number of the claim; 0 in a folder.
    pub fn claim(&self) -> u64 {
        match self {
            Hold::Lock { .. } => 0,
            Hold::Lease(lease) => lease.number(),
        }
    }

    /// Whether it still holds, as far as is known.
    pub fn check(&self) -> io::Result<()> {
        match self {
            Hold::Lease(lease) if lease.is_over() => Err(io::Error::new(
                io::ErrorKind::AlreadyExists,
                "the store did not hear of this run for so long that another run has taken over; nothing of it was \
                 committed: run it again when the other has ended",
            )),
            _ => Ok(()),
        }
    }

    /// Leaves everything as a killed process would, for tests.
    pub fn leave(&mut self) {
        if let Hold::Lease(lease) = self {
            lease.is_left = true;
        }
    }
}

/// What became of a commit record whose put failed: its answer may have been lost. An error of the kind `TimedOut` says that
/// it is not known.
pub(super) fn is_committed(root: &Root, run: u64, claim: u64, error: io::Error) -> io::Result<()> {
    match record::read(root, run) {
        Ok((there, _)) if there.claim == claim => Ok(()),
        Ok(_) => {
            let what = format!(
                "another run has committed run {run} while this one was at work, so nothing of this one is in the inventory; \
                 run it again: it goes on from what the other has written"
            );
            Err(io::Error::new(io::ErrorKind::AlreadyExists, what))
        }
        Err(e) if e.kind() == io::ErrorKind::NotFound => Err(error),
        Err(_) => {
            let what =
                format!("{error}; whether run {run} is committed is not known: `rollcall inventory show` says it");
            Err(io::Error::new(io::ErrorKind::TimedOut, what))
        }
    }
}
