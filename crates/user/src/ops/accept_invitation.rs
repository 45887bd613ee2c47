//! Accepts an invitation: the one way a person comes in by a link.

use kernel::{Cx, Timestamp};
use pg::TenantTx;
use secrecy::SecretString;
use wire::user::v1::InviteAccepted;

use super::{find_invitation::find_invitation, take_seat::take_seat};
use crate::{
    App, Error, Result,
    domain::{Claim, Invite, InviteStatus, MemberStatus, Person, PersonStatus, Role, Token},
    peers, store,
};

/// The wish to come in.
#[derive(Debug)]
pub(crate) struct AcceptInvitation {
    pub(crate) token: Token,
    pub(crate) password: SecretString,
}

/// How the person has shown that the password is theirs.
enum Proof {
    /// Chose it now; it waits under this id to be activated.
    Staged(String),
    /// Knew it already.
    Known,
}

/// Lets the person in, once. The password is worked on before the transaction, and for losers of a race in vain:
/// their staged passwords are never activated.
pub(crate) async fn accept_invitation(
    app: &App,
    cx: &Cx,
    command: AcceptInvitation,
) -> Result<Invite> {
    let AcceptInvitation { token, password } = command;
    let mut tx = app.db.tenant(token.tenant(), "find_invitation").await?;
    let (invite, person) = find_invitation(&mut tx, &token, app.clock.now()).await?;
    tx.commit().await?;
    let proof = match prove(app, cx, &person, &password).await {
        // The person may have come in by this very link since it was read: then that is the answer.
        Err(Error::WrongPassword) => {
            let mut tx = app.db.tenant(token.tenant(), "find_invitation").await?;
            find_invitation(&mut tx, &token, app.clock.now()).await?;
            return Err(Error::WrongPassword);
        }
        proof => proof?,
    };
    let accepted = claim(app, cx, &token, invite, &proof).await?;
    metrics::counter!("usher_onboarding_invite_accepted_total").increment(1);
    if let Proof::Staged(credential_id) = &proof {
        // So that the person can sign in at once; should this fail, `auth` does it when it hears the fact.
        let activated = peers::activate_credential(app, cx, person.user_id, credential_id).await;
        if let Err(error) = activated {
            tracing::warn!(user.id = %person.user_id, %error, "the credential is not activated yet");
        }
    }
    Ok(accepted)
}

async fn prove(app: &App, cx: &Cx, person: &Person, password: &SecretString) -> Result<Proof> {
    match person.status {
        PersonStatus::Invited => {
            Ok(Proof::Staged(peers::stage_credential(app, cx, person, password).await?))
        }
        PersonStatus::Active => {
            peers::verify_password(app, cx, person.user_id, password).await?;
            Ok(Proof::Known)
        }
        PersonStatus::Disabled => Err(Error::PersonDisabled),
    }
}

/// One transaction: the invitation is used, the person is active, a member, and has the role.
async fn claim(app: &App, cx: &Cx, token: &Token, invite: Invite, proof: &Proof) -> Result<Invite> {
    let now = app.clock.now();
    let mut tx = app.db.tenant(token.tenant(), "accept_invitation").await?;
    if !store::claim_invite(&mut tx, invite.invite_id, &token.hash(), now).await? {
        // Somebody was faster: the row says who.
        let lost = find_invitation(&mut tx, token, now).await;
        return Err(lost.err().unwrap_or(Error::Overtaken));
    }
    let invite = Invite { status: InviteStatus::Accepted, accepted_at: Some(now), ..invite };
    admit(&mut tx, &invite, proof, now).await?;
    let target = format!("invite:{} activation_link used", invite.invite_id);
    bus::audit(&mut tx, cx, "invite.accept", &target).await?;
    bus::emit(&mut tx, cx, invite.invite_id.uuid(), &accepted(&invite, proof)).await?;
    store::bump_epoch(&mut tx).await?;
    tx.commit().await?;
    Ok(invite)
}

/// Makes the person active, a member, and binds the role.
async fn admit(tx: &mut TenantTx, invite: &Invite, proof: &Proof, now: Timestamp) -> Result<()> {
    let person = store::lock_person(tx, invite.user_id).await?.ok_or(Error::PersonNotFound)?;
    match (proof, person.status) {
        (Proof::Staged(_), PersonStatus::Invited) => {
            store::activate_person(tx, person.user_id, now).await?;
        }
        (Proof::Known, PersonStatus::Active) => {}
        (_, PersonStatus::Disabled) => return Err(Error::PersonDisabled),
        // Came in elsewhere in between, with a password that was not asked for here.
        _ => return Err(Error::Overtaken),
    }
    let bound_by = format!("invite:{}", invite.invite_id);
    if store::member_status(tx, person.user_id).await? != Some(MemberStatus::Active) {
        take_seat(tx, Claim::Reserved, now).await?;
    }
    store::upsert_membership(tx, person.user_id, &bound_by, now).await?;
    store::replace_words(tx, person.user_id).await?;
    store::bind_role(tx, person.user_id, Role::Tenant(invite.role), &bound_by, now).await?;
    Ok(())
}

fn accepted(invite: &Invite, proof: &Proof) -> InviteAccepted {
    InviteAccepted {
        invite_id: invite.invite_id.to_string(),
        user_id: invite.user_id.to_string(),
        email: invite.email.to_string(),
        role: invite.role.to_string(),
        reference: invite.reference.clone(),
        credential_id: match proof {
            Proof::Staged(id) => id.clone(),
            Proof::Known => String::new(),
        },
    }
}
