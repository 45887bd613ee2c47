//! Asks a person whether an app may act for them, where they have not agreed before, and gives the app a code.

use std::time::Duration;

use aws_lc_rs::{constant_time::verify_slices_are_equal, rand};
use kernel::{Credential, Cx, SessionId, TenantId, UserId};
use secrecy::{ExposeSecret, SecretString};
use uuid::Uuid;

use super::{
    APPROVAL_KEY,
    read_wish::{Reading, Wish, find_client, read, read_wish, told, use_pushed},
    session_rights::session_rights,
};
use crate::{
    App, Error, Result,
    domain::{
        ClientName, Code, KeptCode, OAuthClient, OAuthProblem, Prompt, Standing, challenge, covers,
    },
    store,
};

/// How long a code counts.
const LIFE: Duration = Duration::from_secs(60);

/// Who is asked.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Asked {
    pub(crate) user_id: UserId,
    pub(crate) session_id: SessionId,
}

/// What a person is asked.
#[derive(Debug)]
pub(crate) struct Question {
    pub(crate) name: ClientName,
    pub(crate) client: OAuthClient,
    /// Where the tokens are going to be good.
    pub(crate) tenant: TenantId,
    /// The wish itself, also where its name alone was shown.
    pub(crate) wish: Wish,
    pub(crate) scopes: Vec<String>,
    /// Whether the person has agreed before, and need not be asked.
    pub(crate) remembered: bool,
    /// Proves on the way back what the person has seen.
    pub(crate) approval: SecretString,
}

/// What comes of looking at a wish.
#[derive(Debug)]
pub(crate) enum Looked {
    /// The person is to be asked, or was.
    Question(Box<Question>),
    /// The app is to be told there why there is no code.
    Refusal(String),
    /// Nobody is signed in who could be asked.
    Stranger,
}

/// Looks at a wish. What may not even be told to the app, since nobody knows whose address it is, is an error.
pub(crate) async fn show_authorization(
    app: &App,
    cx: &Cx,
    asked: Option<Asked>,
    shown: &Wish,
) -> Result<Looked> {
    look(app, cx, asked, shown, Reading::ToShow).await
}

/// Gives the code, or tells the app that the person does not agree; answers where to send the browser. The approval proves
/// that this person saw this question in this session, or has agreed to it before.
pub(crate) async fn authorize(
    app: &App,
    cx: &Cx,
    asked: Asked,
    shown: &Wish,
    (approved, agreed): (&str, bool),
) -> Result<SecretString> {
    if cx.flags.credential != Credential::Session {
        return Err(Error::SessionWanted);
    }
    let question = match look(app, cx, Some(asked), shown, Reading::ToAnswer).await? {
        Looked::Question(question) => question,
        Looked::Refusal(address) => return Ok(address.into()),
        Looked::Stranger => return Err(Error::BadToken),
    };
    let is = |expected: &SecretString| {
        verify_slices_are_equal(expected.expose_secret().as_bytes(), approved.as_bytes()).is_ok()
    };
    let seen = is(&approval(app, asked, question.tenant, (&question.wish, false)));
    // What counts unseen was agreed to before, and still is.
    let is_approved = seen || (question.remembered && is(&question.approval));
    if !is_approved {
        return Err(Error::NotAsked);
    }
    use_pushed(app, question.name, &question.wish).await?;
    if !agreed {
        let problem = OAuthProblem::AccessDenied.as_str();
        return Ok(told(app, &question.wish, &[("error", problem)]).into());
    }
    let code = keep_code(app, cx, asked, &question, seen).await?;
    Ok(told(app, &question.wish, &[("code", code.expose())]).into())
}

async fn look(
    app: &App,
    cx: &Cx,
    asked: Option<Asked>,
    shown: &Wish,
    reading: Reading,
) -> Result<Looked> {
    let (name, client) = find_client(app, &shown.client_id).await?;
    let wish = read_wish(app, (name, &client), shown, reading).await?;
    let refusal = |problem: &str| Ok(Looked::Refusal(told(app, &wish, &[("error", problem)])));
    let read = read(&wish, &client);
    let Some(asked) = asked else {
        return match read {
            Ok((_, Prompt::Never)) => refusal(OAuthProblem::LoginRequired.as_str()),
            _ => Ok(Looked::Stranger),
        };
    };
    // The platform's app serves whichever tenant's host the person is at.
    let tenant = if name.tenant == TenantId::PLATFORM { cx.tenant } else { Some(name.tenant) };
    let tenant = tenant.ok_or(Error::TenantUnknown)?;
    let of = (asked.user_id, asked.session_id);
    let rights = session_rights(app, cx, tenant, of).await?;
    if !rights.belongs || rights.suspended {
        return Err(Error::TenantUnknown);
    }
    let (scopes, prompt) = match read {
        Ok(read) => read,
        Err(problem) => return refusal(problem.as_str()),
    };
    // What listens on the person's machine may be any program (RFC 8252, section 8.6).
    let is_itself = client.is_confidential() || wish.redirect_uri.starts_with("https://");
    let remembered = prompt != Prompt::Always
        && is_itself
        && (client.implicit_consent
            || has_agreed(app, tenant, asked.user_id, name.client_id, &scopes).await?);
    if prompt == Prompt::Never && !remembered {
        return refusal(OAuthProblem::ConsentRequired.as_str());
    }
    let approval = approval(app, asked, tenant, (&wish, remembered));
    let question = Question { name, client, tenant, wish, scopes, remembered, approval };
    Ok(Looked::Question(Box::new(question)))
}

async fn has_agreed(
    app: &App,
    tenant: TenantId,
    user_id: UserId,
    client_id: Uuid,
    scopes: &[String],
) -> Result<bool> {
    let mut tx = app.db.tenant(tenant, "find_consent").await?;
    let agreed = store::share_consent(&mut tx, user_id, client_id).await?;
    tx.commit().await?;
    Ok(covers(&agreed, scopes))
}

/// Keeps a code, and what the person has agreed to where they saw the question. Where they did not, what they agreed to
/// before stands until the code is kept: whoever withdraws it meanwhile removes the code as well.
async fn keep_code(
    app: &App,
    cx: &Cx,
    asked: Asked,
    question: &Question,
    seen: bool,
) -> Result<Code> {
    let mut random = [0; 32];
    rand::fill(&mut random).map_err(|_| Error::Hashing("the system gives no randomness".into()))?;
    let (code, now) = (Code::of(question.tenant, &random), app.clock.now());
    let (name, wish) = (question.name, &question.wish);
    let kept = KeptCode {
        client_id: name.client_id,
        user_id: asked.user_id,
        session_id: asked.session_id,
        redirect_uri: wish.redirect_uri.clone(),
        challenge: challenge(&wish.challenge).ok_or(Error::OAuth(OAuthProblem::InvalidRequest))?,
        scope: question.scopes.join(" "),
        nonce: wish.nonce.clone(),
        created_at: now,
        expires_at: now.after(LIFE),
        used_at: None,
        family_id: None,
    };
    let mut tx = app.db.tenant(question.tenant, "authorize").await?;
    // Whoever erases the person or takes them out meanwhile waits, and removes this as well.
    store::share_person(&mut tx, asked.user_id).await?;
    let session = store::session(&mut tx, asked.user_id, asked.session_id).await?;
    if session.is_none_or(|session| session.standing(now) != Standing::Good) {
        return Err(Error::SessionEnded);
    }
    if seen {
        let (id, of) = (app.clock.new_id::<Uuid>(), (asked.user_id, name));
        store::upsert_consent(&mut tx, id, of, &question.scopes, now).await?;
    } else if !question.client.implicit_consent {
        let agreed = store::share_consent(&mut tx, asked.user_id, name.client_id).await?;
        if !covers(&agreed, &question.scopes) {
            return Err(Error::NotAsked);
        }
    }
    store::insert_code(&mut tx, &code, &kept).await?;
    let target = format!("oauth_client:{}", name.client_id);
    bus::audit(&mut tx, cx, "oauth.authorize", &target).await?;
    tx.commit().await?;
    Ok(code)
}

/// Stands for one question to one person in one session, about one tenant, and for whether they need not see it.
fn approval(
    app: &App,
    asked: Asked,
    tenant: TenantId,
    (wish, remembered): (&Wish, bool),
) -> SecretString {
    let ids = [asked.user_id.to_string(), asked.session_id.to_string(), tenant.to_string()];
    let parts = [
        ids[0].as_str(),
        &ids[1],
        &ids[2],
        &wish.client_id,
        &wish.redirect_uri,
        &wish.scope,
        &wish.state,
        &wish.nonce,
        &wish.challenge,
        &wish.prompt,
        wish.request_uri.expose_secret(),
        if remembered { "remembered" } else { "seen" },
    ];
    let mut subject = Vec::new();
    for part in parts {
        // With its length, so that no two questions read alike.
        subject.extend_from_slice(&u64::try_from(part.len()).unwrap_or_default().to_be_bytes());
        subject.extend_from_slice(part.as_bytes());
    }
    app.vault.derive(APPROVAL_KEY).token(&subject)
}
