//! A steady mixed load over HTTP, and what it was answered.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use futures::future::join_all;
use reqwest::{Method, RequestBuilder, header::RETRY_AFTER};
use serde_json::{Value, json};
use testkit::{Actor, Platform, Response};
use tokio::{sync::mpsc, task::JoinHandle};
use uuid::Uuid;

use crate::clients;

/// Between two requests of one task: the machine is loaded, not choked.
const PACE: Duration = Duration::from_millis(10);

/// What the tasks do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Deed {
    Read,
    Invite,
    Accept,
    Event,
}

impl Deed {
    pub(crate) const ALL: [Self; 4] = [Self::Read, Self::Invite, Self::Accept, Self::Event];
}

/// A write that was acknowledged.
#[derive(Clone, Debug)]
pub(crate) enum Kept {
    /// The address of an invitation.
    Invited(String),
    /// The address of an accepted invitation.
    Accepted(String),
    /// The title of an event, which no other has.
    Event(String),
}

/// What the tasks have been answered so far.
#[derive(Default)]
struct Book {
    over: AtomicBool,
    served: [AtomicU64; 4],
    refused: [AtomicU64; 4],
    kept: Mutex<Vec<Kept>>,
    wrong: Mutex<Vec<String>>,
}

/// A load that goes on until it is ended.
pub(crate) struct Load {
    book: Arc<Book>,
    tasks: Vec<JoinHandle<()>>,
}

/// What came of a load.
pub(crate) struct Outcome {
    pub(crate) kept: Vec<Kept>,
    /// Answers that nobody may get.
    pub(crate) wrong: Vec<String>,
}

impl Load {
    /// Three tasks read, three invite, one accepts, three create events.
    pub(crate) fn begin(platform: &Arc<Platform>, staff: &Actor) -> Self {
        let book = Arc::<Book>::default();
        let (invited, invitees) = mpsc::unbounded_channel();
        let visitor = |deed| Visitor { book: book.clone(), staff: staff.clone(), deed };
        let mut tasks = Vec::new();
        for _ in 0..3 {
            tasks.push(tokio::spawn(visitor(Deed::Read).read()));
            tasks.push(tokio::spawn(visitor(Deed::Invite).invite(invited.clone())));
            tasks.push(tokio::spawn(visitor(Deed::Event).create_events()));
        }
        tasks.push(tokio::spawn(visitor(Deed::Accept).accept(platform.clone(), invitees)));
        Self { book, tasks }
    }

    /// How often this was done.
    pub(crate) fn served(&self, deed: Deed) -> u64 {
        self.book.served[deed as usize].load(Ordering::Relaxed)
    }

    /// How often this was put off.
    pub(crate) fn refused(&self, deed: Deed) -> u64 {
        self.book.refused[deed as usize].load(Ordering::Relaxed)
    }

    /// Waits until each deed was done that often more.
    pub(crate) async fn goes_on(&self, platform: &Platform, times: u64) {
        let before = Deed::ALL.map(|deed| self.served(deed));
        platform
            .eventually("the load goes on", async || {
                let mut all = Deed::ALL.into_iter().zip(before);
                self.is_wrong() || all.all(|(deed, before)| self.served(deed) >= before + times)
            })
            .await;
    }

    /// Whether something was answered that nobody may get.
    pub(crate) fn is_wrong(&self) -> bool {
        !self.book.wrong.lock().expect("nobody panics").is_empty()
    }

    /// Ends it when every request has been answered.
    pub(crate) async fn end(self) -> Outcome {
        self.book.over.store(true, Ordering::Relaxed);
        for ended in join_all(self.tasks).await {
            ended.expect("does not panic");
        }
        let kept = self.book.kept.lock().expect("nobody panics").clone();
        let wrong = self.book.wrong.lock().expect("nobody panics").clone();
        Outcome { kept, wrong }
    }
}

/// One task of the load.
struct Visitor {
    book: Arc<Book>,
    staff: Actor,
    deed: Deed,
}

impl Visitor {
    async fn read(self) {
        let missing = format!("/v1/events/{}", Uuid::now_v7());
        let paths = [
            ("/v1/me", 200),
            ("/v1/members", 200),
            ("/v1/invites?pageSize=5", 200),
            ("/v1/events?pageSize=5", 200),
            (missing.as_str(), 404),
            ("/v1/onboarding/clients?pageSize=5", 200),
        ];
        for (path, expected) in paths.into_iter().cycle() {
            if self.is_over() {
                return;
            }
            let read = || self.staff.request(Method::GET, path);
            self.insist(read, |answer| answer.status == expected).await;
        }
    }

    async fn invite(self, invited: mpsc::UnboundedSender<String>) {
        while !self.is_over() {
            let email = format!("guest-{}@example.test", Uuid::new_v4().simple());
            let wish = json!({"email": email, "name": "A guest", "role": "client"});
            if self.write("/v1/invites", &wish).await.is_none() {
                continue;
            }
            self.keep(Kept::Invited(email.clone()));
            // Nobody accepts any more once the load is over.
            let _ = invited.send(email);
        }
    }

    async fn create_events(self) {
        while !self.is_over() {
            let title = format!("Gathering {}", Uuid::new_v4());
            let wish = json!({
                "title": title,
                "startsAt": "2030-01-01T10:00:00Z",
                "endsAt": "2030-01-01T12:00:00Z",
            });
            if self.write("/v1/events", &wish).await.is_some() {
                self.keep(Kept::Event(title));
            }
        }
    }

    async fn accept(self, platform: Arc<Platform>, mut invitees: mpsc::UnboundedReceiver<String>) {
        while let Some(email) = invitees.recv().await {
            if self.is_over() {
                return;
            }
            let token = clients::token_for(&platform, &email).await;
            let path = format!("/v1/invitations/{token}/accept");
            let wish = json!({"password": clients::PASSWORD});
            let anybody = platform.anonymous();
            let accept = || anybody.request(Method::POST, &path).json(&wish);
            if self.insist(accept, |answer| answer.status == 200).await.is_some() {
                self.keep(Kept::Accepted(email));
            }
        }
    }

    /// Writes once, however often it has to be asked for.
    async fn write(&self, path: &str, wish: &Value) -> Option<Response> {
        let key = Uuid::new_v4().to_string();
        let write = || {
            let request = self.staff.request(Method::POST, path);
            request.header("idempotency-key", &key).json(wish)
        };
        self.insist(write, |answer| answer.status == 200).await
    }

    /// Asks until it is served; none if the load is over before, or if the answer is one that nobody may get.
    async fn insist(
        &self,
        request: impl Fn() -> RequestBuilder,
        is_served: impl Fn(&Response) -> bool,
    ) -> Option<Response> {
        loop {
            tokio::time::sleep(PACE).await;
            let answer = self.staff.send(request()).await;
            if is_served(&answer) {
                self.count(&self.book.served);
                return Some(answer);
            }
            if answer.status != 503 || !answer.headers.contains_key(RETRY_AFTER) {
                let sentence = format!("{:?} was answered {answer:?}", self.deed);
                self.book.wrong.lock().expect("nobody panics").push(sentence);
                return None;
            }
            self.count(&self.book.refused);
            if self.is_over() {
                return None;
            }
        }
    }

    fn keep(&self, kept: Kept) {
        self.book.kept.lock().expect("nobody panics").push(kept);
    }

    fn count(&self, counts: &[AtomicU64; 4]) {
        counts[self.deed as usize].fetch_add(1, Ordering::Relaxed);
    }

    fn is_over(&self) -> bool {
        self.book.over.load(Ordering::Relaxed)
    }
}
