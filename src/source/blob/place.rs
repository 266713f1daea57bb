//! Where a container is and as whom it is read: the environment as the clouds' own tools take it, and what the operator says.

use super::super::StoreOptions;
use super::super::wire::fault::{Fault, FaultKind};
use http::header::{AUTHORIZATION, HeaderValue};
use object_store::RetryConfig;
use object_store::azure::{AzureAuthorizer, AzureCredential, AzureCredentialProvider, MicrosoftAzureBuilder};
use object_store::client::{HttpClient, HttpRequest};
use object_store::gcp::{GcpCredentialProvider, GoogleCloudStorageBuilder};
use std::env;
use std::sync::RwLock;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::{Duration, Instant};

/// The account of Azurite, Microsoft's emulator, whose key is public.
const EMULATOR_ACCOUNT: &str = "devstoreaccount1";
/// Where it listens unless AZURITE_BLOB_STORAGE_URL says otherwise.
const EMULATOR_URL: &str = "http://127.0.0.1:10000";
const GCS_URL: &str = "https://storage.googleapis.com";
/// How long a connection may take to be made.
const CONNECT: Duration = Duration::from_secs(10);
/// Credentials are made anew at most once in this time.
const RENEW_AFTER: Duration = Duration::from_secs(5);

/// Which store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Azure,
    Gcs,
}

impl Kind {
    pub fn scheme(self) -> &'static str {
        match self {
            Kind::Azure => "az",
            Kind::Gcs => "gs",
        }
    }
}

/// A container: where it is, and as whom it is read.
pub(super) struct Place {
    pub kind: Kind,
    /// The URL of the container, without a slash at its end.
    pub base: String,
    pub client: HttpClient,
    /// The project that pays, where the requester does (GCS).
    pub payer: Option<String>,
    container: String,
    account: String,
    /// None where requests are not signed.
    keys: Option<RwLock<(Keys, Instant)>>,
    had_keys: AtomicBool,
}

#[derive(Clone)]
enum Keys {
    Azure(AzureCredentialProvider),
    Gcs(GcpCredentialProvider),
}

impl Place {
    /// The container that the part of a URI before its first slash names. The error is a sentence with the remedy.
    pub fn new(kind: Kind, bucket: &str, options: &StoreOptions) -> Result<Place, String> {
        let (container, account) = match kind {
            Kind::Azure => bucket.split_once('@').map_or((bucket, None), |(c, account)| (c, Some(account))),
            Kind::Gcs => (bucket, None),
        };
        let is_name = |name: &str, marks: &[u8]| {
            !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || marks.contains(&b))
        };
        if !is_name(container, b"-_.$") {
            return Err(format!("{container} is no name of a bucket or container; check the spelling"));
        }
        let (base, account) = match kind {
            Kind::Azure => {
                let connection = Connection::of_environment();
                let account = azure_account(account, options, &connection)?;
                if !is_name(&account, b"-") {
                    return Err(format!("{account} is no name of a storage account; check the spelling"));
                }
                (azure_url(&account, options, &connection), account)
            }
            Kind::Gcs => {
                let url = options.endpoint.clone().or_else(|| variable("STORAGE_EMULATOR_HOST"));
                (url.unwrap_or_else(|| GCS_URL.to_string()), String::new())
            }
        };
        let base = if base.contains("://") { base } else { format!("http://{base}") };
        let base = format!("{}/{container}", base.trim_end_matches('/'));
        // By the same reading as the client's, which takes for granted that it can be read.
        let is_url = url::Url::parse(&base).is_ok_and(|url| {
            ["http", "https"].contains(&url.scheme())
                && url.has_host()
                && url.username().is_empty()
                && url.query().is_none()
        });
        if !is_url || base.parse::<http::Uri>().is_err() {
            return Err("the endpoint is no URL of a store; write https://HOST".to_string());
        }
        let payer = match (kind, options.requester_pays) {
            (Kind::Gcs, true) => {
                Some(variable("GOOGLE_CLOUD_PROJECT").ok_or_else(|| {
                    "--requester-pays needs a project that pays; set GOOGLE_CLOUD_PROJECT".to_string()
                })?)
            }
            (Kind::Azure, true) => return Err("--requester-pays: Azure has no such thing; leave it out".to_string()),
            (_, false) => None,
        };
        // As object_store makes its own, but that redirects are not followed: whoever may send requests elsewhere would get
        // their tokens. Time-outs are the wire's: an answer may take as long as bytes come.
        let client = reqwest::Client::builder()
            .user_agent(concat!("rollcall/", env!("CARGO_PKG_VERSION")))
            .http1_only()
            .https_only(!base.starts_with("http://"))
            .connect_timeout(CONNECT)
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .map_err(|e| format!("no client for the network can be made: {e}"))?;
        let client = HttpClient::new(client);
        let (container, had_keys) = (container.to_string(), AtomicBool::new(false));
        let mut place = Place { kind, base, client, payer, container, account, keys: None, had_keys };
        if !options.anonymous {
            place.keys = Some(RwLock::new((place.make_keys()?, Instant::now())));
        }
        Ok(place)
    }

    /// The host that requests go to, for messages.
    pub fn host(&self) -> &str {
        let rest = self.base.split_once("://").map_or(self.base.as_str(), |(_, rest)| rest);
        rest.split('/').next().unwrap_or(rest)
    }

    pub fn is_anonymous(&self) -> bool {
        self.keys.is_none()
    }

    fn make_keys(&self) -> Result<Keys, String> {
        // Tokens are asked for by object_store itself, a few times and not for long: the wire asks again.
        let retry = RetryConfig { max_retries: 2, retry_timeout: Duration::from_secs(10), ..RetryConfig::default() };
        let failed = |e: object_store::Error| format!("the credentials cannot be used: {e}; {}", self.remedy());
        match self.kind {
            Kind::Azure => {
                let mut builder = MicrosoftAzureBuilder::from_env().with_account(&self.account);
                let connection = Connection::of_environment();
                let is_account = connection.get("AccountName").is_none_or(|account| account == self.account);
                if let Some(key) = variable("AZURE_STORAGE_KEY") {
                    builder = builder.with_access_key(key);
                } else if is_account && let Some(key) = connection.get("AccountKey") {
                    builder = builder.with_access_key(key);
                } else if let Some(sas) = connection.get("SharedAccessSignature") {
                    let sas = object_store::azure::split_sas(sas).map_err(failed)?;
                    builder = builder.with_sas_authorization(sas);
                }
                let built = builder.with_container_name(&self.container).with_retry(retry).build().map_err(failed)?;
                Ok(Keys::Azure(built.credentials().clone()))
            }
            Kind::Gcs => {
                let builder = GoogleCloudStorageBuilder::from_env().with_bucket_name(&self.container);
                let built = builder.with_retry(retry).build().map_err(failed)?;
                Ok(Keys::Gcs(built.credentials().clone()))
            }
        }
    }

    /// Where credentials come from.
    fn remedy(&self) -> &'static str {
        match self.kind {
            Kind::Azure => {
                "set AZURE_STORAGE_ACCOUNT_KEY, AZURE_STORAGE_SAS_TOKEN or AZURE_CLIENT_ID, AZURE_TENANT_ID and \
                 AZURE_CLIENT_SECRET, run on a machine with a managed identity, or give --anonymous"
            }
            Kind::Gcs => {
                "set GOOGLE_APPLICATION_CREDENTIALS to the file of a service account, run on a machine that has one, or give \
                 --anonymous"
            }
        }
    }

    /// Signs a request.
    pub async fn sign(&self, request: &mut HttpRequest) -> Result<(), Fault> {
        let Some(keys) = &self.keys else { return Ok(()) };
        let keys = keys.read().unwrap_or_else(|e| e.into_inner()).0.clone();
        let signed = match keys {
            Keys::Azure(provider) => match provider.get_credential().await {
                Ok(credential) => azure_sign(request, &credential, &self.account),
                Err(e) => Err(e.to_string()),
            },
            Keys::Gcs(provider) => match provider.get_credential().await {
                Ok(credential) if credential.bearer.is_empty() => Ok(()),
                Ok(credential) => bearer(&credential.bearer).map(|value| {
                    request.headers_mut().insert(AUTHORIZATION, value);
                }),
                Err(e) => Err(e.to_string()),
            },
        };
        match signed {
            Ok(()) => {
                self.had_keys.store(true, Relaxed);
                Ok(())
            }
            // Credentials that were there once may come back; such as never were will not.
            Err(why) => {
                let kind = if self.had_keys.load(Relaxed) { FaultKind::Expired } else { FaultKind::Denied };
                Err(Fault::new(kind, format!("there are no credentials: {why}; {}", self.remedy())))
            }
        }
    }

    /// Takes credentials from the environment anew, unless that was just done.
    pub fn renew(&self) {
        let Some(keys) = &self.keys else { return };
        if keys.read().unwrap_or_else(|e| e.into_inner()).1.elapsed() < RENEW_AFTER {
            return;
        }
        if let Ok(made) = self.make_keys() {
            *keys.write().unwrap_or_else(|e| e.into_inner()) = (made, Instant::now());
        }
    }
}

fn bearer(token: &str) -> Result<HeaderValue, String> {
    let value = HeaderValue::from_str(&format!("Bearer {token}"));
    let mut value = value.map_err(|_| "the token has characters that no header may have".to_string())?;
    value.set_sensitive(true);
    Ok(value)
}

fn azure_sign(request: &mut HttpRequest, credential: &AzureCredential, account: &str) -> Result<(), String> {
    if let AzureCredential::BearerToken(token) = credential {
        bearer(token)?;
    }
    AzureAuthorizer::new(credential, account).try_authorize(request).map_err(|e| e.to_string())
}

/// A variable of the environment that is set and not empty.
fn variable(name: &str) -> Option<String> {
    env::var(name).ok().map(|value| value.trim().to_string()).filter(|value| !value.is_empty())
}

fn is_emulator() -> bool {
    let value = variable("AZURE_STORAGE_USE_EMULATOR").map(|v| v.to_ascii_lowercase());
    value.is_some_and(|v| ["1", "true", "on", "yes", "y"].contains(&v.as_str()))
}

/// The account: what the URI says, the operator, the environment.
fn azure_account(named: Option<&str>, options: &StoreOptions, connection: &Connection) -> Result<String, String> {
    // `account.blob.core.windows.net` is the account as well.
    let of_uri = named.map(|name| name.split('.').next().unwrap_or(name).to_string());
    of_uri
        .or_else(|| options.account.clone())
        .or_else(|| variable("AZURE_STORAGE_ACCOUNT_NAME"))
        .or_else(|| variable("AZURE_STORAGE_ACCOUNT"))
        .or_else(|| connection.get("AccountName").map(str::to_string))
        .or_else(|| is_emulator().then(|| EMULATOR_ACCOUNT.to_string()))
        .ok_or_else(|| {
            "names no storage account; write az://CONTAINER@ACCOUNT/PREFIX, give --account, or set \
             AZURE_STORAGE_ACCOUNT_NAME"
                .to_string()
        })
}

/// The URL of an account's blobs.
fn azure_url(account: &str, options: &StoreOptions, connection: &Connection) -> String {
    let endpoint = options.endpoint.clone().or_else(|| variable("AZURE_STORAGE_ENDPOINT"));
    let of_emulator = || variable("AZURITE_BLOB_STORAGE_URL").unwrap_or_else(|| EMULATOR_URL.to_string());
    match endpoint.or_else(|| is_emulator().then(of_emulator)) {
        // An emulator has no host for each account: there it is the first part of the path.
        Some(url) if is_bare_address(&url) => format!("{}/{account}", url.trim_end_matches('/')),
        Some(url) => url,
        None => match connection.get("BlobEndpoint") {
            Some(url) => url.to_string(),
            None => {
                let suffix = connection.get("EndpointSuffix").unwrap_or("core.windows.net");
                format!("https://{account}.blob.{suffix}")
            }
        },
    }
}

/// Whether a URL is an address of a machine and has no path.
fn is_bare_address(url: &str) -> bool {
    let Ok(uri) = url.parse::<http::Uri>() else { return false };
    let host = uri.host().unwrap_or_default().trim_matches(['[', ']']);
    uri.path().trim_matches('/').is_empty() && (host == "localhost" || host.parse::<std::net::IpAddr>().is_ok())
}

/// `AZURE_STORAGE_CONNECTION_STRING`: `Name=value` after `Name=value`, with semicolons between.
#[derive(Default)]
struct Connection(Vec<(String, String)>);

impl Connection {
    fn of_environment() -> Connection {
        let text = variable("AZURE_STORAGE_CONNECTION_STRING").unwrap_or_default();
        let pairs = text.split(';').filter_map(|pair| pair.split_once('='));
        Connection(pairs.map(|(name, value)| (name.trim().to_string(), value.trim().to_string())).collect())
    }

    fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }
}
