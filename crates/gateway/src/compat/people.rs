//! `users.*` and `user.*`.

use std::collections::HashMap;

use kernel::Code;
use serde_json::{Value, json};
use wire::{
    provisioning::v1::{AddSheetRequest, ListSheetsRequest},
    user::v1::{
        Account, CreateInviteRequest, GetAccountRequest, ListAccountsRequest,
        TakeInvitationLinkRequest, UpdateAccountRequest,
    },
};

use super::{
    call::{Call, refused},
    envelope::Answer,
    input::fault,
};
use crate::problem::Problem;

pub(super) async fn read_users(call: &Call<'_>) -> Result<Answer, Problem> {
    let wish = ListAccountsRequest {
        email: call.input.text("email")?,
        is_active: call.input.flag("is_active")?,
        page_size: call.input.number("limit")?,
        page_token: call.input.text("cursor")?,
    };
    let found = call.accounts().list_accounts(call.ask(wish)).await.map_err(refused)?.into_inner();
    let people = found.accounts.iter().map(|account| account.user_id.clone()).collect();
    let sheets = sheets(call, people).await?;
    let items = found.accounts.iter().map(|account| item(account, &sheets, None)).collect();
    let cursor = Some(found.next_page_token).filter(|token| !token.is_empty());
    let meta = json!({"total": found.total_size, "cursor": cursor});
    Ok(Answer::Done { result: items, meta: Some(meta) })
}

/// Invites the person; the spreadsheet comes before the link, so that a call that is repeated after a failure still
/// gets the link.
pub(super) async fn create_user(call: &Call<'_>) -> Result<Answer, Problem> {
    let mut roles = call.input.texts("roles")?;
    if roles.len() > 1 {
        return Err(fault("roles", "may name one role for an invitation; bind others afterwards"));
    }
    let wish = CreateInviteRequest {
        email: call.input.text("email")?,
        name: call.input.text("name")?,
        role: roles.pop().unwrap_or_default(),
        expires_in_hours: call.input.number("expires_in_hours")?,
        ..CreateInviteRequest::default()
    };
    let invite = call.invites().create_invite(call.ask(wish)).await.map_err(refused)?.into_inner();
    let spreadsheet_id = call.input.spreadsheet()?;
    if !spreadsheet_id.is_empty() {
        let wish = AddSheetRequest { user_id: invite.user_id.clone(), spreadsheet_id };
        call.sheets().add_sheet(call.ask(wish)).await.map_err(refused)?;
    }
    let link = take_link(call, invite.invite_id).await?;
    show(call, invite.user_id, link).await
}

/// The link for its maker, once; none where it was handed out before, and none for whoever may not have it.
async fn take_link(call: &Call<'_>, invite_id: String) -> Result<Option<String>, Problem> {
    let wish = TakeInvitationLinkRequest { invite_id };
    match call.invites().take_invitation_link(call.ask(wish)).await {
        Ok(link) => Ok(Some(link.into_inner().url)),
        Err(status) => match wire::code_of(&status).code {
            Code::Gone | Code::Denied => Ok(None),
            _ => Err(refused(status)),
        },
    }
}

pub(super) async fn read_user(call: &Call<'_>) -> Result<Answer, Problem> {
    show(call, call.input.text("id")?, None).await
}

pub(super) async fn update_user(call: &Call<'_>) -> Result<Answer, Problem> {
    let name = Some(call.input.text("name")?).filter(|name| !name.is_empty());
    let wish = UpdateAccountRequest {
        user_id: call.input.text("id")?,
        name,
        roles: call.input.texts("roles")?,
        is_active: call.input.flag("is_active")?,
    };
    let account = call.accounts().update_account(call.ask(wish)).await.map_err(refused)?;
    told(call, &account.into_inner(), None).await
}

async fn show(call: &Call<'_>, user_id: String, link: Option<String>) -> Result<Answer, Problem> {
    let found = call.accounts().get_account(call.ask(GetAccountRequest { user_id })).await;
    told(call, &found.map_err(refused)?.into_inner(), link).await
}

async fn told(call: &Call<'_>, account: &Account, link: Option<String>) -> Result<Answer, Problem> {
    let sheets = sheets(call, vec![account.user_id.clone()]).await?;
    Ok(Answer::of(item(account, &sheets, link)))
}

/// The spreadsheets of these people, by person; none for whoever may not see them.
async fn sheets(
    call: &Call<'_>,
    people: Vec<String>,
) -> Result<HashMap<String, Vec<String>>, Problem> {
    if people.is_empty() {
        return Ok(HashMap::new());
    }
    let wish = ListSheetsRequest { people, ..ListSheetsRequest::default() };
    let found = match call.sheets().list_sheets(call.ask(wish)).await {
        Ok(found) => found.into_inner().sheets,
        Err(status) if wire::code_of(&status).code == Code::Denied => Vec::new(),
        Err(status) => return Err(refused(status)),
    };
    let mut sheets: HashMap<String, Vec<String>> = HashMap::new();
    for workspace in found.into_iter().filter(|workspace| workspace.is_active) {
        sheets.entry(workspace.user_id).or_default().push(workspace.spreadsheet_id);
    }
    Ok(sheets)
}

/// A user as the legacy library knows one; never with a password.
fn item(
    account: &Account,
    sheets: &HashMap<String, Vec<String>>,
    activation_link: Option<String>,
) -> Value {
    let instant = |at: Option<&_>| wire::instant(at).map(|at| at.jiff().to_string());
    json!({
        "id": account.legacy_id,
        "user_id": account.user_id,
        "email": account.email,
        "name": account.name,
        "password": null,
        "roles": account.roles,
        "is_active": account.status == "active",
        "status": account.status,
        "activation_link": activation_link,
        "created_at": instant(account.created_at.as_ref()),
        "activated_at": instant(account.joined_at.as_ref()),
        "spreadsheets": sheets.get(&account.user_id).cloned().unwrap_or_default(),
    })
}
