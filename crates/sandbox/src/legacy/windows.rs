//! The backend's own rate limit: fixed windows of a minute.

use std::{
    collections::HashMap,
    time::{Duration, Instant},
};

use super::{
    answer::Refusal,
    caller::Caller,
    config::{Class, Limits},
    record::Op,
};

const WINDOW: Duration = Duration::from_secs(60);

pub(super) struct Windows {
    limits: Option<Limits>,
    /// By credential and class of operation: when the window began, and the calls since.
    counts: HashMap<(String, Class), (Instant, u32)>,
}

impl Windows {
    pub(super) fn new(limits: Option<Limits>) -> Self {
        Windows { limits, counts: HashMap::new() }
    }

    pub(super) fn admit(&mut self, caller: &Caller, op: Op) -> Result<(), Refusal> {
        let Some(limits) = self.limits else {
            return Ok(());
        };
        let limit = match op.class() {
            Class::Admin => limits.admin,
            Class::Actions => limits.actions,
            Class::Data => limits.data,
        };
        let now = Instant::now();
        let window = self.counts.entry((caller.credential.clone(), op.class())).or_insert((now, 0));
        if now.duration_since(window.0) >= WINDOW {
            *window = (now, 0);
        }
        if window.1 >= limit {
            return Err(Refusal::RateLimited { retry_after: None });
        }
        window.1 += 1;
        Ok(())
    }
}
