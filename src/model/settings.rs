//! What the operator says of their own data.

use super::element::Element;
use super::mention::TokenValue;

/// A field that the operator names: `NAMESPACE=GLOB#FIELD`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldRule {
    /// The namespace the field's values live in; equal values in different namespaces are different things.
    pub namespace: String,
    /// A glob over object paths (`Object::path`); none when the operator gave a bare field.
    pub glob: Option<String>,
    /// The field's path, or its last segment, compared without regard to case.
    pub field: String,
}

/// What the operator says about identity.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct IdentitySettings {
    /// Fields that hold a person's id in some system: primary.
    pub customer_ids: Vec<FieldRule>,
    /// Fields that hold a record's id (order, payment, ticket): they attach records to each other, never people.
    pub keys: Vec<FieldRule>,
    /// Domains of the operator's own staff, lower case.
    pub own_domains: Vec<String>,
}

/// Findings that the operator does not want reported: what and where, why, and until when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Suppression {
    /// The detector's id; none for all detectors of `element`. One of the two is given.
    pub detector: Option<String>,
    /// The element; none for all that `detector` finds.
    pub element: Option<Element>,
    /// A glob over the ends of objects' paths: `crm/*.csv`.
    pub object: String,
    /// The field's path, or its last segment, compared without regard to case; none for all fields.
    pub field: Option<String>,
    /// Why, in the operator's words.
    pub reason: String,
    /// The last day on which it holds (UTC), as `YYYY-MM-DD`, which sorts as text.
    pub expires: String,
}

/// A value that the operator does not want reported, as its token: the value itself is kept nowhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Allowed {
    /// What it is a token of.
    pub kind: Element,
    /// The token, in no namespace.
    pub token: TokenValue,
    /// The public name of the key it was made with.
    pub key_id: String,
    /// Why, in the operator's words.
    pub reason: String,
    /// The last day on which it holds (UTC), as `YYYY-MM-DD`, which sorts as text.
    pub expires: String,
}

/// Everything that the operator does not want reported.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SuppressSettings {
    /// Places.
    pub rules: Vec<Suppression>,
    /// Values.
    pub allowed: Vec<Allowed>,
}
