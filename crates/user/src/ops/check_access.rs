//! Says whether a person may do something in a tenant.

use std::{collections::BTreeSet, sync::Arc};

use kernel::{Cx, TenantId, UserId};

use super::list_permissions::is_known;
use crate::{
    App, Result,
    domain::{Question, Reason, Standing},
    store,
};

/// Answers to several questions about one person at one moment.
#[derive(Debug)]
pub(crate) struct Answers {
    /// In the order of the questions.
    pub(crate) reasons: Vec<Reason>,
    /// What they rest on.
    pub(crate) standing: Arc<Standing>,
}

/// Answers each question. What is allowed because the platform trusts the person, or because they
/// opened the tenant's content, is audited.
pub(crate) async fn check_access(
    app: &App,
    cx: &Cx,
    tenant: TenantId,
    user_id: UserId,
    questions: &[Question],
) -> Result<Answers> {
    let standing = match app.snapshots.recall(tenant, user_id) {
        Some(standing) => standing,
        None => read(app, tenant, user_id).await?,
    };
    let unknown = unknown(app, questions).await?;
    let now = app.clock.now();
    let decide = |asked: &Question| {
        let known = !unknown.contains(asked.permission.as_str());
        standing.decide(known, asked, now)
    };
    let reasons: Vec<Reason> = questions.iter().map(decide).collect();
    for (reason, action) in
        [(Reason::MasterSystemAdmin, "access.trusted"), (Reason::BreakGlass, "access.break_glass")]
    {
        if reasons.contains(&reason) {
            let mut tx = app.db.tenant(tenant, "audit_trust").await?;
            bus::audit(&mut tx, cx, action, &format!("user:{user_id}")).await?;
            tx.commit().await?;
        }
    }
    Ok(Answers { reasons, standing })
}

/// What the person stands on by the rows, remembered from now on.
async fn read(app: &App, tenant: TenantId, user_id: UserId) -> Result<Arc<Standing>> {
    let mark = app.snapshots.mark(tenant);
    let mut tx =
        app.db.platform("check_access", "roles of the platform hold in every tenant").await?;
    let standing =
        store::standing(&mut tx, user_id, Some(tenant), Some(TenantId::PLATFORM)).await?;
    tx.commit().await?;
    let standing = Arc::new(standing.seen_from_here());
    app.snapshots.keep(tenant, user_id, mark, standing.clone());
    metrics::counter!("usher_user_standings_read_total").increment(1);
    Ok(standing)
}

/// The permissions asked for that no service asks for.
async fn unknown<'a>(app: &App, questions: &'a [Question]) -> Result<BTreeSet<&'a str>> {
    let mut unsure: BTreeSet<&str> = questions
        .iter()
        .map(|asked| asked.permission.as_str())
        .filter(|permission| !is_known(permission) && !app.snapshots.is_declared(permission))
        .collect();
    if !unsure.is_empty() {
        let asked: Vec<String> = unsure.iter().map(|&permission| permission.to_owned()).collect();
        let reason = "the catalogue belongs to no tenant";
        let mut tx = app.db.platform("known_permissions", reason).await?;
        let declared = store::known_permissions(&mut tx, &asked).await?;
        tx.commit().await?;
        unsure.retain(|permission| !declared.iter().any(|known| known == permission));
        app.snapshots.note_declared(declared);
    }
    Ok(unsure)
}
