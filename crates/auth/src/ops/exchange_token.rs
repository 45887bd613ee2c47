//! Gives an app a lesser token for one that it holds (RFC 8693): less scope, and perhaps who acts for whom.

use kernel::Cx;
use secrecy::{ExposeSecret, SecretString};
use uuid::Uuid;
use wire::tokens::{ACCESS_TOKEN, AccessClaims, ActorClaim};

use super::{grant_tokens::Granted, introspect_token::access_claims};
use crate::{
    App, Error, Result,
    domain::{ClientName, ExtraGrant, IDENTITY_SCOPES, OAuthClient, OAuthProblem},
    store,
};

/// The only kind of token that is taken and given (RFC 8693, section 3).
const KIND: &str = "urn:ietf:params:oauth:token-type:access_token";
/// So many act for each other at most.
const LONGEST_CHAIN: usize = 4;

/// What an app asks for, in the words of RFC 8693, section 2.1.
#[derive(Debug)]
pub(crate) struct Exchange {
    pub(crate) subject: SecretString,
    pub(crate) subject_kind: String,
    /// Empty where nobody acts for somebody else.
    pub(crate) actor: SecretString,
    pub(crate) actor_kind: String,
    pub(crate) wanted_kind: String,
    pub(crate) audience: String,
    pub(crate) resource: String,
    pub(crate) scope: String,
}

/// A token of the subject's person, session and family: it ends with them, and lives no longer than the subject. It is held
/// to what both the subject and the app are.
pub(super) async fn exchange_token(
    app: &App,
    cx: &Cx,
    name: ClientName,
    client: &OAuthClient,
    wish: &Exchange,
) -> Result<Granted> {
    if !client.is_confidential() || !client.has(ExtraGrant::TokenExchange) {
        return Err(refused(OAuthProblem::UnauthorizedClient));
    }
    let has_actor = !wish.actor.expose_secret().is_empty();
    let is_sound = wish.subject_kind == KIND
        && ["", KIND].contains(&wish.wanted_kind.as_str())
        && wish.actor_kind == if has_actor { KIND } else { "" };
    if !is_sound {
        return Err(refused(OAuthProblem::InvalidRequest));
    }
    let here = |target: &String| target.is_empty() || *target == app.public_url;
    if !here(&wish.audience) || !here(&wish.resource) {
        return Err(refused(OAuthProblem::InvalidTarget));
    }
    let subject = held(app, cx, name, &wish.subject).await?;
    let actor = match has_actor {
        true => Some(held(app, cx, name, &wish.actor).await?),
        false => None,
    };
    let act = acting(&subject, actor)?;
    let scope = narrowed(client, subject.scope.as_deref(), &wish.scope);
    let scope = scope.ok_or(refused(OAuthProblem::InvalidScope))?;
    let now = app.clock.now();
    let life = i64::try_from(app.access_life.as_secs()).unwrap_or_default();
    let iat = now.jiff().as_second();
    let claims = AccessClaims {
        client_id: name.to_string(),
        iat,
        exp: subject.exp.min(iat + life),
        jti: app.clock.new_id::<Uuid>().to_string(),
        scope: Some(scope.clone()),
        act,
        ..subject
    };
    let mut tx = app.db.tenant(name.tenant, "exchange_token").await?;
    // Whoever ends the app meanwhile waits, and nothing is given after that.
    let standing = store::share_oauth_client(&mut tx, name.client_id).await?;
    if standing.is_none_or(|client| client.ended_at.is_some()) {
        return Err(refused(OAuthProblem::InvalidClient));
    }
    let target = format!("oauth_client:{} family:{}", name.client_id, claims.family);
    bus::audit(&mut tx, cx, "oauth.exchange", &target).await?;
    tx.commit().await?;
    let access = app.signer.sign(app, ACCESS_TOKEN, &claims).await?.into();
    let expires_in = i32::try_from(claims.exp - claims.iat).unwrap_or(i32::MAX);
    Ok(Granted { tokens: None, access, expires_in, scope, id_token: None })
}

const fn refused(problem: OAuthProblem) -> Error {
    Error::OAuth(problem)
}

/// A token that is alive, of the app's own tenant; anything else is none (RFC 8693, section 2.2.2).
async fn held(app: &App, cx: &Cx, name: ClientName, token: &SecretString) -> Result<AccessClaims> {
    match access_claims(app, cx, token.expose_secret()).await {
        Ok(claims) if claims.tid == Some(name.tenant) => Ok(claims),
        Ok(_) | Err(Error::OAuth(_)) => Err(refused(OAuthProblem::InvalidRequest)),
        Err(problem) => Err(problem),
    }
}

/// Who acts, and through whom (RFC 8693, section 4.1).
fn acting(subject: &AccessClaims, actor: Option<AccessClaims>) -> Result<Option<ActorClaim>> {
    let Some(actor) = actor else { return Ok(subject.act.clone()) };
    let former = subject.act.clone().map(Box::new);
    let act = ActorClaim { sub: actor.sub, client_id: actor.client_id, act: former };
    if act.depth() > LONGEST_CHAIN {
        return Err(refused(OAuthProblem::InvalidRequest));
    }
    Ok(Some(act))
}

/// What is asked for, or all that may be, where the subject and the app both have it. A person's own token has no scope, but
/// never gives what says who they are.
fn narrowed(client: &OAuthClient, held: Option<&str>, asked: &str) -> Option<String> {
    let has = |word: &str| match held {
        Some(held) => held.split(' ').any(|known| known == word),
        None => !IDENTITY_SCOPES.contains(&word),
    };
    let within: Vec<String> = match client.admits(asked)? {
        none if none.is_empty() => client.scopes.iter().filter(|one| has(one)).cloned().collect(),
        asked if asked.iter().all(|word| has(word)) => asked,
        _ => return None,
    };
    (!within.is_empty()).then(|| within.join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(scopes: &[&str]) -> OAuthClient {
        OAuthClient {
            client_id: Uuid::nil(),
            name: "App".into(),
            secret_hash: None,
            redirect_uris: Vec::new(),
            scopes: scopes.iter().map(|&scope| scope.to_owned()).collect(),
            service_account_id: None,
            grants: Vec::new(),
            post_logout_redirect_uris: Vec::new(),
            backchannel_logout_uri: None,
            backchannel_logout_session_required: false,
            jwks: None,
            require_pushed: false,
            implicit_consent: false,
            created_at: jiff::Timestamp::UNIX_EPOCH.into(),
            ended_at: None,
        }
    }

    #[test]
    fn a_scope_only_narrows() {
        let app = client(&["a", "b", "openid"]);
        for (held, asked, given) in [
            (Some("a b c"), "", Some("a b")),
            (Some("a b c"), "b", Some("b")),
            (Some("a b c"), "c", None),
            (Some("a"), "b", None),
            (Some("c"), "", None),
            (None, "", Some("a b")),
            (None, "b a", Some("b a")),
            (None, "openid", None),
            (Some("openid"), "openid", Some("openid")),
        ] {
            assert_eq!(narrowed(&app, held, asked).as_deref(), given, "{held:?} {asked:?}");
        }
    }
}
