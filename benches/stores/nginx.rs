//! nginx as a store: it sends objects by sendfile, and pages of listings that are written beforehand.

use std::fmt::Write;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// The buckets: large objects, small ones, and none at all.
pub const BUCKETS: [&str; 3] = ["large", "small", "none"];
/// Keys of a page.
const PAGE: usize = 1000;

/// A running nginx. It ends when this is dropped.
pub struct Nginx {
    process: Child,
    pub url: String,
}

impl Nginx {
    /// Serves the folders of a folder as buckets; none, with a word about it, where there is no nginx.
    pub fn start(dir: &Path) -> Option<Nginx> {
        for bucket in BUCKETS {
            write_pages(dir, bucket);
        }
        let port = std::net::TcpListener::bind("127.0.0.1:0").and_then(|l| l.local_addr()).expect("a port").port();
        let root = dir.display();
        // Where the first argument says which page: the token of the page before, or none.
        let config = format!(
            "worker_processes 1; daemon off; pid {root}/nginx.pid; error_log stderr crit;\n\
             events {{ worker_connections 1024; }}\n\
             http {{\n\
               access_log off; sendfile on; tcp_nopush on; tcp_nodelay on; keepalive_requests 100000000;\n\
               open_file_cache max=1000; default_type application/octet-stream;\n\
               client_body_temp_path {root}/t1; proxy_temp_path {root}/t2; fastcgi_temp_path {root}/t3;\n\
               uwsgi_temp_path {root}/t4; scgi_temp_path {root}/t5;\n\
               map $args $page {{ default p0; ~continuation-token=(?<token>[a-z0-9]+) $token; }}\n\
               server {{\n\
                 listen 127.0.0.1:{port}; root {root};\n\
                 location ~ ^/(?<bucket>[a-z]+)/?$ {{ default_type application/xml; try_files /$bucket.pages/$page =404; }}\n\
               }}\n\
             }}\n"
        );
        let path = dir.join("nginx.conf");
        std::fs::write(&path, config).expect("written");
        let program = std::env::var("ROLLCALL_NGINX").unwrap_or_else(|_| "nginx".to_string());
        let mut command = Command::new(&program);
        command.arg("-c").arg(&path).arg("-p").arg(dir).args(["-g", &user()]);
        let process = command.stdin(Stdio::null()).stderr(Stdio::inherit()).spawn();
        let process = match process {
            Ok(process) => process,
            Err(e) => {
                eprintln!("stores: not measured, {program} does not start ({e}); apt-get install nginx-light");
                return None;
            }
        };
        for _ in 0..200 {
            if std::net::TcpStream::connect(("127.0.0.1", port)).is_ok() {
                break;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        Some(Nginx { process, url: format!("http://127.0.0.1:{port}") })
    }
}

impl Drop for Nginx {
    fn drop(&mut self) {
        // The first process ends the others when it is asked to.
        let _ = Command::new("kill").arg(self.process.id().to_string()).status();
        let _ = self.process.wait();
    }
}

/// Its workers read what root has written, where root runs this.
fn user() -> String {
    match std::fs::metadata("/proc/self").map(|me| me.uid()) {
        Ok(0) => "user root;".to_string(),
        _ => String::new(),
    }
}

/// Pages `p0`, `p1` and so on: each names the next.
fn write_pages(dir: &Path, bucket: &str) {
    let pages = dir.join(format!("{bucket}.pages"));
    std::fs::create_dir_all(&pages).expect("a folder");
    let keys = super::keys(dir, bucket);
    for number in 0..keys.len().div_ceil(PAGE).max(1) {
        let page = &keys[(number * PAGE).min(keys.len())..((number + 1) * PAGE).min(keys.len())];
        let is_more = (number + 1) * PAGE < keys.len();
        let mut text = format!("<ListBucketResult><Name>{bucket}</Name><IsTruncated>{is_more}</IsTruncated>");
        if is_more {
            write!(text, "<NextContinuationToken>p{}</NextContinuationToken>", number + 1).expect("a string");
        }
        for key in page {
            let metadata = dir.join(bucket).join(key).metadata().expect("it is there");
            let (at, size) = (metadata.mtime(), metadata.len());
            // nginx makes its ETags so: ngx_http_set_etag.
            write!(
                text,
                "<Contents><Key>{key}</Key><LastModified>{}</LastModified><ETag>&quot;{at:x}-{size:x}&quot;</ETag>\
                 <Size>{size}</Size><StorageClass>STANDARD</StorageClass></Contents>",
                jiff::Timestamp::from_second(at).expect("a time")
            )
            .expect("a string");
        }
        text.push_str("</ListBucketResult>");
        std::fs::write(pages.join(format!("p{number}")), text).expect("written");
    }
}
