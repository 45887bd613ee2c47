//! Rows of `invite_policies`.

use pg::TenantTx;

use crate::domain::InvitePolicy;

/// The rules that hold: the tenant's, or the platform's own where it has set none.
pub(crate) async fn invite_policy(tx: &mut TenantTx) -> pg::Result<InvitePolicy> {
    let row = sqlx::query_as!(
        InvitePolicy,
        r#"select default_ttl_hours, shortest_ttl_hours, longest_ttl_hours, most_sends, recipient_daily,
                  overlap_minutes, most_attempts, address_rule as "address_rule: _",
                  openings_noted, set_at as "set_at: _"
           from invite_policies where tenant_id = usher.current_tenant()"#,
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(row.unwrap_or_default())
}

/// Puts these rules in the place of those before.
pub(crate) async fn upsert_invite_policy(
    tx: &mut TenantTx,
    policy: &InvitePolicy,
) -> pg::Result<()> {
    sqlx::query!(
        "insert into invite_policies (default_ttl_hours, shortest_ttl_hours, longest_ttl_hours, most_sends,
                                      recipient_daily, overlap_minutes, most_attempts, address_rule, set_at,
                                      openings_noted)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
         on conflict on constraint invite_policies_pkey do update
         set default_ttl_hours = excluded.default_ttl_hours, shortest_ttl_hours = excluded.shortest_ttl_hours,
             longest_ttl_hours = excluded.longest_ttl_hours, most_sends = excluded.most_sends,
             recipient_daily = excluded.recipient_daily, overlap_minutes = excluded.overlap_minutes,
             most_attempts = excluded.most_attempts, address_rule = excluded.address_rule,
             set_at = excluded.set_at, openings_noted = excluded.openings_noted",
        policy.default_ttl_hours,
        policy.shortest_ttl_hours,
        policy.longest_ttl_hours,
        policy.most_sends,
        policy.recipient_daily,
        policy.overlap_minutes,
        policy.most_attempts,
        policy.address_rule.as_str(),
        policy.set_at as _,
        policy.openings_noted,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}
