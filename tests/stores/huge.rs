//! Objects and listings far larger than memory.

use super::anonymous;
use crate::program::Home;
use crate::store_server::StoreServer;
use crate::store_server::content::{Many, SPARSE_LINE, Sparse};
use crate::store_server::face::Face;
use crate::store_server::fault::Operation;
use rollcall::model::rows::Tables;
use rollcall::source::{Listing, Source};
use std::process::{Child, Stdio};
use std::sync::Arc;
use std::time::Duration;

/// Waits for a process and gives its exit code and the most memory that it was seen to hold, in KiB.
pub fn watched(mut child: Child) -> (i32, u64) {
    let status = format!("/proc/{}/status", child.id());
    let mut most = 0;
    loop {
        // The high-water mark grows only, so the last look at it is nearly its end.
        let text = std::fs::read_to_string(&status).unwrap_or_default();
        let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let seen = line.and_then(|line| line.trim().trim_end_matches(" kB").parse().ok());
        most = seen.unwrap_or(0).max(most);
        if let Some(status) = child.try_wait().unwrap() {
            return (status.code().unwrap_or(-1), most);
        }
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// An object of lines that say nothing, with two addresses at its end. `ROLLCALL_HUGE_GB` says how large; the bar is 100.
#[test]
fn the_end_of_a_huge_object_is_found_where_it_is() {
    let gigabytes: u64 = std::env::var("ROLLCALL_HUGE_GB").map_or(1, |n| n.parse().unwrap());
    for (face, scheme) in [(Face::S3, "s3"), (Face::Gcs, "gs")] {
        let first = "2026-01-01T00:00:00Z INFO mail to ann.lee@mailhaus.example was sent\n";
        let second = "2026-01-01T00:00:01Z INFO mail to bob.ray@mailhaus.example was sent\n";
        let sparse = Sparse::new("logs/huge.log", gigabytes << 30, format!("{first}{second}").as_bytes());
        let filler = sparse.filler();
        let server = StoreServer::with(face, "b", Arc::new(sparse));
        let home = Home::new();
        let mut command = home.command(["scan", &format!("{scheme}://b"), "--quiet"]);
        command.env("AWS_ENDPOINT_URL", server.url()).env("AWS_REGION", "us-east-1");
        command.env("AWS_ACCESS_KEY_ID", "testing").env("AWS_SECRET_ACCESS_KEY", "testing");
        command.env("STORAGE_EMULATOR_HOST", server.url()).env("GOOGLE_BEARER_TOKEN", "testing");
        let child = command.stdout(Stdio::null()).spawn().unwrap();
        let (code, kib) = watched(child);
        assert_eq!(code, 0);
        println!("{face:?}: {gigabytes} GiB in {} MiB of memory", kib >> 10);
        assert!((10 << 10..900 << 10).contains(&kib), "{kib} KiB");
        let mut places = Vec::new();
        let read = home.snapshot().mentions(None, &mut |row| {
            places.push((row.mention.rows.clone(), row.mention.source));
            Ok(())
        });
        read.unwrap();
        places.sort();
        let lines = filler / SPARSE_LINE;
        let at = |line: &str, before: u64, number: u64| {
            let mail = line.find("mail to ").unwrap() as u64 + 8;
            (vec![(number, number)], filler + before + mail)
        };
        let expected = [at(first, 0, lines + 1), at(second, first.len() as u64, lines + 2)];
        assert_eq!(places.len(), 2, "{places:?}");
        for ((rows, bytes), (expected_rows, at)) in places.iter().zip(expected) {
            assert_eq!(rows[..], expected_rows[..]);
            assert!(bytes.0 <= at && at < bytes.1 && bytes.1 - bytes.0 < 200, "{bytes:?} is not around {at}");
        }
    }
}

#[test]
fn a_listing_of_a_billion_keys_is_taken_as_it_comes() {
    for (face, scheme) in [(Face::S3, "s3"), (Face::Gcs, "gs")] {
        let many = Many { count: 1_000_000_000, bytes: b"email\nann.lee@mailhaus.example\n".to_vec() };
        let server = StoreServer::with(face, "b", Arc::new(many));
        let source = Source::open(&format!("{scheme}://b/events"), &anonymous(&server.url())).unwrap();
        server.reset_stats();
        let taken = 60_000;
        let mut keys = 0;
        for listing in source.list(&[]).take(taken) {
            let Listing::Object(object) = listing else { panic!("{listing:?}") };
            assert_eq!(object.size, 31);
            keys += 1;
        }
        assert_eq!(keys, taken);
        // What nobody takes is not asked for: some pages wait, and no more.
        std::thread::sleep(Duration::from_millis(200));
        let pages = server.stats().of(Operation::List);
        assert!((60..60 + 60).contains(&pages), "{face:?}: {pages} pages for 60");
    }
}
