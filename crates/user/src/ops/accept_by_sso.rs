//! Accepts an invitation in the name of somebody for whom the tenant's own provider vouches.

use kernel::{Cx, Email, TenantId, UserId};

use super::{
    AGAIN,
    accept_invitation::claim,
    check_inviter::check_inviter,
    find_invitation::{find_invitation, joined_with},
    prove_person::Proof,
};
use crate::{
    App, Error, Result,
    domain::{PasskeyRefusal, Person, PersonStatus, Token},
    peers, store,
};

/// Who comes in, and at whose word.
#[derive(Debug)]
pub(crate) struct AcceptBySso {
    pub(crate) token: Token,
    /// Which connection vouches.
    pub(crate) connection: String,
    /// Names the person at the provider.
    pub(crate) subject_key: String,
    /// The address that the provider has verified.
    pub(crate) email: Email,
    /// Whether the connection is for its domain and the tenant's proof of that stands.
    pub(crate) domain_proven: bool,
    /// Whose account is linked with the person at the provider.
    pub(crate) linked: Option<UserId>,
}

/// Lets in the person who is linked, or else the invited one, who must be new and known to the provider by the very address
/// of the invitation: an account is nobody's by its address alone, and nobody becomes the owner of another's address.
/// Whoever was let in by the same word just before is answered again.
pub(crate) async fn accept_by_sso(
    app: &App,
    cx: &Cx,
    tenant: TenantId,
    command: AcceptBySso,
) -> Result<Person> {
    let AcceptBySso { token, email, domain_proven, linked, .. } = command;
    if token.tenant() != tenant {
        return Err(Error::InvitationNotFound);
    }
    let by = format!("sso:{}:{}", command.connection, command.subject_key);
    let mut tx = app.db.tenant(tenant, "find_invitation").await?;
    let now = app.clock.now();
    if let Some(person) = joined_with(&mut tx, &token, &by, now.before(AGAIN)).await?
        && linked.is_none_or(|linked| linked == person.user_id)
    {
        tx.commit().await?;
        return Ok(person);
    }
    let (invite, invited) = find_invitation(&mut tx, &token, now).await?;
    let (admitted, person) = match linked {
        Some(user) => {
            let policy = store::invite_policy(&mut tx).await?;
            let person = store::person(&mut tx, user).await?.ok_or(Error::PersonNotFound)?;
            (policy.admits_vouched(&invite.email, &email, domain_proven), person)
        }
        None => (invite.email == email && invited.email == email, invited),
    };
    if !admitted {
        return Err(Error::OtherAddress);
    }
    tx.commit().await?;
    let proof = match (person.status, linked) {
        (PersonStatus::Invited, None) => Proof::Vouched(by),
        (PersonStatus::Active, Some(_)) => Proof::Linked(by),
        (PersonStatus::Active, None) => return Err(PasskeyRefusal::SignInInstead.into()),
        (PersonStatus::Disabled, _) => return Err(Error::PersonDisabled),
        (PersonStatus::Invited, Some(_)) => return Err(Error::Overtaken),
    };
    // A tenant that is suspended says so here.
    peers::tenant_name(app, cx, tenant).await?;
    check_inviter(app, tenant, &invite).await?;
    claim(app, cx, &token, &invite, &person, &proof).await?;
    metrics::counter!("usher_onboarding_invite_accepted_total").increment(1);
    Ok(person)
}
