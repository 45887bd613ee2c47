//! Rows of `tenant_rules`.

use pg::TenantTx;

use crate::domain::TenantRules;

/// The rules that hold, as far as they were heard.
pub(crate) async fn tenant_rules(tx: &mut TenantTx) -> pg::Result<TenantRules> {
    let row = sqlx::query_as!(
        TenantRules,
        "select version, allowed_email_domains, invitation_links_shown from tenant_rules
         where tenant_id = usher.current_tenant()",
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(row.unwrap_or_default())
}

/// Keeps the rules, unless newer ones were heard before.
pub(crate) async fn upsert_tenant_rules(tx: &mut TenantTx, rules: &TenantRules) -> pg::Result<()> {
    sqlx::query!(
        "insert into tenant_rules (version, allowed_email_domains, invitation_links_shown) values ($1, $2, $3)
         on conflict on constraint tenant_rules_pkey do update
         set version = excluded.version, allowed_email_domains = excluded.allowed_email_domains,
             invitation_links_shown = excluded.invitation_links_shown
         where tenant_rules.version < excluded.version",
        rules.version,
        &rules.allowed_email_domains,
        rules.invitation_links_shown,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}
