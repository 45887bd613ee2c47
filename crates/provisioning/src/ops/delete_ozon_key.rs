//! Destroys a key of a person's cabinet at Ozon.

use kernel::Cx;
use wire::provisioning::v1::OzonKeyDestroyed;

use super::{ask_account::ask_account, tenant_of};
use crate::{
    App, Error, Result,
    domain::{OzonKeyView, SellerId},
    store,
};

/// What it was, as it may be shown.
pub(crate) async fn delete_ozon_key(
    app: &App,
    cx: &Cx,
    who: &str,
    seller: SellerId,
) -> Result<OzonKeyView> {
    let owner = ask_account(app, cx, who).await?.user_id;
    let mut tx = app.db.tenant(tenant_of(cx)?, "delete_ozon_key").await?;
    let destroyed = store::delete_ozon_key(&mut tx, owner, seller).await?;
    let destroyed = destroyed.ok_or(Error::OzonKeyNotFound)?;
    let number = seller.number();
    bus::audit(&mut tx, cx, "ozon_key.destroy", &format!("ozon_key:{number} user:{owner}")).await?;
    let fact = OzonKeyDestroyed { user_id: owner.to_string(), seller_client_id: number };
    bus::emit(&mut tx, cx, owner.uuid(), &fact).await?;
    tx.commit().await?;
    Ok(destroyed)
}
