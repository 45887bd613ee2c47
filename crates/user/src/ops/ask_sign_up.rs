//! A stranger asks to sign up.

use kernel::{Cx, Email, Locale, TenantId, Timestamp};
use pg::TenantTx;
use uuid::Uuid;
use wire::user::v1::SignUpAsked;

use super::SIGN_UP_KEY;
use crate::{
    App, Result,
    domain::{
        Person, PersonStatus, SignUp, SignUpKind, SignUpPolicy, SignUpRefusal, SignUpSecret,
        SignUpTally, TallySubject, WINDOW,
    },
    peers, store,
};

/// Who asks, by the address that was typed.
#[derive(Debug)]
pub(crate) struct AskSignUp {
    pub(crate) email: Email,
    pub(crate) locale: Locale,
}

/// What the asking browser is told; the same for every address.
#[derive(Debug)]
pub(crate) struct SignUpAnswer {
    pub(crate) binding: SignUpSecret,
    pub(crate) expires_at: Timestamp,
}

/// Keeps the sign-up and tells the notifier. Whoever has an account, and an address to which enough letters went, lead to
/// the same work, rows and fact; only the letter differs.
pub(crate) async fn ask_sign_up(
    app: &App,
    cx: &Cx,
    tenant: TenantId,
    command: AskSignUp,
) -> Result<SignUpAnswer> {
    let AskSignUp { email, locale } = command;
    // A tenant that is suspended says so here.
    peers::tenant_name(app, cx, tenant).await?;
    if peers::is_banned_domain(app, cx, email.domain()).await? {
        return Err(SignUpRefusal::NotServed.into());
    }
    let now = app.clock.now();
    let mut tx = app.db.tenant(tenant, "ask_sign_up").await?;
    SignUpPolicy::open(store::sign_up_policy(&mut tx).await?)?;
    store::tenant_rules(&mut tx).await?.admit(&email)?;
    if let Some(source) = TallySubject::source(cx.ip.as_deref()) {
        count(&mut tx, SignUpTally::Source, &source, now).await?;
    }
    let known = store::person_by_email(&mut tx, &email).await?;
    let recipient = TallySubject::recipient(&email);
    let written = count(&mut tx, SignUpTally::Recipient, &recipient, now).await;
    let kind = match written {
        Err(crate::Error::SignUp(SignUpRefusal::TooMany(_))) => None,
        written => written.map(|()| kind_of(known.as_ref()))?,
    };
    let sign_up = SignUp::asked(app.clock.new_id::<Uuid>(), kind, email, now);
    let token = app.vault.derive(SIGN_UP_KEY).token(sign_up.sign_up_id.as_bytes());
    let (token, binding) = (SignUpSecret::from(token), SignUpSecret::draw()?);
    store::insert_sign_up(&mut tx, &sign_up, &token.hash(), &binding.hash()).await?;
    let target = format!("sign_up:{}", sign_up.sign_up_id);
    bus::audit(&mut tx, cx, "sign_up.ask", &target).await?;
    bus::emit(&mut tx, cx, sign_up.sign_up_id, &asked(&sign_up, &locale)).await?;
    // Everybody who wants in at the same moment waits here, so it comes last.
    count(&mut tx, SignUpTally::Tenant, &TallySubject::tenant(tenant), now).await?;
    tx.commit().await?;
    Ok(SignUpAnswer { binding, expires_at: sign_up.expires_at })
}

/// Which letter goes to whoever has this address.
fn kind_of(known: Option<&Person>) -> Option<SignUpKind> {
    match known.map(|person| person.status) {
        None | Some(PersonStatus::Invited) => Some(SignUpKind::New),
        Some(PersonStatus::Active) => Some(SignUpKind::Known),
        Some(PersonStatus::Disabled) => None,
    }
}

/// Counts one more asking; refused where there were enough within the hour.
async fn count(
    tx: &mut TenantTx,
    kind: SignUpTally,
    subject: &TallySubject,
    now: Timestamp,
) -> Result<()> {
    let (tries, began_at) = store::count_asking(tx, kind, subject, now).await?;
    if tries <= kind.most() {
        return Ok(());
    }
    metrics::counter!("usher_user_sign_ups_throttled_total", "kind" => kind.as_str()).increment(1);
    Err(SignUpRefusal::TooMany(began_at.after(WINDOW).since(now)).into())
}

/// Who asked is no fact: a tenant must not learn by it which addresses have an account.
fn asked(sign_up: &SignUp, locale: &Locale) -> SignUpAsked {
    SignUpAsked { sign_up_id: sign_up.sign_up_id.to_string(), locale: locale.to_string() }
}
