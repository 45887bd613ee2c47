//! An app that is told of sessions that ended (OpenID Back-Channel Logout): it keeps every token that it was sent.

use std::{
    collections::{HashMap, VecDeque},
    net::SocketAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use axum::{Form, Router, extract::State, http::StatusCode, routing::post};
use tokio::net::TcpListener;

use crate::{life::Life, port};

/// A running app. Dropping it ends it.
pub struct Handle {
    book: Arc<Mutex<Book>>,
    life: Life,
    address: SocketAddr,
}

#[derive(Default)]
struct Book {
    tokens: Vec<String>,
    faults: VecDeque<StatusCode>,
}

/// Starts the app on a loopback port of its own.
///
/// # Errors
/// No port is to be had.
pub async fn start() -> anyhow::Result<Handle> {
    let listener = port::bind(0, None).await?;
    let address = listener.local_addr()?;
    let (book, life) = (Arc::new(Mutex::new(Book::default())), Life::default());
    serve(&life, book.clone(), listener);
    Ok(Handle { book, life, address })
}

impl Handle {
    /// Where it is told.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}/logout", self.address)
    }

    /// Answers the next call so, and keeps nothing of it; pushed answers queue up.
    ///
    /// # Panics
    /// When `status` is none of HTTP.
    pub fn push_fault(&self, status: u16) {
        let status = StatusCode::from_u16(status).expect("a status");
        lock(&self.book).faults.push_back(status);
    }

    /// The tokens that it took, in order.
    #[must_use]
    pub fn tokens(&self) -> Vec<String> {
        lock(&self.book).tokens.clone()
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        self.life.cut();
    }
}

fn serve(life: &Life, book: Arc<Mutex<Book>>, listener: TcpListener) {
    let ending = life.ending.clone();
    let router = Router::new().route("/logout", post(hear)).with_state(book);
    life.spawn(async move {
        let served = axum::serve(listener, router);
        if let Err(failure) = served.with_graceful_shutdown(ending.cancelled_owned()).await {
            tracing::error!(%failure, "the stand-in of an app has stopped serving");
        }
    });
}

async fn hear(
    State(book): State<Arc<Mutex<Book>>>,
    Form(form): Form<HashMap<String, String>>,
) -> StatusCode {
    let mut book = lock(&book);
    if let Some(fault) = book.faults.pop_front() {
        return fault;
    }
    match form.get("logout_token") {
        Some(token) => {
            book.tokens.push(token.clone());
            StatusCode::OK
        }
        None => StatusCode::BAD_REQUEST,
    }
}

fn lock(book: &Mutex<Book>) -> MutexGuard<'_, Book> {
    book.lock().unwrap_or_else(PoisonError::into_inner)
}
