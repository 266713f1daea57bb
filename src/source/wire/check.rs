//! Sums that a store keeps of whole objects.

use crc_fast::{CrcAlgorithm, Digest as Crc};
use md5::{Digest as _, Md5};

/// What the bytes of a whole object must come to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::source) enum Check {
    Crc64Nvme(u64),
    Crc32c(u32),
    Crc32(u32),
    Md5([u8; 16]),
}

impl Check {
    /// Starts to compute what is to be compared.
    pub fn start(self) -> Checking {
        let sum = match self {
            Check::Crc64Nvme(_) => Sum::Crc(Box::new(Crc::new(CrcAlgorithm::Crc64Nvme))),
            Check::Crc32c(_) => Sum::Crc(Box::new(Crc::new(CrcAlgorithm::Crc32Iscsi))),
            Check::Crc32(_) => Sum::Crc(Box::new(Crc::new(CrcAlgorithm::Crc32IsoHdlc))),
            Check::Md5(_) => Sum::Md5(Md5::new()),
        };
        Checking { check: self, sum }
    }

    /// Whether it costs little beside reading: a gigabyte in a few hundredths of a second, where MD5 takes 1.5.
    pub fn is_cheap(self) -> bool {
        !matches!(self, Check::Md5(_))
    }
}

/// A sum that grows.
pub(in crate::source) struct Checking {
    check: Check,
    sum: Sum,
}

enum Sum {
    Crc(Box<Crc>),
    Md5(Md5),
}

impl Checking {
    pub fn update(&mut self, bytes: &[u8]) {
        match &mut self.sum {
            Sum::Crc(crc) => crc.update(bytes),
            Sum::Md5(md5) => md5.update(bytes),
        }
    }

    /// Whether what came is what the store has.
    pub fn holds(self) -> bool {
        match (self.sum, self.check) {
            (Sum::Crc(crc), Check::Crc64Nvme(want)) => crc.finalize() == want,
            (Sum::Crc(crc), Check::Crc32c(want) | Check::Crc32(want)) => crc.finalize() == u64::from(want),
            (Sum::Md5(md5), Check::Md5(want)) => md5.finalize()[..] == want,
            _ => false,
        }
    }
}
