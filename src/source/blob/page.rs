//! Pages of listings, as XML: GCS's `ListBucketResult` (<https://cloud.google.com/storage/docs/xml-api/get-bucket-list>) and
//! Azure's `EnumerationResults` (<https://learn.microsoft.com/en-us/rest/api/storageservices/list-blobs>).

use super::super::name::decoded;
use jiff::Timestamp;
use jiff::fmt::rfc2822::DateTimeParser;
use quick_xml::Reader;
use quick_xml::events::Event;

/// An object as a listing tells of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Entry {
    pub key: String,
    pub size: u64,
    /// Without quotes.
    pub etag: Option<String>,
    /// Microseconds since 1970-01-01T00:00:00Z.
    pub modified: Option<i64>,
    /// The storage class or access tier; empty where none is told.
    pub class: String,
}

/// One page of a listing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Page {
    pub entries: Vec<Entry>,
    /// Where the next page begins; none at the end.
    pub next: Option<String>,
}

/// Reads a page. The error is what is wrong with it.
pub(super) fn read(xml: &[u8]) -> Result<Page, String> {
    let xml = std::str::from_utf8(xml).map_err(|_| "it is no UTF-8".to_string())?;
    let mut reader = Reader::from_str(xml.trim_start_matches('\u{feff}'));
    let (mut page, mut entry, mut text) = (Page::default(), None::<Item>, String::new());
    let (mut depth, mut is_listing) = (0u32, false);
    loop {
        match reader.read_event().map_err(|e| e.to_string())? {
            Event::Start(start) => {
                depth += 1;
                text.clear();
                match (depth, start.local_name().as_ref()) {
                    (1, b"ListBucketResult" | b"EnumerationResults") => is_listing = true,
                    (_, b"Contents" | b"Blob") => entry = Some(Item::default()),
                    (_, b"Name") => {
                        // Azure's way for names that XML cannot hold.
                        let encoded = start.try_get_attribute("Encoded").map_err(|e| e.to_string())?;
                        if let (Some(item), Some(encoded)) = (&mut entry, encoded) {
                            item.encoded = encoded.value.as_ref() == b"true";
                        }
                    }
                    _ => {}
                }
            }
            Event::Text(part) => text.push_str(&part.decode().map_err(|e| e.to_string())?),
            Event::CData(part) => text.push_str(&part.decode().map_err(|e| e.to_string())?),
            Event::GeneralRef(part) => match part.resolve_char_ref().map_err(|e| e.to_string())? {
                Some(c) => text.push(c),
                None => {
                    let name = part.decode().map_err(|e| e.to_string())?;
                    let known = quick_xml::escape::resolve_predefined_entity(&name);
                    text.push_str(known.ok_or_else(|| "it has an unknown entity".to_string())?);
                }
            },
            Event::End(end) => {
                depth = depth.saturating_sub(1);
                let name = end.local_name();
                match (&mut entry, name.as_ref()) {
                    (None, b"NextContinuationToken" | b"NextMarker") => {
                        page.next = Some(text.clone()).filter(|t| !t.is_empty());
                    }
                    (Some(_), b"Contents" | b"Blob") => {
                        let item = entry.take().unwrap_or_default();
                        if !item.is_folder {
                            page.entries.push(item.finish()?);
                        }
                    }
                    (Some(item), name) => item.field(name, &text)?,
                    (None, _) => {}
                }
                text.clear();
            }
            Event::Eof => break,
            _ => {}
        }
    }
    if depth != 0 || !is_listing {
        return Err("it is cut off, or no listing".to_string());
    }
    Ok(page)
}

/// An object as it is read.
#[derive(Default)]
struct Item {
    entry: Entry,
    has_size: bool,
    encoded: bool,
    /// A folder of a hierarchical namespace, which is no object.
    is_folder: bool,
}

impl Item {
    fn field(&mut self, name: &[u8], text: &str) -> Result<(), String> {
        let entry = &mut self.entry;
        match name {
            b"Key" | b"Name" => entry.key = text.to_string(),
            b"Size" | b"Content-Length" => {
                entry.size = text.trim().parse().map_err(|_| "a size is no number".to_string())?;
                self.has_size = true;
            }
            b"ETag" | b"Etag" => entry.etag = Some(unquoted(text)).filter(|tag| !tag.is_empty()),
            b"LastModified" => entry.modified = text.trim().parse::<Timestamp>().ok().map(Timestamp::as_microsecond),
            b"Last-Modified" => entry.modified = http_date(text),
            b"StorageClass" | b"AccessTier" => entry.class = text.to_string(),
            b"ResourceType" => self.is_folder = text == "directory",
            _ => {}
        }
        Ok(())
    }

    fn finish(mut self) -> Result<Entry, String> {
        if self.entry.key.is_empty() || !self.has_size {
            return Err("an object has no name or no size".to_string());
        }
        if self.encoded {
            self.entry.key = decoded(&self.entry.key);
        }
        Ok(self.entry)
    }
}

/// An ETag without its quotes.
pub(super) fn unquoted(etag: &str) -> String {
    etag.trim().trim_matches('"').to_string()
}

/// The microseconds of a date of HTTP (RFC 9110).
pub(super) fn http_date(text: &str) -> Option<i64> {
    DateTimeParser::new().parse_timestamp(text.trim()).ok().map(Timestamp::as_microsecond)
}
