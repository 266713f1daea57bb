//! Names in running text beside other findings, measured on names and phrases that the detector was not made of.

use crate::program::Home;
use serde_json::Value;
use std::collections::BTreeSet;

/// Notes that hold a person's name, `{}`, beside a number.
const ABOUT: [&str; 5] = [
    "Spoke with {} on 415-732-9907 about the delay.",
    "{} asked to be called back at 415-732-9907.",
    "Refund for order 88123 goes to {}, phone 415-732-9907",
    "the caller gave the name {} and 415-732-9907 as a number",
    "Dr. {} (415-732-9907) confirmed.",
];
/// Notes of the same kind that hold no name.
const ABOUT_NOBODY: [&str; 12] = [
    "Store Manager at San Diego can be reached on 415-732-9907.",
    "The Blue Ridge Outfitters depot is 415-732-9907.",
    "Call Customer Care 415-732-9907 before Friday Evening.",
    "Return the Garden Chair and the Coffee Maker, 415-732-9907",
    "Ship to Forest Parkway, New Orleans, 415-732-9907",
    "Lake Charles office: 415-732-9907, Grand Rapids office closed",
    "Please Note: Opening Hours changed, 415-732-9907",
    "Visa Platinum declined, hotline 415-732-9907",
    "Merry Christmas and Happy Holidays from 415-732-9907",
    "Terms And Conditions apply, 415-732-9907",
    "Error Code Seven at Gate Four, 415-732-9907",
    "North Dakota and South Carolina use 415-732-9907",
];

#[test]
fn names_beside_numbers_are_found_and_phrases_are_not() {
    let home = Home::new();
    // The corpus that ships spells its people by lists of its own.
    let corpus = concat!(env!("CARGO_MANIFEST_DIR"), "/corpus/retail/crm/customers-0001.csv");
    let mut people = csv::Reader::from_path(corpus).unwrap();
    let headers = people.headers().unwrap().clone();
    let at = |name: &str| headers.iter().position(|h| h == name).unwrap();
    let (first, last) = (at("given_name"), at("lname"));
    let capital =
        |word: &str| word.chars().next().is_some_and(char::is_uppercase) && word.chars().any(char::is_lowercase);
    let names: BTreeSet<String> = people
        .records()
        .map(|r| r.unwrap())
        .filter(|r| [first, last].iter().all(|i| capital(&r[*i]) && !r[*i].contains(' ')))
        .map(|r| format!("{} {}", &r[first], &r[last]))
        .collect();
    let about: Vec<String> =
        names.iter().enumerate().map(|(i, name)| ABOUT[i % ABOUT.len()].replace("{}", name)).collect();
    // Blank lines, so that each note is a record of its own.
    home.file("about.txt", about.join("\n\n"));
    home.file("nobody.txt", ABOUT_NOBODY.join("\n\n"));
    home.line("scan data -q --findings findings.jsonl").exits(0);
    let lines = std::fs::read_to_string(home.path("findings.jsonl")).unwrap();
    let found: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let named = |file: &str| {
        let here = found.iter().filter(|f| f["path"].as_str().unwrap().ends_with(file) && f["element"] == "FULL_NAME");
        here.map(|f| f["row"].as_u64().unwrap()).collect::<BTreeSet<u64>>().len()
    };
    let (right, wrong) = (named("about.txt"), named("nobody.txt"));
    assert!(about.len() >= 100, "{} names are too few to measure", about.len());
    println!("{right} of {} names found; {wrong} of {} phrases taken for names", about.len(), ABOUT_NOBODY.len());
    assert_eq!(wrong, 0);
    assert!(right * 10 >= about.len() * 6, "{right} of {}", about.len());
}
