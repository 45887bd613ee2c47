//! Health: is this process alive, and may it be given work?

use std::{
    fmt,
    panic::AssertUnwindSafe,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use axum::{
    Json, Router, extract::State, http::StatusCode, http::header::CACHE_CONTROL,
    response::IntoResponse, routing::get,
};
use futures::{
    FutureExt,
    future::{BoxFuture, join_all},
};
use serde::Serialize;

use crate::Host;

/// A check that has not answered by then counts as failed.
const CHECK_TIMEOUT: Duration = Duration::from_secs(1);

/// Probes within this time share one answer, so that probing cannot load what is probed.
const CACHED_FOR: Duration = Duration::from_millis(250);

/// The checks of one platform. Cheap to clone; every clone is the same registry.
#[derive(Clone)]
pub struct Health {
    inner: Arc<Inner>,
}

struct Inner {
    host: Host,
    checks: Mutex<Vec<Check>>,
    /// Held while checking, so that simultaneous probes wait for one answer.
    last: tokio::sync::Mutex<Option<(Instant, Vec<Outcome>)>>,
}

#[derive(Clone)]
struct Check {
    name: String,
    advisory: bool,
    ask: Ask,
}

/// Asks what a check is about.
type Ask = Arc<dyn Fn() -> BoxFuture<'static, Result<(), String>> + Send + Sync>;

/// Whether the process may be given work, and why not.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Readiness {
    /// True when every check is well but those that only advise, and the process is not draining.
    pub ready: bool,
    /// Every check, in the order of registration.
    pub checks: Vec<Outcome>,
}

/// What one check found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Outcome {
    /// What was checked.
    pub name: String,
    /// Whether it is well.
    pub ok: bool,
    /// Why it is not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// It is worth knowing, but work can be done all the same.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub advisory: bool,
}

impl fmt::Debug for Health {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Health").finish_non_exhaustive()
    }
}

impl Health {
    /// A registry without checks; not ready once `host` is draining.
    pub fn new(host: &Host) -> Self {
        let inner = Inner {
            host: host.clone(),
            checks: Mutex::default(),
            last: tokio::sync::Mutex::default(),
        };
        Self { inner: Arc::new(inner) }
    }

    /// Adds a check. Its reason is shown to whoever can reach the listener: say what is wrong
    /// without addresses or secrets.
    pub fn register<F, Fut>(&self, name: impl Into<String>, check: F)
    where
        F: Fn() -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<(), String>> + Send + 'static,
    {
        self.add(name.into(), false, Arc::new(move || check().boxed()));
    }

    /// Adds a check of something the process can do without for a while: it is shown with its reason, and the process
    /// stays ready.
    pub fn advise<F, Fut>(&self, name: impl Into<String>, check: F)
    where
        F: Fn() -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<(), String>> + Send + 'static,
    {
        self.add(name.into(), true, Arc::new(move || check().boxed()));
    }

    fn add(&self, name: String, advisory: bool, ask: Ask) {
        let check = Check { name, advisory, ask };
        self.inner.checks.lock().unwrap_or_else(PoisonError::into_inner).push(check);
    }

    /// Asks all checks at once, or answers what they said a moment ago.
    pub async fn readiness(&self) -> Readiness {
        let mut checks = self.outcomes().await;
        if self.inner.host.is_stopping() {
            let draining = Err("the process is draining".to_owned());
            checks.push(Outcome::of("drain".to_owned(), false, draining));
        }
        Readiness { ready: checks.iter().all(|check| check.ok || check.advisory), checks }
    }

    /// `GET /livez` and `GET /readyz`: 200 when well, else 503, with the reasons as JSON.
    pub fn routes(&self) -> Router {
        Router::new()
            .route("/livez", get(livez))
            .route("/readyz", get(readyz))
            .with_state(self.clone())
    }

    async fn outcomes(&self) -> Vec<Outcome> {
        let mut last = self.inner.last.lock().await;
        if let Some((at, outcomes)) = &*last
            && at.elapsed() < CACHED_FOR
        {
            return outcomes.clone();
        }
        let checks = self.inner.checks.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let outcomes = join_all(checks.into_iter().map(Check::outcome)).await;
        *last = Some((Instant::now(), outcomes.clone()));
        outcomes
    }
}

impl Check {
    async fn outcome(self) -> Outcome {
        // The call is inside the guarded future, for a check may panic before its first await.
        let asked = AssertUnwindSafe(async { (self.ask)().await }).catch_unwind();
        let result = match tokio::time::timeout(CHECK_TIMEOUT, asked).await {
            Ok(Ok(result)) => result,
            Ok(Err(_)) => Err("the check panicked".to_owned()),
            Err(_) => Err(format!("no answer within {} s", CHECK_TIMEOUT.as_secs())),
        };
        Outcome::of(self.name, self.advisory, result)
    }
}

impl Outcome {
    fn of(name: String, advisory: bool, result: Result<(), String>) -> Self {
        Self { name, ok: result.is_ok(), reason: result.err(), advisory }
    }
}

/// Alive unless a background task has died: then only a restart helps.
async fn livez(State(health): State<Health>) -> impl IntoResponse {
    let dead = health.inner.host.dead_tasks();
    let body = serde_json::json!({
        "live": dead.is_empty(),
        "deadTasks": dead.iter().map(|dead| &dead.task).collect::<Vec<_>>(),
    });
    (status(dead.is_empty()), [(CACHE_CONTROL, "no-store")], Json(body))
}

async fn readyz(State(health): State<Health>) -> impl IntoResponse {
    let readiness = health.readiness().await;
    (status(readiness.ready), [(CACHE_CONTROL, "no-store")], Json(readiness))
}

fn status(well: bool) -> StatusCode {
    if well { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE }
}
