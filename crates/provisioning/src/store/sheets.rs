//! Rows of `spreadsheets` and `user_workspaces`, and what the clients add to them.

use kernel::{ClientId, Timestamp, UserId};
use pg::TenantTx;
use vault::{Hint, Sealed};

use crate::domain::{Sheet, SpreadsheetId, Stage, Switch};

/// A client's token as it lies here.
#[derive(Debug)]
pub(crate) struct StoredToken {
    pub(crate) client_id: ClientId,
    pub(crate) legacy_id: i64,
    pub(crate) spreadsheet_id: SpreadsheetId,
    pub(crate) sealed: Sealed,
    pub(crate) hint: Hint,
}

/// Makes the spreadsheet this tenant's, for good; false where it is another's.
pub(crate) async fn claim_spreadsheet(tx: &mut TenantTx, id: &SpreadsheetId) -> pg::Result<bool> {
    sqlx::query!(
        "insert into spreadsheets (spreadsheet_id) values ($1) on conflict do nothing",
        id.as_str(),
    )
    .execute(&mut **tx)
    .await?;
    let ours = sqlx::query_scalar!(
        r#"select exists (select from spreadsheets
                          where tenant_id = usher.current_tenant() and spreadsheet_id = $1) as "ours!""#,
        id.as_str(),
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok(ours)
}

/// The workspaces of these people, of a spreadsheet, or all; at most 2000.
pub(crate) async fn list_sheets(
    tx: &mut TenantTx,
    people: Option<&[UserId]>,
    spreadsheet_id: Option<&SpreadsheetId>,
    now: Timestamp,
) -> pg::Result<Vec<Sheet>> {
    let people: Option<Vec<_>> = people.map(|people| people.iter().map(|id| id.uuid()).collect());
    let rows = sqlx::query_as!(
        Sheet,
        r#"with held as (
               select user_id, spreadsheet_id from clients where user_id is not null
               union
               select user_id, spreadsheet_id from user_workspaces)
           select h.user_id as "user_id!: _", h.spreadsheet_id as "spreadsheet_id!: _",
                  coalesce(w.is_active, c.stage <> 'revoked', true) as "is_active!",
                  coalesce(w.updated_at, c.updated_at) as "updated_at!: _",
                  c.legacy_id as "client_legacy_id?",
                  case when c.spreadsheet_id = h.spreadsheet_id then
                      case when c.stage = 'invited' and c.invite_expires_at <= $3 then 'expired' else c.stage end
                  end as "stage?: Stage"
           from held h
           left join user_workspaces w on w.user_id = h.user_id and w.spreadsheet_id = h.spreadsheet_id
           left join clients c on c.user_id = h.user_id
           where ($1::uuid[] is null or h.user_id = any($1)) and ($2::text is null or h.spreadsheet_id = $2)
           order by h.spreadsheet_id, h.user_id limit 2000"#,
        people.as_deref(),
        spreadsheet_id.map(SpreadsheetId::as_str),
        now as _,
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(rows)
}

/// Switches a person's workspace on or off; a new one begins so.
pub(crate) async fn put_sheet(
    tx: &mut TenantTx,
    user_id: UserId,
    spreadsheet_id: &SpreadsheetId,
    switch: Switch,
    now: Timestamp,
) -> pg::Result<()> {
    sqlx::query!(
        "insert into user_workspaces (user_id, spreadsheet_id, is_active, updated_at) values ($1, $2, $3, $4)
         on conflict on constraint user_workspaces_pkey
         do update set is_active = excluded.is_active, updated_at = excluded.updated_at",
        user_id as _,
        spreadsheet_id.as_str(),
        switch.is_on(),
        now as _,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// The tokens of these people's clients.
pub(crate) async fn stored_tokens(
    tx: &mut TenantTx,
    people: &[UserId],
) -> pg::Result<Vec<StoredToken>> {
    let people: Vec<_> = people.iter().map(|id| id.uuid()).collect();
    let rows = sqlx::query_as!(
        StoredToken,
        r#"select client_id as "client_id: _", legacy_id, spreadsheet_id as "spreadsheet_id: _",
                  wb_token as "sealed!: _", wb_token_hint as "hint!: _"
           from clients where user_id = any($1) and wb_token is not null order by client_id"#,
        &people,
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(rows)
}
