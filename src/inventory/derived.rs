//! The derived tables on their way.

use super::beside::Beside;
use super::store::{Root, invalid};
use crate::model::mention::TokenValue;
use crate::model::rows::{ConsumerRow, DerivedSinks, IdentifierRow, LinkRow, MembershipRow, RowSink};
use std::io;

/// The rows of a link run.
pub(super) struct DerivedFiles {
    pub identifiers: Beside<IdentifierRow>,
    pub consumers: Beside<ConsumerRow>,
    pub memberships: Beside<MembershipRow>,
    pub links: Beside<LinkRow>,
    last_consumer: Option<TokenValue>,
    last_token: Option<TokenValue>,
}

impl DerivedFiles {
    pub fn new(root: &Root, run: u64) -> Self {
        DerivedFiles {
            identifiers: Beside::new(root, run),
            consumers: Beside::new(root, run),
            memberships: Beside::new(root, run),
            links: Beside::new(root, run),
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

    /// Ends the threads of a run that is given up.
    pub fn stop(&mut self) {
        self.identifiers.stop();
        self.consumers.stop();
        self.memberships.stop();
        self.links.stop();
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

    /// Where rows are written. Readers merge by the orders of ids and tokens, so a row out of order is refused.
    pub fn sinks(&mut self) -> DerivedSinks<'_> {
        let DerivedFiles { identifiers, consumers, memberships, links, last_consumer, last_token } = self;
        DerivedSinks {
            memberships: RowSink::new(|row| memberships.push(row)),
            consumers: RowSink::new(|row: ConsumerRow| {
                if last_consumer.replace(row.id).is_some_and(|last| last >= row.id) {
                    return Err(invalid("consumers must come in ascending order of id"));
                }
                consumers.push(row)
            }),
            identifiers: RowSink::new(|row: IdentifierRow| {
                if last_token.replace(row.token).is_some_and(|last| last > row.token) {
                    return Err(invalid("identifiers must come in ascending order of token"));
                }
                identifiers.push(row)
            }),
            links: RowSink::new(|row| links.push(row)),
        }
    }
}
