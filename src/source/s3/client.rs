//! The SDK's client: credentials, region, endpoint; made anew when they turn out to be wrong.

use super::super::options::StoreOptions;
use aws_config::BehaviorVersion;
use aws_sdk_s3::Client;
use aws_sdk_s3::config::retry::RetryConfig;
use aws_sdk_s3::config::timeout::TimeoutConfig;
use aws_sdk_s3::config::{Region, ResponseChecksumValidation, SharedHttpClient, StalledStreamProtectionConfig};
use aws_smithy_http_client::Builder;
use aws_smithy_http_client::tls::{Provider, rustls_provider::CryptoMode};
use std::sync::{Arc, RwLock};
use std::time::{Duration, Instant};

/// How long a connection may take to be made.
const CONNECT: Duration = Duration::from_secs(10);
/// Credentials are asked for again at most this often.
const RENEW_EVERY: Duration = Duration::from_secs(5);
/// The region that is asked where a bucket is, when nothing else is said. Every region knows.
const FIRST_REGION: &str = "us-east-1";

/// An account's way to one bucket.
pub(super) struct Account {
    options: StoreOptions,
    http: SharedHttpClient,
    present: RwLock<Present>,
    renewing: tokio::sync::Mutex<Instant>,
}

struct Present {
    client: Arc<Client>,
    region: String,
    /// The endpoint, where it is not Amazon's own.
    endpoint: Option<String>,
}

impl Account {
    pub async fn new(options: &StoreOptions) -> Account {
        let http = Builder::new().tls_provider(Provider::Rustls(CryptoMode::Ring)).build_https();
        let present = present(options, &http, options.region.clone()).await;
        let renewing = tokio::sync::Mutex::new(Instant::now());
        Account { options: options.clone(), http, present: RwLock::new(present), renewing }
    }

    pub fn client(&self) -> Arc<Client> {
        Arc::clone(&self.present.read().unwrap_or_else(|e| e.into_inner()).client)
    }

    pub fn region(&self) -> String {
        self.present.read().unwrap_or_else(|e| e.into_inner()).region.clone()
    }

    /// Where requests go, for a sentence.
    pub fn place(&self) -> String {
        let present = self.present.read().unwrap_or_else(|e| e.into_inner());
        present.endpoint.clone().unwrap_or_else(|| format!("Amazon S3 in {}", present.region))
    }

    /// Where requests go, if the store is not Amazon's.
    pub fn endpoint(&self) -> Option<String> {
        self.present.read().unwrap_or_else(|e| e.into_inner()).endpoint.clone()
    }

    pub fn requester_pays(&self) -> bool {
        self.options.requester_pays
    }

    /// Takes another region, which the store has named.
    pub async fn move_to(&self, region: &str) {
        let moved = present(&self.options, &self.http, Some(region.to_string())).await;
        *self.present.write().unwrap_or_else(|e| e.into_inner()) = moved;
    }

    /// Reads credentials anew: what gives them may have newer ones.
    pub async fn renew(&self) {
        let mut last = self.renewing.lock().await;
        if last.elapsed() < RENEW_EVERY {
            return;
        }
        let region = self.region();
        let renewed = present(&self.options, &self.http, Some(region)).await;
        *self.present.write().unwrap_or_else(|e| e.into_inner()) = renewed;
        *last = Instant::now();
    }
}

async fn present(options: &StoreOptions, http: &SharedHttpClient, region: Option<String>) -> Present {
    // Attempts are counted and spaced in `wire`, which sees what all sources do.
    let times = TimeoutConfig::builder().connect_timeout(CONNECT).build();
    let mut loader = aws_config::defaults(BehaviorVersion::v2026_01_12())
        .http_client(http.clone())
        .timeout_config(times)
        .stalled_stream_protection(StalledStreamProtectionConfig::disabled());
    if let Some(profile) = &options.profile {
        loader = loader.profile_name(profile);
    }
    if let Some(endpoint) = &options.endpoint {
        loader = loader.endpoint_url(endpoint);
    }
    if let Some(region) = region {
        loader = loader.region(Region::new(region));
    }
    if options.anonymous {
        loader = loader.no_credentials();
    }
    let shared = loader.load().await;
    let region = shared.region().map_or_else(|| FIRST_REGION.to_string(), |r| r.to_string());
    let config = aws_sdk_s3::config::Builder::from(&shared)
        .retry_config(RetryConfig::disabled())
        .region(Region::new(region.clone()))
        // A sum of the whole object says nothing of a range of it; it is asked for where the whole is.
        .response_checksum_validation(ResponseChecksumValidation::WhenRequired);
    // The endpoint may come from the environment or a profile; `--endpoint` is among them by now.
    let endpoint = shared.endpoint_url().map(str::to_string).or_else(s3_endpoint);
    let config = config.force_path_style(endpoint.is_some());
    Present { client: Arc::new(Client::from_conf(config.build())), region, endpoint }
}

/// An endpoint that the environment gives for S3 alone; the SDK takes it by itself.
fn s3_endpoint() -> Option<String> {
    std::env::var("AWS_ENDPOINT_URL_S3").ok().filter(|url| !url.is_empty())
}
