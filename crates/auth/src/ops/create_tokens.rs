//! Gives tokens for a session.

use kernel::{Credential, Cx, Email, SessionId, TenantId, UserId};
use pg::TenantTx;
use uuid::Uuid;

use super::{
    REFRESH_KEY,
    admit_session::admit_session,
    create_session::{CreateSession, create_session},
    end_session::end_session,
    issue_tokens::{Tokens, issue_tokens},
    session_rights::session_rights,
};
use crate::{
    App, Error, Result,
    domain::{OWN_CLIENT, Password, RefreshToken, Session, Standing, Token, TokenFamily},
    store,
};

/// Families that a session may have at once in a tenant.
const MOST: i64 = 50;
/// Of them, those of one app: it begins another one with each code, and nobody is asked who could mind.
const MOST_OF_APP: i64 = 10;

/// E-mail and password, for tokens at once.
#[derive(Debug)]
pub(crate) struct SignInForTokens {
    pub(crate) email: Email,
    pub(crate) password: Password,
}

/// What comes of signing in.
#[derive(Debug)]
pub(crate) enum SignedIn {
    Tokens(Box<Tokens>),
    /// The session waits for the second factor.
    Waiting(Box<Session>, Token),
}

/// Begins a family in the tenant of the call. Nobody gets tokens of a tenant that they do not belong to, and a token
/// begets no others.
pub(crate) async fn create_tokens(
    app: &App,
    cx: &Cx,
    user_id: UserId,
    session_id: SessionId,
) -> Result<Tokens> {
    if cx.flags.credential != Credential::Session {
        return Err(Error::SessionWanted);
    }
    let tenant = cx.tenant.unwrap_or(TenantId::PLATFORM);
    let rights = session_rights(app, cx, tenant, (user_id, session_id)).await?;
    if !rights.belongs || rights.suspended {
        return Err(Error::TenantUnknown);
    }
    let mut tx = app.db.tenant(tenant, "create_tokens").await?;
    let client_id = OWN_CLIENT.into();
    let beginning = Beginning { user_id, session_id, client_id, scope: None, is_told: false };
    let (family, refresh) = begin_family(&mut tx, app, tenant, beginning).await?;
    let target = format!("session:{session_id} family:{}", family.family_id);
    bus::audit(&mut tx, cx, "tokens.create", &target).await?;
    tx.commit().await?;
    issue_tokens(app, tenant, rights, family, refresh).await
}

/// Opens a session with e-mail and password, and gives tokens for it.
pub(crate) async fn sign_in_for_tokens(
    app: &App,
    cx: &Cx,
    command: SignInForTokens,
) -> Result<SignedIn> {
    let SignInForTokens { email, password } = command;
    let (session, token) = create_session(app, cx, CreateSession { email, password }).await?;
    if session.pending {
        return Ok(SignedIn::Waiting(Box::new(session), token));
    }
    match create_tokens(app, cx, session.user_id, session.session_id).await {
        Ok(tokens) => Ok(SignedIn::Tokens(Box::new(tokens))),
        Err(problem) => {
            // Nobody was told of the session.
            end_session(app, cx, session.user_id, session.session_id).await?;
            Err(problem)
        }
    }
}

/// Whose family it is, and to what it is held.
#[derive(Debug)]
pub(super) struct Beginning {
    pub(super) user_id: UserId,
    pub(super) session_id: SessionId,
    pub(super) client_id: String,
    pub(super) scope: Option<String>,
    /// Whether the software is told when the session has ended.
    pub(super) is_told: bool,
}

/// Keeps a new family in a session that is good.
pub(super) async fn begin_family(
    tx: &mut TenantTx,
    app: &App,
    tenant: TenantId,
    beginning: Beginning,
) -> Result<(TokenFamily, RefreshToken)> {
    let Beginning { user_id, session_id, client_id, scope, is_told } = beginning;
    let now = app.clock.now();
    // Whoever ends the person's sessions meanwhile waits, and ends this family with them.
    store::share_person(tx, user_id).await?;
    // Of those who begin at once each counts what the one before has begun.
    store::lock_families_of(tx, session_id).await?;
    let session = store::session(tx, user_id, session_id).await?.ok_or(Error::BadToken)?;
    if session.standing(now) != Standing::Good {
        return Err(Error::SessionEnded);
    }
    admit_session(tx, tenant, &session, now).await?;
    if client_id != OWN_CLIENT {
        let kept = MOST_OF_APP - 1;
        store::end_oldest_families(tx, (session_id, &client_id), kept, now).await?;
    }
    if store::count_token_families(tx, session_id, now).await? >= MOST {
        return Err(Error::TooManyFamilies);
    }
    let family_id = app.clock.new_id::<Uuid>();
    let refresh = RefreshToken::derive(&app.vault.derive(REFRESH_KEY), tenant, family_id, 0);
    let family = TokenFamily {
        family_id,
        user_id,
        session_id,
        client_id,
        scope,
        generation: 0,
        token_hash: refresh.hash(),
        former_hash: None,
        turned_at: now,
        used: false,
        created_at: now,
        expires_at: session.expires_at,
        ended_at: None,
    };
    store::insert_token_family(tx, &family).await?;
    if is_told {
        store::insert_session_app(tx, session_id, &family.client_id).await?;
    }
    Ok((family, refresh))
}
