//! Questions asked of an inventory: who is affected by a leak, and where one person's data lies.
//!
//! A leak is a set of objects. [`evaluate`] joins the mentions in those objects to consumers, asks every law's trigger of
//! every consumer, and counts people, with what is undecided kept apart and what was not read said beside it. [`who`]
//! goes the other way, from identifiers to every place of the people who hold them. Everything is read through the
//! `Tables` trait and joined by sorted runs, so memory is the same for a thousand people and for a hundred million.
//!
//! Laws are data (`patterns/triggers/*.toml`); the code here knows what a limb, a clock and a threshold are, and no
//! jurisdiction by name. This folder must not know Parquet, the command line, or how an answer is printed; it reads no
//! clock, so that the same inventory and request give the same answer.

mod answer;
mod dates;
mod evaluate;
mod facts;
mod join;
mod judge;
mod law;
mod leak;
mod member;
mod places;
mod request;
mod rows;
mod section;
mod summary;
mod tally;
mod terms;
mod triggers;
mod who;

pub use answer::{AffectedConsumer, ConsumerSink, LeakGap, NullSink, Outcome, Reason, ReasonSet, RuleAnswer};
pub use dates::{Anchor, Dates, Due};
pub use evaluate::evaluate;
pub use facts::{Facts, Shown};
pub use judge::judge;
pub use law::{
    Bureaus, Clock, Comparator, Damages, Enc, Kind, Laws, NameIs, Regulator, Rule, Services, Start, Substitute,
};
pub use leak::Leak;
pub use request::{NothingMatches, ScopeRequest, Unscanned, is_nothing_matches};
pub use section::Problem;
pub use summary::{
    Clusters, Combination, Duty, DutyStatus, LeakCounts, Liability, OrphanCount, Outcomes, PlaceRow, Summary, Tiers,
    UnknownResidence, Unlinked,
};
pub use triggers::{shipped, shipped_files};
pub use who::{Holder, Location, WhoSink, WhoSummary, who};
