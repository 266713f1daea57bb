//! HTTP/1.1 as far as store clients speak it, with everything that may go wrong on the way.

use super::content::Bytes;
use super::fault::Fault;
use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

/// The longest head of a request.
const HEAD_MAX: usize = 64 << 10;
/// Bytes of a body that are written at once.
const CHUNK: usize = 256 << 10;

/// A request with its whole body.
#[derive(Debug, Default)]
pub struct Request {
    pub method: String,
    /// The path as it was sent, percent-encoded.
    pub path: String,
    pub query: Vec<(String, String)>,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Request {
    /// The value of a header, whose name is given in small letters.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(n, _)| n == name).map(|(_, value)| value.as_str())
    }

    pub fn query(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(n, _)| n == name).map(|(_, value)| value.as_str())
    }

    /// The bucket and the key, decoded.
    pub fn target(&self) -> (String, String) {
        let path = self.path.strip_prefix('/').unwrap_or(&self.path);
        let (bucket, key) = path.split_once('/').unwrap_or((path, ""));
        (decoded(bucket, false), decoded(key, false))
    }

    /// The next request of a connection, or `None` at its end. `rest` holds bytes that were read too many.
    pub fn read(stream: &mut TcpStream, rest: &mut Vec<u8>) -> io::Result<Option<Request>> {
        let bad = |why: &str| io::Error::new(io::ErrorKind::InvalidData, why.to_string());
        let (mut request, head) = loop {
            let mut headers = [httparse::EMPTY_HEADER; 96];
            let mut parsed = httparse::Request::new(&mut headers);
            match parsed.parse(rest).map_err(|e| bad(&e.to_string()))? {
                httparse::Status::Complete(head) => {
                    let target = parsed.path.unwrap_or("/");
                    let (path, query) = target.split_once('?').unwrap_or((target, ""));
                    let header = |h: &httparse::Header| {
                        (h.name.to_ascii_lowercase(), String::from_utf8_lossy(h.value).into_owned())
                    };
                    let request = Request {
                        method: parsed.method.unwrap_or_default().to_string(),
                        path: path.to_string(),
                        query: query.split('&').filter(|q| !q.is_empty()).map(pair).collect(),
                        headers: parsed.headers.iter().map(header).collect(),
                        body: Vec::new(),
                    };
                    break (request, head);
                }
                httparse::Status::Partial if rest.len() > HEAD_MAX => return Err(bad("the head is too long")),
                httparse::Status::Partial => {}
            }
            if more(stream, rest)? == 0 {
                return if rest.is_empty() { Ok(None) } else { Err(bad("the head is cut off")) };
            }
        };
        rest.drain(..head);
        if request.header("expect").is_some_and(|e| e.eq_ignore_ascii_case("100-continue")) {
            stream.write_all(b"HTTP/1.1 100 Continue\r\n\r\n")?;
        }
        let is_chunked = request.header("transfer-encoding").is_some_and(|e| e.contains("chunked"));
        let mut body = if is_chunked {
            chunked(stream, rest)?
        } else {
            let length = request.header("content-length").map_or(Ok(0), str::parse).map_err(|_| bad("bad length"))?;
            take(stream, rest, length)?
        };
        if request.header("content-encoding").is_some_and(|e| e.contains("aws-chunked")) {
            body = aws_chunked(&body).ok_or_else(|| bad("bad aws-chunked body"))?;
        }
        request.body = body;
        Ok(Some(request))
    }
}

fn pair(text: &str) -> (String, String) {
    let (name, value) = text.split_once('=').unwrap_or((text, ""));
    (decoded(name, true), decoded(value, true))
}

/// Percent-decoded; in a query `+` is a blank.
fn decoded(text: &str, in_query: bool) -> String {
    let text = if in_query { text.replace('+', " ") } else { text.to_string() };
    percent_encoding::percent_decode_str(&text).decode_utf8_lossy().into_owned()
}

fn more(stream: &mut TcpStream, rest: &mut Vec<u8>) -> io::Result<usize> {
    let before = rest.len();
    rest.resize(before + (16 << 10), 0);
    let read = stream.read(&mut rest[before..]);
    rest.truncate(before + *read.as_ref().unwrap_or(&0));
    read
}

fn take(stream: &mut TcpStream, rest: &mut Vec<u8>, length: usize) -> io::Result<Vec<u8>> {
    while rest.len() < length {
        if more(stream, rest)? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
    }
    Ok(rest.drain(..length).collect())
}

fn line(stream: &mut TcpStream, rest: &mut Vec<u8>) -> io::Result<String> {
    loop {
        if let Some(end) = rest.windows(2).position(|w| w == b"\r\n") {
            let line = rest.drain(..end + 2).collect::<Vec<u8>>();
            return Ok(String::from_utf8_lossy(&line[..end]).into_owned());
        }
        if more(stream, rest)? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
    }
}

fn chunked(stream: &mut TcpStream, rest: &mut Vec<u8>) -> io::Result<Vec<u8>> {
    let mut body = Vec::new();
    loop {
        let head = line(stream, rest)?;
        let size = head.split(';').next().unwrap_or_default().trim();
        let size = usize::from_str_radix(size, 16).map_err(|_| io::Error::from(io::ErrorKind::InvalidData))?;
        if size == 0 {
            while !line(stream, rest)?.is_empty() {}
            return Ok(body);
        }
        body.extend(take(stream, rest, size)?);
        line(stream, rest)?;
    }
}

/// S3's own chunks inside a body: `SIZE;chunk-signature=...`, bytes, and trailers at the end.
fn aws_chunked(mut body: &[u8]) -> Option<Vec<u8>> {
    let mut plain = Vec::new();
    loop {
        let end = body.windows(2).position(|w| w == b"\r\n")?;
        let head = std::str::from_utf8(&body[..end]).ok()?;
        let size = usize::from_str_radix(head.split(';').next()?, 16).ok()?;
        if size == 0 {
            return Some(plain);
        }
        plain.extend_from_slice(body.get(end + 2..end + 2 + size)?);
        body = body.get(end + 2 + size + 2..)?;
    }
}

/// What an answer carries.
pub enum Body {
    Text(String),
    Piece(Arc<dyn Bytes>, Range<u64>),
}

impl Body {
    fn len(&self) -> u64 {
        match self {
            Body::Text(text) => text.len() as u64,
            Body::Piece(_, range) => range.end - range.start,
        }
    }

    fn fill(&self, at: u64, buffer: &mut [u8]) {
        match self {
            Body::Text(text) => buffer.copy_from_slice(&text.as_bytes()[at as usize..at as usize + buffer.len()]),
            Body::Piece(bytes, range) => bytes.fill(range.start + at, buffer),
        }
    }
}

/// An answer.
pub struct Response {
    pub status: u16,
    pub headers: Vec<(&'static str, String)>,
    pub body: Body,
}

impl Response {
    pub fn new(status: u16, text: impl Into<String>) -> Response {
        Response { status, headers: Vec::new(), body: Body::Text(text.into()) }
    }

    pub fn with(mut self, name: &'static str, value: impl ToString) -> Response {
        self.headers.push((name, value.to_string()));
        self
    }

    /// Sends the answer as the fault lets it. Gives the bytes of the body that were sent, and whether the connection is
    /// still good.
    pub fn send(&self, stream: &mut TcpStream, is_head: bool, fault: Option<Fault>) -> io::Result<(u64, bool)> {
        if fault == Some(Fault::Garbage) {
            stream.write_all(b"\x16\x03\x01 this is no HTTP\r\n\r\n")?;
            return Ok((0, false));
        }
        let whole = self.body.len();
        let length = match fault {
            Some(Fault::BrokenEnd) => "Transfer-Encoding: chunked".to_string(),
            Some(Fault::NoSize) if is_head => "Connection: close".to_string(),
            _ => format!("Content-Length: {whole}"),
        };
        let mut head = format!("HTTP/1.1 {} {}\r\n{length}\r\n", self.status, reason(self.status));
        for (name, value) in &self.headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        head.push_str("\r\n");
        if is_head || whole == 0 {
            stream.write_all(head.as_bytes())?;
            return Ok((0, fault != Some(Fault::NoSize)));
        }
        if fault == Some(Fault::BrokenEnd) {
            let mut body = vec![0; whole as usize];
            self.body.fill(0, &mut body);
            body[whole as usize / 2] ^= 1;
            stream.write_all(format!("{head}{whole:x}\r\n").as_bytes())?;
            stream.write_all(&body)?;
            stream.write_all(b"\r\n")?;
            return Ok((whole, false));
        }
        // Where the body breaks off: in its middle, and always before its end.
        let until = match fault {
            Some(Fault::ResetMid | Fault::Truncated | Fault::Stalled) => whole / 2,
            _ => whole,
        };
        let chunk = if fault == Some(Fault::Slow) { (until as usize).div_ceil(4) } else { CHUNK };
        let mut buffer = head.into_bytes();
        let mut sent = 0;
        while sent < until {
            let take = chunk.min((until - sent) as usize);
            let before = buffer.len();
            buffer.resize(before + take, 0);
            self.body.fill(sent, &mut buffer[before..]);
            if fault == Some(Fault::WrongByte) && (sent..sent + take as u64).contains(&(whole / 2)) {
                buffer[before + (whole / 2 - sent) as usize] ^= 1;
            }
            stream.write_all(&buffer)?;
            buffer.clear();
            sent += take as u64;
            if fault == Some(Fault::Slow) {
                std::thread::sleep(Duration::from_millis(5));
            }
        }
        // A body of one byte breaks off after its head.
        stream.write_all(&buffer)?;
        if fault == Some(Fault::Stalled) {
            // Until the client has had enough and closes.
            let _ = stream.read(&mut [0]);
        }
        Ok((sent, until == whole))
    }
}

/// Closes a connection with a reset instead of an orderly end.
pub fn reset(stream: &TcpStream) {
    // A linger of zero seconds makes the close send RST (POSIX, SO_LINGER).
    let _ = rustix::net::sockopt::set_socket_linger(stream, Some(Duration::ZERO));
}

fn reason(status: u16) -> &'static str {
    match status {
        200 => "OK",
        204 => "No Content",
        206 => "Partial Content",
        301 => "Moved Permanently",
        307 => "Temporary Redirect",
        304 => "Not Modified",
        400 => "Bad Request",
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        412 => "Precondition Failed",
        416 => "Range Not Satisfiable",
        429 => "Too Many Requests",
        500 => "Internal Server Error",
        501 => "Not Implemented",
        503 => "Service Unavailable",
        _ => "Status",
    }
}
