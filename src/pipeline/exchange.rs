//! How workers share one large object.
//!
//! An object is decoded by one worker, its owner. While others have nothing to do, the owner offers them the object's
//! blocks to survey, which is most of the work on a log and half of it on a table; it settles the surveys and makes
//! mentions in the order of the blocks. So what is found does not depend on who surveyed what. An owner that waits for
//! a survey takes an offer itself, its own or another's, so nobody waits for somebody who waits.

use crate::matcher::plan::Matcher;
use crate::matcher::survey::{Survey, Surveyor};
use crate::matcher::watch::Unwatched;
use crate::model::block::{Block, Lines};
use crate::model::field::Schema;
use crossbeam_channel::{Receiver, Sender, TryRecvError, TrySendError, bounded};
use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering::Relaxed};

/// Blocks of one object that are under way at once, for each worker.
const UNDER_WAY: usize = 2;
/// Workers that one object can keep busy: its owner decodes and settles, and that much it hands out before it must go on
/// itself. More blocks than these would be memory and no speed.
const HELPERS: usize = 8;

/// A block to survey.
pub struct Offer {
    block: Block,
    /// Its marks, where they are not written down.
    lines: Option<Lines>,
    schema: Arc<Schema>,
    object: u64,
    reply: Sender<Surveyed>,
}

/// A block and what its survey came to.
#[derive(Default)]
pub struct Surveyed {
    /// The block.
    pub block: Block,
    /// Its survey.
    pub survey: Survey,
}

/// Where the workers of a run meet.
#[derive(Clone)]
pub struct Exchange<'a> {
    give: Sender<Offer>,
    take: Receiver<Offer>,
    idle: Arc<AtomicUsize>,
    workers: usize,
    offered: &'a AtomicU64,
}

impl Exchange<'_> {
    /// An exchange for so many workers; `offered` counts the blocks that are offered.
    pub fn new(workers: usize, offered: &AtomicU64) -> Exchange<'_> {
        let (give, take) = bounded(workers);
        Exchange { give, take, idle: Arc::default(), workers, offered }
    }

    /// What others offer.
    pub fn offers(&self) -> &Receiver<Offer> {
        &self.take
    }

    /// Runs `wait` as one who has nothing to do.
    pub fn idle<T>(&self, wait: impl FnOnce() -> T) -> T {
        self.idle.fetch_add(1, Relaxed);
        let came = wait();
        self.idle.fetch_sub(1, Relaxed);
        came
    }

    /// Serves others until nobody has anything to offer any more.
    pub fn serve_to_the_end(self, desk: &mut Desk<'_>) {
        let Exchange { give, take, idle, .. } = self;
        drop(give);
        loop {
            idle.fetch_add(1, Relaxed);
            let offer = take.recv();
            idle.fetch_sub(1, Relaxed);
            match offer {
                Ok(offer) => desk.serve(offer),
                Err(_) => return,
            }
        }
    }
}

/// Where one worker surveys.
pub struct Desk<'m> {
    matcher: &'m Matcher,
    surveyor: Option<Surveyor<'m>>,
    /// The object whose fields the surveyor knows.
    object: u64,
}

impl<'m> Desk<'m> {
    /// An empty desk.
    pub fn new(matcher: &'m Matcher) -> Desk<'m> {
        Desk { matcher, surveyor: None, object: u64::MAX }
    }

    /// Surveys a block of an object. Of a block of plain `lines`, those are marked in which something may be found.
    pub fn survey(
        &mut self,
        object: u64,
        block: &mut Block,
        lines: Option<&Lines>,
        schema: &Schema,
        survey: &mut Survey,
    ) {
        // Taken out meanwhile: after a panic there is none, not half of one.
        let mut surveyor = self.surveyor.take().unwrap_or_else(|| Surveyor::new(self.matcher));
        if self.object != object {
            surveyor.forget();
            self.object = object;
        }
        match lines {
            Some(lines) => surveyor.survey_lines(block, lines, schema, survey),
            None => surveyor.survey(block, schema, &mut Unwatched, survey),
        }
        self.surveyor = Some(surveyor);
    }

    /// Takes up an offer. A panic costs the offering worker its object, as its own would have.
    pub fn serve(&mut self, offer: Offer) {
        let Offer { mut block, lines, schema, object, reply } = offer;
        let mut survey = Survey::default();
        let surveyed = AssertUnwindSafe(|| self.survey(object, &mut block, lines.as_ref(), &schema, &mut survey));
        if catch_unwind(surveyed).is_ok() {
            // Nobody waits for it when the owner has failed meanwhile.
            let _ = reply.send(Surveyed { block, survey });
        }
    }
}

/// Blocks of one object on their way, in their order.
pub struct UnderWay<'a> {
    exchange: Exchange<'a>,
    object: u64,
    blocks: VecDeque<Place>,
    schema: Arc<Schema>,
}

enum Place {
    Here(Box<Surveyed>),
    Away(Receiver<Surveyed>),
}

impl<'a> UnderWay<'a> {
    /// Nothing under way yet.
    pub fn new(exchange: &Exchange<'a>, object: u64) -> UnderWay<'a> {
        UnderWay { exchange: exchange.clone(), object, blocks: VecDeque::new(), schema: Arc::default() }
    }

    /// Whether blocks should go this way: others are idle, or blocks before have gone it.
    pub fn is_open(&self) -> bool {
        !self.blocks.is_empty() || self.exchange.idle.load(Relaxed) > 0
    }

    /// Sends a block on its way.
    pub fn push(&mut self, block: Block, lines: Option<&Lines>, schema: &Schema, desk: &mut Desk<'_>) {
        if self.schema.fields.len() != schema.fields.len() {
            self.schema = Arc::new(schema.clone());
        }
        let (reply, back) = bounded(1);
        let offer =
            Offer { block, lines: lines.copied(), schema: Arc::clone(&self.schema), object: self.object, reply };
        let place = match self.exchange.give.try_send(offer) {
            Ok(()) => {
                self.exchange.offered.fetch_add(1, Relaxed);
                Place::Away(back)
            }
            Err(TrySendError::Full(mut offer) | TrySendError::Disconnected(mut offer)) => {
                let mut survey = Survey::default();
                desk.survey(self.object, &mut offer.block, lines, schema, &mut survey);
                Place::Here(Box::new(Surveyed { block: offer.block, survey }))
            }
        };
        self.blocks.push_back(place);
    }

    /// The first block, when it is surveyed; waits for it where too many are under way, or where `all` are asked for.
    ///
    /// # Panics
    /// Where its survey did.
    pub fn pop(&mut self, all: bool, desk: &mut Desk<'_>) -> Option<Surveyed> {
        let wait = all || self.blocks.len() > UNDER_WAY * self.exchange.workers.min(HELPERS);
        loop {
            match self.blocks.front()? {
                Place::Here(_) => {}
                Place::Away(back) => match back.try_recv() {
                    Ok(surveyed) => {
                        self.blocks.pop_front();
                        return Some(surveyed);
                    }
                    Err(TryRecvError::Empty) if !wait => return None,
                    Err(TryRecvError::Empty) => {
                        match self.exchange.take.try_recv() {
                            Ok(offer) => desk.serve(offer),
                            // Whoever has it is at work on it, and has nothing to wait for.
                            Err(_) => {
                                let surveyed = back.recv();
                                self.blocks.pop_front();
                                return Some(surveyed.unwrap_or_else(|_| lost()));
                            }
                        }
                        continue;
                    }
                    Err(TryRecvError::Disconnected) => lost(),
                },
            }
            return match self.blocks.pop_front() {
                Some(Place::Here(surveyed)) => Some(*surveyed),
                _ => None,
            };
        }
    }
}

/// Ends the object as if its own worker had failed in the survey.
fn lost() -> ! {
    std::panic::resume_unwind(Box::new("the survey of a block failed"))
}
