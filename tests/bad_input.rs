//! Bad input, bad moments and bad places: a clear message or a gap with its reason, the exit code as stated, and what had
//! been committed before is intact.

use crate::inside::request;
use crate::program::{Ended, Home, ended, partition};
use flate2::Compression;
use flate2::write::GzEncoder;
use rollcall::generate::{CorpusSpec, TableSize, corpus, log, table};
use rollcall::identity::key::Key;
use rollcall::inventory::{Inventory, digest};
use rollcall::model::object::{Object, Status};
use rollcall::model::rows::{ObjectRow, Tables};
use rollcall::pipeline::scan::{Counters, ScanRequest, scan};
use rollcall::pipeline::worker::{FindingPlace, FindingSink};
use rollcall::source::{Source, SourceOptions};
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// A home with one file scanned, so that there is something to keep intact.
fn home_with_commit() -> (Home, String) {
    let home = Home::new();
    home.file("before.csv", "name,email\nQuentin Farrow,quentin@mailhaus.example\n");
    home.line("scan data/before.csv -q").exits(0);
    let digest = home.digest();
    (home, digest)
}

#[track_caller]
fn intact(home: &Home, before: &str) {
    assert_eq!(home.digest(), before, "what had been committed changed");
    sound(home);
}

#[track_caller]
fn sound(home: &Home) {
    let problems = Inventory::open(&home.inventory()).unwrap().check().unwrap();
    assert!(problems.is_empty(), "{problems:?}");
}

/// Scans one bad file: the exit code, and the gap it must have. Whatever stands around it is read.
#[track_caller]
fn one_gap(name: &str, bytes: &[u8], code: i32, kind: &str, says: &str) -> serde_json::Value {
    let home = Home::new();
    home.file(name, bytes);
    home.file("good.csv", "name,email\nQuentin Farrow,quentin@mailhaus.example\n");
    let answer = home.line("scan data --json").exits(code).json();
    let gaps = answer["gaps"].as_array().unwrap().clone();
    let gap = gaps.iter().find(|g| g["kind"] == kind).unwrap_or_else(|| panic!("no gap {kind} among {gaps:?}"));
    assert!(gap["uri"].as_str().unwrap().ends_with(name), "{gap}");
    assert!(gap["detail"].as_str().unwrap().contains(says), "{gap} does not say `{says}`");
    assert!(gaps.iter().all(|g| g["uri"].as_str().unwrap().ends_with(name)), "{gaps:?}");
    assert_eq!(answer["objects"]["complete"], 1);
    assert!(answer["findings"]["EMAIL"].as_u64().unwrap() >= 1);
    // A second scan does not read again what would come out the same.
    let text = home.line(&format!("scan data --inventory {}", home.path("other").display())).exits(code);
    assert!(text.out.contains(kind) && text.out.contains(name), "{}", text.out);
    answer
}

#[test]
fn a_path_that_is_not_there() {
    let (home, before) = home_with_commit();
    let gone = home.line("scan data no/such/folder neither/this --json").exits(2);
    for path in ["no/such/folder", "neither/this", "check the spelling"] {
        assert!(gone.err.contains(path), "{}", gone.err);
    }
    assert!(home.line("scan ftp://host/prefix").exits(2).err.contains("folders and files"));
    assert!(home.line("scan file://relative").exits(2).err.contains("file:///path"));
    intact(&home, &before);
}

#[test]
fn a_file_that_cannot_be_read() {
    let home = Home::new();
    home.file("good.csv", "name,email\nQuentin Farrow,quentin@mailhaus.example\n");
    // A link to nothing is there and cannot be read, for root too.
    std::os::unix::fs::symlink("/no/such/target", home.data().join("dangling.csv")).unwrap();
    let answer = home.line("scan data --json").exits(3).json();
    assert_eq!((&answer["objects"]["complete"], &answer["objects"]["failed"]), (&1.into(), &1.into()));
    assert_eq!(answer["gaps"][0]["kind"], "not_found");

    let locked = home.file("locked.csv", "name,email\nPaula Dray,paula@mailhaus.example\n");
    std::fs::set_permissions(&locked, std::fs::Permissions::from_mode(0o000)).unwrap();
    if std::fs::read(&locked).is_ok() {
        println!("skipped: this user may read every file, so none can be made unreadable");
        return;
    }
    let answer = home.line("scan data --json").exits(3).json();
    let gap = answer["gaps"].as_array().unwrap().iter().find(|g| g["kind"] == "permission_denied").cloned();
    assert!(gap.is_some_and(|g| g["uri"].as_str().unwrap().ends_with("locked.csv")));
}

#[test]
fn a_truncated_gzip() {
    let mut bytes = gzip("name,email\nPaula Dray,paula@mailhaus.example\n".repeat(5000).as_bytes());
    bytes.truncate(bytes.len() - 40);
    let answer = one_gap("cut.csv.gz", &bytes, 3, "truncated", "fetch it again");
    assert!(answer["findings"]["EMAIL"].as_u64().unwrap() > 1, "what came before the cut is read");
}

#[test]
fn a_gzip_bomb() {
    // Deflate cannot do better than for one byte over and over.
    let empty_lines = [b'\n'; 1024];
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    for _ in 0..80 << 10 {
        encoder.write_all(&empty_lines).unwrap();
    }
    let bytes = encoder.finish().unwrap();
    assert!(bytes.len() < 1 << 20);
    one_gap("bomb.gz", &bytes, 3, "expansion", "raise the expansion limits");
}

#[test]
fn a_table_of_one_endless_line() {
    let mut bytes = b"name,email\nPaula Dray,paula@mailhaus.example\n".repeat(40);
    while bytes.len() < 9 << 20 {
        bytes.extend_from_slice(b"Paula Dray,paula@mailhaus.example,");
    }
    let home = Home::new();
    home.file("endless.csv", &bytes);
    let answer = home.line("scan data --json").exits(3).json();
    let kinds: Vec<&str> = answer["gaps"].as_array().unwrap().iter().filter_map(|g| g["kind"].as_str()).collect();
    assert!(kinds.contains(&"record_size"), "{}", answer["gaps"]);
    assert!(answer["findings"]["EMAIL"].as_u64().unwrap() >= 40);
}

#[test]
fn a_tree_of_a_hundred_thousand_levels() {
    for (open, close) in [("[", "]"), ("{\"a\":", "}")] {
        let bytes = format!("{}1{}", open.repeat(100_000), close.repeat(100_000));
        one_gap("deep.json", bytes.as_bytes(), 3, "depth", "");
    }
}

/// Cuts a file short at the first finding in it.
struct Shrinks<'a> {
    file: &'a Path,
    done: AtomicBool,
}

impl FindingSink for Shrinks<'_> {
    fn finding(&self, _: &Object, _: &FindingPlace<'_>) {
        if !self.done.swap(true, Ordering::Relaxed) {
            std::fs::OpenOptions::new().write(true).open(self.file).unwrap().set_len(700 << 10).unwrap();
        }
    }

    fn object(&self, _: &ObjectRow) {}
}

#[test]
fn a_file_that_shrinks_while_it_is_read() {
    let home = Home::new();
    let rows = "name,email\nPaula Dray,paula@mailhaus.example\n".repeat(100_000);
    let file = home.file("shrinks.csv", rows);
    let key = Key::from_bytes([7; 16]);
    let inventory = Inventory::create_or_open(&home.inventory(), &key.id()).unwrap();
    let mut writer = inventory.begin().unwrap();
    let sink = Shrinks { file: &file, done: AtomicBool::new(false) };
    let sources = [Source::open(&home.data().to_string_lossy(), &SourceOptions::default()).unwrap()];
    let (counters, stop) = (Counters::default(), AtomicBool::new(false));
    let request = ScanRequest { findings: Some(&sink), ..request(&sources, &key, 1, &counters, &stop) };
    let outcome = scan(&request, &mut writer).unwrap();
    writer.abort().unwrap();
    assert_eq!((outcome.complete, outcome.partial), (0, 1));
    let (_, gap) = &outcome.gaps[0];
    assert_eq!(gap.kind.code(), "changed");
    assert!(gap.detail.contains("scan it again"), "{}", gap.detail);
    assert!(!outcome.is_whole(false));
}

/// Runs the program under a limit on the size of the files it writes.
fn limited(home: &Home, blocks: u32, args: &str) -> Ended {
    let mut command = Command::new("sh");
    let script = format!("trap '' XFSZ; ulimit -f {blocks}; exec {} {args}", env!("CARGO_BIN_EXE_rollcall"));
    command.args(["-c", &script]).current_dir(home.path(".")).env("HOME", home.path("."));
    command.env("ROLLCALL_INVENTORY", home.inventory()).env("ROLLCALL_KEY_FILE", home.path("key"));
    ended(command.env_remove("ROLLCALL_KEY"))
}

#[test]
fn a_disk_that_is_full() {
    let (home, before) = home_with_commit();
    table(TableSize::People(4000), 3, &home.data().join("many.csv")).unwrap();
    // At several fillings, so that it ends in different files.
    let mut failed = 0;
    for blocks in [1, 8, 64, 256] {
        let full = limited(&home, blocks, "scan data -q");
        if full.code == 0 {
            continue;
        }
        failed += 1;
        assert_eq!(full.code, 4, "{}", full.said());
        assert!(
            full.err.contains("what had been committed is intact") || full.err.contains("inventory file"),
            "{}",
            full.err
        );
        intact(&home, &before);
    }
    assert!(failed >= 2, "the limit was never reached");
    home.line("scan data -q").exits(0);
    sound(&home);

    // A file system with no room at all, where one can be mounted.
    let small = home.path("small");
    std::fs::create_dir(&small).unwrap();
    let mounted = Command::new("mount")
        .args(["-t", "tmpfs", "-o", "size=256k", "tmpfs"])
        .arg(&small)
        .stderr(Stdio::null())
        .status();
    if !mounted.is_ok_and(|status| status.success()) {
        println!("skipped: no small file system can be mounted here; the limit on file sizes stood in for it");
        return;
    }
    let full = home.line("scan data -q --inventory small/inventory");
    let _ = Command::new("umount").arg(&small).status();
    assert_eq!(full.code, 4, "{}", full.said());
    assert!(full.err.contains("make room") && full.err.contains("small/inventory"), "{}", full.err);
}

#[test]
fn a_second_scan_of_the_same_inventory() {
    let (home, before) = home_with_commit();
    let inventory = Inventory::open(&home.inventory()).unwrap();
    let writer = inventory.begin().unwrap();
    home.file("more.csv", "name,email\nPaula Dray,paula@mailhaus.example\n");
    for line in ["scan data -q", "link"] {
        let refused = home.line(line).exits(4);
        for words in ["another run is writing", &format!("process {}", std::process::id()), "never delete it"] {
            assert!(refused.err.contains(words), "`{words}` is not in: {}", refused.err);
        }
    }
    // Readers are not held up.
    home.line("inventory show").exits(0);
    home.line("who quentin@mailhaus.example").exits(0);
    writer.abort().unwrap();
    intact(&home, &before);
    home.line("scan data -q").exits(0);
    sound(&home);
}

#[test]
fn a_kill_at_any_moment() {
    let (home, before) = home_with_commit();
    corpus(&CorpusSpec::new(150, 21), &home.data()).unwrap();
    let undisturbed = home.path("undisturbed");
    std::fs::create_dir(&undisturbed).unwrap();
    let args = |inventory: &Path| {
        ["scan", "data", "-q", "--config", "data/rollcall.toml", "--inventory"]
            .map(String::from)
            .into_iter()
            .chain([inventory.display().to_string()])
    };
    // The way there counts too: the undisturbed inventory had the first scan as well.
    let start = Instant::now();
    home.run(["scan", "data/before.csv", "-q", "--inventory", "undisturbed"]).exits(0);
    home.run(args(&undisturbed)).exits(0);
    let took = start.elapsed();
    let wanted = digest(&Inventory::open(&undisturbed).unwrap().snapshot().unwrap()).unwrap();
    assert_ne!(wanted, before);
    let mut rng = fastrand::Rng::with_seed(20);
    let mut killed = 0;
    // A kill that came too late lets the next one come sooner: once a run has committed, those after it have little to do.
    let mut longest = took;
    for _ in 0..20 {
        let mut child =
            home.command(args(&home.inventory())).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        std::thread::sleep(longest.mul_f64(rng.f64()));
        child.kill().unwrap();
        let in_time = child.wait().unwrap().code().is_none();
        killed += u32::from(in_time);
        longest = longest.mul_f64(if in_time { 1.1 } else { 0.6 });
        let now = home.digest();
        assert!(now == before || now == wanted, "an inventory that is neither the one before nor the one after");
        sound(&home);
    }
    assert!(killed >= 5, "only {killed} of 20 were killed in time");
    home.run(args(&home.inventory())).exits(0);
    assert_eq!(home.digest(), wanted, "what came of kills differs from what came undisturbed");
    sound(&home);
}

#[test]
fn an_interrupt() {
    let (home, _) = home_with_commit();
    let words = "scan data --workers 1";
    for i in 0..8 {
        log(3 << 20, 200, i, &home.data().join(format!("log-{i}.log")), false).unwrap();
    }
    let mut child = home.command(words.split(' ')).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    // It is at work once it holds the lock and has begun to write.
    let start = Instant::now();
    let lock = home.inventory().join("_lock");
    let holder = format!("process {},", child.id());
    while !std::fs::read_to_string(&lock).is_ok_and(|text| text.contains(&holder)) {
        assert!(start.elapsed() < Duration::from_secs(60) && child.try_wait().unwrap().is_none(), "it never began");
        std::thread::sleep(Duration::from_millis(5));
    }
    std::thread::sleep(Duration::from_millis(200));
    assert!(Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap().success());
    let output = child.wait_with_output().unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(130), "{said}");
    for words in ["interrupted", "not reached", "Scan again to go on"] {
        assert!(said.contains(words), "`{words}` is not in: {said}");
    }
    sound(&home);
    let mut partial = 0;
    let objects = home.snapshot().objects(false, &mut |row| {
        partial += u32::from(row.status == Status::Partial);
        Ok(())
    });
    objects.unwrap();
    let shown = home.line("inventory show").exits(if partial > 0 { 3 } else { 0 });
    assert!(shown.out.contains("interrupted"), "{}", shown.out);
    // The person of the earlier commit is still there, and the next scan goes on to the end.
    home.line("who quentin@mailhaus.example").exits(0);
    home.line("scan data -q").exits(0);
    let fresh = format!("scan data -q --inventory {}", home.path("fresh").display());
    home.line(&fresh).exits(0);
    let fresh = Inventory::open(&home.path("fresh")).unwrap().snapshot().unwrap();
    assert!(
        partition(&home.snapshot()) == partition(&fresh),
        "what came of an interrupt differs from what came undisturbed"
    );
}

#[test]
fn a_patterns_file_with_ten_mistakes() {
    let (home, before) = home_with_commit();
    let first = "name = \"\"\nelement = \"SHOE_SIZE\"\nidentifies = \"always\"\nwhy = \"w\"\ncolour = \"red\"\nwith_near = \"maybe\"\nnear = \"size\"\n";
    let second = "name = \"Badge\"\nelement = \"OTHER\"\nidentifies = \"none\"\nwhy = \"Opens doors.\"\nmatch = '(unclosed'\nfields = [\"Badge Number\"]\nnear = [\"Badge\"]\nreferences = [\"http://badges.example\"]\nyes = [\"B-1\"]\nno = [\"1\", \"2\", \"3\"]\n";
    std::fs::create_dir(home.path("own")).unwrap();
    std::fs::write(home.path("own/first.toml"), first).unwrap();
    std::fs::write(home.path("own/second.toml"), second).unwrap();
    let wanted = [
        ("own/first.toml:2:", "SHOE_SIZE"),
        ("own/first.toml:3:", "always"),
        ("own/first.toml:5:", "colour"),
        ("own/first.toml:6:", "maybe"),
        ("own/first.toml:7:", "near"),
        ("own/second.toml:5:", ""),
        ("own/second.toml:6:", "Badge Number"),
        ("own/second.toml:7:", "Badge"),
        ("own/second.toml:8:", "https://"),
        ("own/second.toml:9:", "at least 2"),
    ];
    for line in ["scan data --patterns own", "detectors check own", "detectors list --patterns own"] {
        let said = home.line(line).exits(2).said();
        for (place, words) in wanted {
            let found = said.lines().any(|l| l.contains(place) && l.contains(words));
            assert!(found, "`{line}` does not report {place} {words}:\n{said}");
        }
    }
    intact(&home, &before);
    assert!(home.line("scan data --patterns no/such").exits(2).err.contains("no/such"));
}

#[test]
fn a_customer_id_that_several_kinds_of_file_have() {
    let (home, before) = home_with_commit();
    home.file("patients.csv", "Id,FIRST,LAST\n1,Quentin,Farrow\n2,Paula,Dray\n");
    home.file("claims.csv", "Id,PATIENT,AMOUNT\n1,2,17.50\n2,1,18.00\n");
    home.file("payers.csv", "Id,NAME,PHONE\n1,Acme Insurance,415-732-9907\n2,Other Insurance,415-732-9908\n");
    let refused = home.line("scan data --customer-id Id").exits(2);
    for words in ["3 kinds of file have a field Id", "patients.csv", "claims.csv", "payers.csv", "NAMESPACE=GLOB#Id"] {
        assert!(refused.err.contains(words), "`{words}` is not in: {}", refused.err);
    }
    assert!(!refused.err.contains("before.csv"));
    intact(&home, &before);
    // With its file named it goes, and a bare field of one kind of file needs no more.
    let rules = "--customer-id pat=patients.csv#Id --customer-id pat=PATIENT";
    let scanned = home.line(&format!("scan data {rules} --key visit=claims.csv#VISIT")).exits(0);
    // A rule that meets nothing is said, and one that does is not.
    assert!(
        scanned.out.contains("--key visit=claims.csv#VISIT: no object that was read has that field"),
        "{}",
        scanned.out
    );
    assert!(!scanned.out.contains("--customer-id pat"), "{}", scanned.out);
    assert!(home.line("scan data --customer-id =x").exits(2).err.contains("NAMESPACE=GLOB#FIELD"));
}
