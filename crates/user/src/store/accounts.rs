//! Rows of `accounts`, with the person, the membership, and the newest invitation of each.

use kernel::{Email, Timestamp, UserId};
use pg::TenantTx;

use crate::domain::{Account, AccountKey};

/// A checked query for accounts as they stand at `$1`; what follows the tenant is given.
macro_rules! accounts {
    ($rest:literal, $now:expr $(, $argument:expr)* $(,)?) => {
        sqlx::query_as!(
            Account,
            r#"select a.user_id as "user_id: _", a.legacy_id, u.email as "email: _",
                      coalesce(a.name, u.name) as "name!: _",
                      case when m.status = 'disabled' or u.status = 'disabled' then 'disabled'
                           when m.status = 'active' then 'active'
                           when i.status = 'pending' and i.expires_at > $1 then 'invited'
                           when m.status = 'removed' then 'removed'
                           when i.status = 'revoked' then 'revoked'
                           else 'expired' end as "status!: _",
                      coalesce(m.status <> 'removed', false) as "is_member!",
                      case when m.user_id is null or m.status = 'removed' and i.status = 'pending'
                           then array_remove(i.role || i.more_roles, null)
                           else array(select b.role from role_bindings b
                                      where b.tenant_id = a.tenant_id and b.user_id = a.user_id order by b.role)
                           end as "roles!: _",
                      i.invite_id as "invite_id?: _", a.created_at as "created_at: _", m.joined_at as "joined_at?: _"
               from accounts a
               join users u using (user_id)
               left join memberships m on m.tenant_id = a.tenant_id and m.user_id = a.user_id
               left join lateral (
                   select * from invites where invites.tenant_id = a.tenant_id and invites.user_id = a.user_id
                   order by invites.created_at desc, invites.invite_id desc limit 1) i on true
               where a.tenant_id = usher.current_tenant() "# + $rest,
            $now as _
            $(, $argument)*
        )
    };
}

/// Gives the person a place in the tenant, unless they have one.
pub(crate) async fn ensure_account(
    tx: &mut TenantTx,
    user_id: UserId,
    now: Timestamp,
) -> pg::Result<()> {
    // Asked first, for each attempt to insert would use a number up.
    sqlx::query!(
        "insert into accounts (tenant_id, user_id, created_at)
         select usher.current_tenant(), $1, $2
         where not exists (select from accounts where tenant_id = usher.current_tenant() and user_id = $1)
         on conflict on constraint accounts_pkey do nothing",
        user_id as _,
        now as _,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// The account of this key, locked against other changes by hand.
pub(crate) async fn lock_account(
    tx: &mut TenantTx,
    key: &AccountKey,
    now: Timestamp,
) -> pg::Result<Option<Account>> {
    let locked = sqlx::query_scalar!(
        r#"select a.user_id as "user_id: UserId" from accounts a join users u using (user_id)
           where a.tenant_id = usher.current_tenant()
             and (a.user_id = $1 or a.legacy_id = $2 or u.email = $3)
           for no key update of a"#,
        key.user_id() as _,
        key.number(),
        key.email().map(Email::as_str),
    )
    .fetch_optional(&mut **tx)
    .await?;
    match locked {
        Some(user_id) => account(tx, &AccountKey::Id(user_id), now).await,
        None => Ok(None),
    }
}

pub(crate) async fn account(
    tx: &mut TenantTx,
    key: &AccountKey,
    now: Timestamp,
) -> pg::Result<Option<Account>> {
    let query = accounts!(
        "and (a.user_id = $2 or a.legacy_id = $3 or u.email = $4)",
        now,
        key.user_id() as _,
        key.number(),
        key.email().map(Email::as_str),
    );
    Ok(query.fetch_optional(&mut **tx).await?)
}

/// Accounts after the number `after`, in their order; with `email` or `is_active` only those that are so.
pub(crate) async fn list_accounts(
    tx: &mut TenantTx,
    email: Option<&Email>,
    is_active: Option<bool>,
    after: i64,
    limit: i64,
    now: Timestamp,
) -> pg::Result<Vec<Account>> {
    let query = accounts!(
        "and a.legacy_id > $2 and ($3::text is null or u.email = $3)
         and ($4::boolean is null or $4 = coalesce(m.status = 'active' and u.status <> 'disabled', false))
         order by a.legacy_id limit $5",
        now,
        after,
        email.map(Email::as_str),
        is_active,
        limit,
    );
    Ok(query.fetch_all(&mut **tx).await?)
}

/// How many such accounts there are.
pub(crate) async fn count_accounts(
    tx: &mut TenantTx,
    email: Option<&Email>,
    is_active: Option<bool>,
) -> pg::Result<i64> {
    let count = sqlx::query_scalar!(
        r#"select count(*) as "count!"
           from accounts a
           join users u using (user_id)
           left join memberships m on m.tenant_id = a.tenant_id and m.user_id = a.user_id
           where a.tenant_id = usher.current_tenant() and ($1::text is null or u.email = $1)
             and ($2::boolean is null or $2 = coalesce(m.status = 'active' and u.status <> 'disabled', false))"#,
        email.map(Email::as_str),
        is_active,
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok(count)
}

/// What the tenant calls the person from now on.
pub(crate) async fn update_account_name(
    tx: &mut TenantTx,
    user_id: UserId,
    name: &str,
) -> pg::Result<()> {
    sqlx::query!(
        "update accounts set name = $2 where tenant_id = usher.current_tenant() and user_id = $1",
        user_id as _,
        name,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Takes roles away.
pub(crate) async fn unbind_roles(
    tx: &mut TenantTx,
    user_id: UserId,
    roles: &[String],
) -> pg::Result<()> {
    sqlx::query!(
        "delete from role_bindings
         where tenant_id = usher.current_tenant() and user_id = $1 and role = any($2)",
        user_id as _,
        roles,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Takes every role away, in the tenant and its parts.
pub(crate) async fn unbind_all(tx: &mut TenantTx, user_id: UserId) -> pg::Result<()> {
    sqlx::query!(
        "with granted as (delete from role_grants where tenant_id = usher.current_tenant() and user_id = $1)
         delete from role_bindings where tenant_id = usher.current_tenant() and user_id = $1",
        user_id as _,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}
