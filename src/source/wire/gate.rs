//! How many requests are made at once: fewer when a store asks to slow down, more again while it does not.

use std::sync::Mutex;
use std::time::{Duration, Instant};
use tokio::sync::{Semaphore, SemaphorePermit};

/// Requests at once to begin with.
const START: usize = 64;
/// Refusals within this time of each other are one.
const BURST: Duration = Duration::from_millis(500);

/// Additive increase, multiplicative decrease, as TCP does it.
pub(in crate::source) struct Gate {
    permits: Semaphore,
    state: Mutex<State>,
}

struct State {
    limit: usize,
    max: usize,
    /// Permits to take out of circulation as they come back.
    debt: usize,
    /// Successes since the limit last changed.
    successes: usize,
    /// When the limit last fell.
    fell: Option<Instant>,
}

/// A request in hand.
pub(in crate::source) struct Pass<'a> {
    gate: &'a Gate,
    permit: Option<SemaphorePermit<'a>>,
}

impl Gate {
    pub fn new(max: usize) -> Gate {
        let max = max.max(1);
        let limit = START.min(max);
        let state = State { limit, max, debt: 0, successes: 0, fell: None };
        Gate { permits: Semaphore::new(limit), state: Mutex::new(state) }
    }

    pub async fn enter(&self) -> Pass<'_> {
        // The semaphore is never closed.
        Pass { gate: self, permit: self.permits.acquire().await.ok() }
    }

    /// The store asks to slow down.
    pub fn slower(&self) {
        let mut state = self.state.lock().unwrap_or_else(|e| e.into_inner());
        // One burst of refusals counts once.
        if state.fell.is_some_and(|at| at.elapsed() < BURST) {
            return;
        }
        state.fell = Some(Instant::now());
        let to = (state.limit / 2).max(1);
        let forgotten = self.permits.forget_permits(state.limit - to);
        state.debt += state.limit - to - forgotten;
        state.limit = to;
        state.successes = 0;
    }

    /// A request went well.
    pub fn faster(&self) {
        let mut state = self.state.lock().unwrap_or_else(|e| e.into_inner());
        state.successes += 1;
        if state.successes >= state.limit && state.limit < state.max {
            state.limit += 1;
            state.successes = 0;
            match state.debt {
                0 => self.permits.add_permits(1),
                _ => state.debt -= 1,
            }
        }
    }
}

impl Drop for Pass<'_> {
    fn drop(&mut self) {
        let mut state = self.gate.state.lock().unwrap_or_else(|e| e.into_inner());
        if let Some(permit) = self.permit.take()
            && state.debt > 0
        {
            state.debt -= 1;
            permit.forget();
        }
    }
}
