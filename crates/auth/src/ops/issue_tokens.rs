//! Signs an access token and shows a refresh token; what the ways to tokens have in common.

use kernel::{TenantId, Timestamp};
use secrecy::SecretString;
use uuid::Uuid;
use wire::tokens::{ACCESS_TOKEN, AccessClaims};

use super::REFRESH_KEY;
use crate::{
    App, Result,
    domain::{RefreshToken, TokenFamily},
    peers::Rights,
};

/// What is shown once.
#[derive(Debug)]
pub(crate) struct Tokens {
    pub(crate) access: SecretString,
    pub(crate) expires_in: i32,
    pub(crate) refresh: RefreshToken,
    pub(crate) family: TokenFamily,
}

/// Seconds since 1970.
fn seconds(instant: Timestamp) -> i64 {
    instant.jiff().as_second()
}

/// Signs an access token of the family's present generation; it outlives neither the family nor the session.
pub(super) async fn issue_tokens(
    app: &App,
    tenant: TenantId,
    rights: Rights,
    family: TokenFamily,
    refresh: RefreshToken,
) -> Result<Tokens> {
    let now = app.clock.now();
    let end = now.after(app.access_life).min(family.expires_at);
    let claims = AccessClaims {
        iss: app.public_url.clone(),
        aud: app.public_url.clone(),
        sub: family.user_id,
        client_id: family.client_id.clone(),
        iat: seconds(now),
        exp: seconds(end).max(seconds(now) + 1),
        jti: app.clock.new_id::<Uuid>().to_string(),
        tid: Some(tenant).filter(|&tenant| tenant != TenantId::PLATFORM),
        sid: family.session_id,
        roles: rights.roles,
        epoch: rights.epoch,
        scope: family.scope.clone(),
        act: None,
        family: family.family_id,
        generation: family.generation,
    };
    let access = app.signer.sign(app, ACCESS_TOKEN, &claims).await?.into();
    let expires_in = i32::try_from(claims.exp - claims.iat).unwrap_or(i32::MAX);
    Ok(Tokens { access, expires_in, refresh, family })
}

/// The refresh token of a family's present generation, under whichever key it was derived.
pub(super) fn present_token(
    app: &App,
    tenant: TenantId,
    family: &TokenFamily,
) -> Option<RefreshToken> {
    let (id, generation) = (family.family_id, family.generation);
    let each = app.vault.derive_each(REFRESH_KEY);
    let mut tokens = each.map(|key| RefreshToken::derive(&key, tenant, id, generation));
    tokens.find(|token| token.hash() == family.token_hash)
}
