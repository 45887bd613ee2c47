//! Gives an app tokens: for a code, for a refresh token, or for itself.

use kernel::{Cx, SessionId, Timestamp};
use pg::TenantTx;
use secrecy::{ExposeSecret, SecretString};
use uuid::Uuid;
use wire::{
    auth::v1::CodeReused,
    tokens::{ACCESS_TOKEN, AccessClaims},
};

use super::{
    create_tokens::{Beginning, begin_family},
    exchange_token::{Exchange, exchange_token},
    issue_id_token::{Birth, issue_id_token},
    issue_tokens::{Tokens, issue_tokens},
    prove_client::{ClientProof, prove_client},
    redeem_device::redeem_device,
    refresh_tokens::refresh_tokens,
    session_rights::session_rights,
};
use crate::{
    App, Error, Result,
    domain::{
        ClientName, Code, DeviceCode, FamilyEnd, IDENTITY_SCOPES, KeptCode, OAuthClient,
        OAuthProblem, RefreshToken, SsoRefusal,
    },
    peers, store,
};

/// What an app shows for tokens.
#[derive(Debug)]
pub(crate) enum Grant {
    Code { code: SecretString, redirect_uri: String, verifier: SecretString },
    Refresh { token: SecretString, scope: String },
    Device { code: SecretString },
    Exchange(Box<Exchange>),
    Itself { scope: String },
}

/// What an app gets.
#[derive(Debug)]
pub(crate) struct Granted {
    /// Absent where the app acts for itself.
    pub(crate) tokens: Option<Tokens>,
    pub(crate) access: SecretString,
    pub(crate) expires_in: i32,
    pub(crate) scope: String,
    pub(crate) id_token: Option<SecretString>,
}

/// Gives them to an app that has proven which one it is.
pub(crate) async fn grant_tokens(
    app: &App,
    cx: &Cx,
    proof: &ClientProof,
    grant: Grant,
) -> Result<Granted> {
    let (name, client) = prove_client(app, cx, proof).await?;
    match grant {
        Grant::Code { code, redirect_uri, verifier } => {
            let code = Code::parse(code.expose_secret()).filter(|code| name.reaches(code.tenant));
            let code = code.ok_or(Error::OAuth(OAuthProblem::InvalidGrant))?;
            redeem(app, cx, (name, &client), &code, (&redirect_uri, &verifier)).await
        }
        Grant::Refresh { token, scope } => {
            let token = RefreshToken::parse(token.expose_secret());
            let token = token.filter(|token| name.reaches(token.tenant));
            let token = token.ok_or(Error::OAuth(OAuthProblem::InvalidGrant))?;
            let tokens = refresh_tokens(app, cx, &token, &name.to_string(), &scope).await;
            let tokens = tokens.map_err(ungranted)?;
            let held = tokens.family.scope.clone().unwrap_or_default();
            Ok(granted(tokens, held, None))
        }
        Grant::Device { code } => {
            let code = DeviceCode::parse(code.expose_secret());
            let code = code.filter(|code| code.tenant == name.tenant);
            let code = code.ok_or(Error::OAuth(OAuthProblem::InvalidGrant))?;
            redeem_device(app, cx, name, &client, &code).await
        }
        Grant::Exchange(wish) => exchange_token(app, cx, name, &client, &wish).await,
        Grant::Itself { scope } => for_itself(app, cx, name, &client, &scope).await,
    }
}

/// What is wrong with a code or a refresh token is not told apart.
pub(super) fn ungranted(problem: Error) -> Error {
    match problem {
        Error::BadToken
        | Error::SessionEnded
        | Error::SessionExpired
        | Error::RefreshReused
        | Error::SecondFactorWanted
        | Error::Sso(SsoRefusal::Session)
        | Error::PersonClosed
        | Error::TooManyFamilies
        | Error::TenantUnknown => Error::OAuth(OAuthProblem::InvalidGrant),
        other => other,
    }
}

/// Tokens of a family, as the app gets them.
pub(super) fn granted(tokens: Tokens, scope: String, id_token: Option<SecretString>) -> Granted {
    let (access, expires_in) = (tokens.access.clone(), tokens.expires_in);
    Granted { tokens: Some(tokens), access, expires_in, scope, id_token }
}

/// Tokens for a code, once. A code that is shown again ends what it gave.
async fn redeem(
    app: &App,
    cx: &Cx,
    (name, client): (ClientName, &OAuthClient),
    code: &Code,
    (redirect_uri, verifier): (&str, &SecretString),
) -> Result<Granted> {
    let refused = || Error::OAuth(OAuthProblem::InvalidGrant);
    let tenant = code.tenant;
    let mut tx = app.db.tenant(tenant, "find_code").await?;
    let found = store::code(&mut tx, code).await?.ok_or_else(refused)?;
    tx.commit().await?;
    let of = (found.user_id, found.session_id);
    let rights = session_rights(app, cx, tenant, of).await?;
    let served = name.tenant == tenant || peers::is_served(app, cx, tenant).await?;
    let now = app.clock.now();
    let mut tx = app.db.tenant(tenant, "redeem_code").await?;
    // Before the code, as does whoever takes the person out.
    store::share_person(&mut tx, found.user_id).await?;
    if name.tenant == tenant {
        // Whoever ends the app meanwhile waits for what this gives, and ends it too.
        standing(store::share_oauth_client(&mut tx, name.client_id).await?)?;
    }
    let kept = store::lock_code(&mut tx, code).await?.ok_or_else(refused)?;
    if kept.client_id != name.client_id {
        return Err(refused());
    }
    if kept.used_at.is_some() {
        return reuse(tx, cx, name, &kept, now).await;
    }
    let is_bound = kept.is_bound_to(redirect_uri, verifier.expose_secret());
    let is_let_in = served && rights.belongs && !rights.suspended;
    if !is_bound || kept.expires_at <= now || !is_let_in {
        // Whoever guesses at a code guesses once.
        store::use_code(&mut tx, code, None, now).await?;
        tx.commit().await?;
        return Err(refused());
    }
    let beginning = Beginning {
        user_id: kept.user_id,
        session_id: kept.session_id,
        client_id: name.to_string(),
        scope: Some(kept.scope.clone()),
        is_told: client.backchannel_logout_uri.is_some(),
    };
    let begun = begin_family(&mut tx, app, tenant, beginning).await;
    let (family, refresh) = begun.map_err(ungranted)?;
    store::use_code(&mut tx, code, Some(family.family_id), now).await?;
    let target = format!("oauth_client:{} family:{}", name.client_id, family.family_id);
    bus::audit(&mut tx, cx, "oauth.grant", &target).await?;
    tx.commit().await?;
    if name.tenant != tenant {
        // Whoever ends the platform's app from here on finds the family, and ends it.
        let mut tx = app.db.tenant(name.tenant, "find_oauth_client").await?;
        standing(store::oauth_client(&mut tx, name.client_id).await?)?;
        tx.commit().await?;
    }
    let id_token = issue_id_token(app, name, Birth::from(&kept)).await?;
    let tokens = issue_tokens(app, tenant, rights, family, refresh).await?;
    Ok(granted(tokens, kept.scope, id_token))
}

/// Refuses an app that has ended.
fn standing(client: Option<OAuthClient>) -> Result<()> {
    if client.is_none_or(|client| client.ended_at.is_some()) {
        return Err(Error::OAuth(OAuthProblem::InvalidClient));
    }
    Ok(())
}

async fn reuse<T>(
    mut tx: TenantTx,
    cx: &Cx,
    name: ClientName,
    kept: &KeptCode,
    now: Timestamp,
) -> Result<T> {
    if let Some(family) = kept.family_id
        && store::end_token_family(&mut tx, family, FamilyEnd::Reused, now).await?
    {
        bus::audit(&mut tx, cx, "oauth.reuse", &format!("family:{family}")).await?;
        let fact = CodeReused { client_id: name.to_string(), user_id: kept.user_id.to_string() };
        bus::emit(&mut tx, cx, family, &fact).await?;
    }
    tx.commit().await?;
    Err(Error::OAuth(OAuthProblem::InvalidGrant))
}

/// An access token in which the app acts as its service account.
async fn for_itself(
    app: &App,
    cx: &Cx,
    name: ClientName,
    client: &OAuthClient,
    scope: &str,
) -> Result<Granted> {
    let account = client.service_account_id;
    let account = account.ok_or(Error::OAuth(OAuthProblem::UnauthorizedClient))?;
    let refused = || Error::OAuth(OAuthProblem::InvalidScope);
    let asked = match scope {
        "" => client.scopes.clone(),
        scope => client.admits(scope).ok_or_else(refused)?,
    };
    let is_right = |scope: &String| !IDENTITY_SCOPES.contains(&scope.as_str());
    let asked: Vec<String> = asked.into_iter().filter(is_right).collect();
    if asked.is_empty() {
        return Err(refused());
    }
    let rights = peers::rights(app, cx, account, name.tenant).await?;
    if !rights.belongs || rights.suspended {
        return Err(Error::OAuth(OAuthProblem::UnauthorizedClient));
    }
    let (now, scope) = (app.clock.now().jiff().as_second(), asked.join(" "));
    let life = i64::try_from(app.access_life.as_secs()).unwrap_or_default();
    let claims = AccessClaims {
        iss: app.public_url.clone(),
        aud: app.public_url.clone(),
        sub: account,
        client_id: name.to_string(),
        iat: now,
        exp: now + life,
        jti: app.clock.new_id::<Uuid>().to_string(),
        tid: Some(name.tenant),
        // The app stands where a person's session and family do: its token ends with it.
        sid: SessionId::from(name.client_id),
        roles: rights.roles,
        epoch: rights.epoch,
        scope: Some(scope.clone()),
        act: None,
        family: name.client_id,
        generation: 0,
    };
    let access = app.signer.sign(app, ACCESS_TOKEN, &claims).await?.into();
    let expires_in = i32::try_from(life).unwrap_or(i32::MAX);
    Ok(Granted { tokens: None, access, expires_in, scope, id_token: None })
}
