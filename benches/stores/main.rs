//! What reading from a store costs, beside what its SDK and the matching core cost by themselves, all in one run.
//!
//! `cargo bench --bench stores` needs nginx (`apt-get install nginx-light`; `ROLLCALL_NGINX` names another) and, for the
//! capped part, root with `unshare`, `ip` and `tc`. `--part large|small|capped`, or `serve` to profile against, `--objects N`, `--runs N` narrow it down.
//! Every figure is of a process of its own: CPU seconds, user and system, of all its threads. The server's are not
//! counted. A gigabyte is 1e9 bytes.

// A bench prints; that is what it is for.
#![allow(clippy::print_stdout, clippy::print_stderr)]

mod child;
mod nginx;

pub use nginx::BUCKETS;
use nginx::Nginx;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

/// The capped link: 10 Gbit/s.
const LINK: f64 = 1.25e9;
/// Requests at once where small objects are fetched.
pub const AT_ONCE: usize = 64;

/// Small objects.
const SMALL_OBJECTS: usize = 20_000;

/// What a process took.
#[derive(Clone, Copy, Debug, Default)]
struct Took {
    cpu: f64,
    wall: f64,
    /// Seconds that its workers waited for bytes, where it says so.
    waited: f64,
}

struct Bench {
    // Before its folder, so that it ends before that is taken away.
    server: Nginx,
    dir: tempfile::TempDir,
    runs: usize,
}

fn main() {
    let args: Vec<String> = std::env::args().skip(1).filter(|arg| arg != "--bench").collect();
    if args.first().is_some_and(|arg| arg == "child") {
        return child::run(&args[1..]);
    }
    let value = |name: &str| args.iter().position(|arg| arg == name).and_then(|at| args.get(at + 1)).cloned();
    let number = |name: &str, otherwise: usize| value(name).and_then(|n| n.parse().ok()).unwrap_or(otherwise);
    let part = value("--part");
    let wanted = |name: &str| part.as_deref().is_none_or(|part| part == name);
    if args.iter().any(|arg| arg == "--test") {
        return println!("stores: nothing to check without a server; run it without --test");
    }
    if wanted("capped") && std::env::var_os("ROLLCALL_BENCH_LINK").is_none() {
        capped_link(&args);
    }
    let is_capped = std::env::var_os("ROLLCALL_BENCH_LINK").is_some();
    if part.as_deref() == Some("capped") && !is_capped {
        return;
    }
    let dir = tempfile::tempdir().expect("a folder");
    let objects = number("--objects", 16);
    child::fill(dir.path(), objects, if is_capped { 0 } else { SMALL_OBJECTS });
    let Some(server) = Nginx::start(dir.path()) else { return };
    let bench = Bench { server, dir, runs: number("--runs", 5) };
    println!("{}; {} runs, medians", machine(), bench.runs);
    if part.as_deref() == Some("serve") {
        println!("AWS_ENDPOINT_URL={} FOLDER={}", bench.server.url, bench.dir.path().display());
        let _ = std::io::stdin().read_line(&mut String::new());
    } else if is_capped {
        bench.capped(objects);
    } else {
        if wanted("large") {
            bench.large(objects);
        }
        if wanted("small") {
            bench.small();
        }
    }
}

/// Runs the capped part again where the loopback is this process's own, and as fast as the link.
fn capped_link(args: &[String]) {
    let this = std::env::current_exe().expect("this program");
    let set = "ip link set lo up && tc qdisc add dev lo root tbf rate 10gbit burst 8mb latency 50ms && exec \"$@\"";
    let mut command = Command::new("unshare");
    command.args(["--net", "sh", "-c", set, "sh"]).arg(this).args(args).args(["--part", "capped"]);
    match command.env("ROLLCALL_BENCH_LINK", "1").status() {
        Ok(status) if status.success() => {}
        other => eprintln!("capped: not measured, it needs root, unshare, ip and tc ({other:?})"),
    }
}

impl Bench {
    /// A process of this bench, by what it does.
    fn child(&self, what: &str, bucket: &str) -> Command {
        let mut command = Command::new(std::env::current_exe().expect("this program"));
        command.args(["child", what, bucket]).arg(self.dir.path());
        self.with_server(command)
    }

    /// A scan by the program, without linking. The inventory is a new one.
    fn scan(&self, source: &str) -> Command {
        let inventory = tempfile::tempdir_in(self.dir.path()).expect("a folder").keep();
        let mut command = Command::new(env!("CARGO_BIN_EXE_rollcall"));
        command.args(["scan", source, "--quiet", "--json", "--no-link", "--workers", "2"]);
        command.arg("--inventory").arg(&inventory).arg("--key-file").arg(inventory.with_extension("key"));
        command.arg("--metrics").arg(self.dir.path().join("metrics.json"));
        self.with_server(command)
    }

    fn with_server(&self, mut command: Command) -> Command {
        for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("AWS_")) {
            command.env_remove(name);
        }
        command.env("AWS_ENDPOINT_URL", &self.server.url).env("AWS_REGION", "us-east-1");
        command.env("AWS_ACCESS_KEY_ID", "bench").env("AWS_SECRET_ACCESS_KEY", "bench");
        command.env("AWS_EC2_METADATA_DISABLED", "true");
        command
    }

    /// Runs processes at once, to the end of all of them.
    fn run(&self, commands: Vec<Command>) -> Took {
        let metrics = self.dir.path().join("metrics.json");
        let _ = std::fs::remove_file(&metrics);
        let (before, since) = (children_cpu(), Instant::now());
        let piped = |mut command: Command| {
            command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it starts")
        };
        let children: Vec<_> = commands.into_iter().map(piped).collect();
        let ended: Vec<_> = children.into_iter().map(|child| child.wait_with_output().expect("it ends")).collect();
        let (cpu, wall) = (children_cpu() - before, since.elapsed().as_secs_f64());
        for output in &ended {
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        }
        let text =
            std::fs::read_to_string(metrics).unwrap_or_else(|_| String::from_utf8_lossy(&ended[0].stdout).into());
        let numbers: serde_json::Value = serde_json::from_str(&text).unwrap_or_default();
        let waited = numbers["numbers"]["wait_seconds"].as_f64().unwrap_or(0.0);
        Took { cpu, wall, waited }
    }

    /// Runs these one after the other, again and again, so that all of them meet the same machine. Medians.
    fn medians(&self, commands: &[&dyn Fn() -> Vec<Command>]) -> Vec<Took> {
        let mut all = vec![Vec::new(); commands.len()];
        for _ in 0..self.runs {
            for (command, took) in commands.iter().zip(&mut all) {
                took.push(self.run(command()));
            }
        }
        let median = |took: &[Took], of: fn(&Took) -> f64| {
            let mut values: Vec<f64> = took.iter().map(of).collect();
            values.sort_by(f64::total_cmp);
            values[values.len() / 2]
        };
        let medians = |took: &Vec<Took>| Took {
            cpu: median(took, |t| t.cpu),
            wall: median(took, |t| t.wall),
            waited: median(took, |t| t.waited),
        };
        all.iter().map(medians).collect()
    }

    fn large(&self, objects: usize) {
        let gigabytes = self.bytes("large") / 1e9;
        println!("\n== {objects} logs of 64 MiB, an address in every megabyte; {gigabytes:.3} GB");
        let folder = self.dir.path().join("large").display().to_string();
        let took = self.medians(&[
            &|| vec![self.child("idle", "large")],
            &|| vec![self.child("sdk", "large")],
            &|| vec![self.child("wire", "large")],
            &|| vec![self.child("core", "large")],
            &|| vec![self.child("memory", "large")],
            &|| vec![self.child("sdk", "large"), self.child("memory", "large")],
            &|| vec![self.scan("s3://none")],
            &|| vec![self.scan(&folder)],
            &|| vec![self.scan("s3://large")],
        ]);
        let [idle, sdk, wire, core, memory, both, start, folder, s3] = took[..] else { unreachable!() };
        let cost = |took: Took, start: Took| (took.cpu - start.cpu) / gigabytes;
        let line = |name: &str, cost: f64| println!("{name:58} {cost:7.3} CPU s/GB");
        let (a, b) = (cost(sdk, idle), cost(core, idle));
        line("(a) the SDK reads and drops", a);
        line("    our own reading, dropped", cost(wire, idle));
        line("(b) the matching core scans them in memory", b);
        line("(m) an object's whole way, its bytes in memory", cost(memory, idle));
        // Beside each other they slow each other down, as the threads of one program do.
        let at_once = (both.cpu - 2.0 * idle.cpu) / gigabytes;
        line("(s) (a) and (m) at once, in two processes", at_once);
        line("(f) rollcall scan of the folder, beyond its start", cost(folder, start));
        line("(c) rollcall scan s3://, beyond its start", cost(s3, start));
        let ratio = |name: &str, ratio: f64| println!("{name:58} {ratio:7.3}");
        ratio("our reading to the SDK's", cost(wire, idle) / a);
        ratio("(c) to (a)+(b)", cost(s3, start) / (a + b));
        ratio("(c) to (a)+(m)", cost(s3, start) / (a + cost(memory, idle)));
        ratio("(c) to (s)", cost(s3, start) / at_once);
        let share = s3.waited / (2.0 * s3.wall);
        println!("{:58} {:6.1} %", "workers' time spent waiting for bytes", 100.0 * share);
        println!("start of the program: {:.2} CPU s; wall of (c): {:.2} s", start.cpu, s3.wall);
    }

    fn small(&self) {
        let count = SMALL_OBJECTS;
        println!("\n== {count} objects of 4 KiB, {AT_ONCE} requests at once");
        let took = self.medians(&[
            &|| vec![self.child("sdk", "small")],
            &|| vec![self.child("wire", "small")],
            &|| vec![self.scan("s3://none")],
            &|| vec![self.scan("s3://small")],
        ]);
        let [sdk, wire, start, scan] = took[..] else { unreachable!() };
        let line = |name: &str, wall: f64, cpu: f64| {
            let (rate, each) = (count as f64 / wall, 1e3 * cpu / count as f64);
            println!("{name:58} {rate:7.0} GETs/s {each:7.3} CPU ms each");
            rate
        };
        let a = line("the SDK reads and drops", sdk.wall, sdk.cpu);
        let ours = line("our own reading, dropped, its listing too", wire.wall, wire.cpu);
        line("rollcall scan s3://, beyond its start", scan.wall - start.wall, scan.cpu - start.cpu);
        println!("{:58} {:7.3}", "our rate to the SDK's; the bar is 0.8", ours / a);
    }

    fn capped(&self, objects: usize) {
        let bytes = self.bytes("large");
        println!("\n== {objects} logs of 64 MiB over a link of 1.25 GB/s");
        let took = self.medians(&[
            &|| vec![self.child("sdk", "large")],
            &|| vec![self.child("wire", "large")],
            &|| vec![self.scan("s3://none")],
            &|| vec![self.scan("s3://large")],
        ]);
        let [sdk, wire, start, scan] = took[..] else { unreachable!() };
        for (name, took, wall) in [
            ("the SDK reads and drops", sdk, sdk.wall),
            ("our own reading, dropped", wire, wire.wall),
            ("rollcall scan s3://, beyond its start", scan, scan.wall - start.wall),
        ] {
            let rate = bytes / wall;
            println!(
                "{name:58} {:7.3} GB/s, {:5.1} % of the link; {:.2} cores busy, workers waited {:.1} %",
                rate / 1e9,
                100.0 * rate / LINK,
                took.cpu / took.wall,
                100.0 * took.waited / (2.0 * took.wall)
            );
        }
    }

    fn bytes(&self, bucket: &str) -> f64 {
        let files = std::fs::read_dir(self.dir.path().join(bucket)).expect("it is there");
        files.map(|file| file.expect("listed").metadata().expect("there").len() as f64).sum()
    }
}

/// CPU seconds of children that have ended; clock ticks are a hundredth of a second on every Linux.
fn children_cpu() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").expect("/proc");
    let fields: Vec<&str> = stat.rsplit_once(')').expect("a name").1.split_whitespace().collect();
    let ticks = |at: usize| fields[at].parse::<f64>().expect("a number");
    (ticks(13) + ticks(14)) / 100.0
}

fn machine() -> String {
    let info = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = info.lines().find_map(|l| l.strip_prefix("model name")).unwrap_or(": unknown");
    let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let processors = std::thread::available_parallelism().map_or(0, usize::from);
    let load = load.split(' ').next().unwrap_or_default().to_string();
    format!("{}, {processors} processors, load {load}", model.trim_start_matches([':', ' ', '\t']))
}

/// The path of a bucket's list of keys.
pub fn keys(dir: &Path, bucket: &str) -> Vec<String> {
    let mut keys: Vec<String> = std::fs::read_dir(dir.join(bucket))
        .expect("the bucket")
        .map(|file| file.expect("listed").file_name().into_string().expect("a key"))
        .collect();
    keys.sort();
    keys
}
