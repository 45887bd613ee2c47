//! Says whether what an access token stands on is still there.

use kernel::{Cx, SessionId, TenantId, UserId};
use pg::TenantTx;
use uuid::Uuid;

use super::refresh_tokens::good_session;
use crate::{
    App, Error, Result,
    domain::{ClientName, Method},
    store,
};

/// What a verified access token says of itself.
#[derive(Debug, Clone)]
pub(crate) struct CheckToken {
    pub(crate) user_id: UserId,
    pub(crate) session_id: SessionId,
    pub(crate) tenant: TenantId,
    pub(crate) family_id: Uuid,
    pub(crate) generation: i32,
    /// Whom it was given to; empty where a gateway does not say.
    pub(crate) client_id: String,
}

/// Succeeds while session, family and the app that the token was given to last, and notes that this generation is in use;
/// answers whether the session is good in one tenant alone.
pub(crate) async fn check_token(app: &App, cx: &Cx, said: CheckToken) -> Result<bool> {
    let now = app.clock.now();
    let mut tx = app.db.tenant(said.tenant, "check_token").await?;
    if said.session_id.uuid() == said.family_id {
        // An app that acts for itself stands where session and family do.
        let client = store::oauth_client(&mut tx, said.family_id).await?;
        let client = client.filter(|client| client.service_account_id == Some(said.user_id));
        let client = client.ok_or(Error::BadToken)?;
        tx.commit().await?;
        return if client.ended_at.is_none() { Ok(false) } else { Err(Error::SessionEnded) };
    }
    let family = store::token_family(&mut tx, said.family_id).await?.ok_or(Error::BadToken)?;
    if (family.user_id, family.session_id) != (said.user_id, said.session_id) {
        return Err(Error::BadToken);
    }
    if family.ended_at.is_some() || family.expires_at <= now {
        return Err(Error::SessionEnded);
    }
    if !said.client_id.is_empty() && said.client_id != family.client_id {
        stands(&mut tx, &said.client_id).await?;
    }
    let session = good_session(&mut tx, said.tenant, &family, now).await?;
    if said.generation == family.generation && !family.used {
        store::note_family_use(&mut tx, said.family_id, said.generation).await?;
    }
    if session.notes_use(now) {
        store::note_use(&mut tx, session.session_id, cx.ip.as_deref(), now).await?;
    }
    tx.commit().await?;
    Ok(session.method == Method::Sso)
}

/// Refuses what an app got for another's token (RFC 8693) once it has ended. Only an app of the tenant gets any.
async fn stands(tx: &mut TenantTx, client_id: &str) -> Result<()> {
    let name = ClientName::parse(client_id).ok_or(Error::BadToken)?;
    let client = store::oauth_client(tx, name.client_id).await?.ok_or(Error::BadToken)?;
    if client.ended_at.is_some() { Err(Error::SessionEnded) } else { Ok(()) }
}
