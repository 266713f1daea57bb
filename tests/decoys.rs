//! Bytes that are about nobody: how many findings of high confidence the detectors make of them.

// What was measured is worth reading when a test is run with --show-output.
#![allow(clippy::print_stdout)]

use rollcall::decode::decode;
use rollcall::matcher::judge::Judge;
use rollcall::model::block::{Block, BlockSink};
use rollcall::model::detector::Confidence;
use rollcall::model::field::Schema;
use rollcall::model::gap::Gap;
use rollcall::model::limits::Limits;
use rollcall::model::settings::IdentitySettings;
use rollcall::pattern;
use rollcall::pipeline::plan::Plan;
use std::collections::BTreeMap;
use std::fmt::Write;
use std::ops::ControlFlow;

/// Bytes of each kind of decoy.
const BYTES: usize = 3 << 20;
/// One finding of high confidence is allowed in so many bytes.
const BYTES_PER_FINDING: usize = 10_000_000;

type Rng = fastrand::Rng;

fn from(rng: &mut Rng, alphabet: &[u8], count: usize) -> String {
    (0..count).map(|_| char::from(alphabet[rng.usize(0..alphabet.len())])).collect()
}

fn hex(rng: &mut Rng, count: usize) -> String {
    from(rng, b"0123456789abcdef", count)
}

fn digits(rng: &mut Rng, count: usize) -> String {
    from(rng, b"0123456789", count)
}

fn uuid(rng: &mut Rng) -> String {
    format!("{}-{}-4{}-a{}-{}", hex(rng, 8), hex(rng, 4), hex(rng, 3), hex(rng, 3), hex(rng, 12))
}

const BASE64: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const LETTERS_AND_DIGITS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
const WORDS: &[&str] = &["config", "index", "main", "utils", "report", "cache", "worker", "tests", "model", "build"];

/// A line of a kind of decoy.
type Line = fn(&mut Rng, &mut String) -> std::fmt::Result;

const KINDS: &[(&str, &str, Line)] = &[
    ("order log", "", |r, out| {
        let (order, tracking, batch) = (r.u64(1_000_000..99_999_999_999), digits(r, 12), r.u32(..));
        writeln!(
            out,
            "order {order} packed, parcel 1Z{tracking}, batch {batch}, total {}.{:02}",
            r.u16(..),
            r.u8(0..100)
        )
    }),
    ("order table", "order_no,sku,upc,quantity,shipped_epoch,tracking,invoice,checksum", |r, out| {
        let (order, epoch, upc) = (digits(r, 10), r.u64(1_500_000_000..1_900_000_000), digits(r, 12));
        let (tracking, invoice, sum) = (digits(r, 14), digits(r, 9), hex(r, 32));
        writeln!(
            out,
            "{order},{},{upc},{},{epoch},{tracking},{invoice},{sum}",
            from(r, LETTERS_AND_DIGITS, 9),
            r.u8(..)
        )
    }),
    ("numbers of every length", "a,b,c,d,e,f,g", |r, out| {
        let columns: Vec<String> = [8, 9, 10, 11, 12, 13, 15].iter().map(|n| digits(r, *n)).collect();
        writeln!(out, "{}", columns.join(","))
    }),
    ("codes of letters and digits", "", |r, out| {
        let codes: Vec<String> =
            [8, 9, 10, 11, 13, 16, 17, 18].iter().map(|n| from(r, LETTERS_AND_DIGITS, *n)).collect();
        writeln!(out, "{}", codes.join(" "))
    }),
    ("epochs", "", |r, out| {
        let seconds = r.u64(1_500_000_000..1_900_000_000);
        writeln!(out, "at {seconds} took {}us, next {}{:03}", r.u32(..), seconds + 60, r.u16(0..1000))
    }),
    ("uuids", "", |r, out| writeln!(out, "{{\"id\":\"{}\",\"parent\":\"{}\",\"n\":{}}}", uuid(r), uuid(r), r.u64(..))),
    ("hashes", "", |r, out| writeln!(out, "{}  {}\n{}  {}", hex(r, 32), hex(r, 40), hex(r, 64), hex(r, 16))),
    ("base64", "", |r, out| writeln!(out, "{}", from(r, BASE64, 76))),
    ("git tree", "", |r, out| {
        let (folder, file) = (r.choice(WORDS).copied().unwrap_or(""), r.choice(WORDS).copied().unwrap_or(""));
        writeln!(out, "100644 blob {}\t{folder}/{file}_{}.rs", hex(r, 40), r.u16(..))
    }),
    ("measurements", "", |r, out| {
        writeln!(out, "{:.9} {:.6} {:e} {}.{}.{}", r.f64() * 90.0, r.f64() * 1e6, r.f64(), r.u8(..), r.u8(..), r.u8(..))
    }),
];

/// Counts what a plan finds.
struct Counted<'m> {
    plan: &'m Plan,
    judge: Judge<'m>,
    high: BTreeMap<String, Vec<String>>,
    others: usize,
}

impl BlockSink for Counted<'_> {
    fn block(&mut self, block: &mut Block, schema: &Schema) -> ControlFlow<()> {
        let mut found = Vec::new();
        self.judge.block(block, schema, &mut found);
        for finding in found {
            if finding.confidence == Confidence::High {
                let id = &self.plan.matcher.detectors()[usize::from(finding.detector)].id;
                let value = String::from_utf8_lossy(&block.bytes[finding.start as usize..finding.end as usize]);
                // An address that a comment gives as an example is one, and nobody's.
                if !(id == "contact/email" && value.ends_with(".example")) {
                    self.high.entry(id.clone()).or_default().push(value.into_owned());
                }
            } else {
                self.others += 1;
            }
        }
        ControlFlow::Continue(())
    }

    fn gap(&mut self, gap: Gap) {
        panic!("a decoy was not read: {gap:?}");
    }
}

fn count<'m>(plan: &'m Plan, text: &str) -> Counted<'m> {
    let mut sink = Counted { plan, judge: Judge::new(&plan.matcher), high: BTreeMap::new(), others: 0 };
    decode(&mut text.as_bytes(), &plan.limits, &mut sink);
    sink
}

/// The program's own source, but for the parts that write values down to say what they are.
fn own_source() -> String {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/src");
    let mut text = String::new();
    for entry in walkdir::WalkDir::new(root).sort_by_file_name() {
        let entry = entry.expect("the source can be listed");
        let path = entry.path().to_string_lossy().into_owned();
        let values = ["/validate/", "/pattern/", "/generate/"].iter().any(|folder| path.contains(folder));
        if path.ends_with(".rs") && !values {
            text += &std::fs::read_to_string(&path).expect("the source can be read");
        }
    }
    text
}

#[test]
fn decoys_are_nobody() {
    let plan = Plan::new(&pattern::builtin(), &IdentitySettings::default(), Limits::default()).expect("they plan");
    let planted = count(&plan, "order 4711 of 390.533.447-05 packed\nnext RCCMNL83S18D969H\n");
    assert_eq!(planted.high.len(), 2, "what is no decoy is counted: {:?}", planted.high);
    let (mut bytes, mut findings) = (0, 0);
    let mut decoys: Vec<(&str, String)> = vec![("own source", own_source())];
    for (kind, header, line) in KINDS {
        let mut rng = Rng::with_seed(kind.len() as u64);
        let mut text = header.to_string();
        text += if header.is_empty() { "" } else { "\n" };
        while text.len() < BYTES {
            line(&mut rng, &mut text).expect("a string takes it");
        }
        decoys.push((kind, text));
    }
    for (kind, text) in &decoys {
        let counted = count(&plan, text);
        let high: usize = counted.high.values().map(Vec::len).sum();
        println!("{kind}: {high} high, {} other findings in {} bytes", counted.others, text.len());
        for (detector, values) in &counted.high {
            println!("    {detector} {} times, such as {:?}", values.len(), &values[..values.len().min(3)]);
        }
        bytes += text.len();
        findings += high;
    }
    assert!(bytes >= 3 * BYTES_PER_FINDING, "{bytes} bytes are too few to count in");
    assert!(findings * BYTES_PER_FINDING <= bytes, "{findings} findings of high confidence in {bytes} bytes of decoys");
}
