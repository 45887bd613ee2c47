//! Creates a person with a password and a role, without an invitation.

use kernel::{Cx, Email, PersonName, TenantId};
use secrecy::SecretString;
use wire::user::v1::UserCreated;

use super::take_seat::take_seat;
use crate::{
    App, Error, Result,
    domain::{Claim, MemberStatus, Person, PersonStatus, Role},
    peers, store,
};

/// The wish for an account.
#[derive(Debug)]
pub(crate) struct CreateUser {
    pub(crate) email: Email,
    pub(crate) name: PersonName,
    pub(crate) password: SecretString,
    pub(crate) role: Role,
}

/// Creates the account in three steps, each of which may be repeated: the person is known, the password stands, the
/// role is bound. Our own services get the person of this address whoever made it; people are refused a second time.
pub(crate) async fn create_user(app: &App, cx: &Cx, command: CreateUser) -> Result<Person> {
    command.role.may_be_given_by(cx)?;
    let place = match command.role {
        Role::Platform(_) => TenantId::PLATFORM,
        Role::Tenant(_) => cx.tenant.ok_or(Error::PersonNotFound)?,
    };
    let person = know(app, place, &command).await?;
    match person.status {
        PersonStatus::Invited => {
            let credential =
                peers::stage_credential(app, cx, cx.tenant, &[], &person, &command.password)
                    .await?;
            peers::activate_credential(app, cx, person.user_id, &credential).await?;
        }
        PersonStatus::Active if cx.user().is_some() => return Err(Error::EmailTaken),
        PersonStatus::Active => {}
        PersonStatus::Disabled => return Err(Error::PersonDisabled),
    }
    admit(app, cx, place, person, command.role).await
}

async fn know(app: &App, place: TenantId, command: &CreateUser) -> Result<Person> {
    let new = Person {
        user_id: app.clock.new_id(),
        email: command.email.clone(),
        name: command.name.clone(),
        status: PersonStatus::Invited,
        created_at: app.clock.now(),
        activated_at: None,
    };
    let mut tx = app.db.tenant(place, "know_person").await?;
    let person = store::ensure_person(&mut tx, new).await?.ok_or(Error::Overtaken)?;
    tx.commit().await?;
    Ok(person)
}

async fn admit(app: &App, cx: &Cx, place: TenantId, person: Person, role: Role) -> Result<Person> {
    let now = app.clock.now();
    let mut tx = app.db.tenant(place, "create_user").await?;
    let person = store::lock_person(&mut tx, person.user_id).await?.ok_or(Error::PersonNotFound)?;
    let person = match person.status {
        PersonStatus::Invited => {
            store::activate_person(&mut tx, person.user_id, now).await?;
            Person { status: PersonStatus::Active, activated_at: Some(now), ..person }
        }
        PersonStatus::Active => person,
        PersonStatus::Disabled => return Err(Error::PersonDisabled),
    };
    if store::member_status(&mut tx, person.user_id).await? != Some(MemberStatus::Active) {
        take_seat(&mut tx, Claim::New, now).await?;
    }
    store::upsert_membership(&mut tx, person.user_id, &cx.actor.label(), now).await?;
    store::replace_words(&mut tx, person.user_id).await?;
    if store::bind_role(&mut tx, person.user_id, role, &cx.actor.label(), now).await? {
        bus::audit(&mut tx, cx, "user.create", &format!("user:{}", person.user_id)).await?;
        let fact = UserCreated {
            user_id: person.user_id.to_string(),
            email: person.email.to_string(),
            name: person.name.to_string(),
            role: role.name().into(),
        };
        bus::emit(&mut tx, cx, person.user_id.uuid(), &fact).await?;
        store::bump_epoch(&mut tx, &app.snapshots).await?;
    }
    tx.commit().await?;
    Ok(person)
}
