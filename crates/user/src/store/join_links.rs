//! Rows of `join_links` and `join_link_uses`.

use kernel::{Email, Timestamp};
use pg::TenantTx;
use uuid::Uuid;

use crate::domain::{JoinLink, TokenHash};

/// A checked query for links; what follows the table's name is given.
macro_rules! join_links {
    ($rest:literal $(, $argument:expr)* $(,)?) => {
        sqlx::query_as!(
            JoinLink,
            r#"select join_link_id, title, roles, scope_type as "scope_type: _", scope_id, email_domains, most_uses, uses,
                      created_by, created_at as "created_at: _", expires_at as "expires_at: _",
                      revoked_at as "revoked_at: _"
               from join_links where tenant_id = usher.current_tenant() "# + $rest
            $(, $argument)*
        )
    };
}

pub(crate) async fn insert_join_link(
    tx: &mut TenantTx,
    link: &JoinLink,
    hash: &TokenHash,
) -> pg::Result<()> {
    sqlx::query!(
        "insert into join_links (join_link_id, token_hash, title, roles, scope_type, scope_id, email_domains, most_uses,
                                 created_by, created_at, expires_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
        link.join_link_id,
        hash.as_bytes(),
        link.title,
        &link.roles,
        link.scope_type.as_str(),
        link.scope_id,
        &link.email_domains,
        link.most_uses,
        link.created_by,
        link.created_at as _,
        link.expires_at as _,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Links after the id `after`, oldest first.
pub(crate) async fn list_join_links(
    tx: &mut TenantTx,
    after: Option<Uuid>,
    limit: i64,
) -> pg::Result<Vec<JoinLink>> {
    let query = join_links!(
        "and ($1::uuid is null or join_link_id > $1) order by join_link_id limit $2",
        after,
        limit,
    );
    Ok(query.fetch_all(&mut **tx).await?)
}

pub(crate) async fn lock_join_link(tx: &mut TenantTx, id: Uuid) -> pg::Result<Option<JoinLink>> {
    let query = join_links!("and join_link_id = $1 for no key update", id);
    Ok(query.fetch_optional(&mut **tx).await?)
}

pub(crate) async fn join_link_by_token(
    tx: &mut TenantTx,
    hash: &TokenHash,
) -> pg::Result<Option<JoinLink>> {
    Ok(join_links!("and token_hash = $1", hash.as_bytes()).fetch_optional(&mut **tx).await?)
}

pub(crate) async fn lock_join_link_by_token(
    tx: &mut TenantTx,
    hash: &TokenHash,
) -> pg::Result<Option<JoinLink>> {
    let query = join_links!("and token_hash = $1 for no key update", hash.as_bytes());
    Ok(query.fetch_optional(&mut **tx).await?)
}

pub(crate) async fn revoke_join_link(
    tx: &mut TenantTx,
    id: Uuid,
    now: Timestamp,
) -> pg::Result<()> {
    sqlx::query!(
        "update join_links set revoked_at = $2 where tenant_id = usher.current_tenant() and join_link_id = $1",
        id,
        now as _,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Whether this address used the link before.
pub(crate) async fn has_used(tx: &mut TenantTx, id: Uuid, email: &Email) -> pg::Result<bool> {
    let used = sqlx::query_scalar!(
        r#"select exists (select from join_link_uses
                          where tenant_id = usher.current_tenant() and join_link_id = $1 and email = $2) as "used!""#,
        id,
        email.as_str(),
    );
    Ok(used.fetch_one(&mut **tx).await?)
}

/// Notes and counts that this address uses the link for the first time. The link is locked by the caller.
pub(crate) async fn insert_use(
    tx: &mut TenantTx,
    id: Uuid,
    email: &Email,
    now: Timestamp,
) -> pg::Result<()> {
    sqlx::query!(
        "with used as (
             insert into join_link_uses (join_link_id, email, used_at) values ($1, $2, $3))
         update join_links set uses = uses + 1 where tenant_id = usher.current_tenant() and join_link_id = $1",
        id,
        email.as_str(),
        now as _,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}
