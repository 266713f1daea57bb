//! The tokens of a value by itself, outside any record.

use super::canon::canonical;
use super::key::Key;
use crate::model::element::Element;
use crate::model::mention::TokenValue;
use zeroize::Zeroize;

/// The tokens of a value in no namespace, whatever country it is of; a date has one for either order of day and month.
/// None where it cannot be one of its kind.
pub fn plain_tokens(key: &Key, kind: Element, value: &[u8]) -> [Option<TokenValue>; 2] {
    let mut scratch = Vec::new();
    let mut token = |day_first| canonical(kind, value, day_first, &mut scratch).then(|| key.token(kind, "", &scratch));
    let tokens = [token(false), if kind == Element::Dob { token(true) } else { None }];
    scratch.zeroize();
    tokens
}
