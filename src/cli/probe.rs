//! `rollcall probe`: a process that reads one object for a scan, which sees whether this one survives it.
//!
//! A scan that finds an object which two processes ended with cannot know whether they crashed or were killed. It starts this
//! program again, tells it the object on its standard input, and looks how it ends. When the scan itself is killed that pipe
//! closes, and the probe ends.

use super::args::{DataArgs, LimitArgs};
use super::exit::{Exit, usage};
use super::run::{Part, plan};
use super::{settings, store};
use crate::identity::key::Key;
use crate::model::object::Object;
use crate::pipeline::scan::Probe;
use crate::pipeline::worker::read_and_drop;
use crate::simd::Level;
use crate::source::{Listing, Source, SourceOptions, Wire, WireLimits};
use serde::{Deserialize, Serialize};
use signal_hook::consts::{SIGHUP, SIGINT, SIGQUIT, SIGTERM};
use std::io::{self, Read, Write};
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::Duration;

/// How long a scan waits before it looks again at its probe.
const PAUSE: Duration = Duration::from_millis(5);
/// Signals by which somebody asks a process to end.
const ASKED: [i32; 4] = [SIGHUP, SIGINT, SIGQUIT, SIGTERM];

/// What a probe is told.
#[derive(Serialize, Deserialize)]
struct Errand {
    source: String,
    uri: String,
    settings: serde_json::Value,
    limits: WireLimits,
}

/// Runs the command.
pub fn run() -> anyhow::Result<Exit> {
    let mut told = serde_json::Deserializer::from_reader(io::stdin()).into_iter::<Errand>();
    let Some(Ok(Errand { source, uri, settings, limits })) = told.next() else {
        return Err(usage("a scan starts this command by itself; there is nothing in it for you"));
    };
    std::thread::spawn(|| {
        // The pipe says nothing more; it ends with the scan.
        let _ = io::stdin().read(&mut [0]);
        std::process::exit(Exit::Interrupted as i32);
    });
    let (data, from): (DataArgs, _) = settings::recalled(&source, &settings)?;
    let plan = plan(&settings::settings(&data)?)?;
    let options = SourceOptions { wire: Wire::new(limits), ..store::options(&from, &LimitArgs::default())? };
    let source = Source::open(&source, &options)?;
    if let Some((_, Listing::Object(object))) = source.find(&uri) {
        // No token leaves this process, so any key will do.
        read_and_drop(&plan, &Key::from_bytes([0; 16]), &source, object);
    }
    Ok(Exit::Complete)
}

/// The probes of a part of a scan.
pub struct Probing<'a> {
    pub part: &'a Part<'a>,
    pub wire: &'a Wire,
    pub stop: &'a AtomicBool,
}

impl Probing<'_> {
    fn start(&self, source: &Source, object: &Object) -> io::Result<Child> {
        let errand = Errand {
            source: source.uri().to_string(),
            uri: object.uri.clone(),
            settings: self.part.settings.clone(),
            limits: self.wire.limits().clone(),
        };
        let mut child = Command::new(std::env::current_exe()?)
            .args(["--simd", Level::current().code(), "probe"])
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()?;
        // The pipe stays open as long as the child has not ended.
        if let Some(told) = &mut child.stdin {
            told.write_all(&serde_json::to_vec(&errand)?)?;
        }
        Ok(child)
    }
}

impl Probe for Probing<'_> {
    fn ended_by(&self, source: &Source, object: &Object) -> Option<i32> {
        let mut child = self.start(source, object).ok()?;
        let ended = loop {
            match child.try_wait() {
                Ok(Some(status)) => break status.signal(),
                Ok(None) if !self.stop.load(Relaxed) => std::thread::sleep(PAUSE),
                _ => break None,
            }
        };
        // Of one that has ended there is nothing to kill.
        let _ = child.kill();
        let _ = child.wait();
        ended.filter(|signal| !ASKED.contains(signal) && !self.stop.load(Relaxed))
    }
}
