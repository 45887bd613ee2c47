//! Rows of `join_requests`, with the person of each.

use kernel::{Timestamp, UserId};
use pg::TenantTx;
use uuid::Uuid;

use crate::domain::{JoinRequest, RequestStatus};

/// A checked query for requests; what follows the tenant is given.
macro_rules! requests {
    ($rest:literal $(, $argument:expr)* $(,)?) => {
        sqlx::query_as!(
            JoinRequest,
            r#"select r.request_id, r.user_id as "user_id: _", u.email as "email: _", u.name as "name: _", r.role,
                      r.message, r.status as "status: _", r.asked_at as "asked_at: _",
                      r.decided_at as "decided_at: _", r.decided_by
               from join_requests r join users u using (user_id)
               where r.tenant_id = usher.current_tenant() "# + $rest
            $(, $argument)*
        )
    };
}

/// Adds a request; false where one of this person waits.
pub(crate) async fn insert_request(tx: &mut TenantTx, new: &JoinRequest) -> pg::Result<bool> {
    let inserted = sqlx::query!(
        "insert into join_requests (request_id, user_id, role, message, status, asked_at)
         values ($1, $2, $3, $4, $5, $6)
         on conflict (tenant_id, user_id) where status = 'pending' do nothing",
        new.request_id,
        new.user_id as _,
        new.role,
        new.message,
        new.status.as_str(),
        new.asked_at as _,
    )
    .execute(&mut **tx)
    .await?;
    Ok(inserted.rows_affected() == 1)
}

/// What the person asked last.
pub(crate) async fn last_request(
    tx: &mut TenantTx,
    user: UserId,
) -> pg::Result<Option<JoinRequest>> {
    let query = requests!("and r.user_id = $1 order by r.asked_at desc limit 1", user as _);
    Ok(query.fetch_optional(&mut **tx).await?)
}

pub(crate) async fn lock_request(tx: &mut TenantTx, id: Uuid) -> pg::Result<Option<JoinRequest>> {
    let query = requests!("and r.request_id = $1 for no key update of r", id);
    Ok(query.fetch_optional(&mut **tx).await?)
}

/// Requests after the id `after`, of one status when given, the first one first.
pub(crate) async fn list_requests(
    tx: &mut TenantTx,
    status: Option<RequestStatus>,
    after: Option<Uuid>,
    limit: i64,
) -> pg::Result<Vec<JoinRequest>> {
    let query = requests!(
        "and ($1::text is null or r.status = $1) and ($2::uuid is null or r.request_id > $2)
         order by r.request_id limit $3",
        status.map(RequestStatus::as_str) as _,
        after,
        limit,
    );
    Ok(query.fetch_all(&mut **tx).await?)
}

/// Keeps what was decided. The request is locked by the caller.
pub(crate) async fn decide_request(
    tx: &mut TenantTx,
    id: Uuid,
    decision: RequestStatus,
    by: &str,
    now: Timestamp,
) -> pg::Result<()> {
    sqlx::query!(
        "update join_requests set status = $2, decided_at = $3, decided_by = $4
         where tenant_id = usher.current_tenant() and request_id = $1",
        id,
        decision.as_str(),
        now as _,
        by,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}
