//! Rows of `sso_connections`, `sso_identities`, `sso_journeys` and `sso_sessions`.

use kernel::{Email, SessionId, TenantId, Timestamp, UserId};
use pg::{OnConstraint, PlatformTx, TenantTx};
use sqlx::PgConnection;
use vault::Sealed;

use crate::{
    Error, Result,
    domain::{
        Connection, ConnectionId, CredentialId, Journey, Key, Linked, MOST_JOURNEYS, SsoRefusal,
        SsoRole, SsoState, Terms,
    },
};

/// Keeps a connection, or refuses one that the tenant has.
pub(crate) async fn insert_connection(
    tx: &mut TenantTx,
    connection: &Connection,
    secret: &Sealed,
) -> Result<()> {
    let Connection { connection_id, issuer, terms, created_at } = connection;
    sqlx::query!(
        "insert into sso_connections (connection_id, name, issuer, client_id, client_secret, domains, role, enabled, created_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        connection_id.uuid(),
        terms.name,
        issuer,
        terms.client_id,
        secret as _,
        &terms.domains,
        terms.role.as_str(),
        terms.enabled,
        *created_at as _
    )
    .execute(&mut **tx)
    .await
    .on_constraint("sso_connections_issuer_key", || Error::Sso(SsoRefusal::Taken))?;
    Ok(())
}

/// Lets nobody else connect the tenant with a provider until the end of the transaction.
pub(crate) async fn lock_connections(tx: &mut TenantTx) -> pg::Result<()> {
    sqlx::query!(
        "select pg_advisory_xact_lock(hashtextextended('sso connections of ' || usher.current_tenant()::text, 0))"
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Sets a connection's terms, and its secret where there is another; `false` where there is no such connection.
pub(crate) async fn update_connection(
    tx: &mut TenantTx,
    connection_id: ConnectionId,
    terms: &Terms,
    secret: Option<&Sealed>,
) -> Result<bool> {
    let updated = sqlx::query!(
        "update sso_connections set name = $2, client_id = $3, domains = $4, role = $5, enabled = $6,
             client_secret = coalesce($7, client_secret)
         where tenant_id = usher.current_tenant() and connection_id = $1",
        connection_id.uuid(),
        terms.name,
        terms.client_id,
        &terms.domains,
        terms.role.as_str(),
        terms.enabled,
        secret as _
    )
    .execute(&mut **tx)
    .await
    .on_constraint("sso_connections_issuer_key", || Error::Sso(SsoRefusal::Taken))?;
    Ok(updated.rows_affected() == 1)
}

/// Removes a connection with all that hangs on it; `false` where there is none.
pub(crate) async fn delete_connection(
    tx: &mut TenantTx,
    connection_id: ConnectionId,
) -> pg::Result<bool> {
    let deleted = sqlx::query!(
        "delete from sso_connections where tenant_id = usher.current_tenant() and connection_id = $1",
        connection_id.uuid()
    )
    .execute(&mut **tx)
    .await?;
    Ok(deleted.rows_affected() == 1)
}

/// The tenant's connections, the oldest first.
pub(crate) async fn connections(tx: &mut TenantTx) -> pg::Result<Vec<Connection>> {
    let rows = sqlx::query!(
        r#"select connection_id, name, issuer, client_id, domains, role as "role: SsoRole", enabled,
                  created_at as "created_at: Timestamp"
           from sso_connections where tenant_id = usher.current_tenant() order by created_at, connection_id"#
    )
    .fetch_all(&mut **tx)
    .await?;
    let connections = rows.into_iter().map(|row| Connection {
        connection_id: row.connection_id.into(),
        issuer: row.issuer,
        terms: Terms {
            name: row.name,
            client_id: row.client_id,
            domains: row.domains,
            role: row.role,
            enabled: row.enabled,
        },
        created_at: row.created_at,
    });
    Ok(connections.collect())
}

/// A connection and its sealed secret.
pub(crate) async fn connection(
    tx: &mut TenantTx,
    connection_id: ConnectionId,
) -> pg::Result<Option<(Connection, Sealed)>> {
    let secret = sqlx::query_scalar!(
        r#"select client_secret as "secret: Sealed" from sso_connections
           where tenant_id = usher.current_tenant() and connection_id = $1"#,
        connection_id.uuid()
    )
    .fetch_optional(&mut **tx)
    .await?;
    let Some(secret) = secret else { return Ok(None) };
    let found = connections(tx).await?.into_iter();
    let mut found = found.filter(|connection| connection.connection_id == connection_id);
    Ok(found.next().map(|connection| (connection, secret)))
}

/// Keeps a journey; `false` where as many people are on their way by this connection at `now` as may be.
pub(crate) async fn insert_journey(
    tx: &mut TenantTx,
    state: &SsoState,
    binding: &Key,
    journey: &Journey,
    now: Timestamp,
) -> pg::Result<bool> {
    let inserted = sqlx::query!(
        "insert into sso_journeys (state_hash, binding_hash, connection_id, user_id, session_id, expires_at,
                                   invitation_hash)
         select $1::bytea, $2::bytea, $3::uuid, $4::uuid, $5::uuid, $6::timestamptz, $9::bytea
         where (select count(*) from sso_journeys
                where tenant_id = usher.current_tenant() and connection_id = $3 and expires_at > $7) < $8",
        state.hash(),
        binding.hash(),
        journey.connection_id.uuid(),
        journey.linking.map(|(user_id, _)| user_id) as _,
        journey.linking.map(|(_, session_id)| session_id) as _,
        journey.expires_at as _,
        now as _,
        MOST_JOURNEYS,
        journey.invitation.as_deref()
    )
    .execute(&mut **tx)
    .await?;
    Ok(inserted.rows_affected() == 1)
}

/// Uses a journey up, in the browser that began it; nothing for all but one of those that try at once.
pub(crate) async fn take_journey(
    tx: &mut TenantTx,
    state: &SsoState,
    binding: &Key,
) -> pg::Result<Option<Journey>> {
    let row = sqlx::query!(
        r#"delete from sso_journeys
           where tenant_id = usher.current_tenant() and state_hash = $1 and binding_hash = $2
           returning connection_id, user_id as "user_id: UserId", session_id as "session_id: SessionId",
                     invitation_hash, expires_at as "expires_at: Timestamp""#,
        state.hash(),
        binding.hash()
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(row.map(|row| Journey {
        connection_id: row.connection_id.into(),
        linking: row.user_id.zip(row.session_id),
        invitation: row.invitation_hash,
        expires_at: row.expires_at,
    }))
}

/// Removes journeys that expired before `before`.
pub(crate) async fn delete_journeys(tx: &mut PgConnection, before: Timestamp) -> pg::Result<u64> {
    let deleted = sqlx::query!("delete from sso_journeys where expires_at < $1", before as _)
        .execute(tx)
        .await?;
    Ok(deleted.rows_affected())
}

/// Who a subject at a connection is here.
pub(crate) async fn user_of(
    tx: &mut TenantTx,
    connection_id: ConnectionId,
    subject: &str,
) -> pg::Result<Option<UserId>> {
    let user_id = sqlx::query_scalar!(
        r#"select user_id as "user_id: UserId" from sso_identities
           where tenant_id = usher.current_tenant() and connection_id = $1 and subject = $2"#,
        connection_id.uuid(),
        subject
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(user_id)
}

/// Links a person and a subject; `false` where one of the two is linked.
pub(crate) async fn insert_identity(
    tx: &mut TenantTx,
    connection_id: ConnectionId,
    subject: &str,
    user_id: UserId,
    now: Timestamp,
) -> pg::Result<bool> {
    let linked = sqlx::query!(
        "insert into sso_identities (connection_id, subject, user_id, linked_at) values ($1, $2, $3, $4)
         on conflict do nothing",
        connection_id.uuid(),
        subject,
        user_id as _,
        now as _
    )
    .execute(&mut **tx)
    .await?;
    Ok(linked.rows_affected() == 1)
}

/// Forgets who a person is at the providers of all tenants.
pub(crate) async fn delete_identities_of(tx: &mut PgConnection, user_id: UserId) -> pg::Result<()> {
    sqlx::query!("delete from sso_identities where user_id = $1", user_id as _)
        .execute(&mut *tx)
        .await?;
    sqlx::query!("delete from sso_journeys where user_id = $1", user_id as _).execute(tx).await?;
    Ok(())
}

/// Who a person is at the providers of all tenants, the oldest first.
pub(crate) async fn sso_links(tx: &mut PlatformTx, user_id: UserId) -> pg::Result<Vec<Linked>> {
    let rows = sqlx::query!(
        r#"select i.connection_id, i.tenant_id as "tenant: TenantId", c.name, c.issuer,
                  i.linked_at as "linked_at: Timestamp"
           from sso_identities i join sso_connections c using (tenant_id, connection_id)
           where i.user_id = $1 order by i.linked_at, i.connection_id limit 1000"#,
        user_id as _
    )
    .fetch_all(&mut **tx)
    .await?;
    let links = rows.into_iter().map(|row| Linked {
        connection_id: row.connection_id.into(),
        tenant: row.tenant,
        name: row.name,
        issuer: row.issuer,
        linked_at: row.linked_at,
    });
    Ok(links.collect())
}

/// Forgets who a person is at one provider; `false` where they are nobody there.
pub(crate) async fn delete_identity(
    tx: &mut PlatformTx,
    user_id: UserId,
    connection_id: ConnectionId,
) -> pg::Result<bool> {
    let deleted = sqlx::query!(
        "delete from sso_identities where user_id = $1 and connection_id = $2",
        user_id as _,
        connection_id.uuid()
    )
    .execute(&mut **tx)
    .await?;
    Ok(deleted.rows_affected() > 0)
}

/// Ends a person's sessions that one provider opened.
pub(crate) async fn end_sso_sessions(
    tx: &mut PlatformTx,
    user_id: UserId,
    connection_id: ConnectionId,
    now: Timestamp,
) -> pg::Result<()> {
    sqlx::query!(
        "update sessions s set ended_at = $3 from sso_sessions o
         where o.session_id = s.session_id and o.connection_id = $2 and s.user_id = $1 and s.ended_at is null",
        user_id as _,
        connection_id.uuid(),
        now as _
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Lets somebody who came in by a provider be found by their address, so that a letter helps where the provider is gone;
/// nothing where somebody signs in by it.
pub(crate) async fn insert_active(
    tx: &mut PgConnection,
    credential_id: CredentialId,
    user_id: UserId,
    email: &Email,
    now: Timestamp,
) -> pg::Result<()> {
    sqlx::query!(
        "insert into credentials (credential_id, user_id, email, state, created_at) values ($1, $2, $3, 'active', $4)
         on conflict do nothing",
        credential_id.uuid(),
        user_id as _,
        email.as_str(),
        now as _
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// Notes which provider opened a session.
pub(crate) async fn insert_sso_session(
    tx: &mut PgConnection,
    session_id: SessionId,
    tenant: TenantId,
    connection_id: ConnectionId,
) -> pg::Result<()> {
    sqlx::query!(
        "insert into sso_sessions (session_id, of_tenant, connection_id) values ($1, $2, $3)",
        session_id as _,
        tenant as _,
        connection_id.uuid()
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// The one tenant that a session is good in, as long as the connection that opened it is there and enabled. Read across
/// tenants.
pub(crate) async fn sso_tenant(
    tx: &mut PgConnection,
    session_id: SessionId,
) -> pg::Result<Option<TenantId>> {
    let tenant = sqlx::query_scalar!(
        r#"select s.of_tenant as "of_tenant: TenantId" from sso_sessions s
           join sso_connections c on c.tenant_id = s.of_tenant and c.connection_id = s.connection_id
           where s.session_id = $1 and c.enabled"#,
        session_id as _
    )
    .fetch_optional(tx)
    .await?;
    Ok(tenant)
}
