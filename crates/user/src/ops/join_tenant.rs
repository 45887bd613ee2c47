//! Joins a tenant that lets the people of one's domain in, or asks to.

use kernel::{Cx, TenantId, UserId};
use pg::TenantTx;
use wire::user::v1::JoinRequestCreated;

use super::{
    act_for::act_for,
    check_roles::check_roles,
    join_directly::{Join, join_directly, stands},
};
use crate::{
    App, Error, Result,
    domain::{Hindrance, JoinDomain, JoinRequest, Person, RequestStatus, WHOLE_TENANT, Way},
    peers, store,
};

/// What became of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Joined {
    Member,
    Asked,
}

/// Joins or asks, as the tenant lets the domain of the person's proven address. A member stays one, and who asked has asked.
pub(crate) async fn join_tenant(
    app: &App,
    cx: &Cx,
    tenant: TenantId,
    user: UserId,
    message: String,
) -> Result<Joined> {
    let mut tx = app.db.tenant(tenant, "find_join_domain").await?;
    let person = store::person(&mut tx, user).await?.ok_or(Error::PersonNotFound)?;
    let way = store::join_domain_of(&mut tx, person.email.domain()).await?;
    let proven = store::is_address_proven(&mut tx, user).await?;
    tx.commit().await?;
    let way = way.filter(|_| proven).ok_or(Hindrance::NotJoinable)?;
    // A tenant that is suspended says so here.
    peers::tenant_name(app, cx, tenant).await?;
    let setter = act_for(app, cx, tenant, &way.set_by).await?;
    let mut tx = app.db.tenant(tenant, "join_tenant").await?;
    // Whoever set it may have been removed since, or may not give the role any more; then nobody comes in by it.
    let roles = std::iter::once(way.role.as_str());
    check_roles(&mut tx, &setter, roles).await.map_err(|_| Hindrance::NotJoinable)?;
    let joined = match way.way {
        Way::Join => join(app, cx, &mut tx, user, &way).await?,
        Way::Ask => ask(app, cx, &mut tx, &person, &way, message).await?,
    };
    tx.commit().await?;
    Ok(joined)
}

async fn join(
    app: &App,
    cx: &Cx,
    tx: &mut TenantTx,
    user: UserId,
    way: &JoinDomain,
) -> Result<Joined> {
    let join = Join {
        roles: vec![way.role.clone()],
        scope: WHOLE_TENANT.clone(),
        method: "domain",
        reference: way.domain.clone(),
    };
    join_directly(app, cx, tx, user, &join).await?;
    Ok(Joined::Member)
}

async fn ask(
    app: &App,
    cx: &Cx,
    tx: &mut TenantTx,
    person: &Person,
    way: &JoinDomain,
    message: String,
) -> Result<Joined> {
    if stands(tx, person.user_id).await? {
        return Ok(Joined::Member);
    }
    let now = app.clock.now();
    if let Some(last) = store::last_request(tx, person.user_id).await? {
        last.may_follow(now)?;
    }
    let request = JoinRequest {
        request_id: app.clock.new_id(),
        user_id: person.user_id,
        email: person.email.clone(),
        name: person.name.clone(),
        role: way.role.clone(),
        message,
        status: RequestStatus::Pending,
        asked_at: now,
        decided_at: None,
        decided_by: None,
    };
    if store::insert_request(tx, &request).await? {
        let target = format!("join_request:{}", request.request_id);
        bus::audit(tx, cx, "join_request.create", &target).await?;
        let fact = JoinRequestCreated {
            request_id: request.request_id.to_string(),
            user_id: request.user_id.to_string(),
            email: request.email.to_string(),
            role: request.role,
        };
        bus::emit(tx, cx, request.request_id, &fact).await?;
    }
    Ok(Joined::Asked)
}
