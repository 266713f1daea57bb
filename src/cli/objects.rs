//! `--objects`: a list of objects in place of a listing.

use super::exit::usage;
use crate::pipeline::scan::Named;
use crate::report::visible;
use crate::source::uri_of_key;
use serde_json::Value;
use std::fs::File;
use std::io::{self, BufRead, BufReader};

/// Reads the list, if there is one. `-` and `@-` are standard input, and `@FILE` is the same as `FILE`.
pub fn read(name: Option<&str>) -> anyhow::Result<Option<Vec<Named>>> {
    let Some(name) = name else { return Ok(None) };
    let lines: Box<dyn BufRead> = match name.strip_prefix('@').unwrap_or(name) {
        "-" => Box::new(io::stdin().lock()),
        file => Box::new(BufReader::new(File::open(file).map_err(|e| usage(format!("--objects {file}: {e}")))?)),
    };
    let mut objects = Vec::new();
    for (number, line) in (1u64..).zip(lines.lines()) {
        let line = line.map_err(|e| usage(format!("--objects {name}: line {number}: {e}")))?;
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        if line.starts_with('{') {
            let wrong = |what: &str| usage(format!("--objects {name}: line {number}: {}", visible(what)));
            let value: Value = serde_json::from_str(line).map_err(|e| wrong(&format!("no JSON: {e}")))?;
            json(&value, &mut objects).map_err(|what| wrong(&what))?;
        } else {
            objects.push(Named { name: line.to_string(), deleted: false });
        }
    }
    Ok(Some(objects))
}

/// The objects of one document: `{"uri": ..., "deleted": true}`, or an S3 event notification, plain, in a message of SQS
/// (`Body`) or SNS (`Message`), or from EventBridge (`detail`).
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html>
fn json(value: &Value, objects: &mut Vec<Named>) -> Result<(), String> {
    if let Some(uri) = value["uri"].as_str() {
        let deleted = value["deleted"].as_bool().unwrap_or(false);
        objects.push(Named { name: uri.to_string(), deleted });
        return Ok(());
    }
    if let Some(inner) = value["Body"].as_str().or(value["Message"].as_str()) {
        let inner: Value = serde_json::from_str(inner).map_err(|e| format!("the message holds no JSON: {e}"))?;
        return json(&inner, objects);
    }
    if let Some(records) = value["Records"].as_array() {
        for record in records {
            match record["body"].as_str() {
                Some(body) => {
                    json(&serde_json::from_str(body).map_err(|e| format!("the body holds no JSON: {e}"))?, objects)?
                }
                None => event(record, objects)?,
            }
        }
        return Ok(());
    }
    if value["s3"].is_object() {
        return event(value, objects);
    }
    let detail = &value["detail"];
    if let (Some(bucket), Some(key)) = (detail["bucket"]["name"].as_str(), detail["object"]["key"].as_str()) {
        // EventBridge gives keys as they are.
        let deleted = value["detail-type"] == "Object Deleted";
        let version = detail["object"]["version-id"].as_str();
        let version = version.filter(|_| detail["deletion-type"] == "Permanently Deleted");
        objects.extend(of_event(bucket, key, version, deleted));
        return Ok(());
    }
    if value["Event"] == "s3:TestEvent" {
        return Ok(());
    }
    Err("neither a member `uri` nor an S3 event notification".to_string())
}

fn event(record: &Value, objects: &mut Vec<Named>) -> Result<(), String> {
    let (bucket, key) = (&record["s3"]["bucket"]["name"], &record["s3"]["object"]["key"]);
    let (Some(bucket), Some(key)) = (bucket.as_str(), key.as_str()) else {
        return Err("an S3 event without s3.bucket.name and s3.object.key".to_string());
    };
    let name = record["eventName"].as_str().unwrap_or_default();
    let deleted =
        ["ObjectRemoved:", "LifecycleExpiration:"].iter().any(|kind| name.trim_start_matches("s3:").starts_with(kind));
    let version = record["s3"]["object"]["versionId"].as_str().filter(|_| name.ends_with(":Delete"));
    objects.extend(of_event(bucket, &form_decoded(key), version, deleted));
    Ok(())
}

/// What an event is about: the key, whose present version may be another now, and the version that was deleted.
fn of_event(bucket: &str, key: &str, version: Option<&str>, deleted: bool) -> Vec<Named> {
    let name = uri_of_key("s3", bucket, key);
    let version = version.filter(|id| deleted && !id.is_empty());
    let version = version.map(|id| Named { name: format!("{name}?versionId={id}"), deleted });
    [Named { name, deleted }].into_iter().chain(version).collect()
}

/// A key as event notifications write it: percent-encoded, with `+` for a blank.
fn form_decoded(key: &str) -> String {
    let mut bytes = Vec::with_capacity(key.len());
    let mut rest = key.as_bytes();
    while let Some((&first, after)) = rest.split_first() {
        let digit = |i: usize| after.get(i).and_then(|b| char::from(*b).to_digit(16));
        match (first, digit(0), digit(1)) {
            (b'%', Some(high), Some(low)) => {
                bytes.push((high * 16 + low) as u8);
                rest = &after[2..];
            }
            (b'+', ..) => {
                bytes.push(b' ');
                rest = after;
            }
            _ => {
                bytes.push(first);
                rest = after;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}
