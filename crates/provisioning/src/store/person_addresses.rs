//! Rows of `person_addresses`, and the addresses of clients that follow them.

use kernel::{ClientId, Email, TenantId, UserId};
use pg::{PlatformTx, TenantTx};
use sqlx::PgConnection;

use crate::domain::PersonAddress;

/// Lets nobody learn whose client somebody is, or move them, until the transaction ends. Comes before clients.
pub(crate) async fn lock_person_address(tx: &mut PgConnection, user_id: UserId) -> pg::Result<()> {
    sqlx::query!(
        "select pg_advisory_xact_lock(hashtextextended('address of ' || $1::text, 0))",
        user_id.to_string()
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// Lets nobody move the person until the transaction ends. Comes before clients.
pub(crate) async fn share_person_address(tx: &mut PgConnection, user_id: UserId) -> pg::Result<()> {
    sqlx::query!(
        "select pg_advisory_xact_lock_shared(hashtextextended('address of ' || $1::text, 0))",
        user_id.to_string()
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// Keeps the address; `false` where it is no later than what is known.
pub(crate) async fn put_person_address(
    tx: &mut PlatformTx,
    address: &PersonAddress,
) -> pg::Result<bool> {
    let kept = sqlx::query!(
        "insert into person_addresses as a (user_id, version, email) values ($1, $2, $3)
         on conflict on constraint person_addresses_pkey do update set version = $2, email = $3 where a.version < $2",
        address.user_id as _,
        address.version,
        address.email.as_str(),
    )
    .execute(&mut **tx)
    .await?;
    Ok(kept.rows_affected() == 1)
}

/// The address that the person moved to, if they did.
pub(crate) async fn person_address(
    tx: &mut PgConnection,
    user_id: UserId,
) -> pg::Result<Option<PersonAddress>> {
    let known = sqlx::query_as!(
        PersonAddress,
        r#"select user_id as "user_id: _", version, email as "email!: _" from person_addresses
           where user_id = $1 and email is not null"#,
        user_id as _
    );
    Ok(known.fetch_optional(tx).await?)
}

/// Gives the person's clients the address, but where another client of the tenant has it; the tenants of those that
/// changed.
pub(crate) async fn renew_addresses(
    tx: &mut PlatformTx,
    address: &PersonAddress,
) -> pg::Result<Vec<TenantId>> {
    let renewed = sqlx::query_scalar!(
        r#"update clients c set email = $2
           where c.user_id = $1 and c.email <> $2
             and not exists (select from clients o where o.tenant_id = c.tenant_id and o.email = $2)
           returning c.tenant_id as "tenant_id: _""#,
        address.user_id as _,
        address.email.as_str(),
    );
    Ok(renewed.fetch_all(&mut **tx).await?)
}

/// Gives one client the address, but where another client of the tenant has it; whether that changed anything.
pub(crate) async fn renew_address(
    tx: &mut TenantTx,
    client_id: ClientId,
    email: &Email,
) -> pg::Result<bool> {
    let renewed = sqlx::query!(
        "update clients c set email = $2
         where c.tenant_id = usher.current_tenant() and c.client_id = $1 and c.email <> $2
           and not exists (select from clients o where o.tenant_id = c.tenant_id and o.email = $2)",
        client_id as _,
        email.as_str(),
    )
    .execute(&mut **tx)
    .await?;
    Ok(renewed.rows_affected() == 1)
}

/// Forgets the person's address, and takes none any more.
pub(crate) async fn forget_person_address(tx: &mut PlatformTx, user_id: UserId) -> pg::Result<()> {
    sqlx::query!(
        "insert into person_addresses (user_id, version) values ($1, $2)
         on conflict on constraint person_addresses_pkey do update set version = $2, email = null",
        user_id as _,
        i64::MAX,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}
