//! Accepts an invitation for somebody for whom the tenant's provider vouches.

use kernel::{Cx, TenantId, UserId};

use super::finish_sso::{address, link, subject_key};
use crate::{
    App, Error, Result,
    domain::{Connection, SsoInvitation, SsoRefusal, Vouched},
    peers, store,
};

/// Has `user` accept it, for whoever is linked or else for somebody new, who is linked from then on: an address alone makes
/// nobody somebody who is here already. Where that is refused, nothing has changed.
pub(super) async fn accept_by_sso(
    app: &App,
    cx: &Cx,
    tenant: TenantId,
    connection: &Connection,
    vouched: &Vouched,
    invitation: &SsoInvitation,
) -> Result<UserId> {
    let email = vouched.email.as_ref().ok_or(Error::Sso(SsoRefusal::OtherAddress))?;
    let mut tx = app.db.tenant(tenant, "find_sso_identity").await?;
    let linked = store::user_of(&mut tx, connection.connection_id, &vouched.subject).await?;
    tx.commit().await?;
    let domain = email.domain().to_owned();
    let domain_proven = connection.terms.domains.contains(&domain)
        && peers::proven_domains(app, cx, tenant).await?.contains(&domain);
    let guest = peers::InvitedGuest {
        invitation,
        connection_id: connection.connection_id,
        subject_key: subject_key(connection, &vouched.subject),
        email,
        domain_proven,
        linked,
    };
    let (user_id, own) = peers::accept_invitation(app, cx, tenant, guest).await?;
    if linked.is_some_and(|linked| linked != user_id) {
        // Whoever came in by it before is not the one who is linked now.
        return Err(Error::Sso(SsoRefusal::InvitationClosed));
    }
    if linked.is_none() {
        address(app, user_id, &own).await?;
        link(app, cx, tenant, connection, vouched, user_id, "invitation").await?;
    }
    Ok(user_id)
}
