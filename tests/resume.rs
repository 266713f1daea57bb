//! Killed at any moment, the next run goes on from what was saved and ends where an undisturbed one ends.

use crate::program::Home;
use rollcall::generate::{CorpusSpec, corpus};
use rollcall::inventory::{Inventory, Writer, digest};
use rollcall::model::rows::Tables;
use std::process::Stdio;
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
    while killed < kills {
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
fn an_object_that_ends_the_process_again_and_again_is_set_aside() {
    let home = Home::new();
    let (inventory, writer) = begun(&home);
    let (a, b) = (print_of(&home, "a.csv"), print_of(&home, "b.csv"));
    let work = home.inventory().join("_work");
    let left = std::cell::Cell::new(0u64);
    // What a process that was ended leaves: its journal, with what each worker had in hand.
    let leave = |slots: &[([u8; 16], u64)]| {
        left.set(left.get() + 1);
        let mut bytes = left.get().to_be_bytes().to_vec();
        for (print, place) in slots {
            bytes.extend_from_slice(print);
            bytes.extend_from_slice(&3u64.to_be_bytes());
            bytes.extend_from_slice(&place.to_be_bytes());
        }
        std::fs::write(work.join("in_hand"), bytes).unwrap();
    };
    let suspects = || inventory.begin().unwrap().suspects();
    drop(writer);
    leave(&[(a, 40), ([0; 16], 9), (b, 10)]);
    assert_eq!(suspects().values().collect::<Vec<_>>(), [&false, &false], "of two, nobody knows which it was");
    leave(&[(a, 40)]);
    assert!(!suspects()[&a]);
    // A process that is killed at another byte was killed, and did not crash.
    for _ in 0..3 {
        leave(&[(a, 41)]);
        assert!(!suspects()[&a]);
    }
    leave(&[(a, 41)]);
    let found = suspects();
    assert_eq!((found[&a], found[&b]), (true, false));
    // The journal counts once, though the program dies before it has taken it away.
    std::fs::write(work.join("in_hand"), [&left.get().to_be_bytes()[..], &b, &[0; 16]].concat()).unwrap();
    assert!(!suspects()[&b]);

    // The scan says so, and reads the other suspect, which is cleared by that.
    std::fs::remove_dir_all(home.inventory().join("objects")).unwrap();
    for table in ["fields", "mentions", "orphans", "identifiers", "consumers", "memberships", "links", "runs"] {
        std::fs::remove_dir_all(home.inventory().join(table)).unwrap();
    }
    let said = home.line("scan data --json").exits(3).json();
    assert_eq!((&said["objects"]["complete"], &said["objects"]["failed"]), (&1.into(), &1.into()), "{said}");
    assert_eq!(said["gaps"][0]["kind"], "crashed");
    assert!(said["gaps"][0]["uri"].as_str().unwrap().ends_with("a.csv"));
    assert_eq!(suspects().into_iter().collect::<Vec<_>>(), [(a, true)]);
    // It stays aside, and is said, until it changes.
    let again = home.line("refresh --json").exits(3).json();
    assert_eq!((&again["unchanged_partial"], &again["committed"]), (&1.into(), &false.into()));
    home.file("a.csv", "name,email\nQuentin Farrow,quentin@mailhaus.example\nPaula Dray,\n");
    assert_eq!(home.line("refresh --json").exits(0).json()["objects"]["complete"], 1);
}

#[test]
fn saved_work_is_seen_by_nobody_until_it_is_committed() {
    let home = Home::new();
    for n in 0..40 {
        home.file(&format!("{n}.csv"), format!("name,email\nPaula Dray,paula{n}@mailhaus.example\n").repeat(400));
    }
    let mut child = home.command("scan data -q --workers 1 --save-every 1ms".split(' ')).spawn().unwrap();
    let start = Instant::now();
    let saved = |n: usize| home.inventory().join("_work").join(format!("{n:020}.json")).is_file();
    while !saved(2) {
        assert!(start.elapsed() < Duration::from_secs(60) && child.try_wait().unwrap().is_none(), "nothing was saved");
        std::thread::sleep(Duration::from_millis(1));
    }
    child.kill().unwrap();
    if child.wait().unwrap().code().is_some() {
        println!("skipped: the scan was over before it could be killed");
        return;
    }
    assert_eq!(home.snapshot().run(), 0);
    home.snapshot().objects(true, &mut |_| panic!("saved work is visible")).unwrap();
    let resumed = home.line("scan data --json").exits(0).json();
    let taken = resumed["taken_over"].as_u64().unwrap();
    assert!(taken >= 2, "{resumed}");
    assert_eq!(resumed["objects"]["unchanged"], taken);
    assert_eq!(resumed["objects"]["complete"], 40 - taken);
    assert!(!saved(0), "what was saved stays behind");
    home.line(&format!("scan data -q --inventory {}", home.path("fresh").display())).exits(0);
    assert_eq!(home.digest(), digest_at(&home, "fresh"));
}
