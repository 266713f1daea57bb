//! Endpoints that send requests elsewhere, or that do not give what was asked for: nothing of it is taken for the object,
//! and each gets a sentence with its remedy.

use super::{Scanned, anonymous, wire};
use crate::program::Home;
use crate::store_server::StoreServer;
use crate::store_server::content::{Many, Memory};
use crate::store_server::face::{Face, error};
use crate::store_server::fault::{Fault, Operation, Seen};
use crate::store_server::http::{Body, Response};
use rollcall::source::{Source, SourceOptions, Wire, WireLimits};
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;

const SCHEMES: [(Face, &str); 2] = [(Face::S3, "s3"), (Face::Gcs, "gs")];
const ROW: &[u8] = b"name,email\nPaula Dray,paula@mailhaus.example\n";

/// A table so large that it comes in parts.
fn large() -> Vec<u8> {
    let mut text = ROW.to_vec();
    (0..700_000).for_each(|_| text.extend_from_slice(b",a town by the sea\n"));
    text
}

#[test]
fn a_redirect_is_said_and_not_followed() {
    for (face, scheme) in SCHEMES.into_iter().chain([(Face::S3, "az")]) {
        let other = StoreServer::with(face, "b", Memory::of([("a.csv", ROW)]));
        let server = StoreServer::with(face, "b", Memory::of([("a.csv", ROW)]));
        for status in [301, 302, 307, 308] {
            let place = format!("{}/b", other.url());
            server.instead(move |_| Some(Response::new(status, "").with("Location", &place)));
            let spec = if scheme == "az" { "az://b@acc".to_string() } else { format!("{scheme}://b") };
            let said = Source::open(&spec, &anonymous(&server.url())).map(|_| ()).unwrap_err().to_string();
            assert!(said.contains("not followed") && said.contains("--endpoint"), "{scheme} {status}: {said}");
            assert_eq!(other.stats().requests.values().sum::<u64>(), 0, "{scheme} {status} was followed");
        }
    }
}

#[test]
fn what_an_endpoint_makes_up_is_never_the_object() {
    for (face, scheme) in SCHEMES {
        let server = StoreServer::with(face, "b", Memory::of([("small.csv", ROW.to_vec()), ("large.csv", large())]));
        let scan = || {
            // Attempts in vain are few: none of this passes.
            let wire = Wire::new(WireLimits { attempts: 3, ..wire().limits().clone() });
            let options = SourceOptions { wire, ..anonymous(&server.url()) };
            Scanned::of(Source::open(&format!("{scheme}://b"), &options).unwrap(), 2)
        };
        let told = |lie: &str, scanned: &Scanned| {
            let rows = scanned.objects();
            assert_eq!(rows.len(), 2, "{face:?} {lie}");
            for row in rows {
                let gap =
                    row.gaps.first().unwrap_or_else(|| panic!("{face:?}: {lie}: {} is COMPLETE", row.object.path));
                assert!(["io", "changed"].contains(&gap.kind.code()), "{face:?} {lie}: {gap:?}");
                let remedy = ["endpoint", "scan it again", "scan the object again"];
                assert!(remedy.iter().any(|r| gap.detail.contains(r)), "{face:?} {lie}: {gap:?}");
            }
        };
        // Wrong lengths, for good. Ranges concern the large one alone.
        server.faults(Box::new(|seen| (seen.operation == Operation::Get).then_some(Fault::ShortBody)));
        told("a shorter body", &scan());
        for fault in [Fault::OtherRange, Fault::IgnoredRange] {
            server.faults(Box::new(move |seen: &Seen| {
                let is_part = seen.operation == Operation::Get && !seen.place.is_empty();
                (is_part && !seen.place.starts_with("bytes=0-")).then_some(fault)
            }));
            let rows = scan().objects();
            let (large, small) = (&rows[0], &rows[1]);
            assert_eq!((small.status.code(), large.status.code()), ("COMPLETE", "PARTIAL"), "{face:?} {fault:?}");
            assert!(large.gaps[0].detail.contains("endpoint"), "{face:?} {fault:?}: {:?}", large.gaps);
        }
        server.no_faults();
        // Answers of its own: each says that all is well.
        type Lie = fn(&Seen) -> Response;
        let lies: [(&str, Lie); 3] = [
            ("HTML", |_| {
                Response::new(200, "<html><body>Please sign in</body></html>").with("Content-Type", "text/html")
            }),
            ("the ETag of another object", |seen| {
                let bytes = if seen.key == "small.csv" { ROW.to_vec() } else { large() };
                let (first, last) = match seen.place.strip_prefix("bytes=").and_then(|r| r.split_once('-')) {
                    Some((first, last)) => (first.parse().unwrap(), last.parse::<u64>().unwrap()),
                    None => (0, bytes.len() as u64 - 1),
                };
                let size = bytes.len();
                let status = if seen.place.is_empty() { 200 } else { 206 };
                Response { status, headers: Vec::new(), body: Body::Piece(Arc::new(bytes), first..last + 1) }
                    .with("ETag", "\"00000000000000000000000000000000\"")
                    .with("Content-Range", format!("bytes {first}-{last}/{size}"))
            }),
            ("nothing", |_| Response::new(200, "")),
        ];
        for (lie, answer) in lies {
            server.instead(move |seen| (seen.operation == Operation::Get).then(|| answer(seen)));
            told(lie, &scan());
        }
    }
}

#[test]
fn a_checksum_that_cannot_be_asked_for_is_a_gap_and_one_that_nobody_may_ask_for_is_counted() {
    for (face, scheme) in SCHEMES {
        let server = StoreServer::with(face, "b", Memory::of([("large.csv", large())]));
        let scan = |response: fn() -> Option<Response>| {
            let wire = Wire::new(WireLimits { attempts: 3, ..wire().limits().clone() });
            let options = SourceOptions { wire: wire.clone(), ..anonymous(&server.url()) };
            let source = Source::open(&format!("{scheme}://b"), &options).unwrap();
            server.instead(move |seen| (seen.operation == Operation::Head).then(response).flatten());
            let row = Scanned::of(source, 2).objects().remove(0);
            server.instead(|_| None);
            (row, wire.counts().unchecked.load(Relaxed))
        };
        let (row, unchecked) = scan(|| None);
        assert_eq!((row.status.code(), unchecked), ("COMPLETE", 0), "{face:?}");
        let (row, unchecked) = scan(|| Some(error(500, "InternalError", "We encountered an internal error.")));
        assert_eq!((row.status.code(), unchecked), ("PARTIAL", 0), "{face:?}");
        let detail = &row.gaps[0].detail;
        assert!(detail.contains("all of it was read, but its checksum"), "{face:?}: {detail}");
        // It stays so however often it is asked, and the bytes are of the version that was listed.
        let (row, unchecked) = scan(|| Some(error(403, "AccessDenied", "Access Denied")));
        assert_eq!((row.status.code(), unchecked), ("COMPLETE", 1), "{face:?}: {:?}", row.gaps);
    }
}

/// A listing that goes on and on takes no more memory than a short one. `ROLLCALL_KEYS` says how many keys.
#[test]
fn a_long_listing_takes_no_more_memory_than_a_short_one() {
    let many: u64 = std::env::var("ROLLCALL_KEYS").map_or(300_000, |n| n.parse().unwrap());
    for (face, scheme) in SCHEMES {
        let memory = |count: u64| {
            let server = StoreServer::with(face, "b", Arc::new(Many { count, bytes: ROW.to_vec() }));
            let home = Home::new();
            let mut command = home.command(["scan", &format!("{scheme}://b"), "--estimate", "--json"]);
            command.env("AWS_ENDPOINT_URL", server.url()).env("AWS_REGION", "us-east-1");
            command.env("AWS_ACCESS_KEY_ID", "testing").env("AWS_SECRET_ACCESS_KEY", "testing");
            command.env("STORAGE_EMULATOR_HOST", server.url()).env("GOOGLE_BEARER_TOKEN", "testing");
            let out = tempfile::NamedTempFile::new().unwrap();
            let child = command.stdout(out.reopen().unwrap()).spawn().unwrap();
            let (code, kib) = super::huge::watched(child);
            let told: serde_json::Value = serde_json::from_slice(&std::fs::read(out.path()).unwrap()).unwrap();
            assert_eq!((code, told["objects"].as_u64()), (0, Some(count)), "{told}");
            kib
        };
        let (short, long) = (memory(30_000), memory(many));
        println!("{face:?}: {} KiB for 30,000 keys, {long} KiB for {many}", short);
        assert!(long < short + (16 << 10), "{face:?}: {short} KiB for 30,000 keys, {long} KiB for {many}");
    }
}
