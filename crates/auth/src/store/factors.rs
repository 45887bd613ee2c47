//! Rows of `totp_factors` and `recovery_codes`.

use kernel::{Timestamp, UserId};
use pg::TenantTx;
use sqlx::PgConnection;
use vault::Sealed;

use crate::domain::RecoveryCode;

/// An authenticator app as it is kept.
#[derive(Debug)]
pub(crate) struct App {
    pub(crate) secret: Sealed,
    pub(crate) last_step: i64,
    pub(crate) confirmed_at: Option<Timestamp>,
}

/// A person's app, locked until the transaction ends: a code counts once, whoever shows it at the same time.
pub(crate) async fn lock_totp(
    tx: &mut TenantTx,
    user_id: UserId,
) -> Result<Option<App>, pg::Error> {
    let row = sqlx::query_as!(
        App,
        r#"select secret as "secret: _", last_step, confirmed_at as "confirmed_at: _"
           from totp_factors where tenant_id = usher.current_tenant() and user_id = $1 for update"#,
        user_id as _
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(row)
}

/// Since when the person has a second factor: an app, or a passkey that is asked for beside the password.
pub(crate) async fn enrolled_at(
    tx: &mut TenantTx,
    user_id: UserId,
) -> Result<Option<Timestamp>, pg::Error> {
    let at = sqlx::query_scalar!(
        r#"select least(
               (select confirmed_at from totp_factors
                where tenant_id = usher.current_tenant() and user_id = $1),
               (select min(guards_since) from passkeys where user_id = $1 and staged_with is null)
           ) as "at: Timestamp""#,
        user_id as _
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok(at)
}

/// Whether the person has an app.
pub(crate) async fn has_totp(tx: &mut TenantTx, user_id: UserId) -> Result<bool, pg::Error> {
    let has = sqlx::query_scalar!(
        r#"select exists (select from totp_factors where tenant_id = usher.current_tenant()
           and user_id = $1 and confirmed_at is not null) as "has!""#,
        user_id as _
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok(has)
}

/// Keeps a secret that does not count yet, in the place of one that did not either.
pub(crate) async fn upsert_totp(
    tx: &mut TenantTx,
    user_id: UserId,
    secret: &Sealed,
    now: Timestamp,
) -> Result<(), pg::Error> {
    sqlx::query!(
        "insert into totp_factors (user_id, secret, created_at) values ($1, $2, $3)
         on conflict on constraint totp_factors_pkey do update
         set secret = excluded.secret, created_at = excluded.created_at, last_step = 0
         where totp_factors.confirmed_at is null",
        user_id as _,
        secret as _,
        now as _
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Notes the step whose code was accepted, and that the app counts from then on.
pub(crate) async fn note_step(
    tx: &mut TenantTx,
    user_id: UserId,
    step: i64,
    now: Timestamp,
) -> Result<(), pg::Error> {
    sqlx::query!(
        "update totp_factors set last_step = $2, confirmed_at = coalesce(confirmed_at, $3)
         where tenant_id = usher.current_tenant() and user_id = $1",
        user_id as _,
        step,
        now as _
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Removes the app.
pub(crate) async fn delete_totp(tx: &mut TenantTx, user_id: UserId) -> Result<(), pg::Error> {
    sqlx::query!(
        "delete from totp_factors where tenant_id = usher.current_tenant() and user_id = $1",
        user_id as _
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Removes the recovery codes.
pub(crate) async fn delete_recovery_codes(
    tx: &mut PgConnection,
    user_id: UserId,
) -> Result<(), pg::Error> {
    sqlx::query!("delete from recovery_codes where user_id = $1", user_id as _).execute(tx).await?;
    Ok(())
}

/// Puts fresh codes in the place of all former ones.
pub(crate) async fn replace_recovery_codes(
    tx: &mut PgConnection,
    user_id: UserId,
    codes: &[RecoveryCode],
) -> Result<(), pg::Error> {
    sqlx::query!("delete from recovery_codes where user_id = $1", user_id as _)
        .execute(&mut *tx)
        .await?;
    let hashes: Vec<Vec<u8>> = codes.iter().map(RecoveryCode::hash).collect();
    sqlx::query!(
        "insert into recovery_codes (user_id, code_hash) select $1, unnest($2::bytea[])",
        user_id as _,
        &hashes
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// Uses a code up; `false` for all but one of those that show it at once.
pub(crate) async fn use_recovery_code(
    tx: &mut PgConnection,
    user_id: UserId,
    code: &RecoveryCode,
) -> Result<bool, pg::Error> {
    let used = sqlx::query!(
        "delete from recovery_codes where user_id = $1 and code_hash = $2",
        user_id as _,
        code.hash()
    )
    .execute(tx)
    .await?;
    Ok(used.rows_affected() == 1)
}

pub(crate) async fn count_recovery_codes(
    tx: &mut PgConnection,
    user_id: UserId,
) -> Result<i32, pg::Error> {
    let count = sqlx::query_scalar!(
        r#"select count(*)::int as "count!" from recovery_codes where user_id = $1"#,
        user_id as _
    )
    .fetch_one(tx)
    .await?;
    Ok(count)
}
