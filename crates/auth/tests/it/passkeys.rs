//! Passkeys: added, used alone and beside a password, renamed, removed, and the first one of somebody who comes in.

use futures::future::join_all;
use kernel::{Code, Cx};
use testkit::{Authenticator, Twist, cx_of_platform};
use tonic::Status;
use wire::{
    auth::v1::{
        ActivateCredentialRequest, AddPasskeyRequest, AddedPasskey,
        BeginPasskeyConfirmationRequest, BeginPasskeyRequest, BeginPasskeySignInRequest,
        BeginPasskeyStepUpRequest, BeginStagedPasskeyRequest, ChangePasswordRequest,
        ConfirmSessionByPasskeyRequest, ConfirmSessionRequest, ErasePersonRequest,
        FinishPasskeySignInRequest, FollowPersonRequest, GetFactorsRequest, ListPasskeysRequest,
        Passkey, PasskeyCeremony, RemovePasskeyRequest, RenamePasskeyRequest,
        RenewRecoveryCodesRequest, Session, StagePasskeyRequest, StepUpByPasskeyRequest,
        staged_passkeys_client::StagedPasskeysClient, standings_client::StandingsClient,
    },
    call,
};

use crate::house::{House, ORIGIN, PASSWORD, ask, from, refusal};

/// Somebody with a password and a passkey.
pub(crate) struct Keyed {
    pub(crate) session: Session,
    pub(crate) device: Authenticator,
    codes: Vec<String>,
}

impl Keyed {
    pub(crate) async fn begin(house: &House, email: &str) -> Self {
        house.signed_up(email).await;
        let session = house.sign_in(email, PASSWORD).await.expect("signs in");
        let mut device = Authenticator::new(ORIGIN);
        let added = add(house, &session, &mut device, "").await.expect("adds");
        Self { session, device, codes: added.recovery_codes }
    }
}

pub(crate) async fn begin(house: &House, cx: &Cx) -> Result<PasskeyCeremony, Status> {
    let begun = house.passkeys().begin_passkey(call(cx, BeginPasskeyRequest {})).await;
    begun.map(tonic::Response::into_inner)
}

pub(crate) async fn finish(
    house: &House,
    cx: &Cx,
    token: &str,
    credential: String,
    name: &str,
) -> Result<AddedPasskey, Status> {
    let request = AddPasskeyRequest { token: token.into(), credential, name: name.into() };
    Ok(house.passkeys().add_passkey(call(cx, request)).await?.into_inner())
}

async fn add(
    house: &House,
    session: &Session,
    device: &mut Authenticator,
    name: &str,
) -> Result<AddedPasskey, Status> {
    let cx = house.of(session);
    let begun = begin(house, &cx).await?;
    finish(house, &cx, &begun.token, device.create(&begun.options), name).await
}

pub(crate) async fn ceremony(house: &House) -> PasskeyCeremony {
    let begun = house.passkeys().begin_passkey_sign_in(ask(BeginPasskeySignInRequest {})).await;
    begun.expect("begins").into_inner()
}

pub(crate) async fn enter(
    house: &House,
    cx: &Cx,
    token: &str,
    credential: String,
) -> Result<Session, Status> {
    let request = FinishPasskeySignInRequest { token: token.into(), credential };
    Ok(house.passkeys().finish_passkey_sign_in(call(cx, request)).await?.into_inner())
}

/// Signs in by the newest key of the device.
async fn sign_in(house: &House, device: &mut Authenticator) -> Result<Session, Status> {
    let begun = ceremony(house).await;
    enter(house, &cx_of_platform(), &begun.token, device.get(&begun.options)).await
}

async fn confirm(
    house: &House,
    waiting: &Session,
    device: &mut Authenticator,
) -> Result<Session, Status> {
    let request = BeginPasskeyConfirmationRequest { session_token: waiting.token.clone() };
    let begun = house.passkeys().begin_passkey_confirmation(ask(request)).await?.into_inner();
    let request = ConfirmSessionByPasskeyRequest {
        session_token: waiting.token.clone(),
        token: begun.token,
        credential: device.get(&begun.options),
    };
    Ok(house.passkeys().confirm_session_by_passkey(ask(request)).await?.into_inner())
}

async fn list(house: &House, session: &Session) -> Vec<Passkey> {
    let request = call(&house.of(session), ListPasskeysRequest {});
    house.passkeys().list_passkeys(request).await.expect("lists").into_inner().passkeys
}

async fn remove(house: &House, session: &Session, passkey_id: &str) -> Result<(), Status> {
    let request = RemovePasskeyRequest { passkey_id: passkey_id.into() };
    house.passkeys().remove_passkey(call(&house.of(session), request)).await.map(|_| ())
}

#[tokio::test]
async fn a_passkey_signs_in_alone_and_is_asked_for_beside_the_password() {
    let house = House::start().await;
    let mut ann = Keyed::begin(&house, "ann@example.com").await;
    assert_eq!(ann.codes.len(), 10, "for when the device is lost");
    let session = sign_in(&house, &mut ann.device).await.expect("signs in");
    assert!(!session.second_factor_required && session.user_id == ann.session.user_id);
    house.identify(&session.token).await.expect("is known");
    let waiting = house.sign_in("ann@example.com", PASSWORD).await.expect("half a sign-in");
    assert!(waiting.second_factor_required);
    let confirmed = confirm(&house, &waiting, &mut ann.device).await.expect("signs in");
    assert_ne!(confirmed.token, waiting.token, "another session, with a token of its own");
    assert_eq!(refusal(confirm(&house, &waiting, &mut ann.device).await).1, "bad_token");
    let recovered = ConfirmSessionRequest {
        token: house.sign_in("ann@example.com", PASSWORD).await.expect("half a sign-in").token,
        code: ann.codes[0].clone(),
    };
    house.factors().confirm_session(ask(recovered)).await.expect("a recovery code stands in");
    let listed = list(&house, &session).await;
    assert!(listed[0].second_factor && listed[0].last_used_at.is_some());
    let told = house.text("select string_agg(kind, ' ' order by id) from outbox").await;
    assert_eq!(told, "auth.factor.enrolled auth.factor.recovered");
    let methods = "select string_agg(distinct method, ' ' order by method) from sessions";
    assert_eq!(house.text(methods).await, "passkey password");
}

#[tokio::test]
async fn a_device_that_has_a_key_is_told_so_and_one_key_is_one_persons() {
    let house = House::start().await;
    let mut ann = Keyed::begin(&house, "ann@example.com").await;
    let begun = begin(&house, &house.of(&ann.session)).await.expect("begins");
    let options: serde_json::Value = serde_json::from_str(&begun.options).expect("JSON");
    assert_eq!(options["excludeCredentials"].as_array().expect("a list").len(), 1);
    assert_eq!(options["authenticatorSelection"]["residentKey"], "required");
    assert_eq!(options["authenticatorSelection"]["userVerification"], "required");
    assert_eq!(options["user"]["name"], "ann@example.com");
    let twist = Twist { id: ann.device.ids().pop(), ..Twist::default() };
    let again = ann.device.create_with(&begun.options, &twist);
    let again = finish(&house, &house.of(&ann.session), &begun.token, again, "").await;
    assert!(again.is_err(), "its own");
    house.signed_up("bob@example.com").await;
    let bob = house.sign_in("bob@example.com", PASSWORD).await.expect("signs in");
    let begun = begin(&house, &house.of(&bob)).await.expect("begins");
    let mut stolen = Authenticator::new(ORIGIN);
    let copied = stolen.create_with(&begun.options, &twist);
    let taken = finish(&house, &house.of(&bob), &begun.token, copied, "").await;
    assert_eq!(refusal(taken), (Code::Conflict, "passkey_taken".into()));
    let bob = house.sign_in("bob@example.com", PASSWORD).await.expect("signs in");
    assert!(!bob.second_factor_required, "nothing was kept");
}

#[tokio::test]
async fn what_adds_or_removes_a_passkey_asks_for_a_fresh_proof() {
    let house = House::start().await;
    let mut ann = Keyed::begin(&house, "ann@example.com").await;
    house.clock.advance(std::time::Duration::from_secs(600));
    let cx = house.of(&ann.session);
    let stale = (Code::Denied, "step_up_required".to_owned());
    assert_eq!(refusal(begin(&house, &cx).await), stale);
    let passkey_id = list(&house, &ann.session).await.remove(0).passkey_id;
    assert_eq!(refusal(remove(&house, &ann.session, &passkey_id).await), stale);
    let mut passkeys = house.passkeys();
    let begun = passkeys.begin_passkey_step_up(call(&cx, BeginPasskeyStepUpRequest {})).await;
    let begun = begun.expect("begins").into_inner();
    let request =
        StepUpByPasskeyRequest { token: begun.token, credential: ann.device.get(&begun.options) };
    let fresh = passkeys.step_up_by_passkey(call(&cx, request)).await.expect("proves it");
    let fresh = fresh.into_inner();
    assert_eq!(refusal(house.identify(&ann.session.token).await).1, "session_ended");
    assert_eq!(fresh.expires_at, ann.session.expires_at, "it lives no longer for that");
    add(&house, &fresh, &mut ann.device, "Second").await.expect("adds");
    assert_eq!(
        begin(&house, &from("192.0.2.7")).await.err().map(|s| wire::code_of(&s).code),
        Some(Code::Unauthenticated)
    );
}

#[tokio::test]
async fn passkeys_are_named_listed_and_renamed_by_their_person_alone() {
    let house = House::start().await;
    let mut ann = Keyed::begin(&house, "ann@example.com").await;
    house.clock.advance(std::time::Duration::from_secs(1));
    add(&house, &ann.session, &mut ann.device, "  Blue key ").await.expect("adds");
    let listed = list(&house, &ann.session).await;
    let names: Vec<&str> = listed.iter().map(|passkey| passkey.name.as_str()).collect();
    assert_eq!(names, ["Unknown device", "Blue key"]);
    let bob = Keyed::begin(&house, "bob@example.com").await;
    let rename = |session: &Session, passkey_id: &str, name: &str| {
        let request = RenamePasskeyRequest { passkey_id: passkey_id.into(), name: name.into() };
        let (mut passkeys, request) = (house.passkeys(), call(&house.of(session), request));
        async move { passkeys.rename_passkey(request).await }
    };
    let id = &listed[0].passkey_id;
    rename(&ann.session, id, "Phone").await.expect("renames");
    assert_eq!(list(&house, &ann.session).await[0].name, "Phone");
    let foreign = refusal(rename(&bob.session, id, "Mine").await);
    assert_eq!(foreign, (Code::NotFound, "passkey_not_found".into()));
    assert_eq!(refusal(remove(&house, &bob.session, id).await).1, "passkey_not_found");
    for (id, name, field) in [("x", "Phone", "passkeyId"), (id.as_str(), "two\nlines", "name")] {
        let bad = rename(&ann.session, id, name).await.expect_err(field);
        assert_eq!(wire::code_of(&bad).fields[0].field, field);
    }
    assert_eq!(list(&house, &ann.session).await[0].name, "Phone");
}

#[tokio::test]
async fn the_last_factor_goes_with_its_recovery_codes_and_a_short_password_keeps_it() {
    let house = House::start().await;
    let ann = Keyed::begin(&house, "ann@example.com").await;
    let id = list(&house, &ann.session).await.remove(0).passkey_id;
    let change = |from: &str, to: &str| {
        let request =
            ChangePasswordRequest { current_password: from.into(), new_password: to.into() };
        let (mut passwords, request) = (house.passwords(), call(&house.of(&ann.session), request));
        async move { passwords.change_password(request).await }
    };
    change(PASSWORD, "gr8 moss").await.expect("eight are enough beside a passkey");
    let kept = refusal(remove(&house, &ann.session, &id).await);
    assert_eq!(kept, (Code::Conflict, "password_too_short".into()));
    change("gr8 moss", PASSWORD).await.expect("changes");
    remove(&house, &ann.session, &id).await.expect("removes");
    assert_eq!(house.text("select count(*)::text from recovery_codes").await, "0");
    let plain = house.sign_in("ann@example.com", PASSWORD).await.expect("signs in");
    assert!(!plain.second_factor_required);
    let told = house.text("select data->>'kind' from outbox where kind = 'auth.factor.removed'");
    assert_eq!(told.await, "passkey");
    assert_eq!(refusal(remove(&house, &ann.session, &id).await).1, "passkey_not_found");
}

#[tokio::test]
async fn of_fifty_that_answer_one_challenge_at_once_one_comes_in() {
    let house = House::start().await;
    let mut ann = Keyed::begin(&house, "ann@example.com").await;
    let begun = ceremony(&house).await;
    let answer = ann.device.get(&begun.options);
    let cx = cx_of_platform();
    let all = (0..50).map(|_| enter(&house, &cx, &begun.token, answer.clone()));
    let answers = join_all(all).await;
    assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 1, "{answers:?}");
}

#[tokio::test]
async fn wrong_proofs_are_put_off_in_the_same_budget_as_passwords() {
    let house = House::start().await;
    let mut ann = Keyed::begin(&house, "ann@example.com").await;
    let spoilt = Twist { spoilt: true, ..Twist::default() };
    let mut put_off = 0;
    for n in 0..14 {
        let begun = ceremony(&house).await;
        let answer = ann.device.get_with(&begun.options, &spoilt);
        let source = from(&format!("198.51.100.{n}"));
        match refusal(enter(&house, &source, &begun.token, answer).await).1.as_str() {
            "too_many_tries" => put_off += 1,
            other => assert_eq!(other, "passkey_refused"),
        }
    }
    assert!(put_off >= 3, "{put_off}");
    let password = house.sign_in_from("203.0.113.9", "ann@example.com", PASSWORD).await;
    assert_eq!(refusal(password).1, "too_many_tries", "one budget");
    house.clock.advance(std::time::Duration::from_secs(1_000));
    sign_in(&house, &mut ann.device).await.expect("comes in after a while");
}

#[tokio::test]
async fn nobody_comes_in_by_the_passkey_of_a_closed_or_an_erased_account() {
    let house = House::start().await;
    let mut ann = Keyed::begin(&house, "ann@example.com").await;
    let mut standings = StandingsClient::new(house.mesh_of("user"));
    let said = |version, status: &str| FollowPersonRequest {
        user_id: ann.session.user_id.clone(),
        version,
        email: "ann@example.com".into(),
        status: status.into(),
        kept_session_id: String::new(),
    };
    standings.follow_person(ask(said(2, "disabled"))).await.expect("closes");
    let closed = refusal(sign_in(&house, &mut ann.device).await);
    assert_eq!(closed, (Code::Denied, "account_disabled".into()));
    standings.follow_person(ask(said(3, "active"))).await.expect("opens");
    sign_in(&house, &mut ann.device).await.expect("signs in again");
    let request = ErasePersonRequest { user_id: ann.session.user_id.clone() };
    standings.erase_person(ask(request)).await.expect("erases");
    let erased = refusal(sign_in(&house, &mut ann.device).await);
    assert_eq!(erased, (Code::Unauthenticated, "passkey_refused".into()));
    for table in ["passkeys", "recovery_codes"] {
        let count = match table {
            "passkeys" => house.text("select count(*)::text from passkeys").await,
            _ => house.text("select count(*)::text from recovery_codes").await,
        };
        assert_eq!(count, "0", "{table}");
    }
}

/// Somebody who came in by a passkey, without a password.
async fn came_in(house: &House, email: &str) -> (String, Authenticator) {
    let (user_id, mut device) = (testkit::user().to_string(), Authenticator::new(ORIGIN));
    let mut passkeys = StagedPasskeysClient::new(house.mesh_of("user"));
    let request = BeginStagedPasskeyRequest { user_id: user_id.clone(), email: email.into() };
    let begun = passkeys.begin_staged_passkey(ask(request)).await.expect("begins").into_inner();
    let request = StagePasskeyRequest {
        user_id: user_id.clone(),
        token: begun.token,
        credential: device.create(&begun.options),
    };
    let staged = passkeys.stage_passkey(ask(request)).await.expect("stages").into_inner();
    let early = refusal(sign_in(house, &mut device).await);
    assert_eq!(early.1, "passkey_refused", "it does nothing yet");
    for _ in 0..2 {
        let request = ActivateCredentialRequest {
            user_id: user_id.clone(),
            credential_id: staged.credential_id.clone(),
        };
        house.credentials().activate_credential(ask(request)).await.expect("however often");
    }
    (user_id, device)
}

#[tokio::test]
async fn whoever_comes_in_by_a_passkey_needs_no_password_and_a_letter_helps_when_it_is_lost() {
    let house = House::start().await;
    let (user_id, mut device) = came_in(&house, "ann@example.com").await;
    let session = sign_in(&house, &mut device).await.expect("signs in");
    assert_eq!(session.user_id, user_id);
    let guess = refusal(house.sign_in("ann@example.com", PASSWORD).await);
    assert_eq!(guess, (Code::Unauthenticated, "wrong_credentials".into()));
    let set = call(&house.of(&session), GetFactorsRequest {});
    let set = house.factors().get_factors(set).await.expect("answers").into_inner();
    assert!(set.passkeys == 1 && !set.password && !set.totp && set.enrolled_at.is_none());
    let by_letter = crate::letters::by_letter(&house, "ann@example.com").await;
    assert!(
        !by_letter.second_factor_required,
        "nothing else is asked while no codes were handed out"
    );
    let id = list(&house, &session).await.remove(0).passkey_id;
    let only = refusal(remove(&house, &session, &id).await);
    assert_eq!(only, (Code::Conflict, "only_way_in".into()));
    let codes = call(&house.of(&session), RenewRecoveryCodesRequest {});
    let codes = house.factors().renew_recovery_codes(codes).await.expect("hands out").into_inner();
    assert_eq!(codes.codes.len(), 10);
    let by_letter = crate::letters::by_letter(&house, "ann@example.com").await;
    assert!(by_letter.second_factor_required, "from then on it is a second factor");
    let letter = crate::letters::reset_link(&house, "ann@example.com").await;
    crate::letters::reset(&house, &letter, "eight quick amber finches").await.expect("sets one");
    let half = house.sign_in("ann@example.com", "eight quick amber finches").await;
    let whole = confirm(&house, &half.expect("half a sign-in"), &mut device).await;
    remove(&house, &whole.expect("signs in"), &id).await.expect("there is a password now");
}

#[tokio::test]
async fn a_staged_passkey_is_of_one_person_and_only_the_user_service_stages() {
    let house = House::start().await;
    let (ann, bob) = (testkit::user().to_string(), testkit::user().to_string());
    let mut passkeys = StagedPasskeysClient::new(house.mesh_of("user"));
    let request = BeginStagedPasskeyRequest { user_id: ann, email: "ann@example.com".into() };
    let begun = passkeys.begin_staged_passkey(ask(request.clone())).await.expect("begins");
    let begun = begun.into_inner();
    let credential = Authenticator::new(ORIGIN).create(&begun.options);
    let request_of = |user_id| StagePasskeyRequest {
        user_id,
        token: begun.token.clone(),
        credential: credential.clone(),
    };
    let foreign = passkeys.stage_passkey(ask(request_of(bob.clone()))).await;
    assert_eq!(refusal(foreign), (Code::Gone, "ceremony_over".into()));
    let used = passkeys.stage_passkey(ask(request_of(bob))).await;
    assert_eq!(refusal(used).1, "ceremony_over");
    let mut stranger = StagedPasskeysClient::new(house.mesh_of("provisioning"));
    let stranger = stranger.begin_staged_passkey(ask(request)).await;
    assert_eq!(refusal(stranger).0, Code::Denied);
    assert_eq!(house.text("select count(*)::text from passkeys").await, "0");
}
