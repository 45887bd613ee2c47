//! Stand-ins of the services that this one asks.

use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, Mutex},
};

use kernel::{Code, Failure, TenantId};
use tokio::sync::Semaphore;
use tonic::{Request, Response, Status};
use wire::{
    auth::v1::{
        ActivateCredentialRequest, ActivateCredentialResponse, BeginStagedPasskeyRequest,
        ErasePersonRequest, ErasePersonResponse, ExportPersonRequest, FollowPersonRequest,
        FollowPersonResponse, PasskeyCeremony, RequireFreshRequest, RequireFreshResponse,
        SignInRecord, StageCredentialRequest, StageCredentialResponse, StagePasskeyRequest,
        StagePasskeyResponse, VerifyPasswordRequest, VerifyPasswordResponse,
        credentials_server::Credentials, staged_passkeys_server::StagedPasskeys,
        standings_server::Standings,
    },
    parse, refuse,
    tenant::v1::{
        CreateTenantRequest, GetTenantRequest, ListTenantsRequest, ListTenantsResponse,
        ResolveTenantRequest, Tenant, resolve_tenant_request::By, tenants_server::Tenants,
    },
};

use crate::forgetting::Forgetting;

#[derive(Debug, thiserror::Error)]
enum Refused {
    #[error("The password is wrong.")]
    WrongPassword,
    #[error("Not now.")]
    Away,
    #[error("Begin again.")]
    CeremonyOver,
    #[error("Prove again who you are.")]
    StepUp,
}

impl Failure for Refused {
    fn code(&self) -> Code {
        match self {
            Self::WrongPassword => Code::Unauthenticated,
            Self::Away => Code::Unavailable,
            Self::CeremonyOver => Code::Gone,
            Self::StepUp => Code::Denied,
        }
    }

    fn reason(&self) -> &'static str {
        match self {
            Self::WrongPassword => "wrong_password",
            Self::Away => "away",
            Self::CeremonyOver => "ceremony_over",
            Self::StepUp => "step_up_required",
        }
    }
}

/// Passwords in the clear, in memory.
#[derive(Clone, Default)]
pub(crate) struct FakeAuth(Arc<Mutex<Book>>);

#[derive(Default)]
struct Book {
    staged: HashMap<String, (String, String)>,
    ceremonies: HashMap<String, String>,
    active: HashMap<String, String>,
    /// Who has proven lately who they are.
    fresh: HashSet<String>,
    away: bool,
    leaves_after_staging: bool,
    /// How many passwords were asked about.
    checks: usize,
    /// Answers about passwords wait here, where there is one.
    gate: Option<Arc<Semaphore>>,
    followed: Vec<FollowPersonRequest>,
    forgetting: Forgetting,
}

impl FakeAuth {
    /// From now on nobody answers.
    pub(crate) fn leave(&self) {
        self.0.lock().expect("no panic before").away = true;
    }

    /// Nobody answers any more once the next password is staged.
    pub(crate) fn leave_after_staging(&self) {
        self.0.lock().expect("no panic before").leaves_after_staging = true;
    }

    /// From now on somebody answers again.
    pub(crate) fn come_back(&self) {
        self.0.lock().expect("no panic before").away = false;
    }

    /// From now on answers about passwords wait until [`FakeAuth::answer`].
    pub(crate) fn hold(&self) {
        self.0.lock().expect("no panic before").gate = Some(Arc::new(Semaphore::new(0)));
    }

    /// Whoever waits is answered, and nobody waits any more.
    pub(crate) fn answer(&self) {
        if let Some(gate) = self.0.lock().expect("no panic before").gate.take() {
            gate.close();
        }
    }

    /// Who forgets people.
    pub(crate) fn forgetting(&self) -> Forgetting {
        self.0.lock().expect("no panic before").forgetting.clone()
    }

    /// How many passwords were asked about.
    pub(crate) fn checks(&self) -> usize {
        self.0.lock().expect("no panic before").checks
    }

    /// What was said of people, in order.
    pub(crate) fn followed(&self) -> Vec<FollowPersonRequest> {
        self.0.lock().expect("no panic before").followed.clone()
    }

    /// Somebody proves in their session who they are.
    pub(crate) fn prove(&self, user_id: &str) {
        self.0.lock().expect("no panic before").fresh.insert(user_id.to_owned());
    }

    /// The active password, or passkey, of a person.
    pub(crate) fn password_of(&self, user_id: &str) -> Option<String> {
        self.0.lock().expect("no panic before").active.get(user_id).cloned()
    }
}

#[tonic::async_trait]
impl Credentials for FakeAuth {
    async fn stage_credential(
        &self,
        request: Request<StageCredentialRequest>,
    ) -> Result<Response<StageCredentialResponse>, Status> {
        let asked = request.into_inner();
        let mut book = self.0.lock().expect("no panic before");
        if book.away {
            return Err(refuse(Refused::Away));
        }
        let long = |text: &str| {
            if text.len() < 15 { Err("is too short") } else { Ok(()) }
        };
        parse("password", &asked.password, long)?;
        book.away = book.leaves_after_staging;
        let credential_id = uuid::Uuid::now_v7().to_string();
        book.staged.insert(credential_id.clone(), (asked.user_id, asked.password));
        Ok(Response::new(StageCredentialResponse { credential_id }))
    }

    async fn activate_credential(
        &self,
        request: Request<ActivateCredentialRequest>,
    ) -> Result<Response<ActivateCredentialResponse>, Status> {
        let asked = request.into_inner();
        let mut book = self.0.lock().expect("no panic before");
        if book.away {
            return Err(refuse(Refused::Away));
        }
        let (user_id, password) = book.staged[&asked.credential_id].clone();
        assert_eq!(user_id, asked.user_id, "a credential is activated for its own person");
        book.active.entry(user_id).or_insert(password);
        Ok(Response::new(ActivateCredentialResponse {}))
    }

    async fn verify_password(
        &self,
        request: Request<VerifyPasswordRequest>,
    ) -> Result<Response<VerifyPasswordResponse>, Status> {
        let asked = request.into_inner();
        let gate = {
            let mut book = self.0.lock().expect("no panic before");
            book.checks += 1;
            book.gate.clone()
        };
        if let Some(gate) = gate {
            // Ends with the closing of the gate.
            assert!(gate.acquire().await.is_err(), "nobody is let through one by one");
        }
        let book = self.0.lock().expect("no panic before");
        if book.active.get(&asked.user_id) == Some(&asked.password) {
            Ok(Response::new(VerifyPasswordResponse {}))
        } else {
            Err(refuse(Refused::WrongPassword))
        }
    }

    async fn require_fresh(
        &self,
        request: Request<RequireFreshRequest>,
    ) -> Result<Response<RequireFreshResponse>, Status> {
        let book = self.0.lock().expect("no panic before");
        match book.fresh.contains(&request.into_inner().user_id) {
            true => Ok(Response::new(RequireFreshResponse {})),
            false => Err(refuse(Refused::StepUp)),
        }
    }
}

/// A passkey is its ceremony: whoever began it with a person may stage it for that person, once.
#[tonic::async_trait]
impl StagedPasskeys for FakeAuth {
    async fn begin_staged_passkey(
        &self,
        request: Request<BeginStagedPasskeyRequest>,
    ) -> Result<Response<PasskeyCeremony>, Status> {
        let token = uuid::Uuid::now_v7().to_string();
        let user_id = request.into_inner().user_id;
        self.0.lock().expect("no panic before").ceremonies.insert(token.clone(), user_id);
        Ok(Response::new(PasskeyCeremony { token, options: "{}".into(), expires_at: None }))
    }

    async fn stage_passkey(
        &self,
        request: Request<StagePasskeyRequest>,
    ) -> Result<Response<StagePasskeyResponse>, Status> {
        let asked = request.into_inner();
        let mut book = self.0.lock().expect("no panic before");
        let begun = book.ceremonies.remove(&asked.token);
        if begun.as_ref() != Some(&asked.user_id) {
            return Err(refuse(Refused::CeremonyOver));
        }
        book.away = book.leaves_after_staging;
        let credential_id = uuid::Uuid::now_v7().to_string();
        book.staged.insert(credential_id.clone(), (asked.user_id, asked.credential));
        Ok(Response::new(StagePasskeyResponse { credential_id }))
    }
}

#[tonic::async_trait]
impl Standings for FakeAuth {
    async fn follow_person(
        &self,
        request: Request<FollowPersonRequest>,
    ) -> Result<Response<FollowPersonResponse>, Status> {
        let mut book = self.0.lock().expect("no panic before");
        if book.away {
            return Err(refuse(Refused::Away));
        }
        book.followed.push(request.into_inner());
        Ok(Response::new(FollowPersonResponse {}))
    }

    async fn erase_person(
        &self,
        request: Request<ErasePersonRequest>,
    ) -> Result<Response<ErasePersonResponse>, Status> {
        self.forgetting().ask("auth", request.into_inner().user_id, Vec::new())?;
        Ok(Response::new(ErasePersonResponse {}))
    }

    async fn export_person(
        &self,
        _: Request<ExportPersonRequest>,
    ) -> Result<Response<SignInRecord>, Status> {
        Ok(Response::new(self.forgetting().sign_in()?))
    }
}

/// Every tenant has the same name and writes Russian; some are suspended.
#[derive(Clone, Default)]
pub(crate) struct FakeTenants(Arc<Mutex<HashSet<String>>>);

impl FakeTenants {
    /// From now on this tenant may do nothing.
    pub(crate) fn suspend(&self, tenant: TenantId) {
        self.0.lock().expect("no panic before").insert(tenant.to_string());
    }

    /// From now on it may again.
    pub(crate) fn resume(&self, tenant: TenantId) {
        self.0.lock().expect("no panic before").remove(&tenant.to_string());
    }
}

#[tonic::async_trait]
impl Tenants for FakeTenants {
    async fn create_tenant(
        &self,
        _: Request<CreateTenantRequest>,
    ) -> Result<Response<Tenant>, Status> {
        Err(Status::unimplemented("not asked"))
    }

    async fn get_tenant(&self, _: Request<GetTenantRequest>) -> Result<Response<Tenant>, Status> {
        Err(Status::unimplemented("not asked"))
    }

    async fn list_tenants(
        &self,
        _: Request<ListTenantsRequest>,
    ) -> Result<Response<ListTenantsResponse>, Status> {
        Err(Status::unimplemented("not asked"))
    }

    async fn resolve_tenant(
        &self,
        request: Request<ResolveTenantRequest>,
    ) -> Result<Response<Tenant>, Status> {
        let Some(By::TenantId(tenant_id)) = request.into_inner().by else {
            return Err(Status::unimplemented("not asked"));
        };
        let suspended = self.0.lock().expect("no panic before").contains(&tenant_id);
        Ok(Response::new(Tenant {
            status: if suspended { "suspended".into() } else { "active".into() },
            tenant_id,
            name: "Math & Art".into(),
            locale: "ru".into(),
            ..Default::default()
        }))
    }
}
