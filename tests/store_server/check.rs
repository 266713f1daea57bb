//! The server itself, asked by hand.

use super::StoreServer;
use super::content::{Content, Folder, Many, Memory, SPARSE_LINE, Sparse};
use super::face::{Face, bytes_of};
use super::fault::{Fault, Operation, Seeded};
use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::time::Duration;

/// An answer as it came.
struct Answer {
    status: u16,
    head: String,
    body: Vec<u8>,
}

impl Answer {
    fn header(&self, name: &str) -> Option<&str> {
        let lines = self.head.lines().filter_map(|line| line.split_once(": "));
        lines.into_iter().find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }

    fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }

    /// What stands in the elements of a name.
    fn all(&self, name: &str) -> Vec<String> {
        let (open, close) = (format!("<{name}>"), format!("</{name}>"));
        let rest = self.text().split(&open).skip(1);
        rest.map(|rest| rest.split(&close).next().unwrap().to_string()).collect()
    }
}

struct Client {
    stream: TcpStream,
}

impl Client {
    fn new(server: &StoreServer) -> Client {
        let stream = TcpStream::connect(server.address()).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
        Client { stream }
    }

    /// One request on this connection.
    fn ask(&mut self, line: &str, headers: &[(&str, &str)], body: &[u8]) -> io::Result<Answer> {
        let mut head = format!("{line} HTTP/1.1\r\nHost: x\r\nContent-Length: {}\r\n", body.len());
        headers.iter().for_each(|(name, value)| head.push_str(&format!("{name}: {value}\r\n")));
        self.stream.write_all(format!("{head}\r\n").as_bytes())?;
        self.stream.write_all(body)?;
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            let mut byte = [0];
            self.stream.read_exact(&mut byte)?;
            head.push(byte[0]);
        }
        let head = String::from_utf8_lossy(&head).into_owned();
        let status = head.split(' ').nth(1).and_then(|s| s.parse().ok()).ok_or(io::ErrorKind::InvalidData)?;
        let mut answer = Answer { status, head, body: Vec::new() };
        let length = answer.header("content-length").unwrap().parse().unwrap();
        if !line.starts_with("HEAD") && status != 204 {
            answer.body = vec![0; length];
            self.stream.read_exact(&mut answer.body)?;
        }
        Ok(answer)
    }

    fn get(&mut self, path: &str) -> Answer {
        self.ask(&format!("GET {path}"), &[], b"").unwrap()
    }
}

/// One request on a connection of its own.
fn once(server: &StoreServer, line: &str, headers: &[(&str, &str)]) -> io::Result<Answer> {
    Client::new(server).ask(line, headers, b"")
}

#[test]
fn listings_come_in_pages_and_every_key_once() {
    let names: Vec<String> = (0..57).map(|n| format!("{}/{n:03}.csv", ["a", "b", "b/c"][n % 3])).collect();
    let odd = ["odd/with space+plus&amp.csv", "odd/line\nfeed", "odd/../up", "odd/\u{1F600}", "odd//empty"];
    let objects = names.iter().map(String::as_str).chain(odd).map(|name| (name, name.as_bytes().to_vec()));
    let memory = Memory::of(objects);
    let mut all: Vec<String> = names.iter().cloned().chain(odd.map(String::from)).collect();
    all.sort();
    let server = StoreServer::with(Face::S3, "b", memory.clone());
    for page in [1, 2, 7, 1000] {
        server.page(page);
        let mut client = Client::new(&server);
        let (mut listed, mut token) = (Vec::new(), String::new());
        loop {
            let answer = client.get(&format!("/b?list-type=2&encoding-type=url{token}"));
            assert_eq!(answer.status, 200);
            let keys = answer.all("Key");
            assert!(keys.len() <= page);
            listed.extend(
                keys.iter().map(|k| percent_encoding::percent_decode_str(k).decode_utf8().unwrap().into_owned()),
            );
            match answer.all("NextContinuationToken").first() {
                Some(next) => token = format!("&continuation-token={}", next.replace('+', "%2B").replace('=', "%3D")),
                None => break,
            }
        }
        assert_eq!(listed, all, "pages of {page}");
        // By folder: each group once, whatever the pages.
        let (mut groups, mut keys, mut token) = (Vec::new(), Vec::new(), String::new());
        loop {
            let answer = client.get(&format!("/b?list-type=2&delimiter=%2F&prefix=b%2F{token}"));
            groups.extend(
                answer
                    .text()
                    .split("<CommonPrefixes><Prefix>")
                    .skip(1)
                    .map(|r| r.split('<').next().unwrap().to_string()),
            );
            keys.extend(answer.all("Key"));
            match answer.all("NextContinuationToken").first() {
                Some(next) => token = format!("&continuation-token={}", next.replace('+', "%2B").replace('=', "%3D")),
                None => break,
            }
        }
        assert_eq!(groups, ["b/c/"], "pages of {page}");
        assert_eq!(keys.len(), 19);
    }
    assert_eq!(once(&server, "GET /nobody?list-type=2", &[]).unwrap().status, 404);
}

#[test]
fn every_version_is_listed_and_read() {
    let memory = Memory::new();
    for n in 0..5 {
        memory.set("a", format!("a{n}"));
        memory.set("b", format!("b{n}"));
    }
    memory.delete("b").unwrap();
    let server = StoreServer::with(Face::S3, "v", memory);
    for page in [1, 3, 4, 1000] {
        server.page(page);
        let (mut versions, mut marker) = (Vec::new(), String::new());
        loop {
            let answer = Client::new(&server).get(&format!("/v?versions{marker}"));
            versions.extend(answer.all("VersionId"));
            let (keys, ids) = (answer.all("NextKeyMarker"), answer.all("NextVersionIdMarker"));
            let Some((key, id)) = keys.first().zip(ids.first()) else { break };
            marker = format!("&key-marker={key}&version-id-marker={id}");
        }
        assert_eq!(versions, ["9", "7", "5", "3", "1", "11", "10", "8", "6", "4", "2"], "pages of {page}");
    }
    let mut client = Client::new(&server);
    assert_eq!(client.get("/v/a?versionId=5").text(), "a2");
    assert_eq!(client.get("/v/a").text(), "a4");
    assert_eq!(client.get("/v/b").status, 404);
    assert_eq!(client.get("/v/b?versionId=10").text(), "b4");
    assert_eq!(client.get("/v?list-type=2").all("Key"), ["a"]);
}

#[test]
fn ranges_and_conditions_hold() {
    let memory = Memory::of([("k", "0123456789"), ("sum", "123456789")]);
    for face in [Face::S3, Face::Gcs] {
        let server = StoreServer::with(face, "b", memory.clone());
        let mut client = Client::new(&server);
        let whole = client.get("/b/k");
        assert_eq!((whole.status, whole.text()), (200, "0123456789"));
        // The check values of CRC-64/NVME and CRC-32/ISCSI in the catalogue of parametrised CRC algorithms.
        let (name, sum) = match face {
            Face::S3 => ("x-amz-checksum-crc64nvme", "rosUhgp5mIg="),
            Face::Gcs => ("x-goog-hash", "crc32c=4waSgw=="),
        };
        let summed = client.ask("GET /b/sum", &[("x-amz-checksum-mode", "ENABLED")], b"").unwrap();
        assert_eq!(summed.header(name), Some(sum));
        let etag = whole.header("etag").unwrap().to_string();
        for (range, status, text) in [
            ("bytes=2-4", 206, "234"),
            ("bytes=8-", 206, "89"),
            ("bytes=-3", 206, "789"),
            ("bytes=8-100", 206, "89"),
            ("bytes=10-12", 416, ""),
        ] {
            let answer = client.ask("GET /b/k", &[("Range", range), ("If-Match", &etag)], b"").unwrap();
            assert_eq!(answer.status, status, "{range}");
            if status == 206 {
                assert_eq!(answer.text(), text);
                assert!(answer.header("content-range").unwrap().ends_with("/10"));
            }
        }
        assert_eq!(client.ask("GET /b/k", &[("If-Match", "\"other\"")], b"").unwrap().status, 412);
        let head = client.ask("HEAD /b/k", &[], b"").unwrap();
        assert_eq!((head.header("content-length"), head.header("etag")), (Some("10"), Some(etag.as_str())));
        let create = if face == Face::S3 { ("If-None-Match", "*") } else { ("x-goog-if-generation-match", "0") };
        let new = format!("PUT /b/new-{face:?}");
        assert_eq!(client.ask(&new, &[create], b"one").unwrap().status, 200);
        assert_eq!(client.ask(&new, &[create], b"two").unwrap().status, 412);
        assert_eq!(bytes_of(&*memory, &format!("new-{face:?}")).unwrap(), b"one");
        let chunked: &[(&str, &str)] = &[("content-encoding", "aws-chunked")];
        let body = b"3;chunk-signature=0\r\nabc\r\n2\r\nde\r\n0\r\nx-amz-checksum-crc32:AAAA\r\n\r\n";
        assert_eq!(client.ask("PUT /b/chunked", chunked, body).unwrap().status, 200);
        assert_eq!(bytes_of(&*memory, "chunked").unwrap(), b"abcde");
        assert_eq!(client.ask("DELETE /b/chunked", &[], b"").unwrap().status, 204);
        assert_eq!(client.get("/b/chunked").status, 404);
    }
}

#[test]
fn classes_and_tags_are_told() {
    let memory = Memory::of([("cold", "x"), ("warm", "y")]);
    memory.class("cold", "GLACIER");
    memory.tag("warm", "team", "<shop>");
    let server = StoreServer::with(Face::S3, "b", memory);
    assert_eq!(server.url(), format!("http://{}", server.address()));
    let mut client = Client::new(&server);
    assert_eq!(client.get("/b?list-type=2").all("StorageClass"), ["GLACIER", "STANDARD"]);
    assert_eq!((client.get("/b/cold").status, client.get("/b/warm").status), (403, 200));
    assert_eq!(client.get("/b/warm?tagging").all("Value"), ["&lt;shop&gt;"]);
    assert_eq!(server.stats().of(Operation::Other), 1);
    server.reset_stats();
    assert_eq!(server.stats().of(Operation::Other), 0);
}

#[test]
fn every_fault_is_what_it_says() {
    let text = "0123456789".repeat(100);
    let memory = Memory::of([("k", text.as_str())]);
    let server = StoreServer::with(Face::S3, "b", memory.clone());
    let with = |fault: Fault| {
        server.faults(Box::new(move |_| Some(fault)));
        let answer = once(&server, "GET /b/k", &[("Range", "bytes=10-509")]);
        server.no_faults();
        answer
    };
    let asked = &text.as_bytes()[10..510];
    for (fault, status) in [
        (Fault::SlowDown, 503),
        (Fault::TooMany, 429),
        (Fault::Internal, 500),
        (Fault::Expired, 400),
        (Fault::Denied, 403),
        (Fault::WrongRegion, 301),
        (Fault::ClockSkew, 403),
    ] {
        assert_eq!(with(fault).unwrap().status, status, "{fault:?}");
    }
    for fault in [Fault::ResetBefore, Fault::ResetMid, Fault::Truncated, Fault::Garbage] {
        assert!(with(fault).is_err(), "{fault:?}");
    }
    let reset = with(Fault::ResetMid).err().unwrap().kind();
    let truncated = with(Fault::Truncated).err().unwrap().kind();
    assert_eq!((reset, truncated), (io::ErrorKind::ConnectionReset, io::ErrorKind::UnexpectedEof));
    assert_eq!(with(Fault::Slow).unwrap().body, asked);
    let wrong = with(Fault::WrongByte).unwrap();
    assert_eq!(wrong.body.iter().zip(asked).filter(|(a, b)| a != b).count(), 1);
    let short = with(Fault::ShortBody).unwrap();
    assert!(short.body.len() < asked.len() && short.header("content-range") == Some("bytes 10-509/1000"));
    let other = with(Fault::OtherRange).unwrap();
    assert!(other.body == text.as_bytes()[9..509] && other.header("content-range") == Some("bytes 9-508/1000"));
    assert_eq!(with(Fault::IgnoredRange).unwrap().body, text.as_bytes());
    let etag = memory.page("", "", 1)[0].etag.clone();
    assert_eq!(with(Fault::Changed).unwrap().status, 206);
    assert_ne!(memory.page("", "", 1)[0].etag, etag);
    assert_eq!(with(Fault::Gone).unwrap().status, 404);
    let stats = server.stats();
    assert_eq!((stats.of(Operation::Get), stats.injected()), (20, 20));
    server.faults(Box::new(|_| Some(Fault::BadXml)));
    assert!(!once(&server, "GET /b?list-type=2", &[]).unwrap().text().contains("</ListBucketResult>"));
}

#[test]
fn seeded_faults_are_the_same_in_every_order() {
    let plan = || {
        let faults = Fault::PASSING[..3].to_vec();
        Seeded { seed: 7, per_mille: 400, faults, operations: vec![Operation::Get], at_most: 2 }.plan()
    };
    let server = StoreServer::with(Face::S3, "b", Memory::of((0..50).map(|n| (format!("{n}"), "x"))));
    let run = |order: Vec<u32>| {
        server.faults(plan());
        let mut client = Client::new(&server);
        let mut statuses: Vec<(u32, Vec<u16>)> =
            order.into_iter().map(|n| (n, (0..3).map(|_| client.get(&format!("/b/{n}")).status).collect())).collect();
        statuses.sort();
        statuses
    };
    let forwards = run((0..50).collect());
    assert_eq!(forwards, run((0..50).rev().collect()));
    let faulty = forwards.iter().flat_map(|(_, s)| &s[..2]).filter(|s| **s != 200).count();
    assert!((20..60).contains(&faulty), "{faulty} of 100 requests met a fault");
    assert!(forwards.iter().all(|(_, statuses)| statuses[2] == 200));
    assert_eq!(server.stats().injected() as usize, 2 * faulty);
}

#[test]
fn huge_objects_and_listings_take_no_room() {
    let sparse = Sparse::new("huge.log", 100 << 30, b"the end\n");
    let filler = sparse.filler();
    let server = StoreServer::with(Face::S3, "b", Arc::new(sparse));
    let mut client = Client::new(&server);
    let size: u64 = client.get("/b?list-type=2").all("Size")[0].parse().unwrap();
    assert_eq!(size, (100 << 30) + 8);
    let range = format!("bytes={}-", filler - 3 * SPARSE_LINE);
    let answer = client.ask("GET /b/huge.log", &[("Range", &range)], b"").unwrap();
    assert_eq!(answer.text().lines().count(), 4);
    assert!(answer.text().ends_with(" -\nthe end\n") || answer.text().ends_with("-\nthe end\n"));

    server.bucket("many", Arc::new(Many { count: 1_000_000_000, bytes: b"x\n".to_vec() }));
    let answer = client.get("/many?list-type=2&start-after=events%2F0999999990.csv");
    assert_eq!(answer.all("Key").len(), 9);
    assert_eq!(client.get("/many?list-type=2").all("Key").len(), 1000);
    assert_eq!(client.get("/many?list-type=2&delimiter=%2F").all("Prefix"), ["", "events/"]);
    assert_eq!(client.get("/many/events/0000000007.csv").text(), "x\n");
    assert_eq!(client.get("/many/events/1000000000.csv").status, 404);
}

#[test]
fn a_folder_is_served_as_it_is() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::create_dir(dir.path().join("sub")).unwrap();
    std::fs::write(dir.path().join("sub/x.csv"), "a,b\n").unwrap();
    std::fs::write(dir.path().join("y.csv"), "c\n").unwrap();
    let server = StoreServer::with(Face::Gcs, "b", Arc::new(Folder::new(dir.path())));
    let mut client = Client::new(&server);
    assert_eq!(client.get("/b?list-type=2").all("Key"), ["sub/x.csv", "y.csv"]);
    assert_eq!(client.get("/b/sub%2Fx.csv").text(), "a,b\n");
    assert_eq!(Memory::of_folder(dir.path()).page("", "", 10).len(), 2);
    assert_eq!(client.ask("PUT /b/z", &[], b"").unwrap().status, 405);
    assert_eq!(server.stats().bytes, 4);
}
