//! What signing in makes of what the user service says of people.

use bus::Relay;
use kernel::{Code, TenantId, UserId};
use tonic::Status;
use uuid::Uuid;
use wire::{
    auth::v1::{
        CreateSessionRequest, ErasePersonRequest, ExportPersonRequest, FollowPersonRequest,
        IdentifySessionRequest, IssueSessionRequest, Session, SignInRecord,
        standings_client::StandingsClient,
    },
    user::v1::{PersonDisabled, PersonEmailChanged, PersonStanding},
};

use crate::{
    house::{House, PASSWORD, ask, refusal},
    tokens::tokens_of,
};

async fn sign_in(house: &House, email: &str) -> Result<Session, Status> {
    let request = CreateSessionRequest { email: email.into(), password: PASSWORD.into() };
    Ok(house.sessions().create_session(ask(request)).await?.into_inner())
}

/// Why the session is good no more, or nothing where it is.
async fn ended(house: &House, session: &Session) -> Option<String> {
    let request = IdentifySessionRequest { token: session.token.clone() };
    let known = house.sessions().identify_session(ask(request)).await;
    known.err().map(|status| wire::code_of(&status).reason)
}

fn said(user_id: UserId, version: i64, email: &str, status: &str) -> FollowPersonRequest {
    FollowPersonRequest {
        user_id: user_id.to_string(),
        version,
        email: email.into(),
        status: status.into(),
        kept_session_id: String::new(),
    }
}

async fn follow(house: &House, said: FollowPersonRequest) -> Result<(), Status> {
    let mut standings = StandingsClient::new(house.mesh_of("user"));
    standings.follow_person(ask(said)).await.map(drop)
}

#[tokio::test]
async fn another_address_signs_in_and_ends_every_session_but_the_asking_one() {
    let house = House::start().await;
    let ann = house.signed_up("ann@example.com").await;
    let kept = sign_in(&house, "ann@example.com").await.expect("signs in");
    let other = sign_in(&house, "ann@example.com").await.expect("signs in");
    let moved = FollowPersonRequest {
        kept_session_id: kept.session_id.clone(),
        ..said(ann, 2, "ann@example.org", "active")
    };
    for _ in 0..2 {
        follow(&house, moved.clone()).await.expect("follows");
    }
    assert_eq!(ended(&house, &kept).await, None);
    assert_eq!(ended(&house, &other).await.as_deref(), Some("session_ended"));
    let refused = refusal(sign_in(&house, "ann@example.com").await);
    assert_eq!(refused, (Code::Unauthenticated, "wrong_credentials".into()));
    let fresh = sign_in(&house, "ann@example.org").await.expect("signs in");
    // A word from before comes late.
    follow(&house, said(ann, 1, "ann@example.com", "active")).await.expect("changes nothing");
    assert_eq!(ended(&house, &fresh).await, None);
    sign_in(&house, "ann@example.org").await.expect("signs in still");
    let told = house.text("select count(*)::text from audit_events where action = 'person.follow'");
    assert_eq!(told.await, "1");
}

#[tokio::test]
async fn an_address_that_somebody_gave_up_is_waited_for() {
    let house = House::start().await;
    let ann = house.signed_up("ann@example.com").await;
    let bob = house.signed_up("bob@example.com").await;
    let early = follow(&house, said(bob, 2, "ann@example.com", "active")).await;
    assert_eq!(refusal(early), (Code::Unavailable, "email_held".into()));
    follow(&house, said(ann, 2, "ann@example.org", "active")).await.expect("gives it up");
    follow(&house, said(bob, 2, "ann@example.com", "active")).await.expect("gets it");
    let session = sign_in(&house, "ann@example.com").await.expect("signs in");
    assert_eq!(session.user_id, bob.to_string());
}

#[tokio::test]
async fn nobody_signs_in_to_a_closed_account_in_any_way() {
    let house = House::start().await;
    let ann = house.signed_up("ann@example.com").await;
    let before = sign_in(&house, "ann@example.com").await.expect("signs in");
    let closed = FollowPersonRequest {
        kept_session_id: before.session_id.clone(),
        ..said(ann, 2, "ann@example.com", "disabled")
    };
    follow(&house, closed).await.expect("closes");
    assert_eq!(ended(&house, &before).await.as_deref(), Some("session_ended"), "none is kept");
    let denied = (Code::Denied, "account_disabled".to_owned());
    assert_eq!(refusal(sign_in(&house, "ann@example.com").await), denied);
    let issue = IssueSessionRequest { user_id: ann.to_string(), ttl_seconds: 60 };
    let issued = house.sessions_for("usher").issue_session(ask(issue)).await;
    assert_eq!(refusal(issued), denied);
    let wrong =
        CreateSessionRequest { email: "ann@example.com".into(), password: "another".into() };
    let wrong = refusal(house.sessions().create_session(ask(wrong)).await);
    assert_eq!(wrong.1, "wrong_credentials", "who does not know the password learns nothing");
    follow(&house, said(ann, 3, "ann@example.com", "active")).await.expect("opens");
    sign_in(&house, "ann@example.com").await.expect("signs in again");
    assert_eq!(ended(&house, &before).await.as_deref(), Some("session_ended"));
}

#[tokio::test]
async fn what_the_call_did_not_bring_the_facts_bring() {
    let house = House::start().await;
    let ann = house.signed_up("ann@example.com").await;
    let session = sign_in(&house, "ann@example.com").await.expect("signs in");
    let standing = |version, status: &str| {
        Some(PersonStanding {
            user_id: ann.to_string(),
            version,
            email: "ann@example.org".into(),
            status: status.into(),
        })
    };
    let db = house.database.db("user");
    let mut tx = db.tenant(TenantId::PLATFORM, "tell").await.expect("opens");
    let cx = testkit::cx(TenantId::PLATFORM);
    let moved = PersonEmailChanged {
        standing: standing(2, "active"),
        change_id: Uuid::now_v7().to_string(),
        kept_session_id: session.session_id.clone(),
    };
    bus::emit(&mut tx, &cx, ann.uuid(), &moved).await.expect("emits");
    tx.commit().await.expect("commits");
    let relay = Relay::new(db.clone(), house.app.nats.clone());
    house.host.spawn("user relay", async move |stop| Ok(relay.run(stop).await?));
    testkit::eventually("the new address signs in", async || {
        sign_in(&house, "ann@example.org").await.is_ok()
    })
    .await;
    assert_eq!(ended(&house, &session).await, None);
    let mut tx = db.tenant(TenantId::PLATFORM, "tell").await.expect("opens");
    let closed = PersonDisabled { standing: standing(3, "disabled"), ownerless: Vec::new() };
    bus::emit(&mut tx, &cx, ann.uuid(), &closed).await.expect("emits");
    tx.commit().await.expect("commits");
    testkit::eventually("the session has ended", async || ended(&house, &session).await.is_some())
        .await;
}

#[tokio::test]
async fn what_is_no_standing_is_refused_by_its_field() {
    let house = House::start().await;
    let good = said(testkit::user(), 2, "ann@example.com", "active");
    for (bad, field) in [
        (FollowPersonRequest { user_id: "x".into(), ..good.clone() }, "userId"),
        (FollowPersonRequest { email: "x".into(), ..good.clone() }, "email"),
        (FollowPersonRequest { status: "x".into(), ..good.clone() }, "status"),
        (FollowPersonRequest { kept_session_id: "x".into(), ..good.clone() }, "keptSessionId"),
    ] {
        let refused = follow(&house, bad).await.expect_err(field);
        assert_eq!(wire::code_of(&refused).fields[0].field, field);
    }
}

#[tokio::test]
async fn who_was_erased_leaves_nothing_that_signs_in_and_never_comes_back() {
    let house = House::start().await;
    let ann = house.signed_up("ann@example.com").await;
    let bob = house.signed_up("bob@example.com").await;
    let session = sign_in(&house, "ann@example.com").await.expect("signs in");
    tokens_of(&house, &session).await;
    let mut standings = StandingsClient::new(house.mesh_of("user"));
    for _ in 0..2 {
        let asked = ErasePersonRequest { user_id: ann.to_string() };
        standings.erase_person(ask(asked)).await.expect("erases, however often");
    }
    assert_eq!(ended(&house, &session).await.as_deref(), Some("bad_token"), "it never was");
    for table in [
        "select count(*)::text from credentials where email = 'ann@example.com'",
        "select count(*)::text from sessions",
        "select count(*)::text from token_families",
        "select count(*)::text from audit_events where action = 'person.erase' and target like '%@%'",
    ] {
        assert_eq!(house.text(table).await, "0", "{table}");
    }
    // A fact from before comes late.
    follow(&house, said(ann, 9, "ann@example.com", "active")).await.expect("changes nothing");
    let issue = IssueSessionRequest { user_id: ann.to_string(), ttl_seconds: 60 };
    let issued = house.sessions_for("usher").issue_session(ask(issue)).await;
    assert_eq!(refusal(issued).1, "account_disabled");
    let stranger = StandingsClient::new(house.mesh_of("provisioning"))
        .erase_person(ask(ErasePersonRequest { user_id: bob.to_string() }))
        .await;
    assert_eq!(refusal(stranger), (Code::Denied, "permission_denied".into()));
    sign_in(&house, "bob@example.com").await.expect("is there still");
}

#[tokio::test]
async fn what_is_told_of_a_person_is_all_that_is_no_secret() {
    let house = House::start().await;
    let ann = house.signed_up("ann@example.com").await;
    let bob = house.signed_up("bob@example.com").await;
    sign_in(&house, "bob@example.com").await.expect("signs in");
    let session = sign_in(&house, "ann@example.com").await.expect("signs in");
    let kept = format!(
        "set search_path = usher_auth;
         update sessions set ended_at = now(), device = 'Firefox on Linux', address = '203.0.113.7' where user_id = '{ann}';
         insert into totp_factors (tenant_id, user_id, secret, created_at, confirmed_at)
         values ('{}', '{ann}', '\\xc0ffee', now(), now());
         insert into recovery_codes (user_id, code_hash) select '{ann}', sha256(n::text::bytea) from generate_series(1, 7) n;
         insert into letters (letter_id, kind, user_id, token_hash, created_at, expires_at, used_at)
         values (gen_random_uuid(), 'password_reset', '{ann}', sha256('x'), now(), now(), now())",
        TenantId::PLATFORM
    );
    let mut admin = house.admin().await;
    sqlx::Executor::execute(&mut admin, sqlx::AssertSqlSafe(kept)).await.expect("keeps");
    let asked = || ask(ExportPersonRequest { user_id: ann.to_string() });
    let told = StandingsClient::new(house.mesh_of("user")).export_person(asked()).await;
    let told = told.expect("tells").into_inner();
    assert_eq!(told.passwords[0].email, "ann@example.com");
    let [only] = told.sessions.as_slice() else { panic!("one session: {told:?}") };
    let seen = [&only.method, &only.device, &only.address].map(String::as_str);
    assert_eq!(seen, ["password", "Firefox on Linux", "203.0.113.7"]);
    let instants = [&only.signed_in_at, &only.last_used_at, &only.expires_at, &only.ended_at];
    assert!(instants.iter().all(|at| at.is_some()), "{only:?}");
    let factors: Vec<_> = told
        .factors
        .iter()
        .map(|one| (one.kind.as_str(), one.count, one.added_at.is_some()))
        .collect();
    assert_eq!(factors, [("totp", 1, true), ("recovery_codes", 7, false)]);
    let letter = &told.letters[0];
    assert_eq!(letter.kind, "password_reset");
    assert!(letter.asked_at.is_some() && letter.used_at.is_some());
    let text = wire::json::encode(&told).to_string();
    for secret in [session.token.as_str(), "argon2", "bob@example.com", "hash", "wP/u", "c0ffee"] {
        assert!(!text.contains(secret), "{secret}: {text}");
    }
    let nobody = ExportPersonRequest { user_id: Uuid::now_v7().to_string() };
    let empty = StandingsClient::new(house.mesh_of("user")).export_person(ask(nobody)).await;
    assert_eq!(empty.expect("tells").into_inner(), SignInRecord::default());
    let stranger = StandingsClient::new(house.mesh_of("notifier")).export_person(asked()).await;
    assert_eq!(refusal(stranger), (Code::Denied, "permission_denied".into()));
    assert_ne!(ann, bob);
}
