//! So much a second and no more.

use std::sync::Mutex;
use std::time::Duration;
use tokio::time::{Instant, sleep_until};

/// A rate. Whoever takes waits for what was taken before; a moment of silence is not saved up.
pub(in crate::source) struct Pace {
    per_second: Option<u64>,
    free_at: Mutex<Option<Instant>>,
}

impl Pace {
    pub fn new(per_second: Option<u64>) -> Pace {
        Pace { per_second: per_second.map(|n| n.max(1)), free_at: Mutex::new(None) }
    }

    /// Takes `n` at once, and waits until they are due.
    pub async fn take(&self, n: u64) {
        let Some(per_second) = self.per_second else { return };
        let due = {
            let mut free_at = self.free_at.lock().unwrap_or_else(|e| e.into_inner());
            let now = Instant::now();
            let due = free_at.map_or(now, |at| at.max(now));
            *free_at = Some(due + Duration::from_secs_f64(n as f64 / per_second as f64));
            due
        };
        sleep_until(due).await;
    }
}
