//! Says whether a person may do something in a tenant.

use std::collections::BTreeSet;

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
    pub(crate) standing: Standing,
}

/// Answers each question. What is allowed because the platform trusts the person is audited.
pub(crate) async fn check_access(
    app: &App,
    cx: &Cx,
    tenant: TenantId,
    user_id: UserId,
    questions: &[Question],
) -> Result<Answers> {
    let now = app.clock.now();
    let mut tx =
        app.db.platform("check_access", "roles of the platform hold in every tenant").await?;
    let standing = store::standing(&mut tx, user_id, Some(tenant)).await?;
    let unsure: Vec<String> = questions
        .iter()
        .map(|asked| asked.permission.clone())
        .filter(|permission| !is_known(permission))
        .collect();
    let declared: BTreeSet<String> = match unsure.is_empty() {
        true => BTreeSet::new(),
        false => store::known_permissions(&mut tx, &unsure).await?.into_iter().collect(),
    };
    tx.commit().await?;
    let standing = standing.seen_from_here();
    let known = |permission: &str| is_known(permission) || declared.contains(permission);
    let decide = |asked: &Question| standing.decide(known(&asked.permission), asked, now);
    let reasons: Vec<Reason> = questions.iter().map(decide).collect();
    if reasons.contains(&Reason::MasterSystemAdmin) {
        let mut tx = app.db.tenant(tenant, "audit_trust").await?;
        bus::audit(&mut tx, cx, "access.trusted", &format!("user:{user_id}")).await?;
        tx.commit().await?;
    }
    Ok(Answers { reasons, standing })
}
