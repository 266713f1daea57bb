//! Published sample data, whose people are known from the sets' own keys: what a scan must find there, and where.

use crate::program::{Home, copy_tree, people_by_row};
use flate2::read::MultiGzDecoder;
use rollcall::model::element::Element;
use rollcall::model::mention::{Population, TokenValue};
use rollcall::model::rows::Tables;
use rollcall::score::samples::{SampleLine, read};
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::path::{Path, PathBuf};

/// The folder of a sample; none, with a word about it, where the samples are not.
fn sample(name: &str) -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/samples").join(name);
    if !folder.exists() {
        println!("skipped: {} is absent", folder.display());
        return None;
    }
    Some(folder)
}

/// A home with a sample's data below its own name, and without its answers.
fn home_with(name: &str, ending: &str) -> Option<Home> {
    let folder = sample(name)?;
    let home = Home::new();
    let takes = |path: &Path| path.extension().is_some_and(|e| e == ending);
    copy_tree(&folder, &home.data().join(name), &takes);
    Some(home)
}

fn truth(name: &str) -> Vec<SampleLine> {
    let folder = sample(name).unwrap();
    read(&folder.join("truth.jsonl.gz")).unwrap().map(Result::unwrap).collect()
}

/// One line of a findings file.
#[derive(serde::Deserialize)]
struct Found {
    path: String,
    row: u64,
    field: String,
    first_byte: usize,
    end_byte: usize,
    element: Element,
}

/// Scans the home's data and returns its findings.
fn scan(home: &Home, rules: &[&str]) -> Vec<Found> {
    let findings = home.path("findings.ndjson");
    let mut args = vec!["scan".to_string(), home.data().display().to_string(), "--quiet".to_string()];
    args.extend(["--findings".to_string(), findings.display().to_string()]);
    rules.iter().for_each(|rule| args.extend(["--customer-id".to_string(), rule.to_string()]));
    home.run(&args).exits(0);
    let text = std::fs::read_to_string(findings).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// A file's text as its reader sees it: what is no UTF-8 is Windows-1252, which for letters is Latin-1.
fn text(path: &Path) -> String {
    let bytes = std::fs::read(path).unwrap();
    String::from_utf8(bytes).unwrap_or_else(|e| e.into_bytes().iter().map(|b| char::from(*b)).collect())
}

/// The cells of a CSV file by an independent reader: the header, and the rows.
fn table(path: &Path) -> (Vec<String>, Vec<Vec<String>>) {
    let text = text(path);
    let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(text.as_bytes());
    let header = reader.headers().unwrap().iter().map(str::to_string).collect();
    let rows = reader.records().map(|r| r.unwrap().iter().map(str::to_string).collect()).collect();
    (header, rows)
}

/// The column of a table, by its name.
fn column(path: &Path, name: &str) -> Vec<String> {
    let (header, rows) = table(path);
    let at = header.iter().position(|h| h == name).unwrap_or_else(|| panic!("{} has no {name}", path.display()));
    rows.into_iter().map(|mut row| row.swap_remove(at)).collect()
}

/// What of a truth was found: of every element, how many there are and the rows that were missed.
#[derive(Default)]
struct Recall {
    known: usize,
    missed: Vec<(String, u64)>,
}

impl Recall {
    fn share(&self) -> f64 {
        (self.known - self.missed.len()) as f64 / self.known as f64
    }
}

/// Compares truth with findings at exact row and column, and, where bytes are given, at the exact bytes of the value.
fn recall(truth: &[SampleLine], found: &[Found], texts: &HashMap<String, String>) -> BTreeMap<Element, Recall> {
    let mut places: HashMap<(&str, u64, &str, Element), Vec<&Found>> = HashMap::new();
    for f in found {
        places.entry((&f.path, f.row, &f.field, f.element)).or_default().push(f);
    }
    let mut by_element: BTreeMap<Element, Recall> = BTreeMap::new();
    for line in truth {
        let (Some(element), Some(columns)) = (line.element(), &line.column) else { continue };
        // A full name in two columns is found as two parts.
        let parts: Vec<(Element, &str)> = match columns.split_once('+') {
            Some((first, last)) => vec![(Element::FirstName, first), (Element::LastName, last)],
            None => vec![(element, columns.as_str())],
        };
        let there = |(element, column): &(Element, &str)| {
            let at = places.get(&(line.file.as_str(), line.row, *column, *element));
            at.is_some_and(|found| {
                found.iter().any(|f| match texts.get(&line.file) {
                    Some(text) => text.get(f.first_byte..f.end_byte).is_some_and(|value| line.value.contains(value)),
                    None => true,
                })
            })
        };
        let recall = by_element.entry(element).or_default();
        recall.known += 1;
        if !parts.iter().all(there) {
            recall.missed.push((line.file.clone(), line.row));
        }
    }
    by_element
}

#[track_caller]
fn assert_recall(recall: &BTreeMap<Element, Recall>, element: Element, known: usize, at_least: f64) {
    let of = recall.get(&element).unwrap_or_else(|| panic!("the truth has no {}", element.code()));
    assert_eq!(of.known, known, "{} in the truth", element.code());
    let missed = &of.missed[..of.missed.len().min(20)];
    assert!(of.share() >= at_least, "{}: {} of {known} missed: {missed:?}", element.code(), of.missed.len());
}

fn texts(home: &Home, files: &[&str]) -> HashMap<String, String> {
    files.iter().map(|file| (file.to_string(), text(&home.data().join(file)))).collect()
}

#[test]
fn adventureworks_customers_are_found_and_own_their_orders() {
    let Some(home) = home_with("adventureworks", "csv") else { return };
    let found = scan(&home, &["aw=adventureworks/**#CustomerKey"]);
    let customers = "adventureworks/AdventureWorks_Customers.csv";
    let recall = recall(&truth("adventureworks"), &found, &texts(&home, &[customers]));
    assert_recall(&recall, Element::Email, 18_148, 1.0);
    assert_recall(&recall, Element::Dob, 18_148, 1.0);
    assert_recall(&recall, Element::FullName, 18_148, 1.0);

    let snapshot = home.snapshot();
    let mut consumers = 0;
    let counted = snapshot.consumers(&mut |_| {
        consumers += 1;
        Ok(())
    });
    counted.unwrap();
    assert_eq!(consumers, 18_148);
    let people = people_by_row(&snapshot);
    let keys = column(&home.data().join(customers), "CustomerKey");
    let mut by_key: HashMap<&str, TokenValue> = HashMap::new();
    for (key, row) in keys.iter().zip(1..) {
        let [(_, person)] = people[customers][&row][..] else { panic!("row {row} is not of one person") };
        assert_eq!(by_key.insert(key, person), None, "key {key} comes twice");
    }
    assert_eq!(by_key.values().collect::<HashSet<_>>().len(), 18_148, "two customers are one person");
    let mut orders = 0;
    for year in 2021..=2023 {
        let file = format!("adventureworks/sales/AdventureWorks_Sales_{year}.csv");
        let rows = column(&home.data().join(&file), "CustomerKey");
        for (key, row) in rows.iter().zip(1..) {
            let [(_, person)] = people[&file][&row][..] else { panic!("{file}: row {row} is not of one person") };
            assert_eq!(person, by_key[key.as_str()], "{file}: row {row} is of another person");
            orders += 1;
        }
        assert_eq!(people[&file].len(), rows.len(), "{file}: rows that are not there");
    }
    assert_eq!(orders, 56_046);
}

#[test]
fn synthea_is_twenty_seven_patients() {
    let Some(home) = home_with("synthea", "csv") else { return };
    let rules = ["syn=synthea/patients.csv#Id", "syn=synthea/*.csv#PATIENT", "syn=synthea/*.csv#PATIENTID"];
    let found = scan(&home, &rules);
    let patients = "synthea/patients.csv";
    let truth = truth("synthea");
    let recall = recall(&truth, &found, &texts(&home, &[patients]));
    for (element, known) in [
        (Element::Dob, 27),
        (Element::FirstName, 27),
        (Element::LastName, 27),
        (Element::Street, 27),
        (Element::Ssn, 27),
        (Element::DriverLicense, 19),
        (Element::Passport, 19),
        (Element::Zip, 15),
    ] {
        assert_recall(&recall, element, known, 1.0);
    }

    let snapshot = home.snapshot();
    let mut never_issued = 0;
    let fields = snapshot.fields(None, &mut |row| {
        if row.element == Element::Ssn {
            never_issued += row.marks[1];
        }
        Ok(())
    });
    fields.unwrap();
    assert_eq!(never_issued, 27, "numbers from 999 on were never issued");

    // The patients, by their own file.
    let people = people_by_row(&snapshot);
    let mut populations = HashMap::new();
    let consumers = snapshot.consumers(&mut |row| {
        populations.insert(row.id, row.population);
        Ok(())
    });
    consumers.unwrap();
    let ids = column(&home.data().join(patients), "Id");
    let mut by_id: HashMap<&str, TokenValue> = HashMap::new();
    for (id, row) in ids.iter().zip(1..) {
        let [(_, person)] = people[patients][&row][..] else { panic!("patient {row} is not one person") };
        assert_eq!(populations[&person], Population::Consumer);
        by_id.insert(id, person);
    }
    assert_eq!(by_id.values().collect::<BTreeSet<_>>().len(), 27);

    // Their rows in the other fourteen files.
    let mut files: BTreeMap<&str, usize> = BTreeMap::new();
    for line in truth.iter().filter(|l| l.entity == "PATIENT_ID" && l.file != patients) {
        let here = people.get(&line.file).and_then(|rows| rows.get(&line.row)).map(Vec::as_slice).unwrap_or_default();
        let patient = by_id[line.consumer.as_str()];
        assert!(here.iter().any(|(_, p)| *p == patient), "{} row {}: not of its patient", line.file, line.row);
        let other = here.iter().find(|(_, p)| *p != patient && by_id.values().any(|id| id == p));
        assert!(other.is_none(), "{} row {}: also of another patient", line.file, line.row);
        *files.entry(&line.file).or_default() += 1;
    }
    assert_eq!((files.len(), files.values().sum::<usize>()), (14, 10_684));

    // Nobody else is a consumer but those whom a row names as a patient's guardian.
    for file in ["synthea/providers.csv", "synthea/organizations.csv", "synthea/payers.csv"] {
        for (row, people) in people.get(file).into_iter().flatten() {
            let consumer = people.iter().find(|(_, p)| populations[p] == Population::Consumer);
            assert!(consumer.is_none(), "{file} row {row}: a provider or an organisation is counted as a consumer");
        }
    }
    let consumers = populations.values().filter(|p| **p == Population::Consumer).count();
    let owners = home.data().join("synthea/payer_transitions.csv");
    let guardians: BTreeSet<String> = column(&owners, "OWNERNAME")
        .into_iter()
        .zip(column(&owners, "OWNERSHIP"))
        .filter(|(name, relation)| !name.is_empty() && relation != "Self")
        .map(|(name, _)| name)
        // A spouse is `Mr. Conroy74`: a title and a last name are nobody's by themselves.
        .filter(|name| !name.starts_with("Mr. ") && !name.starts_with("Mrs. "))
        .collect();
    assert_eq!((guardians.len(), consumers), (40, 27 + 40), "the patients and their guardians, and no phantoms");
}

#[test]
fn chinook_customers_and_employees_are_found_in_json() {
    let Some(home) = home_with("chinook", "json") else { return };
    let found = scan(&home, &[]);
    let file = "chinook/ChinookData.json";
    let text = text(&home.data().join(file));
    let line_starts: Vec<usize> =
        std::iter::once(0).chain(text.bytes().enumerate().filter(|(_, b)| *b == b'\n').map(|(i, _)| i + 1)).collect();
    let places: HashSet<(usize, Element)> =
        found.iter().map(|f| (line_starts.partition_point(|start| *start <= f.first_byte), f.element)).collect();
    let mut missed = Vec::new();
    let (mut emails, mut phones) = (0, 0);
    for line in truth("chinook").iter().filter(|l| l.file == file) {
        let element = line.element().unwrap();
        *(if element == Element::Email { &mut emails } else { &mut phones }) += 1;
        if !places.contains(&(line.row as usize, element)) {
            missed.push((element.code(), line.row));
        }
    }
    assert_eq!((emails, phones), (67, 86));
    assert!(missed.is_empty(), "{} missed: {missed:?}", missed.len());

    // The truth of the database's tables holds for the same rows here.
    let document: serde_json::Value = serde_json::from_str(&text).unwrap();
    for (table, key, element) in [
        ("Customer", "FirstName", Element::FirstName),
        ("Customer", "LastName", Element::LastName),
        ("Customer", "Address", Element::Street),
        ("Employee", "FirstName", Element::FirstName),
        ("Employee", "LastName", Element::LastName),
        ("Employee", "Address", Element::Street),
        ("Employee", "BirthDate", Element::Dob),
    ] {
        let known = document[table].as_array().unwrap().iter().filter(|r| !r[key].is_null()).count();
        let field = format!("/{table}/*/{key}");
        let rows: BTreeSet<u64> =
            found.iter().filter(|f| f.field == field && f.element == element).map(|f| f.row).collect();
        assert!(rows.len() as f64 >= 0.97 * known as f64, "{field}: {} of {known}", rows.len());
        assert!(rows.iter().all(|row| (1..=known as u64).contains(row)), "{field}: rows that are not there");
    }
}

#[test]
fn columns_of_nothing_are_nothing() {
    let (Some(samples), Some(home)) = (sample("."), home_with("synthea", "csv")) else { return };
    copy_tree(&samples.join("adventureworks"), &home.data().join("adventureworks"), &|path| {
        path.extension().is_some_and(|e| e == "csv")
    });
    let mut typed: HashMap<(String, String), u64> = HashMap::new();
    for f in scan(&home, &[]) {
        *typed.entry((f.path, f.field)).or_default() += 1;
    }
    #[derive(serde::Deserialize)]
    struct Column {
        file: String,
        column: String,
        entity: Option<String>,
        rows: u64,
    }
    let text = std::fs::read_to_string(samples.join("columns.jsonl")).unwrap();
    let columns: Vec<Column> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let nothing: Vec<&Column> = columns.iter().filter(|c| c.entity.is_none()).collect();
    assert_eq!(nothing.len(), 216);
    // A column counts as typed from one finding in a hundred rows on.
    let wrong: Vec<(&str, &str, u64)> = nothing
        .iter()
        .filter_map(|c| {
            let n = *typed.get(&(c.file.clone(), c.column.clone()))?;
            (n * 100 >= c.rows).then_some((c.file.as_str(), c.column.as_str(), n))
        })
        .collect();
    assert!(wrong.len() * 50 <= nothing.len(), "{} of {} typed: {wrong:?}", wrong.len(), nothing.len());
}

#[test]
fn the_truth_is_read_whole() {
    // The reader of truths against the lines themselves, so that a truth read short does not pass as a good recall.
    let Some(folder) = sample("adventureworks") else { return };
    let file = std::fs::File::open(folder.join("truth.jsonl.gz")).unwrap();
    let text = std::io::read_to_string(MultiGzDecoder::new(file)).unwrap();
    assert_eq!(truth("adventureworks").len(), text.lines().count());
}
