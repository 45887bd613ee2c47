//! Makes an API key.

use aws_lc_rs::rand;
use kernel::{Credential, Cx, TenantId, Timestamp, UserId};
use uuid::Uuid;
use wire::auth::v1::ApiKeyIssued;

use crate::{
    App, Error, Result,
    domain::{
        ApiKey, BadKeyWish, KeyRefusal, KeySecret, KeySubject, key_name, key_pace, key_scopes,
    },
    peers, store,
};

/// Keys of a tenant that are not ended.
const MOST: i64 = 1_000;

/// The wish for a key.
#[derive(Debug)]
pub(crate) struct CreateApiKey {
    pub(crate) tenant: TenantId,
    pub(crate) name: String,
    pub(crate) subject_type: KeySubject,
    pub(crate) subject_id: UserId,
    pub(crate) scopes: Vec<String>,
    pub(crate) requests_per_minute: i32,
    pub(crate) expires_at: Option<Timestamp>,
}

/// Keeps the key's hash and returns the secret, which is shown once. Nobody makes a key that allows what they may not.
pub(crate) async fn create_api_key(
    app: &App,
    cx: &Cx,
    command: CreateApiKey,
) -> Result<(ApiKey, KeySecret)> {
    let (now, tenant) = (app.clock.now(), command.tenant);
    if command.expires_at.is_some_and(|end| end <= now) {
        return Err(KeyRefusal::BadWish("expiresAt", BadKeyWish::Expiry).into());
    }
    let knows = |scope: &str| wire::rules::is_asked_for(scope);
    let refused = |field: &'static str| move |problem| KeyRefusal::BadWish(field, problem);
    let secret = draw(tenant)?;
    let key = ApiKey {
        api_key_id: app.clock.new_id::<Uuid>(),
        name: key_name(&command.name).map_err(refused("name"))?,
        subject_type: command.subject_type,
        subject_id: command.subject_id,
        hint: secret.hint(),
        scopes: key_scopes(command.scopes, knows).map_err(refused("scopes"))?,
        requests_per_minute: key_pace(command.requests_per_minute)
            .map_err(refused("requestsPerMinute"))?,
        created_at: now,
        created_by: cx.actor.label(),
        expires_at: command.expires_at,
        last_used_at: None,
        revoked_at: None,
    };
    if key.subject_type == KeySubject::ServiceAccount && key.scopes.is_empty() {
        return Err(KeyRefusal::BadWish("scopes", BadKeyWish::NoScopes).into());
    }
    require_measure(app, cx, tenant, &key).await?;
    let mut tx = app.db.tenant(tenant, "create_api_key").await?;
    store::lock_api_keys(&mut tx).await?;
    if store::count_api_keys(&mut tx).await? >= MOST {
        return Err(KeyRefusal::TooMany.into());
    }
    store::insert_api_key(&mut tx, &key, &secret).await?;
    bus::audit(&mut tx, cx, "api_key.create", &format!("api_key:{}", key.api_key_id)).await?;
    bus::emit(&mut tx, cx, key.api_key_id, &issued(&key, false)).await?;
    tx.commit().await?;
    Ok((key, secret))
}

/// Whose key it is must be there, and the caller must hold all that the key allows; for another person nobody makes one.
pub(super) async fn require_measure(
    app: &App,
    cx: &Cx,
    tenant: TenantId,
    key: &ApiKey,
) -> Result<()> {
    if cx.flags.credential != Credential::Session {
        // What is held to some rights, or lives for minutes, must not make what is not.
        return Err(Error::SessionWanted);
    }
    let rights = peers::rights(app, cx, key.subject_id, tenant).await?;
    match key.subject_type {
        KeySubject::Person if cx.user() != Some(key.subject_id) => {
            Err(KeyRefusal::OfAnother.into())
        }
        KeySubject::Person if !cx.flags.of_tenant => Ok(()),
        KeySubject::ServiceAccount if !rights.belongs => Err(Error::SubjectNotFound),
        // One's own as well, where the session may less than its person.
        KeySubject::Person | KeySubject::ServiceAccount => {
            let within = key.is_within(|scope| cx.may_give(scope));
            if within { Ok(()) } else { Err(Error::BeyondOwnRights) }
        }
    }
}

pub(super) fn draw(tenant: TenantId) -> Result<KeySecret> {
    let mut random = [0; 32];
    rand::fill(&mut random).map_err(|_| Error::Hashing("the system gives no randomness".into()))?;
    Ok(KeySecret::of(tenant, &random))
}

pub(super) fn issued(key: &ApiKey, rotated: bool) -> ApiKeyIssued {
    ApiKeyIssued {
        api_key_id: key.api_key_id.to_string(),
        name: key.name.clone(),
        subject_type: key.subject_type.to_string(),
        subject_id: key.subject_id.to_string(),
        rotated,
    }
}
