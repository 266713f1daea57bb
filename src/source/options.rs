//! How sources are opened: which store, which objects, within which limits.

use super::filter::Filter;
use super::wire::Wire;

/// How a source is opened. The default reads everything, with what the environment says of stores.
#[derive(Clone, Debug, Default)]
pub struct SourceOptions {
    /// Which store, and as whom.
    pub store: StoreOptions,
    /// Which objects; the rest is not listed.
    pub filter: Filter,
    /// Which versions of them.
    pub versions: Versions,
    /// The manifest of an S3 Inventory report (`s3://bucket/.../manifest.json`), in place of listing the bucket.
    pub listing_from: Option<String>,
    /// Limits and counts, shared by all sources that are opened with a clone of this.
    pub wire: Wire,
}

/// Which store, and as whom. What is not said comes from the environment, as its own tools take it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StoreOptions {
    /// URL of the store, where it is not the cloud's own.
    pub endpoint: Option<String>,
    /// Its region.
    pub region: Option<String>,
    /// The storage account of `az://` containers whose URI names none.
    pub account: Option<String>,
    /// A profile of the AWS configuration.
    pub profile: Option<String>,
    /// Requests are not signed.
    pub anonymous: bool,
    /// The requester pays for requests and transfer.
    pub requester_pays: bool,
}

/// Which versions of an object are read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Versions {
    /// The present one.
    #[default]
    Current,
    /// All that the bucket keeps.
    All,
}

impl SourceOptions {
    /// An option that was given and means nothing for a folder, by its flag.
    pub(super) fn only_for_stores(&self) -> Option<&'static str> {
        match self {
            _ if self.listing_from.is_some() => Some("--listing-from"),
            _ if self.versions == Versions::All => Some("--versions all"),
            _ => self.filter.only_for_stores(),
        }
    }
}
