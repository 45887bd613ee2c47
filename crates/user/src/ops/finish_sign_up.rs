//! Makes the account of somebody who signs up: the one way a person comes in without an invitation.

use kernel::{Cx, PersonName, TenantId};
use pg::TenantTx;
use secrecy::SecretString;
use wire::user::v1::SignUpFinished;

use super::{
    SIGN_UP_CODE_KEY,
    act_for::act_for,
    check_roles::check_roles,
    enter_tenant::{Entry, enter_tenant},
};
use crate::{
    App, Error, Result,
    domain::{
        Claim, Person, PersonStatus, SignUp, SignUpCode, SignUpKind, SignUpPolicy, SignUpRefusal,
        SignUpSecret, WHOLE_TENANT,
    },
    peers, store,
};

/// What a sign-up is finished with.
#[derive(Debug)]
pub(crate) enum SignUpProof {
    /// What was copied from the letter.
    Code(SignUpCode),
    /// What stood at the end of its link.
    Link(SignUpSecret),
}

/// The wish to come in.
#[derive(Debug)]
pub(crate) struct FinishSignUp {
    pub(crate) binding: SignUpSecret,
    pub(crate) proof: SignUpProof,
    pub(crate) name: PersonName,
    pub(crate) password: SecretString,
}

/// Makes one account, however many try at once. The password is worked on before the transaction, and for losers of a
/// race in vain. A password that is refused uses nothing up.
pub(crate) async fn finish_sign_up(
    app: &App,
    cx: &Cx,
    tenant: TenantId,
    command: FinishSignUp,
) -> Result<Person> {
    let FinishSignUp { binding, proof, name, password } = command;
    let sign_up = prove(app, cx, tenant, &binding, &proof).await?;
    // A tenant that is suspended says so here.
    let tenant_name = peers::tenant_name(app, cx, tenant).await?;
    let mut tx = app.db.tenant(tenant, "find_newcomer").await?;
    let policy = SignUpPolicy::open(store::sign_up_policy(&mut tx).await?)?;
    store::tenant_rules(&mut tx).await?.admit(&sign_up.email)?;
    let person = newcomer(app, &mut tx, &sign_up, name).await?;
    tx.commit().await?;
    let setter = act_for(app, cx, tenant, &policy.set_by).await?;
    let words = [tenant_name];
    let credential_id =
        peers::stage_credential(app, cx, Some(tenant), &words, &person, &password).await?;
    let came = Newcomer { sign_up: &sign_up, person, credential_id: &credential_id };
    let person = admit(app, cx, tenant, &setter, came).await?;
    metrics::counter!("usher_user_sign_ups_finished_total").increment(1);
    // So that the person can sign in at once; should this fail, `auth` does it when it hears the fact.
    let activated = peers::activate_credential(app, cx, person.user_id, &credential_id).await;
    if let Err(error) = activated {
        tracing::warn!(user.id = %person.user_id, %error, "the credential is not activated yet");
    }
    Ok(person)
}

/// The sign-up that the binding and the proof belong to. What does not fit is counted, and looks the same whether there is
/// such a sign-up or not.
async fn prove(
    app: &App,
    cx: &Cx,
    tenant: TenantId,
    binding: &SignUpSecret,
    proof: &SignUpProof,
) -> Result<SignUp> {
    let now = app.clock.now();
    let mut tx = app.db.tenant(tenant, "prove_sign_up").await?;
    let held = store::lock_bound_sign_up(&mut tx, &binding.hash()).await?;
    let sign_up = held.ok_or(SignUpRefusal::Refused)?;
    let fits = match proof {
        SignUpProof::Code(code) => app
            .vault
            .derive_each(SIGN_UP_CODE_KEY)
            .any(|key| SignUpCode::of(&key.token(sign_up.sign_up_id.as_bytes())).is(code)),
        SignUpProof::Link(token) => {
            store::sign_up_hash(&mut tx, sign_up.sign_up_id).await? == token.hash()
        }
    };
    // To whoever has an account goes a letter without link and code.
    if fits && sign_up.kind == Some(SignUpKind::New) && sign_up.is_open(now) {
        tx.commit().await?;
        return Ok(sign_up);
    }
    store::count_wrong(&mut tx, sign_up.sign_up_id).await?;
    let target = format!("sign_up:{}", sign_up.sign_up_id);
    bus::audit(&mut tx, cx, "sign_up.refuse", &target).await?;
    tx.commit().await?;
    Err(SignUpRefusal::Refused.into())
}

/// The person who is to come in: somebody new, or somebody who was invited and never came.
async fn newcomer(
    app: &App,
    tx: &mut TenantTx,
    sign_up: &SignUp,
    name: PersonName,
) -> Result<Person> {
    let Some(known) = store::person_by_email(tx, &sign_up.email).await? else {
        return Ok(Person {
            user_id: app.clock.new_id(),
            email: sign_up.email.clone(),
            name,
            status: PersonStatus::Invited,
            created_at: app.clock.now(),
            activated_at: None,
        });
    };
    match known.status {
        PersonStatus::Invited => Ok(Person { name, ..known }),
        // The address is proven, so its owner may be told.
        PersonStatus::Active => Err(SignUpRefusal::AccountExists.into()),
        PersonStatus::Disabled => Err(Error::PersonDisabled),
    }
}

struct Newcomer<'a> {
    sign_up: &'a SignUp,
    person: Person,
    credential_id: &'a str,
}

/// One transaction: the sign-up is used, the person is active, a member, and has the role.
async fn admit(
    app: &App,
    cx: &Cx,
    tenant: TenantId,
    setter: &Cx,
    came: Newcomer<'_>,
) -> Result<Person> {
    let Newcomer { sign_up, person, credential_id } = came;
    let now = app.clock.now();
    let mut tx = app.db.tenant(tenant, "finish_sign_up").await?;
    let policy = SignUpPolicy::open(store::sign_up_policy(&mut tx).await?)?;
    // Whoever set it may have been removed since, or may not give the role any more; then nobody comes in by it.
    let roles = std::iter::once(policy.role.as_str());
    check_roles(&mut tx, setter, roles).await.map_err(|_| SignUpRefusal::Closed)?;
    if !store::claim_sign_up(&mut tx, sign_up.sign_up_id, now).await? {
        return Err(SignUpRefusal::Refused.into());
    }
    let held = store::ensure_person(&mut tx, person.clone()).await?.ok_or(Error::Overtaken)?;
    let held = store::lock_person(&mut tx, held.user_id).await?.ok_or(Error::PersonNotFound)?;
    if held.user_id != person.user_id || held.status != PersonStatus::Invited {
        // Came in elsewhere in between.
        return Err(Error::Overtaken);
    }
    store::name_newcomer(&mut tx, person.user_id, &person.name).await?;
    store::activate_person(&mut tx, person.user_id, now).await?;
    let entry = Entry {
        user_id: person.user_id,
        roles: vec![policy.role.clone()],
        scope: WHOLE_TENANT.clone(),
        bound_by: format!("sign_up:{}", sign_up.sign_up_id),
        claim: Claim::New,
    };
    enter_tenant(app, &mut tx, &entry).await?;
    let target = format!("user:{} sign_up:{}", person.user_id, sign_up.sign_up_id);
    bus::audit(&mut tx, cx, "sign_up.finish", &target).await?;
    let fact = SignUpFinished {
        sign_up_id: sign_up.sign_up_id.to_string(),
        user_id: person.user_id.to_string(),
        email: person.email.to_string(),
        role: policy.role,
        credential_id: credential_id.to_owned(),
    };
    bus::emit(&mut tx, cx, sign_up.sign_up_id, &fact).await?;
    store::bump_epoch(&mut tx, &app.snapshots).await?;
    tx.commit().await?;
    Ok(Person { status: PersonStatus::Active, activated_at: Some(now), ..person })
}
