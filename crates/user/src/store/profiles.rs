//! What people say of themselves: columns of `users` that belong to no tenant.

use kernel::{Email, UserId};
use pg::{PlatformTx, TenantTx};

use crate::domain::Profile;

pub(crate) async fn profile(tx: &mut TenantTx, user_id: UserId) -> pg::Result<Option<Profile>> {
    let row = sqlx::query_as!(
        Profile,
        r#"select user_id as "user_id: _", email as "email: _", name as "name: _", locale, time_zone, avatar_url
           from users where user_id = $1"#,
        user_id as _,
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(row)
}

/// The profile, which nobody else changes until the transaction ends.
pub(crate) async fn lock_profile(
    tx: &mut PlatformTx,
    user_id: UserId,
) -> pg::Result<Option<Profile>> {
    let row = sqlx::query_as!(
        Profile,
        r#"select user_id as "user_id: _", email as "email: _", name as "name: _", locale, time_zone, avatar_url
           from users where user_id = $1 for no key update"#,
        user_id as _,
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(row)
}

pub(crate) async fn update_profile(tx: &mut PlatformTx, profile: &Profile) -> pg::Result<()> {
    sqlx::query!(
        "update users set name = $2, locale = $3, time_zone = $4, avatar_url = $5 where user_id = $1",
        profile.user_id as _,
        profile.name.as_str(),
        profile.locale,
        profile.time_zone,
        profile.avatar_url,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Has the person found by these words wherever they are a member under their own name.
pub(crate) async fn replace_words_everywhere(
    tx: &mut PlatformTx,
    user_id: UserId,
    words: &[String],
) -> pg::Result<()> {
    sqlx::query!(
        "delete from member_words w using memberships m join accounts a using (tenant_id, user_id)
         where m.user_id = $1 and a.name is null and w.tenant_id = m.tenant_id and w.user_id = $1",
        user_id as _,
    )
    .execute(&mut **tx)
    .await?;
    sqlx::query!(
        "insert into member_words (tenant_id, word, user_id)
         select m.tenant_id, word, m.user_id
         from memberships m join accounts a using (tenant_id, user_id), unnest($2::text[]) as word
         where m.user_id = $1 and a.name is null
         on conflict on constraint member_words_pkey do nothing",
        user_id as _,
        words,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Has the person found by another address wherever they are a member, under whatever name.
pub(crate) async fn replace_address_everywhere(
    tx: &mut PlatformTx,
    user_id: UserId,
    old: &Email,
    new: &Email,
) -> pg::Result<()> {
    sqlx::query!(
        "delete from member_words w using memberships m
         where m.user_id = $1 and w.tenant_id = m.tenant_id and w.user_id = $1 and w.word = $2",
        user_id as _,
        old.as_str(),
    )
    .execute(&mut **tx)
    .await?;
    sqlx::query!(
        "insert into member_words (tenant_id, word, user_id)
         select tenant_id, $2, user_id from memberships where user_id = $1
         on conflict on constraint member_words_pkey do nothing",
        user_id as _,
        new.as_str(),
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}
