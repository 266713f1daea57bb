//! `rollcall inventory diff`

use super::args::PlaceArgs;
use super::exit::Exit;
use super::{as_of, print};
use crate::inventory::{Change, DiffCounts, DiffSink, diff};
use crate::model::element::ElementSet;
use crate::model::mention::TokenValue;
use crate::report::visible;
use serde_json::json;
use std::io;

/// Runs the command.
pub fn run(earlier: &str, later: Option<&str>, list: bool, place: &PlaceArgs, json: bool) -> anyhow::Result<Exit> {
    let inventory = place.inventory_at()?.open()?;
    let earlier = as_of::snapshot(&inventory, Some(earlier))?;
    let later = as_of::snapshot(&inventory, later)?;
    let counts = diff(&earlier, &later, &mut Lines { list, json })?;
    for state in [&earlier, &later] {
        if state.linked() < state.run() {
            print::note(&format!("run {} was not linked: its people are those of run {}", state.run(), state.linked()));
        }
    }
    if json {
        let three = |n: &[u64; 3]| json!({ "came": n[0], "went": n[1], "changed": n[2] });
        let elements = counts.elements.iter();
        let elements = elements.map(|(e, n)| (e.code().to_string(), json!({ "came": n.0, "went": n.1 })));
        let answer = json!({
            "earlier": earlier.run(), "later": later.run(), "objects": three(&counts.objects),
            "people": three(&counts.people), "elements": elements.collect::<serde_json::Map<_, _>>(),
        });
        if list { print::line(&answer.to_string())? } else { print::json(&answer)? }
    } else {
        print::out(&text(earlier.run(), later.run(), &counts))?;
    }
    Ok(Exit::Complete)
}

fn text(earlier: u64, later: u64, counts: &DiffCounts) -> String {
    let three = |n: &[u64; 3]| format!("{} came, {} went, {} changed", n[0], n[1], n[2]);
    let mut text = format!(
        "runs      {earlier} to {later}\nobjects   {}\npeople    {}\n",
        three(&counts.objects),
        three(&counts.people)
    );
    for (element, (came, went)) in &counts.elements {
        text += &format!("          {} of {came} people came, of {went} went\n", element.code());
    }
    text
}

/// Prints the differences as they come.
struct Lines {
    list: bool,
    json: bool,
}

impl DiffSink for Lines {
    fn object(&mut self, change: Change, uri: &str) -> io::Result<()> {
        match (self.list, self.json) {
            (false, _) => Ok(()),
            (_, true) => print::line(&json!({ "object": uri, "change": change.code() }).to_string()),
            (_, false) => print::line(&format!("{:<8} object {}", change.code(), visible(uri))),
        }
    }

    fn person(&mut self, change: Change, id: TokenValue, came: ElementSet, went: ElementSet) -> io::Result<()> {
        let codes = |set: ElementSet| set.iter().map(|element| element.code()).collect::<Vec<_>>();
        match (self.list, self.json) {
            (false, _) => Ok(()),
            (_, true) => {
                let (came, went) = (codes(came), codes(went));
                let person = json!({ "person": id.to_string(), "change": change.code(), "came": came, "went": went });
                print::line(&person.to_string())
            }
            (_, false) => {
                let signed =
                    |sign: &str, set| codes(set).iter().map(|code| format!(" {sign}{code}")).collect::<String>();
                print::line(&format!("{:<8} person {id}{}{}", change.code(), signed("+", came), signed("-", went)))
            }
        }
    }
}
