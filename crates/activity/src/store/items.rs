//! Rows of `feed_items`.

use kernel::{ActivityId, TenantId};
use pg::TenantTx;

use crate::domain::Item;

/// Writes an item unless its fact has one.
pub(crate) async fn insert_item(
    tx: &mut TenantTx,
    tenant_id: TenantId,
    item: &Item,
) -> Result<(), pg::Error> {
    sqlx::query!(
        "insert into feed_items (tenant_id, activity_id, kind, text, source, occurred_at)
         values ($1, $2, $3, $4, $5, $6) on conflict on constraint feed_items_source_key do nothing",
        tenant_id as _,
        item.activity_id as _,
        item.kind,
        item.text,
        item.source as _,
        item.occurred_at as _,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// The items, newest first. Nothing follows an item that is not the tenant's.
pub(crate) async fn list_items(
    tx: &mut TenantTx,
    after: Option<ActivityId>,
    limit: i64,
) -> Result<Vec<Item>, pg::Error> {
    let rows = sqlx::query_as!(
        Item,
        r#"select activity_id as "activity_id: _", kind, text, source as "source: _",
                  occurred_at as "occurred_at: _"
           from feed_items
           where tenant_id = usher.current_tenant()
             and ($1::uuid is null or (occurred_at, activity_id) < (
                 select i.occurred_at, i.activity_id from feed_items i
                 where i.tenant_id = usher.current_tenant() and i.activity_id = $1))
           order by occurred_at desc, activity_id desc limit $2"#,
        after as _,
        limit
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(rows)
}
