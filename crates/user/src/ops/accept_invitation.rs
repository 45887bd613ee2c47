//! Accepts an invitation: the one way a person comes in by a link.

use kernel::Cx;
use pg::TenantTx;
use secrecy::ExposeSecret;
use wire::user::v1::{InviteAccepted, WorkspaceDatum};

use super::{
    check_inviter::check_inviter,
    enter_tenant::{Entry, enter_tenant},
    find_invitation::{find_invitation, joined_by},
    prove_person::{Proof, Shown, prove_person},
};
use crate::{
    App, Error, Result,
    domain::{Claim, Invite, InviteEvent, Person, PersonStatus, Step, Token, data},
    peers, store,
};

/// The wish to come in.
#[derive(Debug)]
pub(crate) struct AcceptInvitation {
    pub(crate) token: Token,
    /// An empty password for somebody who is signed in and comes in as such.
    pub(crate) shown: Shown,
}

/// Lets the person in, once. The password or passkey is worked on before the transaction, and for losers of a race in vain:
/// what they staged is never activated.
pub(crate) async fn accept_invitation(
    app: &App,
    cx: &Cx,
    command: AcceptInvitation,
) -> Result<Invite> {
    let AcceptInvitation { token, shown } = command;
    let comes_as_such =
        matches!(&shown, Shown::Password(password) if password.expose_secret().is_empty());
    let signed_in = cx.user().filter(|_| comes_as_such);
    let mut tx = app.db.tenant(token.tenant(), "find_invitation").await?;
    if let Some(user) = signed_in
        && let Some(joined) = joined_by(&mut tx, &token, user).await?
    {
        tx.commit().await?;
        return Ok(joined);
    }
    let (invite, mut person) = find_invitation(&mut tx, &token, app.clock.now()).await?;
    if let Some(user) = signed_in.filter(|&user| user != person.user_id) {
        let policy = store::invite_policy(&mut tx).await?;
        person = store::person(&mut tx, user).await?.ok_or(Error::PersonNotFound)?;
        if !policy.admits(&invite.email, &person.email) {
            return Err(Error::OtherAddress);
        }
    }
    tx.commit().await?;
    // A tenant that is suspended says so here.
    let tenant_name = peers::tenant_name(app, cx, token.tenant()).await?;
    check_inviter(app, token.tenant(), &invite).await?;
    let proof = match signed_in {
        Some(_) => Proof::Session,
        None => prove_person(app, cx, &token, &person, &shown, &[tenant_name]).await?,
    };
    let accepted = claim(app, cx, &token, &invite, &person, &proof).await?;
    metrics::counter!("usher_onboarding_invite_accepted_total").increment(1);
    if let Some(credential_id) = proof.staged() {
        // So that the person can sign in at once; should this fail, `auth` does it when it hears the fact.
        let activated = peers::activate_credential(app, cx, person.user_id, credential_id).await;
        if let Err(error) = activated {
            tracing::warn!(user.id = %person.user_id, %error, "the credential is not activated yet");
        }
    }
    Ok(accepted)
}

/// One transaction: the invitation is used, the person is active, a member, and has the role.
pub(super) async fn claim(
    app: &App,
    cx: &Cx,
    token: &Token,
    seen: &Invite,
    person: &Person,
    proof: &Proof,
) -> Result<Invite> {
    let now = app.clock.now();
    let mut tx = app.db.tenant(token.tenant(), "accept_invitation").await?;
    let id = seen.invite_id;
    if !store::claim_invite(&mut tx, id, person.user_id, &token.hash(), now).await? {
        // Somebody was faster: the row says who.
        let lost = find_invitation(&mut tx, token, now).await;
        return Err(lost.err().unwrap_or(Error::Overtaken));
    }
    let invite = store::invite(&mut tx, id).await?.ok_or(Error::InvitationNotFound)?;
    if invite.vouched_by != seen.vouched_by {
        // Sent again since it was read, by somebody whose rights were not looked at.
        return Err(Error::Overtaken);
    }
    admit(app, &mut tx, &invite, person, proof).await?;
    note_address(&mut tx, token, &invite, person, proof).await?;
    let event = InviteEvent {
        at: now,
        kind: Step::Accepted,
        sends: invite.sends,
        actor: cx.actor.label(),
        detail: proof.detail().to_owned(),
    };
    store::insert_invite_event(&mut tx, id, &event).await?;
    let target = format!("invite:{id} activation_link used");
    bus::audit(&mut tx, cx, "invite.accept", &target).await?;
    bus::emit(&mut tx, cx, id.uuid(), &accepted(&invite, person, proof)).await?;
    store::count_acceptance(&mut tx).await?;
    store::bump_epoch(&mut tx, &app.snapshots).await?;
    tx.commit().await?;
    Ok(invite)
}

/// Makes the person active, a member, and binds the roles.
async fn admit(
    app: &App,
    tx: &mut TenantTx,
    invite: &Invite,
    person: &Person,
    proof: &Proof,
) -> Result<()> {
    let now = app.clock.now();
    let person = store::lock_person(tx, person.user_id).await?.ok_or(Error::PersonNotFound)?;
    match (proof, person.status) {
        (_, PersonStatus::Disabled) => return Err(Error::PersonDisabled),
        (proof, PersonStatus::Invited) if proof.is_of_newcomer() => {
            store::activate_person(tx, person.user_id, now).await?;
        }
        (Proof::Known | Proof::Session | Proof::Linked(_), PersonStatus::Active) => {}
        // Came in elsewhere in between, with a password that was not asked for here.
        _ => return Err(Error::Overtaken),
    }
    let entry = Entry {
        user_id: person.user_id,
        roles: invite.roles().map(str::to_owned).collect(),
        scope: invite.scope(),
        bound_by: format!("invite:{}", invite.invite_id),
        claim: Claim::Reserved,
    };
    enter_tenant(app, tx, &entry).await
}

/// Whoever opened a link that went to their address alone reads its mail. One that was handed to whoever made the
/// invitation shows nothing of somebody new, and takes nothing from somebody known.
async fn note_address(
    tx: &mut TenantTx,
    token: &Token,
    invite: &Invite,
    person: &Person,
    proof: &Proof,
) -> Result<()> {
    let was_mailed = !store::is_taken_link(tx, invite.invite_id, &token.hash()).await?;
    if proof.is_of_newcomer() || (was_mailed && invite.email == person.email) {
        store::note_address_proven(tx, person.user_id, was_mailed).await?;
    }
    Ok(())
}

fn accepted(invite: &Invite, person: &Person, proof: &Proof) -> InviteAccepted {
    InviteAccepted {
        invite_id: invite.invite_id.to_string(),
        user_id: person.user_id.to_string(),
        email: person.email.to_string(),
        role: invite.role.clone(),
        reference: invite.reference.clone(),
        credential_id: proof.staged().unwrap_or_default().into(),
        method: proof.method().into(),
        invited_email: invite.email.to_string(),
        invited_by: invite.invited_by.clone(),
        workspace: data(&invite.workspace)
            .map(|(name, value)| WorkspaceDatum { name: name.into(), value: value.into() })
            .collect(),
        roles: invite.roles().map(str::to_owned).collect(),
        scope_type: invite.scope_type.to_string(),
        scope_id: invite.scope_id.clone(),
    }
}
