//! A listing made on the runtime, taken from it as an iterator.

use super::super::Listing;
use super::fault::{Fault, FaultKind};
use super::runtime;
use crate::model::gap::{Gap, GapKind};
use std::future::Future;
use tokio::sync::mpsc;

/// Pages that may wait to be taken. A listing of any length holds no more.
const PAGES: usize = 16;

enum Message {
    Page(Vec<Listing>),
    End,
}

/// Where a listing is put.
#[derive(Clone)]
pub(in crate::source) struct Pages(mpsc::Sender<Message>);

/// Tells whether the markers between pages go round in a circle, with one of them in memory (Brent, 1980): it is compared with
/// those that follow it, and replaced after one, two, four, ... pages.
pub(in crate::source) struct Circle<T> {
    kept: Option<T>,
    since: u64,
    until: u64,
}

impl<T> Default for Circle<T> {
    fn default() -> Self {
        Circle { kept: None, since: 0, until: 0 }
    }
}

impl<T: Clone + PartialEq> Circle<T> {
    /// Whether a marker was there before. A circle is told within three times its length, and what came before it.
    pub fn closes(&mut self, marker: &T) -> bool {
        if self.kept.as_ref() == Some(marker) {
            return true;
        }
        self.since += 1;
        if self.since > self.until {
            self.kept = Some(marker.clone());
            self.until = (self.until * 2).max(1);
            self.since = 0;
        }
        false
    }
}

/// Nobody takes the listing any more.
#[derive(Debug)]
pub(in crate::source) struct Left;

impl Pages {
    /// Hands a page on; waits while too many wait to be taken.
    pub async fn send(&self, page: Vec<Listing>) -> Result<(), Left> {
        self.0.send(Message::Page(page)).await.map_err(|_| Left)
    }

    /// The same from a thread that may block.
    pub fn send_blocking(&self, page: Vec<Listing>) -> Result<(), Left> {
        self.0.blocking_send(Message::Page(page)).map_err(|_| Left)
    }

    /// Says that what lies below a URI could not be listed to its end.
    pub async fn broken(&self, path: &str, uri: &str, fault: &Fault) -> Result<(), Left> {
        self.send(vec![broken(path, uri, fault)]).await
    }

    /// The same from a thread that may block.
    pub fn broken_blocking(&self, path: &str, uri: &str, fault: &Fault) -> Result<(), Left> {
        self.send_blocking(vec![broken(path, uri, fault)])
    }
}

fn broken(path: &str, uri: &str, fault: &Fault) -> Listing {
    let gap = Gap { detail: format!("the listing is not whole: {}", fault.detail), ..fault.gap() };
    Listing::Problem { path: path.to_string(), uri: uri.to_string(), gap, is_place: true }
}

/// Runs `list` and gives what it sends. A listing that ends by a defect, and not by its own word, ends in a problem for
/// `uri`: it must never look like a short one.
pub(in crate::source) fn listing<F>(uri: &str, list: impl FnOnce(Pages) -> F) -> Taken
where
    F: Future<Output = Result<(), Left>> + Send + 'static,
{
    let (sender, pages) = mpsc::channel(PAGES);
    let uri = uri.to_string();
    match runtime() {
        Ok(runtime) => {
            let work = list(Pages(sender.clone()));
            runtime.spawn(async move {
                if work.await.is_ok() {
                    let _ = sender.send(Message::End).await;
                }
            });
            Taken { pages, page: Vec::new().into_iter(), uri, done: false }
        }
        Err(e) => {
            let gap = Fault::new(FaultKind::Other, e.to_string()).gap();
            let page = vec![Listing::Problem { path: String::new(), uri: uri.clone(), gap, is_place: true }];
            Taken { pages, page: page.into_iter(), uri, done: true }
        }
    }
}

/// A listing as it is taken.
pub(in crate::source) struct Taken {
    pages: mpsc::Receiver<Message>,
    page: std::vec::IntoIter<Listing>,
    uri: String,
    done: bool,
}

impl Iterator for Taken {
    type Item = Listing;

    fn next(&mut self) -> Option<Listing> {
        loop {
            if let Some(listing) = self.page.next() {
                return Some(listing);
            }
            if self.done {
                return None;
            }
            match self.pages.blocking_recv() {
                Some(Message::Page(page)) => self.page = page.into_iter(),
                Some(Message::End) => self.done = true,
                None => {
                    self.done = true;
                    let detail = "the listing broke off by a defect of the program; please report it".to_string();
                    let gap = Gap { kind: GapKind::Internal, offset: None, bytes: None, detail };
                    return Some(Listing::Problem { path: String::new(), uri: self.uri.clone(), gap, is_place: true });
                }
            }
        }
    }
}
