//! Buckets: what a scan of one says, against moto.

use crate::inside::digest_anywhere;
use crate::moto::Moto;
use crate::program::{Ended, Home, copy_tree, ended};
use rollcall::generate::{CorpusSpec, corpus};
use rollcall::model::rows::Tables;
use std::collections::BTreeMap;
use std::io::Write;

const NDJSON: &str = "{\"name\":\"Ada Doe\",\"email\":\"ada.doe@example.org\",\"ssn\":\"219-09-9999\"}\n";

/// Runs the program against a store, with credentials that are made up.
fn run(home: &Home, moto: &Moto, line: &str) -> Ended {
    let mut command = home.command(line.split_whitespace());
    for name in ["AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_REGION", "AWS_DEFAULT_REGION", "AWS_ENDPOINT_URL_S3"] {
        command.env_remove(name);
    }
    command.env("AWS_ENDPOINT_URL", moto.url()).env("AWS_EC2_METADATA_DISABLED", "true");
    ended(command.env("AWS_ACCESS_KEY_ID", "test").env("AWS_SECRET_ACCESS_KEY", "test").env("AWS_REGION", "us-east-1"))
}

/// The live objects: URI to version, status and kinds of gap.
fn objects(home: &Home) -> BTreeMap<String, (String, &'static str, Vec<String>)> {
    let mut found = BTreeMap::new();
    let read = home.snapshot().objects(false, &mut |row| {
        let gaps = row.gaps.iter().map(|g| g.kind.code().to_string()).collect();
        found.insert(row.object.uri, (row.object.version, row.status.code(), gaps));
        Ok(())
    });
    read.unwrap();
    found
}

#[test]
fn a_bucket_says_what_its_folder_says() {
    let Some(moto) = Moto::start() else { return };
    let dir = tempfile::tempdir().unwrap();
    corpus(&CorpusSpec::new(25, 12), dir.path()).unwrap();
    let folder = Home::new();
    let is_answer = |path: &std::path::Path| {
        let name = path.file_name().unwrap().to_str().unwrap();
        ["truth.csv.gz", "links.csv.gz", "manifest.json", "rollcall.toml"].contains(&name)
    };
    copy_tree(dir.path(), &folder.data(), &|path| !is_answer(path));
    // Larger than a request's head, so that it comes in several ranges; and an empty one.
    let mut log = Vec::new();
    for i in 0..160_000 {
        writeln!(log, "2026-11-20T10:00:00Z INFO request {i:06} took {} ms and went to another place", i % 97).unwrap();
        if i % 20_000 == 0 {
            writeln!(log, "user=person{i}@example.org signed in").unwrap();
        }
    }
    assert!(log.len() > 10 << 20);
    folder.file("large.log", &log);
    folder.file("empty.csv", "");
    std::fs::copy(dir.path().join("rollcall.toml"), folder.path("rollcall.toml")).unwrap();
    moto.put_tree(&folder.data(), "estate/");
    moto.put("estate-of-others/a.ndjson", NDJSON.as_bytes());

    let by_folder = folder.line("scan data --json").exits(0).json();
    let bucket = Home::new();
    std::fs::copy(dir.path().join("rollcall.toml"), bucket.path("rollcall.toml")).unwrap();
    let by_bucket = run(&bucket, &moto, "scan s3://bucket/estate --json").exits(0).json();
    for what in ["objects", "records", "mentions", "bytes_read", "findings"] {
        assert_eq!(by_folder[what], by_bucket[what], "{what}");
    }
    assert_eq!(digest_anywhere(&folder.snapshot()), digest_anywhere(&bucket.snapshot()));
    assert!(objects(&bucket).keys().all(|uri| uri.starts_with("s3://bucket/estate/")));

    // A second scan finds nothing new, and reads nothing.
    let again = run(&bucket, &moto, "scan s3://bucket/estate/ --json").exits(0).json();
    assert_eq!(again["bytes_read"], 0);
    assert_eq!(again["objects"]["unchanged"], by_bucket["objects"]["complete"].as_u64().unwrap());
    // One object is a source of its own, and keeps its URI.
    let one = run(&bucket, &moto, "scan s3://bucket/estate/empty.csv --json").exits(0).json();
    assert_eq!(one["objects"]["unchanged"], 1);
    // Questions work on URIs.
    run(&bucket, &moto, "scope --leak s3://bucket/estate/crm/** --json --discovered 2026-11-20").exits(0);
    let new = run(&bucket, &moto, "scope --leak s3://bucket/estate-of-others/a.ndjson --json").exits(0).json();
    // The person in it is one made up for tests, and says so.
    assert_eq!(
        new["populations"][0]["people"]["certain"], 1,
        "a named object that was never scanned is scanned: {new}"
    );
    let explained = run(&bucket, &moto, "detectors explain s3://bucket/estate-of-others/a.ndjson:1").exits(0);
    assert!(explained.out.contains("us/ssn"), "{}", explained.out);
    let who = run(&bucket, &moto, "who ada.doe@example.org --json").exits(0).json();
    assert!(who.to_string().contains("s3://bucket/estate-of-others/a.ndjson"));
}

#[test]
fn names_of_keys_are_names() {
    let Some(moto) = Moto::start() else { return };
    let keys = [
        "odd/a%20b%26c%3Fd.ndjson",
        "odd/plus%2Bequals=.ndjson",
        // moto takes no key with a line break; the tests' own server does.
        "odd/a%09tab.ndjson",
        "odd/%F0%9F%98%80%F0%9F%A7%BF.ndjson",
        "odd/percent%2541.ndjson",
        "odd/%1B%5B31mred.ndjson",
    ];
    for key in keys {
        moto.put(key, NDJSON.as_bytes());
    }
    let home = Home::new();
    let ended = run(&home, &moto, "scan s3://bucket/odd");
    assert!(!ended.said().contains('\u{1b}'), "{}", ended.said());
    let scanned = run(&home, &moto, "scan s3://bucket/odd --json").exits(0).json();
    assert_eq!(scanned["objects"]["unchanged"], keys.len());
    let uris: Vec<String> = objects(&home).into_keys().collect();
    assert_eq!(uris.len(), keys.len());
    for uri in &uris {
        assert!(uri.bytes().all(|b| b.is_ascii_graphic()), "{uri}");
        // What the inventory calls an object opens that object.
        let one = run(&home, &moto, &format!("scan {uri} --json")).exits(0).json();
        assert_eq!(one["objects"]["unchanged"], 1, "{uri}");
    }
}

#[test]
fn versions_are_objects_of_their_own() {
    let Some(moto) = Moto::start() else { return };
    let on = b"<VersioningConfiguration xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><Status>Enabled</Status></VersioningConfiguration>";
    moto.ask("PUT", "/bucket?versioning", &[], on);
    moto.put("a.ndjson", NDJSON.as_bytes());
    moto.put("a.ndjson", NDJSON.replace("ada.doe", "second").as_bytes());
    moto.put("gone.ndjson", NDJSON.replace("ada.doe", "gone").as_bytes());
    moto.ask("DELETE", "/bucket/gone.ndjson", &[], b"");

    let home = Home::new();
    let present = run(&home, &moto, "scan s3://bucket --json").exits(0).json();
    assert_eq!(present["objects"]["complete"], 1);
    assert!(run(&home, &moto, "who gone@example.org --json").code == 2);
    let all = run(&home, &moto, "scan s3://bucket --versions all --json").exits(0).json();
    assert_eq!(all["objects"]["complete"], 3, "{all}");
    let found = objects(&home);
    assert_eq!(found.len(), 3);
    assert_eq!(found.keys().filter(|uri| uri.contains("?versionId=")).count(), 2);
    for (version, status, _) in found.values() {
        assert!(version.contains(" versionId=") && *status == "COMPLETE", "{version} {status}");
    }
    let old = found.keys().find(|uri| uri.starts_with("s3://bucket/gone.ndjson?versionId=")).unwrap();
    let who = run(&home, &moto, "who gone@example.org --json").exits(0);
    assert!(who.out.contains(old.as_str()), "{}", who.out);
    let one = run(&home, &moto, &format!("scan {old} --json")).exits(0).json();
    assert_eq!(one["objects"]["unchanged"], 1);
}

#[test]
fn filters_act_before_anything_is_fetched() {
    let Some(moto) = Moto::start() else { return };
    moto.put("in/a.ndjson", NDJSON.as_bytes());
    moto.put("in/b.log", "nothing here\n".repeat(1000).as_bytes());
    moto.ask("PUT", "/bucket/in/cold.ndjson", &[("x-amz-storage-class", "DEEP_ARCHIVE")], NDJSON.as_bytes());
    moto.ask("PUT", "/bucket/in/rare.ndjson", &[("x-amz-storage-class", "STANDARD_IA")], NDJSON.as_bytes());
    moto.ask("PUT", "/bucket/in/tagged.ndjson", &[("x-amz-tagging", "team=crm&x=y")], NDJSON.as_bytes());
    let listed = |flags: &str| {
        let home = Home::new();
        let ended = run(&home, &moto, &format!("scan s3://bucket/in {flags} --json"));
        let names: Vec<String> =
            objects(&home).into_keys().map(|u| u.rsplit('/').next().unwrap().to_string()).collect();
        (names.join(" "), ended.code)
    };
    assert_eq!(listed(""), ("a.ndjson b.log cold.ndjson rare.ndjson tagged.ndjson".to_string(), 3));
    assert_eq!(listed("--include *.log"), ("b.log".to_string(), 0));
    assert_eq!(listed("--exclude *.ndjson"), ("b.log".to_string(), 0));
    assert_eq!(listed("--min-size 1K"), ("b.log".to_string(), 0));
    assert_eq!(listed("--max-size 1K --exclude cold*"), ("a.ndjson rare.ndjson tagged.ndjson".to_string(), 0));
    assert_eq!(listed("--storage-class STANDARD_IA"), ("rare.ndjson".to_string(), 0));
    assert_eq!(listed("--storage-class standard"), ("a.ndjson b.log tagged.ndjson".to_string(), 0));
    // moto tells no tags of archived objects.
    assert_eq!(listed("--tag team=crm --exclude cold*"), ("tagged.ndjson".to_string(), 0));
    assert_eq!(listed("--modified-before 2020-01-01"), (String::new(), 0));
    let home = Home::new();
    run(&home, &moto, "scan s3://bucket/in --json").exits(3);
    let cold = &objects(&home)["s3://bucket/in/cold.ndjson"];
    assert_eq!((cold.1, cold.2.as_slice()), ("FAILED", &["archived".to_string()][..]));

    // An estimate reads nothing and makes nothing.
    let home = Home::new();
    let told = run(&home, &moto, "scan s3://bucket/in --exclude cold* --estimate --json").exits(0).json();
    assert_eq!((told["objects"].as_u64(), told["gets"].as_u64()), (Some(4), Some(4)), "{told}");
    assert!(!home.inventory().exists());
    // Folders take the filters that they can.
    home.file("x.ndjson", NDJSON);
    home.file("y.log", "nothing\n");
    let one = home.line("scan data --include *.log --json").exits(0).json();
    assert_eq!(one["objects"]["complete"], 1);
    let refused = home.line("scan data --storage-class STANDARD").exits(2);
    assert!(refused.err.contains("--storage-class"), "{}", refused.err);
}

#[test]
fn an_inventory_report_is_a_listing() {
    let Some(moto) = Moto::start() else { return };
    for key in ["in/a.ndjson", "in/b%20%26c.ndjson", "out/x.ndjson"] {
        moto.put(key, NDJSON.as_bytes());
    }
    let etag = "never-mind";
    let home = Home::new();
    run(&home, &moto, "scan s3://bucket/in --json").exits(0);
    let listed = objects(&home);
    let tags: Vec<&str> = listed.values().map(|(version, ..)| version.as_str()).collect();
    let row = |key: &str, tag: &str, extra: &str| {
        format!(
            "\"bucket\",\"{key}\",\"{}\",\"2026-11-20T10:00:00.000Z\",\"{tag}\",\"STANDARD\"{extra}\n",
            NDJSON.len()
        )
    };
    let rows = row("in/a.ndjson", tags[0], "") + &row("in/b+%26c.ndjson", tags[1], "") + &row("out/x.ndjson", etag, "");
    let mut gz = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gz.write_all(rows.as_bytes()).unwrap();
    let data = gz.finish().unwrap();
    moto.put("report/data/1.csv.gz", &data);
    let manifest = |format: &str, key: &str, size: usize, bucket: &str| {
        serde_json::json!({
            "sourceBucket": bucket, "destinationBucket": "arn:aws:s3:::bucket", "version": "2016-11-30",
            "fileFormat": format, "fileSchema": "Bucket, Key, Size, LastModifiedDate, ETag, StorageClass",
            "files": [{ "key": key, "size": size, "MD5checksum": "00" }],
        })
        .to_string()
    };
    moto.put("report/manifest.json", manifest("CSV", "report/data/1.csv.gz", data.len(), "bucket").as_bytes());
    let scan = "scan s3://bucket/in --json --listing-from s3://bucket/report/manifest.json";
    // The same objects in the same versions, so nothing is read again.
    let again = run(&home, &moto, scan).exits(0).json();
    assert_eq!((again["objects"]["unchanged"].as_u64(), again["bytes_read"].as_u64()), (Some(2), Some(0)), "{again}");
    // What changed since the report is a gap, and no wrong answer.
    moto.put("in/a.ndjson", NDJSON.replace("ada", "eve").as_bytes());
    let fresh = Home::new();
    let partly = run(&fresh, &moto, scan).exits(3).json();
    assert_eq!((partly["objects"]["complete"].as_u64(), partly["objects"]["failed"].as_u64()), (Some(1), Some(1)));
    assert_eq!(partly["gaps"][0]["kind"], "changed");
    // A report of another bucket, one that is broken, and one that is none.
    for (bad, words) in [
        (manifest("CSV", "report/data/1.csv.gz", data.len(), "other"), "the bucket other"),
        (manifest("ORC", "report/data/1.csv.gz", data.len(), "bucket"), "ORC"),
        (manifest("Parquet", "report/data/1.csv.gz", data.len(), "bucket"), "cannot be read"),
        (manifest("CSV", "report/data/none.csv.gz", data.len(), "bucket"), "gone"),
        ("{}".to_string(), "manifest.json"),
    ] {
        moto.put("report/manifest.json", bad.as_bytes());
        let said = run(&Home::new(), &moto, scan).exits(3).json();
        let detail = said["gaps"][0]["detail"].as_str().unwrap();
        assert!(detail.contains(words), "{detail}");
    }
}

#[test]
fn limits_hold_and_change_nothing() {
    let Some(moto) = Moto::start() else { return };
    for i in 0..12 {
        moto.put(&format!("{i}.ndjson"), NDJSON.replace("ada", &format!("ada{i}")).as_bytes());
    }
    let (free, held) = (Home::new(), Home::new());
    run(&free, &moto, "scan s3://bucket --json").exits(0);
    let limits = "--max-requests-per-second 40 --max-bytes-per-second 10K --max-memory 1M --timeout 20s --attempts 3";
    run(&held, &moto, &format!("scan s3://bucket --json {limits}")).exits(0);
    assert_eq!(free.digest(), held.digest());
    for wrong in
        ["--max-memory 0", "--max-bytes-per-second x", "--max-time soon", "--tag x", "--modified-after yesterday"]
    {
        run(&held, &moto, &format!("scan s3://bucket {wrong}")).exits(2);
    }
    // Time that is up stops the run, which says so.
    let slow = run(&Home::new(), &moto, "scan s3://bucket --json --max-requests-per-second 2 --max-time 1s").exits(3);
    assert_eq!(slow.json()["outcome"], "interrupted");
}

#[test]
fn a_store_that_cannot_be_read_says_why() {
    let Some(moto) = Moto::start() else { return };
    moto.put("a.ndjson", NDJSON.as_bytes());
    let home = Home::new();
    let says = |line: &str, words: &str| {
        let ended = run(&home, &moto, line).exits(2);
        assert!(ended.err.contains(words), "{line}: {}", ended.err);
    };
    says("scan s3://no-such-bucket-here", "no such bucket");
    says("scan s3://bucket/nothing/here", "no such object");
    says("scan s3://", "names no bucket");
    says("scan s3://bucket --endpoint nonsense", "--endpoint nonsense");
    says("scan s3://bucket --endpoint http://127.0.0.1:1 --attempts 1", "connection");
    // A place that speaks another protocol.
    let other = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let place = other.local_addr().unwrap();
    std::thread::spawn(move || {
        for stream in other.incoming().flatten() {
            let mut stream = stream;
            let _ = std::io::Read::read(&mut stream, &mut [0; 4096]);
            let body = "<html>welcome</html>";
            let _ = write!(stream, "HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{body}", body.len());
        }
    });
    says(&format!("scan s3://bucket --endpoint http://{place} --attempts 1"), "--endpoint");
    // Without credentials nothing is asked for but what is public.
    let mut command = home.command(["scan", "s3://bucket", "--json", "--endpoint", &moto.url()]);
    for name in ["AWS_PROFILE", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"] {
        command.env_remove(name);
    }
    let none = ended(command.env("AWS_EC2_METADATA_DISABLED", "true").env("AWS_REGION", "us-east-1")).exits(2);
    assert!(none.err.contains("no credentials were found"), "{}", none.err);
}
