//! The names of the tables, and which of them are rewritten by linking.

/// A table of the inventory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Table {
    Objects,
    Fields,
    Mentions,
    Orphans,
    Identifiers,
    Consumers,
    Memberships,
    Links,
    Runs,
}

/// How many tables there are; per-table state is an array of this length, indexed by `Table as usize`.
pub(super) const TABLES: usize = Table::ALL.len();

impl Table {
    /// Every table, in the order of its number. A commit changes them in this order.
    pub const ALL: [Table; 9] = [
        Table::Objects,
        Table::Fields,
        Table::Mentions,
        Table::Orphans,
        Table::Identifiers,
        Table::Consumers,
        Table::Memberships,
        Table::Links,
        Table::Runs,
    ];

    /// The table's folder, and its name everywhere else.
    pub const fn name(self) -> &'static str {
        match self {
            Table::Objects => "objects",
            Table::Fields => "fields",
            Table::Mentions => "mentions",
            Table::Orphans => "orphans",
            Table::Identifiers => "identifiers",
            Table::Consumers => "consumers",
            Table::Memberships => "memberships",
            Table::Links => "links",
            Table::Runs => "runs",
        }
    }
}
