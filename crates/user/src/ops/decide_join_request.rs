//! Lets somebody in who asked, or declines.

use kernel::{Cx, TenantId};
use pg::TenantTx;
use uuid::Uuid;
use wire::user::v1::{JoinRequestApproved, JoinRequestDeclined};

use super::{
    check_roles::check_roles,
    join_directly::{Join, join_directly},
};
use crate::{
    App, Result,
    domain::{Hindrance, JoinRequest, RequestStatus, WHOLE_TENANT},
    store,
};

/// The request as it stands then. The same decision twice changes nothing; the other one is refused. Whoever approves
/// gives the role, so they must hold all that it allows.
pub(crate) async fn decide_join_request(
    app: &App,
    cx: &Cx,
    tenant: TenantId,
    id: Uuid,
    decision: RequestStatus,
) -> Result<JoinRequest> {
    let now = app.clock.now();
    let mut tx = app.db.tenant(tenant, "decide_join_request").await?;
    let request = store::lock_request(&mut tx, id).await?.ok_or(Hindrance::RequestNotFound)?;
    if !request.takes(decision)? {
        return Ok(request);
    }
    let by = cx.actor.label();
    store::decide_request(&mut tx, id, decision, &by, now).await?;
    match decision {
        RequestStatus::Approved => approve(app, cx, &mut tx, &request).await?,
        _ => {
            bus::audit(&mut tx, cx, "join_request.decline", &format!("join_request:{id}")).await?;
            let fact = JoinRequestDeclined {
                request_id: id.to_string(),
                user_id: request.user_id.to_string(),
            };
            bus::emit(&mut tx, cx, id, &fact).await?;
        }
    }
    tx.commit().await?;
    Ok(JoinRequest { status: decision, decided_at: Some(now), decided_by: Some(by), ..request })
}

async fn approve(app: &App, cx: &Cx, tx: &mut TenantTx, request: &JoinRequest) -> Result<()> {
    let id = request.request_id;
    check_roles(tx, cx, std::iter::once(request.role.as_str())).await?;
    bus::audit(tx, cx, "join_request.approve", &format!("join_request:{id}")).await?;
    let fact =
        JoinRequestApproved { request_id: id.to_string(), user_id: request.user_id.to_string() };
    bus::emit(tx, cx, id, &fact).await?;
    let join = Join {
        roles: vec![request.role.clone()],
        scope: WHOLE_TENANT.clone(),
        method: "request",
        reference: id.to_string(),
    };
    join_directly(app, cx, tx, request.user_id, &join).await?;
    Ok(())
}
