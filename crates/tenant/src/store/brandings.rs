//! Rows of `brandings`.

use pg::TenantTx;

use crate::domain::Branding;

/// The look that holds: the tenant's, or the platform's own where it has set none.
pub(crate) async fn branding(tx: &mut TenantTx) -> pg::Result<Branding> {
    let row = sqlx::query_as!(
        Branding,
        r#"select version, name, logo_url, primary_color as "primary_color: _", primary_text as "primary_text: _",
                  accent_color as "accent_color: _", accent_text as "accent_text: _", set_at as "set_at: _"
           from brandings where tenant_id = usher.current_tenant()"#,
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(row.unwrap_or_default())
}

/// Puts this look in the place of the one before; whoever calls has locked the tenant.
pub(crate) async fn upsert_branding(
    tx: &mut TenantTx,
    branding: &Branding,
    by: &str,
) -> pg::Result<()> {
    sqlx::query!(
        "insert into brandings (version, name, logo_url, primary_color, primary_text, accent_color, accent_text, set_at, set_by)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
         on conflict on constraint brandings_pkey do update
         set version = excluded.version, name = excluded.name, logo_url = excluded.logo_url,
             primary_color = excluded.primary_color, primary_text = excluded.primary_text,
             accent_color = excluded.accent_color, accent_text = excluded.accent_text, set_at = excluded.set_at,
             set_by = excluded.set_by",
        branding.version,
        branding.name,
        branding.logo_url,
        branding.primary_color.as_str(),
        branding.primary_text.as_str(),
        branding.accent_color.as_str(),
        branding.accent_text.as_str(),
        branding.set_at as _,
        by,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}
