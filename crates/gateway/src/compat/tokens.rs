//! `wb.token.*` of a user, and the legacy backend's own calls about tokens. A token itself is never told.

use serde_json::{Value, json};
use wire::provisioning::v1::{
    DeleteSheetTokenRequest, ListSheetTokensRequest, PutSheetTokenRequest, SheetToken,
};

use super::{
    call::{Call, refused},
    envelope::Answer,
    sheets,
};
use crate::problem::Problem;

/// What the library calls the things that a token opens.
const FLAGS: [&str; 9] = [
    "content",
    "analytics",
    "prices",
    "marketplace",
    "statistics",
    "adverts",
    "questions",
    "recommendations",
    "read_only",
];

pub(super) async fn read(call: &Call<'_>) -> Result<Answer, Problem> {
    let found = ask(call, call.input.text("id")?, String::new()).await?;
    Ok(Answer::of(found.iter().map(item).collect()))
}

pub(super) async fn put(call: &Call<'_>) -> Result<Answer, Problem> {
    let stored = keep(call, call.input.text("id")?).await?;
    Ok(Answer::of(item(&stored)))
}

/// The copy that is kept here; the legacy backend knows no way to take a token back.
pub(super) async fn delete(call: &Call<'_>) -> Result<Answer, Problem> {
    let wish =
        DeleteSheetTokenRequest { user_id: call.input.text("id")?, spreadsheet_id: String::new() };
    let was = call.sheets().delete_sheet_token(call.ask(wish)).await.map_err(refused)?;
    Ok(Answer::of(item(&was.into_inner())))
}

/// As the legacy backend has it: with an owner, the spreadsheet is given to them first.
pub(super) async fn add(call: &Call<'_>) -> Result<Answer, Problem> {
    let owner = call.input.text("owner_email")?;
    if !owner.is_empty() {
        sheets::put(call, owner.clone()).await?;
    }
    let stored = keep(call, owner).await?;
    Ok(Answer::of(json!({"spreadsheet_id": call.input.spreadsheet()?, "sid": stored.sid})))
}

pub(super) async fn list(call: &Call<'_>) -> Result<Answer, Problem> {
    let found = ask(call, String::new(), call.input.spreadsheet()?).await?;
    let entry = |token: &SheetToken| json!({"sid": token.sid, "is_active": token.is_active, "token_suffix": suffix(token)});
    Ok(Answer::of(found.iter().map(entry).collect()))
}

/// Without the key `success`, as in the legacy backend; with the end of the token for everybody.
pub(super) async fn get(call: &Call<'_>) -> Result<Answer, Problem> {
    let found = ask(call, String::new(), call.input.spreadsheet()?).await?;
    let entry = |token: &SheetToken| json!({"token_suffix": suffix(token), "sid": token.sid, "analytics": true});
    let active = found.iter().filter(|token| token.is_active);
    Ok(Answer::Bare(json!({"result": active.map(entry).collect::<Vec<_>>()})))
}

async fn ask(
    call: &Call<'_>,
    user_id: String,
    spreadsheet_id: String,
) -> Result<Vec<SheetToken>, Problem> {
    let wish = ListSheetTokensRequest { user_id, spreadsheet_id };
    let found = call.sheets().list_sheet_tokens(call.ask(wish)).await.map_err(refused)?;
    Ok(found.into_inner().tokens)
}

async fn keep(call: &Call<'_>, user_id: String) -> Result<SheetToken, Problem> {
    let wish = PutSheetTokenRequest {
        user_id,
        spreadsheet_id: call.input.spreadsheet()?,
        wb_token: call.input.text("token")?,
    };
    let stored = call.sheets().put_sheet_token(call.ask(wish)).await.map_err(refused)?;
    Ok(stored.into_inner())
}

fn suffix(token: &SheetToken) -> &str {
    token.hint.trim_start_matches('*')
}

/// A token as the legacy library knows one, masked. Its description is not kept.
fn item(token: &SheetToken) -> Value {
    let number = |number: i64| Some(number).filter(|number| *number != 0);
    let mut item = json!({
        "token": token.hint,
        "description": null,
        "exp": token.expires_at.as_ref().map(|at| at.seconds),
        "sid": token.sid,
        "iid": number(token.iid),
        "uid": number(token.uid),
        "client_id": number(token.client_legacy_id),
        "spreadsheet_id": token.spreadsheet_id,
        "is_active": token.is_active,
    });
    for flag in FLAGS {
        item[flag] = token.scopes.iter().any(|scope| scope == flag).into();
    }
    item
}
