//! Rollcall's own inventories, which lie in a bucket as any objects do and are not read as data.
//!
//! The keys of a listing come in parts and in no order, so an inventory is not known by meeting its marker first. A key that
//! has the form of an inventory's files says where the marker would be, and the store is asked once for each such place.

use super::name::{parts_of, uri_of};
use super::{INVENTORY_MARKER, Listing, inventory_gap};
use std::collections::HashMap;

/// Places that are remembered; a bucket of nothing but look-alikes must not fill memory.
const PLACES_MAX: usize = 1024;

/// Which prefixes of a store are inventories.
pub(super) struct Own {
    has: Box<dyn Fn(&str) -> bool + Send>,
    places: HashMap<String, bool>,
}

impl Own {
    /// `has` says whether there is an object with a key.
    pub fn new(has: Box<dyn Fn(&str) -> bool + Send>) -> Own {
        Own { has, places: HashMap::new() }
    }

    /// Whether an inventory lies at a prefix, which is empty or ends with a slash.
    pub fn is_inventory(&self, root: &str) -> bool {
        (self.has)(&format!("{root}{INVENTORY_MARKER}"))
    }

    /// What a listing tells: an inventory once, and nothing of what lies in it.
    fn told(&mut self, listing: Listing) -> Option<Listing> {
        let Some(root) = root_in(&listing) else { return Some(listing) };
        if let Some(known) = self.places.get(&root) {
            return (!known).then_some(listing);
        }
        let is_inventory = self.is_inventory(&root);
        if self.places.len() == PLACES_MAX {
            self.places.clear();
        }
        let told = if is_inventory { inventory(&listing, &root) } else { listing };
        self.places.insert(root, is_inventory);
        Some(told)
    }
}

/// A listing without what inventories are made of.
pub(super) fn without(
    list: impl Iterator<Item = Listing> + Send,
    mut own: Own,
) -> impl Iterator<Item = Listing> + Send {
    list.filter_map(move |listing| own.told(listing))
}

/// Where the inventory would lie of which an object is a file by its key; none where the key has another form.
pub(super) fn root_in(listing: &Listing) -> Option<String> {
    let Listing::Object(object) = listing else { return None };
    // Most keys end otherwise, and are not taken apart.
    let ends = [".json", ".parquet", INVENTORY_MARKER, "/_lock"];
    if !ends.iter().any(|end| object.uri.ends_with(end)) {
        return None;
    }
    root_of(&parts_of(&object.uri)?.1).map(str::to_string)
}

fn root_of(key: &str) -> Option<&str> {
    let mut steps: Vec<&str> = key.rsplit('/').take(3).collect();
    steps.resize(3, "");
    let is_number = |text: &str, digits: usize| text.len() == digits && text.bytes().all(|b| b.is_ascii_digit());
    let is_numbered = |name: &str| name.strip_suffix(".json").is_some_and(|number| is_number(number, 20));
    let is_data = |name: &str| {
        let parts: Vec<&str> = name.strip_suffix(".parquet").unwrap_or_default().split('-').collect();
        parts.len() == 3 && is_number(parts[0], 10) && is_number(parts[1], 5) && parts[2].len() == 16
    };
    let below = match steps[..] {
        [INVENTORY_MARKER | "_lock", ..] => 1,
        [name, "_writers" | "_work", _] if is_numbered(name) || name == "suspects.json" => 2,
        [name, "_delta_log" | "_commits" | "_intent", table] if is_numbered(name) && !table.is_empty() => 3,
        [name, table, _] if is_data(name) && !table.is_empty() => 2,
        _ => return None,
    };
    let length: usize = steps[..below].iter().map(|step| step.len() + 1).sum();
    key.get(..(key.len() + 1).checked_sub(length)?)
}

/// What is told of an inventory in place of its files.
pub(super) fn inventory(listing: &Listing, root: &str) -> Listing {
    let (uri, path) = match listing {
        Listing::Object(object) => (&object.uri, &object.path),
        Listing::Problem { uri, path, .. } => (uri, path),
    };
    let scheme = uri.split("://").next().unwrap_or_default();
    let (bucket, key, _) = parts_of(uri).unwrap_or_default();
    // What is cut off the key is cut off the path below the source.
    let cut = key.len().saturating_sub(root.len());
    let path = path.get(..path.len().saturating_sub(cut)).unwrap_or_default().trim_end_matches('/').to_string();
    Listing::Problem { path, uri: uri_of(scheme, &bucket, root), gap: inventory_gap(), is_place: false }
}
