//! Gives tokens to a device whose question was answered, or says where it stands (RFC 8628, sections 3.4 and 3.5).

use kernel::{Cx, Timestamp};
use pg::TenantTx;

use super::{
    create_tokens::{Beginning, begin_family},
    grant_tokens::{Granted, granted, ungranted},
    issue_id_token::{Birth, issue_id_token},
    issue_tokens::issue_tokens,
    session_rights::session_rights,
};
use crate::{
    App, Error, Result,
    domain::{ClientName, DeviceCode, ExtraGrant, KeptDevice, OAuthClient, OAuthProblem, Poll},
    peers::Rights,
    store,
};

const fn refused(problem: OAuthProblem) -> Error {
    Error::OAuth(problem)
}

/// Tokens for what a device holds, once its person has agreed, and once only.
pub(super) async fn redeem_device(
    app: &App,
    cx: &Cx,
    name: ClientName,
    client: &OAuthClient,
    code: &DeviceCode,
) -> Result<Granted> {
    if !client.has(ExtraGrant::DeviceCode) {
        return Err(refused(OAuthProblem::UnauthorizedClient));
    }
    let own = |device: &KeptDevice| device.client_id == name.client_id;
    let mut tx = app.db.tenant(name.tenant, "find_device").await?;
    let found = store::device(&mut tx, code).await?.filter(own);
    tx.commit().await?;
    let found = found.ok_or(refused(OAuthProblem::InvalidGrant))?;
    let Poll::Approved(user_id, session_id) = found.poll(app.clock.now()) else {
        return Err(wait(app, name, &found).await?);
    };
    let rights = session_rights(app, cx, name.tenant, (user_id, session_id)).await?;
    let now = app.clock.now();
    let mut tx = app.db.tenant(name.tenant, "redeem_device").await?;
    // Before the device, as does whoever takes the person out.
    store::share_person(&mut tx, user_id).await?;
    // Whoever ends the app meanwhile waits for what this gives, and ends it too.
    let standing = store::share_oauth_client(&mut tx, name.client_id).await?;
    if standing.is_none_or(|client| client.ended_at.is_some()) {
        return Err(refused(OAuthProblem::InvalidClient));
    }
    let kept = store::lock_device(&mut tx, &found.code_hash).await?;
    let kept = kept.ok_or(refused(OAuthProblem::InvalidGrant))?;
    if kept.poll(now) != Poll::Approved(user_id, session_id) {
        return Err(told(kept.poll(now)));
    }
    let beginning = Beginning {
        user_id,
        session_id,
        client_id: name.to_string(),
        scope: Some(kept.scope.clone()),
        is_told: client.backchannel_logout_uri.is_some(),
    };
    redeem(tx, (app, cx), name, &kept, (beginning, rights)).await
}

async fn redeem(
    mut tx: TenantTx,
    (app, cx): (&App, &Cx),
    name: ClientName,
    kept: &KeptDevice,
    (beginning, rights): (Beginning, Rights),
) -> Result<Granted> {
    let now = app.clock.now();
    store::use_device(&mut tx, &kept.code_hash, now).await?;
    if !rights.belongs || rights.suspended {
        tx.commit().await?;
        return Err(refused(OAuthProblem::InvalidGrant));
    }
    let begun = begin_family(&mut tx, app, name.tenant, beginning).await;
    let (family, refresh) = begun.map_err(ungranted)?;
    let target = format!("oauth_client:{} family:{}", name.client_id, family.family_id);
    bus::audit(&mut tx, cx, "oauth.grant", &target).await?;
    tx.commit().await?;
    let (user_id, session_id) = (family.user_id, family.session_id);
    let birth = Birth { user_id, session_id, scope: &kept.scope, nonce: "" };
    let id_token = issue_id_token(app, name, birth).await?;
    let tokens = issue_tokens(app, name.tenant, rights, family, refresh).await?;
    Ok(granted(tokens, kept.scope.clone(), id_token))
}

/// Notes that the device asked while nobody had answered; what it is told.
async fn wait(app: &App, name: ClientName, found: &KeptDevice) -> Result<Error> {
    let now: Timestamp = app.clock.now();
    let mut tx = app.db.tenant(name.tenant, "poll_device").await?;
    let Some(kept) = store::lock_device(&mut tx, &found.code_hash).await? else {
        return Ok(refused(OAuthProblem::InvalidGrant));
    };
    let poll = kept.poll(now);
    if let Poll::Pending(wait) | Poll::TooEarly(wait) = poll {
        store::note_poll(&mut tx, &kept.code_hash, wait, now).await?;
    }
    tx.commit().await?;
    Ok(told(poll))
}

const fn told(poll: Poll) -> Error {
    refused(match poll {
        // Answered in this very moment: the device asks again.
        Poll::Pending(_) | Poll::Approved(..) => OAuthProblem::AuthorizationPending,
        Poll::TooEarly(_) => OAuthProblem::SlowDown,
        Poll::Denied => OAuthProblem::AccessDenied,
        Poll::Expired => OAuthProblem::ExpiredToken,
        Poll::Used => OAuthProblem::InvalidGrant,
    })
}
