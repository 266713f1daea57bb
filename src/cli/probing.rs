//! Objects that two processes ended with, read by a process that may end with them too.
//!
//! A scan that finds such an object cannot know whether those processes crashed or were killed. It starts this program again
//! (`rollcall probe`), tells it the object on its standard input, and looks how it ends. When the scan itself is killed that
//! pipe closes, and the probe ends.

use crate::model::object::Object;
use crate::pipeline::scan::Probe;
use crate::simd::Level;
use crate::source::{Source, Wire, WireLimits};
use serde::{Deserialize, Serialize};
use signal_hook::consts::{SIGHUP, SIGINT, SIGQUIT, SIGTERM};
use std::io::{self, Write};
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
pub struct Errand {
    /// The URI of the source that lists the object.
    pub source: String,
    /// The object's.
    pub uri: String,
    /// The settings of the source.
    pub settings: serde_json::Value,
    /// What the scan may ask of the network.
    pub limits: WireLimits,
}

/// The probes of a part of a scan.
pub struct Probing<'a> {
    /// The settings of its sources, in the inventory's words.
    pub settings: &'a serde_json::Value,
    pub wire: &'a Wire,
    pub stop: &'a AtomicBool,
}

impl Probing<'_> {
    fn start(&self, source: &Source, object: &Object) -> io::Result<Child> {
        let errand = Errand {
            source: source.uri().to_string(),
            uri: object.uri.clone(),
            settings: self.settings.clone(),
            limits: self.wire.limits().clone(),
        };
        let errand = serde_json::to_vec(&errand)?;
        let mut child = Command::new(std::env::current_exe()?)
            .args(["--simd", Level::current().code(), "probe"])
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()?;
        // The pipe stays open as long as the child has not ended.
        let told = child.stdin.as_mut().map_or(Ok(()), |told| told.write_all(&errand));
        if let Err(e) = told {
            // It ended before it knew of the object.
            let _ = child.kill();
            let _ = child.wait();
            return Err(e);
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
