//! From a shown token to the person behind it, and to the passport that says so to our own services.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use aws_lc_rs::digest;
use kernel::{Actor, Clock, Code, Credential, Cx, Flags, Passport, TenantId};
use tokio::time::Instant;
use wire::{
    Mesh, code_of,
    identity::{LIFETIME, PassportClaims},
    user::v1::{ListEffectiveRequest, access_client::AccessClient},
};

use crate::{
    access_tokens::AccessTokens,
    bearer::{Bearers, Shown},
    credential::refused,
    limits::KeyBudget,
    memo::Memo,
    problem::Problem,
    signed::Signed,
};

/// How long a right that was taken away may still be believed; below the promised 5 s by the time of one question.
const STALENESS: Duration = Duration::from_secs(4);
/// Callers remembered at once.
const MOST: usize = 50_000;

/// A person in a tenant, vouched for.
#[derive(Debug, Clone)]
pub(crate) struct Vouched {
    actor: Actor,
    permissions: Arc<BTreeSet<String>>,
    flags: Flags,
    /// Whether the person belongs to the tenant or holds a platform right.
    pub(crate) belongs: bool,
    epoch: i64,
    /// What the credential itself may be used for in a minute.
    pub(crate) budget: Option<KeyBudget>,
    passport: Passport,
    signed: Instant,
}

/// A token's SHA-256 and the tenant it is used in: the token itself is not kept.
type Key = ([u8; 32], Option<TenantId>);

/// Identifies callers and signs their passports.
pub(crate) struct Passports {
    mesh: Mesh,
    bearers: Bearers,
    known: Memo<Key, Vouched>,
}

impl Passports {
    pub(crate) fn new(mesh: Mesh, clock: Clock) -> Self {
        let bearers = Bearers::new(mesh.clone(), clock);
        Self { mesh, bearers, known: Memo::new(MOST) }
    }

    /// The tenant that the token itself names, if it names one.
    pub(crate) async fn tenant_of(
        &self,
        token: &str,
        cx: &Cx,
    ) -> Result<Option<TenantId>, Problem> {
        self.bearers.tenant_of(token, cx).await
    }

    /// What verifies access tokens.
    pub(crate) const fn access_tokens(&self) -> &AccessTokens {
        self.bearers.access_tokens()
    }

    /// Who stands behind `token` in the tenant of `cx`; 401 when nobody does.
    pub(crate) async fn vouch(&self, token: &str, cx: &Cx) -> Result<Vouched, Problem> {
        let key = (sha256(token), cx.tenant);
        let ask = |former| async move { self.ask(token, cx, former).await };
        self.known.recall(key, ask).await
    }

    /// The person for whom a checked call was signed, in the tenant of `cx`: with all that they may do there themselves, as
    /// software has it.
    pub(crate) async fn vouch_for(&self, signed: &Signed, cx: &Cx) -> Result<Vouched, Problem> {
        let Signed { caller, user, suspended, .. } = signed;
        // No token holds a line's end.
        let key = (sha256(&format!("signed\n{caller}\n{user}\n{suspended}")), cx.tenant);
        let shown = Shown {
            id: *user,
            session: signed.session(),
            credential: Credential::Delegated,
            of_tenant: false,
            scopes: BTreeSet::new(),
            left: None,
            budget: None,
        };
        let ask = |former| async move {
            let asking = Cx { tenant: None, ..cx.clone() };
            let mut person = self.weigh(&shown, cx.tenant, &asking).await?;
            person.flags.suspended |= suspended;
            Ok::<_, Problem>((self.renew(person, cx.tenant, former)?, STALENESS))
        };
        self.known.recall(key, ask).await
    }

    /// Forgets a token that was just given up.
    pub(crate) fn forget(&self, token: &str) {
        let sum = sha256(token);
        self.known.forget(|(known, _)| *known == sum);
    }

    async fn ask(
        &self,
        token: &str,
        cx: &Cx,
        former: Option<Vouched>,
    ) -> Result<(Vouched, Duration), Problem> {
        // Asked for the gateway itself: about a person, not for one, and for no tenant.
        let asking = Cx { tenant: None, ..cx.clone() };
        let shown = self.bearers.identify(token, cx, &asking).await?;
        let life = shown.left.map_or(STALENESS, |left| left.min(STALENESS));
        let person = self.weigh(&shown, cx.tenant, &asking).await?;
        Ok((self.renew(person, cx.tenant, former)?, life))
    }

    /// What somebody may do in a tenant. `asking` is the gateway's own context.
    async fn weigh(
        &self,
        shown: &Shown,
        tenant: Option<TenantId>,
        asking: &Cx,
    ) -> Result<Vouched, Problem> {
        let request = ListEffectiveRequest {
            user_id: shown.id.to_string(),
            tenant_id: tenant.map(|id| id.to_string()).unwrap_or_default(),
            tenant_only: shown.of_tenant,
        };
        let effective = AccessClient::new(self.mesh.to("user"))
            .list_effective(wire::call(asking, request))
            .await
            .map_err(|status| Problem::of_dependency(&status, "user"))?
            .into_inner();
        Ok(vouched(shown, effective))
    }

    fn renew(
        &self,
        person: Vouched,
        tenant: Option<TenantId>,
        former: Option<Vouched>,
    ) -> Result<Vouched, Problem> {
        match former {
            // Services verify a passport once and remember it, so an unchanged one is worth keeping.
            Some(former) if former.is_still(&person) => Ok(former),
            _ => self.sign(person, tenant),
        }
    }

    fn sign(&self, mut person: Vouched, tenant: Option<TenantId>) -> Result<Vouched, Problem> {
        let Actor::User { id, session } = &person.actor else {
            return Err(Problem::internal());
        };
        let claims = PassportClaims {
            iss: String::new(),
            aud: String::new(),
            exp: 0,
            sub: id.to_string(),
            sid: session.to_string(),
            tid: tenant.map(|id| id.to_string()),
            perms: person.permissions.iter().cloned().collect(),
            epoch: person.epoch,
            suspended: person.flags.suspended,
            system_admin: person.flags.system_admin,
            credential: person.flags.credential,
            of_tenant: person.flags.of_tenant,
        };
        let passport = self.mesh.key().passport(claims).map_err(|problem| {
            tracing::error!(%problem, "cannot sign a passport");
            Problem::internal()
        })?;
        person.passport = Passport::new(&passport);
        Ok(person)
    }
}

impl Vouched {
    /// Gives the context its person.
    pub(crate) fn enter(&self, cx: &mut Cx) {
        cx.actor = self.actor.clone();
        cx.passport = Some(self.passport.clone());
        cx.permissions = self.permissions.clone();
        cx.flags = self.flags;
    }

    /// Whether the platform trusts the person everywhere.
    pub(crate) const fn is_system_admin(&self) -> bool {
        self.flags.system_admin
    }

    /// Whether the passport still says what is true and has half its life before it.
    fn is_still(&self, now: &Self) -> bool {
        self.signed.elapsed() < LIFETIME / 2
            && (&self.actor, &self.permissions) == (&now.actor, &now.permissions)
            && (self.flags, self.belongs, self.epoch) == (now.flags, now.belongs, now.epoch)
            && self.budget == now.budget
    }
}

/// What somebody may do, as far as what they showed lets them.
fn vouched(shown: &Shown, effective: wire::user::v1::Effective) -> Vouched {
    let mut permissions: BTreeSet<String> = effective.permissions.into_iter().collect();
    if !shown.scopes.is_empty() {
        permissions.retain(|permission| shown.scopes.contains(permission));
    }
    let is_own = shown.credential != Credential::Delegated;
    Vouched {
        actor: Actor::User { id: shown.id, session: shown.session },
        permissions: Arc::new(permissions),
        flags: Flags {
            suspended: effective.suspended,
            // The bypass is a person's, never that of software, nor of whom a tenant alone vouches for.
            system_admin: effective.system_admin && is_own && !shown.of_tenant,
            credential: shown.credential,
            of_tenant: shown.of_tenant,
            by_trust: false,
        },
        belongs: effective.belongs,
        epoch: effective.epoch,
        budget: shown.budget,
        passport: Passport::new(""),
        signed: Instant::now(),
    }
}

/// What `auth` says of a credential, as its bearer hears it.
pub(crate) fn of_auth(status: &tonic::Status) -> Problem {
    match code_of(status).code {
        Code::Unauthenticated | Code::NotFound | Code::Invalid | Code::Gone => {
            refused("The token or session is unknown or has ended; sign in again.")
        }
        // Good, but not good enough for this tenant.
        Code::Denied => Problem::of_refusal(status),
        _ => Problem::of_dependency(status, "auth"),
    }
}

fn sha256(token: &str) -> [u8; 32] {
    let sum = digest::digest(&digest::SHA256, token.as_bytes());
    let mut bytes = [0; 32];
    bytes.copy_from_slice(sum.as_ref());
    bytes
}
