//! What is measured, each in a process of its own.

use super::{AT_ONCE, keys};
use aws_sdk_s3::config::{BehaviorVersion, Credentials, Region};
use aws_smithy_http_client::Builder;
use rollcall::identity::Key;
use rollcall::matcher::lanes::Scratch;
use rollcall::model::limits::Limits;
use rollcall::model::object::ObjectStream;
use rollcall::model::settings::IdentitySettings;
use rollcall::pipeline::exchange::{Desk, Exchange};
use rollcall::pipeline::plan::Plan;
use rollcall::pipeline::worker::{Shared, Task, read_object};
use rollcall::source::{Listing, Source, SourceOptions, Wire, WireLimits};
use std::hint::black_box;
use std::io::Read;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering::Relaxed};

/// Bytes of a large object.
const LARGE: u64 = 64 << 20;
/// Bytes of a small one.
const SMALL: usize = 4 << 10;
/// Large objects that the SDK reads at once: it has enough on its way then, and no more memory than ours.
const LARGE_AT_ONCE: usize = 8;

/// Makes the objects.
pub fn fill(dir: &Path, large: usize, small: usize) {
    for bucket in super::BUCKETS {
        std::fs::create_dir_all(dir.join(bucket)).expect("a folder");
    }
    for n in 0..large {
        let path = dir.join("large").join(format!("{n:04}.log"));
        rollcall::generate::log(LARGE, 1 << 20, n as u64, &path, false).expect("written");
    }
    if small > 0 {
        let path = dir.join("small.log");
        rollcall::generate::log((small * SMALL) as u64, 64 << 10, 7, &path, false).expect("written");
        let bytes = std::fs::read(&path).expect("read");
        for (n, piece) in bytes.chunks_exact(SMALL).take(small).enumerate() {
            std::fs::write(dir.join("small").join(format!("{n:06}.log")), piece).expect("written");
        }
    }
}

/// Runs one of them: what, the bucket, the folder of buckets.
pub fn run(args: &[String]) {
    let [what, bucket, dir] = args else { panic!("child WHAT BUCKET FOLDER") };
    let (bucket, dir) = (bucket.as_str(), Path::new(dir));
    match what.as_str() {
        "sdk" => sdk(bucket, keys(dir, bucket)),
        "wire" => wire(bucket),
        "core" => in_memory(dir, bucket, false),
        "memory" => in_memory(dir, bucket, true),
        _ => idle(dir, bucket),
    }
}

fn plan() -> Plan {
    let detectors = rollcall::pattern::builtin();
    Plan::new(&detectors, &IdentitySettings::default(), Limits::default()).expect("the detectors plan")
}

/// What every one of them does before it begins.
fn idle(dir: &Path, bucket: &str) {
    black_box((plan(), keys(dir, bucket)));
}

/// The SDK by itself: whole objects, read and dropped.
fn sdk(bucket: &str, keys: Vec<String>) {
    black_box(plan());
    let endpoint = std::env::var("AWS_ENDPOINT_URL").expect("set");
    let at_once = if bucket == "small" { AT_ONCE } else { LARGE_AT_ONCE };
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("threads");
    runtime.block_on(async {
        let config = aws_sdk_s3::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .http_client(Builder::new().build_http())
            .credentials_provider(Credentials::new("bench", "bench", None, None, "bench"))
            .region(Region::new("us-east-1"))
            .endpoint_url(endpoint)
            .force_path_style(true)
            .build();
        let client = aws_sdk_s3::Client::from_conf(config);
        let (keys, next) = (Arc::new(keys), Arc::new(AtomicUsize::new(0)));
        let readers: Vec<_> = (0..at_once)
            .map(|_| {
                let (client, bucket, keys, next) = (client.clone(), bucket.to_string(), keys.clone(), next.clone());
                tokio::spawn(async move {
                    while let Some(key) = keys.get(next.fetch_add(1, Relaxed)) {
                        let mut answer = client.get_object().bucket(&bucket).key(key).send().await.expect("an answer");
                        while let Some(chunk) = answer.body.next().await {
                            black_box(chunk.expect("bytes"));
                        }
                    }
                })
            })
            .collect();
        for reader in readers {
            reader.await.expect("read");
        }
    });
}

/// Reading as a scan does it: listed, fetched ahead, read by two workers; and dropped.
fn wire(bucket: &str) {
    black_box(plan());
    let wire = Wire::new(WireLimits { requests_at_once: AT_ONCE, ..WireLimits::default() });
    let options = SourceOptions { wire: wire.clone(), ..SourceOptions::default() };
    let source = Source::open(&format!("s3://{bucket}"), &options).expect("the bucket");
    let (give, take) = crossbeam_channel::bounded::<Box<dyn ObjectStream>>(256);
    std::thread::scope(|threads| {
        for _ in 0..2 {
            let take = take.clone();
            threads.spawn(move || {
                let mut buffer = vec![0; 256 << 10];
                for mut stream in take {
                    while stream.read(&mut buffer).expect("bytes") > 0 {
                        black_box(&buffer);
                    }
                    stream.verify().expect("whole");
                }
            });
        }
        for listing in source.list(&[]) {
            let Listing::Object(object) = listing else { panic!("{listing:?}") };
            give.send(source.ahead(&object).expect("a stream")).expect("somebody reads");
        }
        drop(give);
    });
    let waited = wire.counts().waited_micros.load(Relaxed) as f64 / 1e6;
    println!("{{\"numbers\":{{\"wait_seconds\":{waited}}}}}");
}

/// An object's bytes, lent.
struct InMemory(std::io::Cursor<Arc<Vec<u8>>>);

impl Read for InMemory {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let at = self.0.position() as usize;
        let bytes = &self.0.get_ref()[at..];
        let take = bytes.len().min(buffer.len());
        buffer[..take].copy_from_slice(&bytes[..take]);
        self.0.set_position((at + take) as u64);
        Ok(take)
    }
}

impl ObjectStream for InMemory {
    fn verify(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// The matching core alone, or the whole way of an object but for the reading: hashing, lines, matching, judging,
/// records. Two threads, as a scan has them.
fn in_memory(dir: &Path, bucket: &str, whole: bool) {
    let plan = plan();
    // One object is read, and scanned as often as there are objects: reading it is not to be measured.
    let all = keys(dir, bucket);
    let path = dir.join(bucket).join(&all[0]);
    let bytes = Arc::new(std::fs::read(&path).expect("read"));
    let source = Source::open(&path.to_string_lossy(), &SourceOptions::default()).expect("a source");
    let listed = source.list(&[]).find_map(|l| if let Listing::Object(object) = l { Some(object) } else { None });
    let object = listed.expect("the object is listed");
    let key = Key::from_bytes(*b"rollcall bench  ");
    let (stop, bytes_read) = (AtomicBool::new(false), Arc::new(AtomicU64::new(0)));
    let shared = Shared { plan: &plan, key: &key, stop: &stop, bytes_read: &bytes_read, findings: None, now: || 0 };
    let next = AtomicUsize::new(0);
    let work = || {
        let mut scratch = Scratch::new();
        let offered = AtomicU64::new(0);
        let exchange = Exchange::new(1, &offered);
        let mut desk = Desk::new(&plan.matcher);
        while next.fetch_add(1, Relaxed) < all.len() {
            if whole {
                let stream = InMemory(std::io::Cursor::new(bytes.clone()));
                let ahead: Option<Box<dyn ObjectStream>> = Some(Box::new(stream));
                let task = Task { id: 1, object: object.clone(), source: &source, run: 1, listed_at: 0, ahead };
                black_box(read_object(&shared, task, &exchange, &mut desk, &mut black_box));
                continue;
            }
            // A block at a time, as the formats hand them on.
            for block in bytes.chunks(256 << 10) {
                plan.matcher.scan(block, 0..block.len() as u32, &mut scratch, &mut |hits| {
                    black_box(hits);
                });
            }
        }
    };
    std::thread::scope(|threads| {
        threads.spawn(work);
        threads.spawn(work);
    });
}
