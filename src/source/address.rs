//! Addresses without secrets. What names a place is stored with every object, shown with every error and remembered with its
//! settings, so a credential in it would be in all of them: it is refused before anything is done with it.

use super::SourceError;
use percent_encoding::percent_decode_str;
use url::Url;

const REMEDY: &str = "which would be stored and shown wherever the place is named; leave it out, and give credentials by the \
                      environment or a profile";

/// Refuses the URL of a store that is none or that holds a secret. `said` is where it was said: `--endpoint`. The error is a
/// sentence, with what of the URL is no secret.
pub(super) fn check_endpoint(said: &str, endpoint: &str) -> Result<(), String> {
    let url = Url::parse(endpoint).ok().filter(|url| ["http", "https"].contains(&url.scheme()) && url.has_host());
    let Some(url) = url else {
        // What cannot be read may be anything.
        let shown = if endpoint.contains(['@', '?']) { String::new() } else { format!(" {endpoint}") };
        return Err(format!("{said}{shown}: no URL of a store; write https://HOST or http://HOST:PORT"));
    };
    let has_user = !url.username().is_empty() || url.password().is_some();
    if has_user || url.query().is_some() || url.fragment().is_some() {
        let what = if has_user { "a user or a password" } else { "something behind its path" };
        let (scheme, host) = (url.scheme(), url.host_str().unwrap_or_default());
        return Err(format!("{said} {scheme}://{host}: it holds {what}, {REMEDY}"));
    }
    Ok(())
}

/// Refuses the URI of a bucket or container that holds a secret: `s3://KEY:SECRET@bucket`, `az://container/x?sv=...&sig=...`.
pub(super) fn check_uri(uri: &str) -> Result<(), SourceError> {
    let refused = |why: String| SourceError::Store(without_secrets(uri), why);
    if has_user(uri) {
        return Err(refused(format!("it holds a user or a password, {REMEDY}")));
    }
    let query = uri.split_once('?').map(|(_, query)| query);
    let is_version = |query: &str| query.starts_with("versionId=") && !query.contains('&') && uri.starts_with("s3://");
    if query.is_some_and(|query| !is_version(query)) {
        return Err(refused(format!(
            "it holds a question mark, which is written %3F in a key; a signature behind it is a credential, {REMEDY}"
        )));
    }
    Ok(())
}

/// Whether a text holds what only a credential can be: a password in a URI, a signature in a query.
pub fn holds_secret(text: &str) -> bool {
    let query = text.split_once("://").and_then(|(_, rest)| rest.split_once('?')).map_or("", |(_, query)| query);
    has_user(text) || ["sig=", "Signature=", "X-Amz-Credential="].iter().any(|name| query.contains(name))
}

/// A URI without what may be a secret in it: user, password and query. Paths stay what they are.
pub fn without_secrets(uri: &str) -> String {
    let Some((scheme, rest)) = uri.split_once("://") else { return uri.to_string() };
    let (place, query) = rest.split_once('?').map_or((rest, None), |(place, query)| (place, Some(query)));
    let (authority, path) = place.find('/').map_or((place, ""), |at| place.split_at(at));
    let host = match has_user(uri) {
        true => authority.rsplit('@').next().and_then(|host| host.split([':', '%']).next()).unwrap_or_default(),
        false => authority,
    };
    let query = query.filter(|_| !holds_secret(uri)).map_or(String::new(), |query| format!("?{query}"));
    format!("{scheme}://{host}{path}{query}")
}

/// Whether a URI of a store names a user: no bucket, container or account has a colon, and an `@` only parts a container from
/// its account.
fn has_user(uri: &str) -> bool {
    let Some((scheme, rest)) = uri.split_once("://") else { return false };
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    // A colon may be written %3A.
    let authority = percent_decode_str(authority).decode_utf8_lossy();
    match scheme {
        "az" => authority.contains(':') || authority.matches('@').count() > 1,
        "s3" | "gs" => authority.contains([':', '@']),
        _ => authority.contains('@'),
    }
}
