//! Who did what: the audit row in the transaction of the change.

use kernel::{Clock, Cx};
use pg::Tx;
use uuid::Uuid;

use crate::trusted::BY_TRUST;

/// Records that the context's actor did `action` (`invite.create`) to `target` (`invite:<id>`).
/// Rows can be neither changed nor removed by any service. Where the platform's trust alone let the call in, a row beside it
/// says so.
///
/// # Errors
/// The database's.
pub async fn audit<Scope>(
    tx: &mut Tx<Scope>,
    cx: &Cx,
    action: &str,
    target: &str,
) -> pg::Result<()> {
    if cx.flags.by_trust {
        insert(tx, cx, BY_TRUST, &format!("{action} {target}")).await?;
    }
    insert(tx, cx, action, target).await
}

async fn insert<Scope>(tx: &mut Tx<Scope>, cx: &Cx, action: &str, target: &str) -> pg::Result<()> {
    sqlx::query(
        "insert into audit_events (id, actor, action, target, ip, ua, request_id)
         values ($1, $2, $3, $4, $5, $6, $7)",
    )
    .bind(Clock::system().new_id::<Uuid>())
    .bind(cx.actor.label())
    .bind(action)
    .bind(target)
    .bind(&cx.ip)
    .bind(&cx.user_agent)
    .bind(&cx.request_id)
    .execute(&mut **tx)
    .await?;
    Ok(())
}
