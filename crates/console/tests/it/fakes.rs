//! Small services in memory, behind the guards of the real ones.

mod access;
mod addresses;
mod factors;
mod funnels;
pub(crate) mod jobs;
mod join_links;
mod letters;
mod me;
mod onboarding;
mod passkeys;
mod people;
mod sessions;
mod settings;
mod setups;
mod sign_ups;
mod sso;
mod tenants;

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicBool, AtomicUsize},
};

pub(crate) use letters::BINDING;
pub(crate) use passkeys::CEREMONY;

use tonic::{Status, service::Routes};
use tonic_types::{ErrorDetails, StatusExt};
use wire::{
    Guard, Peers,
    auth::v1::{
        addresses_server::AddressesServer, captchas_server::CaptchasServer,
        factors_server::FactorsServer, letters_server::LettersServer,
        passkeys_server::PasskeysServer, passwords_server::PasswordsServer,
        sessions_server::SessionsServer, sso_connections_server::SsoConnectionsServer,
        sso_sign_ins_server::SsoSignInsServer,
    },
    identity::Trust,
    provisioning::v1::{
        Client, funnels_server::FunnelsServer, incidents_server::IncidentsServer,
        jobs_server::JobsServer, onboarding_server::OnboardingServer,
        rollouts_server::RolloutsServer,
    },
    tenant::v1::{
        UpdateSettingsRequest, tenant_settings_server::TenantSettingsServer,
        tenants_server::TenantsServer,
    },
    user::v1::{
        AcceptInvitationRequest, EmailChange, EmailChangeLetter, Invitation,
        access_server::AccessServer, email_changes_server::EmailChangesServer,
        invites_server::InvitesServer, join_links_server::JoinLinksServer,
        people_server::PeopleServer, setups_server::SetupsServer, sign_ups_server::SignUpsServer,
    },
};

pub(crate) const DEMO: &str = "0192f0c1-2b3c-7d4e-8f50-6a7b8c9d0e1f";
pub(crate) const BETA: &str = "0192f0c1-2b3c-7d4e-8f50-6a7b8c9d0e2f";
pub(crate) const OPERATOR: &str = "0192f0c1-2b3c-7d4e-8f50-6a7b8c9d0a01";
pub(crate) const MEMBER: &str = "0192f0c1-2b3c-7d4e-8f50-6a7b8c9d0a02";
pub(crate) const PASSWORD: &str = "a long enough password";

/// What the services hold and saw.
#[derive(Default)]
pub(crate) struct State {
    pub(crate) clients: Mutex<Vec<Client>>,
    pub(crate) invitation: Mutex<Invitation>,
    /// The signed-in person's wish for another address.
    pub(crate) wish: Mutex<Option<EmailChange>>,
    /// A letter about another address.
    pub(crate) letter: Mutex<EmailChangeLetter>,
    /// What was chosen in it.
    pub(crate) chosen: Mutex<Vec<&'static str>>,
    /// Why a letter's link does not work, if it does not.
    pub(crate) closed: Mutex<Option<Status>>,
    pub(crate) refuse_password: Mutex<Option<Status>>,
    pub(crate) accepted: AtomicUsize,
    /// How often a person has seen the invitation.
    pub(crate) seen: AtomicUsize,
    /// Why a provider's word does not let the invited person in, if it does not.
    pub(crate) unvouched: Mutex<Option<Status>>,
    /// How an invitation was accepted last.
    pub(crate) acceptance: Mutex<AcceptInvitationRequest>,
    /// Whom a shared link was used for: an address, or nothing for somebody who is signed in.
    pub(crate) joining: Mutex<Vec<String>>,
    pub(crate) ended: AtomicUsize,
    /// The languages of the letters that were asked for.
    pub(crate) letters: Mutex<Vec<String>>,
    pub(crate) retried: AtomicUsize,
    /// What was asked of jobs.
    pub(crate) operated: Mutex<Vec<String>>,
    /// Whether the last proof of who the person is is too old.
    pub(crate) stale: AtomicBool,
    /// The proof that forms ask for; none unless told.
    pub(crate) captcha: Mutex<String>,
    /// Whether strangers come by invitation alone.
    pub(crate) closed_to_strangers: AtomicBool,
    /// Whether the person has yet to prove their address.
    pub(crate) unproven: AtomicBool,
    /// The settings as they were set last.
    pub(crate) settings: Mutex<UpdateSettingsRequest>,
}

/// A service's answer.
pub(crate) type Answer<T> = Result<tonic::Response<T>, Status>;

/// One service over the state.
pub(crate) struct Fake(pub(crate) Arc<State>);

pub(crate) fn settle(peers: &Peers, trust: &Trust, state: &Arc<State>) {
    let fake = || Fake(state.clone());
    let put = |name: &'static str, routes: Routes| {
        let guard = Guard::new(name, trust.clone()).expect("every RPC has a rule");
        peers.here(name, guard.protect(routes));
    };
    let mut auth = Routes::new(SessionsServer::new(fake()));
    auth = auth.add_service(FactorsServer::new(fake()));
    auth = auth.add_service(LettersServer::new(fake()));
    auth = auth.add_service(PasskeysServer::new(fake()));
    auth = auth.add_service(SsoSignInsServer::new(fake()));
    auth = auth.add_service(PasswordsServer::new(fake()));
    auth = auth.add_service(CaptchasServer::new(fake()));
    auth = auth.add_service(AddressesServer::new(fake()));
    auth = auth.add_service(SsoConnectionsServer::new(fake()));
    put("auth", auth);
    let tenant = Routes::new(TenantsServer::new(fake()));
    put("tenant", tenant.add_service(TenantSettingsServer::new(fake())));
    let mut provisioning = Routes::new(OnboardingServer::new(fake()));
    provisioning = provisioning.add_service(FunnelsServer::new(fake()));
    provisioning = provisioning.add_service(RolloutsServer::new(fake()));
    provisioning = provisioning.add_service(IncidentsServer::new(fake()));
    provisioning = provisioning.add_service(JobsServer::new(fake()));
    put("provisioning", provisioning);
    let mut user = Routes::new(AccessServer::new(fake()));
    user = user.add_service(InvitesServer::new(fake()));
    user = user.add_service(JoinLinksServer::new(fake()));
    user = user.add_service(EmailChangesServer::new(fake()));
    user = user.add_service(SignUpsServer::new(fake()));
    user = user.add_service(SetupsServer::new(fake()));
    user = user.add_service(PeopleServer::new(fake()));
    put("user", user);
}

/// A refusal as services write them.
pub(crate) fn refusal(code: tonic::Code, reason: &str, message: &str) -> Status {
    let mut details = ErrorDetails::new();
    details.set_error_info(reason, wire::DOMAIN, std::collections::HashMap::new());
    Status::with_error_details(code, message, details)
}

/// What no page asks for.
pub(crate) fn unasked<T>() -> Answer<T> {
    Err(Status::unimplemented("no page asks for this"))
}
