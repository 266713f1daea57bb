//! Killed at any moment, the next run goes on from what was saved and ends where an undisturbed one ends.

use crate::program::{Home, ended};
use rollcall::generate::{CorpusSpec, corpus};
use rollcall::inventory::{Inventory, Suspicion, Writer, digest};
use rollcall::model::rows::Tables;
use std::io::Write;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// Kills of the suite; `ROLLCALL_KILLS=200` asks for more.
const KILLS: u32 = 10;

fn digest_at(home: &Home, inventory: &str) -> String {
    digest(&Inventory::open(&home.path(inventory)).unwrap().snapshot().unwrap()).unwrap()
}

/// Changes some files: one new, one gone, some touched.
fn change(home: &Home, rng: &mut fastrand::Rng, round: u32) {
    let crm = home.data().join("crm");
    home.file(
        &format!("exports/{round}.csv"),
        format!("name,email\nPaula Dray{round},paula{round}@mailhaus.example\n"),
    );
    let _ = std::fs::remove_file(home.data().join(format!("exports/{}.csv", round.saturating_sub(4))));
    for folder in [crm, home.data().join("orders"), home.data().join("logs"), home.data().join("support")] {
        let Ok(files) = std::fs::read_dir(folder) else { continue };
        for file in files.map(|f| f.unwrap().path()).filter(|f| f.is_file()) {
            if rng.u32(0..3) == 0 {
                let bytes = std::fs::read(&file).unwrap();
                std::fs::write(&file, bytes).unwrap();
            }
        }
    }
}

#[test]
fn kills_at_random_moments_change_nothing() {
    let kills = std::env::var("ROLLCALL_KILLS").ok().map_or(KILLS, |n| n.parse().expect("ROLLCALL_KILLS is a number"));
    let home = Home::new();
    corpus(&CorpusSpec::new(100, 31), &home.data()).unwrap();
    let words = |command: &str, inventory: &str| {
        format!("{command} -q --json --save-every 15ms --workers 2 --inventory {}", home.path(inventory).display())
    };
    let scan = |inventory: &str| words("scan data --config data/rollcall.toml", inventory);
    let mut rng = fastrand::Rng::with_seed(23);
    let (mut killed, mut taken_over, mut round) = (0, 0, 0);
    let mut took = Duration::ZERO;
    // On a busy machine ten kills may all come before anything is saved; a hundred do not.
    while killed < kills || taken_over == 0 && killed < 10 * kills {
        round += 1;
        // Scans and refreshes in turn, each against an undisturbed one of its own.
        let command = match round % 3 {
            1 => {
                let _ = std::fs::remove_dir_all(home.inventory());
                scan("inventory")
            }
            _ => {
                change(&home, &mut rng, round);
                words("refresh", "inventory")
            }
        };
        let _ = std::fs::remove_dir_all(home.path("undisturbed"));
        let start = Instant::now();
        home.line(&scan("undisturbed")).exits(0);
        took = took.max(start.elapsed());
        let wanted = digest_at(&home, "undisturbed");
        for _ in 0..rng.u32(2..=5) {
            let mut child =
                home.command(command.split(' ')).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
            std::thread::sleep(took.mul_f64(rng.f64()));
            child.kill().unwrap();
            killed += u32::from(child.wait().unwrap().code().is_none());
        }
        taken_over += home.line(&command).exits(0).json()["taken_over"].as_u64().unwrap();
        assert_eq!(digest_at(&home, "inventory"), wanted, "round {round}, after {killed} kills");
        assert_eq!(Inventory::open(&home.inventory()).unwrap().check().unwrap(), [] as [String; 0]);
    }
    println!("{killed} kills in {round} rounds, {taken_over} objects taken over from killed runs");
    assert!(taken_over > 0, "no run was ever resumed: the kills come too early or nothing is saved");
}

/// An inventory of one scan of two files, and a writer on it.
fn begun(home: &Home) -> (Inventory, Writer) {
    home.file("a.csv", "name,email\nQuentin Farrow,quentin@mailhaus.example\n");
    home.file("b.csv", "name,email\nPaula Dray,paula@mailhaus.example\n");
    home.line("scan data -q").exits(0);
    let inventory = Inventory::open(&home.inventory()).unwrap();
    let writer = inventory.begin().unwrap();
    (inventory, writer)
}

/// The print of a file as the scan of a home makes it.
fn print_of(home: &Home, name: &str) -> [u8; 16] {
    let mut found = None;
    let objects = home.snapshot().objects(false, &mut |row| {
        if row.object.path == name {
            found = Some(rollcall::pipeline::known::object_print(&row.object, &row.policy));
        }
        Ok(())
    });
    objects.unwrap();
    found.unwrap()
}

#[test]
fn an_object_that_was_in_hand_at_two_deaths_is_read_if_a_probe_survives_it() {
    let home = Home::new();
    let (inventory, writer) = begun(&home);
    let (a, b) = (print_of(&home, "a.csv"), print_of(&home, "b.csv"));
    let work = home.inventory().join("_work");
    // What a process that was ended leaves: its journal, with what each worker had in hand.
    let leave = |number: u64, slots: &[[u8; 16]]| {
        std::fs::write(work.join("in_hand"), [&number.to_be_bytes()[..], &slots.concat()].concat()).unwrap();
    };
    let suspects = || inventory.begin().unwrap().suspects();
    drop(writer);
    leave(1, &[a, [0; 16], b]);
    assert_eq!(suspects().into_values().collect::<Vec<_>>(), [Suspicion::Alone, Suspicion::Alone]);
    leave(2, &[a]);
    assert_eq!((suspects()[&a], suspects()[&b]), (Suspicion::Probe, Suspicion::Alone));
    // The journal counts once, though the program dies before it has taken it away.
    leave(2, &[b]);
    assert_eq!(suspects()[&b], Suspicion::Alone);

    std::fs::remove_dir_all(home.inventory().join("objects")).unwrap();
    for table in ["fields", "mentions", "orphans", "identifiers", "consumers", "memberships", "links", "runs"] {
        std::fs::remove_dir_all(home.inventory().join(table)).unwrap();
    }
    let said = home.line("scan data --json").exits(0).json();
    assert_eq!(said["objects"]["complete"], 2, "{said}");
    assert!(suspects().is_empty(), "what was read to its end is no suspect");
}

#[test]
fn an_object_that_ends_two_processes_and_its_probe_is_set_aside() {
    let home = Home::new();
    home.file("a.csv", "name,email\nQuentin Farrow,quentin@mailhaus.example\n");
    // Reading it takes some seconds, and the system ends a process that computes for one: to the object, a crash.
    let rows: String =
        (0..2000).map(|n| format!("Paula Dray,paula{n}@mailhaus.example,+1415555{n:04}\n")).collect::<String>();
    let large = home.data().join("large.csv.gz");
    let mut gz = flate2::write::GzEncoder::new(std::fs::File::create(&large).unwrap(), flate2::Compression::fast());
    gz.write_all(b"name,email,phone\n").unwrap();
    (0..1000).for_each(|_| gz.write_all(rows.as_bytes()).unwrap());
    gz.finish().unwrap();
    home.line("probe").exits(2);
    let limited = |words: &str| {
        let program = home.command(words.split(' '));
        let mut limited = Command::new("sh");
        limited.args(["-c", "ulimit -t 1; exec \"$0\" \"$@\""]).arg(program.get_program()).args(program.get_args());
        for (name, value) in program.get_envs().filter_map(|(name, value)| Some((name, value?))) {
            limited.env(name, value);
        }
        limited.current_dir(home.path("")).stdin(Stdio::null());
        limited
    };
    let suspicions = || {
        let inventory = Inventory::open(&home.inventory()).unwrap();
        inventory.begin().unwrap().suspects().into_values().collect::<Vec<_>>()
    };
    // A process may end in the short moment in which a worker that waits has nothing in hand.
    let mut deaths = 0;
    while deaths == 0 || !suspicions().contains(&Suspicion::Probe) {
        assert!(deaths < 10, "a process that ends with an object in hand leaves no trace");
        assert_eq!(ended(&mut limited("scan data -q --workers 1")).code, -1, "it is not ended by a signal");
        deaths += 1;
    }
    let said = ended(&mut limited("scan data --json --workers 1")).exits(3).json();
    // The second run had saved the other object before it read the suspect.
    assert_eq!((&said["taken_over"], &said["objects"]["failed"]), (&1.into(), &1.into()), "{said}");
    assert_eq!(said["gaps"][0]["kind"], "crashed");
    assert!(said["gaps"][0]["uri"].as_str().unwrap().ends_with("large.csv.gz"));
    let suspicions = suspicions();
    assert!(matches!(suspicions[..], [Suspicion::SetAside(_)]), "{suspicions:?}");
    // It stays aside, and is said, until it changes.
    let again = home.line("refresh --json").exits(3).json();
    assert_eq!((&again["unchanged_partial"], &again["committed"]), (&1.into(), &false.into()));
    std::fs::remove_file(&large).unwrap();
    home.file("large.csv.gz", "name,email\nPaula Dray,paula@mailhaus.example\n");
    assert_eq!(home.line("refresh --json").exits(0).json()["objects"]["complete"], 1);
}

#[test]
fn saved_work_is_seen_by_nobody_until_it_is_committed() {
    let home = Home::new();
    for n in 0..40 {
        home.file(&format!("{n}.csv"), format!("name,email\nPaula Dray,paula{n}@mailhaus.example\n").repeat(400));
    }
    // Read last, so that there is time to kill the scan between what it saves first and its end.
    let long = (0..20_000).map(|n| format!("Quentin Farrow,quentin{n}@mailhaus.example\n")).collect::<String>();
    home.file("long.csv", format!("name,email\n{long}"));
    let saved = |n: usize| home.inventory().join("_work").join(format!("{n:020}.json")).is_file();
    let killed_in_time = || {
        let _ = std::fs::remove_dir_all(home.inventory());
        let mut child = home.command("scan data -q --workers 1 --save-every 1ms".split(' ')).spawn().unwrap();
        let start = Instant::now();
        while !saved(2) && child.try_wait().unwrap().is_none() {
            assert!(start.elapsed() < Duration::from_secs(60), "nothing was saved");
            std::thread::sleep(Duration::from_millis(1));
        }
        child.kill().unwrap();
        child.wait().unwrap();
        let mut seen = 0;
        let objects = home.snapshot().objects(true, &mut |_| {
            seen += 1;
            Ok(())
        });
        objects.unwrap();
        assert!(seen == 0 || seen == 41, "saved work is visible: {seen} of 41 objects");
        // All of them: it had committed, and the kill came too late.
        seen == 0
    };
    assert!((0..20).any(|_| killed_in_time()), "nothing is saved, or not before the end");
    assert_eq!(home.snapshot().run(), 0);
    let resumed = home.line("scan data --json").exits(0).json();
    let taken = resumed["taken_over"].as_u64().unwrap();
    assert!(taken >= 2, "{resumed}");
    assert_eq!(resumed["objects"]["unchanged"], taken);
    assert_eq!(resumed["objects"]["complete"], 41 - taken);
    assert!(!saved(0), "what was saved stays behind");
    home.line(&format!("scan data -q --inventory {}", home.path("fresh").display())).exits(0);
    assert_eq!(home.digest(), digest_at(&home, "fresh"));
}
