//! The derived tables on their way.

use super::sink::Sink;
use super::store::{Root, invalid};
use crate::model::mention::TokenValue;
use crate::model::rows::{ConsumerRow, DerivedSink, IdentifierRow, LinkRow, MembershipRow};
use std::io;

/// The rows of a link run.
pub(super) struct DerivedFiles {
    pub identifiers: Sink<IdentifierRow>,
    pub consumers: Sink<ConsumerRow>,
    pub memberships: Sink<MembershipRow>,
    pub links: Sink<LinkRow>,
    last_consumer: Option<TokenValue>,
    last_token: Option<TokenValue>,
}

impl DerivedFiles {
    pub fn new(root: &Root, run: u64) -> Self {
        DerivedFiles {
            identifiers: Sink::new(root, run),
            consumers: Sink::new(root, run),
            memberships: Sink::new(root, run),
            links: Sink::new(root, run),
            last_consumer: None,
            last_token: None,
        }
    }

    pub fn close(&mut self) -> io::Result<()> {
        self.identifiers.close()?;
        self.consumers.close()?;
        self.memberships.close()?;
        self.links.close()
    }

    pub fn rows_buffered(&self) -> usize {
        self.identifiers.rows_buffered()
            + self.consumers.rows_buffered()
            + self.memberships.rows_buffered()
            + self.links.rows_buffered()
    }

    pub fn bytes_buffered(&self) -> usize {
        self.identifiers.bytes_buffered()
            + self.consumers.bytes_buffered()
            + self.memberships.bytes_buffered()
            + self.links.bytes_buffered()
    }
}

/// Readers merge by these orders, so a row out of order is refused rather than written.
impl DerivedSink for &mut DerivedFiles {
    fn membership(&mut self, row: MembershipRow) -> io::Result<()> {
        self.memberships.push(row)
    }

    fn consumer(&mut self, row: ConsumerRow) -> io::Result<()> {
        if self.last_consumer.replace(row.id).is_some_and(|last| last >= row.id) {
            return Err(invalid("consumers must come in ascending order of id"));
        }
        self.consumers.push(row)
    }

    fn identifier(&mut self, row: IdentifierRow) -> io::Result<()> {
        if self.last_token.replace(row.token).is_some_and(|last| last > row.token) {
            return Err(invalid("identifiers must come in ascending order of token"));
        }
        self.identifiers.push(row)
    }

    fn link(&mut self, row: LinkRow) -> io::Result<()> {
        self.links.push(row)
    }
}
