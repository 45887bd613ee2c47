//! Single sign-on: a tenant's provider, what it may say, and what it may never do.

use std::time::Duration;

use futures::future::join_all;
use kernel::{Code, Cx, TenantId};
use sandbox::openid::{self, Person};
use testkit::cx_of_platform;
use tonic::Status;
use wire::{
    auth::v1::{
        BeginPasskeyRequest, BeginSsoLinkRequest, BeginSsoSignInRequest, BeginTotpRequest,
        CreateSsoConnectionRequest, DeleteSsoConnectionRequest, ErasePersonRequest,
        FinishSsoRequest, Session, SsoConnection, SsoJourney, StepUpRequest,
        UpdateSsoConnectionRequest, sso_connections_client::SsoConnectionsClient,
        sso_sign_ins_client::SsoSignInsClient, standings_client::StandingsClient,
    },
    call,
};

use crate::house::{House, ORIGIN, PASSWORD, ask, from, refusal};

pub(crate) const SECRET: &str = "a secret of the client";

/// A tenant with a provider.
pub(crate) struct School {
    pub(crate) house: House,
    pub(crate) tenant: TenantId,
    pub(crate) provider: openid::Handle,
    pub(crate) connection: SsoConnection,
}

/// What the provider sent the browser back with.
#[derive(Debug, Clone)]
pub(crate) struct Back {
    pub(crate) connection_id: String,
    pub(crate) state: String,
    pub(crate) code: String,
    pub(crate) iss: String,
    pub(crate) error: String,
}

impl School {
    pub(crate) async fn start() -> Self {
        let house = House::start().await;
        let tenant = testkit::tenant();
        house.others.claim(tenant, "school.example", "proven");
        let back = format!("{ORIGIN}/signin/sso/back");
        let provider = openid::start(SECRET, &back).await.expect("starts");
        let wish = wish(&provider);
        let connection = connect(&house, tenant, wish).await.expect("connects");
        assert_eq!(connection.redirect_uri, format!("{back}/{}", connection.connection_id));
        Self { house, tenant, provider, connection }
    }

    pub(crate) async fn begin(&self) -> SsoJourney {
        begin(&self.house, self.tenant, &self.connection.connection_id).await.expect("begins")
    }

    /// Goes to the provider and comes back as somebody.
    pub(crate) async fn visit(&self, journey: &SsoJourney, person: &Person) -> Back {
        self.provider.seat(Some(person.clone()));
        visit(&journey.url).await
    }

    pub(crate) async fn finish(
        &self,
        journey: &SsoJourney,
        back: &Back,
    ) -> Result<Session, Status> {
        finish(&self.house, &cx_of_platform(), &journey.binding, back).await
    }

    /// The whole way.
    pub(crate) async fn sign_in(&self, person: &Person) -> Result<Session, Status> {
        let journey = self.begin().await;
        let back = self.visit(&journey, person).await;
        self.finish(&journey, &back).await
    }
}

pub(crate) fn wish(provider: &openid::Handle) -> CreateSsoConnectionRequest {
    CreateSsoConnectionRequest {
        name: "School's own".into(),
        issuer: provider.issuer().into(),
        client_id: openid::CLIENT.into(),
        client_secret: SECRET.into(),
        domains: vec!["school.example".into()],
        role: String::new(),
        enabled: true,
    }
}

/// The owner of a tenant, as the gateway vouches for them.
fn owner(house: &House, tenant: TenantId) -> Cx {
    house.holder(tenant, &["auth.sso.read", "auth.sso.write"])
}

pub(crate) async fn connect(
    house: &House,
    tenant: TenantId,
    wish: CreateSsoConnectionRequest,
) -> Result<SsoConnection, Status> {
    let mut connections = SsoConnectionsClient::new(house.mesh_of("gateway"));
    let created = connections.create_sso_connection(call(&owner(house, tenant), wish)).await;
    created.map(tonic::Response::into_inner)
}

pub(crate) fn of_tenant(tenant: TenantId) -> Cx {
    Cx { tenant: Some(tenant), ..cx_of_platform() }
}

pub(crate) async fn begin(house: &House, tenant: TenantId, id: &str) -> Result<SsoJourney, Status> {
    let request = BeginSsoSignInRequest { connection_id: id.into(), ..Default::default() };
    let mut sign_ins = SsoSignInsClient::new(house.mesh_of("gateway"));
    let begun = sign_ins.begin_sso_sign_in(call(&of_tenant(tenant), request)).await;
    begun.map(tonic::Response::into_inner)
}

async fn finish(house: &House, cx: &Cx, binding: &str, back: &Back) -> Result<Session, Status> {
    let back = back.clone();
    let request = FinishSsoRequest {
        binding: binding.into(),
        state: back.state,
        code: back.code,
        iss: back.iss,
        error: back.error,
        connection_id: back.connection_id,
        ..Default::default()
    };
    let mut sign_ins = SsoSignInsClient::new(house.mesh_of("gateway"));
    Ok(sign_ins.finish_sso(call(cx, request)).await?.into_inner())
}

pub(crate) async fn visit(url: &str) -> Back {
    let client = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none());
    let answer = client.build().expect("a client").get(url).send().await.expect("answers");
    assert_eq!(answer.status().as_u16(), 303, "{url}");
    let location = answer.headers()["location"].to_str().expect("text").to_owned();
    let rest = location.strip_prefix(&format!("{ORIGIN}/signin/sso/back/"));
    let (id, _) = rest.and_then(|rest| rest.split_once('?')).expect("one of our addresses");
    let url = reqwest::Url::parse(&location).expect("an address");
    let value = |wanted: &str| {
        let mut pairs = url.query_pairs().filter(|(name, _)| name == wanted);
        pairs.next().map(|(_, value)| value.into_owned()).unwrap_or_default()
    };
    Back {
        connection_id: id.into(),
        state: value("state"),
        code: value("code"),
        iss: value("iss"),
        error: value("error"),
    }
}

pub(crate) fn ann() -> Person {
    Person::new("ann-1", "ann@school.example")
}

#[tokio::test]
async fn somebody_new_of_a_proven_domain_comes_in_and_is_the_same_ever_after() {
    let school = School::start().await;
    let first = school.sign_in(&ann()).await.expect("comes in");
    assert!(!first.second_factor_required);
    let identity = school.house.identify(&first.token).await.expect("is known");
    assert_eq!(identity.tenant_id, school.tenant.to_string(), "good there alone");
    let moved = Person::new("ann-1", "anna@elsewhere.example");
    let again = school.sign_in(&moved).await.expect("signs in by another address");
    assert_eq!(again.user_id, first.user_id, "the subject says who it is");
    let other = school.sign_in(&Person::new("bob-2", "bob@school.example")).await;
    assert_ne!(other.expect("comes in").user_id, first.user_id);
    let told = "select string_agg(kind, ' ' order by id) from outbox";
    assert_eq!(school.house.text(told).await, "auth.sso.changed auth.sso.linked auth.sso.linked");
}

#[tokio::test]
async fn nobody_takes_an_account_over_by_its_address_cve_2026_42354() {
    let school = School::start().await;
    school.house.others.know("ann@school.example", &testkit::user().to_string());
    let taken = refusal(school.sign_in(&ann()).await);
    assert_eq!(taken, (Code::Conflict, "sso_link_first".into()));
    let unverified = Person { email_verified: false, ..Person::new("eve-3", "eve@school.example") };
    let refused = refusal(school.sign_in(&unverified).await);
    assert_eq!(refused, (Code::Denied, "sso_not_admitted".into()));
    let foreign = refusal(school.sign_in(&Person::new("eve-3", "eve@else.example")).await);
    assert_eq!(foreign.1, "sso_not_admitted", "not of the tenant's domain");
    let below = refusal(school.sign_in(&Person::new("eve-3", "eve@a.school.example")).await);
    assert_eq!(below.1, "sso_not_admitted", "nor of one below it");
    school.house.others.claim(school.tenant, "school.example", "lapsed");
    let lapsed = refusal(school.sign_in(&Person::new("bob-2", "bob@school.example")).await);
    assert_eq!(lapsed.1, "sso_not_admitted", "the proof has to stand at that moment");
    assert_eq!(school.house.text("select count(*)::text from sso_identities").await, "0");
    assert_eq!(school.house.text("select count(*)::text from sessions").await, "0");
}

#[tokio::test]
async fn a_journey_is_finished_once_where_it_began_and_in_time() {
    let school = School::start().await;
    let refused = |answer| {
        assert_eq!(refusal(answer), (Code::Unauthenticated, "sso_refused".into()));
    };
    let (one, other) = (school.begin().await, school.begin().await);
    let back = school.visit(&one, &ann()).await;
    refused(finish(&school.house, &cx_of_platform(), &other.binding, &back).await);
    for binding in ["", "x", "AAAA"] {
        refused(finish(&school.house, &cx_of_platform(), binding, &back).await);
    }
    for state in ["", ".", "x.y", &back.state[1..]] {
        let bent = Back { state: state.into(), ..back.clone() };
        refused(finish(&school.house, &cx_of_platform(), &one.binding, &bent).await);
    }
    // The state of another journey with this one's code: its verifier and nonce are others.
    let theirs = school.visit(&other, &ann()).await;
    let crossed = Back { code: back.code.clone(), ..theirs };
    refused(finish(&school.house, &cx_of_platform(), &other.binding, &crossed).await);
    let again = school.begin().await;
    let back = school.visit(&again, &ann()).await;
    school.finish(&again, &back).await.expect("comes in");
    refused(school.finish(&again, &back).await);
    let late = school.begin().await;
    let back = school.visit(&late, &ann()).await;
    school.house.clock.advance(Duration::from_secs(600));
    refused(school.finish(&late, &back).await);
}

#[tokio::test]
async fn of_twenty_that_come_back_at_once_one_comes_in() {
    let school = School::start().await;
    let journey = school.begin().await;
    let back = school.visit(&journey, &ann()).await;
    let answers = join_all((0..20).map(|_| school.finish(&journey, &back))).await;
    assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 1, "{answers:?}");
}

#[tokio::test]
async fn an_answer_of_another_issuer_or_a_refusal_exchanges_no_code_rfc_9207() {
    let school = School::start().await;
    for (iss, error) in
        [("https://evil.example", ""), ("", ""), (school.provider.issuer(), "access_denied")]
    {
        let journey = school.begin().await;
        let back = school.visit(&journey, &ann()).await;
        let bent = Back { iss: iss.into(), error: error.into(), ..back };
        assert_eq!(refusal(school.finish(&journey, &bent).await).1, "sso_refused", "{iss} {error}");
    }
    let journey = school.begin().await;
    school.provider.seat(None);
    let back = visit(&journey.url).await;
    assert_eq!(back.error, "access_denied");
    assert_eq!(refusal(school.finish(&journey, &back).await).1, "sso_refused");
    assert_eq!(school.provider.exchanges(), 0);
}

#[tokio::test]
async fn one_tenants_provider_says_nothing_in_another() {
    let school = School::start().await;
    let other = testkit::tenant();
    let id = &school.connection.connection_id;
    let missing = refusal(begin(&school.house, other, id).await);
    assert_eq!(missing, (Code::NotFound, "sso_not_found".into()));
    let mut own = wish(&school.provider);
    own.domains = Vec::new();
    let theirs =
        connect(&school.house, other, own).await.expect("the same provider, another tenant");
    school.sign_in(&ann()).await.expect("comes in here");
    let journey = begin(&school.house, other, &theirs.connection_id).await.expect("begins");
    let back = school.visit(&journey, &ann()).await;
    let refused = refusal(school.finish(&journey, &back).await);
    assert_eq!(refused.1, "sso_not_admitted", "the same subject is nobody there");
    // The state of one tenant, bent to lead into the other.
    let journey = school.begin().await;
    let back = school.visit(&journey, &ann()).await;
    let (_, key) = back.state.split_once('.').expect("a state");
    let bent = Back { state: format!("{}.{key}", other.uuid().simple()), ..back };
    assert_eq!(refusal(school.finish(&journey, &bent).await).1, "sso_refused");
}

#[tokio::test]
async fn a_session_that_a_provider_opened_guards_nothing_and_ends_with_its_connection() {
    let school = School::start().await;
    let session = school.sign_in(&ann()).await.expect("comes in");
    let cx = school.house.of(&session);
    let denied = (Code::Denied, "sso_session".to_owned());
    let totp = school.house.factors().begin_totp(call(&cx, BeginTotpRequest {})).await;
    assert_eq!(refusal(totp), denied);
    let passkey = school.house.passkeys().begin_passkey(call(&cx, BeginPasskeyRequest {})).await;
    assert_eq!(refusal(passkey), denied);
    let proof = StepUpRequest { password: PASSWORD.into(), code: String::new() };
    assert!(school.house.factors().step_up(call(&cx, proof)).await.is_err());
    let mut connections = SsoConnectionsClient::new(school.house.mesh_of("gateway"));
    let owner = owner(&school.house, school.tenant);
    let mut off = UpdateSsoConnectionRequest {
        connection_id: school.connection.connection_id.clone(),
        name: "Off".into(),
        client_id: openid::CLIENT.into(),
        enabled: false,
        ..Default::default()
    };
    connections.update_sso_connection(call(&owner, off.clone())).await.expect("switches it off");
    let ended = refusal(school.house.identify(&session.token).await);
    assert_eq!(ended, (Code::Unauthenticated, "session_ended".into()));
    let closed = begin(&school.house, school.tenant, &off.connection_id).await;
    assert_eq!(refusal(closed).1, "sso_not_found");
    off.enabled = true;
    connections.update_sso_connection(call(&owner, off.clone())).await.expect("the secret stays");
    school.house.identify(&session.token).await.expect("is good again");
    school.sign_in(&ann()).await.expect("signs in again");
    let request = DeleteSsoConnectionRequest { connection_id: off.connection_id };
    connections.delete_sso_connection(call(&owner, request)).await.expect("ends it");
    assert_eq!(refusal(school.house.identify(&session.token).await).1, "session_ended");
    assert_eq!(school.house.text("select count(*)::text from sso_identities").await, "0");
}

#[tokio::test]
async fn whoever_has_an_account_links_it_after_a_fresh_proof() {
    let school = School::start().await;
    let house = &school.house;
    let user_id = house.signed_up("ann@school.example").await;
    house.others.know("ann@school.example", &user_id.to_string());
    let session = house.sign_in("ann@school.example", PASSWORD).await.expect("signs in");
    let id = school.connection.connection_id.clone();
    let cx = house.of_in(&session, school.tenant);
    let mut sign_ins = SsoSignInsClient::new(house.mesh_of("gateway"));
    let link = BeginSsoLinkRequest { connection_id: id };
    let journey = sign_ins.begin_sso_link(call(&cx, link.clone())).await.expect("begins");
    let journey = journey.into_inner();
    let back = school.visit(&journey, &ann()).await;
    let stranger = school.finish(&journey, &back).await;
    assert_eq!(refusal(stranger).1, "sso_refused", "not in the session that began");
    let journey = sign_ins.begin_sso_link(call(&cx, link.clone())).await.expect("begins");
    let journey = journey.into_inner();
    let back = school.visit(&journey, &ann()).await;
    house.clock.advance(Duration::from_secs(60));
    let linked = finish(house, &cx, &journey.binding, &back).await.expect("links");
    let proofs = "select count(distinct proven_at)::text from sessions";
    assert_eq!(house.text(proofs).await, "1", "a provider proves nothing to the platform");
    assert_eq!(house.identify(&linked.token).await.expect("goes on").tenant_id, "");
    let signed_in = school.sign_in(&ann()).await.expect("signs in by the provider");
    assert_eq!(signed_in.user_id, user_id.to_string());
    let other = house.signed_up("bob@school.example").await;
    let bob = house.sign_in("bob@school.example", PASSWORD).await.expect("signs in");
    let bob = house.of_in(&bob, school.tenant);
    let journey = sign_ins.begin_sso_link(call(&bob, link.clone())).await.expect("begins");
    let journey = journey.into_inner();
    let back = school.visit(&journey, &ann()).await;
    let taken = finish(house, &bob, &journey.binding, &back).await;
    assert_eq!(refusal(taken), (Code::Conflict, "sso_linked".into()), "{other} is not Ann");
    house.clock.advance(Duration::from_secs(600));
    let stale = sign_ins.begin_sso_link(call(&bob, link)).await;
    assert_eq!(refusal(stale), (Code::Denied, "step_up_required".into()));
}

#[tokio::test]
async fn whoever_is_erased_is_nobody_at_any_provider() {
    let school = School::start().await;
    let session = school.sign_in(&ann()).await.expect("comes in");
    let mut standings = StandingsClient::new(school.house.mesh_of("user"));
    let request = ErasePersonRequest { user_id: session.user_id };
    standings.erase_person(ask(request)).await.expect("erases");
    assert_eq!(school.house.text("select count(*)::text from sso_identities").await, "0");
    assert!(school.house.identify(&session.token).await.is_err());
}

#[tokio::test]
async fn a_crowd_that_signs_in_from_one_address_is_not_put_off() {
    let school = School::start().await;
    for _ in 0..3 {
        let journey = school.begin().await;
        let back = school.visit(&journey, &ann()).await;
        let cx = from("192.0.2.7");
        finish(&school.house, &cx, &journey.binding, &back).await.expect("comes in");
    }
    let counted = "select tries::text from throttles where kind = 'source'";
    assert_eq!(school.house.text(counted).await, "0");
}
