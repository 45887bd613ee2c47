//! Everything that a client's way brings about, brought about once.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use sandbox::{
    Sandbox,
    legacy::{Effect, EffectKind},
};
use sqlx::{AssertSqlSafe, PgConnection};
use testkit::Database;

use crate::clients::Client;

/// A claim about the database, and the query for what contradicts it, a text each.
const CLAIMS: &[(&str, &str)] = &[
    (
        "every client is active",
        "select email || ' is ' || stage from usher_provisioning.clients where stage <> 'active'",
    ),
    (
        "every client has one invitation, accepted",
        "select c.email || ': ' || coalesce(string_agg(i.status, ', '), 'none')
         from usher_provisioning.clients c left join usher_user.invites i using (tenant_id, email)
         group by c.tenant_id, c.client_id
         having count(i.*) <> 1 or min(i.status) <> 'accepted'",
    ),
    (
        "every client has one membership and one role",
        "select c.email || ': ' || count(m.*) || ', ' || count(b.*)
         from usher_provisioning.clients c left join usher_user.memberships m using (tenant_id, user_id)
             left join usher_user.role_bindings b using (tenant_id, user_id)
         group by c.tenant_id, c.client_id having count(m.*) <> 1 or count(b.*) <> 1",
    ),
    (
        "every invitation makes one message, sent",
        "select i.email || ': ' || coalesce(string_agg(m.status, ', '), 'none')
         from usher_user.invites i left join usher_notifier.messages m on m.subject_id = i.invite_id
         group by i.tenant_id, i.invite_id having count(m.*) <> 1 or min(m.status) <> 'sent'",
    ),
    (
        "every client and every message has one job, done",
        "select c.email || ': ' || coalesce(string_agg(j.state, ', '), 'none')
         from usher_provisioning.clients c left join (
                 select tenant_id, key, state from usher_provisioning.jobs
                 union all select tenant_id, key, state from usher_provisioning.job_history
             ) j on (j.tenant_id, j.key) = (c.tenant_id, c.client_id::text)
         group by c.tenant_id, c.client_id having count(j.*) <> 1 or min(j.state) <> 'done'
         union all
         select m.recipient || ': ' || coalesce(string_agg(j.state, ', '), 'none')
         from usher_notifier.messages m left join (
                 select tenant_id, key, state from usher_notifier.jobs
                 union all select tenant_id, key, state from usher_notifier.job_history
             ) j on (j.tenant_id, j.key) = (m.tenant_id, m.message_id::text)
         group by m.tenant_id, m.message_id having count(j.*) <> 1 or min(j.state) <> 'done'",
    ),
    (
        "each change of each client is told once",
        "select aggregate_id || ' ' || coalesce(data->>'to', kind) || ' ' || count(*)
         from usher_provisioning.outbox group by aggregate_id, kind, data->>'to', data->>'step' having count(*) <> 1",
    ),
    (
        "each change of each client is audited once",
        "select target || ' ' || action || ' ' || count(*) from usher_provisioning.audit_events
         where action like 'client.become.%' group by target, action having count(*) <> 1",
    ),
];

/// Tables in which a repeat would leave a row.
const COUNTED: &[&str] = &[
    "usher_tenant.outbox",
    "usher_user.users",
    "usher_user.memberships",
    "usher_user.role_bindings",
    "usher_user.invites",
    "usher_user.outbox",
    "usher_user.audit_events",
    "usher_auth.credentials",
    "usher_notifier.messages",
    "usher_notifier.jobs",
    "usher_notifier.outbox",
    "usher_provisioning.clients",
    "usher_provisioning.jobs",
    "usher_provisioning.outbox",
    "usher_provisioning.audit_events",
    "usher_activity.feed_items",
];

/// All that was brought about so far.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Done {
    rows: BTreeMap<&'static str, i64>,
    effects: usize,
    /// Recipients and Message-ID of each letter.
    mails: Vec<(Vec<String>, Option<String>)>,
}

/// Counts all that was brought about so far.
pub(crate) async fn done(database: &Database, sandbox: &Sandbox) -> Done {
    let mut admin = database.admin().await;
    let mut rows = BTreeMap::new();
    for table in COUNTED {
        let query = format!("select count(*) from {table}");
        let count = sqlx::query_scalar(AssertSqlSafe(query)).fetch_one(&mut admin).await;
        rows.insert(*table, count.expect("counts"));
    }
    let mails = sandbox.mail.messages();
    let mails = mails.iter().map(|mail| (mail.to.clone(), mail.message_id.clone()));
    Done { rows, effects: sandbox.legacy.effects().len(), mails: mails.collect() }
}

/// Panics with what did not happen to these clients, or happened twice. They are all that there are.
pub(crate) async fn each(database: &Database, sandbox: &Sandbox, clients: &[Client]) {
    let mut admin = database.admin().await;
    let mut wrong = Vec::new();
    for (claim, counterexamples) in CLAIMS {
        let found = texts(&mut admin, counterexamples).await;
        wrong.extend(found.iter().map(|found| format!("not so: {claim}: {found}")));
    }
    wrong.extend(effects(sandbox, clients));
    wrong.extend(mails(sandbox, clients));
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// The backend registered every spreadsheet once, stored its token once, and saw nothing else.
fn effects(sandbox: &Sandbox, clients: &[Client]) -> Vec<String> {
    let effects = sandbox.legacy.effects();
    let mut of_sheet: HashMap<&str, Vec<&Effect>> = HashMap::new();
    for effect in &effects {
        of_sheet.entry(&effect.spreadsheet_id).or_default().push(effect);
    }
    let mut wrong = Vec::new();
    for client in clients {
        let own = of_sheet.remove(client.sheet.as_str()).unwrap_or_default();
        let registered = |kind: &EffectKind| matches!(kind, EffectKind::Registered { .. });
        let stored = |kind: &EffectKind| matches!(kind, EffectKind::TokenStored { .. });
        let count = |is: &dyn Fn(&EffectKind) -> bool| own.iter().filter(|it| is(&it.kind)).count();
        if (count(&registered), count(&stored), own.len()) != (1, 1, 2) {
            wrong.push(format!("not one registration and one token: {own:?}"));
        }
    }
    wrong.extend(of_sheet.into_keys().map(|sheet| format!("{sheet} is nobody's")));
    wrong
}

/// Every client got a letter, and every repeat of it carries the same Message-ID.
fn mails(sandbox: &Sandbox, clients: &[Client]) -> Vec<String> {
    let mails = sandbox.mail.messages();
    let mut ids: HashMap<&str, BTreeSet<Option<&str>>> = HashMap::new();
    for mail in &mails {
        for to in &mail.to {
            ids.entry(to).or_default().insert(mail.message_id.as_deref());
        }
    }
    let mut wrong = Vec::new();
    for client in clients {
        let ids = ids.remove(client.email.as_str()).unwrap_or_default();
        if ids.len() != 1 || ids.contains(&None) {
            wrong.push(format!("letters to {}: {ids:?}", client.email));
        }
    }
    wrong
}

async fn texts(admin: &mut PgConnection, query: &'static str) -> Vec<String> {
    let found = sqlx::query_scalar(query).fetch_all(admin).await;
    found.unwrap_or_else(|refused| panic!("{query}: {refused}"))
}
