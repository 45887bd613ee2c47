//! `user.spreadsheets.*`, `user.spreadsheet.*` and `spreadsheets.register`.

use kernel::Code;
use serde_json::{Value, json};
use wire::provisioning::v1::{AddSheetRequest, ListSheetsRequest, Sheet, UpdateSheetRequest};

use super::{
    call::{Call, refused},
    envelope::Answer,
};
use crate::problem::Problem;

pub(super) async fn read_all(call: &Call<'_>) -> Result<Answer, Problem> {
    let found = list(call, String::new()).await?;
    Ok(Answer::of(found.iter().map(item).collect()))
}

pub(super) async fn read(call: &Call<'_>) -> Result<Answer, Problem> {
    let found = list(call, call.input.spreadsheet()?).await?;
    let only = found.first().ok_or_else(|| {
        Problem::new(Code::NotFound, "workspace_not_found", "There is no such workspace.")
    })?;
    Ok(Answer::of(item(only)))
}

async fn list(call: &Call<'_>, spreadsheet_id: String) -> Result<Vec<Sheet>, Problem> {
    let user_id = call.input.text("id")?;
    let wish = ListSheetsRequest { user_id, spreadsheet_id, ..Default::default() };
    let found = call.sheets().list_sheets(call.ask(wish)).await.map_err(refused)?;
    Ok(found.into_inner().sheets)
}

pub(super) async fn add(call: &Call<'_>) -> Result<Answer, Problem> {
    Ok(Answer::of(item(&put(call, call.input.text("id")?).await?)))
}

/// As the legacy backend has it; without an owner the spreadsheet is the caller's.
pub(super) async fn register(call: &Call<'_>) -> Result<Answer, Problem> {
    let added = put(call, call.input.text("owner_email")?).await?;
    Ok(Answer::of(json!({"spreadsheet_id": added.spreadsheet_id})))
}

/// Gives the spreadsheet of the request to a person.
pub(super) async fn put(call: &Call<'_>, user_id: String) -> Result<Sheet, Problem> {
    let wish = AddSheetRequest { user_id, spreadsheet_id: call.input.spreadsheet()? };
    let added = call.sheets().add_sheet(call.ask(wish)).await.map_err(refused)?;
    Ok(added.into_inner())
}

pub(super) async fn update(call: &Call<'_>) -> Result<Answer, Problem> {
    switch(call, call.input.flag("is_active")?).await
}

/// The legacy library deletes; here a workspace is switched off and kept.
pub(super) async fn delete(call: &Call<'_>) -> Result<Answer, Problem> {
    switch(call, Some(false)).await
}

async fn switch(call: &Call<'_>, is_active: Option<bool>) -> Result<Answer, Problem> {
    let (user_id, spreadsheet_id) = (call.input.text("id")?, call.input.spreadsheet()?);
    let wish = UpdateSheetRequest { user_id, spreadsheet_id, is_active };
    let updated = call.sheets().update_sheet(call.ask(wish)).await.map_err(refused)?;
    Ok(Answer::of(item(&updated.into_inner())))
}

/// A spreadsheet as the legacy library knows one.
fn item(workspace: &Sheet) -> Value {
    let client_id = Some(workspace.client_legacy_id).filter(|number| *number > 0);
    let updated_at = wire::instant(workspace.updated_at.as_ref());
    json!({
        "client_id": client_id,
        "spreadsheet_id": workspace.spreadsheet_id,
        "updated_at": updated_at.map(|at| at.jiff().to_string()),
        "is_active": workspace.is_active,
        "params": {"update_results": null},
        "stage": Some(&workspace.stage).filter(|stage| !stage.is_empty()),
    })
}
