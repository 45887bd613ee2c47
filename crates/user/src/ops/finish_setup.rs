//! Makes the platform's first administrator by the link that was printed on its machine.

use kernel::{Cx, Email, PersonName, TenantId, Timestamp};
use pg::TenantTx;
use secrecy::SecretString;
use wire::user::v1::SetupFinished;

use crate::{
    App, Error, Result,
    domain::{Person, PersonStatus, PlatformRole, Role, Setup, SetupRefusal, SetupSecret},
    peers, store,
};

/// Who bound the role and made the membership, in their rows.
const BY: &str = "setup";

/// The role that the platform trusts.
const FIRST: Role = Role::Platform(PlatformRole::SuperAdmin);

/// The wish to be the first.
#[derive(Debug)]
pub(crate) struct FinishSetup {
    pub(crate) secret: SetupSecret,
    pub(crate) email: Email,
    pub(crate) name: PersonName,
    pub(crate) password: SecretString,
}

/// The link, where it lets somebody in; whoever only looks uses nothing up.
pub(crate) async fn show_setup(app: &App, secret: &SetupSecret) -> Result<Setup> {
    let mut tx = app.db.tenant(TenantId::PLATFORM, "show_setup").await?;
    let found = store::setup(&mut tx, &secret.hash()).await?;
    let setup = open(&mut tx, found, app.clock.now()).await?;
    tx.commit().await?;
    Ok(setup)
}

/// Makes one administrator, however many try at once. The password is worked on before the transaction, and for losers of
/// a race in vain. The address was typed and not proven, which is noted of the person.
pub(crate) async fn finish_setup(app: &App, cx: &Cx, command: FinishSetup) -> Result<Person> {
    show_setup(app, &command.secret).await?;
    let person = newcomer(app, &command).await?;
    let credential =
        peers::stage_credential(app, cx, None, &[], &person, &command.password).await?;
    let person = admit(app, cx, &command, person, &credential).await?;
    // So that the person can sign in at once; should this fail, `auth` does it when it hears the fact.
    let activated = peers::activate_credential(app, cx, person.user_id, &credential).await;
    if let Err(error) = activated {
        tracing::warn!(user.id = %person.user_id, %error, "the credential is not activated yet");
    }
    Ok(person)
}

async fn open(tx: &mut TenantTx, found: Option<Setup>, now: Timestamp) -> Result<Setup> {
    let setup = found.ok_or(SetupRefusal::Unknown)?;
    setup.open(now, store::is_administered(tx).await?)?;
    Ok(setup)
}

/// The person who is to come in: somebody new, or somebody who was invited and never came.
async fn newcomer(app: &App, command: &FinishSetup) -> Result<Person> {
    let mut tx = app.db.tenant(TenantId::PLATFORM, "find_first_administrator").await?;
    let known = store::person_by_email(&mut tx, &command.email).await?;
    tx.commit().await?;
    let name = command.name.clone();
    match known {
        None => Ok(Person {
            user_id: app.clock.new_id(),
            email: command.email.clone(),
            name,
            status: PersonStatus::Invited,
            created_at: app.clock.now(),
            activated_at: None,
        }),
        Some(known) if known.status == PersonStatus::Invited => Ok(Person { name, ..known }),
        // The link proves nothing of an account that is there.
        Some(_) => Err(Error::EmailTaken),
    }
}

/// One transaction: the link is used, the person is active, one of the platform's, and has the role.
async fn admit(
    app: &App,
    cx: &Cx,
    command: &FinishSetup,
    person: Person,
    credential: &str,
) -> Result<Person> {
    let (now, hash) = (app.clock.now(), command.secret.hash());
    let mut tx = app.db.tenant(TenantId::PLATFORM, "finish_setup").await?;
    let held = store::lock_setup(&mut tx, &hash).await?;
    open(&mut tx, held, now).await?;
    store::use_setup(&mut tx, &hash, now).await?;
    let held = store::ensure_person(&mut tx, person.clone()).await?.ok_or(Error::Overtaken)?;
    let held = store::lock_person(&mut tx, held.user_id).await?.ok_or(Error::PersonNotFound)?;
    if held.user_id != person.user_id || held.status != PersonStatus::Invited {
        // Came in elsewhere in between.
        return Err(Error::Overtaken);
    }
    store::name_newcomer(&mut tx, person.user_id, &person.name).await?;
    store::activate_person(&mut tx, person.user_id, now).await?;
    store::note_address_proven(&mut tx, person.user_id, false).await?;
    store::upsert_membership(&mut tx, person.user_id, BY, now).await?;
    store::replace_words(&mut tx, person.user_id).await?;
    store::bind_role(&mut tx, person.user_id, FIRST, BY, now).await?;
    bus::audit(&mut tx, cx, "setup.finish", &format!("user:{}", person.user_id)).await?;
    let fact = SetupFinished {
        user_id: person.user_id.to_string(),
        email: person.email.to_string(),
        role: FIRST.name().into(),
        credential_id: credential.to_owned(),
    };
    bus::emit(&mut tx, cx, person.user_id.uuid(), &fact).await?;
    store::bump_epoch(&mut tx, &app.snapshots).await?;
    tx.commit().await?;
    Ok(Person { status: PersonStatus::Active, activated_at: Some(now), ..person })
}
