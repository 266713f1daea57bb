//! Shop accounts: another system with ids of its own, nested JSON, passwords hashed for most and in clear for some.

use super::headers::Headers;
use super::numbers;
use super::out::{Ledger, Who};
use super::person::World;
use super::rng::{chance, pick};
use super::spec::Settings;
use super::tree::Tree;
use super::view::{Case, System};
use super::words::PASSWORD_WORDS;
use crate::model::element::Element as E;
use crate::model::mention::Role;
use std::io;

/// `shop/accounts-*.ndjson`.
pub(super) fn accounts(world: &World, ledger: &mut Ledger, settings: &mut Settings) -> io::Result<()> {
    let words = Headers::new(world.seed(), 3);
    let id = words.one(900, &["accountId", "account_id", "acctRef"]);
    settings.customer_ids.push(format!("shop=shop/accounts*#{id}"));
    settings.keys.push("order=shop/accounts*#orderNumber".to_string());
    let login = words.one(901, &["loginEmail", "email", "login_email", "emailAddress"]);
    let (first, last, phone) = (words.of(E::FirstName), words.of(E::LastName), words.of(E::Phone));
    let (street, city, state, zip) = (words.of(E::Street), words.of(E::City), words.of(E::State), words.of(E::Zip));
    let (user, password) = (words.of(E::Username), words.of(E::Password));
    let mut tree = Tree::lines(ledger, "shop/accounts-*.ndjson", world.seed().is_multiple_of(2))?;
    for index in world.shuffled(3) {
        if !world.membership(index).shop {
            continue;
        }
        let person = world.person(index);
        let who = Who::Person(index);
        let mark = |element| who.has(Role::Subject, element);
        let mut view = world.view(&person, System::Shop, Case::Natural);
        tree.begin();
        tree.plain("_id", &numbers::hex(&mut view.rng, 24))?;
        tree.plain(id, &world.id(3, index))?;
        tree.put(login, &view.email, mark(E::Email))?;
        if chance(&mut view.rng, 0.3) {
            let name = format!("{}{}{}", pick(&mut view.rng, PASSWORD_WORDS), person.dob.year % 100, index % 1000);
            tree.put(&user, &name, mark(E::Username))?;
        }
        let secret = if chance(&mut view.rng, 0.04) {
            format!("{}{}!", pick(&mut view.rng, PASSWORD_WORDS), view.rng.u16(10..9999))
        } else {
            format!("$2b$12${}", shuffle64(&mut view.rng, 53))
        };
        tree.put(&password, &secret, mark(E::Password))?;
        tree.put(&first, &view.first, mark(E::FirstName))?;
        tree.put(&last, &view.last, mark(E::LastName))?;
        tree.put(&phone, view.phone.as_deref().unwrap_or_default(), mark(E::Phone))?;
        tree.open("defaultAddress");
        tree.put(&street, &person.address.street, mark(E::Street))?;
        tree.put(&city, person.address.city, mark(E::City))?;
        tree.put(&state, person.address.state, mark(E::State))?;
        tree.put(&zip, &person.address.zip, mark(E::Zip))?;
        tree.close();
        tree.open("lastOrder");
        tree.plain("orderNumber", &world.order(index, 0).number)?;
        tree.literal("placedAt", view.rng.u64(1_700_000_000_000..1_760_000_000_000))?;
        tree.plain("trackingNumber", &numbers::tracking(&mut view.rng))?;
        tree.literal("total", format_args!("{}.{:02}", view.rng.u16(5..900), view.rng.u8(..100)))?;
        tree.close();
        tree.plain("sessionId", &numbers::uuid(&mut view.rng))?;
        tree.plain("clientVersion", &format!("{}.{}.0.{}", view.rng.u8(1..9), view.rng.u8(..20), view.rng.u8(..250)))?;
        tree.literal("marketingConsent", view.rng.bool())?;
        tree.link(who, Role::Subject)?;
        tree.end()?;
    }
    tree.finish()
}

/// Characters of bcrypt's alphabet.
fn shuffle64(rng: &mut fastrand::Rng, length: usize) -> String {
    const ALPHABET: &[u8] = b"./ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    (0..length).map(|_| char::from(ALPHABET[rng.usize(..64)])).collect()
}
