//! A store in the test's own process, on a free port of this machine: buckets with an S3 or a GCS face, and faults where a
//! plan says so. It counts what it is asked and what it sends.

#[cfg(test)]
mod check;
pub mod content;
pub mod face;
pub mod fault;
pub mod http;

use content::Content;
use face::Face;
use fault::{Fault, Ledger, Plan, Stats};
use http::Request;
use std::collections::BTreeMap;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

/// A running server. It ends when it is dropped.
pub struct StoreServer {
    address: SocketAddr,
    shared: Arc<Shared>,
    acceptor: Option<JoinHandle<()>>,
}

struct Shared {
    face: Face,
    buckets: Mutex<BTreeMap<String, Arc<dyn Content>>>,
    ledger: Ledger,
    /// Keys in a page of a listing, at most.
    page: AtomicUsize,
    stop: AtomicBool,
    open: Mutex<BTreeMap<u64, TcpStream>>,
    instead: Mutex<Option<Instead>>,
}

/// Answers some requests in place of the bucket.
type Instead = Arc<dyn Fn(&fault::Seen) -> Option<http::Response> + Send + Sync>;

impl StoreServer {
    pub fn start(face: Face) -> StoreServer {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let shared = Arc::new(Shared {
            face,
            buckets: Mutex::default(),
            ledger: Ledger::default(),
            page: AtomicUsize::new(1000),
            stop: AtomicBool::new(false),
            open: Mutex::default(),
            instead: Mutex::default(),
        });
        let for_acceptor = shared.clone();
        let acceptor = std::thread::spawn(move || accept(&listener, &for_acceptor));
        StoreServer { address, shared, acceptor: Some(acceptor) }
    }

    /// A server with one bucket.
    pub fn with(face: Face, bucket: &str, content: Arc<dyn Content>) -> StoreServer {
        let server = StoreServer::start(face);
        server.bucket(bucket, content);
        server
    }

    /// `http://127.0.0.1:PORT`
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    pub fn bucket(&self, name: &str, content: Arc<dyn Content>) {
        self.shared.buckets.lock().unwrap().insert(name.to_string(), content);
    }

    /// How many keys a page of a listing has at most.
    pub fn page(&self, keys: usize) {
        self.shared.page.store(keys, Relaxed);
    }

    /// From now on faults come as the plan says.
    pub fn faults(&self, plan: Plan) {
        self.shared.ledger.plan(Some(plan));
    }

    /// From now on there are no faults.
    pub fn no_faults(&self) {
        self.shared.ledger.plan(None);
    }

    /// From now on this answers, where it does, whatever the bucket holds.
    pub fn instead(&self, answer: impl Fn(&fault::Seen) -> Option<http::Response> + Send + Sync + 'static) {
        *self.shared.instead.lock().unwrap() = Some(Arc::new(answer));
    }

    pub fn stats(&self) -> Stats {
        self.shared.ledger.stats()
    }

    /// Begins counting anew.
    pub fn reset_stats(&self) {
        self.shared.ledger.reset();
    }
}

impl Drop for StoreServer {
    fn drop(&mut self) {
        self.shared.stop.store(true, Relaxed);
        // The acceptor waits for a connection.
        let _ = TcpStream::connect(self.address);
        for stream in self.shared.open.lock().unwrap().values() {
            let _ = stream.shutdown(std::net::Shutdown::Both);
        }
        if let Some(acceptor) = self.acceptor.take() {
            let _ = acceptor.join();
        }
    }
}

fn accept(listener: &TcpListener, shared: &Arc<Shared>) {
    for (number, stream) in listener.incoming().enumerate() {
        if shared.stop.load(Relaxed) {
            return;
        }
        let Ok(stream) = stream else { continue };
        let number = number as u64;
        if let Ok(copy) = stream.try_clone() {
            shared.open.lock().unwrap().insert(number, copy);
        }
        let shared = shared.clone();
        std::thread::spawn(move || {
            // The other end may go away at any moment; what was served until then is counted.
            let _ = serve(stream, &shared, number);
            shared.open.lock().unwrap().remove(&number);
        });
    }
}

/// Answers the requests of one connection until it ends.
fn serve(mut stream: TcpStream, shared: &Shared, number: u64) -> std::io::Result<()> {
    stream.set_nodelay(true)?;
    let mut rest = Vec::new();
    while let Some(request) = Request::read(&mut stream, &mut rest)? {
        let seen = face::seen(&request);
        shared.ledger.hear(&request);
        let fault = shared.ledger.begin(seen.clone());
        let mut sent = 0;
        let result: std::io::Result<bool> = (|| {
            if fault == Some(Fault::ResetBefore) {
                return Ok(false);
            }
            let mut response = respond(shared, &request, &seen, fault);
            if fault == Some(Fault::AnswerLost) {
                return Ok(false);
            }
            if fault == Some(Fault::BadXml)
                && let http::Body::Text(text) = &mut response.body
            {
                text.truncate(text.floor_char_boundary(text.len() / 2));
            }
            if let http::Body::Text(text) = &mut response.body {
                match fault {
                    Some(Fault::NoSize) => *text = face::without_sizes(text),
                    Some(Fault::Disorder) => *text = face::disordered(text),
                    _ => {}
                }
            }
            let (bytes, good) = response.send(&mut stream, request.method == "HEAD", fault)?;
            if matches!(response.body, http::Body::Piece(..)) {
                sent = bytes;
            }
            Ok(good)
        })();
        shared.ledger.end(sent);
        if !result? {
            // A copy of the socket keeps it open; a reset is sent when the last one goes.
            shared.open.lock().unwrap().remove(&number);
            if matches!(fault, Some(Fault::ResetBefore | Fault::AnswerLost | Fault::ResetMid)) {
                http::reset(&stream);
            }
            return Ok(());
        }
    }
    Ok(())
}

fn respond(shared: &Shared, request: &Request, seen: &fault::Seen, fault: Option<Fault>) -> http::Response {
    if fault == Some(Fault::Circle) {
        return face::circle(request);
    }
    if let Some(response) = fault.and_then(|fault| face::of_fault(shared.face, fault)) {
        return response;
    }
    let instead = shared.instead.lock().unwrap().clone();
    if let Some(response) = instead.and_then(|answer| answer(seen)) {
        return response;
    }
    let content = shared.buckets.lock().unwrap().get(&seen.bucket).cloned();
    let Some(content) = content else {
        return face::error(404, "NoSuchBucket", "The specified bucket does not exist");
    };
    face::answer(shared.face, &*content, request, fault, shared.page.load(Relaxed))
}
