//! A tenant's connections with providers, and how each is kept apart from every other one.

use kernel::Code;
use serde_json::json;
use tonic::Status;
use wire::{
    auth::v1::{
        CreateSsoConnectionRequest, ExportPersonRequest, IssueSessionRequest,
        ListSsoChoicesRequest, ListSsoLinksRequest, RemoveSsoLinkRequest, SsoConnection,
        sessions_client::SessionsClient, sso_connections_client::SsoConnectionsClient,
        sso_sign_ins_client::SsoSignInsClient, standings_client::StandingsClient,
    },
    call,
};

use crate::{
    house::{ask, refusal},
    sso::{Back, SECRET, School, ann, begin, connect, of_tenant, wish},
};

#[tokio::test]
async fn no_provider_is_answered_for_at_anothers_address_rfc_9700() {
    let school = School::start().await;
    school.provider.say("authorization_response_iss_parameter_supported", json!(false));
    let other = testkit::tenant();
    let own = CreateSsoConnectionRequest { domains: Vec::new(), ..wish(&school.provider) };
    let evil = connect(&school.house, other, own).await.expect("connects");
    let journey = school.begin().await;
    let back = Back { iss: String::new(), ..school.visit(&journey, &ann()).await };
    let unnamed = Back { connection_id: String::new(), ..back.clone() };
    assert_eq!(refusal(school.finish(&journey, &unnamed).await).1, "sso_refused");
    let mixed = Back { connection_id: evil.connection_id, ..back.clone() };
    assert_eq!(refusal(school.finish(&journey, &mixed).await).1, "sso_refused");
    assert_eq!(refusal(school.finish(&journey, &back).await).1, "sso_refused", "it is used up");
    assert_eq!(school.provider.exchanges(), 0, "no code is shown to anybody");
    school.sign_in(&ann()).await.expect("comes in by the right one");
}

#[tokio::test]
async fn a_connection_is_checked_when_it_is_made() {
    let school = School::start().await;
    let (house, tenant) = (&school.house, school.tenant);
    let good = wish(&school.provider);
    let again = refusal(connect(house, tenant, good.clone()).await);
    assert_eq!(again, (Code::Conflict, "sso_taken".into()));
    let field = |answer: Result<SsoConnection, Status>| {
        let refused = wire::code_of(&answer.expect_err("is refused"));
        assert_eq!(refused.code, Code::Invalid);
        refused.fields[0].field.clone()
    };
    let bad = |change: fn(&mut CreateSsoConnectionRequest)| {
        let mut bad = good.clone();
        change(&mut bad);
        connect(house, tenant, bad)
    };
    assert_eq!(field(bad(|it| it.name = "\n".into()).await), "name");
    assert_eq!(field(bad(|it| it.issuer = "http://idp.example".into()).await), "issuer");
    assert_eq!(field(bad(|it| it.issuer = "https://10.0.0.1".into()).await), "issuer");
    assert_eq!(field(bad(|it| it.issuer = "https://169.254.169.254".into()).await), "issuer");
    assert_eq!(field(bad(|it| it.issuer.push_str("/other")).await), "issuer");
    assert_eq!(field(bad(|it| it.client_id = String::new()).await), "clientId");
    assert_eq!(field(bad(|it| it.client_secret = String::new()).await), "clientSecret");
    assert_eq!(field(bad(|it| it.domains = vec!["a@b.example".into()]).await), "domains");
    assert_eq!(field(bad(|it| it.domains = vec!["else.example".into()]).await), "domains");
    assert_eq!(field(bad(|it| it.role = "owner".into()).await), "role");
    school.provider.say("issuer", json!("https://evil.example"));
    assert_eq!(
        field(
            connect(
                house,
                testkit::tenant(),
                CreateSsoConnectionRequest { domains: Vec::new(), ..good.clone() }
            )
            .await
        ),
        "issuer"
    );
    let mut connections = SsoConnectionsClient::new(house.mesh_of("gateway"));
    let reader = house.holder(tenant, &["auth.sso.read"]);
    let denied = connections.create_sso_connection(call(&reader, good)).await;
    assert_eq!(refusal(denied).0, Code::Denied);
}

#[tokio::test]
async fn what_signs_in_is_offered_and_no_secret_is_kept_or_told() {
    let school = School::start().await;
    let mut sign_ins = SsoSignInsClient::new(school.house.mesh_of("gateway"));
    let asked = call(&of_tenant(school.tenant), ListSsoChoicesRequest {});
    let choices = sign_ins.list_sso_choices(asked).await.expect("lists").into_inner().choices;
    assert_eq!((choices.len(), choices[0].name.as_str()), (1, "School's own"));
    let journey = school.begin().await;
    let back = school.visit(&journey, &ann()).await;
    let rows = "select string_agg(line, ' ') from (
                    select c::text as line from sso_connections c union all
                    select encode(client_secret, 'escape') from sso_connections union all
                    select j::text from sso_journeys j union all
                    select o::text from outbox o union all
                    select a::text from audit_events a) as every_row";
    let rows = school.house.text(rows).await;
    let (_, key) = back.state.split_once('.').expect("a state");
    for secret in [SECRET, &journey.binding, key] {
        assert!(!rows.contains(secret), "a secret stands in: {rows}");
    }
}

#[tokio::test]
async fn a_thousand_who_begin_have_the_provider_asked_no_further() {
    let school = School::start().await;
    let fill = "with made as (
                    insert into sso_journeys (tenant_id, state_hash, binding_hash, connection_id, expires_at)
                    select tenant_id, sha256(n::text::bytea), sha256('x'), connection_id, 'infinity'
                    from sso_connections, generate_series(1, 1000) n returning 1)
                select count(*)::text from made";
    assert_eq!(school.house.text(fill).await, "1000");
    let id = &school.connection.connection_id;
    let refused = refusal(begin(&school.house, school.tenant, id).await);
    assert_eq!(refused.0, Code::Unavailable);
    let over =
        "with gone as (delete from sso_journeys returning 1) select count(*)::text from gone";
    assert_eq!(school.house.text(over).await, "1000", "no more are kept");
    school.sign_in(&ann()).await.expect("comes in");
}

#[tokio::test]
async fn what_is_kept_of_a_person_tells_their_links_and_passkeys_and_no_password_they_never_had() {
    let school = School::start().await;
    let session = school.sign_in(&ann()).await.expect("comes in");
    let passkey = "with made as (
                       insert into passkeys (passkey_id, user_id, webauthn_id, key, name, created_at)
                       select gen_random_uuid(), user_id, 'w', 'k', 'Laptop', now() from sso_identities returning 1)
                   select count(*)::text from made";
    assert_eq!(school.house.text(passkey).await, "1");
    let request = ExportPersonRequest { user_id: session.user_id };
    let mut standings = StandingsClient::new(school.house.mesh_of("user"));
    let told = standings.export_person(ask(request)).await.expect("tells").into_inner();
    assert!(told.passwords.is_empty(), "{told:?}");
    assert_eq!(told.factors[0].kind, "passkey");
    let [link] = told.sso_links.as_slice() else { panic!("one link: {told:?}") };
    let seen = (link.tenant_id.clone(), link.issuer.as_str(), link.subject.as_str());
    assert_eq!(seen, (school.tenant.to_string(), school.provider.issuer(), "ann-1"));
    assert!(link.linked_at.is_some());
}

#[tokio::test]
async fn a_person_sees_their_links_and_undoes_one_with_its_sessions() {
    let school = School::start().await;
    let house = &school.house;
    let by_provider = school.sign_in(&ann()).await.expect("comes in");
    let mut sign_ins = SsoSignInsClient::new(house.mesh_of("gateway"));
    let remove = || RemoveSsoLinkRequest { connection_id: school.connection.connection_id.clone() };
    let refused = sign_ins.remove_sso_link(call(&house.of(&by_provider), remove())).await;
    assert_eq!(refusal(refused).1, "sso_session", "not by the provider's own word");
    let request = IssueSessionRequest { user_id: by_provider.user_id.clone(), ttl_seconds: 3600 };
    let mut operator = SessionsClient::new(house.mesh_of("usher"));
    let own = operator.issue_session(ask(request)).await.expect("issues").into_inner();
    let cx = house.of(&own);
    let listed = sign_ins.list_sso_links(call(&cx, ListSsoLinksRequest {})).await.expect("lists");
    let links = listed.into_inner().links;
    let seen = (links.len(), links[0].tenant_id.clone(), links[0].name.as_str());
    assert_eq!(seen, (1, school.tenant.to_string(), "School's own"));
    sign_ins.remove_sso_link(call(&cx, remove())).await.expect("undoes");
    assert_eq!(refusal(house.identify(&by_provider.token).await).1, "session_ended");
    let again = sign_ins.remove_sso_link(call(&cx, remove())).await;
    assert_eq!(refusal(again).1, "sso_not_found");
}
