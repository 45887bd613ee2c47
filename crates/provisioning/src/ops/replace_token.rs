//! Another marketplace token in the place of a client's, in the caller's transaction.

use kernel::{ClientId, Cx, Timestamp};
use pg::TenantTx;
use vault::Hint;
use wire::{provisioning::v1::TokenReplaced, timestamp};

use super::{note_help::note_help, open_workspace::TOKEN};
use crate::{
    App, Result,
    domain::{Client, Reason, WbToken},
    store::{self, KnownToken},
};

/// Whether the client's token is this one.
pub(super) async fn has_token(
    tx: &mut TenantTx,
    app: &App,
    cx: &Cx,
    client: &Client,
    token: &WbToken,
) -> Result<bool> {
    let id = client.client_id;
    let Some(sealed) = store::sealed_token(tx, id).await? else {
        return Ok(false);
    };
    let known = app.vault.open(tx, cx, TOKEN, id.uuid(), &sealed).await?;
    Ok(token.is(&known))
}

/// Seals the token for the client and ends the former one's time. What follows for the work is the caller's matter.
pub(super) async fn replace_token(
    tx: &mut TenantTx,
    app: &App,
    cx: &Cx,
    client: Client,
    token: &WbToken,
    reason: &Reason,
) -> Result<Client> {
    let (id, now) = (client.client_id, app.clock.now());
    let hint = Hint::of(token.secret());
    let sealed = app.vault.seal(tx, TOKEN, id.uuid(), token.secret()).await?;
    store::update_token(tx, id, &sealed, &hint, now).await?;
    remember_token(tx, cx, id, token, reason, now).await?;
    bus::audit(tx, cx, "client.token.replace", &format!("client:{id}")).await?;
    note_help(tx, cx, id).await?;
    let fact = TokenReplaced {
        client_id: id.to_string(),
        hint: hint.to_string(),
        former_hint: client.wb_token_hint.as_ref().map(Hint::to_string).unwrap_or_default(),
        reason: reason.as_str().to_owned(),
        expires_at: Some(timestamp(token.expires_at())),
    };
    bus::emit(tx, cx, id.uuid(), &fact).await?;
    Ok(Client { wb_token_hint: Some(hint), updated_at: now, ..client })
}

/// Adds the token to the client's history, as the one that stands.
pub(super) async fn remember_token(
    tx: &mut TenantTx,
    cx: &Cx,
    id: ClientId,
    token: &WbToken,
    reason: &Reason,
    now: Timestamp,
) -> Result<()> {
    let known = KnownToken {
        hint: Hint::of(token.secret()),
        seller: token.sid().to_owned(),
        scopes: store::words(token.scopes()),
        expires_at: token.expires_at(),
        reason: reason.as_str().to_owned(),
        added_by: cx.actor.label(),
        added_at: now,
        replaced_at: None,
    };
    Ok(store::insert_known(tx, id, &known).await?)
}
