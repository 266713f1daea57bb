//! Where objects are, which of them, and what reading them may take.

use clap::{Args, ValueEnum};
use serde::{Deserialize, Serialize};

/// How stores are reached.
#[derive(Args, Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[command(next_help_heading = "Stores")]
pub struct StoreArgs {
    /// A profile of the AWS configuration [default: $AWS_PROFILE]
    ///
    /// Credentials are found as the AWS tools find them: environment, profiles and SSO, web identity, container and
    /// instance roles. Programs that a profile names (credential_process) are not run.
    #[arg(long, value_name = "NAME", hide_short_help = true)]
    pub profile: Option<String>,
    /// The store's region [default: as the AWS tools find it, else where the bucket is]
    #[arg(long, value_name = "REGION", hide_short_help = true)]
    pub region: Option<String>,
    /// URL of a store that speaks a cloud's protocol, as http://127.0.0.1:9000 [default: $AWS_ENDPOINT_URL for s3://]
    #[arg(long, value_name = "URL", hide_short_help = true)]
    pub endpoint: Option<String>,
    /// The storage account of az:// containers whose URI names none [default: $AZURE_STORAGE_ACCOUNT_NAME]
    #[arg(long, value_name = "NAME", hide_short_help = true)]
    pub account: Option<String>,
    /// Send no credentials: public buckets
    #[arg(long, conflicts_with = "profile", hide_short_help = true)]
    pub anonymous: bool,
    /// Pay for requests and transfer of a bucket whose owner does not
    #[arg(long, hide_short_help = true)]
    pub requester_pays: bool,
}

/// Where objects are, and which of them.
#[derive(Args, Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[command(next_help_heading = "Stores")]
pub struct SourceArgs {
    #[command(flatten)]
    #[serde(flatten)]
    pub store: StoreArgs,
    /// Which versions of an object to read
    ///
    /// The present version has the URI s3://bucket/key, an earlier one s3://bucket/key?versionId=ID.
    #[arg(long, value_enum, default_value_t = VersionsArg::Current, hide_short_help = true)]
    pub versions: VersionsArg,
    /// Take the listing from an S3 Inventory report: the URI of its manifest.json
    #[arg(long, value_name = "URI", hide_short_help = true)]
    pub listing_from: Option<String>,
    #[command(flatten)]
    pub filter: FilterArgs,
}

/// Which versions are read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum VersionsArg {
    /// The present one
    #[default]
    Current,
    /// All that the bucket keeps
    All,
}

/// Which objects, by what a listing says of them. All that is given must hold; nothing is fetched to find out.
#[derive(Args, Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[command(next_help_heading = "Which objects")]
pub struct FilterArgs {
    /// Only objects that match: a glob over the ends of paths, or over URIs where it has ://
    #[arg(long, value_name = "GLOB", hide_short_help = true)]
    pub include: Vec<String>,
    /// No objects that match
    #[arg(long, value_name = "GLOB", hide_short_help = true)]
    pub exclude: Vec<String>,
    /// Only objects of at least this size, as 1K
    #[arg(long, value_name = "SIZE", hide_short_help = true)]
    pub min_size: Option<String>,
    /// Only objects of at most this size, as 10G
    #[arg(long, value_name = "SIZE", hide_short_help = true)]
    pub max_size: Option<String>,
    /// Only objects modified at this time or later: a date (UTC), or a date and time with zone
    #[arg(long, value_name = "WHEN", hide_short_help = true)]
    pub modified_after: Option<String>,
    /// Only objects modified before this time
    #[arg(long, value_name = "WHEN", hide_short_help = true)]
    pub modified_before: Option<String>,
    /// Only objects of this storage class, as STANDARD_IA; may be given again
    #[arg(long, value_name = "CLASS", hide_short_help = true)]
    pub storage_class: Vec<String>,
    /// Only objects with this tag; one request an object that passes all else
    #[arg(long, value_name = "NAME=VALUE", hide_short_help = true)]
    pub tag: Vec<String>,
}

/// What a run may take.
#[derive(Args, Debug, Clone, Default)]
#[command(next_help_heading = "Limits")]
pub struct LimitArgs {
    /// Bytes of objects a second from stores, as 50M
    #[arg(long, value_name = "SIZE", hide_short_help = true)]
    pub max_bytes_per_second: Option<String>,
    /// Requests a second to stores
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..), hide_short_help = true)]
    pub max_requests_per_second: Option<u32>,
    /// Memory for what stores have sent and no worker has read yet [default: 256M]
    ///
    /// Every worker may hold 8M beyond that, and matching takes memory of its own.
    #[arg(long, value_name = "SIZE", hide_short_help = true)]
    pub max_memory: Option<String>,
    /// Stop after this long, as 6h; what was read is kept, and the exit code is 3
    #[arg(long, value_name = "TIME", hide_short_help = true)]
    pub max_time: Option<String>,
    /// How long a store may say nothing before a request is made again [default: 30s]
    #[arg(long, value_name = "TIME", hide_short_help = true)]
    pub timeout: Option<String>,
    /// How often a request is made in vain before it is given up [default: 8]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=100), hide_short_help = true)]
    pub attempts: Option<u32>,
}
