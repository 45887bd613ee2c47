//! Destroys the marketplace token that is kept of a person's client.

use kernel::Cx;
use wire::provisioning::v1::TokenDestroyed;

use super::{
    begin_run::{is_open, latest_run},
    degrade_client::degrade_client,
    list_sheet_tokens::list_sheet_tokens,
    locked, tenant_of,
};
use crate::{
    App, Error, Result,
    domain::{Cause, Client, SpreadsheetId, Stage, TOKENLESS_REASON, TokenView},
    store,
};

/// What the token said of itself. The backend has no call to take a token back, so its own copy stands; an active client
/// is in trouble from then on.
pub(crate) async fn delete_sheet_token(
    app: &App,
    cx: &Cx,
    who: Option<&str>,
    sheet: Option<&SpreadsheetId>,
) -> Result<TokenView> {
    let mut shown = list_sheet_tokens(app, cx, who, sheet).await?;
    let (Some(view), true) = (shown.pop(), shown.is_empty()) else {
        return Err(if shown.is_empty() { Error::TokenNotFound } else { Error::PersonNeeded });
    };
    let (id, now) = (view.client_id, app.clock.now());
    let mut tx = app.db.tenant(tenant_of(cx)?, "delete_sheet_token").await?;
    let client = locked(&mut tx, id, now).await?;
    if client.wb_token_hint.as_ref() != Some(&view.hint) {
        // It was destroyed, or another was put, since it was shown.
        return Err(Error::TokenNotFound);
    }
    if latest_run(&mut tx, &client).await?.as_ref().is_some_and(is_open) {
        return Err(Error::StageForbids("on the way to a workspace"));
    }
    store::forget_token(&mut tx, id, now).await?;
    bus::audit(&mut tx, cx, "client.token.destroy", &format!("client:{id}")).await?;
    let fact = TokenDestroyed { client_id: id.to_string(), former_hint: view.hint.to_string() };
    bus::emit(&mut tx, cx, id.uuid(), &fact).await?;
    if client.stage == Stage::Active {
        let client = Client { wb_token_hint: None, updated_at: now, ..client };
        degrade_client(&mut tx, cx, client, tokenless(), now).await?;
    }
    tx.commit().await?;
    Ok(TokenView { is_active: false, ..view })
}

fn tokenless() -> Cause {
    Cause {
        reason: TOKENLESS_REASON.into(),
        message: "The marketplace token was destroyed; give a new one.".into(),
    }
}
