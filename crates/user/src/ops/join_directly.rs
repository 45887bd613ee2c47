//! Lets somebody in who is signed in and needs no invitation.

use kernel::{Cx, UserId};
use pg::TenantTx;
use wire::user::v1::MemberJoined;

use super::enter_tenant::{Entry, enter_tenant};
use crate::{
    App, Error, Result,
    domain::{Claim, Hindrance, MemberStatus, Person, PersonStatus, Scope},
    store,
};

/// The way by which somebody joins.
#[derive(Debug)]
pub(super) struct Join {
    pub(super) roles: Vec<String>,
    pub(super) scope: Scope,
    /// The kind of way, as facts name it.
    pub(super) method: &'static str,
    /// Which link, domain or request.
    pub(super) reference: String,
}

/// Makes the person a member and tells of it; false where they are one. Who was paused or removed is refused.
pub(super) async fn join_directly(
    app: &App,
    cx: &Cx,
    tx: &mut TenantTx,
    user: UserId,
    join: &Join,
) -> Result<bool> {
    let person = active_person(tx, user).await?;
    if stands(tx, user).await? {
        return Ok(false);
    }
    let by = format!("{}:{}", join.method, join.reference);
    let entry = Entry {
        user_id: user,
        roles: join.roles.clone(),
        scope: join.scope.clone(),
        bound_by: by.clone(),
        claim: Claim::New,
    };
    enter_tenant(app, tx, &entry).await?;
    bus::audit(tx, cx, "member.join", &format!("user:{user} {by}")).await?;
    let fact = MemberJoined {
        user_id: user.to_string(),
        email: person.email.to_string(),
        roles: join.roles.clone(),
        scope_type: join.scope.kind.to_string(),
        scope_id: join.scope.id.clone(),
        method: join.method.into(),
        reference: join.reference.clone(),
    };
    bus::emit(tx, cx, user.uuid(), &fact).await?;
    store::bump_epoch(tx, &app.snapshots).await?;
    Ok(true)
}

/// Whether the person is a member; refused where they were put out.
pub(super) async fn stands(tx: &mut TenantTx, user: UserId) -> Result<bool> {
    match store::membership(tx, user).await? {
        None => Ok(false),
        Some(held) if held.status == MemberStatus::Active => Ok(true),
        Some(held) if held.may_come_back() => Ok(false),
        Some(_) => Err(Hindrance::NotLetBack.into()),
    }
}

/// The person, locked. Whoever is active has shown by a mailed link whose address it is, or was made by the platform.
async fn active_person(tx: &mut TenantTx, user: UserId) -> Result<Person> {
    let person = store::lock_person(tx, user).await?.ok_or(Error::PersonNotFound)?;
    match person.status {
        PersonStatus::Active => Ok(person),
        PersonStatus::Invited | PersonStatus::Disabled => Err(Error::PersonDisabled),
    }
}
