//! Makes a person a member: the one place where a membership begins, whatever the way in.

use kernel::UserId;
use pg::TenantTx;

use super::take_seat::take_seat;
use crate::{
    App, Result,
    domain::{Claim, MemberStatus, RoleBinding, Scope, Subject, SubjectType},
    store,
};

/// Who comes in, and with what.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) user_id: UserId,
    pub(super) roles: Vec<String>,
    pub(super) scope: Scope,
    /// What let them in, as rows of bindings name it.
    pub(super) bound_by: String,
    pub(super) claim: Claim,
}

/// Takes the seat, begins the membership and binds the roles. The person is locked by the caller, who says at the end
/// that rights changed.
pub(super) async fn enter_tenant(app: &App, tx: &mut TenantTx, entry: &Entry) -> Result<()> {
    let (now, user_id) = (app.clock.now(), entry.user_id);
    if store::member_status(tx, user_id).await? != Some(MemberStatus::Active) {
        take_seat(tx, entry.claim, now).await?;
    }
    store::upsert_membership(tx, user_id, &entry.bound_by, now).await?;
    store::replace_words(tx, user_id).await?;
    for role in &entry.roles {
        let binding = RoleBinding {
            binding_id: app.clock.new_id(),
            subject: Subject { kind: SubjectType::Person, id: user_id.uuid() },
            role: role.clone(),
            scope: entry.scope.clone(),
            expires_at: None,
            bound_at: now,
            bound_by: entry.bound_by.clone(),
        };
        store::insert_binding(tx, &binding).await?;
    }
    Ok(())
}
