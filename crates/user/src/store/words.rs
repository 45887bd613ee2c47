//! Rows of `member_words`, and members found by them.

use kernel::UserId;
use pg::TenantTx;

use crate::domain::{Member, MemberStatus, Query, words_of};

/// Has the member found by their address and the name the tenant knows.
pub(crate) async fn replace_words(tx: &mut TenantTx, user_id: UserId) -> pg::Result<()> {
    let known = sqlx::query!(
        r#"select u.email, coalesce(a.name, u.name) as "name!"
           from memberships m join users u using (user_id) join accounts a using (tenant_id, user_id)
           where m.tenant_id = usher.current_tenant() and m.user_id = $1"#,
        user_id as _,
    )
    .fetch_optional(&mut **tx)
    .await?;
    let words = known.map(|known| words_of(&known.email, &known.name)).unwrap_or_default();
    sqlx::query!(
        "delete from member_words
         where tenant_id = usher.current_tenant() and user_id = $1 and word <> all ($2)",
        user_id as _,
        &words,
    )
    .execute(&mut **tx)
    .await?;
    sqlx::query!(
        "insert into member_words (tenant_id, word, user_id)
         select usher.current_tenant(), word, $1 from unnest($2::text[]) as word
         on conflict on constraint member_words_pkey do nothing",
        user_id as _,
        &words,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Members that `query` finds, in the order of the least word that its first beginning fits, after the member `after`.
/// Each step reads a range of the key, however many members there are: its beginning is said once, by the place to go on
/// from, since of two beginnings the server would take the wrong one.
pub(crate) async fn search_members(
    tx: &mut TenantTx,
    query: &Query,
    status: Option<MemberStatus>,
    after: Option<UserId>,
    limit: i64,
) -> pg::Result<Vec<Member>> {
    let passed = match after {
        Some(user_id) => least_word(tx, query, user_id).await?,
        None => Some(query.first.clone()),
    };
    // Without a word left, whoever the last page ended with is found no more: there is no place to go on from.
    let Some(passed) = passed else { return Ok(Vec::new()) };
    let rows = sqlx::query_as!(
        Member,
        r#"select m.user_id as "user_id: _", u.email as "email: _", coalesce(a.name, u.name) as "name!: _", m.status as "status: _",
                  array(select b.role from role_bindings b
                        where b.tenant_id = m.tenant_id and b.user_id = m.user_id order by b.role) as "roles!: _",
                  m.joined_at as "joined_at: _"
           from member_words w
           join memberships m on m.tenant_id = w.tenant_id and m.user_id = w.user_id
           join users u on u.user_id = w.user_id
           join accounts a on a.tenant_id = w.tenant_id and a.user_id = w.user_id
           where w.tenant_id = usher.current_tenant() and (w.word, w.user_id) > ($3, $4::uuid) and w.word < $2
             and not exists (select from member_words e
                             where e.tenant_id = w.tenant_id and e.user_id = w.user_id and e.word >= $1 and e.word < w.word)
             and not exists (select from unnest($5::text[]) as o (beginning)
                             where not exists (select from member_words e
                                               where e.tenant_id = w.tenant_id and e.user_id = w.user_id
                                                 and starts_with(e.word, o.beginning)))
             and case when $6::text is null then m.status <> 'removed' else m.status = $6 end
           order by w.word, w.user_id limit $7"#,
        query.first,
        query.end(),
        passed,
        after.unwrap_or_else(|| uuid::Uuid::nil().into()) as _,
        &query.others,
        status.map(MemberStatus::as_str),
        limit,
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(rows)
}

/// The member's least word that the first beginning fits.
async fn least_word(
    tx: &mut TenantTx,
    query: &Query,
    user_id: UserId,
) -> pg::Result<Option<String>> {
    let word = sqlx::query_scalar!(
        "select min(word) from member_words
         where tenant_id = usher.current_tenant() and user_id = $1 and word >= $2 and word < $3",
        user_id as _,
        query.first,
        query.end(),
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok(word)
}
