//! Where one person's data is, as text and as JSON. Places are written as they come.

use super::columns::{counted, number, wrap};
use super::escape::visible;
use crate::model::element::Form;
use crate::model::mention::MentionElement;
use crate::scope::{Holder, Location, WhoSink, WhoSummary};
use serde_json::{Value, json};
use std::io::{self, Write};

/// Rows of a place that a line shows.
const RUNS_SHOWN: usize = 6;

/// The schema of [`WhoJson`].
const SCHEMA: &str = "rollcall.who/1";

fn codes(elements: &[MentionElement]) -> Vec<String> {
    elements
        .iter()
        .map(|e| match e.form {
            Form::Clear => e.element.code().to_string(),
            form => format!("{}({})", e.element.code(), form.code()),
        })
        .collect()
}

fn place(holder: &Holder) -> Option<String> {
    let text = |code: [u8; 2]| code.iter().map(|b| char::from(*b)).collect::<String>().trim().to_string();
    holder.residence.map(|r| match text(r.state) {
        state if state.is_empty() => text(r.country),
        state => format!("{}-{state}", text(r.country)),
    })
}

/// Writes text.
pub struct WhoText<'a> {
    out: &'a mut dyn Write,
    width: usize,
    uri: String,
}

impl<'a> WhoText<'a> {
    /// Text in lines of at most `width` columns (at least 80).
    pub fn new(out: &'a mut dyn Write, width: usize) -> Self {
        WhoText { out, width: width.max(80), uri: String::new() }
    }

    /// A number per person, from 1, ties places to people.
    fn holder(&mut self, i: usize, h: &Holder) -> io::Result<()> {
        let lives = place(h).unwrap_or_else(|| "unknown residence".to_string());
        writeln!(
            self.out,
            "[{}] {}  {}, {}, {} in {}",
            i + 1,
            h.id,
            h.population.code(),
            visible(&lives),
            counted(h.records, "record", "records"),
            counted(h.objects, "object", "objects")
        )?;
        let by: Vec<&str> = h.by.iter().map(|e| e.title()).collect();
        writeln!(self.out, "    found by {}", wrap(&by.join(", "), self.width, 13))?;
        writeln!(self.out, "    {}", wrap(&codes(&h.elements).join(", "), self.width, 4))?;
        if h.cluster.is_some() {
            let others: Vec<String> = h.related.iter().map(|id| id.to_string()).collect();
            let text = format!("may be one with ({}): {}", visible(&h.cluster_reason), others.join(", "));
            writeln!(self.out, "    {}", wrap(&text, self.width, 4))?;
        }
        Ok(())
    }
}

impl WhoSink for WhoText<'_> {
    fn holders(&mut self, s: &WhoSummary) -> io::Result<()> {
        writeln!(
            self.out,
            "{} of {} known, held by {}; {}",
            number(s.known),
            counted(s.asked, "identifier", "identifiers"),
            counted(s.holders.len() as u64 + s.holders_more, "person", "people"),
            counted(s.locations + s.locations_more, "place", "places")
        )?;
        if s.hubs > 0 {
            writeln!(
                self.out,
                "{} shared by too many to say whose",
                counted(s.hubs, "identifier is", "identifiers are")
            )?;
        }
        if s.holders_more > 0 || s.locations_more > 0 {
            writeln!(
                self.out,
                "NOT LISTED: {} and {}; the list below is not whole",
                counted(s.holders_more, "more holder", "more holders"),
                counted(s.locations_more, "more place", "more places")
            )?;
        }
        for (i, holder) in s.holders.iter().enumerate() {
            self.holder(i, holder)?;
        }
        Ok(())
    }

    fn location(&mut self, _: &WhoSummary, l: &Location) -> io::Result<()> {
        if self.uri != l.uri {
            self.uri.clone_from(&l.uri);
            writeln!(self.out, "\n{}  ({})", visible(&l.uri), l.status.code().to_lowercase())?;
        }
        let mut rows: Vec<String> = l
            .rows
            .iter()
            .take(RUNS_SHOWN)
            .map(|(first, last)| if first == last { first.to_string() } else { format!("{first}-{last}") })
            .collect();
        if l.rows.len() > RUNS_SHOWN {
            rows.push(format!("and {} more runs", number((l.rows.len() - RUNS_SHOWN) as u64)));
        }
        let path = if l.path.is_empty() { String::new() } else { format!("{} ", visible(&l.path)) };
        let text = format!(
            "[{}] {path}rows {}  {}, {}: {}",
            l.holder + 1,
            rows.join(", "),
            l.role.code(),
            l.certainty.code(),
            codes(&l.elements).join(", ")
        );
        writeln!(self.out, "  {}", wrap(&text, self.width, 6))
    }
}

/// Writes JSON: `{"schema", "asked", ..., "consumers": [...], "locations": [...]}`.
pub struct WhoJson<'a> {
    out: &'a mut dyn Write,
    first: bool,
}

impl<'a> WhoJson<'a> {
    /// One document; [`WhoJson::finish`] ends it.
    pub fn new(out: &'a mut dyn Write) -> Self {
        WhoJson { out, first: true }
    }

    /// Ends the document.
    pub fn finish(self) -> io::Result<()> {
        self.out.write_all(b"\n]}\n")
    }
}

impl WhoSink for WhoJson<'_> {
    fn holders(&mut self, s: &WhoSummary) -> io::Result<()> {
        let head = json!({
            "schema": SCHEMA,
            "asked": s.asked,
            "known": s.known,
            "hubs": s.hubs,
            "consumers_more": s.holders_more,
            "locations_total": s.locations,
            "locations_more": s.locations_more,
            "consumers": s.holders.iter().map(|h| json!({
                "consumer": h.id.to_string(),
                "found_by": h.by.iter().map(|e| e.code()).collect::<Vec<_>>(),
                "population": h.population.code(),
                "residence": place(h),
                "residence_basis": h.residence.map(|r| r.basis.code()),
                "elements": codes(&h.elements),
                "objects": h.objects,
                "records": h.records,
                "cluster": h.cluster.map(|c| c.to_string()),
                "cluster_reason": &*h.cluster_reason,
                "related": h.related.iter().map(|id| id.to_string()).collect::<Vec<_>>(),
            })).collect::<Vec<Value>>(),
        });
        // The object stays open: places are its last member.
        let head = head.to_string();
        self.out.write_all(head.strip_suffix('}').unwrap_or(&head).as_bytes())?;
        self.out.write_all(b",\"locations\":[")
    }

    fn location(&mut self, s: &WhoSummary, l: &Location) -> io::Result<()> {
        self.out.write_all(if std::mem::take(&mut self.first) { b"\n" } else { b",\n" })?;
        let consumer = s.holders.get(l.holder).map(|h| h.id.to_string());
        let row = json!({
            "consumer": consumer,
            "uri": l.uri,
            "status": l.status.code(),
            "path": &*l.path,
            "rows": l.rows.as_slice(),
            "role": l.role.code(),
            "elements": codes(&l.elements),
            "certainty": l.certainty.code(),
            "records": l.records,
        });
        self.out.write_all(row.to_string().as_bytes())
    }
}
