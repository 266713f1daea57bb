//! `rollcall probe`: a process that reads one object for a scan, which sees whether this one survives it; see `probing`.

use super::args::{DataArgs, LimitArgs};
use super::exit::{Exit, usage};
use super::probing::Errand;
use super::run::plan;
use super::{settings, store};
use crate::identity::key::Key;
use crate::pipeline::worker::read_and_drop;
use crate::source::{Listing, Source, SourceOptions, Wire};
use std::io::{self, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

/// Runs the command.
pub fn run() -> anyhow::Result<Exit> {
    let mut told = serde_json::Deserializer::from_reader(io::stdin()).into_iter::<Errand>();
    let Some(Ok(Errand { source, uri, settings, limits })) = told.next() else {
        return Err(usage("a scan starts this command by itself; there is nothing in it for you"));
    };
    let stop = Arc::new(AtomicBool::new(false));
    let ended = Arc::clone(&stop);
    std::thread::spawn(move || {
        // The pipe says nothing more; it ends with the scan.
        let _ = io::stdin().read(&mut [0]);
        ended.store(true, Relaxed);
    });
    let (data, from): (DataArgs, _) = settings::recalled(&source, &settings)?;
    let plan = plan(&settings::settings(&data)?)?;
    let options = SourceOptions { wire: Wire::new(limits), ..store::options(&from, &LimitArgs::default())? };
    let source = Source::open(&source, &options)?;
    if let Some((_, Listing::Object(object))) = source.find(&uri) {
        // No token leaves this process, so any key will do.
        read_and_drop(&plan, &Key::from_bytes([0; 16]), &source, object, &stop);
    }
    Ok(Exit::Complete)
}
