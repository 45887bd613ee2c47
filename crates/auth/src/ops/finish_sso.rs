//! Takes what a provider sent somebody back with.

use aws_lc_rs::digest::{SHA256, digest};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use kernel::{Actor, Cx, Email, TenantId, UserId};
use secrecy::{ExposeSecret, SecretString};
use uuid::Uuid;
use wire::auth::v1::SsoLinked;

use super::{
    SSO_PURPOSE,
    accept_by_sso::accept_by_sso,
    begin_sso::bind,
    connect_sso::redirect_uri,
    count_try::{count_one, take_off_source},
    open_session::{OpenSession, open_session},
    renew_session::renew_session,
    require_fresh::require_session,
};
use crate::{
    App, Error, Result,
    domain::{
        Connection, ConnectionId, Journey, Key, Method, Session, Source, SsoInvitation, SsoRefusal,
        SsoState, Subject, Token, Tries, Ttl, Vouched,
    },
    oidc::{Client, Doubt, Provider},
    peers, store,
};

/// Why tries are counted over all tenants.
const COUNTED: &str = "tries are counted for all people together";

/// What came back, and what the browser held meanwhile.
#[derive(Debug)]
pub(crate) struct FinishSso {
    /// Whose address the browser came back to.
    pub(crate) connection_id: ConnectionId,
    pub(crate) state: SsoState,
    pub(crate) binding: Key,
    /// Empty where the provider refused.
    pub(crate) code: SecretString,
    /// Who says so, where the provider says it (RFC 9207).
    pub(crate) iss: String,
    pub(crate) error: String,
    /// The invitation that the journey was begun with.
    pub(crate) invitation: Option<SsoInvitation>,
}

/// Uses the journey up, checks every word of the provider, and opens a session that is good in the one tenant, or links the
/// account of whoever began the journey in their own session.
pub(crate) async fn finish_sso(app: &App, cx: &Cx, command: FinishSso) -> Result<(Session, Token)> {
    let source = Source::read(cx.ip.as_deref());
    if let Some(source) = &source {
        let mut tx = app.db.platform("count_try", COUNTED).await?;
        count_one(&mut tx, Tries::Source, &Subject::source(source), app.clock.now()).await?;
        tx.commit().await?;
    }
    let opened = come_back(app, cx, command).await?;
    if let Some(source) = &source {
        let mut tx = app.db.platform("take_off_try", COUNTED).await?;
        take_off_source(&mut tx, source, app.clock.now()).await?;
        tx.commit().await?;
    }
    Ok(opened)
}

async fn come_back(app: &App, cx: &Cx, command: FinishSso) -> Result<(Session, Token)> {
    let tenant = command.state.tenant;
    let (journey, connection, secret) = arrive(app, cx, &command).await?;
    let vouched = vouched(app, &command, &connection, &secret).await;
    let vouched = vouched.map_err(|why| {
        tracing::info!(sso.id = %connection.connection_id, %why, "a provider's word was refused");
        Error::Sso(SsoRefusal::Refused)
    })?;
    match journey.linking {
        Some(of) => {
            require_session(cx)?;
            let here = Actor::User { id: of.0, session: of.1 };
            if cx.actor != here {
                return Err(Error::Sso(SsoRefusal::Refused));
            }
            link(app, cx, tenant, &connection, &vouched, of.0, "by_hand").await?;
            let mut tx = app.db.tenant(TenantId::PLATFORM, "link_sso").await?;
            store::lock_person(&mut tx, of.0).await?;
            let former = store::session(&mut tx, of.0, of.1).await?.ok_or(Error::BadToken)?;
            // A tenant's provider proves nothing to the platform.
            let (second, proven) = (former.second_factor_at, Some(former.proven_at));
            let opened = renew_session(&mut tx, app, cx, of, second, proven).await?;
            tx.commit().await?;
            Ok(opened)
        }
        None => {
            let user_id = match &command.invitation {
                Some(invitation) => {
                    accept_by_sso(app, cx, tenant, &connection, &vouched, invitation).await?
                }
                None => who(app, cx, tenant, &connection, &vouched).await?,
            };
            enter(app, cx, tenant, &connection, user_id).await
        }
    }
}

/// The journey that the browser was on, and the connection it went by, with the secret of the client.
async fn arrive(
    app: &App,
    cx: &Cx,
    command: &FinishSso,
) -> Result<(Journey, Connection, SecretString)> {
    let tenant = command.state.tenant;
    let mut tx = app.db.tenant(tenant, "take_sso_journey").await?;
    let journey = store::take_journey(&mut tx, &command.state, &command.binding).await?;
    let Some(journey) = journey else {
        return Err(Error::Sso(SsoRefusal::Refused));
    };
    if journey.connection_id != command.connection_id
        || journey.invitation != command.invitation.as_ref().map(SsoInvitation::hash)
    {
        // Another provider had the state, or it was begun with another invitation: it is good for nothing any more, and no code
        // is asked about anywhere.
        tx.commit().await?;
        return Err(Error::Sso(SsoRefusal::Refused));
    }
    let found = store::connection(&mut tx, journey.connection_id).await?;
    let opened = match found {
        Some((connection, sealed)) => {
            let row = connection.connection_id.uuid();
            let secret = app.vault.open(&mut tx, cx, SSO_PURPOSE, row, &sealed).await?;
            Some((connection, secret))
        }
        None => None,
    };
    tx.commit().await?;
    let (connection, secret) = opened.ok_or(Error::Sso(SsoRefusal::Refused))?;
    match app.clock.now() < journey.expires_at && connection.terms.enabled {
        true => Ok((journey, connection, secret)),
        false => Err(Error::Sso(SsoRefusal::Refused)),
    }
}

async fn vouched(
    app: &App,
    command: &FinishSso,
    connection: &Connection,
    secret: &SecretString,
) -> Result<Vouched, Doubt> {
    let tenant = command.state.tenant;
    if !command.error.is_empty() || command.code.expose_secret().is_empty() {
        return Err(Doubt::Answer("answer, a refusal,"));
    }
    let provider = Provider::discover(&app.outbound, tenant, &connection.issuer).await?;
    if !provider.answers_as(&command.iss) {
        return Err(Doubt::Answer("answer, of another issuer,"));
    }
    let redirect_uri = redirect_uri(app, connection.connection_id);
    let client = Client { id: &connection.terms.client_id, secret, redirect_uri: &redirect_uri };
    let binding = bind(app, &command.state);
    let now = app.clock.now();
    provider.vouch(&app.outbound, tenant, &client, &binding, &command.code, now).await
}

/// Who it is here: somebody who is linked, or somebody new whose verified address is of a domain that the tenant has proven.
/// An address alone never makes anybody somebody who is here already.
async fn who(
    app: &App,
    cx: &Cx,
    tenant: TenantId,
    connection: &Connection,
    vouched: &Vouched,
) -> Result<UserId> {
    let mut tx = app.db.tenant(tenant, "find_sso_identity").await?;
    let known = store::user_of(&mut tx, connection.connection_id, &vouched.subject).await?;
    tx.commit().await?;
    if let Some(user_id) = known {
        return Ok(user_id);
    }
    let email = vouched.email.as_ref().ok_or(Error::Sso(SsoRefusal::NotAdmitted))?;
    let domain = email.domain().to_owned();
    if !connection.terms.domains.contains(&domain)
        || !peers::proven_domains(app, cx, tenant).await?.contains(&domain)
    {
        return Err(Error::Sso(SsoRefusal::NotAdmitted));
    }
    let newcomer = peers::Newcomer {
        email,
        name: &vouched.name,
        role: connection.terms.role,
        connection_id: connection.connection_id,
        subject_key: subject_key(connection, &vouched.subject),
    };
    let user_id = peers::admit(app, cx, tenant, newcomer).await?;
    address(app, user_id, email).await?;
    link(app, cx, tenant, connection, vouched, user_id, "first_sign_in").await?;
    Ok(user_id)
}

/// Lets letters find somebody new. Before the link: whoever is linked is not looked at again, and would stay without an
/// address here.
pub(super) async fn address(app: &App, user_id: UserId, email: &Email) -> Result<()> {
    let mut tx = app.db.tenant(TenantId::PLATFORM, "address_newcomer").await?;
    store::lock_person(&mut tx, user_id).await?;
    let credential_id = Uuid::new_v4().into();
    store::insert_active(&mut tx, credential_id, user_id, email, app.clock.now()).await?;
    tx.commit().await?;
    Ok(())
}

/// Links a person and a subject; doing it again changes nothing.
pub(super) async fn link(
    app: &App,
    cx: &Cx,
    tenant: TenantId,
    connection: &Connection,
    vouched: &Vouched,
    user_id: UserId,
    way: &str,
) -> Result<()> {
    let id = connection.connection_id;
    let mut tx = app.db.tenant(tenant, "link_sso").await?;
    if !store::insert_identity(&mut tx, id, &vouched.subject, user_id, app.clock.now()).await? {
        return match store::user_of(&mut tx, id, &vouched.subject).await? {
            Some(known) if known == user_id => Ok(()),
            _ => Err(Error::Sso(SsoRefusal::Linked)),
        };
    }
    bus::audit(&mut tx, cx, "sso.link", &format!("user:{user_id} sso:{id}")).await?;
    let fact =
        SsoLinked { connection_id: id.to_string(), user_id: user_id.to_string(), way: way.into() };
    bus::emit(&mut tx, cx, id.uuid(), &fact).await?;
    tx.commit().await?;
    Ok(())
}

/// Opens a session that is good in this tenant alone. The provider has asked for whatever factors it wants.
async fn enter(
    app: &App,
    cx: &Cx,
    tenant: TenantId,
    connection: &Connection,
    user_id: UserId,
) -> Result<(Session, Token)> {
    let mut tx = app.db.tenant(TenantId::PLATFORM, "finish_sso").await?;
    let wish = OpenSession {
        user_id,
        method: Method::Sso,
        ttl: Ttl::default(),
        second_factor_at: Some(app.clock.now()),
        proven_at: None,
        action: "session.create",
    };
    let opened = open_session(&mut tx, cx, app, wish).await?;
    let session_id = opened.0.session_id;
    store::insert_sso_session(&mut tx, session_id, tenant, connection.connection_id).await?;
    tx.commit().await?;
    Ok(opened)
}

/// Names the person at the provider without saying who it is.
pub(super) fn subject_key(connection: &Connection, subject: &str) -> String {
    let sum = digest(&SHA256, format!("{} {subject}", connection.issuer).as_bytes());
    URL_SAFE_NO_PAD.encode(&sum.as_ref()[..16])
}
