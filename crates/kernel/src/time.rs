//! The one time type, and the clock that hands it out.

use std::{
    fmt,
    sync::{Arc, Mutex, PoisonError},
};

use serde::{Deserialize, Serialize};
use sqlx::{
    Decode, Encode, Postgres, Type,
    encode::IsNull,
    error::BoxDynError,
    postgres::{PgArgumentBuffer, PgTypeInfo, PgValueRef},
};
use uuid::Uuid;

/// An instant in UTC with the microsecond precision of PostgreSQL; RFC 3339 in text.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Timestamp(jiff::Timestamp);

impl Timestamp {
    /// The instant as `jiff` knows it.
    #[must_use]
    pub const fn jiff(self) -> jiff::Timestamp {
        self.0
    }

    /// This instant moved by `span`; stays at the end of time instead of overflowing.
    #[must_use]
    pub fn after(self, span: std::time::Duration) -> Self {
        Self(self.0.saturating_add(span).unwrap_or(jiff::Timestamp::MAX))
    }

    /// The instant `span` earlier; stays at the beginning of time instead of overflowing.
    #[must_use]
    pub fn before(self, span: std::time::Duration) -> Self {
        Self(self.0.saturating_sub(span).unwrap_or(jiff::Timestamp::MIN))
    }

    /// The time from `earlier` to this instant, zero when `earlier` is later.
    #[must_use]
    pub fn since(self, earlier: Self) -> std::time::Duration {
        self.0.duration_since(earlier.0).try_into().unwrap_or_default()
    }
}

impl From<jiff::Timestamp> for Timestamp {
    fn from(instant: jiff::Timestamp) -> Self {
        let micros = instant.as_microsecond();
        Self(jiff::Timestamp::from_microsecond(micros).unwrap_or(instant))
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Debug for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl Type<Postgres> for Timestamp {
    fn type_info() -> PgTypeInfo {
        <jiff_sqlx::Timestamp as Type<Postgres>>::type_info()
    }
}

impl Encode<'_, Postgres> for Timestamp {
    fn encode_by_ref(&self, buf: &mut PgArgumentBuffer) -> Result<IsNull, BoxDynError> {
        Encode::<Postgres>::encode_by_ref(&jiff_sqlx::Timestamp::from(self.0), buf)
    }
}

impl<'r> Decode<'r, Postgres> for Timestamp {
    fn decode(value: PgValueRef<'r>) -> Result<Self, BoxDynError> {
        Ok(Self(<jiff_sqlx::Timestamp as Decode<Postgres>>::decode(value)?.to_jiff()))
    }
}

/// Where "now" and new identifiers come from, so that tests can hold time still.
#[derive(Clone, Debug, Default)]
pub struct Clock(Option<Arc<Mutex<Timestamp>>>);

impl Clock {
    /// The machine's clock.
    #[must_use]
    pub const fn system() -> Self {
        Self(None)
    }

    /// A clock that stands at `instant` until [`Clock::advance`] moves it.
    #[must_use]
    pub fn standing_at(instant: Timestamp) -> Self {
        Self(Some(Arc::new(Mutex::new(instant))))
    }

    /// The present instant.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.0.as_ref().map_or_else(
            || jiff::Timestamp::now().into(),
            |held| *held.lock().unwrap_or_else(PoisonError::into_inner),
        )
    }

    /// Moves a standing clock forward; the machine's clock is not ours to move.
    pub fn advance(&self, span: std::time::Duration) {
        if let Some(held) = &self.0 {
            let mut now = held.lock().unwrap_or_else(PoisonError::into_inner);
            *now = now.after(span);
        }
    }

    /// A new time-ordered identifier (UUIDv7, RFC 9562).
    #[must_use]
    pub fn new_id<I: From<Uuid>>(&self) -> I {
        let now = self.now().0;
        let seconds = u64::try_from(now.as_second()).unwrap_or_default();
        let nanos = u32::try_from(now.subsec_nanosecond()).unwrap_or_default();
        match self.0 {
            None => Uuid::now_v7().into(),
            Some(_) => {
                Uuid::new_v7(uuid::Timestamp::from_unix(uuid::NoContext, seconds, nanos)).into()
            }
        }
    }
}
