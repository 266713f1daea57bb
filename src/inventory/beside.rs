//! A table that is written beside the one who makes its rows.
//!
//! Linking makes the rows of several tables in turn, and encoding them takes as long as making them. So each of these tables
//! has a thread, which ends with the table's last file or its first error.

use super::log::DataFile;
use super::row::Row;
use super::sink::{BATCH_ROWS, Sink};
use super::store::Root;
use crossbeam_channel::{Receiver, Sender, bounded};
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::thread::JoinHandle;

/// Batches of rows on their way to the thread, at most.
const BATCHES: usize = 4;

/// Takes the rows of a table for one run, and has them written by a thread of its own.
pub(super) struct Beside<R> {
    batch: Vec<R>,
    held: Arc<Held>,
    /// The sink, while there is no thread.
    sink: Option<Sink<R>>,
    thread: Option<Thread<R>>,
}

struct Thread<R> {
    rows: Sender<Vec<R>>,
    /// Lists to use again.
    free: Receiver<Vec<R>>,
    sink: JoinHandle<(Sink<R>, io::Result<()>)>,
}

/// What the thread's sink holds in memory.
#[derive(Default)]
struct Held {
    rows: AtomicUsize,
    bytes: AtomicUsize,
}

impl<R: Row + Send + 'static> Beside<R> {
    pub fn new(root: &Root, run: u64) -> Self {
        Beside { batch: Vec::new(), held: Arc::default(), sink: Some(Sink::new(root, run)), thread: None }
    }

    pub fn push(&mut self, row: R) -> io::Result<()> {
        self.batch.push(row);
        if self.batch.len() >= BATCH_ROWS { self.send() } else { Ok(()) }
    }

    /// Sends the rows that wait. An error is the thread's.
    fn send(&mut self) -> io::Result<()> {
        if let Some(sink) = self.sink.take() {
            self.thread = Some(Thread::start(sink, Arc::clone(&self.held))?);
        }
        let free = self.thread.as_ref().and_then(|thread| thread.free.try_recv().ok());
        let rows = std::mem::replace(&mut self.batch, free.unwrap_or_else(|| Vec::with_capacity(BATCH_ROWS)));
        match self.thread.as_ref().map(|thread| thread.rows.send(rows)) {
            Some(Ok(())) => Ok(()),
            _ => Err(self.join().err().unwrap_or_else(|| io::Error::other("a table is written to no more"))),
        }
    }

    /// Waits for the thread, if there is one; its sink is here again.
    fn join(&mut self) -> io::Result<()> {
        if let Some(Thread { rows, sink, .. }) = self.thread.take() {
            drop(rows);
            let defect = |_| io::Error::other("writing failed by a defect of this program; please report it");
            let (sink, written) = sink.join().map_err(defect)?;
            self.sink = Some(sink);
            written?;
        }
        Ok(())
    }

    /// Ends the thread of a run that is given up. What it wrote has names here, and it writes no more.
    pub fn stop(&mut self) {
        // The run has an error already, or nobody to tell.
        let _ = self.join();
    }

    /// Writes everything that waits, and makes it durable.
    pub fn close(&mut self) -> io::Result<()> {
        if !self.batch.is_empty() {
            self.send()?;
        }
        self.join()?;
        self.sink.as_mut().map_or(Ok(()), Sink::close)?;
        self.held.rows.store(0, Relaxed);
        self.held.bytes.store(0, Relaxed);
        Ok(())
    }

    /// The files, once the table is closed.
    pub fn files(&self) -> &[DataFile] {
        self.sink.as_ref().map_or(&[], Sink::files)
    }

    /// Rows that the thread does not have yet; what is on its way counts as whole batches.
    fn rows_here(&self) -> usize {
        self.batch.len() + self.thread.as_ref().map_or(0, |thread| thread.rows.len() * BATCH_ROWS)
    }

    /// Rows that are not on disk yet.
    pub fn rows_buffered(&self) -> usize {
        self.rows_here() + self.held.rows.load(Relaxed)
    }

    /// Bytes they hold in memory, about.
    pub fn bytes_buffered(&self) -> usize {
        self.rows_here() * size_of::<R>() + self.held.bytes.load(Relaxed)
    }
}

impl<R: Row + Send + 'static> Thread<R> {
    fn start(mut sink: Sink<R>, held: Arc<Held>) -> io::Result<Thread<R>> {
        let (rows, batches) = bounded::<Vec<R>>(BATCHES);
        let (used, free) = bounded(BATCHES);
        let thread = std::thread::Builder::new().name(R::TABLE.name().to_string());
        let sink = thread.spawn(move || {
            for batch in batches {
                match sink.push_all(batch) {
                    Ok(mut batch) => {
                        batch.clear();
                        // Where nobody has a use for it, it goes.
                        let _ = used.try_send(batch);
                    }
                    Err(e) => return (sink, Err(e)),
                }
                held.rows.store(sink.rows_buffered(), Relaxed);
                held.bytes.store(sink.bytes_buffered(), Relaxed);
            }
            (sink, Ok(()))
        })?;
        Ok(Thread { rows, free, sink })
    }
}
