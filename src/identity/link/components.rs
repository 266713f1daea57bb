//! Connected components of a graph that does not fit in memory.
//!
//! Alternating large-star and small-star steps (Kiveris, Lattanzi, Mirrokni, Rastogi, Vassilvitskii: "Connected
//! Components in MapReduce and Beyond", SoCC 2014): each step is one sort, and after O(log^2 n) steps, two or three for
//! the stars that people make, every node hangs on the least node of its component. Memory is the sorter's and nothing
//! else, which is why this stands here instead of a union-find of four bytes a mention.

use crate::spill::{Put, Sorter, Take};
use std::io;
use std::path::Path;

/// Takes edges, gives components.
pub struct Components<'a> {
    dir: &'a Path,
    memory: usize,
    edges: Sorter<16>,
}

impl<'a> Components<'a> {
    /// No edges yet.
    pub fn new(dir: &'a Path, memory: usize) -> Self {
        Components { dir, memory, edges: Sorter::new(dir, memory) }
    }

    /// Joins two nodes.
    pub fn edge(&mut self, a: u64, b: u64) -> io::Result<()> {
        if a != b { self.edges.push(pair(a.max(b), a.min(b))) } else { Ok(()) }
    }

    /// `(node, least node of its component)` for every node that has an edge, by node, each once.
    pub fn solve(mut self) -> io::Result<Sorter<16>> {
        let mut print = u128::MAX;
        loop {
            self.small_star()?;
            let next = self.large_star()?;
            if next == print {
                break;
            }
            print = next;
        }
        // What is left is a star around each least node: (node, least).
        let mut labels = Sorter::new(self.dir, self.memory);
        let mut last = None;
        for edge in self.edges.sorted()?.iter()? {
            let (node, least) = unpair(&edge?);
            if last == Some((node, least)) {
                continue;
            }
            last = Some((node, least));
            labels.push(pair(node, least))?;
            labels.push(pair(least, least))?;
        }
        Ok(labels)
    }

    /// Every node hands its smaller neighbours, and itself, to the smallest of them.
    fn small_star(&mut self) -> io::Result<()> {
        let edges = std::mem::replace(&mut self.edges, Sorter::new(self.dir, self.memory / 2)).sorted()?;
        let mut next = Sorter::new(self.dir, self.memory / 2);
        let (mut node, mut least, mut last) = (u64::MAX, 0, None);
        for edge in edges.iter()? {
            // Directed from the larger end, so that a node's smaller neighbours follow each other, the least first.
            let (large, small) = unpair(&edge?);
            if last.replace((large, small)) == Some((large, small)) {
                continue;
            }
            if large != node {
                (node, least) = (large, small);
                next.push(pair(large, small))?;
            } else if small != least {
                next.push(pair(small.max(least), small.min(least)))?;
            }
        }
        self.edges = next;
        Ok(())
    }

    /// Every node hands its larger neighbours to the least of its neighbourhood. Returns a print of the edges, which no
    /// longer changes when nothing moves.
    fn large_star(&mut self) -> io::Result<u128> {
        let edges = std::mem::replace(&mut self.edges, Sorter::new(self.dir, self.memory / 2)).sorted()?;
        let mut both = Sorter::<16>::new(self.dir, self.memory / 2);
        let mut last = None;
        for edge in edges.iter()? {
            let (large, small) = unpair(&edge?);
            if last.replace((large, small)) != Some((large, small)) {
                both.push(pair(large, small))?;
                both.push(pair(small, large))?;
            }
        }
        drop(edges);
        let both = both.sorted()?;
        let mut next = Sorter::new(self.dir, self.memory / 2);
        let (mut node, mut least, mut print) = (u64::MAX, 0, 0u128);
        for edge in both.iter()? {
            let (from, to) = unpair(&edge?);
            if from != node {
                (node, least) = (from, to.min(from));
            }
            if to > from {
                next.push(pair(to, least))?;
                print = print.wrapping_add(mix(to, least));
            }
        }
        self.edges = next;
        Ok(print)
    }
}

/// A well-spread number of an edge; the sum over all edges tells two edge sets apart.
fn mix(a: u64, b: u64) -> u128 {
    let x = (u128::from(a) << 64 | u128::from(b)).wrapping_mul(0x2d99_787f_ca4f_27d1_9f3b_6c45_8e21_a3b7);
    (x ^ x >> 67).wrapping_mul(0xd6e8_feb8_6659_fd93_a5a3_5625_c2f1_bf4d)
}

fn pair(a: u64, b: u64) -> [u8; 16] {
    Put::default().u64(a).u64(b).done()
}

fn unpair(record: &[u8; 16]) -> (u64, u64) {
    let mut take = Take::new(record);
    (take.u64(), take.u64())
}
