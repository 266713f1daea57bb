//! The whole listing: page by page where it is short, in ranges of keys at once where it is long.
//!
//! A long listing is cut at the folders of its keys into ranges, each of which is listed by itself, plainly: so many small
//! folders cost no more pages than a plain listing has. A range of one folder is cut again if it is long. Memory depends
//! on the depth of folders, not on the number of keys.

use super::super::Listing;
use super::super::name::uri_of;
use super::super::options::Versions;
use super::super::wire::fault::{Fault, FaultKind};
use super::super::wire::listing::{Circle, Left, Pages};
use super::super::wire::store::RequestKind;
use super::S3;
use super::fault::{Asked, archived};
use super::page::{Ask, Item, KEYS};
use crate::model::gap::{Gap, GapKind};
use crate::model::object::Object;
use futures_util::stream::{self, FuturesUnordered, StreamExt};

/// Ranges that are listed at once.
const AT_ONCE: usize = 16;
/// Ranges a listing is cut into at once.
const RANGES: usize = 64;
/// Pages of folders that are looked at for places to cut.
const FOLDER_PAGES: usize = 10;
/// Folders that hold nothing but one folder are gone down so far.
const DEPTH: usize = 32;
/// Tags that are asked for at once.
const TAGS_AT_ONCE: usize = 32;

/// A range of keys to list.
struct Job {
    ask: Ask,
    /// The folder at which it may be cut.
    cut_at: Option<String>,
}

/// What is to be listed for a prefix: the key that it is, and what lies below it as a folder.
pub(super) fn roots(prefix: &str) -> Vec<Ask> {
    let ask = |prefix: String, is_exact| Ask {
        prefix,
        is_exact,
        after: None,
        until: None,
        from: None,
        folders: false,
        keys_max: KEYS,
        versions: false,
    };
    if prefix.is_empty() || prefix.ends_with('/') {
        return vec![ask(prefix.to_string(), false)];
    }
    vec![ask(prefix.to_string(), true), ask(format!("{prefix}/"), false)]
}

impl S3 {
    pub(super) async fn list_into(self, pages: Pages) -> Result<(), Left> {
        if let Some(item) = self.only.clone() {
            return pages.send(self.taken(vec![item]).await).await;
        }
        if let Some(report) = self.report.clone() {
            let reading = tokio::task::spawn_blocking(move || self.list_report(&report, &pages));
            // A reader that panicked over a hostile file leaves a listing without an end, which is told as such.
            return reading.await.unwrap_or(Err(Left));
        }
        let versions = self.versions == Versions::All;
        let mut jobs: Vec<Job> = roots(&self.prefix)
            .into_iter()
            .map(|ask| Job { cut_at: (!ask.is_exact).then(|| ask.prefix.clone()), ask: Ask { versions, ..ask } })
            .collect();
        let mut running = FuturesUnordered::new();
        loop {
            while running.len() < AT_ONCE
                && let Some(job) = jobs.pop()
            {
                running.push(self.run(job, &pages));
            }
            match running.next().await {
                Some(more) => jobs.extend(more?),
                None => return Ok(()),
            }
        }
    }

    /// Lists a range, or cuts it.
    async fn run(&self, job: Job, pages: &Pages) -> Result<Vec<Job>, Left> {
        let Job { mut ask, cut_at } = job;
        let mut is_first = true;
        let (mut last_key, mut circle) = (None::<String>, Circle::default());
        loop {
            let page = match self.page(&ask).await {
                Ok(page) => page,
                Err(fault) => {
                    self.broken(&ask, &fault, pages).await?;
                    return Ok(Vec::new());
                }
            };
            // Ranges are cut, and end, by the order of keys: without it keys would be lost.
            let goes_on = match ask.versions {
                true => page.first_key.is_none() || page.first_key >= last_key,
                false => page.first_key.is_none() || page.first_key > last_key,
            };
            let is_circle = page.next.as_ref().is_some_and(|next| circle.closes(next));
            if !page.is_ordered || !goes_on || is_circle {
                let place = self.bucket.account.place();
                let why = match is_circle {
                    true => format!("{place} gives the same pages again and again; check --endpoint"),
                    false => format!(
                        "{place} does not list keys in the order of their bytes, so some could be missed; list it by a report \
                         (--listing-from), or copy the objects to a store that does"
                    ),
                };
                self.broken(&ask, &Fault::new(FaultKind::Other, why), pages).await?;
                return Ok(Vec::new());
            }
            last_key = page.last_key.clone().or(last_key);
            if let (true, Some(folder), true) = (is_first, &cut_at, page.next.is_some())
                && let Some(jobs) = self.cut(&ask, folder).await
            {
                return Ok(jobs);
            }
            is_first = false;
            // Pages are in the order of keys, so a key past the end of the range ends it.
            let is_past = |key: &String| match ask.is_exact {
                true => *key != ask.prefix,
                false => ask.until.as_ref().is_some_and(|until| key > until),
            };
            let is_done = page.next.is_none() || page.last_key.as_ref().is_some_and(is_past);
            let taken = self.taken(page.items).await;
            if !taken.is_empty() {
                pages.send(taken).await?;
            }
            if is_done {
                return Ok(Vec::new());
            }
            ask.from = page.next;
        }
    }

    /// Cuts what is asked at the folders below one; nothing where there are none to cut at.
    async fn cut(&self, ask: &Ask, folder: &str) -> Option<Vec<Job>> {
        let mut folder = folder.to_string();
        for _ in 0..DEPTH {
            let mut places: Vec<String> = Vec::new();
            let mut within = Ask { prefix: folder.clone(), folders: true, from: None, ..ask.clone() };
            for _ in 0..FOLDER_PAGES {
                // A fault here costs nothing: the plain listing meets it again, and says it.
                let page = self.page(&within).await.ok()?;
                places.extend(page.folders);
                if places.is_empty() || page.next.is_none() {
                    break;
                }
                within.from = page.next;
            }
            places.retain(|place| {
                ask.after.as_ref().is_none_or(|a| place > a) && ask.until.as_ref().is_none_or(|u| place <= u)
            });
            places.sort();
            places.dedup();
            match places.len() {
                0 => return None,
                1 => folder = places.swap_remove(0),
                _ => return Some(ranges(ask, &places)),
            }
        }
        None
    }

    async fn broken(&self, ask: &Ask, fault: &Fault, pages: &Pages) -> Result<(), Left> {
        let prefix = &ask.prefix;
        pages.broken(&self.path(prefix), &uri_of("s3", &self.bucket.name, prefix), fault).await
    }

    /// What of a page is to be read, and what of it cannot be.
    pub(super) async fn taken(&self, items: Vec<Item>) -> Vec<Listing> {
        let mut taken = Vec::with_capacity(items.len());
        for item in items {
            if !self.filter.takes_class(if item.class.is_empty() { "STANDARD" } else { &item.class }) {
                continue;
            }
            let is_archived = matches!(item.class.as_str(), "GLACIER" | "DEEP_ARCHIVE") && !item.is_restored;
            let class = item.class.clone();
            let object = self.object(item);
            if !self.filter.takes(&object) {
                continue;
            }
            taken.push(match is_archived {
                false => Listing::Object(object),
                true => {
                    let detail = archived(&format!("storage class {class}"));
                    let gap = Gap { kind: GapKind::Archived, offset: None, bytes: Some(object.size), detail };
                    Listing::Problem { path: object.path, uri: object.uri, gap, is_place: false }
                }
            });
        }
        if self.filter.tags().is_empty() {
            return taken;
        }
        let tagged = stream::iter(taken).map(|listing| self.if_tagged(listing)).buffered(TAGS_AT_ONCE);
        tagged.filter_map(|listing| async move { listing }).collect().await
    }

    /// The object if it has the tags that are asked for; a problem if they may not be seen.
    async fn if_tagged(&self, listing: Listing) -> Option<Listing> {
        let (uri, path) = match &listing {
            Listing::Object(object) => (&object.uri, &object.path),
            Listing::Problem { uri, path, .. } => (uri, path),
        };
        let (_, key, version) = super::parts_of(uri)?;
        let told = self.wire.ask(RequestKind::Tags, &*self.bucket, || async {
            let tags = self.bucket.account.client().get_object_tagging().bucket(&self.bucket.name).key(&key);
            let tags = tags.set_version_id(version.clone()).set_request_payer(self.bucket.payer());
            tags.send().await.map_err(|e| self.failed(&e, Asked::Tags).0)
        });
        match told.await {
            Ok(told) => {
                let has = |(name, value): &(String, String)| {
                    told.tag_set().iter().any(|tag| tag.key() == name && tag.value() == value)
                };
                self.filter.tags().iter().all(has).then_some(listing)
            }
            Err(fault) => {
                Some(Listing::Problem { path: path.clone(), uri: uri.clone(), gap: fault.gap(), is_place: false })
            }
        }
    }

    pub(super) fn object(&self, item: Item) -> Object {
        let uri = uri_of("s3", &self.bucket.name, &item.key);
        let tag = item.etag.unwrap_or_else(|| format!("@{}-{}", item.modified.unwrap_or(0), item.size));
        let (uri, version) = match item.version_id {
            None => (uri, tag),
            // The one version of a bucket that keeps none.
            Some(id) if item.is_latest && id == "null" => (uri, tag),
            Some(id) if item.is_latest => (uri, format!("{tag} versionId={id}")),
            Some(id) => (format!("{uri}?versionId={id}"), format!("{tag} versionId={id}")),
        };
        Object { uri, path: self.path(&item.key), version, size: item.size, modified: item.modified }
    }
}

/// Ranges of keys that end at folders, together what is asked.
fn ranges(ask: &Ask, places: &[String]) -> Vec<Job> {
    let each = places.len().div_ceil(RANGES);
    let groups: Vec<&[String]> = places.chunks(each).collect();
    let mut jobs = Vec::with_capacity(groups.len());
    let mut after = ask.after.clone();
    for (i, group) in groups.iter().enumerate() {
        // A key that is a folder's name to the last byte belongs to the range before.
        let until = groups.get(i + 1).map_or_else(|| ask.until.clone(), |next| Some(next[0].clone()));
        let cut_at = (group.len() == 1).then(|| group[0].clone());
        jobs.push(Job { ask: Ask { after, until: until.clone(), from: None, ..ask.clone() }, cut_at });
        after = until;
    }
    jobs
}
