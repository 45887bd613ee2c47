//! Keeps a key of a person's cabinet at Ozon.

use kernel::{Cx, UserId};
use uuid::Uuid;
use wire::provisioning::v1::OzonKeyKept;

use super::{ask_account::ask_account, tenant_of};
use crate::{
    App, Result,
    domain::{OzonKeyView, OzonSecret, SellerId},
    store::{self, Secrets},
};

/// What the vault seals a seller's API key for.
const API_KEY: &str = "ozon_api_key";

/// What the vault seals the secret of an advertising account for.
const ACCOUNT_SECRET: &str = "ozon_performance_secret";

/// The wish to keep a key.
#[derive(Debug)]
pub(crate) struct PutOzonKey {
    /// Whose: an id, a number or an address; the caller's own where it is empty.
    pub(crate) who: String,
    pub(crate) seller: SellerId,
    pub(crate) api_key: OzonSecret,
    /// The advertising account and its secret; empty and none where there is none.
    pub(crate) account: String,
    pub(crate) account_secret: Option<OzonSecret>,
    pub(crate) name: String,
}

/// The key as it may be shown.
pub(crate) async fn put_ozon_key(app: &App, cx: &Cx, command: PutOzonKey) -> Result<OzonKeyView> {
    let owner = ask_account(app, cx, &command.who).await?.user_id;
    app.vault.prepare(&app.db, tenant_of(cx)?).await?;
    loop {
        // None where a parallel request kept the first key of this seller meanwhile: the next look finds its row.
        if let Some(kept) = keep(app, cx, owner, &command).await? {
            return Ok(kept);
        }
    }
}

async fn keep(
    app: &App,
    cx: &Cx,
    owner: UserId,
    command: &PutOzonKey,
) -> Result<Option<OzonKeyView>> {
    let mut tx = app.db.tenant(tenant_of(cx)?, "put_ozon_key").await?;
    let known = store::lock_ozon_key(&mut tx, owner, command.seller).await?;
    let key_id: Uuid = known.unwrap_or_else(|| app.clock.new_id());
    let api_key = app.vault.seal(&mut tx, API_KEY, key_id, command.api_key.secret()).await?;
    let account_secret = match &command.account_secret {
        None => None,
        Some(secret) => {
            Some(app.vault.seal(&mut tx, ACCOUNT_SECRET, key_id, secret.secret()).await?)
        }
    };
    let view = OzonKeyView {
        user_id: owner,
        seller_client_id: command.seller.number(),
        seller_api_key_hint: command.api_key.hint(),
        performance_client_id: command.account.clone(),
        performance_secret_hint: command.account_secret.as_ref().map(OzonSecret::hint),
        name: command.name.clone(),
        updated_at: app.clock.now(),
    };
    let secrets = Secrets { api_key, account_secret };
    if !store::put_ozon_key(&mut tx, key_id, &view, &secrets).await? {
        return Ok(None);
    }
    let seller = view.seller_client_id;
    bus::audit(&mut tx, cx, "ozon_key.put", &format!("ozon_key:{seller} user:{owner}")).await?;
    let fact = OzonKeyKept { user_id: owner.to_string(), seller_client_id: seller };
    bus::emit(&mut tx, cx, owner.uuid(), &fact).await?;
    tx.commit().await?;
    Ok(Some(view))
}
