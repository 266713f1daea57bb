//! moto, a server of S3's protocol, started for the tests: versions, listings with ETags, conditional requests.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// How long the server may take to answer its first request.
const READY: Duration = Duration::from_secs(60);

/// A server that ends with the test.
pub struct Moto {
    child: Child,
    port: u16,
}

impl Drop for Moto {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Moto {
    /// Starts the server with one empty bucket called `bucket`. `None` where it is not installed and need not be.
    pub fn start() -> Option<Moto> {
        let python = std::env::var("ROLLCALL_PYTHON").unwrap_or_else(|_| "python3".to_string());
        let required = std::env::var("ROLLCALL_REQUIRE_MOTO").is_ok_and(|value| value == "1");
        let has = Command::new(&python).args(["-c", "import moto.server, flask"]).stderr(Stdio::null()).status();
        if !has.is_ok_and(|status| status.success()) {
            assert!(!required, "{python} has no moto[server]; tests/run installs it");
            eprintln!("skipped: {python} has no moto[server]");
            return None;
        }
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let child = Command::new(&python)
            .args(["-m", "moto.server", "-H", "127.0.0.1", "-p", &port.to_string()])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let moto = Moto { child, port };
        let start = Instant::now();
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(start.elapsed() < READY, "moto did not begin to answer");
            std::thread::sleep(Duration::from_millis(100));
        }
        moto.ask("PUT", "/bucket", &[], b"");
        Some(moto)
    }

    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// One request; its answer's head and body. moto looks at no signature, only at whether there is one.
    pub fn ask(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> (String, Vec<u8>) {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).unwrap();
        let mut head = format!(
            "{method} {path} HTTP/1.1\r\nHost: 127.0.0.1:{}\r\nConnection: close\r\nContent-Length: {}\r\n\
             Authorization: AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/s3/aws4_request, SignedHeaders=host, \
             Signature=0\r\n",
            self.port,
            body.len()
        );
        for (name, value) in headers {
            head += &format!("{name}: {value}\r\n");
        }
        stream.write_all(format!("{head}\r\n").as_bytes()).unwrap();
        stream.write_all(body).unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).unwrap();
        let end = answer.windows(4).position(|w| w == b"\r\n\r\n").expect("an answer with a head");
        let head = String::from_utf8_lossy(&answer[..end]).into_owned();
        assert!(head.starts_with("HTTP/1.1 2"), "{method} {path}: {head}\n{}", String::from_utf8_lossy(&answer[end..]));
        (head, answer.split_off(end + 4))
    }

    /// Puts an object whose key is given percent-encoded.
    pub fn put(&self, key: &str, bytes: &[u8]) {
        self.ask("PUT", &format!("/bucket/{key}"), &[], bytes);
    }

    /// Puts all files of a folder below a prefix.
    pub fn put_tree(&self, folder: &Path, prefix: &str) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let entry = entry.unwrap();
            let key = format!("{prefix}{}", entry.file_name().to_str().unwrap());
            match entry.file_type().unwrap().is_dir() {
                true => self.put_tree(&entry.path(), &format!("{key}/")),
                false => self.put(&key, &std::fs::read(entry.path()).unwrap()),
            }
        }
    }
}
