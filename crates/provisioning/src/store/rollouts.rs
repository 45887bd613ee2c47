//! The one row of `rollouts`.

use pg::{PlatformTx, TenantTx, Tx};

use crate::domain::{Cohort, Rollout};

/// Held shared by whoever invites and alone by whoever turns the rollout: once a halt is answered, no invitation is
/// on its way that it should have stopped. In memory only, so that a thousand invitations do not write one row.
const LOCK: i64 = 0x0075_7368_726f_6c6c;

pub(crate) async fn rollout<Scope>(tx: &mut Tx<Scope>) -> pg::Result<Rollout> {
    let rollout = sqlx::query_as!(
        Rollout,
        r#"select stage as "stage: Cohort", entered_at as "entered_at: _", entered_by, entered_reason,
                  halted_at as "halted_at: _", halted_by, halt_reason, pilots
           from rollouts"#
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok(rollout)
}

/// The rollout, which stands still until this transaction ends.
pub(crate) async fn hold_rollout(tx: &mut TenantTx) -> pg::Result<Rollout> {
    sqlx::query!("select pg_advisory_xact_lock_shared($1)", LOCK).execute(&mut **tx).await?;
    rollout(tx).await
}

/// Locks the rollout against everybody else who turns it or invites.
pub(crate) async fn lock_rollout(tx: &mut PlatformTx) -> pg::Result<Rollout> {
    sqlx::query!("select pg_advisory_xact_lock($1)", LOCK).execute(&mut **tx).await?;
    let rollout = sqlx::query_as!(
        Rollout,
        r#"select stage as "stage: Cohort", entered_at as "entered_at: _", entered_by, entered_reason,
                  halted_at as "halted_at: _", halted_by, halt_reason, pilots
           from rollouts for update"#
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok(rollout)
}

/// Locks out everybody who invites, for a change of one tenant's placement.
pub(crate) async fn stop_inviting(tx: &mut TenantTx) -> pg::Result<()> {
    sqlx::query!("select pg_advisory_xact_lock($1)", LOCK).execute(&mut **tx).await?;
    Ok(())
}

pub(crate) async fn update_rollout(tx: &mut PlatformTx, rollout: &Rollout) -> pg::Result<()> {
    sqlx::query!(
        "update rollouts set stage = $1, entered_at = $2, entered_by = $3, entered_reason = $4, halted_at = $5,
             halted_by = $6, halt_reason = $7, pilots = $8",
        rollout.stage.as_str(),
        rollout.entered_at as _,
        rollout.entered_by,
        rollout.entered_reason,
        rollout.halted_at as _,
        rollout.halted_by,
        rollout.halt_reason,
        rollout.pilots
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Takes one of the pilot's seats; answers whether one was left.
pub(crate) async fn take_seat(tx: &mut TenantTx) -> pg::Result<bool> {
    let taken =
        sqlx::query!("update rollouts set pilots = pilots + 1 where pilots < $1", Cohort::PILOTS)
            .execute(&mut **tx)
            .await?;
    Ok(taken.rows_affected() == 1)
}
