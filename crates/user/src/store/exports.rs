//! Rows of `exports` and `export_parts`, and what this service keeps of a person.

use kernel::{TenantId, Timestamp, UserId};
use pg::{PlatformTx, TenantTx};
use serde_json::Value;
use uuid::Uuid;
use vault::Sealed;

use crate::domain::{Export, ExportSource};

/// A checked query for exports; what follows the table's name is given.
macro_rules! exports {
    ($rest:literal $(, $argument:expr)* $(,)?) => {
        sqlx::query_as!(
            Export,
            r#"select export_id, user_id as "user_id: _", asked_by as "asked_by: _", reason, status as "status: _",
                      problem, asked_at as "asked_at: _", ended_at as "ended_at: _", expires_at as "expires_at: _"
               from exports "# + $rest
            $(, $argument)*
        )
    };
}

/// Adds an export in the place of the asker's former one. The person is locked by the caller.
pub(crate) async fn replace_export(tx: &mut TenantTx, export: &Export) -> pg::Result<()> {
    sqlx::query!(
        "delete from exports where tenant_id = usher.current_tenant() and user_id = $1 and asked_by = $2",
        export.user_id as _,
        export.asked_by as _,
    )
    .execute(&mut **tx)
    .await?;
    sqlx::query!(
        "insert into exports (export_id, user_id, asked_by, reason, status, asked_at) values ($1, $2, $3, $4, $5, $6)",
        export.export_id,
        export.user_id as _,
        export.asked_by as _,
        export.reason,
        export.status.as_str(),
        export.asked_at as _,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// The asker's export of this person.
pub(crate) async fn export_of(
    tx: &mut TenantTx,
    user_id: UserId,
    asked_by: UserId,
) -> pg::Result<Option<Export>> {
    let query = exports!(
        "where tenant_id = usher.current_tenant() and user_id = $1 and asked_by = $2",
        user_id as _,
        asked_by as _,
    );
    Ok(query.fetch_optional(&mut **tx).await?)
}

/// The export.
pub(crate) async fn export(tx: &mut TenantTx, export_id: Uuid) -> pg::Result<Option<Export>> {
    let query = exports!("where tenant_id = usher.current_tenant() and export_id = $1", export_id);
    Ok(query.fetch_optional(&mut **tx).await?)
}

/// The export, locked until the transaction ends.
pub(crate) async fn lock_export(tx: &mut TenantTx, export_id: Uuid) -> pg::Result<Option<Export>> {
    let query = exports!(
        "where tenant_id = usher.current_tenant() and export_id = $1 for no key update",
        export_id
    );
    Ok(query.fetch_optional(&mut **tx).await?)
}

/// Keeps where a locked export stands.
pub(crate) async fn update_export(tx: &mut TenantTx, export: &Export) -> pg::Result<()> {
    sqlx::query!(
        "update exports set status = $2, problem = $3, ended_at = $4, expires_at = $5
         where tenant_id = usher.current_tenant() and export_id = $1",
        export.export_id,
        export.status.as_str(),
        export.problem,
        export.ended_at as _,
        export.expires_at as _,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Keeps what a service told, in the place of what it told before. The export is locked by the caller.
pub(crate) async fn put_export_part(
    tx: &mut TenantTx,
    export_id: Uuid,
    source: ExportSource,
    part_id: Uuid,
    content: &Sealed,
) -> pg::Result<()> {
    sqlx::query!(
        "insert into export_parts (part_id, export_id, source, content) values ($1, $2, $3, $4)
         on conflict on constraint export_parts_source_key
         do update set part_id = excluded.part_id, content = excluded.content",
        part_id,
        export_id,
        source.as_str(),
        content as _,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// What the services told, sealed.
pub(crate) async fn export_parts(
    tx: &mut TenantTx,
    export_id: Uuid,
) -> pg::Result<Vec<(ExportSource, Uuid, Sealed)>> {
    let rows = sqlx::query!(
        r#"select source as "source: ExportSource", part_id, content as "content: Sealed"
           from export_parts where tenant_id = usher.current_tenant() and export_id = $1"#,
        export_id
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(rows.into_iter().map(|row| (row.source, row.part_id, row.content)).collect())
}

/// Removes what was gathered so far.
pub(crate) async fn delete_export_parts(tx: &mut TenantTx, export_id: Uuid) -> pg::Result<()> {
    sqlx::query!(
        "delete from export_parts where tenant_id = usher.current_tenant() and export_id = $1",
        export_id
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Removes exports whose time is over: ready ones by their date, failed ones that ended before `failed_before`.
pub(crate) async fn delete_old_exports(
    tx: &mut PlatformTx,
    now: Timestamp,
    failed_before: Timestamp,
) -> pg::Result<u64> {
    let deleted = sqlx::query!(
        "delete from exports
         where ended_at is not null and (expires_at <= $1 or (status = 'failed' and ended_at <= $2))",
        now as _,
        failed_before as _,
    )
    .execute(&mut **tx)
    .await?;
    Ok(deleted.rows_affected())
}

/// Removes the exports of a person's data, and those that the person asked for.
pub(crate) async fn delete_exports_of(tx: &mut PlatformTx, user_id: UserId) -> pg::Result<()> {
    sqlx::query!(
        "delete from exports where tenant_id = $2 and (user_id = $1 or asked_by = $1)",
        user_id as _,
        TenantId::PLATFORM as _,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// All that is kept of the person here and is theirs to know, in the form of `usher.user.v1.PersonRecord`: without what
/// colleagues noted about them, the data of workspaces, and the names of groups that they do not belong to.
pub(crate) async fn person_record(
    tx: &mut PlatformTx,
    user_id: UserId,
    now: Timestamp,
) -> pg::Result<Value> {
    let mut record = own_words(tx, user_id, now).await?;
    if let (Value::Object(all), Value::Object(more)) = (&mut record, places(tx, user_id).await?) {
        all.extend(more);
    }
    Ok(record)
}

/// Who the person is, their memberships and the invitations to them.
async fn own_words(tx: &mut PlatformTx, user_id: UserId, now: Timestamp) -> pg::Result<Value> {
    let record = sqlx::query_scalar!(
        r#"select jsonb_strip_nulls(to_jsonb(u)) as "record!"
           from (
               select p.user_id as "userId", p.email, p.name, p.locale, p.time_zone as "timeZone",
                      p.avatar_url as "avatarUrl", p.status, p.created_at as "createdAt", p.activated_at as "activatedAt",
                      (select coalesce(jsonb_agg(to_jsonb(r)), '[]') from (
                           select m.tenant_id as "tenantId", a.name, a.legacy_id as "legacyId", m.status, m.cause,
                                  m.joined_at as "joinedAt", m.changed_at as "changedAt"
                           from memberships m left join accounts a using (tenant_id, user_id)
                           where m.user_id = p.user_id order by m.joined_at desc, m.tenant_id limit 2000) r
                      ) as memberships,
                      (select coalesce(jsonb_agg(to_jsonb(r)), '[]') from (
                           select i.tenant_id as "tenantId", i.invite_id as "inviteId",
                                  case when i.email = p.email then i.email end as email,
                                  case when i.email = p.email then i.name end as name,
                                  i.role || i.more_roles as roles,
                                  case when i.status = 'pending' and i.expires_at <= $2 then 'expired' else i.status end
                                      as status,
                                  i.locale, i.created_at as "createdAt", i.expires_at as "expiresAt",
                                  i.accepted_at as "acceptedAt"
                           from invites i where i.user_id = p.user_id order by i.invite_id desc limit 2000) r
                      ) as invitations
               from users p where p.user_id = $1) u"#,
        user_id as _,
        now as _,
    );
    Ok(record.fetch_one(&mut **tx).await?)
}

/// Where the person is, what they hold there, and what they wished for.
async fn places(tx: &mut PlatformTx, user_id: UserId) -> pg::Result<Value> {
    let record = sqlx::query_scalar!(
        r#"select jsonb_strip_nulls(jsonb_build_object(
               'groups', (select coalesce(jsonb_agg(to_jsonb(r)), '[]') from (
                   select g.tenant_id as "tenantId", g.group_id as "groupId", g.kind,
                          case when b.status = 'active' and m.status = 'active' then g.name end as name, b.status, b.since
                   from memberships m
                   join group_members b using (tenant_id, user_id)
                   join groups g on g.tenant_id = b.tenant_id and g.group_id = b.group_id
                   where m.user_id = $1 order by b.since desc, g.group_id limit 2000) r),
               'roles', (select coalesce(jsonb_agg(to_jsonb(r)), '[]') from (
                   select tenant_id as "tenantId", role, 'tenant' as "scopeType", '' as "scopeId", bound_at as "boundAt",
                          null::timestamptz as "expiresAt"
                   from role_bindings where user_id = $1
                   union all
                   select tenant_id, role, scope_type, scope_id, bound_at, expires_at from role_grants where user_id = $1
                   order by 5 desc, 1, 2 limit 2000) r),
               'joinRequests', (select coalesce(jsonb_agg(to_jsonb(r)), '[]') from (
                   select tenant_id as "tenantId", message, status, asked_at as "askedAt", decided_at as "decidedAt"
                   from join_requests where user_id = $1 order by asked_at desc limit 2000) r),
               'emailChanges', (select coalesce(jsonb_agg(to_jsonb(r)), '[]') from (
                   select old_email as "oldEmail", new_email as "newEmail", status, created_at as "createdAt",
                          ended_at as "endedAt"
                   from email_changes where user_id = $1 order by created_at desc limit 2000) r)
           )) as "record!""#,
        user_id as _,
    );
    Ok(record.fetch_one(&mut **tx).await?)
}
