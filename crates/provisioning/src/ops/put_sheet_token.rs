//! Gives a person's client another marketplace token.

use kernel::Cx;
use pg::TenantTx;

use super::{
    add_wb_token::bring_over,
    ask_account::{Account, ask_account},
    begin_run::{is_open, latest_run},
    list_sheets::visible,
    locked,
    onboard_client::{OnboardClient, onboard_client},
    replace_token::replace_token,
    tenant_of,
};
use crate::{
    App, Error, Result,
    domain::{Client, Reason, SpreadsheetId, Stage, WbToken},
    store::{self, Key},
};

/// The wish to put a token.
#[derive(Debug)]
pub(crate) struct PutSheetToken {
    /// Whose; the holder of the spreadsheet unless told.
    pub(crate) who: Option<String>,
    pub(crate) sheet: Option<SpreadsheetId>,
    pub(crate) token: WbToken,
}

/// Puts the token: an active client's at once in the backend, any other's where the onboarding finds it.
pub(crate) async fn put_sheet_token(app: &App, cx: &Cx, command: PutSheetToken) -> Result<()> {
    let owner = owner(app, cx, &command).await?;
    let mut tx = app.db.tenant(tenant_of(cx)?, "find_client").await?;
    let client = find(&mut tx, app, &owner).await?;
    tx.commit().await?;
    match client {
        Some(client) if client.stage == Stage::Active => {
            replace(app, cx, client, command.token).await
        }
        client => {
            let (name, role, locale, sheet) = match client {
                Some(client) => (client.name, client.role, client.locale, client.spreadsheet_id),
                None => {
                    let sheet = sole_sheet(app, cx, &owner, command.sheet).await?;
                    (owner.name, owner.role, None, sheet)
                }
            };
            let (email, token, put) = (owner.email, command.token.clone(), command.token);
            // Without a key of its own: putting the same token again finds the client as it stands.
            let cx = Cx { idempotency_key: None, ..cx.clone() };
            let fingerprint = Vec::new();
            let spreadsheet_id = sheet;
            let wish =
                OnboardClient { email, name, role, spreadsheet_id, token, locale, fingerprint };
            let client = onboard_client(app, &cx, wish).await?;
            match client.stage {
                // It became active, or was revoked, while we looked: then the wish changed nothing yet.
                Stage::Active => replace(app, &cx, client, put).await,
                Stage::Revoked => Err(Error::StageForbids(client.stage.as_str())),
                _ => Ok(()),
            }
        }
    }
}

async fn owner(app: &App, cx: &Cx, command: &PutSheetToken) -> Result<Account> {
    if let Some(who) = &command.who {
        return ask_account(app, cx, who).await;
    }
    let held = visible(app, cx, &[], command.sheet.as_ref()).await?;
    match held.as_slice() {
        [] => Err(Error::WorkspaceNotFound),
        [only] => ask_account(app, cx, &only.user_id.to_string()).await,
        // The onboarding's own person, where several work with one spreadsheet.
        many => {
            let first = many.iter().find(|held| held.stage.is_some()).unwrap_or(&many[0]);
            ask_account(app, cx, &first.user_id.to_string()).await
        }
    }
}

async fn find(tx: &mut TenantTx, app: &App, owner: &Account) -> Result<Option<Client>> {
    let key = Key { email: Some(&owner.email), ..Key::default() };
    Ok(store::lock_clients(tx, &key, app.clock.now()).await?.pop())
}

async fn sole_sheet(
    app: &App,
    cx: &Cx,
    owner: &Account,
    named: Option<SpreadsheetId>,
) -> Result<SpreadsheetId> {
    let mut held = visible(app, cx, &[owner.user_id], named.as_ref()).await?;
    match (held.pop(), held.is_empty()) {
        (Some(only), true) => Ok(only.spreadsheet_id),
        _ => Err(Error::WorkspaceNeeded),
    }
}

/// The backend first, which takes a repeat as such; then our own copy. A run that is under way may have read the former
/// token, so another brings this one over after it.
async fn replace(app: &App, cx: &Cx, client: Client, token: WbToken) -> Result<()> {
    let id = client.client_id;
    let repeat = format!("{id}/{}", cx.request_id);
    let sheet = client.spreadsheet_id.as_str();
    let tenant = tenant_of(cx)?;
    let legacy = app.legacy.on_behalf_of(tenant);
    let added = legacy.add_token(&repeat, sheet, token.secret(), token.sid()).await;
    added.map_err(|fault| Error::Backend(Box::new(fault)))?;
    app.vault.prepare(&app.db, tenant).await?;
    let mut tx = app.db.tenant(tenant, "put_sheet_token").await?;
    let now = app.clock.now();
    let client = locked(&mut tx, id, now).await?;
    if client.stage == Stage::Revoked {
        return Err(Error::StageForbids(client.stage.as_str()));
    }
    let run = latest_run(&mut tx, &client).await?;
    let client = replace_token(&mut tx, app, cx, client, &token, &Reason::default()).await?;
    if run.as_ref().is_some_and(is_open) {
        bring_over(&mut tx, cx, client, now).await?;
    }
    tx.commit().await?;
    Ok(())
}
