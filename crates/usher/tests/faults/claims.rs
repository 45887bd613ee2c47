//! What must hold in the database when everything has come to rest. Each query finds counterexamples, a text each.

use sqlx::PgConnection;

/// E-mail and spreadsheet of every client.
pub(crate) const CLIENTS: &str = "select email, spreadsheet_id from usher_provisioning.clients";

/// Recipient and Message-ID of every message.
pub(crate) const MESSAGES: &str = "select recipient, mail_message_id from usher_notifier.messages";

/// Work that goes on by itself.
pub(crate) const UNFINISHED: &str = "
    select workflow || ' ' || key || ' is ' || state from usher_provisioning.jobs where ended_at is null
    union all
    select workflow || ' ' || key || ' is ' || state from usher_notifier.jobs where ended_at is null
    union all
    select u.email || ' has no password yet' from usher_user.users u
    where not exists (select from usher_auth.credentials c where c.user_id = u.user_id and c.state = 'active')";

/// Tables in which a repeated job makes no row.
pub(crate) const COUNTED: &[&str] = &[
    "usher_tenant.tenants",
    "usher_tenant.outbox",
    "usher_user.users",
    "usher_user.memberships",
    "usher_user.role_bindings",
    "usher_user.invites",
    "usher_user.outbox",
    "usher_auth.credentials",
    "usher_notifier.messages",
    "usher_notifier.jobs",
    "usher_notifier.outbox",
    "usher_provisioning.clients",
    "usher_provisioning.jobs",
    "usher_provisioning.outbox",
    "usher_activity.feed_items",
];

/// A claim, and the query for what contradicts it.
pub(crate) const CLAIMS: &[(&str, &str)] = &[
    (
        "every client is active",
        "select email || ' is ' || stage || coalesce(': ' || message, '') from usher_provisioning.clients
         where stage <> 'active'",
    ),
    (
        "every client has one invitation, accepted",
        "select c.email || ': ' || coalesce(string_agg(i.status, ', '), 'none')
         from usher_provisioning.clients c left join usher_user.invites i using (tenant_id, email)
         group by c.tenant_id, c.client_id
         having count(*) <> 1 or bool_or(i.status is distinct from 'accepted'
             or i.invite_id is distinct from c.invite_id or i.reference is distinct from c.client_id::text)",
    ),
    (
        "nobody else was invited",
        "select email from usher_user.invites i
         where not exists (select from usher_provisioning.clients c where c.email = i.email)",
    ),
    (
        "all people are active: the clients and one operator",
        "select email || ' is ' || status from usher_user.users u
         where status <> 'active' or email <> 'operator@usher.example'
             and not exists (select from usher_provisioning.clients c where c.user_id = u.user_id)
         union all
         select 'no operator' where not exists (select from usher_user.users where email = 'operator@usher.example')",
    ),
    (
        "every person has one membership and one role there",
        "select u.email || ': ' || count(*) || ' ' || coalesce(string_agg(b.role, ', '), 'none')
         from usher_user.users u left join usher_user.memberships m on m.user_id = u.user_id and m.status = 'active'
             left join usher_user.role_bindings b on (b.tenant_id, b.user_id) = (m.tenant_id, m.user_id)
         group by u.user_id
         having count(*) <> 1
             or (min(b.role) = 'client') is not distinct from (u.email = 'operator@usher.example')",
    ),
    (
        "every client is a member of its own tenant",
        "select email from usher_provisioning.clients c
         where not exists (select from usher_user.memberships m
                           where (m.tenant_id, m.user_id) = (c.tenant_id, c.user_id))",
    ),
    (
        "every person has one password",
        "select u.email || ': ' || count(c.*) from usher_user.users u
             left join usher_auth.credentials c on c.user_id = u.user_id and c.state = 'active'
         group by u.user_id having count(c.*) <> 1",
    ),
    (
        "the sample's tenant is the only one",
        "select string_agg(slug, ', ') from usher_tenant.tenants having array_agg(slug) is distinct from '{demo}'",
    ),
    (
        "each transition of each client is told once, and no other",
        "select f.aggregate_id || ' ' || coalesce(f.data->>'to', f.kind) || ' ' || count(*)
         from usher_provisioning.outbox f group by f.aggregate_id, f.kind, f.data->>'to', f.data->>'step'
         having count(*) <> 1 or f.data->>'to' in ('failed', 'expired', 'revoked')
         union all
         select c.email || ' never ' || t.told
         from usher_provisioning.clients c cross join unnest(array['provisioning.client.created', 'email_confirmed',
             'workspace_registered', 'token_added', 'validated', 'active']) t (told)
         where not exists (select from usher_provisioning.outbox f
                           where f.aggregate_id = c.client_id and coalesce(f.data->>'to', f.kind) = t.told)",
    ),
    (
        "each transition of each client is audited once",
        "select target || ' ' || action || ' ' || count(*) from usher_provisioning.audit_events
         where action like 'client.become.%' or action = 'client.onboard'
         group by target, action having count(*) <> 1",
    ),
    (
        "an invitation is created and accepted once",
        "select aggregate_id || ' ' || kind || ' ' || count(*) from usher_user.outbox
         where kind like 'user.invite.%' group by aggregate_id, kind having count(*) <> 1
         union all
         select i.email || ' never ' || t.kind
         from usher_user.invites i cross join unnest(array['user.invite.created', 'user.invite.accepted']) t (kind)
         where not exists (select from usher_user.outbox f where f.aggregate_id = i.invite_id and f.kind = t.kind)",
    ),
    (
        "the tenant and the operator are told of once",
        "select 'tenants: ' || count(*) from usher_tenant.outbox
         where kind = 'tenant.tenant.created' having count(*) <> 1
         union all
         select 'operators: ' || count(*) from usher_user.outbox
         where kind = 'user.user.created' having count(*) <> 1",
    ),
    (
        "an invitation makes one message, sent",
        "select i.email || ': ' || coalesce(string_agg(m.status || coalesce(' ' || m.reason, ''), ', '), 'none')
         from usher_user.invites i left join usher_notifier.messages m on m.subject_id = i.invite_id
         group by i.tenant_id, i.invite_id
         having count(*) <> 1 or bool_or(m.status is distinct from 'sent')",
    ),
    (
        "a message is told to be sent once",
        "select m.recipient || ': ' || count(f.*) || ' ' || coalesce(string_agg(f.kind, ', '), 'none')
         from usher_notifier.messages m left join usher_notifier.outbox f on f.aggregate_id = m.message_id
         group by m.tenant_id, m.message_id
         having count(f.*) <> 1 or min(f.kind) <> 'notifier.message.sent'",
    ),
    (
        "a client and a message have one job, done",
        "select c.email || ': ' || coalesce(string_agg(j.state, ', '), 'none') from usher_provisioning.clients c
             left join usher_provisioning.jobs j on (j.tenant_id, j.key) = (c.tenant_id, c.client_id::text)
         group by c.tenant_id, c.client_id having count(*) <> 1 or bool_or(j.state is distinct from 'done')
         union all
         select m.recipient || ': ' || coalesce(string_agg(j.state, ', '), 'none') from usher_notifier.messages m
             left join usher_notifier.jobs j on (j.tenant_id, j.key) = (m.tenant_id, m.message_id::text)
         group by m.tenant_id, m.message_id having count(*) <> 1 or bool_or(j.state is distinct from 'done')",
    ),
];

/// The answers of a query of texts, none as a rule.
pub(crate) async fn ask(admin: &mut PgConnection, query: &'static str) -> Vec<String> {
    let asked = sqlx::query_scalar(query).fetch_all(admin).await;
    asked.unwrap_or_else(|failure| panic!("{query}: {failure}"))
}
