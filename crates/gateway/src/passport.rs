//! From a shown token to the person behind it, and to the passport that says so to our own services.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use aws_lc_rs::digest;
use kernel::{Actor, Code, Cx, Flags, Passport, SessionId, TenantId, UserId};
use tokio::time::Instant;
use wire::{
    Mesh,
    auth::v1::{IdentifySessionRequest, sessions_client::SessionsClient},
    code_of,
    identity::{LIFETIME, PassportClaims},
    user::v1::{ListEffectiveRequest, access_client::AccessClient},
};

use crate::{credential::refused, memo::Memo, problem::Problem};

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
    passport: Passport,
    signed: Instant,
}

/// A token's SHA-256 and the tenant it is used in: the token itself is not kept.
type Key = ([u8; 32], Option<TenantId>);

/// Identifies callers and signs their passports.
pub(crate) struct Passports {
    mesh: Mesh,
    known: Memo<Key, Vouched>,
}

impl Passports {
    pub(crate) fn new(mesh: Mesh) -> Self {
        Self { mesh, known: Memo::new(MOST) }
    }

    /// Who stands behind `token` in the tenant of `cx`; 401 when nobody does.
    pub(crate) async fn vouch(&self, token: &str, cx: &Cx) -> Result<Vouched, Problem> {
        let key = (sha256(token), cx.tenant);
        let ask = |former| async move { Ok((self.ask(token, cx, former).await?, STALENESS)) };
        self.known.recall(key, ask).await
    }

    /// Forgets a token that was just given up.
    pub(crate) fn forget(&self, token: &str) {
        let sum = sha256(token);
        self.known.forget(|(known, _)| *known == sum);
    }

    async fn ask(&self, token: &str, cx: &Cx, former: Option<Vouched>) -> Result<Vouched, Problem> {
        // Asked for the gateway itself: about a person, not for one, and for no tenant.
        let asking = Cx { tenant: None, ..cx.clone() };
        let token = token.to_owned();
        let identity = SessionsClient::new(self.mesh.to("auth"))
            .identify_session(wire::call(&asking, IdentifySessionRequest { token }))
            .await
            .map_err(|status| of_auth(&status))?
            .into_inner();
        let request = ListEffectiveRequest {
            user_id: identity.user_id.clone(),
            tenant_id: cx.tenant.map(|id| id.to_string()).unwrap_or_default(),
        };
        let effective = AccessClient::new(self.mesh.to("user"))
            .list_effective(wire::call(&asking, request))
            .await
            .map_err(|status| Problem::of_dependency(&status, "user"))?
            .into_inner();
        let person = Vouched {
            actor: Actor::User {
                id: UserId::parse(&identity.user_id).map_err(|_| Problem::internal())?,
                session: SessionId::parse(&identity.session_id).map_err(|_| Problem::internal())?,
            },
            permissions: Arc::new(effective.permissions.into_iter().collect()),
            flags: Flags { suspended: effective.suspended, system_admin: effective.system_admin },
            belongs: effective.belongs,
            epoch: effective.epoch,
            passport: Passport::new(""),
            signed: Instant::now(),
        };
        match former {
            // Services verify a passport once and remember it, so an unchanged one is worth keeping.
            Some(former) if former.is_still(&person) => Ok(former),
            _ => self.sign(person, cx.tenant),
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
    }
}

fn of_auth(status: &tonic::Status) -> Problem {
    match code_of(status).code {
        Code::Unauthenticated | Code::NotFound | Code::Invalid | Code::Gone => {
            refused("The token or session is unknown or has ended; sign in again.")
        }
        _ => Problem::of_dependency(status, "auth"),
    }
}

fn sha256(token: &str) -> [u8; 32] {
    let sum = digest::digest(&digest::SHA256, token.as_bytes());
    let mut bytes = [0; 32];
    bytes.copy_from_slice(sum.as_ref());
    bytes
}
