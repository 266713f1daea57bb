//! Pattern files: every detector's examples through a small reference matcher, which is also the specification of how a
//! pattern, a field's name and a near word become a finding; the lint; the validators' own promises.

// What was measured is worth reading when a test is run with --show-output.
#![allow(clippy::print_stdout)]

use regex::bytes::{Regex, RegexBuilder};
use regex_automata::nfa::thompson::pikevm::PikeVM;
use regex_automata::util::syntax;
use regex_automata::{Anchored, Input, MatchKind};
use rollcall::matcher::plan::Matcher;
use rollcall::model::detector::{Confidence, Detector};
use rollcall::model::element::Element;
use rollcall::model::field::Field;
use rollcall::model::finding::{Marks, Validate, Verdict};
use rollcall::pattern::{self, Problem};
use rollcall::validate;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

// ---- The reference matcher ------------------------------------------------------------------------------------------

/// Bytes before a candidate in which a near word supports it, and after it.
const NEAR_BEFORE: usize = 64;
const NEAR_AFTER: usize = 32;

/// One detector, made ready in the slowest and plainest way.
pub struct Ready {
    pub detector: Detector,
    quick: Option<Regex>,
    longest: Option<PikeVM>,
    whole: Option<Regex>,
    validate: Option<Validate>,
}

/// What the reference found in one value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    pub detector: usize,
    pub start: usize,
    pub end: usize,
    pub confidence: Confidence,
}

fn bytes_regex(pattern: &str) -> Regex {
    RegexBuilder::new(pattern).unicode(false).build().expect("checked by the lint")
}

pub fn ready(detectors: Vec<Detector>) -> Vec<Ready> {
    detectors
        .into_iter()
        .map(|detector| {
            let longest = detector.pattern.as_ref().map(|p| {
                PikeVM::builder()
                    .configure(PikeVM::config().match_kind(MatchKind::All))
                    .syntax(syntax::Config::new().unicode(false).utf8(false))
                    .thompson(regex_automata::nfa::thompson::Config::new().utf8(false))
                    .build(p)
                    .expect("checked by the lint")
            });
            Ready {
                quick: detector.pattern.as_ref().map(|p| bytes_regex(p)),
                whole: detector.pattern.as_ref().map(|p| bytes_regex(&format!("(?:{p})\\z"))),
                longest,
                validate: detector.validate.as_ref().map(|n| validate::by_name(n).expect("a test holds the names")),
                detector,
            }
        })
        .collect()
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

/// A candidate is a piece of something longer when a word goes on past its edge, or a number does after `-` or `.`.
fn cut_off(text: &[u8], start: usize, end: usize) -> bool {
    let before = start.checked_sub(1).map(|i| text[i]);
    let after = text.get(end).copied();
    let (first, last) = (text[start], text[end - 1]);
    let word = (is_word(first) && before.is_some_and(is_word)) || (is_word(last) && after.is_some_and(is_word));
    let separated = |byte: Option<u8>, far: Option<u8>| {
        matches!(byte, Some(b'-' | b'.')) && far.is_some_and(|b| b.is_ascii_digit())
    };
    let number = (first.is_ascii_digit() && separated(before, start.checked_sub(2).map(|i| text[i])))
        || (last.is_ascii_digit() && separated(after, text.get(end + 1).copied()));
    word || number
}

/// Whether a near word stands within reach on the same line, as whole words, whatever its case.
fn near(text: &[u8], start: usize, end: usize, words: &[String]) -> bool {
    let line_start = text[..start].iter().rposition(|b| *b == b'\n').map_or(0, |i| i + 1);
    let line_end = text[end..].iter().position(|b| *b == b'\n').map_or(text.len(), |i| end + i);
    let before = &text[line_start.max(start.saturating_sub(NEAR_BEFORE))..start];
    let after = &text[end..line_end.min(end + NEAR_AFTER)];
    [before, after].iter().any(|window| {
        words.iter().any(|word| {
            let word = word.as_bytes();
            window.windows(word.len()).enumerate().any(|(at, bytes)| {
                let left = !is_word(word[0]) || at == 0 || !is_word(window[at - 1]);
                let right = !is_word(word[word.len() - 1]) || window.get(at + word.len()).is_none_or(|b| !is_word(*b));
                left && right && bytes.eq_ignore_ascii_case(word)
            })
        })
    })
}

/// What a field's name says: for each detector whether it is named, and whether it is vetoed.
///
/// Names that end in the last segment are looked at first; only when there is none (name or veto, of any detector) do names
/// count that lie in the path alone. The longest name over all detectors names; a detector's own longer veto silences it.
pub struct Naming {
    pub named: BTreeSet<usize>,
    pub vetoed: BTreeSet<usize>,
}

fn longest(words: &[String], name_words: usize, names: &[String], in_last: bool) -> usize {
    let first_own = words.len() - name_words;
    let mut best = 0;
    for name in names {
        let parts: Vec<&str> = name.split('_').collect();
        if parts.len() > words.len() {
            continue;
        }
        for at in 0..=words.len() - parts.len() {
            let end = at + parts.len();
            // A name that begins before the last segment goes through to its end.
            let reaches = if at < first_own { end == words.len() } else { end > first_own };
            if reaches == in_last && words[at..at + parts.len()].iter().map(String::as_str).eq(parts.iter().copied()) {
                best = best.max(parts.len());
            }
        }
    }
    best
}

pub fn naming(ready: &[Ready], field: &Field) -> Naming {
    for in_last in [true, false] {
        let scores: Vec<(usize, usize)> = ready
            .iter()
            .map(|r| {
                let of = |names: &[String]| longest(&field.words, field.name_words, names, in_last);
                (of(&r.detector.fields), of(&r.detector.not_fields))
            })
            .collect();
        if scores.iter().all(|(name, veto)| *name == 0 && *veto == 0) {
            continue;
        }
        let vetoed: BTreeSet<usize> =
            scores.iter().enumerate().filter(|(_, (name, veto))| veto > name).map(|(i, _)| i).collect();
        let most = scores.iter().map(|(name, _)| *name).max().unwrap_or(0);
        let named = scores
            .iter()
            .enumerate()
            .filter(|(i, (name, _))| most > 0 && *name == most && !vetoed.contains(i))
            .map(|(i, _)| i)
            .collect();
        return Naming { named, vetoed };
    }
    Naming { named: BTreeSet::new(), vetoed: BTreeSet::new() }
}

/// Every finding in one value, overlaps resolved.
pub fn find(ready: &[Ready], naming: &Naming, text: &[u8]) -> Vec<Found> {
    let mut found: Vec<Found> = Vec::new();
    for (i, r) in ready.iter().enumerate() {
        if naming.vetoed.contains(&i) {
            continue;
        }
        let named = naming.named.contains(&i);
        let mut spans: BTreeSet<(usize, usize)> = BTreeSet::new();
        if named && r.detector.whole_field && !text.trim_ascii().is_empty() {
            let start = text.len() - text.trim_ascii_start().len();
            spans.insert((start, start + text.trim_ascii().len()));
        }
        let runs = named || !r.detector.field_only;
        if let (true, Some(quick), Some(vm), Some(whole)) = (runs, &r.quick, &r.longest, &r.whole)
            && quick.is_match(text)
        {
            let mut cache = vm.create_cache();
            for start in 0..text.len() {
                let input = Input::new(text).range(start..).anchored(Anchored::Yes);
                let mut slots = [None, None];
                vm.search_slots(&mut cache, &input, &mut slots);
                let Some(end) = slots[1].map(|s| s.get()) else { continue };
                let captures = whole.captures_at(&text[..end], start);
                let value = captures.as_ref().and_then(|c| c.name("value")).map(|m| (m.start(), m.end()));
                let (s, e) = value.unwrap_or((start, end));
                if !cut_off(text, s, e) && (value.is_none() || !cut_off_start(text, start)) {
                    spans.insert((s, e));
                }
            }
        }
        for (start, end) in spans {
            let verdict = r.validate.map_or(Verdict::PLAUSIBLE, |v| v(&text[start..end]));
            let Verdict::Valid { marks, .. } = verdict else { continue };
            let supported = near(text, start, end, &r.detector.near);
            if marks.has(Marks::NEVER_ISSUED) && !named && !supported {
                continue;
            }
            let mut confidence = r.detector.alone;
            if supported {
                confidence = confidence.max(r.detector.with_near);
            }
            if named {
                confidence = confidence.max(r.detector.with_field);
            }
            if confidence > Confidence::Low {
                found.push(Found { detector: i, start, end, confidence });
            }
        }
    }
    // The higher precedence is kept; a tie goes to the longer, then to the earlier.
    found.sort_by_key(|f| {
        (-ready[f.detector].detector.precedence, std::cmp::Reverse(f.end - f.start), f.start, f.detector)
    });
    let mut kept: Vec<Found> = Vec::new();
    for f in found {
        if kept.iter().all(|k| f.end <= k.start || k.end <= f.start) {
            kept.push(f);
        }
    }
    kept
}

/// A narrowed candidate's whole match must not begin inside a word either.
fn cut_off_start(text: &[u8], start: usize) -> bool {
    start > 0 && is_word(text[start]) && is_word(text[start - 1])
}

fn field_of(path: &str) -> Field {
    Field::new(path.split('/'))
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

// ---- Pattern files --------------------------------------------------------------------------------------------------

#[test]
fn builtin_list_equals_the_folder() {
    let mut ids = Vec::new();
    for entry in walkdir::WalkDir::new(root().join("patterns")).sort_by_file_name() {
        let entry = entry.unwrap();
        let relative = entry.path().strip_prefix(root().join("patterns")).unwrap();
        if relative.extension().is_some_and(|e| e == "toml") && !relative.starts_with("triggers") {
            ids.push(relative.with_extension("").to_string_lossy().replace('\\', "/"));
        }
    }
    ids.sort();
    let listed: Vec<&str> = pattern::builtin_ids().collect();
    assert_eq!(listed, ids, "build.rs and patterns/ differ");
}

#[test]
fn builtin_detectors_have_no_problem() {
    let mut problems: Vec<Problem> = Vec::new();
    for id in pattern::builtin_ids() {
        let file = format!("patterns/{id}.toml");
        let text = std::fs::read_to_string(root().join(&file)).unwrap();
        problems.extend(pattern::parse(id, &file, &text).err().unwrap_or_default());
    }
    let detectors = pattern::builtin();
    problems.extend(pattern::check(&detectors));
    for detector in &detectors {
        if let Some(name) = &detector.validate {
            assert!(validate::by_name(name).is_some(), "{}: no validator is called {name}", detector.id);
        }
    }
    let report: Vec<String> = problems.iter().map(ToString::to_string).collect();
    assert!(report.is_empty(), "{}", report.join("\n"));
    assert_eq!(detectors.len(), pattern::builtin_ids().count());
    assert!(detectors.windows(2).all(|pair| pair[0].id < pair[1].id), "ordered by id");
}

#[test]
fn the_automaton_of_every_builtin_detector_can_be_built() {
    // A scan builds those of built-in detectors at first need, when it is too late to refuse one.
    let detectors: Vec<Detector> = pattern::builtin().into_iter().map(|d| Detector { shipped: false, ..d }).collect();
    let problems: Vec<String> =
        Matcher::new(&detectors, &[]).err().into_iter().flatten().map(|p| p.to_string()).collect();
    assert_eq!(problems, [""; 0]);
    // What is no built-in detector's is refused at once.
    let pattern = Some(r"x[0-9a-f]{1,30}a[0-9a-f]{24}x".to_string());
    let own = Detector { pattern, field_only: false, ..detectors[0].clone() };
    let problems = Matcher::new(&[own], &[]).err().unwrap_or_default();
    assert_eq!(problems.len(), 1);
    assert!(problems[0].why.contains("automaton"), "{}", problems[0].why);
}

#[test]
fn every_validator_is_used_by_some_detector() {
    let used: BTreeSet<String> = pattern::builtin().into_iter().filter_map(|d| d.validate).collect();
    let unused: Vec<&&str> = validate::NAMES.iter().filter(|n| !used.contains(**n)).collect();
    assert!(unused.is_empty(), "validators without a detector: {unused:?}");
    assert!(validate::NAMES.windows(2).all(|pair| pair[0] < pair[1]), "in alphabetical order");
    assert!(validate::by_name("no such").is_none());
}

#[test]
fn every_detector_has_its_row_in_the_documentation() {
    let text = std::fs::read_to_string(root().join("docs/DETECTORS.md")).unwrap();
    let rows: Vec<&str> =
        text.lines().filter_map(|line| line.strip_prefix("| `")?.split_once("` | ")).map(|(id, _)| id).collect();
    let detectors = pattern::builtin();
    let missing: Vec<&str> = detectors.iter().map(|d| d.id.as_str()).filter(|id| !rows.contains(id)).collect();
    assert!(missing.is_empty(), "docs/DETECTORS.md has no row for {missing:?}");
    assert!(text.contains(&format!("each of the {} detectors", detectors.len())), "there are {}", detectors.len());
    for row in rows {
        let known = detectors.iter().find(|d| d.id == row).unwrap_or_else(|| panic!("there is no detector {row}"));
        let line = text.lines().rev().find(|line| line.starts_with(&format!("| `{row}` |"))).unwrap_or_default();
        assert!(line.contains(&known.name) && line.contains(&format!("`{}`", known.element.code())), "{row}");
    }
}

#[test]
fn examples_are_found_and_near_misses_are_not() {
    let all = ready(pattern::builtin());
    let mut wrong = Vec::new();
    for (i, r) in all.iter().enumerate() {
        for example in &r.detector.examples {
            let field = example.field.as_deref().map_or_else(|| Field::new([""]), field_of);
            let found = find(&all, &naming(&all, &field), example.text.as_bytes());
            let hit = found.iter().any(|f| f.detector == i || all[f.detector].detector.element == r.detector.element);
            // A near miss must not be found by this detector; another may have a reason of its own.
            let own = found.iter().any(|f| f.detector == i);
            if (example.found && !hit) || (!example.found && own) {
                wrong.push(format!("{}: {:?} -> {:?}", r.detector.id, example, found));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_detector_finds_an_example_alone() {
    for detector in pattern::builtin() {
        let id = detector.id.clone();
        let alone = ready(vec![detector]);
        let found = alone[0].detector.examples.iter().filter(|e| e.found).all(|example| {
            let field = example.field.as_deref().map_or_else(|| Field::new([""]), field_of);
            // An example may be there for the family (a dashed number in the file of the compact one); one must be its own.
            !find(&alone, &naming(&alone, &field), example.text.as_bytes()).is_empty()
        });
        let any = alone[0].detector.examples.iter().filter(|e| e.found).any(|example| {
            let field = example.field.as_deref().map_or_else(|| Field::new([""]), field_of);
            !find(&alone, &naming(&alone, &field), example.text.as_bytes()).is_empty()
        });
        assert!(any, "{id} finds none of its examples by itself");
        if !found {
            println!("{id}: some examples are found by another detector of its element");
        }
    }
}

#[test]
fn a_field_is_named_by_whole_words_and_the_longest_name() {
    let all = ready(pattern::builtin());
    let cases: &[(&str, &[Element])] = &[
        ("bill_to_zip", &[Element::Zip]),
        ("ShipToPostalCode", &[Element::Zip]),
        ("EmailAddress", &[Element::Email]),
        ("guardian_first_name", &[Element::FirstName]),
        ("emergency_contact_phone", &[Element::Phone]),
        ("public", &[]),
        ("capacity", &[]),
        ("ip_address", &[Element::IpAddress]),
        ("STATE_HEADQUARTERED", &[Element::State]),
        ("last_login", &[]),
        ("customer_first_name", &[Element::FirstName]),
        ("ssn", &[Element::Ssn]),
        ("mac_address", &[Element::DeviceId]),
        ("Genre/Name", &[]),
        ("card/number", &[Element::Pan]),
        ("Customer/Email", &[Element::Email]),
        ("order_date", &[]),
        ("DRIVERS", &[Element::DriverLicense]),
        ("password_reset", &[]),
    ];
    for (path, wanted) in cases {
        let naming = naming(&all, &field_of(path));
        let elements: BTreeSet<Element> = naming
            .named
            .iter()
            // `to` names a mail header for a detector that looks only for `Name <address>`; it claims no other value.
            .filter(|i| !all[**i].detector.field_only)
            .map(|i| all[*i].detector.element)
            .collect();
        let wanted: BTreeSet<Element> = wanted.iter().copied().collect();
        assert_eq!(elements, wanted, "{path}");
    }
}

#[test]
fn all_problems_of_all_files_are_reported_with_their_lines() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::create_dir(dir.path().join("us")).unwrap();
    std::fs::write(
        dir.path().join("bad.toml"),
        "name = \"x\"\nelement = \"NOPE\"\nidentifies = \"sometimes\"\nwhy = 3\ncolour = \"red\"\nnear = [\"SSN\", 7]\n",
    )
    .unwrap();
    let endless = "name = \"x\"\nelement = \"SSN\"\nidentifies = \"none\"\nwhy = \"y\"\nmatch = '[0-9]+'\nfields = [\"A b\"]\n\
                   near = [\"Loud\"]\nreferences = [\"http://plain\"]\nalone = \"high\"\nwith_near = \"low\"\nyes = [\"123-45-6788 real\"]\n";
    std::fs::write(dir.path().join("endless.toml"), endless).unwrap();
    std::fs::write(dir.path().join("us/ssn.toml"), "name = \n").unwrap();
    std::fs::write(dir.path().join("group.toml"), endless.replace("'[0-9]+'", "'(a)(?P<v>b)\\n|^'")).unwrap();
    let problems = pattern::load_dir(dir.path()).unwrap_err();
    let text: Vec<String> = problems
        .iter()
        .map(|p| format!("{}:{}: {}", Path::new(&p.file).file_name().unwrap().to_string_lossy(), p.line, p.message))
        .collect();
    let has = |start: &str, part: &str| {
        assert!(text.iter().any(|t| t.starts_with(start) && t.contains(part)), "{start} {part}\n{}", text.join("\n"));
    };
    has("bad.toml:2", "unknown element `NOPE`");
    has("bad.toml:3", "`identifies` is `sometimes`");
    has("bad.toml:4", "`why` must be a string");
    has("bad.toml:5", "unknown key `colour`");
    has("bad.toml:6", "`near` must be an array of strings");
    has("endless.toml:5", "no bound");
    has("endless.toml:6", "field name `A b`");
    has("endless.toml:7", "must be lower case");
    has("endless.toml:8", "https://");
    has("endless.toml:9", "may not lower");
    has("endless.toml:11", "there must be at least 2");
    has("endless.toml:0", "there must be at least 3");
    has("endless.toml:11", "not a known fake");
    has("ssn.toml:0", "built-in detector's");
    has("ssn.toml:1", "not TOML");
    has("group.toml:5", "capture group");
    has("group.toml:5", "line feed");
    has("group.toml:5", "look around");
    assert!(!text.iter().any(|t| t.contains("123-45")), "a problem repeats no example");
}

#[test]
fn a_folder_of_good_patterns_loads() {
    let dir = tempfile::tempdir().unwrap();
    let text = std::fs::read_to_string(root().join("patterns/finance/us_routing.toml")).unwrap();
    std::fs::create_dir(dir.path().join("mine")).unwrap();
    std::fs::write(dir.path().join("mine/routing.toml"), &text).unwrap();
    let detectors = pattern::load_dir(dir.path()).expect("no problem");
    assert_eq!(detectors.len(), 1);
    assert_eq!(detectors[0].id, "mine/routing");
    assert_eq!(detectors[0].examples.iter().filter(|e| e.field.is_some()).count(), 4);
    let twice = [detectors[0].clone(), detectors[0].clone()];
    assert!(pattern::check(&twice).iter().any(|p| p.message.contains("also that of")));
}

#[test]
fn expressions_have_bounds_the_matcher_can_keep() {
    for detector in pattern::builtin() {
        let Some(pattern) = &detector.pattern else { continue };
        // Another parser's view of the same limits: a run of any one byte never makes a longer match.
        let regex = bytes_regex(pattern);
        for byte in 0..=255u8 {
            let text = vec![byte; 1000];
            if let Some(m) = regex.find(&text) {
                assert!(m.len() <= 320, "{}", detector.id);
            }
        }
        assert!(!regex.is_match(b""), "{}", detector.id);
    }
}
