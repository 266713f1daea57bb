//! Whether a page of a listing came whole.
//!
//! The SDK takes the end of the text for the end of the page, so a page that was cut off behind an entry would pass for a
//! short one. What says that a page is whole is the end tag of its root.

use aws_sdk_s3::config::interceptors::AfterDeserializationInterceptorContextRef;
use aws_sdk_s3::config::{ConfigBag, Intercept, RuntimeComponents};
use aws_sdk_s3::error::BoxError;

/// Makes a page that is cut off a failed request, which is made again.
#[derive(Debug)]
pub(super) struct WholePage;

impl Intercept for WholePage {
    fn name(&self) -> &'static str {
        "WholePage"
    }

    fn read_after_deserialization(
        &self,
        context: &AfterDeserializationInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let answer = context.response();
        // An answer that is no page is an error of its own already.
        match answer.body().bytes() {
            Some(page) if answer.status().is_success() && !is_whole(page) => Err("the page is cut off".into()),
            _ => Ok(()),
        }
    }
}

/// Whether a text ends with the end tag of a listing, whatever prefix its names have.
fn is_whole(page: &[u8]) -> bool {
    let page = page.trim_ascii_end();
    let last = page.iter().rposition(|byte| *byte == b'<').map(|at| &page[at..]).unwrap_or_default();
    let Some(name) = last.strip_prefix(b"</").and_then(|tag| tag.strip_suffix(b">")) else { return false };
    let name = name.trim_ascii_end();
    let name = name.iter().position(|byte| *byte == b':').map_or(name, |colon| &name[colon + 1..]);
    matches!(name, b"ListBucketResult" | b"ListVersionsResult")
}
