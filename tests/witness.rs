//! The validators against python-stdnum and phonenumbers, which others wrote from the same publications; and against the
//! test values of publications that those libraries do not have.

// What was measured is worth reading when a test is run with --show-output.
#![allow(clippy::print_stdout, clippy::print_stderr)]

use rollcall::model::finding::{Marks, Validate, Verdict};
use rollcall::{pattern, validate};
use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

fn validator_of(detector: &str) -> Validate {
    let detectors = pattern::builtin();
    let found = detectors.iter().find(|d| d.id == detector).unwrap_or_else(|| panic!("no detector {detector}"));
    validate::by_name(found.validate.as_deref().expect("it has a validator")).expect("a known validator")
}

fn is_valid(validate: Validate, text: &str) -> bool {
    validate(text.as_bytes()).is_valid()
}

/// What the libraries say, by detector; none where they are not installed and need not be.
fn numbers() -> Option<BTreeMap<String, Vec<(String, bool)>>> {
    let python = std::env::var("ROLLCALL_PYTHON").unwrap_or_else(|_| "python3".to_string());
    let required = std::env::var("ROLLCALL_REQUIRE_PYTHON").is_ok_and(|value| value == "1");
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/witness.py");
    let output = match Command::new(&python).arg(script).output() {
        Ok(output) if output.status.success() => output,
        // The script's way to say that a module is missing.
        Ok(output) if output.status.code() == Some(77) && !required => {
            eprintln!("skipped: {}", String::from_utf8_lossy(&output.stderr).trim());
            return None;
        }
        Ok(output) => panic!("{}", String::from_utf8_lossy(&output.stderr)),
        Err(error) if !required => {
            eprintln!("skipped: {python}: {error}");
            return None;
        }
        Err(error) => panic!("{python}: {error}"),
    };
    let mut numbers: BTreeMap<String, Vec<(String, bool)>> = BTreeMap::new();
    for line in String::from_utf8(output.stdout).expect("text").lines() {
        let parts: Vec<&str> = line.split('\t').collect();
        let [detector, value, valid] = parts[..] else { panic!("not three columns: {line}") };
        numbers.entry(detector.to_string()).or_default().push((value.to_string(), valid == "1"));
    }
    Some(numbers)
}

/// Which numbers a rule is about.
type Which = fn(&str) -> bool;

/// Numbers on which the published rule decides against the library: the detector, the numbers, the rule. They are counted
/// apart, and each rule must have one.
const DECIDED: &[(&str, Which, &str)] = &[
    (
        "se/personnummer",
        |n| n.len() == 12 && !matches!(&n[..2], "18" | "19" | "20"),
        "nobody in the register was born in another century; the library takes any",
    ),
    (
        "us/itin",
        |n| matches!(n.replace('-', "")[3..5].parse(), Ok(50..=65)),
        "groups 50 to 65 are issued (IRS Publication 1915); the library has those from 70",
    ),
    (
        "us/ssn",
        |n| matches!(n[..3].parse(), Ok(0 | 666 | 900..=999)),
        "areas that were never issued are kept with a mark, because test data has them in fields that say SSN",
    ),
    (
        "finance/us_routing",
        |n| !matches!(n[..2].parse(), Ok(0..=12 | 21..=32 | 61..=72 | 80)),
        "other prefixes are not assigned (ABA Routing Number Policy); the library has the check digit alone",
    ),
];

#[test]
fn other_libraries_agree() {
    let Some(numbers) = numbers() else { return };
    assert!(numbers.len() >= 60, "only {} kinds of number", numbers.len());
    let mut failed = Vec::new();
    for (detector, cases) in &numbers {
        let validate = validator_of(detector);
        assert!(cases.iter().filter(|(_, valid)| *valid).count() >= 1000, "{detector}: too few valid numbers");
        assert!(cases.len() >= 2000, "{detector}: too few edits");
        let (mut decided, mut wrong) = (0, Vec::new());
        for (value, valid) in cases.iter().filter(|(value, valid)| is_valid(validate, value) != *valid) {
            match DECIDED.iter().any(|(id, of, _)| id == detector && of(value)) {
                true => decided += 1,
                false => wrong.push((value, valid)),
            }
        }
        let ruled = DECIDED.iter().any(|(id, ..)| id == detector);
        assert_eq!(ruled, decided > 0, "{detector}: a published rule decides {decided}");
        let agreement = 1.0 - wrong.len() as f64 / cases.len() as f64;
        println!("{detector}: {agreement:.4} of {}, and {decided} by the published rule", cases.len());
        wrong.iter().for_each(|(value, valid)| println!("    {value} is {valid} there"));
        if agreement < 0.99 {
            failed.push(format!("{detector}: {agreement:.4}"));
        }
    }
    assert!(failed.is_empty(), "{failed:?}");
}

/// Published test values of numbers that the libraries do not have: the validator, the value, whether it is one.
const PUBLISHED: &[(&str, &str, bool)] = &[
    // HMRC, NIM39110.
    ("gb_nino", "AB123456C", true),
    ("gb_nino", "ab 12 34 56 c", true),
    ("gb_nino", "QQ123456C", false),
    ("gb_nino", "AO123456C", false),
    ("gb_nino", "TN123456C", false),
    ("gb_nino", "AB123456E", false),
    // CMS: the sample card, and the positions of the format.
    ("us_mbi", "1EG4-TE5-MK73", true),
    ("us_mbi", "1EG4TE5MK72", true),
    ("us_mbi", "0EG4TE5MK73", false),
    ("us_mbi", "1EG4TE5SK73", false),
    ("us_mbi", "1EG4TE5MK7A", false),
    // CMS, "NPI check digit": the worked example.
    ("us_npi", "1234567893", true),
    ("us_npi", "1234567890", false),
    // The worked example of the DEA's formula.
    ("us_dea", "AB1234563", true),
    ("us_dea", "AB1234565", false),
    ("us_dea", "IB1234563", false),
    // 49 CFR 565: the check sign, worked through in the literature of ISO 3779; seventeen ones pass by design.
    ("vin", "1M8GDM9AXKP042788", true),
    ("vin", "5GZCZ43D13S812715", true),
    ("vin", "1M8GDM9AYKP042788", false),
    ("vin", "1M8GDM9AXKPO42788", false),
    // ICA's letters, by worked examples of each series.
    ("sg_nric", "S1234567D", true),
    ("sg_nric", "T1234567J", true),
    ("sg_nric", "F1234567N", true),
    ("sg_nric", "G1234567X", true),
    ("sg_nric", "M1234567K", true),
    ("sg_nric", "S1234567A", false),
    // AIHW METeOR 270101: weights 1, 3, 7, 9.
    ("au_medicare", "2123456701", true),
    ("au_medicare", "2123 45670 1/2", true),
    ("au_medicare", "2123456711", false),
    ("au_medicare", "7123456701", false),
    // BIP 173 and BIP 350.
    ("bitcoin", "BC1QW508D6QEJXTDG4Y5R3ZARVARY0C5XW7KV8F3T4", true),
    ("bitcoin", "bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqzk5jj0", true),
    ("bitcoin", "bc1pw508d6qejxtdg4y5r3zarvary0c5xw7kw508d6qejxtdg4y5r3zarvary0c5xw7kt5nd6y", true),
    ("bitcoin", "BC1SW50QGDZ25J", true),
    ("bitcoin", "bc1zw508d6qejxtdg4y5r3zarvaryvaxxpcs", true),
    ("bitcoin", "bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqh2y7hd", false),
    ("bitcoin", "BC1S0XLXVLHEMJA6C4DQV22UAPCTQUPFHLXM9H8Z3K2E72Q4K9HCZ7VQ54WELL", false),
    ("bitcoin", "bc1p38j9r5y49hruaue7wxjce0updqjuyyx0kh56v8s25huc6995vvpql3jow4", false),
    ("bitcoin", "BC130XLXVLHEMJA6C4DQV22UAPCTQUPFHLXM9H8Z3K2E72Q4K9HCZ7VQ7ZWS8R", false),
    ("bitcoin", "bc1pw5dgrnzv", false),
    ("bitcoin", "bc1gmk9yu", false),
    ("bitcoin", "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa", true),
    ("bitcoin", "3J98t1WpEZ73CNmQviecrnyiWrnqRhWNLy", true),
    // EIP-55.
    ("ethereum", "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed", true),
    ("ethereum", "0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359", true),
    ("ethereum", "0xdbF03B407c01E7cD3CBea99509d93f8DDDC8C6FB", true),
    ("ethereum", "0xD1220A0cf47c7B9Be7A2E6BA89F429762e7b9aDb", true),
    ("ethereum", "0x52908400098527886E0F7030069857D2E4169EE7", true),
    ("ethereum", "0xde709f2102306220921060314715629080e2fb77", true),
    ("ethereum", "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAeD", false),
    // Hungary, law XX of 1996: both sets of weights.
    ("hu_szemelyi_szam", "18001010007", true),
    ("hu_szemelyi_szam", "18001010008", false),
    // RFC 7519 section 3.1 and RFC 7515 appendix A.
    (
        "jwt",
        "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk",
        true,
    ),
    (
        "jwt",
        "eyJhbGciOiJub25lIn0.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.",
        true,
    ),
    ("jwt", "dBjftJeZ4CVP.mB92K27uhbUJU1p1r.wW1gFWFOEjXk", false),
];

#[test]
fn published_test_values_agree() {
    for (name, value, valid) in PUBLISHED {
        let validate = validate::by_name(name).expect("a known validator");
        assert_eq!(is_valid(validate, value), *valid, "{name} {value}");
    }
    let marks = |name: &str, value: &str| match validate::by_name(name).expect("known")(value.as_bytes()) {
        Verdict::Valid { marks, .. } => marks,
        Verdict::Invalid(why) => panic!("{name} refuses {value}: {why}"),
    };
    assert_eq!(marks("gb_nhs", "999 000 0018"), Marks::TEST, "the NHS keeps 999 for tests");
    assert_eq!(marks("fi_hetu", "131052-924N"), Marks::TEST, "900 and on are for tests");
    assert_eq!(marks("br_cpf", "111.111.111-11"), Marks::PLACEHOLDER);
    assert_eq!(marks("in_pan", "ACUPA7085R"), Marks::default());
    assert_eq!(marks("in_pan", "ACUCA7085R"), Marks::ROLE, "a company");
    assert_eq!(marks("pt_nif", "501964843"), Marks::ROLE, "a company");
    assert_eq!(marks("access_key", "AKIAIOSFODNN7EXAMPLE"), Marks::TEST, "written by documentation");
    assert_eq!(marks("mac", "ff:ff:ff:ff:ff:ff"), Marks::PLACEHOLDER);
}

/// A licence number of each state, in the shape that it prints today.
const LICENCES: &[(&str, &str)] = &[
    ("AL", "1234567"),
    ("AK", "1234567"),
    ("AZ", "D12345678"),
    ("AR", "912345678"),
    ("CA", "D1234567"),
    ("CO", "94-123-4567"),
    ("CT", "123456789"),
    ("DE", "1234567"),
    ("DC", "1234567"),
    ("FL", "F255-921-50-094-0"),
    ("GA", "123456789"),
    ("HI", "H12345678"),
    ("ID", "AB123456C"),
    ("IL", "D400-7836-0001"),
    ("IN", "1234-56-7890"),
    ("IA", "123AB4567"),
    ("KS", "K12-34-5678"),
    ("KY", "D12-345-678"),
    ("LA", "123456789"),
    ("ME", "1234567"),
    ("MD", "M-123-456-789-012"),
    ("MA", "S99994942"),
    ("MI", "D 123 456 789 012"),
    ("MN", "D123456789012"),
    ("MS", "123-45-6789"),
    ("MO", "D123456789"),
    ("MT", "1234567890123"),
    ("NE", "D12345678"),
    ("NV", "1234567890"),
    ("NH", "12ABC34567"),
    ("NJ", "D1234 56789 01234"),
    ("NM", "123456789"),
    ("NY", "123 456 789"),
    ("NC", "123456789012"),
    ("ND", "ABC-12-3456"),
    ("OH", "AB123456"),
    ("OK", "D123456789"),
    ("OR", "1234567"),
    ("PA", "12 345 678"),
    ("RI", "1234567"),
    ("SC", "12345678901"),
    ("SD", "12345678"),
    ("TN", "123456789"),
    ("TX", "12345678"),
    ("UT", "123456789"),
    ("VT", "12345678"),
    ("VA", "D12345678"),
    ("WA", "WDLABCD456DG"),
    ("WV", "D123456"),
    ("WI", "D123-4567-8901-23"),
    ("WY", "123456-789"),
];

#[test]
fn licences_of_all_states() {
    let validate = validate::by_name("us_driver_license").expect("known");
    let states: std::collections::BTreeSet<&str> = LICENCES.iter().map(|(state, _)| *state).collect();
    assert_eq!(states.len(), 51, "every state and the District");
    for (state, number) in LICENCES {
        assert!(is_valid(validate, number), "{state} {number}");
    }
    for wrong in
        ["12345", "ABCDEFG", "12345678901234567890", "A1B2C3D4E5", "D12345678901234567", "D_1234567", "D1", "active"]
    {
        assert!(!is_valid(validate, wrong), "{wrong}");
    }
}
