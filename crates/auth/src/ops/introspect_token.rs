//! Says what a token is: to an app that asks, to one that gives it up, and about the person behind it.

use kernel::{Cx, Email, SessionId, TenantId, UserId};
use secrecy::{ExposeSecret, SecretString};
use wire::tokens::{ACCESS_TOKEN, AccessClaims, open};

use super::{
    REFRESH_KEY,
    check_token::{CheckToken, check_token},
    prove_client::{ClientProof, prove_client},
    refresh_tokens::good_session,
    session_rights::session_rights,
};
use crate::{
    App, Error, Result,
    domain::{FamilyEnd, OAuthProblem, RefreshToken, TokenFamily, Turn},
    peers, store,
};

/// A token that is alive.
#[derive(Debug)]
pub(crate) enum Alive {
    Access(Box<AccessClaims>),
    Refresh(TenantId, Box<TokenFamily>),
}

/// What a token is to an app of the same tenant; `None` for one that is none, dead, or of another tenant.
pub(crate) async fn introspect_token(
    app: &App,
    cx: &Cx,
    proof: &ClientProof,
    token: &SecretString,
) -> Result<Option<Alive>> {
    let (name, client) = prove_client(app, cx, proof).await?;
    if !client.is_confidential() {
        // Whoever cannot prove itself is told nothing of others' tokens.
        return Err(Error::OAuth(OAuthProblem::InvalidClient));
    }
    let text = token.expose_secret();
    if let Some(refresh) = RefreshToken::parse(text) {
        let family = family_of(app, &refresh).await?;
        let family = family.filter(|family| family.client_id == name.to_string());
        let Some(family) = family else { return Ok(None) };
        let family = alive(app, cx, &refresh, family).await?;
        return Ok(family.map(|family| Alive::Refresh(refresh.tenant, Box::new(family))));
    }
    let claims = match access_claims(app, cx, text).await {
        Ok(claims) => Some(claims),
        Err(Error::OAuth(_)) => None,
        Err(problem) => return Err(problem),
    };
    // An app of the platform is told of its own tokens alone: it has no tenant whose others it could serve.
    let own = |claims: &AccessClaims| match name.tenant {
        TenantId::PLATFORM => claims.client_id == name.to_string(),
        tenant => claims.tid == Some(tenant),
    };
    let claims = claims.filter(own);
    Ok(claims.map(|claims| Alive::Access(Box::new(claims))))
}

/// Ends the family of a token that the app has; what is none of its tokens changes nothing.
pub(crate) async fn revoke_token(
    app: &App,
    cx: &Cx,
    proof: &ClientProof,
    token: &SecretString,
) -> Result<()> {
    let (name, _) = prove_client(app, cx, proof).await?;
    let text = token.expose_secret();
    let family = match RefreshToken::parse(text) {
        Some(refresh) => {
            let family = family_of(app, &refresh).await?;
            family.map(|family| (refresh.tenant, family.family_id))
        }
        // Whether it opens anything at this moment is no matter: what waits for its person's return ends too.
        None => match verified(app, text).await {
            Ok(claims) => claims.tid.map(|tenant| (tenant, claims.family)),
            Err(Error::OAuth(_)) => None,
            Err(problem) => return Err(problem),
        },
    };
    let family = family.filter(|(tenant, _)| name.reaches(*tenant));
    let Some((tenant, family_id)) = family else { return Ok(()) };
    let mut tx = app.db.tenant(tenant, "revoke_token").await?;
    let family = store::lock_token_family(&mut tx, family_id).await?;
    let family = family.filter(|family| family.client_id == name.to_string());
    if family.is_some() {
        let now = app.clock.now();
        if store::end_token_family(&mut tx, family_id, FamilyEnd::Revoked, now).await? {
            bus::audit(&mut tx, cx, "oauth.revoke", &format!("family:{family_id}")).await?;
        }
    }
    tx.commit().await?;
    Ok(())
}

/// Who the person of an access token is, and the address by which they sign in where the scopes let it be told.
pub(crate) async fn get_user_info(
    app: &App,
    cx: &Cx,
    token: &SecretString,
) -> Result<(UserId, Option<Email>)> {
    let claims = access_claims(app, cx, token.expose_secret()).await?;
    let has = |wanted: &str| {
        let scope = claims.scope.as_deref().unwrap_or_default();
        scope.split(' ').any(|word| word == wanted)
    };
    if !has("openid") {
        return Err(Error::OAuth(OAuthProblem::InsufficientScope));
    }
    let mut tx = app.db.tenant(TenantId::PLATFORM, "find_address").await?;
    let known = store::active_of(&mut tx, claims.sub).await?;
    tx.commit().await?;
    Ok((claims.sub, known.map(|(_, email)| email).filter(|_| has("email"))))
}

/// The claims of an access token that holds.
async fn verified(app: &App, text: &str) -> Result<AccessClaims> {
    let refused = || Error::OAuth(OAuthProblem::InvalidToken);
    let keys = app.signer.public(app).await?;
    let claims: AccessClaims = open(text, ACCESS_TOKEN, &keys).map_err(|_| refused())?;
    claims.check(&app.public_url, app.clock.now()).map_err(|_| refused())?;
    Ok(claims)
}

/// The claims of an access token that holds, that stands on what is still there, and whose person is let in where it opens.
pub(super) async fn access_claims(app: &App, cx: &Cx, text: &str) -> Result<AccessClaims> {
    let refused = || Error::OAuth(OAuthProblem::InvalidToken);
    let claims = verified(app, text).await?;
    let tenant = claims.tid.unwrap_or(TenantId::PLATFORM);
    let said = CheckToken {
        user_id: claims.sub,
        session_id: claims.sid,
        tenant,
        family_id: claims.family,
        generation: claims.generation,
        client_id: claims.client_id.clone(),
    };
    match check_token(app, cx, said).await {
        Ok(_) => {}
        Err(problem) if is_ours(&problem) => return Err(problem),
        Err(_) => return Err(refused()),
    }
    let of = (claims.sub, claims.sid);
    if is_let_in(app, cx, tenant, of).await? { Ok(claims) } else { Err(refused()) }
}

/// The family, where this token renews it, its session is good and its person is let in.
async fn alive(
    app: &App,
    cx: &Cx,
    token: &RefreshToken,
    family: TokenFamily,
) -> Result<Option<TokenFamily>> {
    let now = app.clock.now();
    if !matches!(family.turn(token.generation, now), Turn::Next | Turn::Again) {
        return Ok(None);
    }
    let mut tx = app.db.tenant(token.tenant, "find_session").await?;
    match good_session(&mut tx, token.tenant, &family, now).await {
        Ok(_) => tx.commit().await?,
        Err(problem) if is_ours(&problem) => return Err(problem),
        Err(_) => return Ok(None),
    }
    let of = (family.user_id, family.session_id);
    Ok(is_let_in(app, cx, token.tenant, of).await?.then_some(family))
}

/// Whether the tenant is served, and whoever has the session is neither a stranger to it nor suspended.
async fn is_let_in(app: &App, cx: &Cx, tenant: TenantId, of: (UserId, SessionId)) -> Result<bool> {
    if !peers::is_served(app, cx, tenant).await? {
        return Ok(false);
    }
    let rights = session_rights(app, cx, tenant, of).await?;
    Ok(rights.belongs && !rights.suspended)
}

/// Whether the trouble is ours, and says nothing of the token.
const fn is_ours(problem: &Error) -> bool {
    matches!(problem, Error::Database(_) | Error::Vault(_))
}

async fn family_of(app: &App, token: &RefreshToken) -> Result<Option<TokenFamily>> {
    if !token.is_genuine(app.vault.derive_each(REFRESH_KEY)) {
        return Ok(None);
    }
    let mut tx = app.db.tenant(token.tenant, "find_token_family").await?;
    let family = store::token_family(&mut tx, token.family_id).await?;
    tx.commit().await?;
    Ok(family)
}
