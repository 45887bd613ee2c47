//! Rows of `sign_up_policies`, `sign_ups` and `sign_up_tallies`.

use kernel::Timestamp;
use pg::{PlatformTx, TenantTx};
use uuid::Uuid;

use crate::domain::{
    MOST_WRONG, SignUp, SignUpPolicy, SignUpTally, TallySubject, TokenHash, WINDOW,
};

/// A checked query for sign-ups; what follows the table's name is given.
macro_rules! sign_ups {
    ($rest:literal $(, $argument:expr)* $(,)?) => {
        sqlx::query_as!(
            SignUp,
            r#"select sign_up_id, kind as "kind: _", email as "email: _", tries, created_at as "created_at: _",
                      expires_at as "expires_at: _", used_at as "used_at: _"
               from sign_ups where tenant_id = usher.current_tenant() "# + $rest
            $(, $argument)*
        )
    };
}

/// How the tenant lets strangers in, where it has said so.
pub(crate) async fn sign_up_policy(tx: &mut TenantTx) -> pg::Result<Option<SignUpPolicy>> {
    let row = sqlx::query_as!(
        SignUpPolicy,
        r#"select mode as "mode: _", role, set_by, set_at as "set_at: _" from sign_up_policies
           where tenant_id = usher.current_tenant()"#,
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(row)
}

/// Puts this in the place of what the tenant said before.
pub(crate) async fn upsert_sign_up_policy(
    tx: &mut TenantTx,
    policy: &SignUpPolicy,
) -> pg::Result<()> {
    sqlx::query!(
        "insert into sign_up_policies (mode, role, set_by, set_at) values ($1, $2, $3, $4)
         on conflict on constraint sign_up_policies_pkey do update
         set mode = excluded.mode, role = excluded.role, set_by = excluded.set_by, set_at = excluded.set_at",
        policy.mode.as_str(),
        policy.role,
        policy.set_by,
        policy.set_at as _,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

pub(crate) async fn insert_sign_up(
    tx: &mut TenantTx,
    sign_up: &SignUp,
    token: &TokenHash,
    binding: &TokenHash,
) -> pg::Result<()> {
    sqlx::query!(
        "insert into sign_ups (sign_up_id, kind, email, token_hash, binding_hash, created_at, expires_at)
         values ($1, $2, $3, $4, $5, $6, $7)",
        sign_up.sign_up_id,
        sign_up.kind.map(|kind| kind.as_str()),
        sign_up.email.as_str(),
        token.as_bytes(),
        binding.as_bytes(),
        sign_up.created_at as _,
        sign_up.expires_at as _,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

pub(crate) async fn sign_up(tx: &mut TenantTx, sign_up_id: Uuid) -> pg::Result<Option<SignUp>> {
    Ok(sign_ups!("and sign_up_id = $1", sign_up_id).fetch_optional(&mut **tx).await?)
}

/// The hash of what stands in its link.
pub(crate) async fn sign_up_hash(tx: &mut TenantTx, sign_up_id: Uuid) -> pg::Result<TokenHash> {
    let hash = sqlx::query_scalar!(
        "select token_hash from sign_ups where tenant_id = usher.current_tenant() and sign_up_id = $1",
        sign_up_id,
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok(hash.into())
}

/// The sign-up of a browser. Parallel tries wait here for each other.
pub(crate) async fn lock_bound_sign_up(
    tx: &mut TenantTx,
    binding: &TokenHash,
) -> pg::Result<Option<SignUp>> {
    let query = sign_ups!("and binding_hash = $1 for update", binding.as_bytes());
    Ok(query.fetch_optional(&mut **tx).await?)
}

/// Counts that what does not fit was given. The row is locked by the caller.
pub(crate) async fn count_wrong(tx: &mut TenantTx, sign_up_id: Uuid) -> pg::Result<()> {
    sqlx::query!(
        "update sign_ups set tries = tries + 1
         where tenant_id = usher.current_tenant() and sign_up_id = $1 and tries < $2",
        sign_up_id,
        MOST_WRONG,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Uses a sign-up up; `false` for all but one of those that try at once.
pub(crate) async fn claim_sign_up(
    tx: &mut TenantTx,
    sign_up_id: Uuid,
    now: Timestamp,
) -> pg::Result<bool> {
    let claimed = sqlx::query!(
        "update sign_ups set used_at = $2
         where tenant_id = usher.current_tenant() and sign_up_id = $1 and used_at is null and tries < $3
           and expires_at > $2",
        sign_up_id,
        now as _,
        MOST_WRONG,
    )
    .execute(&mut **tx)
    .await?;
    Ok(claimed.rows_affected() == 1)
}

/// Counts one more asking; how many there were since when. Whoever counts the same waits here.
pub(crate) async fn count_asking(
    tx: &mut TenantTx,
    kind: SignUpTally,
    subject: &TallySubject,
    now: Timestamp,
) -> pg::Result<(i32, Timestamp)> {
    let row = sqlx::query!(
        r#"insert into sign_up_tallies as t (kind, subject, tries, began_at) values ($1, $2, 1, $3)
           on conflict on constraint sign_up_tallies_pkey do update
           set tries = case when t.began_at <= $4 then 1 else t.tries + 1 end,
               began_at = case when t.began_at <= $4 then $3 else t.began_at end
           returning tries, began_at as "began_at: Timestamp""#,
        kind.as_str(),
        subject.bytes(),
        now as _,
        now.before(WINDOW) as _,
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok((row.tries, row.began_at))
}

/// Removes sign-ups that ended, and tallies that began, before `before`; how many.
pub(crate) async fn delete_sign_ups(tx: &mut PlatformTx, before: Timestamp) -> pg::Result<u64> {
    let gone = sqlx::query!("delete from sign_ups where expires_at < $1", before as _)
        .execute(&mut **tx)
        .await?;
    let tallies = sqlx::query!("delete from sign_up_tallies where began_at < $1", before as _)
        .execute(&mut **tx)
        .await?;
    Ok(gone.rows_affected() + tallies.rows_affected())
}

/// Gives somebody who never came in the name that they give themselves. The person is locked by the caller.
pub(crate) async fn name_newcomer(
    tx: &mut TenantTx,
    user_id: kernel::UserId,
    name: &kernel::PersonName,
) -> pg::Result<()> {
    sqlx::query!(
        "update users set name = $2 where user_id = $1 and status = 'invited'",
        user_id as _,
        name.as_str(),
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}
