//! Identity: findings in, records and tokens out; linking of tokens to consumers.

pub mod link;
