//! Azurite, Microsoft's emulator of Azure Blob Storage, as a process of the test.

use super::plain::ask;
use object_store::azure::{AzureAccessKey, AzureAuthorizer, AzureCredential};
use object_store::client::HttpRequestBody;
use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

/// The account and the key that every Azurite has; they are public.
pub const ACCOUNT: &str = "devstoreaccount1";
pub const KEY: &str = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==";

/// A running Azurite. It ends when it is dropped.
pub struct Azurite {
    process: Child,
    address: String,
}

impl Azurite {
    /// Starts it on a free port, if it is installed; it must be where `ROLLCALL_REQUIRE_AZURITE` is set.
    pub fn start() -> Option<Azurite> {
        let own = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("target/npm/node_modules/.bin/azurite-blob");
        let program = std::env::var_os("ROLLCALL_AZURITE").map_or(own, PathBuf::from);
        if !program.exists() {
            assert!(std::env::var_os("ROLLCALL_REQUIRE_AZURITE").is_none(), "{} is not there", program.display());
            println!("skipped: Azurite is not installed; tests/run installs it");
            return None;
        }
        let mut command = Command::new(program);
        command.args(["--blobHost", "127.0.0.1", "--blobPort", "0", "--inMemoryPersistence"]);
        command.args(["--skipApiVersionCheck", "--disableTelemetry"]);
        let mut process = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
        let said = lines.by_ref().map_while(Result::ok).find_map(|line| {
            line.split_once("successfully listens on http://").map(|(_, address)| address.trim().to_string())
        });
        // Whatever else it says must not fill the pipe.
        std::thread::spawn(move || lines.for_each(drop));
        let address = said.expect("Azurite ended before it listened");
        Some(Azurite { process, address })
    }

    /// The URL of the account.
    pub fn url(&self) -> String {
        format!("http://{}/{ACCOUNT}", self.address)
    }

    /// A signed request. Gives the status.
    pub fn ask(&self, method: &str, path: &str, headers: &[(&'static str, &str)], body: &[u8]) -> u16 {
        let url = format!("{}/{path}", self.url());
        let mut request = http::Request::builder().method(method).uri(&url);
        request = request.header("content-length", body.len());
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let mut request = request.body(HttpRequestBody::empty()).unwrap();
        let key = AzureCredential::AccessKey(AzureAccessKey::try_new(KEY).unwrap());
        AzureAuthorizer::new(&key, ACCOUNT).try_authorize(&mut request).unwrap();
        let signed = request.headers().iter().filter(|(name, _)| *name != "content-length");
        let signed: Vec<_> =
            signed.map(|(n, v)| (n.to_string(), String::from_utf8_lossy(v.as_bytes()).into_owned())).collect();
        let target = request.uri().path_and_query().unwrap().to_string();
        ask(&self.address, &format!("{method} {target}"), &signed, body).0
    }

    pub fn container(&self, name: &str) {
        assert_eq!(self.ask("PUT", &format!("{name}?restype=container"), &[], b""), 201);
    }

    /// The key as it stands in a URL.
    fn path(container: &str, key: &str) -> String {
        let key = percent_encoding::utf8_percent_encode(key, percent_encoding::NON_ALPHANUMERIC);
        format!("{container}/{key}")
    }

    /// Puts a blob; false where Azurite does not take its name.
    pub fn put(&self, container: &str, key: &str, bytes: &[u8]) -> bool {
        self.ask("PUT", &Azurite::path(container, key), &[("x-ms-blob-type", "BlockBlob")], bytes) == 201
    }

    pub fn delete(&self, container: &str, key: &str) {
        assert_eq!(self.ask("DELETE", &Azurite::path(container, key), &[], b""), 202);
    }

    /// Puts a blob into another access tier.
    pub fn tier(&self, container: &str, key: &str, tier: &str) {
        let path = format!("{}?comp=tier", Azurite::path(container, key));
        let status = self.ask("PUT", &path, &[("x-ms-access-tier", tier)], b"");
        assert!(status == 200 || status == 202, "{status}");
    }
}

impl Drop for Azurite {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
