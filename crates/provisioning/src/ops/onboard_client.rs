//! Begins a client's onboarding, or goes on with it.

use kernel::{Cx, Email, Locale, PersonName, TenantId};
use pg::TenantTx;

use super::{
    add_client::{NewClient, add_client},
    add_wb_token::bring_over,
    admit_client::admit_client,
    ask_invite::{Invitation, ask_invite},
    begin_withdrawal::begin_withdrawal,
    confirm_email::confirm,
    follow_person::renew_address,
    keep_moved::keep_moved,
    known_reply::{keep_reply, known_reply},
    locked,
    note_milestone::note_milestone,
    replace_token::{has_token, replace_token},
    tenant_of,
};
use crate::{
    App, Error, Result,
    domain::{Client, Milestone, Reason, RoleName, SpreadsheetId, Stage, WbToken},
    store::{self, Key},
};

/// The wish for a client.
#[derive(Debug)]
pub(crate) struct OnboardClient {
    pub(crate) email: Email,
    pub(crate) name: PersonName,
    pub(crate) role: RoleName,
    pub(crate) spreadsheet_id: SpreadsheetId,
    pub(crate) token: WbToken,
    pub(crate) locale: Option<Locale>,
    /// A digest of the request, by which a reused idempotency key is told from a repeated one.
    pub(crate) fingerprint: Vec<u8>,
}

/// The name under which replies to repeated keys are kept.
const OPERATION: &str = "OnboardClient";

/// Whether a call with this idempotency key came before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Call {
    First,
    /// Does nothing but what the first one may not have come to: the invitation.
    Repeated,
}

/// Keeps the client, then has the person invited. Between the two commits nothing is lost: a client without an
/// invitation gets one when the call is repeated, and the user service knows the invitation by its key.
pub(crate) async fn onboard_client(app: &App, cx: &Cx, command: OnboardClient) -> Result<Client> {
    let tenant = tenant_of(cx)?;
    let (client, call) = keep_client(app, cx, tenant, command).await?;
    let invited = call == Call::Repeated && client.invite_id.is_some();
    if invited || !client.needs_invite() {
        return Ok(client);
    }
    let invitation = ask_invite(app, cx, &client).await?;
    keep_invitation(app, cx, tenant, client, invitation).await
}

async fn keep_client(
    app: &App,
    cx: &Cx,
    tenant: TenantId,
    command: OnboardClient,
) -> Result<(Client, Call)> {
    app.vault.prepare(&app.db, tenant).await?;
    let mut tx = app.db.tenant(tenant, "onboard_client").await?;
    if let Some(known) = known_reply(&mut tx, cx, OPERATION, &command.fingerprint).await? {
        let client = locked(&mut tx, known, app.clock.now()).await?;
        tx.commit().await?;
        return Ok((client, Call::Repeated));
    }
    let client = match find(&mut tx, app, &command).await? {
        Some(known) => go_on(&mut tx, app, cx, known, command).await?,
        None => match create(&mut tx, app, cx, &command).await? {
            Some(new) => new,
            // Another call created it while we waited.
            None => match find(&mut tx, app, &command).await? {
                Some(known) => go_on(&mut tx, app, cx, known, command).await?,
                // What is in the way is none of ours to see: the spreadsheet serves a client elsewhere.
                None => return Err(Error::SpreadsheetTaken),
            },
        },
    };
    keep_reply(&mut tx, cx, OPERATION, client.client_id).await?;
    tx.commit().await?;
    Ok((client, Call::First))
}

/// The client of this person and this spreadsheet, locked; half a match is a conflict.
async fn find(tx: &mut TenantTx, app: &App, command: &OnboardClient) -> Result<Option<Client>> {
    let key = Key {
        email: Some(&command.email),
        spreadsheet_id: Some(&command.spreadsheet_id),
        ..Key::default()
    };
    let matches = store::lock_clients(tx, &key, app.clock.now()).await?;
    let Some(client) = matches.into_iter().next() else {
        return Ok(None);
    };
    if client.email != command.email {
        return Err(Error::SpreadsheetTaken);
    }
    if client.spreadsheet_id != command.spreadsheet_id {
        return Err(Error::ClientEmailTaken);
    }
    Ok(Some(client))
}

async fn create(
    tx: &mut TenantTx,
    app: &App,
    cx: &Cx,
    command: &OnboardClient,
) -> Result<Option<Client>> {
    let new = NewClient {
        email: command.email.clone(),
        name: command.name.clone(),
        role: command.role.clone(),
        spreadsheet_id: command.spreadsheet_id.clone(),
        locale: command.locale.clone(),
        owner: None,
        user_id: None,
        token: Some(&command.token),
    };
    add_client(tx, app, cx, new).await
}

/// Takes what a repeated call may change: the token until the client is active, and who is invited until somebody is.
async fn go_on(
    tx: &mut TenantTx,
    app: &App,
    cx: &Cx,
    mut client: Client,
    command: OnboardClient,
) -> Result<Client> {
    if matches!(client.stage, Stage::Active | Stage::Revoked) {
        return Ok(client);
    }
    if client.needs_invite() {
        admit_client(tx, cx, &client).await?;
        client.name = command.name;
        client.role = command.role;
        client.locale = command.locale;
        store::update_client(tx, &client).await?;
    }
    if has_token(tx, app, cx, &client, &command.token).await? {
        return Ok(client);
    }
    let reason = Reason::default();
    let client = replace_token(tx, app, cx, client, &command.token, &reason).await?;
    // A failed client waits for somebody's word to go on.
    if client.is_under_way() {
        bring_over(tx, cx, client, app.clock.now()).await
    } else {
        Ok(client)
    }
}

/// The acceptance may have been heard before this: then the client has moved on, and nothing is taken back.
async fn keep_invitation(
    app: &App,
    cx: &Cx,
    tenant: TenantId,
    client: Client,
    invitation: Invitation,
) -> Result<Client> {
    let now = app.clock.now();
    let mut tx = app.db.tenant(tenant, "keep_invitation").await?;
    if let Some(user_id) = invitation.user_id {
        store::share_person_address(&mut tx, user_id).await?;
    }
    let mut client = locked(&mut tx, client.client_id, now).await?;
    let sent = invitation.invite_id.map(|_| Milestone::Invited);
    note_milestone(&mut tx, client.client_id, sent, now).await?;
    if matches!(client.stage, Stage::Invited | Stage::Expired) {
        client.invite_id = invitation.invite_id.or(client.invite_id);
        client.invite_expires_at = invitation.expires_at;
        client.user_id = invitation.user_id.or(client.user_id);
        client.updated_at = now;
        store::update_client(&mut tx, &client).await?;
        client = if invitation.accepted {
            confirm(&mut tx, cx, client, now).await?
        } else {
            keep_moved(&mut tx, cx, client.advance(Stage::Invited, now)?).await?.client()
        };
        client = renew_address(&mut tx, cx, client).await?;
    }
    if client.stage == Stage::Revoked
        && let Some(invite) = invitation.invite_id
    {
        // Revoked while we asked, so the withdrawal knows nothing of this invitation.
        let key = format!("{}/{invite}", client.client_id);
        begin_withdrawal(&mut tx, cx, &key, client.client_id, Some(invite)).await?;
    }
    tx.commit().await?;
    Ok(client)
}
