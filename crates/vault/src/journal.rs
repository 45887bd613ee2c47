//! Who read which secret, why, in which request and trace: one row per opening, in the transaction that opens it.

use kernel::{Clock, Cx, Page, PageSize, TenantId, Timestamp};
use pg::{PlatformTx, TenantTx};
use uuid::Uuid;

use crate::{Result, store::DataKeyRow};

/// One opening of a secret, granted or refused.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Read {
    /// Whose secret.
    pub tenant_id: TenantId,
    /// Its id; later ones are greater.
    pub id: Uuid,
    /// When.
    pub created_at: Timestamp,
    /// Who: `user:<id>` or `service:<name>`.
    pub actor: String,
    /// What kind of secret.
    pub purpose: String,
    /// The row that holds it.
    pub row_id: Uuid,
    /// Why: the op whose transaction opened it, such as `open_workspace`.
    pub why: String,
    /// The request behind it.
    pub request_id: String,
    /// The W3C `traceparent` behind it, where one was known.
    pub traceparent: Option<String>,
}

/// Which openings to list: all of the tenant's, unless narrowed.
#[derive(Clone, Copy, Debug, Default)]
pub struct Which<'a> {
    /// Only secrets of this kind.
    pub purpose: Option<&'a str>,
    /// Only the secret in this row.
    pub row: Option<Uuid>,
    /// Only openings before this one: the last of the page before.
    pub before: Option<Uuid>,
}

/// Lists the openings of a tenant's secrets, the latest first. The page's cursor is the id to ask for as `before`.
///
/// # Errors
/// [`crate::Error::Database`].
pub async fn reads(tx: &mut TenantTx, which: Which<'_>, size: PageSize) -> Result<Page<Read>> {
    let rows = sqlx::query_as(
        "select tenant_id, id, created_at, actor, purpose, row_id, why, request_id, traceparent from secret_reads
         where tenant_id = usher.current_tenant() and ($1::text is null or purpose = $1)
           and ($2::uuid is null or row_id = $2) and ($3::uuid is null or id < $3)
         order by id desc limit $4",
    )
    .bind(which.purpose)
    .bind(which.row)
    .bind(which.before)
    .bind(size.fetch())
    .fetch_all(&mut **tx)
    .await?;
    Ok(Page::cut(rows, size, |read: &Read| read.id.to_string()))
}

/// Lists the openings of secrets of this tenant, or of all, the latest first: one more than the page holds, for whoever
/// puts the journals of several services together.
///
/// # Errors
/// [`crate::Error::Database`].
pub async fn reads_of(
    tx: &mut PlatformTx,
    tenant: Option<TenantId>,
    which: Which<'_>,
    size: PageSize,
) -> Result<Vec<Read>> {
    let rows = sqlx::query_as(
        "select tenant_id, id, created_at, actor, purpose, row_id, why, request_id, traceparent from secret_reads
         where ($1::uuid is null or tenant_id = $1) and ($2::text is null or purpose = $2)
           and ($3::uuid is null or row_id = $3) and ($4::uuid is null or id < $4)
         order by id desc limit $5",
    )
    .bind(tenant)
    .bind(which.purpose)
    .bind(which.row)
    .bind(which.before)
    .bind(size.fetch())
    .fetch_all(&mut **tx)
    .await?;
    Ok(rows)
}

/// Journals an opening and fetches the data key for it, in one round trip; `None` where that key was shredded. The op
/// that opens is named by its transaction.
pub(crate) async fn record(
    tx: &mut TenantTx,
    cx: &Cx,
    purpose: &str,
    row: Uuid,
    generation: i32,
) -> Result<Option<DataKeyRow>> {
    let why = tx.name();
    Ok(sqlx::query_as(
        "with journaled as (
             insert into secret_reads (id, purpose, row_id, actor, request_id, why, traceparent)
             values ($1, $2, $3, $4, $5, $6, $7)
         )
         select tenant_id, generation, wrapped, master_id from data_keys
         where tenant_id = usher.current_tenant() and generation = $8 and shredded_at is null",
    )
    .bind(Clock::system().new_id::<Uuid>())
    .bind(purpose)
    .bind(row)
    .bind(cx.actor.label())
    .bind(&cx.request_id)
    .bind(why)
    .bind(&cx.traceparent)
    .bind(generation)
    .fetch_optional(&mut **tx)
    .await?)
}
