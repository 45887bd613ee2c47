//! What each operation answers and changes: pure, given the state.

use secrecy::ExposeSecret;
use serde_json::{Value, json};

use super::{
    answer::Refusal,
    book::{Book, Change, Sheet, StoredToken, What},
    config::Role,
    record::Op,
    request::Request,
    token,
};

pub(super) struct Done {
    pub(super) answer: Value,
    pub(super) changes: Vec<Change>,
}

/// What an operation may look at besides its request.
pub(super) struct Around<'a> {
    pub(super) book: &'a Book,
    pub(super) role: Role,
    /// Names that need no warning.
    pub(super) datasets: &'a [String],
    /// How many calls there were so far.
    pub(super) calls: usize,
}

pub(super) fn run(op: Op, around: &Around<'_>, request: &Request) -> Result<Done, Refusal> {
    match op {
        Op::Register => register(around, request),
        Op::TokensAdd => tokens_add(around, request),
        Op::TokensList => tokens_list(around, request),
        Op::TokenGet => token_get(around, request),
        Op::DatasetsUpdate => datasets_update(around, request),
        Op::DatasetsData => datasets_data(around, request),
        Op::DatasetsUpload => datasets_upload(around, request),
        Op::Actions => Ok(only(json!({"success": true, "message": "accepted"}))),
        Op::Metrics => Ok(metrics(around)),
        Op::Unknown => Err(Refusal::NoSuchPath),
    }
}

fn register(around: &Around<'_>, request: &Request) -> Result<Done, Refusal> {
    let id = request.need_spreadsheet_id()?;
    let changes = upsert(around.book, id, request.owner_email());
    Ok(Done { answer: json!({"success": true, "result": {"spreadsheet_id": id}}), changes })
}

/// A token whose seller cannot be read fails as the real backend fails: 500, not 400.
fn tokens_add(around: &Around<'_>, request: &Request) -> Result<Done, Refusal> {
    let id = request.need_spreadsheet_id()?;
    let token = request.need_token()?;
    let sid = token::seller(token.expose_secret()).ok_or(Refusal::TokenAddFailed)?;
    let mut changes = upsert(around.book, id, request.owner_email());
    let stored = around.book.sheet(id).and_then(|sheet| sheet.tokens.get(&sid));
    let same = |old: &super::book::Token| {
        old.is_active && old.text.expose_secret() == token.expose_secret()
    };
    if !stored.is_some_and(same) {
        let what = What::TokenStored { sid: sid.clone(), token: StoredToken(token) };
        changes.push(Change { spreadsheet_id: id.to_owned(), what });
    }
    let answer = json!({"success": true, "result": {"spreadsheet_id": id, "sid": sid}});
    Ok(Done { answer, changes })
}

fn tokens_list(around: &Around<'_>, request: &Request) -> Result<Done, Refusal> {
    let id = request.need_spreadsheet_id()?;
    let tokens = around.book.sheet(id).map(Sheet::token_views).unwrap_or_default();
    Ok(only(json!({"success": true, "result": tokens})))
}

/// The one answer without `success`; old clients read `result` at once.
fn token_get(around: &Around<'_>, request: &Request) -> Result<Done, Refusal> {
    let (_, sheet) = served_sheet(around, request)?;
    let item = |(sid, stored): (&String, &super::book::Token)| {
        let text = stored.text.expose_secret();
        match around.role {
            Role::Client => {
                json!({"token_suffix": token::suffix(text), "sid": sid, "analytics": true})
            }
            _ => json!({"token": text, "sid": sid, "analytics": true}),
        }
    };
    let active = sheet.tokens.iter().filter(|(_, token)| token.is_active);
    Ok(only(json!({"result": active.map(item).collect::<Vec<_>>()})))
}

fn datasets_update(around: &Around<'_>, request: &Request) -> Result<Done, Refusal> {
    let (id, _) = served_sheet(around, request)?;
    let mut answer = json!({
        "success": true, "message": "accepted", "spreadsheet_id": id,
        "dataset": null, "values": {},
    });
    if let Some(dataset) = request.dataset()? {
        if let Some(warning) = warning(around, &dataset.name) {
            answer["warning"] = warning;
        }
        answer["dataset"] = dataset.name.into();
        answer["values"] = dataset.values;
    }
    Ok(only(answer))
}

/// The rows last uploaded: a bare array, wrapped only to carry a warning.
fn datasets_data(around: &Around<'_>, request: &Request) -> Result<Done, Refusal> {
    let (_, sheet) = served_sheet(around, request)?;
    let dataset = request.need_dataset()?;
    let rows = json!(sheet.datasets.get(&dataset.name).map(Vec::as_slice).unwrap_or_default());
    Ok(only(match warning(around, &dataset.name) {
        Some(warning) => json!({"result": rows, "warning": warning}),
        None => rows,
    }))
}

/// Replaces the rows and answers their number.
fn datasets_upload(around: &Around<'_>, request: &Request) -> Result<Done, Refusal> {
    let (id, sheet) = served_sheet(around, request)?;
    let dataset = request.need_dataset()?;
    let Value::Array(rows) = dataset.values else {
        return Err(Refusal::Missing("dataset.values"));
    };
    let answer = json!(rows.len());
    let what = What::DatasetStored { name: dataset.name.clone(), rows };
    let mut changes = Vec::new();
    if let What::DatasetStored { rows, .. } = &what
        && sheet.datasets.get(&dataset.name) != Some(rows)
    {
        changes.push(Change { spreadsheet_id: id.to_owned(), what });
    }
    Ok(Done { answer, changes })
}

fn metrics(around: &Around<'_>) -> Done {
    let spreadsheets = around.book.spreadsheets();
    let tokens: usize = spreadsheets.iter().map(|sheet| sheet.tokens.len()).sum();
    only(json!({"success": true, "result": {
        "calls": around.calls, "spreadsheets": spreadsheets.len(), "tokens": tokens,
    }}))
}

/// Insert, or bring up to date; nothing when all is as asked. A missing owner leaves the old one.
fn upsert(book: &Book, id: &str, owner_email: Option<&str>) -> Vec<Change> {
    let owner_email = owner_email.map(str::to_owned);
    let mut whats = Vec::new();
    match book.sheet(id) {
        None => whats.push(What::Registered { owner_email }),
        Some(sheet) => {
            if let Some(owner_email) = owner_email
                && sheet.owner_email.as_ref() != Some(&owner_email)
            {
                whats.push(What::OwnerChanged { owner_email });
            }
            if !sheet.is_active {
                whats.push(What::Activated);
            }
        }
    }
    whats.into_iter().map(|what| Change { spreadsheet_id: id.to_owned(), what }).collect()
}

/// `/ss/*` serves registered and active spreadsheets alone.
fn served_sheet<'a>(
    around: &Around<'a>,
    request: &'a Request,
) -> Result<(&'a str, &'a Sheet), Refusal> {
    let id = request.need_spreadsheet_id()?;
    let sheet = around.book.sheet(id).ok_or(Refusal::NotRegistered)?;
    if sheet.is_active { Ok((id, sheet)) } else { Err(Refusal::Inactive) }
}

fn warning(around: &Around<'_>, name: &str) -> Option<Value> {
    let known = around.datasets.iter().any(|known| known == name);
    (!known).then(|| json!(format!("unknown dataset {name}")))
}

fn only(answer: Value) -> Done {
    Done { answer, changes: Vec::new() }
}
