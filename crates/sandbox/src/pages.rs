//! Pages that show what the stand-ins received, for people (HTML) and for scripts (JSON).

use std::{sync::Arc, time::Duration};

use askama::Template;
use axum::{
    Json, Router,
    extract::{Path, Query, State},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    middleware::map_response,
    response::{Html, IntoResponse, Response},
    routing::get,
};
use serde::Deserialize;
use serde_json::json;

use crate::{
    legacy::{self, Call, Effect, Spreadsheet},
    mail::{self, Message},
    telegram,
};

/// How many rows a person is shown unless more are asked for; a script gets all.
pub(crate) const ROWS: usize = 200;

/// A waiting page must not outlast the patience of proxies and of a stopping platform.
const LONGEST_WAIT: Duration = Duration::from_secs(30);

#[derive(Clone)]
struct Stands {
    legacy: legacy::Handle,
    mail: mail::Handle,
    telegram: telegram::Handle,
}

/// What may follow the question mark.
#[derive(Deserialize)]
pub(crate) struct Ask {
    /// `json`, or `raw` for one mail.
    format: Option<String>,
    /// Only mails to this recipient.
    to: Option<String>,
    /// Only mails with a greater id.
    after: Option<u64>,
    /// The newest so many.
    pub(crate) limit: Option<usize>,
    /// How long to wait, milliseconds, while no mail fits.
    wait_ms: Option<u64>,
}

impl Ask {
    fn fits(&self, mail: &Message) -> bool {
        self.to.as_deref().is_none_or(|to| mail.is_to(to))
            && self.after.is_none_or(|after| mail.id > after)
    }
}

pub(crate) fn router(
    legacy: legacy::Handle,
    mail: mail::Handle,
    telegram: telegram::Handle,
) -> Router {
    Router::new()
        .route("/", get(index))
        .route("/mails", get(mails))
        .route("/mails/{id}", get(one_mail))
        .route("/legacy", get(backend))
        .with_state(Stands { legacy, mail, telegram: telegram.clone() })
        .merge(telegram::router(telegram))
        .layer(map_response(guard))
}

/// The pages show what strangers wrote: nothing of it may run, load or leak the address.
async fn guard(mut response: Response) -> Response {
    let headers = response.headers_mut();
    for (name, value) in [
        (header::CONTENT_SECURITY_POLICY, "default-src 'none'; style-src 'unsafe-inline'"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::CACHE_CONTROL, "no-store"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    response
}

#[derive(Template)]
#[template(path = "index.html")]
struct Index {
    legacy_url: String,
    smtp: String,
    calls: usize,
    effects: usize,
    mails: usize,
    telegram_url: String,
    messages: usize,
}

async fn index(State(stands): State<Stands>) -> Response {
    html(&Index {
        legacy_url: stands.legacy.url(),
        smtp: stands.mail.smtp_addr().to_string(),
        calls: stands.legacy.calls().len(),
        effects: stands.legacy.effects().len(),
        mails: stands.mail.messages().len(),
        telegram_url: stands.telegram.url(),
        messages: stands.telegram.messages().len(),
    })
}

#[derive(Template)]
#[template(path = "mails.html")]
struct Mails {
    to: String,
    mails: Vec<Arc<Message>>,
}

/// JSON is oldest first, so that a script can go on with `after`; people see the newest first.
async fn mails(
    State(stands): State<Stands>,
    Query(ask): Query<Ask>,
    headers: HeaderMap,
) -> Response {
    if let Some(wait) = ask.wait_ms {
        let wait = Duration::from_millis(wait).min(LONGEST_WAIT);
        // Found or not, the list below tells.
        stands.mail.wait_for(|mail| ask.fits(mail), wait).await;
    }
    let mut mails = stands.mail.messages();
    mails.retain(|mail| ask.fits(mail));
    if wants_json(&ask, &headers) {
        newest(&mut mails, ask.limit.unwrap_or(usize::MAX));
        let mails: Vec<&Message> = mails.iter().map(Arc::as_ref).collect();
        return Json(json!({"mails": mails})).into_response();
    }
    newest(&mut mails, ask.limit.unwrap_or(ROWS));
    mails.reverse();
    html(&Mails { to: ask.to.unwrap_or_default(), mails })
}

#[derive(Template)]
#[template(path = "mail.html")]
struct OneMail {
    mail: Arc<Message>,
}

async fn one_mail(
    State(stands): State<Stands>,
    Path(id): Path<u64>,
    Query(ask): Query<Ask>,
    headers: HeaderMap,
) -> Response {
    let Some(mail) = stands.mail.message(id) else {
        return (StatusCode::NOT_FOUND, "no such mail").into_response();
    };
    if ask.format.as_deref() == Some("raw") {
        let plain = [(header::CONTENT_TYPE, "text/plain; charset=utf-8")];
        return (plain, mail.raw.clone()).into_response();
    }
    if wants_json(&ask, &headers) {
        return Json(mail.as_ref()).into_response();
    }
    html(&OneMail { mail })
}

#[derive(Template)]
#[template(path = "legacy.html")]
struct Backend {
    url: String,
    spreadsheets: Vec<Spreadsheet>,
    calls: Vec<Line>,
    effects: Vec<Line>,
}

/// One call or effect, its particulars as JSON.
struct Line {
    at: String,
    spreadsheet_id: String,
    what: String,
}

async fn backend(
    State(stands): State<Stands>,
    Query(ask): Query<Ask>,
    headers: HeaderMap,
) -> Response {
    let (mut calls, mut effects) = (stands.legacy.calls(), stands.legacy.effects());
    let mut spreadsheets = stands.legacy.spreadsheets();
    let json = wants_json(&ask, &headers);
    let rows = ask.limit.unwrap_or(if json { usize::MAX } else { ROWS });
    newest(&mut calls, rows);
    newest(&mut effects, rows);
    if json {
        let calls: Vec<&Call> = calls.iter().map(Arc::as_ref).collect();
        let effects: Vec<&Effect> = effects.iter().map(Arc::as_ref).collect();
        let body = json!({
            "url": stands.legacy.url(), "spreadsheets": spreadsheets,
            "calls": calls, "effects": effects,
        });
        return Json(body).into_response();
    }
    spreadsheets.truncate(rows);
    html(&Backend {
        url: stands.legacy.url(),
        spreadsheets,
        calls: calls.iter().rev().map(|call| Line::call(call)).collect(),
        effects: effects.iter().rev().map(|effect| Line::effect(effect)).collect(),
    })
}

impl Line {
    fn call(call: &Call) -> Line {
        Line {
            at: call.at.to_string(),
            spreadsheet_id: call.spreadsheet_id.clone().unwrap_or_default(),
            what: json!({"op": call.op, "outcome": call.outcome, "fault": call.fault}).to_string(),
        }
    }

    fn effect(effect: &Effect) -> Line {
        Line {
            at: effect.at.to_string(),
            spreadsheet_id: effect.spreadsheet_id.clone(),
            what: json!(effect.kind).to_string(),
        }
    }
}

/// A list of one recipient is a script's question unless a browser asks it.
pub(crate) fn wants_json(ask: &Ask, headers: &HeaderMap) -> bool {
    let accept = headers.get(header::ACCEPT).and_then(|accept| accept.to_str().ok());
    let accept = accept.unwrap_or_default();
    ask.format.as_deref() == Some("json")
        || accept.contains("application/json")
        || (ask.to.is_some() && !accept.contains("text/html"))
}

pub(crate) fn newest<T>(items: &mut Vec<T>, most: usize) {
    items.drain(..items.len().saturating_sub(most));
}

pub(crate) fn html(page: &impl Template) -> Response {
    match page.render() {
        Ok(text) => Html(text).into_response(),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}
