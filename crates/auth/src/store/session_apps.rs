//! Rows of `session_apps`.

use kernel::{SessionId, Timestamp, UserId};
use sqlx::PgConnection;

/// An app that got tokens in a session, by its public name.
#[derive(Debug)]
pub(crate) struct SessionApp {
    pub(crate) session_id: SessionId,
    pub(crate) client_name: String,
}

/// Notes that an app got tokens in a session.
pub(crate) async fn insert_session_app(
    tx: &mut PgConnection,
    session_id: SessionId,
    client_name: &str,
) -> pg::Result<()> {
    sqlx::query!(
        "insert into session_apps (session_id, client_name) values ($1, $2)
         on conflict on constraint session_apps_pkey do nothing",
        session_id as _,
        client_name
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// The apps of a person's sessions that have not ended: of one of them or of all, but for `kept` and those that have expired
/// by `living`.
pub(crate) async fn session_apps(
    tx: &mut PgConnection,
    user_id: UserId,
    one: Option<SessionId>,
    (kept, living): (Option<SessionId>, Option<Timestamp>),
) -> pg::Result<Vec<SessionApp>> {
    let apps = sqlx::query_as!(
        SessionApp,
        r#"select a.session_id as "session_id: _", a.client_name
           from sessions s join session_apps a on a.session_id = s.session_id
           where s.user_id = $1 and ($2::uuid is null or s.session_id = $2) and s.session_id is distinct from $3
             and s.ended_at is null and ($4::timestamptz is null or s.expires_at > $4)
           order by a.session_id, a.client_name"#,
        user_id as _,
        one as _,
        kept as _,
        living as _
    );
    Ok(apps.fetch_all(tx).await?)
}

/// Forgets that an app got tokens in a session.
pub(crate) async fn delete_session_app(tx: &mut PgConnection, app: &SessionApp) -> pg::Result<()> {
    sqlx::query!(
        "delete from session_apps where session_id = $1 and client_name = $2",
        app.session_id as _,
        app.client_name
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// The apps of the tenant that have tokens of a person, with the sessions in which they got them.
pub(crate) async fn family_apps(
    tx: &mut PgConnection,
    user_id: UserId,
) -> pg::Result<Vec<SessionApp>> {
    let apps = sqlx::query_as!(
        SessionApp,
        r#"select distinct a.session_id as "session_id: _", a.client_name
           from token_families f
           join session_apps a on a.session_id = f.session_id and a.client_name = f.client_id
           where f.tenant_id = usher.current_tenant() and f.user_id = $1 and f.ended_at is null"#,
        user_id as _
    );
    Ok(apps.fetch_all(tx).await?)
}
