//! Rows of `clients`. A reader says when "now" is, since an invitation expires by the clock alone.

use kernel::{ClientId, Email, InviteId, Timestamp};
use pg::TenantTx;
use vault::{Hint, Sealed};

use crate::domain::{Client, SpreadsheetId, Stage};

/// What a client is known by; every part that is given counts.
#[derive(Debug, Default)]
pub(crate) struct Key<'a> {
    pub(crate) client_id: Option<ClientId>,
    pub(crate) invite_id: Option<InviteId>,
    pub(crate) email: Option<&'a Email>,
    pub(crate) spreadsheet_id: Option<&'a SpreadsheetId>,
}

/// Keeps a new client; answers whether it is new. A rival insertion under way is waited for.
pub(crate) async fn insert_client(
    tx: &mut TenantTx,
    client: &Client,
    token: Option<&Sealed>,
) -> pg::Result<bool> {
    let inserted = sqlx::query!(
        "insert into clients (client_id, email, name, role, spreadsheet_id, wb_token, wb_token_hint, locale, stage,
                              created_at, updated_at, owner_email, user_id)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $10, $11, $12) on conflict do nothing",
        client.client_id as _,
        client.email.as_str(),
        client.name.as_str(),
        client.role.as_str(),
        client.spreadsheet_id.as_str(),
        token as _,
        client.wb_token_hint.as_ref().map(Hint::as_str),
        client.locale.as_ref().map(kernel::Locale::as_str),
        client.stage.as_str(),
        client.created_at as _,
        client.owner_email.as_ref().map(Email::as_str),
        client.user_id as _,
    )
    .execute(&mut **tx)
    .await?;
    Ok(inserted.rows_affected() == 1)
}

pub(crate) async fn client(
    tx: &mut TenantTx,
    id: ClientId,
    now: Timestamp,
) -> pg::Result<Option<Client>> {
    let row = sqlx::query_as!(
        Client,
        r#"select client_id as "client_id: _", email as "email: _", name as "name: _", role as "role: _",
                  spreadsheet_id as "spreadsheet_id: _", wb_token_hint as "wb_token_hint: _",
                  owner_email as "owner_email: _", locale as "locale: _",
                  case when stage = 'invited' and invite_expires_at <= $2 then 'expired' else stage end as "stage!: _",
                  resume_stage as "resume_stage: _", reason, message, attempts, run, invite_id as "invite_id: _",
                  invite_expires_at as "invite_expires_at: _", user_id as "user_id: _", created_at as "created_at: _",
                  updated_at as "updated_at: _", confirmed_at as "confirmed_at: _", active_at as "active_at: _"
           from clients where client_id = $1"#,
        id as _,
        now as _
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(row)
}

/// Locks every client that any part of the key fits.
pub(crate) async fn lock_clients(
    tx: &mut TenantTx,
    key: &Key<'_>,
    now: Timestamp,
) -> pg::Result<Vec<Client>> {
    let rows = sqlx::query_as!(
        Client,
        r#"select client_id as "client_id: _", email as "email: _", name as "name: _", role as "role: _",
                  spreadsheet_id as "spreadsheet_id: _", wb_token_hint as "wb_token_hint: _",
                  owner_email as "owner_email: _", locale as "locale: _",
                  case when stage = 'invited' and invite_expires_at <= $5 then 'expired' else stage end as "stage!: _",
                  resume_stage as "resume_stage: _", reason, message, attempts, run, invite_id as "invite_id: _",
                  invite_expires_at as "invite_expires_at: _", user_id as "user_id: _", created_at as "created_at: _",
                  updated_at as "updated_at: _", confirmed_at as "confirmed_at: _", active_at as "active_at: _"
           from clients where client_id = $1 or invite_id = $2 or email = $3 or spreadsheet_id = $4
           order by client_id for update"#,
        key.client_id as _,
        key.invite_id as _,
        key.email.map(Email::as_str),
        key.spreadsheet_id.map(SpreadsheetId::as_str),
        now as _
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(rows)
}

/// The clients after `after`, oldest first, of one stage or of any.
pub(crate) async fn list_clients(
    tx: &mut TenantTx,
    stage: Option<Stage>,
    after: Option<ClientId>,
    limit: i64,
    now: Timestamp,
) -> pg::Result<Vec<Client>> {
    let rows = sqlx::query_as!(
        Client,
        r#"select client_id as "client_id: _", email as "email: _", name as "name: _", role as "role: _",
                  spreadsheet_id as "spreadsheet_id: _", wb_token_hint as "wb_token_hint: _",
                  owner_email as "owner_email: _", locale as "locale: _",
                  case when stage = 'invited' and invite_expires_at <= $4 then 'expired' else stage end as "stage!: _",
                  resume_stage as "resume_stage: _", reason, message, attempts, run, invite_id as "invite_id: _",
                  invite_expires_at as "invite_expires_at: _", user_id as "user_id: _", created_at as "created_at: _",
                  updated_at as "updated_at: _", confirmed_at as "confirmed_at: _", active_at as "active_at: _"
           from clients
           where ($1::text is null
                  or $1 = case when stage = 'invited' and invite_expires_at <= $4 then 'expired' else stage end)
             and ($2::uuid is null or client_id > $2)
           order by client_id limit $3"#,
        stage as _,
        after as _,
        limit,
        now as _
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(rows)
}

/// Writes all that may change of a locked client.
pub(crate) async fn update_client(tx: &mut TenantTx, client: &Client) -> pg::Result<()> {
    // A stage that the clock alone makes is not stored.
    let stage = if client.stage == Stage::Expired { Stage::Invited } else { client.stage };
    sqlx::query!(
        "update clients set name = $2, role = $3, locale = $4, stage = $5, resume_stage = $6, reason = $7, message = $8,
             invite_id = $9, invite_expires_at = $10, user_id = $11, updated_at = $12, active_at = $13,
             run = $14, owner_email = $15, confirmed_at = $16
         where client_id = $1",
        client.client_id as _,
        client.name.as_str(),
        client.role.as_str(),
        client.locale.as_ref().map(kernel::Locale::as_str),
        stage.as_str(),
        client.resume_stage as _,
        client.reason,
        client.message,
        client.invite_id as _,
        client.invite_expires_at as _,
        client.user_id as _,
        client.updated_at as _,
        client.active_at as _,
        client.run,
        client.owner_email.as_ref().map(Email::as_str),
        client.confirmed_at as _,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Counts an attempt at a step that has ended.
pub(crate) async fn count_attempt(tx: &mut TenantTx, id: ClientId) -> pg::Result<()> {
    sqlx::query!("update clients set attempts = attempts + 1 where client_id = $1", id as _)
        .execute(&mut **tx)
        .await?;
    Ok(())
}
