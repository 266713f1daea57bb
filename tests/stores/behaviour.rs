//! One suite for every store: a folder, S3, Azure, GCS. What is in it is found, whole and once, wherever it lies.

use super::Scanned;
use super::azurite::{ACCOUNT, Azurite, KEY};
use crate::inside::digest_anywhere;
use crate::moto::Moto;
use crate::program::{Ended, Home};
use crate::store_server::StoreServer;
use crate::store_server::content::{Content, Memory};
use crate::store_server::face::Face;
use rollcall::generate::{CorpusSpec, corpus};
use rollcall::model::rows::{ObjectRow, Tables};
use rollcall::source::{Source, SourceOptions};
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::Path;
use std::sync::{Arc, OnceLock};

/// A place that tests fill and scan.
pub trait Place {
    /// Makes an empty bucket.
    fn bucket(&self, name: &str);
    /// Puts an object; false where the place has no such names.
    fn put(&self, bucket: &str, key: &str, bytes: &[u8]) -> bool;
    fn delete(&self, bucket: &str, key: &str);
    /// The source that a bucket is, or a prefix of it.
    fn spec(&self, bucket: &str, prefix: &str) -> OsString;
    /// What the environment must say.
    fn environment(&self) -> Vec<(&'static str, String)>;
    /// It is a store on a network.
    fn is_remote(&self) -> bool {
        true
    }
}

pub struct Folders(pub tempfile::TempDir);

impl Place for Folders {
    fn bucket(&self, name: &str) {
        std::fs::create_dir(self.0.path().join(name)).unwrap();
    }

    fn put(&self, bucket: &str, key: &str, bytes: &[u8]) -> bool {
        if key.split('/').any(|step| ["", ".", ".."].contains(&step) || step.len() > 255) {
            return false;
        }
        let path = self.0.path().join(bucket).join(key);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, bytes).unwrap();
        true
    }

    fn delete(&self, bucket: &str, key: &str) {
        std::fs::remove_file(self.0.path().join(bucket).join(key)).unwrap();
    }

    fn spec(&self, bucket: &str, prefix: &str) -> OsString {
        self.0.path().join(bucket).join(prefix).into_os_string()
    }

    fn environment(&self) -> Vec<(&'static str, String)> {
        Vec::new()
    }

    fn is_remote(&self) -> bool {
        false
    }
}

pub struct Own {
    pub server: StoreServer,
    face: Face,
    buckets: std::sync::Mutex<BTreeMap<String, Arc<Memory>>>,
}

impl Own {
    pub fn new(face: Face) -> Own {
        let server = StoreServer::start(face);
        server.page(7);
        Own { server, face, buckets: Default::default() }
    }

    fn memory(&self, bucket: &str) -> Arc<Memory> {
        self.buckets.lock().unwrap()[bucket].clone()
    }
}

impl Place for Own {
    fn bucket(&self, name: &str) {
        let memory = Memory::new();
        self.server.bucket(name, memory.clone());
        self.buckets.lock().unwrap().insert(name.to_string(), memory);
    }

    fn put(&self, bucket: &str, key: &str, bytes: &[u8]) -> bool {
        self.memory(bucket).set(key, bytes);
        true
    }

    fn delete(&self, bucket: &str, key: &str) {
        self.memory(bucket).delete(key).unwrap();
    }

    fn spec(&self, bucket: &str, prefix: &str) -> OsString {
        let scheme = if self.face == Face::S3 { "s3" } else { "gs" };
        format!("{scheme}://{bucket}/{prefix}").into()
    }

    fn environment(&self) -> Vec<(&'static str, String)> {
        match self.face {
            Face::S3 => s3_environment(self.server.url()),
            Face::Gcs => {
                vec![("STORAGE_EMULATOR_HOST", self.server.url()), ("GOOGLE_BEARER_TOKEN", "testing".to_string())]
            }
        }
    }
}

impl Place for Azurite {
    fn bucket(&self, name: &str) {
        self.container(name);
    }

    fn put(&self, bucket: &str, key: &str, bytes: &[u8]) -> bool {
        // It takes control characters in names, and then fails to list them (500).
        !key.contains(|c: char| c.is_ascii_control()) && Azurite::put(self, bucket, key, bytes)
    }

    fn delete(&self, bucket: &str, key: &str) {
        Azurite::delete(self, bucket, key);
    }

    fn spec(&self, bucket: &str, prefix: &str) -> OsString {
        format!("az://{bucket}/{prefix}").into()
    }

    fn environment(&self) -> Vec<(&'static str, String)> {
        vec![
            ("AZURE_STORAGE_ENDPOINT", self.url()),
            ("AZURE_STORAGE_ACCOUNT_NAME", ACCOUNT.to_string()),
            ("AZURE_STORAGE_ACCOUNT_KEY", KEY.to_string()),
        ]
    }
}

impl Place for Moto {
    fn bucket(&self, name: &str) {
        self.ask("PUT", &format!("/{name}"), &[], b"");
    }

    fn put(&self, bucket: &str, key: &str, bytes: &[u8]) -> bool {
        // Its HTTP library tidies paths, so it holds no untidy ones.
        let is_tidy = |step: &str| !["", ".", ".."].contains(&step) && !step.bytes().any(|b| b.is_ascii_control());
        if !key.split('/').all(is_tidy) {
            return false;
        }
        let steps =
            key.split('/').map(|s| percent_encoding::utf8_percent_encode(s, percent_encoding::NON_ALPHANUMERIC));
        let path = steps.map(|step| step.to_string()).collect::<Vec<_>>().join("/");
        self.ask("PUT", &format!("/{bucket}/{path}"), &[], bytes);
        true
    }

    fn delete(&self, bucket: &str, key: &str) {
        self.ask("DELETE", &format!("/{bucket}/{key}"), &[], b"");
    }

    fn spec(&self, bucket: &str, prefix: &str) -> OsString {
        format!("s3://{bucket}/{prefix}").into()
    }

    fn environment(&self) -> Vec<(&'static str, String)> {
        s3_environment(self.url())
    }
}

fn s3_environment(url: String) -> Vec<(&'static str, String)> {
    vec![
        ("AWS_ENDPOINT_URL", url),
        ("AWS_REGION", "us-east-1".to_string()),
        ("AWS_ACCESS_KEY_ID", "testing".to_string()),
        ("AWS_SECRET_ACCESS_KEY", "testing".to_string()),
    ]
}

/// A home that scans a place.
pub struct Visitor<'a> {
    pub home: Home,
    place: &'a dyn Place,
}

impl Visitor<'_> {
    pub fn new(place: &dyn Place) -> Visitor<'_> {
        Visitor { home: Home::new(), place }
    }

    pub fn run(&self, args: &[OsString]) -> Ended {
        let mut command = self.home.command(args);
        for (name, _) in
            std::env::vars().filter(|(n, _)| ["AWS_", "AZURE_", "GOOGLE_"].iter().any(|p| n.starts_with(p)))
        {
            command.env_remove(name);
        }
        command.envs(self.place.environment());
        crate::program::ended(&mut command)
    }

    pub fn scan(&self, bucket: &str, prefix: &str) -> Ended {
        self.run(&["scan".into(), self.place.spec(bucket, prefix), "--json".into(), "--quiet".into()])
    }

    fn objects(&self) -> BTreeMap<String, ObjectRow> {
        let mut rows = BTreeMap::new();
        let read = self.home.snapshot().objects(false, &mut |row| {
            rows.insert(row.object.path.clone(), row);
            Ok(())
        });
        read.unwrap();
        rows
    }
}

/// The corpus that every place holds, as keys and bytes.
fn estate() -> &'static BTreeMap<String, Vec<u8>> {
    static ESTATE: OnceLock<BTreeMap<String, Vec<u8>>> = OnceLock::new();
    ESTATE.get_or_init(|| {
        let dir = tempfile::tempdir().unwrap();
        corpus(&CorpusSpec::new(30, 12), dir.path()).unwrap();
        let files = walkdir::WalkDir::new(dir.path()).into_iter().map(Result::unwrap);
        let key = |path: &Path| path.strip_prefix(dir.path()).unwrap().to_str().unwrap().to_string();
        let files = files.filter(|e| e.file_type().is_file()).map(|e| (key(e.path()), e.into_path()));
        let is_answer = |key: &str| ["truth.csv.gz", "links.csv.gz", "manifest.json", "rollcall.toml"].contains(&key);
        let mut estate: BTreeMap<String, Vec<u8>> =
            files.filter(|(key, _)| !is_answer(key)).map(|(key, path)| (key, std::fs::read(path).unwrap())).collect();
        estate.insert("empty.csv".to_string(), Vec::new());
        estate
    })
}

/// What a folder says of the estate.
fn of_folder() -> &'static str {
    static DIGEST: OnceLock<String> = OnceLock::new();
    DIGEST.get_or_init(|| {
        let dir = tempfile::tempdir().unwrap();
        for (key, bytes) in estate() {
            let path = dir.path().join(key);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, bytes).unwrap();
        }
        let source = Source::open(dir.path().to_str().unwrap(), &SourceOptions::default()).unwrap();
        Scanned::of(source, 2).digest()
    })
}

fn count(value: &serde_json::Value) -> u64 {
    value.as_u64().unwrap_or_else(|| panic!("{value} is no number"))
}

/// Everything that is asked of every place.
fn behaves(place: &dyn Place) {
    what_is_there_is_read(place);
    names_are_names(place);
    prefixes_are_folders(place);
    what_is_not_there_is_said(place);
}

fn what_is_there_is_read(place: &dyn Place) {
    place.bucket("estate");
    for (key, bytes) in estate() {
        assert!(place.put("estate", key, bytes), "{key}");
    }
    let visitor = Visitor::new(place);
    let answer = visitor.scan("estate", "").exits(0).json();
    assert_eq!(count(&answer["objects"]["complete"]) as usize, estate().len(), "{answer}");
    let snapshot = visitor.home.snapshot();
    assert_eq!(digest_anywhere(&snapshot), of_folder(), "another digest than the folder's");
    for (path, row) in visitor.objects() {
        assert_eq!(row.object.size as usize, estate()[&path].len(), "{path}");
        assert_eq!(row.bytes_read, row.object.size, "{path}");
    }

    // Nothing is read twice; what is replaced is read again, and only that.
    let again = visitor.scan("estate", "").exits(0).json();
    assert_eq!((count(&again["objects"]["unchanged"]) as usize, count(&again["bytes_read"])), (estate().len(), 0));
    let (key, bytes) = estate().iter().find(|(key, bytes)| key.ends_with(".csv") && bytes.len() > 1000).unwrap();
    place.put("estate", key, &[bytes.as_slice(), bytes].concat());
    let changed = visitor.scan("estate", "").exits(0).json();
    assert_eq!((count(&changed["objects"]["complete"]), count(&changed["bytes_read"])), (1, 2 * bytes.len() as u64));
    // What is no longer there is not listed, which alone retires nothing.
    place.delete("estate", key);
    let fewer = visitor.scan("estate", "").exits(0).json();
    assert_eq!(count(&fewer["objects"]["unchanged"]) as usize, estate().len() - 1);
}

fn names_are_names(place: &dyn Place) {
    // 1,024 bytes, the longest key that S3 has.
    let long = "\u{1F600}".repeat(256);
    let names = [
        "plain.csv",
        " blanks and + & = , ; ' .csv",
        "percent%20%2F%.csv",
        "query?x=1#fragment.csv",
        "ünïcödé-\u{1F600}.csv",
        "<a href=\"x\">&amp;.csv",
        "back\\slash|{braces}[x]^`~.csv",
        "line\nfeed\rreturn.csv",
        "bell\u{7}.csv",
        "deep/a//b///c.csv",
        "deep/../up.csv",
        "deep/./here.csv",
        "/leading.csv",
        "trailing/",
        "..",
        &long,
    ];
    place.bucket("names");
    let row = |n: usize| format!("name,email\nPaula Dray,paula.dray{n}@mailhaus.example\n");
    let held: Vec<&str> = names
        .into_iter()
        .enumerate()
        .filter(|(n, key)| place.put("names", key, row(*n).as_bytes()))
        .map(|(_, k)| k)
        .collect();
    assert!(held.len() >= 8, "the place holds {held:?} only");
    let visitor = Visitor::new(place);
    let ended = visitor.scan("names", "");
    let objects = visitor.objects();
    assert_eq!(objects.len(), held.len(), "{:?} of {held:?}", objects.keys());
    let mut unread = Vec::new();
    for row in objects.values() {
        match row.status.code() {
            "COMPLETE" => assert!(row.records >= 1, "{}", row.object.path),
            _ => unread.push(row),
        }
    }
    // Some clients have no URL for `..`, and say so; everything else is read.
    assert!(unread.iter().all(|row| row.object.path == ".." && !row.gaps.is_empty()), "{unread:?}");
    assert_eq!(ended.code, if unread.is_empty() { 0 } else { 3 }, "{}", ended.said());
    // Each is its own row, under a URI of its own, and what is shown has no control characters.
    let uris: std::collections::BTreeSet<&str> = objects.values().map(|row| row.object.uri.as_str()).collect();
    assert_eq!(uris.len(), held.len());
    assert!(uris.iter().all(|uri| uri.bytes().all(|b| b.is_ascii_graphic())), "{uris:?}");
    let said = ended.said();
    assert!(!said.contains('\u{7}') && !said.contains('\r'), "{said:?}");
    for (n, key) in names.iter().enumerate().filter(|(_, key)| held.contains(key) && **key != "..") {
        let who = visitor.run(&["who".into(), format!("paula.dray{n}@mailhaus.example").into(), "--json".into()]);
        assert_eq!(who.code, 0, "{key:?}: {}", who.said());
    }
}

fn prefixes_are_folders(place: &dyn Place) {
    place.bucket("prefixes");
    for key in ["in/a.csv", "in/b/c.csv", "in-old/d.csv", "index.csv", "out/e.csv"] {
        place.put("prefixes", key, b"email\nann.lee@mailhaus.example\n");
    }
    let paths = |prefix: &str| {
        let visitor = Visitor::new(place);
        visitor.scan("prefixes", prefix).exits(0);
        visitor.objects().into_keys().collect::<Vec<_>>()
    };
    assert_eq!(paths("in"), ["a.csv", "b/c.csv"]);
    assert_eq!(paths("in/"), ["a.csv", "b/c.csv"]);
    assert_eq!(paths("in/b"), ["c.csv"]);
    assert_eq!(paths("in/b/c.csv"), ["c.csv"]);
    assert_eq!(paths("index.csv"), ["index.csv"]);
    assert_eq!(paths("").len(), 5);
    if place.is_remote() {
        // An object and a folder of one name stand side by side.
        place.put("prefixes", "in", b"email\nbob.ray@mailhaus.example\n");
        assert_eq!(paths("in"), ["a.csv", "b/c.csv", "in"]);
    }
}

fn what_is_not_there_is_said(place: &dyn Place) {
    let visitor = Visitor::new(place);
    place.bucket("empty");
    let empty = visitor.scan("empty", "").exits(0).json();
    assert_eq!(count(&empty["objects"]["complete"]), 0);
    let missing = visitor.scan("empty", "no/such/key.csv").exits(2);
    assert!(missing.err.contains("no such") && missing.err.contains("check the spelling"), "{}", missing.err);
    let missing = visitor.scan("nobody", "").exits(2);
    assert!(missing.err.contains("no such") && missing.err.contains("nobody"), "{}", missing.err);
}

#[test]
fn a_folder_behaves() {
    behaves(&Folders(tempfile::tempdir().unwrap()));
}

#[test]
fn the_s3_face_behaves() {
    behaves(&Own::new(Face::S3));
}

#[test]
fn the_gcs_face_behaves() {
    behaves(&Own::new(Face::Gcs));
}

#[test]
fn moto_behaves() {
    if let Some(moto) = Moto::start() {
        behaves(&moto);
    }
}

#[test]
fn azurite_behaves() {
    let Some(azurite) = Azurite::start() else { return };
    behaves(&azurite);

    // What is Azure's own: the account in the URI, an archived blob, a wrong key.
    azurite.container("cold");
    assert!(Azurite::put(&azurite, "cold", "a.csv", b"email\nann.lee@mailhaus.example\n"));
    assert!(Azurite::put(&azurite, "cold", "b.csv", b"email\nbob.ray@mailhaus.example\n"));
    azurite.tier("cold", "b.csv", "Archive");
    let visitor = Visitor::new(&azurite);
    let spec = format!("az://cold@{ACCOUNT}/");
    let args: Vec<OsString> = ["scan", &spec, "--json", "-q"].map(OsString::from).to_vec();
    let ended = visitor.run(&args).exits(3);
    let row = &visitor.objects()["b.csv"];
    assert_eq!((row.status.code(), row.gaps[0].kind.code()), ("FAILED", "archived"), "{}", ended.said());
    assert!(row.gaps[0].detail.contains("rehydrate"), "{:?}", row.gaps);
    assert_eq!(row.object.uri, format!("az://cold@{ACCOUNT}/b.csv"));

    let mut command = visitor.home.command(&args);
    command.envs(azurite.environment()).env("AZURE_STORAGE_ACCOUNT_KEY", "AAAA");
    let refused = crate::program::ended(&mut command).exits(2);
    assert!(refused.err.contains("account key or SAS is not accepted"), "{}", refused.err);
    assert!(!refused.said().contains(KEY));
}

#[test]
fn azure_says_what_is_missing() {
    let home = Home::new();
    let without = |spec: &str, environment: &[(&str, &str)]| {
        let mut command = home.command(["scan", spec, "-q"]);
        for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("AZURE_")) {
            command.env_remove(name);
        }
        crate::program::ended(command.envs(environment.iter().copied())).exits(2).err
    };
    let said = without("az://box/x", &[]);
    assert!(said.contains("--account") && said.contains("AZURE_STORAGE_ACCOUNT_NAME"), "{said}");
    let said = without("az://b%20x@acc/x", &[]);
    assert!(said.contains("no name of a bucket or container"), "{said}");
    let said = without("az://box@evil%2F.example/x", &[]);
    assert!(said.contains("no name of a storage account"), "{said}");
    let key = [("AZURE_STORAGE_ACCOUNT_KEY", "not base64!"), ("AZURE_STORAGE_ENDPOINT", "http://127.0.0.1:1")];
    let said = without("az://box@acc/x", &key);
    assert!(said.contains("credentials cannot be used") && !said.contains("not base64!"), "{said}");
}
