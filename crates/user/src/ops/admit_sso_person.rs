//! Makes somebody a member whom the tenant's own provider vouches for.

use kernel::{Cx, Email, PersonName, TenantId, UserId};
use wire::user::v1::MemberJoined;

use super::{
    AGAIN,
    enter_tenant::{Entry, enter_tenant},
};
use crate::{
    App, Error, Result,
    domain::{Claim, Person, PersonStatus, TenantRole, WHOLE_TENANT},
    store,
};

/// Who comes in.
#[derive(Debug)]
pub(crate) struct AdmitSsoPerson {
    pub(crate) email: Email,
    pub(crate) name: PersonName,
    pub(crate) role: TenantRole,
    /// Which connection vouches.
    pub(crate) connection: String,
    /// Names the person at the provider.
    pub(crate) subject_key: String,
}

/// One transaction: somebody new is known, active, a member and has the role. Whoever came in with the address already is
/// somebody else until they say so themselves, unless this very call has made them just before; whoever was merely invited anywhere is
/// nobody yet.
pub(crate) async fn admit_sso_person(
    app: &App,
    cx: &Cx,
    tenant: TenantId,
    command: AdmitSsoPerson,
) -> Result<UserId> {
    let now = app.clock.now();
    let new = Person {
        user_id: app.clock.new_id(),
        email: command.email,
        name: command.name,
        status: PersonStatus::Invited,
        created_at: now,
        activated_at: None,
    };
    let by = format!("sso:{}:{}", command.connection, command.subject_key);
    let mut tx = app.db.tenant(tenant, "admit_sso_person").await?;
    let name = new.name.clone();
    let known = store::ensure_person(&mut tx, new).await?.ok_or(Error::Overtaken)?;
    let user_id = known.user_id;
    let person = store::lock_person(&mut tx, user_id).await?.ok_or(Error::PersonNotFound)?;
    if person.email != known.email {
        return Err(Error::Overtaken);
    }
    if person.status != PersonStatus::Invited {
        let made_by = store::membership_changed_by(&mut tx, user_id, now.before(AGAIN)).await?;
        return if made_by.as_deref() == Some(&by) { Ok(user_id) } else { Err(Error::EmailTaken) };
    }
    store::name_newcomer(&mut tx, user_id, &name).await?;
    store::activate_person(&mut tx, user_id, now).await?;
    let entry = Entry {
        user_id,
        roles: vec![command.role.to_string()],
        scope: WHOLE_TENANT.clone(),
        bound_by: by.clone(),
        claim: Claim::New,
    };
    enter_tenant(app, &mut tx, &entry).await?;
    bus::audit(&mut tx, cx, "member.admit", &format!("user:{user_id} {by}")).await?;
    let fact = MemberJoined {
        user_id: user_id.to_string(),
        email: person.email.to_string(),
        roles: entry.roles.clone(),
        scope_type: entry.scope.kind.to_string(),
        scope_id: entry.scope.id.clone(),
        method: "sso".into(),
        reference: command.connection,
    };
    bus::emit(&mut tx, cx, user_id.uuid(), &fact).await?;
    store::bump_epoch(&mut tx, &app.snapshots).await?;
    tx.commit().await?;
    Ok(user_id)
}
