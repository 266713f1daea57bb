//! Other engines on the same rules and bytes.

use crate::hyperscan::Hyperscan;
use crate::rules::{RULES, unbounded};
use aho_corasick::{AhoCorasick, AhoCorasickBuilder, AhoCorasickKind};
use regex_automata::meta;

/// An engine with the twelve rules.
pub trait Peer {
    /// Its name in the record.
    fn name(&self) -> &str;
    /// Counts what it finds.
    fn count(&self, bytes: &[u8]) -> u64;
    /// Bytes that it is measured on: a slow engine gets fewer.
    fn slice(&self) -> usize {
        8 << 20
    }
}

/// What each engine counts in 1 MiB of each input.
const EXPECTED: &[(&str, &str, u64)] = &[
    ("rollcall", "logs", 2399),
    ("rollcall", "csv", 35788),
    ("rollcall", "prose", 58),
    ("rollcall", "digits", 0),
    ("rollcall", "ats", 0),
    ("rollcall", "soup", 10102),
    ("rollcall", "bombs", 43632),
    ("regex meta build_many", "logs", 3242),
    ("regex meta build_many", "csv", 32685),
    ("regex meta build_many", "prose", 40),
    ("regex meta build_many", "digits", 1),
    ("regex meta build_many", "ats", 0),
    ("regex meta build_many", "soup", 24183),
    ("regex meta build_many", "bombs", 43632),
    ("RegexSet a line", "logs", 4270),
    ("RegexSet a line", "csv", 27037),
    ("RegexSet a line", "prose", 40),
    ("RegexSet a line", "digits", 1),
    ("RegexSet a line", "ats", 0),
    ("RegexSet a line", "soup", 4),
    ("RegexSet a line", "bombs", 6),
    ("aho-corasick, words only", "logs", 129),
    ("aho-corasick, words only", "csv", 4779),
    ("aho-corasick, words only", "prose", 20),
    ("aho-corasick, words only", "digits", 0),
    ("aho-corasick, words only", "ats", 1048576),
    ("aho-corasick, words only", "soup", 22161),
    ("aho-corasick, words only", "bombs", 14716),
    ("rollcall", "drawn", 0),
    ("regex meta build_many", "drawn", 0),
    ("RegexSet a line", "drawn", 0),
    ("aho-corasick, words only", "drawn", 0),
    ("hyperscan, ends only", "logs", 4734),
    ("hyperscan, ends only", "csv", 55628),
    ("hyperscan, ends only", "prose", 105),
    ("hyperscan, ends only", "digits", 1),
    ("hyperscan, ends only", "ats", 0),
    ("hyperscan, ends only", "soup", 32506),
    ("hyperscan, ends only", "bombs", 53656),
];

/// Asserts what an engine counted in a small input; what is not known is printed.
pub fn check(engine: &str, input: &str, count: u64) {
    match EXPECTED.iter().find(|(name, of, _)| *name == engine && *of == input) {
        Some((_, _, want)) => assert_eq!(count, *want, "{engine} on {input}"),
        None => println!("   {engine} on {input}: {count}"),
    }
}

/// Every engine that is there.
pub fn all() -> Vec<Box<dyn Peer>> {
    let mut all: Vec<Box<dyn Peer>> = vec![Box::new(Meta::new()), Box::new(Set::new()), Box::new(Words::new())];
    match Hyperscan::new() {
        Ok(hyperscan) => all.push(Box::new(hyperscan)),
        Err(why) => println!("   hyperscan is left out: {why}"),
    }
    all
}

/// `regex` with all rules in one engine: rule and span of each match, leftmost first.
struct Meta(meta::Regex);

impl Meta {
    fn new() -> Meta {
        let syntax = regex_automata::util::syntax::Config::new().unicode(false).utf8(false);
        let patterns: Vec<&str> = RULES.iter().map(unbounded).collect();
        let built = meta::Regex::builder()
            .configure(meta::Config::new().utf8_empty(false).hybrid_cache_capacity(64 << 20))
            .syntax(syntax)
            .build_many(&patterns);
        Meta(built.expect("the rules compile"))
    }
}

impl Peer for Meta {
    fn name(&self) -> &str {
        "regex meta build_many"
    }

    fn count(&self, bytes: &[u8]) -> u64 {
        self.0.find_iter(bytes).map(|m| m.pattern().as_u64() >> 32 | 1).sum()
    }
}

/// `RegexSet`, asked line by line which rules match.
struct Set(regex::bytes::RegexSet);

impl Set {
    fn new() -> Set {
        let patterns = RULES.iter().map(unbounded);
        Set(regex::bytes::RegexSetBuilder::new(patterns).unicode(false).build().expect("the rules compile"))
    }
}

impl Peer for Set {
    fn name(&self) -> &str {
        "RegexSet a line"
    }

    fn count(&self, bytes: &[u8]) -> u64 {
        bytes.split(|b| *b == b'\n').map(|line| self.0.matches(line).iter().count() as u64).sum()
    }

    fn slice(&self) -> usize {
        1 << 20
    }
}

/// aho-corasick on the words that the rules hold.
struct Words(AhoCorasick);

impl Words {
    fn new() -> Words {
        let words = [
            "@",
            "AKIA",
            "password",
            "passwd",
            "passphrase",
            "pwd",
            "secret",
            "api_key",
            "apikey",
            "access_token",
            "auth_token",
            "dob",
            "birth",
        ];
        let kind = Some(AhoCorasickKind::DFA);
        Words(
            AhoCorasickBuilder::new().ascii_case_insensitive(true).kind(kind).build(words).expect("the words compile"),
        )
    }
}

impl Peer for Words {
    fn name(&self) -> &str {
        "aho-corasick, words only"
    }

    fn count(&self, bytes: &[u8]) -> u64 {
        self.0.find_iter(bytes).count() as u64
    }
}
