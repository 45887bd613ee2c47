//! A new client, in the caller's transaction.

use kernel::{Cx, Email, Locale, PersonName, UserId};
use pg::TenantTx;
use vault::Hint;
use wire::provisioning::v1::ClientCreated;

use super::{admit_client::admit_client, open_workspace::TOKEN, replace_token::remember_token};
use crate::{
    App, Error, Result,
    domain::{Client, Progress, Reason, RoleName, SpreadsheetId, WbToken},
    store,
};

/// What a client begins with.
#[derive(Debug)]
pub(super) struct NewClient<'a> {
    pub(super) email: Email,
    pub(super) name: PersonName,
    pub(super) role: RoleName,
    pub(super) spreadsheet_id: SpreadsheetId,
    pub(super) locale: Option<Locale>,
    pub(super) owner: Option<Email>,
    pub(super) user_id: Option<UserId>,
    pub(super) token: Option<&'a WbToken>,
}

/// Adds the client and tells of it; `None` where a rival call created it first.
pub(super) async fn add_client(
    tx: &mut TenantTx,
    app: &App,
    cx: &Cx,
    new: NewClient<'_>,
) -> Result<Option<Client>> {
    let (token, client) = (new.token, begun(app, new));
    let id = client.client_id;
    let sealed = match token {
        Some(token) => Some(app.vault.seal(tx, TOKEN, id.uuid(), token.secret()).await?),
        None => None,
    };
    if !store::insert_client(tx, &client, sealed.as_ref()).await? {
        return Ok(None);
    }
    if !store::claim_spreadsheet(tx, &client.spreadsheet_id).await? {
        return Err(Error::SpreadsheetTaken);
    }
    admit_client(tx, cx, &client).await?;
    if let Some(token) = token {
        let reason = Reason::default();
        remember_token(tx, cx, id, token, &reason, client.created_at).await?;
    }
    bus::audit(tx, cx, "client.onboard", &format!("client:{id}")).await?;
    let fact = ClientCreated {
        client_id: id.to_string(),
        email: client.email.to_string(),
        spreadsheet_id: client.spreadsheet_id.to_string(),
    };
    bus::emit(tx, cx, id.uuid(), &fact).await?;
    Ok(Some(client))
}

fn begun(app: &App, new: NewClient<'_>) -> Client {
    let now = app.clock.now();
    Client {
        client_id: app.clock.new_id(),
        email: new.email,
        name: new.name,
        role: new.role,
        spreadsheet_id: new.spreadsheet_id,
        wb_token_hint: new.token.map(|token| Hint::of(token.secret())),
        owner_email: new.owner,
        locale: new.locale,
        stage: Progress::START.stage(),
        resume_stage: None,
        reason: None,
        message: None,
        attempts: 0,
        run: 1,
        invite_id: None,
        invite_expires_at: None,
        user_id: new.user_id,
        created_at: now,
        updated_at: now,
        confirmed_at: None,
        active_at: None,
    }
}
