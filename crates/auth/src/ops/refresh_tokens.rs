//! Renews tokens.

use kernel::{Actor, Cx, TenantId, Timestamp};
use pg::TenantTx;
use wire::auth::v1::TokenFamilyReused;

use super::{
    REFRESH_KEY,
    admit_session::admit_session,
    issue_tokens::{Tokens, issue_tokens, present_token},
    session_rights::session_rights,
};
use crate::{
    App, Error, Result,
    domain::{FamilyEnd, OAuthProblem, RefreshToken, Session, Standing, TokenFamily, Turn},
    peers, store,
};

/// Gives a fresh access token and the refresh token that counts from now on. Of those who show one token at once, one
/// turns the family and all are told the same. A token that was replaced and whose successor is in use ends the family.
/// Another app's token is one that is not there. The access token is held to `scope`, or to all that the family is where
/// that is empty.
pub(crate) async fn refresh_tokens(
    app: &App,
    cx: &Cx,
    shown: &RefreshToken,
    client_id: &str,
    scope: &str,
) -> Result<Tokens> {
    let tenant = shown.tenant;
    if !shown.is_genuine(app.vault.derive_each(REFRESH_KEY)) {
        return Err(Error::BadToken);
    }
    let mut tx = app.db.tenant(tenant, "find_token_family").await?;
    let found = store::token_family(&mut tx, shown.family_id).await?;
    let found = found.filter(|found| found.client_id == client_id).ok_or(Error::BadToken)?;
    tx.commit().await?;
    // Before the token turns: whoever asks for too much keeps what they have.
    let found = found.narrowed(scope).ok_or(Error::OAuth(OAuthProblem::InvalidScope))?;
    // Asked before the transaction that locks: what holds when it is written may be a moment younger than what is signed,
    // and is looked at anew at each use.
    let served = peers::is_served(app, cx, tenant).await?;
    let rights = session_rights(app, cx, tenant, (found.user_id, found.session_id)).await?;
    if !served || !rights.belongs || rights.suspended {
        return Err(Error::TenantUnknown);
    }
    let now = app.clock.now();
    let mut tx = app.db.tenant(tenant, "refresh_tokens").await?;
    let family = store::lock_token_family(&mut tx, shown.family_id).await?;
    let family = family.ok_or(Error::BadToken)?;
    let session = good_session(&mut tx, tenant, &family, now).await?;
    let turned = match family.turn(shown.generation, now) {
        Turn::Over => return Err(Error::SessionEnded),
        Turn::Reused => return reuse(tx, cx, family, now).await,
        Turn::Again => {
            let target = format!("family:{} {}", family.family_id, family.generation);
            bus::audit(&mut tx, &of_person(cx, &family), "tokens.again", &target).await?;
            family
        }
        Turn::Next => {
            let turned = next(app, shown, family, now);
            store::turn_token_family(&mut tx, &turned).await?;
            let target = format!("family:{} {}", turned.family_id, turned.generation);
            bus::audit(&mut tx, &of_person(cx, &turned), "tokens.refresh", &target).await?;
            turned
        }
    };
    if session.notes_use(now) {
        store::note_use(&mut tx, session.session_id, cx.ip.as_deref(), now).await?;
    }
    tx.commit().await?;
    let refresh = present_token(app, tenant, &turned).ok_or(Error::BadToken)?;
    let held = TokenFamily { scope: found.scope, ..turned };
    issue_tokens(app, tenant, rights, held, refresh).await
}

/// The session that the family stands in, if it is good enough for the tenant.
pub(super) async fn good_session(
    tx: &mut TenantTx,
    tenant: TenantId,
    family: &TokenFamily,
    now: Timestamp,
) -> Result<Session> {
    let session = store::session(tx, family.user_id, family.session_id).await?;
    let session = session.ok_or(Error::SessionEnded)?;
    match session.standing(now) {
        Standing::Good => {
            admit_session(tx, tenant, &session, now).await?;
            Ok(session)
        }
        Standing::Expired => Err(Error::SessionExpired),
        Standing::Ended | Standing::Waiting => Err(Error::SessionEnded),
    }
}

fn next(app: &App, shown: &RefreshToken, family: TokenFamily, now: Timestamp) -> TokenFamily {
    let generation = family.generation.saturating_add(1);
    let key = app.vault.derive(REFRESH_KEY);
    let successor = RefreshToken::derive(&key, shown.tenant, family.family_id, generation);
    TokenFamily {
        generation,
        former_hash: Some(family.token_hash),
        token_hash: successor.hash(),
        turned_at: now,
        used: false,
        ..family
    }
}

/// Ends the family, and tells it.
async fn reuse<T>(mut tx: TenantTx, cx: &Cx, family: TokenFamily, now: Timestamp) -> Result<T> {
    if store::end_token_family(&mut tx, family.family_id, FamilyEnd::Reused, now).await? {
        let target = format!("family:{}", family.family_id);
        bus::audit(&mut tx, cx, "tokens.reuse", &target).await?;
        let fact = TokenFamilyReused {
            user_id: family.user_id.to_string(),
            session_id: family.session_id.to_string(),
            family_id: family.family_id.to_string(),
        };
        bus::emit(&mut tx, cx, family.family_id, &fact).await?;
    }
    tx.commit().await?;
    metrics::counter!("usher_auth_refresh_reuses_total").increment(1);
    Err(Error::RefreshReused)
}

/// The token has just said who acts.
pub(super) fn of_person(cx: &Cx, family: &TokenFamily) -> Cx {
    let actor = Actor::User { id: family.user_id, session: family.session_id };
    Cx { actor, ..cx.clone() }
}
