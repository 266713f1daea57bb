//! What only S3 has, and what stores do that they should not.

use super::{Scanned, anonymous, wire};
use crate::program::Home;
use crate::store_server::StoreServer;
use crate::store_server::content::{Content, Memory};
use crate::store_server::face::{Face, OTHER_REGION};
use crate::store_server::fault::{Fault, Operation, Seen};
use rollcall::model::gap::Gap;
use rollcall::model::object::Status;
use rollcall::source::{Filter, FilterRules, Listing, Source, SourceOptions, Versions};
use std::collections::BTreeSet;
use std::io::Write;
use std::sync::Arc;

const TEXT: &str = "email\npaula.dray@mailhaus.example\n";

fn open(server: &StoreServer, spec: &str) -> Source {
    Source::open(spec, &anonymous(&server.url())).unwrap()
}

/// What a listing says: URIs of objects, and problems.
fn listed(source: &Source) -> (Vec<String>, Vec<Gap>) {
    let (mut uris, mut gaps) = (Vec::new(), Vec::new());
    for listing in source.list(&[]) {
        match listing {
            Listing::Object(object) => uris.push(object.uri),
            Listing::Problem { gap, .. } => gaps.push(gap),
        }
    }
    (uris, gaps)
}

fn gap_of(server: &StoreServer, fault: Fault) -> Gap {
    server.faults(Box::new(move |seen: &Seen| (seen.operation == Operation::Get).then_some(fault)));
    let scanned = Scanned::of(open(server, "s3://data"), 1);
    server.no_faults();
    let rows = scanned.objects();
    assert_eq!((rows.len(), rows[0].status), (1, Status::Failed));
    rows[0].gaps[0].clone()
}

#[test]
fn refusals_of_one_object_name_what_is_missing() {
    let server = StoreServer::with(Face::S3, "data", Memory::of([("a.csv", TEXT)]));
    for (fault, kind, words) in [
        (Fault::CustomerKey, "permission_denied", "SSE-C"),
        (Fault::KmsDenied, "permission_denied", "kms:Decrypt"),
        (Fault::KmsDisabled, "permission_denied", "disabled or gone (KMS)"),
        (Fault::Tiered, "archived", "s3:RestoreObject"),
    ] {
        let gap = gap_of(&server, fault);
        assert_eq!(gap.kind.code(), kind, "{fault:?}");
        assert!(gap.detail.contains(words) && !gap.detail.contains("arn:"), "{fault:?}: {gap:?}");
    }
}

#[test]
fn every_version_is_listed_over_many_pages() {
    let memory = Memory::new();
    for round in 0..7 {
        for n in 0..9 {
            memory.set(&format!("f{}/{n}.csv", n % 3), format!("{TEXT}{round}"));
        }
    }
    memory.delete("f1/4.csv").unwrap();
    (0..10).for_each(|_| memory.delete("f2/8.csv").unwrap());
    let server = StoreServer::with(Face::S3, "data", memory);
    let options = SourceOptions { versions: Versions::All, ..anonymous(&server.url()) };
    for page in [1, 2, 5, 1000] {
        server.page(page);
        let (uris, gaps) = listed(&Source::open("s3://data", &options).unwrap());
        assert_eq!(gaps, [], "pages of {page}");
        assert_eq!(uris.len(), 63, "pages of {page}");
        assert_eq!(uris.iter().collect::<BTreeSet<_>>().len(), 63, "pages of {page}");
        assert_eq!(uris.iter().filter(|uri| !uri.contains('?')).count(), 7);
    }
}

/// A home's run with keys, against a server.
fn run(server: &StoreServer, line: &str) -> crate::program::Ended {
    let home = Home::new();
    let mut command = home.command(line.split_whitespace());
    for (name, _) in std::env::vars().filter(|(n, _)| n.starts_with("AWS_")) {
        command.env_remove(name);
    }
    command.env("AWS_ENDPOINT_URL", server.url()).env("AWS_REGION", "us-east-1");
    command.env("AWS_ACCESS_KEY_ID", "testing").env("AWS_SECRET_ACCESS_KEY", "testing");
    crate::program::ended(&mut command)
}

#[test]
fn a_region_that_the_store_names_is_asked_from_then_on() {
    let memory = Memory::of([("a.csv", TEXT)]);
    let version = memory.page("", "", 1)[0].version;
    let server = StoreServer::with(Face::S3, "data", memory);
    for spec in ["s3://data".to_string(), format!("s3://data/a.csv?versionId={version}")] {
        server.reset_stats();
        // Once, as if the rest came from the other region; it is no fault that is repeated by itself.
        let plan = |seen: &Seen| {
            let is_asked = matches!(seen.operation, Operation::List | Operation::Head);
            (is_asked && seen.attempt == 0).then_some(Fault::WrongRegion)
        };
        server.faults(Box::new(plan));
        let said = run(&server, &format!("scan {spec} --json")).exits(0).json();
        assert_eq!(said["objects"]["complete"], 1);
        let regions = server.stats().regions;
        assert!(regions.contains("us-east-1") && regions.contains(OTHER_REGION), "{regions:?}");
    }
}

#[test]
fn who_pays_is_said_with_every_request() {
    let memory = Memory::of([("a.csv", TEXT.as_bytes().to_vec()), ("large.log", b"nothing here\n".repeat(1 << 20))]);
    memory.tag("a.csv", "team", "crm");
    let server = StoreServer::with(Face::S3, "data", memory);
    run(&server, "scan s3://data --tag team=crm --requester-pays -q").exits(0);
    run(&server, "scan s3://data --requester-pays -q").exits(0);
    let stats = server.stats();
    assert!(stats.requests.len() >= 4, "{stats:?}");
    assert_eq!(stats.paid, stats.requests.values().sum::<u64>(), "{stats:?}");
    server.reset_stats();
    run(&server, "scan s3://data -q").exits(0);
    assert_eq!(server.stats().paid, 0);
}

#[test]
fn an_object_without_a_size_is_no_empty_object() {
    let server = StoreServer::with(Face::S3, "data", Memory::of([("a.csv", TEXT)]));
    let source = open(&server, "s3://data");
    server.faults(Box::new(|seen: &Seen| (seen.operation == Operation::List).then_some(Fault::NoSize)));
    let (uris, gaps) = listed(&source);
    assert_eq!(uris, [] as [String; 0]);
    assert!(gaps[0].detail.contains("how large"), "{gaps:?}");
    server.faults(Box::new(|seen: &Seen| (seen.operation == Operation::Head).then_some(Fault::NoSize)));
    let Some((_, Listing::Problem { gap, .. })) = source.find("s3://data/a.csv") else {
        panic!("an object without a size")
    };
    assert!(gap.detail.contains("how large"), "{gap:?}");
    server.no_faults();
    assert!(matches!(source.find("s3://data/a.csv"), Some((_, Listing::Object(_)))));
}

#[test]
fn a_listing_out_of_order_and_one_without_end_are_told() {
    let keys = (0..30).map(|n| (format!("part-{:02}/{n:02}.csv", n / 5), TEXT));
    for face in [Face::S3, Face::Gcs] {
        let server = StoreServer::with(face, "data", Memory::of(keys.clone()));
        server.page(4);
        let source = open(&server, if face == Face::S3 { "s3://data" } else { "gs://data" });
        if face == Face::S3 {
            let plan = |seen: &Seen| (seen.operation == Operation::List).then_some(Fault::Disorder);
            server.faults(Box::new(plan));
            let (_, gaps) = listed(&source);
            assert!(gaps.iter().any(|gap| gap.detail.contains("order")), "{gaps:?}");
        }
        server.faults(Box::new(|seen: &Seen| (seen.operation == Operation::List).then_some(Fault::Circle)));
        let (_, gaps) = listed(&source);
        assert!(gaps.iter().any(|gap| gap.detail.contains("again and again")), "{gaps:?}");
        server.no_faults();
        assert_eq!(listed(&source).0.len(), 30);
    }
}

#[test]
fn an_object_whose_stream_fails_behind_its_last_byte_is_checked() {
    for (face, spec) in [(Face::S3, "s3://data"), (Face::Gcs, "gs://data")] {
        let text = format!("{TEXT}{}", ",a town by the sea\n".repeat(120_000));
        assert!((1 << 20..8 << 20).contains(&text.len()));
        let server = StoreServer::with(face, "data", Memory::of([("a.csv", text)]));
        let undisturbed = Scanned::of(open(&server, spec), 1);
        let source = open(&server, spec);
        let plan = |seen: &Seen| (seen.operation == Operation::Get && seen.attempt == 0).then_some(Fault::BrokenEnd);
        server.faults(Box::new(plan));
        let scanned = Scanned::of(source, 1);
        assert_eq!(server.stats().injected(), 1);
        assert_eq!(scanned.outcome.complete, 1, "{:?}", scanned.outcome.gaps);
        assert_eq!(scanned.objects()[0].content_hash, undisturbed.objects()[0].content_hash, "{face:?}: a wrong byte");
    }
}

#[test]
fn nothing_follows_a_store_that_sends_requests_elsewhere() {
    for (face, spec) in [(Face::S3, "s3://data"), (Face::Gcs, "gs://data")] {
        let server = StoreServer::with(face, "data", Memory::of([("a.csv", TEXT)]));
        let other = StoreServer::with(face, "data", Memory::of([("a.csv", TEXT)]));
        let source = open(&server, spec);
        let port = other.address().port();
        server.faults(Box::new(move |_: &Seen| Some(Fault::Redirect(port))));
        let (uris, gaps) = listed(&source);
        assert_eq!(uris, [] as [String; 0]);
        assert!(gaps[0].detail.contains("not followed"), "{gaps:?}");
        assert_eq!(other.stats().requests.values().sum::<u64>(), 0, "{face:?}: the other store was asked");
    }
}

#[test]
fn filters_hold_for_an_object_whose_bucket_may_not_be_listed() {
    let memory = Memory::of([("a.csv", TEXT)]);
    memory.class("a.csv", "STANDARD_IA");
    memory.tag("a.csv", "team", "crm");
    let server = StoreServer::with(Face::S3, "data", memory);
    server.faults(Box::new(|seen: &Seen| (seen.operation == Operation::List).then_some(Fault::Denied)));
    let count = |rules: FilterRules| {
        let options = SourceOptions { filter: Filter::new(rules).unwrap(), ..anonymous(&server.url()) };
        listed(&Source::open("s3://data/a.csv", &options).unwrap()).0.len()
    };
    let class = |class: &str| FilterRules { storage_classes: vec![class.to_string()], ..FilterRules::default() };
    let tag = |value: &str| FilterRules { tags: vec![("team".into(), value.into())], ..FilterRules::default() };
    assert_eq!((count(class("STANDARD_IA")), count(class("STANDARD"))), (1, 0));
    assert_eq!((count(tag("crm")), count(tag("other"))), (1, 0));
    assert_eq!(count(FilterRules::default()), 1);
}

/// The data file of a report, as Amazon writes it.
fn parquet_report(rows: &[(&str, i64, &str)]) -> Vec<u8> {
    use arrow_array::{ArrayRef, BooleanArray, Int64Array, RecordBatch, StringArray, TimestampMillisecondArray};
    let text = |of: &dyn Fn(&(&str, i64, &str)) -> String| {
        Arc::new(StringArray::from_iter_values(rows.iter().map(of))) as ArrayRef
    };
    let columns: Vec<(&str, ArrayRef)> = vec![
        ("bucket", text(&|_| "data".to_string())),
        ("key", text(&|row| row.0.to_string())),
        ("is_latest", Arc::new(BooleanArray::from(vec![true; rows.len()]))),
        ("is_delete_marker", Arc::new(BooleanArray::from(vec![false; rows.len()]))),
        ("size", Arc::new(Int64Array::from_iter_values(rows.iter().map(|row| row.1)))),
        ("last_modified_date", Arc::new(TimestampMillisecondArray::from(vec![1_767_225_601_000; rows.len()]))),
        ("e_tag", text(&|row| row.2.to_string())),
        ("storage_class", text(&|_| "STANDARD".to_string())),
    ];
    let batch = RecordBatch::try_from_iter(columns).unwrap();
    let mut writer = parquet::arrow::ArrowWriter::try_new(Vec::new(), batch.schema(), None).unwrap();
    writer.write(&batch).unwrap();
    writer.into_inner().unwrap()
}

fn manifest(format: &str, schema: &str, size: usize) -> String {
    serde_json::json!({
        "sourceBucket": "data", "destinationBucket": "arn:aws:s3:::data", "version": "2016-11-30", "fileFormat": format,
        "fileSchema": schema, "files": [{ "key": "report/1", "size": size, "MD5checksum": "00" }],
    })
    .to_string()
}

#[test]
fn a_report_may_be_parquet_and_its_lines_have_an_end() {
    let keys = ["in/a b&c.csv", "in/plus+.csv", "in/z.csv", "out/x.csv"];
    let memory = Memory::of(keys.map(|key| (key, format!("{TEXT}{key}\n"))));
    let entries = memory.page("", "", 10);
    let server = StoreServer::with(Face::S3, "data", memory.clone());
    let options = SourceOptions {
        listing_from: Some("s3://data/report/manifest.json".to_string()),
        wire: wire(),
        ..anonymous(&server.url())
    };
    let rows: Vec<(&str, i64, &str)> =
        entries.iter().map(|e| (e.key.as_str(), e.size as i64, e.etag.as_str())).collect();
    let data = parquet_report(&rows);
    memory.set("report/manifest.json", manifest("Parquet", "message s3.inventory {}", data.len()));
    memory.set("report/1", data);
    let by_report = Scanned::of(Source::open("s3://data/in", &options).unwrap(), 2);
    let by_listing = Scanned::of(open(&server, "s3://data/in"), 2);
    assert_eq!(by_report.outcome.complete, 3, "{:?}", by_report.outcome.gaps);
    assert_eq!(by_report.digest(), by_listing.digest());

    // A line without end, which packs well.
    let mut gz = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    let piece = vec![b'x'; 1 << 20];
    (0..64).for_each(|_| gz.write_all(&piece).unwrap());
    let data = gz.finish().unwrap();
    memory.set("report/manifest.json", manifest("CSV", "Bucket, Key, Size", data.len()));
    memory.set("report/1", data);
    let (uris, gaps) = listed(&Source::open("s3://data/in", &options).unwrap());
    assert_eq!(uris, [] as [String; 0]);
    assert!(gaps[0].detail.contains("a line of it is longer"), "{gaps:?}");
}
