//! Holds a session to what the tenant asks of it; what the ways into a tenant have in common.

use kernel::{TenantId, Timestamp};
use sqlx::PgConnection;

use crate::{
    Error, Result,
    domain::{Method, NotHere, Session, SsoRefusal},
    store,
};

/// Refuses a session that the tenant's rules do not let in, and notes a visit that binds the person's next password. In a
/// transaction that sees the tenant.
pub(super) async fn admit_session(
    tx: &mut PgConnection,
    tenant: TenantId,
    session: &Session,
    now: Timestamp,
) -> Result<()> {
    if session.method == Method::Sso
        && store::sso_tenant(&mut *tx, session.session_id).await? != Some(tenant)
    {
        return Err(Error::Sso(SsoRefusal::Session));
    }
    let Some(rules) = store::sign_in_rules(&mut *tx, tenant).await? else { return Ok(()) };
    rules.admit(session, now).map_err(|reason| match reason {
        NotHere::TooOld => Error::SessionExpired,
        NotHere::OneFactor => Error::SecondFactorWanted,
    })?;
    if rules.lengthens_passwords() {
        store::note_visit(tx, tenant, session.user_id, now).await?;
    }
    Ok(())
}
