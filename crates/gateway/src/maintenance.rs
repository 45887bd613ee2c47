//! Maintenance: while it lasts, nobody is served but operators, who sign in and work as ever.

use std::time::Duration;

use boot::{Health, Host};
use bus::{Bucket, Keeping, Nats};
use http::StatusCode;
use serde::{Deserialize, Serialize};
use tokio::sync::watch;

use crate::problem::Problem;

/// The bucket and the key that the switch lies in.
const BUCKET: &str = "door";
const KEY: &str = "maintenance";
/// Between two looks at the switch.
const LOOK: Duration = Duration::from_secs(1);
/// How long one look may take.
const PATIENCE: Duration = Duration::from_secs(2);
/// What readiness and the log say of a gateway that does not know.
const UNSEEN: &str =
    "the switch could not be looked at since the start; maintenance is taken for off";
/// When to come back, unless told.
const AGAIN: u32 = 60;

/// What callers are told while it lasts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notice {
    /// Why, in words for callers; empty for the platform's own words.
    #[serde(default)]
    pub reason: String,
    /// Seconds after which to come back.
    pub retry_after_seconds: u32,
}

impl Default for Notice {
    fn default() -> Self {
        Self { reason: String::new(), retry_after_seconds: AGAIN }
    }
}

impl Notice {
    /// 503 for whoever is not served meanwhile.
    pub(crate) fn refusal(&self) -> Problem {
        let detail = match self.reason.as_str() {
            "" => "The platform is being maintained; try again later.",
            reason => reason,
        };
        let after = Duration::from_secs(self.retry_after_seconds.into());
        Problem::of_status(StatusCode::SERVICE_UNAVAILABLE, "maintenance", detail)
            .retry_after(after)
    }
}

/// The switch that all gateways of a platform look at.
#[derive(Debug, Clone)]
pub struct Switch(Bucket);

impl Switch {
    /// The switch of the platform on this NATS.
    #[must_use]
    pub fn of(nats: &Nats) -> Self {
        Self(nats.bucket(BUCKET, Keeping::Lasting))
    }

    /// Whether it is on.
    ///
    /// # Errors
    /// NATS is away.
    pub async fn read(&self) -> bus::Result<Option<Notice>> {
        let held = self.0.read(KEY).await?.value;
        // Whatever stands there was put there to refuse.
        Ok(held.map(|text| serde_json::from_slice(&text).unwrap_or_default()))
    }

    /// Turns it on, or tells something else.
    ///
    /// # Errors
    /// NATS is away.
    pub async fn turn_on(&self, notice: &Notice) -> bus::Result<()> {
        let text = serde_json::to_vec(notice).unwrap_or_default();
        self.0.put(KEY, text.into()).await
    }

    /// Turns it off.
    ///
    /// # Errors
    /// NATS is away.
    pub async fn turn_off(&self) -> bus::Result<()> {
        self.0.remove(KEY).await
    }
}

/// What a gateway knows of it; nothing before the first look.
type Told = Option<Known>;

/// What is set, or what was last read from the switch.
#[derive(Debug, Clone, Default)]
struct Known {
    notice: Option<Notice>,
    /// Whether the switch was ever read.
    seen: bool,
}

/// What is known of it.
#[derive(Debug, Clone)]
pub(crate) struct Maintenance(watch::Receiver<Told>);

impl Maintenance {
    /// `always` is the setting; the switch is looked at each second, and stays as it was while NATS is away. A gateway that
    /// begins while NATS is away takes it for off, and says so: without NATS the platform goes on.
    pub(crate) fn start(always: bool, nats: Option<&Nats>, health: &Health, host: &Host) -> Self {
        let first = match nats {
            Some(_) if !always => None,
            _ => Some(Known { notice: always.then(Notice::default), seen: true }),
        };
        let (told, now) = watch::channel(first);
        if let (Some(nats), false) = (nats, always) {
            let switch = Switch::of(nats);
            let known = now.clone();
            health.advise("maintenance", move || {
                let seen = known.borrow().as_ref().is_some_and(|known| known.seen);
                async move { if seen { Ok(()) } else { Err(UNSEEN.to_owned()) } }
            });
            host.spawn("maintenance".to_owned(), async move |stop| {
                stop.run_until_cancelled(follow(switch, told)).await;
                Ok(())
            });
        }
        Self(now)
    }

    /// What callers are told, while it lasts.
    pub(crate) async fn notice(&self) -> Option<Notice> {
        // Nobody slips in before the first look.
        let mut told = self.0.clone();
        let told = told.wait_for(Option::is_some).await;
        told.map_or(None, |told| told.clone()?.notice)
    }
}

async fn follow(switch: Switch, told: watch::Sender<Told>) {
    loop {
        let read = tokio::time::timeout(PATIENCE, switch.read()).await;
        told.send_if_modified(|before| {
            let is_first = before.is_none();
            let known = before.take().unwrap_or_default();
            let was_on = known.notice.is_some();
            let now = match read {
                Ok(Ok(notice)) => Known { notice, seen: true },
                // As it was before.
                _ => known,
            };
            if is_first && !now.seen {
                tracing::warn!("{UNSEEN}");
            }
            if was_on != now.notice.is_some() {
                tracing::warn!(on = now.notice.is_some(), "maintenance was switched");
            }
            *before = Some(now);
            true
        });
        tokio::time::sleep(LOOK).await;
    }
}
