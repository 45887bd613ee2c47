//! What was written to a person, over all tenants.

use kernel::{Email, TenantId};
use pg::PlatformTx;
use serde_json::Value;

/// The newest messages to these addresses, in the form of `usher.notifier.v1.RecipientRecord`.
pub(crate) async fn recipient_record(
    tx: &mut PlatformTx,
    emails: &[Email],
) -> Result<Value, pg::Error> {
    let emails: Vec<String> = emails.iter().map(ToString::to_string).collect();
    let record = sqlx::query_scalar!(
        r#"select jsonb_strip_nulls(jsonb_build_object('letters', coalesce(jsonb_agg(to_jsonb(r)), '[]'))) as "record!"
           from (select nullif(tenant_id, $2) as "tenantId", channel, template, recipient, locale, status,
                        created_at as "createdAt", sent_at as "sentAt"
                 from messages where recipient = any($1) order by message_id desc limit 2000) r"#,
        &emails,
        TenantId::PLATFORM as _,
    );
    Ok(record.fetch_one(&mut **tx).await?)
}
