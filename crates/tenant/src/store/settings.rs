//! Rows of `settings`.

use pg::TenantTx;

use crate::domain::Settings;

/// The settings that hold: the tenant's, or the platform's own where it has set none.
pub(crate) async fn settings(tx: &mut TenantTx) -> pg::Result<Settings> {
    let row = sqlx::query_as!(
        Settings,
        r#"select version, time_zone, day_border, allowed_email_domains, mfa_required, password_min_length,
                  session_idle_minutes, session_absolute_minutes, invitation_links_shown, allowed_origins,
                  set_at as "set_at: _"
           from settings where tenant_id = usher.current_tenant()"#,
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(row.unwrap_or_default())
}

/// Puts these settings in the place of those before; whoever calls has locked the tenant.
pub(crate) async fn upsert_settings(
    tx: &mut TenantTx,
    settings: &Settings,
    by: &str,
) -> pg::Result<()> {
    sqlx::query!(
        "insert into settings (version, time_zone, day_border, allowed_email_domains, mfa_required, password_min_length,
                               session_idle_minutes, session_absolute_minutes, invitation_links_shown,
                               allowed_origins, set_at, set_by)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
         on conflict on constraint settings_pkey do update
         set version = excluded.version, time_zone = excluded.time_zone, day_border = excluded.day_border,
             allowed_email_domains = excluded.allowed_email_domains, mfa_required = excluded.mfa_required,
             password_min_length = excluded.password_min_length,
             session_idle_minutes = excluded.session_idle_minutes,
             session_absolute_minutes = excluded.session_absolute_minutes,
             invitation_links_shown = excluded.invitation_links_shown,
             allowed_origins = excluded.allowed_origins, set_at = excluded.set_at, set_by = excluded.set_by",
        settings.version,
        settings.time_zone,
        settings.day_border,
        &settings.allowed_email_domains,
        settings.mfa_required,
        settings.password_min_length,
        settings.session_idle_minutes,
        settings.session_absolute_minutes,
        settings.invitation_links_shown,
        &settings.allowed_origins,
        settings.set_at as _,
        by,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}
