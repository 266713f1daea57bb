//! No personal value leaves a scan. Values of every kind are planted in every kind of place; then everything that was
//! written or said is decoded (a search through compressed pages finds nothing and proves nothing) and searched for the
//! values, as they stood and in their canonical forms.
//!
//! The one exception is the place itself: an object's URI and path say what the operator's files are called.

use crate::program::{Ended, Home};
use flate2::Compression;
use flate2::read::MultiGzDecoder;
use flate2::write::GzEncoder;
use parquet::data_type::AsBytes;
use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::record::{Field, Row};
use rollcall::generate::{CorpusSpec, corpus};
use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;

/// Everything that was written or said: where, and the bytes.
#[derive(Default)]
struct Said {
    places: BTreeMap<String, Vec<u8>>,
}

impl Said {
    fn add(&mut self, place: impl Into<String>, bytes: impl AsRef<[u8]>) {
        let text = self.places.entry(place.into()).or_default();
        text.extend_from_slice(bytes.as_ref());
        text.push(b'\n');
    }

    fn run(&mut self, what: &str, ended: &Ended) {
        self.add(format!("{what}: stdout"), &ended.out);
        self.add(format!("{what}: stderr"), &ended.err);
    }

    /// Every file below a folder, Parquet taken apart to its cells and statistics.
    fn folder(&mut self, folder: &Path) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                self.folder(&path);
                continue;
            }
            let name = path.display().to_string();
            self.add(format!("{name}: raw"), std::fs::read(&path).unwrap());
            if path.extension().is_some_and(|e| e == "parquet") {
                self.parquet(&path);
            }
        }
    }

    fn parquet(&mut self, path: &Path) {
        let table = path.parent().unwrap().file_name().unwrap().to_str().unwrap().to_string();
        let reader = SerializedFileReader::new(std::fs::File::open(path).unwrap()).unwrap();
        let metadata = reader.metadata();
        for pair in metadata.file_metadata().key_value_metadata().into_iter().flatten() {
            self.add(format!("{table}: metadata"), format!("{}={:?}", pair.key, pair.value));
        }
        for group in metadata.row_groups() {
            for column in group.columns() {
                let Some(statistics) = column.statistics() else { continue };
                let place = format!("{table}.{}: statistics", column.column_path().string());
                for bytes in [statistics.min_bytes_opt(), statistics.max_bytes_opt()].into_iter().flatten() {
                    self.add(place.clone(), bytes);
                }
            }
        }
        for row in reader.get_row_iter(None).unwrap() {
            self.row(&table, &row.unwrap());
        }
    }

    fn row(&mut self, place: &str, row: &Row) {
        for (name, field) in row.get_column_iter() {
            self.field(&format!("{place}.{name}"), field);
        }
    }

    fn field(&mut self, place: &str, field: &Field) {
        match field {
            Field::Null => {}
            Field::Str(text) => self.add(place, text),
            Field::Bytes(bytes) => self.add(place, bytes.as_bytes()),
            Field::Group(row) => self.row(place, row),
            Field::ListInternal(list) => list.elements().iter().for_each(|field| self.field(place, field)),
            other => self.add(place, other.to_string()),
        }
    }

    /// The places at which a value stands, in any of its forms.
    fn places_of(&self, value: &str) -> Vec<String> {
        let forms = forms(value);
        let hit = |bytes: &[u8]| {
            let text = bytes.to_ascii_lowercase();
            forms.iter().any(|form| memchr::memmem::find(&text, form).is_some())
        };
        self.places.iter().filter(|(_, bytes)| hit(bytes)).map(|(place, _)| place.clone()).collect()
    }
}

/// A value as it stands, and as a careless program would keep it: folded, its digits alone, percent-encoded, in hex.
fn forms(value: &str) -> Vec<Vec<u8>> {
    let lower = value.to_lowercase();
    let mut forms = vec![lower.clone().into_bytes()];
    let digits: String = value.chars().filter(char::is_ascii_digit).collect();
    if digits.len() >= 7 {
        forms.push(digits.into_bytes());
    }
    let encoded: String = lower
        .bytes()
        .map(|b| if b.is_ascii_alphanumeric() { char::from(b).to_string() } else { format!("%{b:02x}") })
        .collect();
    forms.push(encoded.into_bytes());
    forms.push(lower.bytes().map(|b| format!("{b:02x}")).collect::<String>().into_bytes());
    if let Some((day, rest)) = lower.split_once('/').filter(|_| lower.len() == 10)
        && let Some((month, year)) = rest.split_once('/')
    {
        forms.push(format!("{year}-{day}-{month}").into_bytes());
    }
    forms
}

/// What is planted; none of it is anybody's.
const PLANTED: &[&str] = &[
    // A table.
    "Zebulonia",
    "Quartermaine",
    "zebulonia.q77@plantmail.example",
    "536-22-8417",
    "(415) 732-8841",
    "4817 Wexcombe Hollow Road",
    "03/29/1971",
    "Tr0ub4dor&Zeb!x",
    "4539 5787 6362 1486",
    "F5528841",
    "CUST-99812-ZQ",
    "X63107927",
    "DE89 3704 0044 0532 0130 00",
    "Wexcombeville",
    // Names of members of a tree.
    "vortigern.blackwood@plantmail.example",
    "219-09-9931",
    "+44 20 7946 0958",
    "Vortigern",
    "Blackwoode",
    // A table without a header.
    "Hepzibah",
    "Nightingale-Foss",
    "hepzibah.n@plantmail.example",
    "415-732-9907",
    // A mail.
    "Theodosia",
    "Winterbourne",
    "theodosia.w@plantmail.example",
    "Corvinus",
    "corvinus.a@plantmail.example",
    // A log.
    "ozymandias.k",
    "Xyzzy-9981-plugh",
    "203.0.113.77",
    "hunter2-Plugh",
    "melchior.t@plantmail.example",
    // Broken files.
    "persephone.v@plantmail.example",
    "Persephone",
    "ladislaus.o@plantmail.example",
    "4716 9823 4417 2905",
    "aurelian.z@plantmail.example",
];

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn plant(home: &Home) {
    let header = "customer_id,first_name,last_name,email,ssn,phone,street,city,state,zip,birth_date,password,card_number,cvv,driver_license,passport,iban\n";
    let row = "CUST-99812-ZQ,Zebulonia,Quartermaine,zebulonia.q77@plantmail.example,536-22-8417,(415) 732-8841,4817 Wexcombe Hollow Road,Wexcombeville,CA,94117,03/29/1971,Tr0ub4dor&Zeb!x,4539 5787 6362 1486,837,F5528841,X63107927,DE89 3704 0044 0532 0130 00\n";
    home.file("crm/people.csv", format!("{header}{row}"));
    home.file("crm/people.csv.gz", gzip(format!("{header}{row}").as_bytes()));
    home.file(
        "tree/by-mail.json",
        r#"{"people": {"vortigern.blackwood@plantmail.example": {"name": "Vortigern Blackwoode", "phone": "+44 20 7946 0958",
            "219-09-9931": {"email": "vortigern.blackwood@plantmail.example"}}}}"#,
    );
    let lines = "Hepzibah,Nightingale-Foss,hepzibah.n@plantmail.example,415-732-9907\nJoan,Miller,joan.m@shop.example,415-732-9908\nCarl,Weber,carl.w@shop.example,415-732-9909\n";
    home.file("lists/headerless.csv", lines);
    home.file(
        "mail/ticket.eml",
        "From: Theodosia Winterbourne <theodosia.w@plantmail.example>\r\nTo: Corvinus <corvinus.a@plantmail.example>\r\nSubject: my card 4539 5787 6362 1486\r\nDate: Tue, 3 Mar 2026 10:00:00 +0000\r\nMessage-ID: <1@plantmail.example>\r\n\r\nPlease call (415) 732-8841.\r\nTheodosia Winterbourne\r\n",
    );
    home.file(
        "logs/app.log",
        "2026-03-03T10:00:00Z INFO login user=ozymandias.k password=Xyzzy-9981-plugh ip=203.0.113.77\n2026-03-03T10:00:01Z WARN url=https://ozymandias.k:hunter2-Plugh@host.example/x?email=melchior.t%40plantmail.example\n2026-03-03T10:00:02Z WARN mail melchior.t@plantmail.example bounced\n",
    );
    // Files whose faults an error text may be tempted to quote.
    home.file("broken/bad.json", "{\"email\": \"persephone.v@plantmail.example\", \"name\" \"Persephone\" oops]\n");
    home.file(
        "broken/quote.csv",
        "name,email\n\"Persephone,persephone.v@plantmail.example\nx,\"y\"z,persephone.v@plantmail.example\n",
    );
    let mut cut = gzip("email,card\nladislaus.o@plantmail.example,4716 9823 4417 2905\n".repeat(500).as_bytes());
    cut.truncate(cut.len() / 2);
    home.file("broken/cut.csv.gz", cut);
    home.file(
        "broken/long.json",
        format!("[\"aurelian.z@plantmail.example {}\"]", "aurelian.z@plantmail.example ".repeat(200_000)),
    );
    home.file("broken/picture.png", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR persephone.v@plantmail.example");
}

#[test]
fn no_planted_value_leaves_a_scan() {
    let home = Home::new();
    plant(&home);
    let mut said = Said::default();
    let mut go = |what: &str, args: &[&str], codes: &[i32]| {
        let ended = home.run(args);
        assert!(codes.contains(&ended.code), "{what} ended with {}: {}", ended.code, ended.said());
        said.run(what, &ended);
    };
    let rules = ["--customer-id", "crm=crm/people*#customer_id", "--own-domain", "plantmail.example"];
    let with = |args: &[&'static str]| [args, &rules[..2]].concat();
    go("scan", &with(&["scan", "data", "--findings", "found.ndjson"]), &[3]);
    go("scan again", &with(&["scan", "data", "--json"]), &[3]);
    go("scan with other settings", &[&["scan", "data", "--json"], &rules[..]].concat(), &[3]);
    go("link", &["link"], &[0]);
    go("show", &["inventory", "show", "--digest"], &[3]);
    go("show as JSON", &["inventory", "show", "--json"], &[3]);
    go("check", &["inventory", "check"], &[3]);
    go("scope", &["scope", "--leak", "**", "--out", "answer", "--damages", "--discovered", "2026-03-01"], &[3]);
    go("scope as JSON", &["scope", "--leak", "crm/*", "--json"], &[0]);
    for who in
        ["zebulonia.q77@plantmail.example", "536-22-8417", "4539 5787 6362 1486", "CUST-99812-ZQ", "(415) 732-8841"]
    {
        go("who", &["who", who], &[0]);
        go("who as JSON", &["who", who, "--json"], &[0]);
    }
    // Errors: a person nobody knows, a kind that is none, a text that is no identifier.
    go("unknown", &["who", "persephone.unknown@plantmail.example"], &[2]);
    go("no kind", &["who", "zebulonia.q77@plantmail.example", "--kind", "SHOE"], &[2]);
    go("no identifier", &["who", "Persephone", "--kind", "SSN"], &[2]);
    go("detector", &["detectors", "test", "us/ssn", "ssn 536-22-8417"], &[0]);
    // All of every file, explained; and a value that is allowed.
    for file in [
        "crm/people.csv",
        "crm/people.csv.gz",
        "tree/by-mail.json",
        "lists/headerless.csv",
        "mail/ticket.eml",
        "logs/app.log",
        "broken/bad.json",
        "broken/quote.csv",
        "broken/cut.csv.gz",
    ] {
        for place in [format!("data/{file}:2"), format!("data/{file}:bytes 0-100000")] {
            go(&format!("explain {place}"), &["detectors", "explain", &place], &[0, 2]);
            go(&format!("explain {place} as JSON"), &["detectors", "explain", &place, "--json"], &[0, 2]);
        }
    }
    go("explain a picture", &["detectors", "explain", "data/broken/picture.png:1"], &[2]);
    for (value, kind) in [("zebulonia.q77@plantmail.example", "EMAIL"), ("536-22-8417", "SSN"), ("Persephone", "SSN")] {
        let why = ["--reason", "a test", "--expires", "9999-12-31"];
        go(
            "allow",
            &[&["detectors", "allow", value, "--kind", kind, "--config", "own.toml"], &why[..]].concat(),
            &[0, 2],
        );
    }
    go("scan with an allow list", &["scan", "data", "--config", "own.toml"], &[3]);
    go("explain what is allowed", &["detectors", "explain", "data/crm/people.csv:2", "--config", "own.toml"], &[0]);
    said.add("own.toml", std::fs::read(home.path("own.toml")).unwrap());
    let found = std::fs::read(home.path("found.ndjson")).unwrap();
    assert!(found.len() > 1000);
    said.add("found.ndjson", found);
    said.folder(&home.inventory());
    said.folder(&home.path("answer"));
    assert!(said.places.len() > 60, "only {} places were searched", said.places.len());
    assert!(
        said.places.contains_key("mentions.tokens.list")
            || said.places.keys().any(|p| p.starts_with("mentions.tokens"))
    );

    let key = std::fs::read_to_string(home.path("key")).unwrap();
    let values = PLANTED.iter().copied().chain(["persephone.unknown@plantmail.example", key.trim()]);
    let leaked: Vec<String> = values
        .filter_map(|value| {
            let places = said.places_of(value);
            (!places.is_empty()).then(|| format!("{value}: {}", places.join(", ")))
        })
        .collect();
    assert!(leaked.is_empty(), "{}", leaked.join("\n"));
}

/// The search above can fail: what stands in a file's name stands in its URI, and is found there.
#[test]
fn the_search_sees_what_is_there() {
    let home = Home::new();
    home.file("exports/Perpetua.v@plantmail.example.csv", "name,email\nJoan Miller,joan.m@shop.example\n");
    home.line("scan data -q").exits(0);
    let mut said = Said::default();
    said.folder(&home.inventory());
    let places = said.places_of("perpetua.v@plantmail.example");
    for place in ["objects.uri", "objects.path"] {
        assert!(places.iter().any(|p| p == place), "not found in {place}: {places:?}");
    }
    let elsewhere: Vec<&String> = places
        .iter()
        .filter(|p| !p.starts_with("objects.uri") && !p.starts_with("objects.path") && !p.ends_with(": raw"))
        .collect();
    assert!(elsewhere.is_empty(), "a URI stands where none should: {elsewhere:?}");
    assert!(said.places_of("joan.m@shop.example").is_empty());
    // And each form of a value.
    let mut forms = Said::default();
    for (place, text) in [
        ("digits", "x 4539578763621486 y"),
        ("case", "ZEBULONIA"),
        ("percent", "zebulonia%2Eq77%40plantmail%2Eexample"),
        ("iso date", "1971-03-29"),
    ] {
        forms.add(place, text);
    }
    for (value, place) in [
        ("4539 5787 6362 1486", "digits"),
        ("Zebulonia", "case"),
        ("zebulonia.q77@plantmail.example", "percent"),
        ("03/29/1971", "iso date"),
    ] {
        assert!(forms.places_of(value).iter().any(|p| p == place), "{value} is not seen as {place}");
    }
}

/// The measuring commands handle the values of a whole corpus, and say none of them.
#[test]
fn no_value_leaves_a_bench() {
    let home = Home::new();
    let estate = home.path("estate");
    corpus(&CorpusSpec::new(25, 5), &estate).unwrap();
    let args = ["bench", "estate", "--keep", "kept", "--misses", "misses.json"];
    let mut said = Said::default();
    said.run("bench", &home.run(args).exits(0));
    said.add("misses.json", std::fs::read(home.path("misses.json")).unwrap());
    said.folder(&home.path("kept"));
    let file = std::fs::File::open(estate.join("truth.csv.gz")).unwrap();
    let text = std::io::read_to_string(MultiGzDecoder::new(file)).unwrap();
    let mut searched = 0;
    let mut leaked = Vec::new();
    let mut values: Vec<String> = csv::Reader::from_reader(text.as_bytes())
        .records()
        .map(Result::unwrap)
        // Towns and first names are words of many texts; what tells one person from another is not.
        .filter(|r| ["EMAIL", "PAN", "SSN", "STREET", "PASSWORD", "PHONE"].contains(&&r[2]) && r[6].len() >= 9)
        .map(|r| r[6].to_string())
        .collect();
    values.sort();
    values.dedup();
    for value in values {
        let places = said.places_of(&value);
        searched += 1;
        if !places.is_empty() {
            leaked.push(format!("{value}: {}", places.join(", ")));
        }
    }
    assert!(searched > 100, "only {searched} values were looked for");
    assert!(leaked.is_empty(), "{}", leaked.join("\n"));
}

/// Credentials do not belong into addresses, which are kept with every object: they are refused, and not repeated.
#[test]
fn no_credential_of_an_address_is_kept_or_said() {
    const SECRET: &str = "Zebr4-Quartz-9917";
    let none: &[(&str, &str)] = &[];
    type Environment<'a> = &'a [(&'a str, &'a str)];
    let cases: &[(&str, Environment<'_>, i32)] = &[
        ("scan data --endpoint https://user:SECRET@host.example", none, 2),
        ("scan data --endpoint https://:SECRET@host.example", none, 2),
        ("scan data --endpoint https://SECRET@host.example", none, 2),
        ("scan data --endpoint https://user:SECRET@", none, 2),
        ("scan data --endpoint user:SECRET@host.example", none, 2),
        ("scan s3://bucket --endpoint https://host.example/?sig=SECRET", none, 2),
        ("scan s3://bucket --endpoint https://host.example/#SECRET", none, 2),
        ("scan s3://key:SECRET@bucket/x", none, 2),
        ("scan s3://SECRET@bucket/x", none, 2),
        ("scan gs://key:SECRET@bucket", none, 2),
        ("scan az://box:SECRET@account/x", none, 2),
        ("scan az://box%3ASECRET@account/x", none, 2),
        ("scan az://box%3aSECRET/x", none, 2),
        ("scan s3://key%3ASECRET%40bucket/x", none, 2),
        ("scan az://box@account/x?sv=2023&sig=SECRET", none, 2),
        ("scan s3://bucket/x?versionId=1&X-Amz-Signature=SECRET", none, 2),
        ("scan s3://bucket --listing-from s3://key:SECRET@bucket/manifest.json", none, 2),
        ("scan s3://bucket --attempts 1", &[("AWS_ENDPOINT_URL", "http://user:SECRET@127.0.0.1:1")], 2),
        ("scan s3://bucket --attempts 1", &[("AWS_ENDPOINT_URL_S3", "http://:SECRET@127.0.0.1:1")], 2),
        ("scan az://box@account/x", &[("AZURE_STORAGE_ENDPOINT", "http://user:SECRET@127.0.0.1:1")], 2),
        ("scan az://box@account/x", &[("AZURE_STORAGE_ENDPOINT", "http://127.0.0.1:1/?sig=SECRET")], 2),
        ("scan gs://bucket", &[("STORAGE_EMULATOR_HOST", "user:SECRET@127.0.0.1:1")], 2),
        ("refresh s3://key:SECRET@bucket", none, 2),
        ("refresh az://box/x?sig=SECRET", none, 2),
        ("refresh --objects list", none, 3),
        ("scope --leak s3://key:SECRET@bucket/x --out answer", none, 2),
        ("scope --leak az://box/x?sv=1&sig=SECRET --out answer", none, 2),
    ];
    for (line, environment, code) in cases {
        let home = Home::new();
        home.file("a.csv", "name,email\nJoan Miller,joan.m@shop.example\n");
        home.line("scan data -q").exits(0);
        std::fs::write(home.path("list"), format!("s3://key:{SECRET}@bucket/x\naz://box/x?sig={SECRET}\n")).unwrap();
        let mut command = home.command(line.replace("SECRET", SECRET).split_whitespace());
        for (name, _) in
            std::env::vars().filter(|(n, _)| ["AWS_", "AZURE_", "GOOGLE_"].iter().any(|p| n.starts_with(p)))
        {
            command.env_remove(name);
        }
        command.env("AWS_EC2_METADATA_DISABLED", "true").env("AWS_REGION", "us-east-1");
        command.env("AWS_ACCESS_KEY_ID", "test").env("AWS_SECRET_ACCESS_KEY", "test");
        command.env("AZURE_STORAGE_ACCOUNT_KEY", "AAAA").env("GOOGLE_BEARER_TOKEN", "testing");
        command.envs(environment.iter().map(|(name, value)| (*name, value.replace("SECRET", SECRET))));
        let ended = crate::program::ended(&mut command);
        assert_eq!(ended.code, *code, "{line}: {}", ended.said());
        let mut said = Said::default();
        said.run(line, &ended);
        said.folder(&home.inventory());
        if home.path("answer").exists() {
            said.folder(&home.path("answer"));
        }
        let places: Vec<String> = said.places_of(SECRET);
        assert!(places.is_empty(), "{line}: {}\n{}", places.join(", "), ended.said());
        assert!(*code != 2 || !ended.err.contains("connection"), "{line}: something was asked: {}", ended.err);
    }
}
