//! The corpus is what its truth says it is. Every file is read again with readers that share nothing with the writers
//! (the csv and serde_json crates, plain lines), and every line of the truth must point at its value.
//!
//! That memory is constant needs no test here: a person is a function of (seed, index) and no file's writer holds a
//! collection of people, so there is nothing that could grow.

use flate2::read::MultiGzDecoder;
use rollcall::generate::{self, CorpusReport, CorpusSpec, TableSize, TruthLevel};
use std::collections::{BTreeMap, HashMap, HashSet};
use std::fs::File;
use std::io::Read;
use std::path::Path;

struct Truth {
    consumer: String,
    role: String,
    element: String,
    file: String,
    row: usize,
    field: String,
    value: String,
}

fn text_of(path: &Path) -> String {
    let mut bytes = Vec::new();
    let mut file = File::open(path).unwrap();
    if path.extension().is_some_and(|e| e == "gz") {
        MultiGzDecoder::new(file).read_to_end(&mut bytes).unwrap();
    } else {
        file.read_to_end(&mut bytes).unwrap();
    }
    String::from_utf8(bytes).unwrap()
}

fn truth_of(root: &Path) -> Vec<Truth> {
    let text = text_of(&root.join("truth.csv.gz"));
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    assert_eq!(reader.headers().unwrap(), vec!["consumer", "role", "element", "file", "row", "field", "value"]);
    let lines = reader.records().map(|r| {
        let r = r.unwrap();
        Truth {
            consumer: r[0].to_string(),
            role: r[1].to_string(),
            element: r[2].to_string(),
            file: r[3].to_string(),
            row: r[4].parse().unwrap(),
            field: r[5].to_string(),
            value: r[6].to_string(),
        }
    });
    lines.collect()
}

fn links_of(root: &Path) -> Vec<(String, String, String, usize)> {
    let text = text_of(&root.join("links.csv.gz"));
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let lines = reader.records().map(|r| {
        let r = r.unwrap();
        (r[0].to_string(), r[1].to_string(), r[2].to_string(), r[3].parse().unwrap())
    });
    lines.collect()
}

/// A file as an independent reader sees it.
enum Reread {
    Table { headers: Option<Vec<String>>, rows: Vec<Vec<String>> },
    Values(Vec<serde_json::Value>),
    Document(serde_json::Value),
    Lines(Vec<String>),
    Mail(Vec<String>),
}

fn reread(root: &Path, file: &str) -> Reread {
    let text = text_of(&root.join(file));
    let name = file.trim_end_matches(".gz");
    match name.rsplit('.').next().unwrap() {
        "csv" | "tsv" => {
            let headerless = name.starts_with("marketing/list-");
            let delimiter = match name {
                n if n.ends_with(".tsv") => b'\t',
                n if n.contains("_eu") => b';',
                n if n.contains("guest") => b'|',
                _ => b',',
            };
            let mut builder = csv::ReaderBuilder::new();
            builder.has_headers(!headerless).delimiter(delimiter).quoting(delimiter != b'\t');
            let mut reader = builder.from_reader(text.as_bytes());
            let headers = (!headerless).then(|| reader.headers().unwrap().iter().map(String::from).collect());
            let rows = reader.records().map(|r| r.unwrap().iter().map(String::from).collect()).collect();
            Reread::Table { headers, rows }
        }
        "ndjson" => Reread::Values(text.lines().map(|l| serde_json::from_str(l).unwrap()).collect()),
        "json" => Reread::Document(serde_json::from_str(&text).unwrap()),
        "eml" | "mbox" => Reread::Mail(text.lines().map(String::from).collect()),
        _ => Reread::Lines(text.lines().map(String::from).collect()),
    }
}

fn member<'v>(value: &'v serde_json::Value, field: &str) -> &'v str {
    let pointer = if field.starts_with('/') { field.to_string() } else { format!("/{field}") };
    value.pointer(&pointer).and_then(|v| v.as_str()).unwrap_or_else(|| panic!("no string at {field}"))
}

fn check(line: &Truth, file: &Reread) {
    let Truth { row, field, value, .. } = line;
    let place = format!("{} row {row} field {field:?} {}", line.file, line.element);
    match file {
        Reread::Table { headers, rows } => {
            let column = match headers {
                Some(headers) => headers.iter().position(|h| h == field).unwrap(),
                None => field.strip_prefix('#').unwrap().parse::<usize>().unwrap() - 1,
            };
            let cell = &rows[row - 1][column];
            // Parts of a one-column address may be found inside it; every other value is its cell.
            let part = matches!(line.element.as_str(), "?STREET" | "?CITY" | "?STATE" | "?ZIP");
            assert!(cell == value || (part && cell.contains(value.as_str())), "{place}");
        }
        Reread::Values(values) => assert_eq!(member(&values[row - 1], field), value, "{place}"),
        Reread::Document(document) => {
            let rest = field.strip_prefix("/employees/*").unwrap();
            assert_eq!(member(&document["employees"][row - 1], rest), value, "{place}");
        }
        Reread::Lines(lines) => {
            assert_eq!(field, "");
            assert!(lines[row - 1].contains(value.as_str()), "{place}");
        }
        Reread::Mail(lines) => {
            let message = &lines[row - 1..];
            let body = message.iter().position(|l| l.is_empty()).unwrap();
            if field.is_empty() {
                let until = message.iter().position(|l| l.starts_with("From - ") && l != &message[0]);
                let text = message[body..until.unwrap_or(message.len())].join("\n");
                assert!(text.contains(value.as_str()), "{place}");
            } else {
                let header = message[..body].iter().find(|l| l.starts_with(&format!("{field}: "))).unwrap();
                assert!(header.contains(value.as_str()), "{place}");
            }
        }
    }
}

fn generated(spec: &CorpusSpec) -> (tempfile::TempDir, CorpusReport) {
    let folder = tempfile::tempdir().unwrap();
    let report = generate::corpus(spec, folder.path()).unwrap();
    (folder, report)
}

/// All files of a corpus, by path.
fn files_of(root: &Path) -> BTreeMap<String, Vec<u8>> {
    let entries = walkdir::WalkDir::new(root).into_iter().map(|e| e.unwrap()).filter(|e| e.file_type().is_file());
    entries
        .map(|e| {
            let path = e.path().strip_prefix(root).unwrap().to_str().unwrap().to_string();
            (path, std::fs::read(e.path()).unwrap())
        })
        .collect()
}

#[test]
fn every_truth_line_points_at_its_value() {
    for seed in [1, 2, 77] {
        let (folder, report) = generated(&CorpusSpec::new(300, seed));
        let mut files = HashMap::new();
        let truth = truth_of(folder.path());
        assert_eq!(truth.len() as u64, report.values);
        for line in &truth {
            let file = files.entry(line.file.clone()).or_insert_with(|| reread(folder.path(), &line.file));
            check(line, file);
            let element = line.element.trim_start_matches('?');
            assert!(rollcall::model::element::Element::from_code(element).is_some(), "{element}");
            assert!(rollcall::model::mention::Role::from_code(&line.role).is_some(), "{}", line.role);
        }
        for wanted in ["FIRST_NAME", "FULL_NAME", "EMAIL", "PHONE", "SSN", "PAN", "CARD_CODE", "DL", "ACCT", "ROUTING"]
        {
            assert!(truth.iter().any(|l| l.element == wanted), "seed {seed} has no {wanted}");
        }
    }
}

#[test]
fn rows_of_parts_count_from_one() {
    let (folder, report) = generated(&CorpusSpec { part_bytes: 8 << 10, ..CorpusSpec::new(200, 5) });
    let truth = truth_of(folder.path());
    let mut files = HashMap::new();
    for line in &truth {
        let file = files.entry(line.file.clone()).or_insert_with(|| reread(folder.path(), &line.file));
        check(line, file);
    }
    assert!(files.keys().any(|f| f.contains("orders-0003")), "parts are made");
    assert!(report.files > 60, "{}", report.files);
}

#[test]
fn the_same_seed_gives_the_same_bytes() {
    let spec = CorpusSpec { bytes: Some(1 << 20), ..CorpusSpec::new(120, 9) };
    let (a, _) = generated(&spec);
    let (b, _) = generated(&spec);
    assert!(files_of(a.path()) == files_of(b.path()));
    let (c, _) = generated(&CorpusSpec { seed: 10, ..spec });
    let (a, c) = (files_of(a.path()), files_of(c.path()));
    assert!(a["shop/orders-0001.csv"] != c["shop/orders-0001.csv"]);
}

#[test]
fn everybody_is_in_three_records() {
    let (folder, _) = generated(&CorpusSpec::new(400, 3));
    let mut records: HashMap<String, usize> = HashMap::new();
    let mut seen = HashSet::new();
    for (who, _, file, row) in links_of(folder.path()) {
        assert!(seen.insert((who.clone(), file, row)), "one line for each person and record");
        *records.entry(who).or_default() += 1;
    }
    for person in 0..400 {
        let count = records.get(&format!("p{person}")).copied().unwrap_or(0);
        assert!(count >= 3, "p{person} has {count}");
    }
    for employee in 0..5 {
        assert!(records[&format!("e{employee}")] >= 3);
    }
}

#[test]
fn every_person_with_a_value_in_a_record_is_linked_to_it() {
    let (folder, _) = generated(&CorpusSpec::new(300, 4));
    let links: HashSet<_> = links_of(folder.path()).into_iter().map(|(who, _, f, r)| (who, f, r)).collect();
    for line in truth_of(folder.path()) {
        if line.consumer.starts_with(['p', 'e']) {
            assert!(
                links.contains(&(line.consumer.clone(), line.file.clone(), line.row)),
                "{} {}",
                line.file,
                line.row
            );
        }
    }
}

/// The records of one person hang together by what they say: the same address, number or name and street; or they are
/// payments, which hang on the order's number. Counted here by joining records over equal values, person by person.
#[test]
fn people_can_be_linked() {
    let (folder, _) = generated(&CorpusSpec::new(1500, 6));
    let mut by_person: HashMap<String, HashMap<(String, usize), Vec<String>>> = HashMap::new();
    for line in truth_of(folder.path()) {
        if !line.consumer.starts_with('p') || line.file.starts_with("payments/") {
            continue;
        }
        let digits: String = line.value.chars().filter(char::is_ascii_digit).collect();
        let value = match line.element.trim_start_matches('?') {
            "EMAIL" => line.value.to_lowercase().replace("%40", "@"),
            "PHONE" => digits[digits.len().saturating_sub(10)..].to_string(),
            "SSN" | "DL" | "STATE_ID" | "PAN" if digits.len() > 4 => digits,
            "STREET" => line.value.clone(),
            _ => continue,
        };
        let records = by_person.entry(line.consumer).or_default();
        records.entry((line.file, line.row)).or_default().push(value);
    }
    let (mut total, mut joined) = (0usize, 0usize);
    for records in by_person.values() {
        let mut groups: Vec<(HashSet<&String>, usize)> = Vec::new();
        for values in records.values() {
            let mut merged = (values.iter().collect::<HashSet<_>>(), 1);
            groups.retain(|(known, count)| {
                let apart = known.is_disjoint(&merged.0);
                if !apart {
                    merged.0.extend(known);
                    merged.1 += count;
                }
                apart
            });
            groups.push(merged);
        }
        total += records.len();
        joined += groups.iter().map(|g| g.1).max().unwrap_or(0);
    }
    assert!(joined as f64 >= 0.99 * total as f64, "{joined} of {total}");
}

#[test]
fn decoys_stand_where_they_should() {
    let (folder, report) = generated(&CorpusSpec { bytes: Some(3 << 20), ..CorpusSpec::new(300, 8) });
    let files = files_of(folder.path());
    let all: String =
        files.iter().filter(|(f, _)| !f.ends_with(".gz")).map(|(_, b)| String::from_utf8_lossy(b)).collect();
    for decoy in ["na@na.com", "1900-01-01", "000-000-0000", "Chrome/120.0.6099.110", "\"TEST-", "Message-ID: <"] {
        assert!(all.contains(decoy), "{decoy}");
    }
    let order = regex::Regex::new(r"\b4\d{15}\b").unwrap();
    let luhn = |n: &str| {
        let sum: u32 = (n.bytes().rev().enumerate())
            .map(|(i, b)| {
                let d = u32::from(b - b'0') * (1 + i as u32 % 2);
                d / 10 + d % 10
            })
            .sum();
        sum.is_multiple_of(10)
    };
    let movements = String::from_utf8_lossy(&files["warehouse/movements-0001.csv"]);
    assert!(order.find_iter(&movements).any(|m| luhn(m.as_str())), "some of the long numbers pass the card check");
    // The cards of the truth all pass it.
    for line in truth_of(folder.path()).iter().filter(|l| l.element == "PAN") {
        let digits: String = line.value.chars().filter(char::is_ascii_digit).collect();
        assert!(luhn(&digits), "{} {}", line.file, line.row);
    }
    let near = report.bytes as f64 / (3 << 20) as f64;
    assert!((1.0..1.05).contains(&near), "{near}");
}

#[test]
fn numbers_of_people_are_well_formed_and_their_own() {
    let (folder, _) = generated(&CorpusSpec::new(2000, 12));
    let mut owners: HashMap<String, String> = HashMap::new();
    for line in truth_of(folder.path()) {
        match line.element.as_str() {
            "SSN" => {
                let n: u32 = line.value.chars().filter(char::is_ascii_digit).collect::<String>().parse().unwrap();
                let (area, group, serial) = (n / 1_000_000, n / 10_000 % 100, n % 10_000);
                assert!((1..900).contains(&area) && area != 666 && group > 0 && serial > 0);
                let owner = owners.entry(format!("{n:09}")).or_insert_with(|| line.consumer.clone());
                assert_eq!(*owner, line.consumer);
            }
            "ROUTING" => {
                let sum: u32 =
                    line.value.bytes().zip([3, 7, 1, 3, 7, 1, 3, 7, 1]).map(|(b, w)| u32::from(b - b'0') * w).sum();
                assert_eq!((line.value.len(), sum % 10), (9, 0));
            }
            "ACCT" if line.file.contains("_eu") => {
                let moved = format!("{}{}", &line.value[4..], &line.value[..4]);
                let digits: String = moved.chars().map(|c| c.to_digit(36).unwrap().to_string()).collect();
                let rest = digits.bytes().fold(0u32, |r, b| (r * 10 + u32::from(b - b'0')) % 97);
                assert_eq!(rest, 1, "{}", line.row);
            }
            "PHONE" if !line.value.starts_with("+4") && !line.value.starts_with("+3") => {
                let digits: String = line.value.chars().filter(char::is_ascii_digit).collect();
                let ten = &digits[digits.len() - 10..];
                assert!(ten.as_bytes()[3] >= b'2' && &ten[4..6] != "11" && &ten[3..6] != "555");
            }
            _ => {}
        }
    }
    assert!(owners.len() > 100);
}

#[test]
fn truth_can_be_left_out() {
    let (folder, report) = generated(&CorpusSpec { truth: TruthLevel::None, ..CorpusSpec::new(50, 1) });
    assert!(!folder.path().join("truth.csv.gz").exists() && !folder.path().join("links.csv.gz").exists());
    assert_eq!((report.values, report.links), (0, 0));
    let settings: toml::Table = std::fs::read_to_string(folder.path().join("rollcall.toml")).unwrap().parse().unwrap();
    for key in ["customer_ids", "keys", "own_domains"] {
        assert!(!settings[key].as_array().unwrap().is_empty());
    }
}

#[test]
fn the_settings_name_fields_that_exist() {
    let (folder, _) = generated(&CorpusSpec::new(300, 21));
    let settings: toml::Table = std::fs::read_to_string(folder.path().join("rollcall.toml")).unwrap().parse().unwrap();
    let rules = ["customer_ids", "keys"].into_iter().flat_map(|k| settings[k].as_array().unwrap());
    let files = files_of(folder.path());
    for rule in rules {
        let rule = rule.as_str().unwrap();
        let (place, field) = rule.split_once('=').unwrap().1.split_once('#').unwrap();
        let glob = globset::Glob::new(place).unwrap().compile_matcher();
        let found = files.iter().any(|(file, bytes)| {
            let head = String::from_utf8_lossy(&bytes[..bytes.len().min(4000)]).to_string();
            glob.is_match(file) && head.contains(field)
        });
        assert!(found, "{rule}");
    }
}

#[test]
fn logs_and_tables_have_the_size_that_was_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.log");
    let hits = generate::log(3 << 20, 1 << 20, 4, &path, false).unwrap();
    let text = text_of(&path);
    assert!(text.len() >= 3 << 20 && text.len() < (3 << 20) + 300);
    assert_eq!(text.matches("@mailhaus.example").count() as u64, hits);
    assert_eq!(hits, 3);
    let zipped = folder.path().join("a.log.gz");
    generate::log(3 << 20, 1 << 20, 4, &zipped, true).unwrap();
    assert!(text_of(&zipped) == text);

    let path = folder.path().join("people.csv");
    assert_eq!(generate::table(TableSize::People(1000), 4, &path).unwrap(), 1000);
    let mut reader = csv::Reader::from_path(&path).unwrap();
    assert_eq!(reader.records().filter(|r| r.is_ok()).count(), 1000);
    generate::table(TableSize::Bytes(100_000), 4, &path).unwrap();
    assert!((100_000..100_400).contains(&std::fs::metadata(&path).unwrap().len()));
}
