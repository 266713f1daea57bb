//! `rollcall who`

use super::args::WhoArgs;
use super::exit::{Exit, usage};
use super::{as_of, print};
use crate::identity::canon;
use crate::identity::key::Key;
use crate::inventory::Snapshot;
use crate::model::element::Element;
use crate::model::mention::TokenValue;
use crate::model::rows::Tables;
use crate::report::{WhoJson, WhoText};
use crate::scope::{is_nothing_matches, who};
use std::collections::BTreeSet;
use std::io::Read;

/// The kinds of identifier that are tried when the operator names none.
const KINDS: [Element; 17] = [
    Element::Email,
    Element::Phone,
    Element::Ssn,
    Element::TaxId,
    Element::Pan,
    Element::BankAccount,
    Element::DriverLicense,
    Element::StateId,
    Element::Passport,
    Element::NationalId,
    Element::HealthInsurance,
    Element::Medical,
    Element::Vehicle,
    Element::DeviceId,
    Element::Crypto,
    Element::Username,
    Element::IpAddress,
];

/// Runs the command.
pub fn run(args: WhoArgs) -> anyhow::Result<Exit> {
    let mut identifier = args.identifier.clone();
    if identifier == "-" {
        identifier.clear();
        std::io::stdin().read_to_string(&mut identifier)?;
    }
    let inventory = args.place.inventory_at()?.open()?;
    let key = args.place.key()?;
    if key.id() != inventory.key_id() {
        let (made, given) = (inventory.key_id(), key.id());
        return Err(usage(format!(
            "the inventory was made with key {made}, the key given is {given}: another key finds nobody, which would be a wrong answer"
        )));
    }
    let snapshot = as_of::snapshot(&inventory, args.as_of.as_of.as_deref())?;
    if snapshot.linked() < snapshot.run() {
        print::note("what was read since the last linking is no part of this answer: `rollcall link` links it");
    }
    let tokens = tokens(&snapshot, &key, identifier.trim(), args.kind.as_deref())?;
    let mut text = Vec::new();
    let found = match args.json {
        true => {
            let mut out = WhoJson::new(&mut text);
            let found = who(&snapshot, &tokens, &mut out);
            if found.is_ok() {
                out.finish()?;
            }
            found
        }
        false => who(&snapshot, &tokens, &mut WhoText::new(&mut text, print::width())),
    };
    match found {
        Err(e) if is_nothing_matches(&e) => return Err(usage(e.to_string())),
        other => other?,
    };
    print::out(&String::from_utf8_lossy(&text))?;
    Ok(Exit::Complete)
}

/// The tokens an identifier may have.
fn tokens(snapshot: &Snapshot, key: &Key, identifier: &str, kind: Option<&str>) -> anyhow::Result<Vec<TokenValue>> {
    let mut namespaces: BTreeSet<(Element, String)> = BTreeSet::new();
    snapshot.identifiers(&mut |row| {
        if !row.namespace.is_empty() && !namespaces.contains(&(row.kind, row.namespace.to_string())) {
            namespaces.insert((row.kind, row.namespace.to_string()));
        }
        Ok(())
    })?;
    let element = kind.and_then(|k| Element::from_code(&k.to_uppercase()));
    if let (Some(kind), None) = (kind, element)
        && !namespaces.iter().any(|(_, n)| n == kind)
    {
        let codes: Vec<&str> = KINDS.iter().map(|e| e.code()).collect();
        let names: Vec<&str> = namespaces.iter().map(|(_, n)| n.as_str()).collect();
        return Err(usage(format!(
            "--kind {kind}: no such kind; there are {} and the namespaces {}",
            codes.join(", "),
            names.join(", ")
        )));
    }
    let mut tokens = Vec::new();
    for tried in KINDS.iter().filter(|e| kind.is_none() || element == Some(**e)) {
        tokens.extend(token_of(key, *tried, "", identifier.as_bytes()));
    }
    for (tried, namespace) in &namespaces {
        if kind.is_none() || kind == Some(namespace) || element == Some(*tried) {
            tokens.extend(token_of(key, *tried, namespace, identifier.as_bytes()));
        }
    }
    if tokens.is_empty() {
        return Err(usage("this is no identifier of any kind that is known; give --kind"));
    }
    tokens.sort_unstable();
    tokens.dedup();
    Ok(tokens)
}

/// The token of an identifier as the kind it may be; none where it cannot be one.
fn token_of(key: &Key, kind: Element, namespace: &str, identifier: &[u8]) -> Option<TokenValue> {
    let mut canonical = Vec::new();
    canon::canonical(kind, identifier, false, &mut canonical).then(|| key.token(kind, namespace, &canonical))
}
