//! Rows of `erasures`, and what is forgotten of a person.

use kernel::{InviteId, TenantId, Timestamp, UserId};
use pg::{PlatformTx, Tx};

use crate::domain::Erasure;

/// A checked query for erasures; what follows the table's name is given.
macro_rules! erasures {
    ($rest:literal $(, $argument:expr)* $(,)?) => {
        sqlx::query_as!(
            Erasure,
            r#"select erasure_id, user_id as "user_id: _", status as "status: _", reason, problem, asked_by,
                      asked_at as "asked_at: _", due_at as "due_at: _", ended_at as "ended_at: _"
               from erasures "# + $rest
            $(, $argument)*
        )
    };
}

/// Adds an erasure. The person is locked by the caller.
pub(crate) async fn insert_erasure<Scope>(tx: &mut Tx<Scope>, erasure: &Erasure) -> pg::Result<()> {
    sqlx::query!(
        "insert into erasures (erasure_id, user_id, status, reason, asked_by, asked_at, due_at)
         values ($1, $2, $3, $4, $5, $6, $7)",
        erasure.erasure_id,
        erasure.user_id as _,
        erasure.status.as_str(),
        erasure.reason,
        erasure.asked_by,
        erasure.asked_at as _,
        erasure.due_at as _,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// The person's open erasure, else the newest. Whoever changes it has locked the person.
pub(crate) async fn newest_erasure<Scope>(
    tx: &mut Tx<Scope>,
    user_id: UserId,
) -> pg::Result<Option<Erasure>> {
    let query = erasures!(
        "where user_id = $1
         order by status in ('waiting', 'running') desc, asked_at desc, erasure_id desc limit 1",
        user_id as _
    );
    Ok(query.fetch_optional(&mut **tx).await?)
}

/// Erasures whose time has come, the longest due first.
pub(crate) async fn due_erasures(
    tx: &mut PlatformTx,
    now: Timestamp,
    after: Option<Timestamp>,
    limit: i64,
) -> pg::Result<Vec<Erasure>> {
    let query = erasures!(
        "where status in ('waiting', 'running') and due_at <= $1 and ($2::timestamptz is null or due_at > $2)
         order by due_at limit $3",
        now as _,
        after as _,
        limit,
    );
    Ok(query.fetch_all(&mut **tx).await?)
}

/// Keeps where the erasure stands.
pub(crate) async fn update_erasure<Scope>(tx: &mut Tx<Scope>, erasure: &Erasure) -> pg::Result<()> {
    sqlx::query!(
        "update erasures set status = $2, problem = $3, ended_at = $4 where erasure_id = $1",
        erasure.erasure_id,
        erasure.status.as_str(),
        erasure.problem,
        erasure.ended_at as _,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Tenants in which the person is a member still, or an invitation waits for them.
pub(crate) async fn tenants_of(
    tx: &mut PlatformTx,
    user_id: UserId,
) -> pg::Result<Vec<(TenantId, Option<InviteId>)>> {
    let rows = sqlx::query!(
        r#"select a.tenant_id as "tenant_id: TenantId", i.invite_id as "invite_id?: InviteId"
           from accounts a
           left join memberships m on m.tenant_id = a.tenant_id and m.user_id = a.user_id and m.status <> 'removed'
           left join invites i on i.tenant_id = a.tenant_id and i.user_id = a.user_id and i.status = 'pending'
           where a.user_id = $1 and (m.user_id is not null or i.invite_id is not null)
           order by a.tenant_id"#,
        user_id as _,
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(rows.into_iter().map(|row| (row.tenant_id, row.invite_id)).collect())
}

/// The addresses that are the person's, or were and are nobody else's now.
pub(crate) async fn addresses_of(tx: &mut PlatformTx, user_id: UserId) -> pg::Result<Vec<String>> {
    let rows = sqlx::query_scalar!(
        r#"select own.email as "email!" from (
               select email from users where user_id = $1
               union select old_email from email_changes where user_id = $1
               union select new_email from email_changes where user_id = $1 and status = 'done') own
           where not exists (select from users u where u.email = own.email and u.user_id <> $1)"#,
        user_id as _,
    );
    Ok(rows.fetch_all(&mut **tx).await?)
}

/// Forgets who the person was, in every table of this service; their rows stay and name nobody. Stored replies that
/// tell an address go too: whoever repeats such a request is answered anew.
pub(crate) async fn forget_person(
    tx: &mut PlatformTx,
    user_id: UserId,
    emails: &[String],
    now: Timestamp,
) -> pg::Result<()> {
    sqlx::query!(
        "update users set email = 'erased-' || user_id || '@erased.invalid', name = 'Erased person', locale = null,
                          time_zone = null, avatar_url = null, closed_note = '', version = version + 1, erased_at = $2
         where user_id = $1",
        user_id as _,
        now as _,
    )
    .execute(&mut **tx)
    .await?;
    sqlx::query!(
        "update invites set email = 'erased-' || user_id || '@erased.invalid', name = 'Erased person',
                            workspace = '{}'
         where user_id = $1",
        user_id as _,
    )
    .execute(&mut **tx)
    .await?;
    sqlx::query!("update accounts set name = null where user_id = $1", user_id as _)
        .execute(&mut **tx)
        .await?;
    sqlx::query!("update memberships set note = '' where user_id = $1", user_id as _)
        .execute(&mut **tx)
        .await?;
    sqlx::query!("update join_requests set message = '' where user_id = $1", user_id as _)
        .execute(&mut **tx)
        .await?;
    forget_batch_rows(tx, emails).await?;
    for statement in [
        sqlx::query!("delete from member_words where user_id = $1", user_id as _),
        sqlx::query!("delete from email_changes where user_id = $1", user_id as _),
        sqlx::query!("delete from policy_overrides where user_id = $1", user_id as _),
    ] {
        statement.execute(&mut **tx).await?;
    }
    for email in emails {
        sqlx::query!(
            "delete from replies where position(convert_to($1, 'UTF8') in reply) > 0",
            email
        )
        .execute(&mut **tx)
        .await?;
    }
    Ok(())
}

/// Drops the rows of lists about these addresses; those of a list that is worked on stay, since its outcomes are counted
/// by them, and name nobody. One that waited for its turn invites nobody any more.
async fn forget_batch_rows(tx: &mut PlatformTx, emails: &[String]) -> pg::Result<()> {
    sqlx::query!(
        "delete from invite_batch_rows r using invite_batches b
         where b.tenant_id = r.tenant_id and b.batch_id = r.batch_id and b.status <> 'running'
           and lower(r.email) = any($1)",
        emails
    )
    .execute(&mut **tx)
    .await?;
    sqlx::query!(
        "update invite_batch_rows
         set outcome = case outcome when 'waiting' then 'left_out' else outcome end,
             email = '', name = '', message = '', wish = wish - '{email,name,workspace}'::text[]
         where lower(email) = any($1)",
        emails
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}
