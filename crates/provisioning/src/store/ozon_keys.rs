//! Rows of `ozon_keys`.

use kernel::UserId;
use pg::{PlatformTx, TenantTx};
use uuid::Uuid;
use vault::{Hint, Sealed};

use crate::domain::{OzonKeyView, SellerId};

/// The most keys of one person that are shown.
const MOST: i64 = 100;

/// The secrets of a key, sealed for its row.
#[derive(Debug)]
pub(crate) struct Secrets {
    pub(crate) api_key: Sealed,
    pub(crate) account_secret: Option<Sealed>,
}

/// The row of a person's key, locked; secrets are sealed for it.
pub(crate) async fn lock_ozon_key(
    tx: &mut TenantTx,
    user_id: UserId,
    seller: SellerId,
) -> pg::Result<Option<Uuid>> {
    Ok(sqlx::query_scalar!(
        "select key_id from ozon_keys where user_id = $1 and seller_client_id = $2 for update",
        user_id as _,
        seller.number()
    )
    .fetch_optional(&mut **tx)
    .await?)
}

/// Keeps a key, or other secrets under the same row; false where another row of the same seller was faster.
pub(crate) async fn put_ozon_key(
    tx: &mut TenantTx,
    key_id: Uuid,
    key: &OzonKeyView,
    secrets: &Secrets,
) -> pg::Result<bool> {
    let done = sqlx::query!(
        "insert into ozon_keys as known (key_id, user_id, seller_client_id, seller_api_key, seller_api_key_hint,
             performance_client_id, performance_client_secret, performance_secret_hint, name, updated_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
         on conflict on constraint ozon_keys_seller_key do update
             set seller_api_key = excluded.seller_api_key, seller_api_key_hint = excluded.seller_api_key_hint,
                 performance_client_id = excluded.performance_client_id,
                 performance_client_secret = excluded.performance_client_secret,
                 performance_secret_hint = excluded.performance_secret_hint, name = excluded.name,
                 updated_at = excluded.updated_at
             where known.key_id = excluded.key_id",
        key_id,
        key.user_id as _,
        key.seller_client_id,
        &secrets.api_key as _,
        key.seller_api_key_hint.as_str(),
        key.performance_client_id,
        secrets.account_secret.as_ref() as _,
        key.performance_secret_hint.as_ref().map(Hint::as_str),
        key.name,
        key.updated_at as _,
    )
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// A person's keys, by seller.
pub(crate) async fn list_ozon_keys(
    tx: &mut TenantTx,
    user_id: UserId,
) -> pg::Result<Vec<OzonKeyView>> {
    Ok(sqlx::query_as!(
        OzonKeyView,
        r#"select user_id as "user_id: _", seller_client_id, seller_api_key_hint as "seller_api_key_hint: _",
                  performance_client_id, performance_secret_hint as "performance_secret_hint: _", name,
                  updated_at as "updated_at: _"
           from ozon_keys where user_id = $1 order by seller_client_id limit $2"#,
        user_id as _,
        MOST
    )
    .fetch_all(&mut **tx)
    .await?)
}

/// Destroys a person's key; what it was.
pub(crate) async fn delete_ozon_key(
    tx: &mut TenantTx,
    user_id: UserId,
    seller: SellerId,
) -> pg::Result<Option<OzonKeyView>> {
    Ok(sqlx::query_as!(
        OzonKeyView,
        r#"delete from ozon_keys where user_id = $1 and seller_client_id = $2
           returning user_id as "user_id: _", seller_client_id, seller_api_key_hint as "seller_api_key_hint: _",
                     performance_client_id, performance_secret_hint as "performance_secret_hint: _", name,
                     updated_at as "updated_at: _""#,
        user_id as _,
        seller.number()
    )
    .fetch_optional(&mut **tx)
    .await?)
}

/// Destroys all keys of a person, in every tenant; how many there were.
pub(crate) async fn erase_ozon_keys(tx: &mut PlatformTx, user_id: UserId) -> pg::Result<u64> {
    let done = sqlx::query!("delete from ozon_keys where user_id = $1", user_id as _)
        .execute(&mut **tx)
        .await?;
    Ok(done.rows_affected())
}
