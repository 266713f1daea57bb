//! Stores that fail. Whatever happens, every object that was listed is accounted for, and what is COMPLETE says exactly
//! what an undisturbed run says.

use super::{Scanned, anonymous};
use crate::store_server::StoreServer;
use crate::store_server::content::Memory;
use crate::store_server::face::{Face, OTHER_REGION};
use crate::store_server::fault::{Fault, Operation, Plan, Seeded, Seen};
use rollcall::model::object::Status;
use rollcall::source::{Listing, Source};
use std::collections::{BTreeMap, BTreeSet};

const FACES: [Face; 2] = [Face::S3, Face::Gcs];
const READING: [Operation; 3] = [Operation::List, Operation::Get, Operation::Head];

/// Objects of one table each; every hundredth is so large that it is resumed in its middle, and one comes in parts.
fn objects(count: usize) -> Vec<(String, Vec<u8>)> {
    let object = |n: usize| {
        let mut text = "name,email,city\n".to_string();
        for row in 0..3 {
            text.push_str(&format!("Paula Dray,paula{n}.{row}@mailhaus.example,Norwich\n"));
        }
        let rows = if n == 50 {
            700_000
        } else if n % 100 == 7 {
            80_000
        } else {
            0
        };
        for _ in 0..rows {
            text.push_str(",,a town by the sea\n");
        }
        text.push_str(&format!("Ann Lee,ann{n}@mailhaus.example,Dover\n"));
        (format!("part-{:02}/object-{n:05}.csv", n % 13), text.into_bytes())
    };
    (0..count).map(object).collect()
}

/// A server with these objects, and what is scanned.
fn serve(face: Face, objects: &[(String, Vec<u8>)]) -> StoreServer {
    let server = StoreServer::with(face, "data", Memory::of(objects.iter().map(|(key, bytes)| (key, bytes.clone()))));
    server.page(50);
    server
}

fn open(face: Face, server: &StoreServer) -> Source {
    let scheme = if face == Face::S3 { "s3" } else { "gs" };
    Source::open(&format!("{scheme}://data"), &anonymous(&server.url())).unwrap()
}

/// Scans under a plan that begins once the source is open.
fn scan(face: Face, server: &StoreServer, plan: Option<Plan>) -> Scanned {
    let source = open(face, server);
    if let Some(plan) = plan {
        server.faults(plan);
    }
    let scanned = Scanned::of(source, 4);
    server.no_faults();
    scanned
}

/// Whether everything is accounted for; gives the paths of what is COMPLETE.
#[track_caller]
fn account(scanned: &Scanned, listed: usize) -> BTreeMap<String, u64> {
    let rows = scanned.objects();
    let outcome = &scanned.outcome;
    let ended = outcome.complete + outcome.partial + outcome.skipped + outcome.failed;
    assert_eq!((rows.len(), ended as usize), (listed, listed), "{outcome:?}");
    for row in &rows {
        assert_eq!(row.gaps.is_empty(), row.status == Status::Complete, "{}: {:?}", row.object.path, row.gaps);
    }
    let complete = rows.into_iter().filter(|row| row.status == Status::Complete);
    let complete: BTreeMap<String, u64> = complete.map(|row| (row.object.path, row.id)).collect();
    assert_eq!(complete.len() as u64, outcome.complete);
    complete
}

/// What is COMPLETE says what the undisturbed run says of the same objects.
#[track_caller]
fn agrees(scanned: &Scanned, complete: &BTreeMap<String, u64>, undisturbed: &Scanned) {
    let ids: BTreeSet<u64> = complete.values().copied().collect();
    let same = undisturbed.objects().into_iter().filter(|row| complete.contains_key(&row.object.path));
    let same: BTreeSet<u64> = same.map(|row| row.id).collect();
    assert_eq!(scanned.digest_of(&ids), undisturbed.digest_of(&same), "what is COMPLETE is not what is there");
}

#[test]
fn what_passes_leaves_no_trace() {
    for face in FACES {
        let objects = objects(300);
        let server = serve(face, &objects);
        let undisturbed = scan(face, &server, None);
        assert_eq!(account(&undisturbed, 300).len(), 300);
        for seed in [1, 2] {
            server.reset_stats();
            let faults = Fault::PASSING.to_vec();
            let plan = Seeded { seed, per_mille: 500, faults, operations: READING.to_vec(), at_most: 3 };
            let scanned = scan(face, &server, Some(plan.plan()));
            let stats = server.stats();
            assert!(stats.injected() > 150 && stats.faults.len() == Fault::PASSING.len(), "{stats:?}");
            assert_eq!(stats.unconditional_gets, 0, "a request did not say which version it wants");
            assert_eq!(account(&scanned, 300).len(), 300, "{face:?}, seed {seed}: {:?}", scanned.outcome.gaps);
            assert_eq!(scanned.digest(), undisturbed.digest(), "{face:?}, seed {seed}");
        }
    }
}

/// Faults of every kind, some of which pass, some of which do not. `ROLLCALL_FAULTS` says how many; the whole bar is 10000.
#[test]
fn thousands_of_faults_lose_nothing_and_change_nothing() {
    let wanted: u64 = std::env::var("ROLLCALL_FAULTS").map_or(2500, |n| n.parse().unwrap());
    let faults = [
        Fault::PASSING.as_slice(),
        &[Fault::WrongByte, Fault::Changed, Fault::Gone, Fault::Expired, Fault::Denied, Fault::OtherRange],
        &[Fault::IgnoredRange, Fault::WrongRegion, Fault::ClockSkew, Fault::ShortBody],
    ]
    .concat();
    let objects = objects(400);
    let (mut injected, mut complete, mut listed) = (0, 0, 0);
    let undisturbed = FACES.map(|face| scan(face, &serve(face, &objects), None));
    for seed in 0.. {
        let (face, undisturbed) = (FACES[seed as usize % 2], &undisturbed[seed as usize % 2]);
        let server = serve(face, &objects);
        let seeded = Seeded { seed, per_mille: 600, faults: faults.clone(), operations: READING.to_vec(), at_most: 9 };
        let seeded = seeded.plan();
        let plan = move |seen: &Seen| {
            // Listings meet what passes only: another test breaks them. A part of an object has no checksum of its own.
            seeded(seen).filter(|fault| match fault {
                _ if seen.operation == Operation::List => Fault::PASSING.contains(fault) && seen.attempt < 3,
                Fault::WrongByte => seen.place.is_empty(),
                _ => true,
            })
        };
        let scanned = scan(face, &server, Some(Box::new(plan)));
        let whole = account(&scanned, objects.len());
        agrees(&scanned, &whole, undisturbed);
        injected += server.stats().injected();
        complete += whole.len();
        listed += objects.len();
        if injected >= wanted {
            break;
        }
    }
    println!("{injected} faults: {complete} of {listed} objects COMPLETE, the rest told");
    assert!(complete * 20 > listed && complete < listed, "{complete} of {listed}: the faults do not test much");
}

#[test]
fn what_does_not_pass_is_told_with_its_remedy() {
    for face in FACES {
        let objects = objects(100);
        let undisturbed = scan(face, &serve(face, &objects), None);
        let server = serve(face, &objects);
        // By the object's number: which fault, and how often.
        let of_key = |key: &str| -> Option<(Fault, u32)> {
            let number: u32 = key.rsplit('-').next()?.strip_suffix(".csv")?.parse().ok()?;
            Some(match number % 20 {
                0 => (Fault::Denied, u32::MAX),
                1 => (Fault::Changed, 1),
                2 => (Fault::Gone, 1),
                3 => (Fault::WrongByte, u32::MAX),
                4 => (Fault::Expired, u32::MAX),
                5 => (Fault::Truncated, u32::MAX),
                6 => (Fault::ShortBody, u32::MAX),
                8 => (Fault::ClockSkew, u32::MAX),
                9 => (Fault::WrongRegion, u32::MAX),
                11 => (Fault::SlowDown, u32::MAX),
                12 => (Fault::Expired, 2),
                _ => return None,
            })
        };
        let plan = move |seen: &Seen| {
            let (fault, times) = of_key(&seen.key).filter(|_| seen.operation == Operation::Get)?;
            (seen.attempt < times).then_some(fault)
        };
        let scanned = scan(face, &server, Some(Box::new(plan)));
        let complete = account(&scanned, 100);
        agrees(&scanned, &complete, &undisturbed);
        for row in scanned.objects() {
            let fault = of_key(&row.object.uri);
            let expected = match fault.map(|(fault, _)| fault) {
                None => None,
                Some(Fault::Expired) if fault.is_some_and(|(_, times)| times == 2) && face == Face::S3 => None,
                // Nobody in particular has no credentials that could expire.
                Some(Fault::Expired | Fault::Denied | Fault::ClockSkew) => Some("permission_denied"),
                Some(Fault::Changed) => Some("changed"),
                Some(Fault::Gone) => Some("not_found"),
                Some(_) => Some("io"),
            };
            let said = row.gaps.first().map(|gap| gap.kind.code());
            match (fault, expected, said) {
                // What a store says to somebody without credentials may be read either way.
                (Some((Fault::ShortBody | Fault::ClockSkew | Fault::WrongRegion, _)), Some(_), Some(_)) => {}
                _ => assert_eq!(said, expected, "{face:?} {fault:?}: {:?}", row.gaps),
            }
            for gap in &row.gaps {
                assert!(gap.detail.len() > 20 && gap.detail.is_ascii(), "{gap:?}");
            }
            if fault.is_some_and(|(fault, _)| fault == Fault::Denied) {
                let action = if face == Face::S3 { "s3:GetObject" } else { "storage.objects.get" };
                assert!(row.gaps[0].detail.contains(action), "{:?}", row.gaps);
            }
        }
        assert!(!scanned.outcome.is_whole(false));
    }
}

#[test]
fn a_large_object_with_a_wrong_byte_is_never_complete() {
    for face in FACES {
        let objects: Vec<_> = objects(60).into_iter().filter(|(_, bytes)| bytes.len() > 10 << 20).collect();
        assert_eq!(objects.len(), 1);
        let server = serve(face, &objects);
        // In one of its parts, which has no checksum of its own.
        let plan = |seen: &Seen| seen.place.starts_with("bytes=9437184-").then_some(Fault::WrongByte);
        let scanned = scan(face, &server, Some(Box::new(plan)));
        assert_eq!(server.stats().injected(), 1, "{:?}", server.stats());
        assert!(account(&scanned, 1).is_empty());
        assert_eq!(scanned.objects()[0].gaps[0].kind.code(), "io");
    }
}

#[test]
fn silence_ends() {
    for face in FACES {
        let objects = objects(20);
        let server = serve(face, &objects);
        let undisturbed = scan(face, &server, None);
        let plan = |seen: &Seen| {
            let is_one = seen.operation == Operation::Get && seen.key.ends_with("3.csv") && seen.attempt == 0;
            is_one.then_some(Fault::Stalled)
        };
        let scanned = scan(face, &server, Some(Box::new(plan)));
        assert_eq!(server.stats().injected(), 2);
        assert_eq!(account(&scanned, 20).len(), 20, "{:?}", scanned.outcome.gaps);
        assert_eq!(scanned.digest(), undisturbed.digest());
    }
}

#[test]
fn a_listing_that_breaks_is_never_a_short_one() {
    for face in FACES {
        let objects = objects(300);
        let server = serve(face, &objects);
        server.page(7);
        let all = open(face, &server).list(&[]).count();
        assert_eq!(all, 300);
        // It breaks on a late page, for good or for a while.
        for fault in [Fault::Internal, Fault::ResetMid, Fault::BadXml, Fault::Denied, Fault::Truncated, Fault::Garbage]
        {
            for (times, whole) in [(2, fault != Fault::Denied), (u32::MAX, false)] {
                let source = open(face, &server);
                let late = move |seen: &Seen| {
                    let is_late = seen.place.split('\n').nth(2).is_some_and(|token| !token.is_empty());
                    (seen.operation == Operation::List && is_late && seen.attempt < times).then_some(fault)
                };
                server.faults(Box::new(late));
                let (objects, problems): (Vec<Listing>, Vec<Listing>) =
                    source.list(&[]).partition(|listing| matches!(listing, Listing::Object(_)));
                server.no_faults();
                assert_eq!(problems.is_empty(), whole, "{face:?} {fault:?} {times}: {problems:?}");
                if whole {
                    assert_eq!(objects.len(), 300, "{face:?} {fault:?}");
                    continue;
                }
                assert!((7..300).contains(&objects.len()), "{face:?} {fault:?}: {}", objects.len());
                let Listing::Problem { gap, .. } = &problems[0] else { unreachable!() };
                assert!(gap.detail.contains("not whole"), "{gap:?}");
                if fault == Fault::Denied {
                    let action = if face == Face::S3 { "s3:ListBucket" } else { "storage.objects.list" };
                    assert!(gap.detail.contains(action) && gap.kind.code() == "permission_denied", "{gap:?}");
                }
            }
        }
        // And the scan says so.
        let plan = |seen: &Seen| {
            let is_late = seen.place.split('\n').nth(2).is_some_and(|token| !token.is_empty());
            (seen.operation == Operation::List && is_late).then_some(Fault::Internal)
        };
        let scanned = scan(face, &server, Some(Box::new(plan)));
        assert!(scanned.outcome.failed >= 1 && !scanned.outcome.is_whole(false), "{:?}", scanned.outcome);
    }
}

#[test]
fn a_store_that_refuses_says_why() {
    for face in FACES {
        let server = serve(face, &objects(3));
        let scheme = if face == Face::S3 { "s3" } else { "gs" };
        for (fault, words) in [
            (Fault::Denied, if face == Face::S3 { "s3:ListBucket" } else { "storage.objects.list" }),
            (Fault::ClockSkew, if face == Face::S3 { "clock" } else { "leave --anonymous out" }),
            (Fault::WrongRegion, if face == Face::S3 { OTHER_REGION } else { "--endpoint" }),
            (Fault::SlowDown, if face == Face::S3 { "fewer requests" } else { "slow down" }),
            (Fault::Garbage, "127.0.0.1"),
        ] {
            server.faults(Box::new(move |_| Some(fault)));
            let opened = Source::open(&format!("{scheme}://data"), &anonymous(&server.url()));
            server.no_faults();
            let said = opened.map(|_| ()).unwrap_err().to_string();
            assert!(said.contains(words), "{face:?} {fault:?}: {said}");
        }
        let said = Source::open(&format!("{scheme}://nobody"), &anonymous(&server.url())).map(|_| ()).unwrap_err();
        assert!(said.to_string().contains("nobody"), "{said}");
        let said = Source::open(&format!("{scheme}://data"), &anonymous("http://127.0.0.1:1")).map(|_| ()).unwrap_err();
        assert!(said.to_string().contains("127.0.0.1:1"), "{said}");
    }
}
