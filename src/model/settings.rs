//! What the operator says of their own data.

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
