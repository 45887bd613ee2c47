//! Coming in without an invitation: whether one may, what one is told, and what counts once.

use std::time::Duration;

use futures::future::join_all;
use kernel::{Cx, TenantId};
use tonic::{Response, Status};
use wire::{
    Caller, call,
    user::v1::{
        AskSignUpRequest, AskSignUpResponse, FinishSignUpRequest, FinishSignUpResponse,
        GetSignUpPolicyRequest, PutSignUpPolicyRequest, RemoveMemberRequest, RevealSignUpRequest,
        SetSeatLimitRequest, ShowSignUpRequest, SignUpPolicy, SignUpSecrets,
        sign_ups_client::SignUpsClient,
    },
};

use crate::platform::{ADMIN, OWNER, PASSWORD, Platform, RIGHTS, fields, reason, tenant};

impl Platform {
    fn sign_ups(&self) -> SignUpsClient<Caller> {
        SignUpsClient::new(self.gateway())
    }

    async fn open_to_strangers(&self, here: TenantId) -> (String, Cx) {
        let (id, _) = self.staff(here, "owner@example.com", "owner").await;
        let rights = [ADMIN, RIGHTS, OWNER].concat();
        let owner = self.person(id.parse().expect("an id"), Some(here), &rights);
        self.put_policy(&owner, "self_serve", "client").await.expect("sets");
        (id, owner)
    }

    async fn put_policy(&self, cx: &Cx, mode: &str, role: &str) -> Result<SignUpPolicy, Status> {
        let asked = PutSignUpPolicyRequest { mode: mode.into(), role: role.into() };
        self.sign_ups().put_sign_up_policy(call(cx, asked)).await.map(Response::into_inner)
    }

    async fn ask_from(
        &self,
        ip: &str,
        here: TenantId,
        email: &str,
    ) -> Result<AskSignUpResponse, Status> {
        // So that the newest is told by its time.
        self.clock.advance(Duration::from_secs(1));
        let cx = Cx { ip: Some(ip.into()), ..self.of("gateway", here) };
        let asked = AskSignUpRequest { email: email.into(), locale: "en".into() };
        self.sign_ups().ask_sign_up(call(&cx, asked)).await.map(Response::into_inner)
    }

    async fn ask(&self, here: TenantId, email: &str) -> AskSignUpResponse {
        self.ask_from("192.0.2.7", here, email).await.expect("one answer for all")
    }

    /// What the letter about the newest sign-up says, as the notifier learns it.
    async fn letter(&self, here: TenantId) -> Result<SignUpSecrets, Status> {
        let newest = "select sign_up_id::text from sign_ups order by created_at desc, sign_up_id desc limit 1";
        let sign_up_id = self.database.text(newest).await;
        let mut notifier = SignUpsClient::new(self.service("notifier"));
        let asked = call(&self.of("notifier", here), RevealSignUpRequest { sign_up_id });
        notifier.reveal_sign_up(asked).await.map(Response::into_inner)
    }

    async fn finish(
        &self,
        here: TenantId,
        asked: FinishSignUpRequest,
    ) -> Result<FinishSignUpResponse, Status> {
        let cx = self.of("gateway", here);
        self.sign_ups().finish_sign_up(call(&cx, asked)).await.map(Response::into_inner)
    }
}

fn by_link(asked: &AskSignUpResponse, letter: &SignUpSecrets) -> FinishSignUpRequest {
    FinishSignUpRequest {
        binding: asked.binding.clone(),
        code: String::new(),
        token: letter.url.rsplit('/').next().expect("a last part").into(),
        name: "Ann".into(),
        password: PASSWORD.into(),
    }
}

fn by_code(asked: &AskSignUpResponse, code: &str) -> FinishSignUpRequest {
    FinishSignUpRequest {
        binding: asked.binding.clone(),
        code: code.into(),
        token: String::new(),
        name: "Ann".into(),
        password: PASSWORD.into(),
    }
}

#[tokio::test]
async fn nobody_signs_up_where_the_tenant_has_not_said_so() {
    let (platform, here) = (Platform::start().await, tenant());
    let refused = platform.ask_from("192.0.2.7", here, "ann@example.com").await;
    assert_eq!(reason(&refused.expect_err("by invitation alone")), "sign_up_closed");
    let shown = async || {
        let asked = call(&platform.of("gateway", here), ShowSignUpRequest {});
        platform.sign_ups().show_sign_up(asked).await.expect("shows").into_inner().open
    };
    assert!(!shown().await);
    let (_, owner) = platform.open_to_strangers(here).await;
    assert!(shown().await);
    let held =
        platform.sign_ups().get_sign_up_policy(call(&owner, GetSignUpPolicyRequest {})).await;
    let held = held.expect("shows").into_inner();
    assert_eq!((held.mode.as_str(), held.role.as_str()), ("self_serve", "client"));
    platform.put_policy(&owner, "self_serve", "client").await.expect("sets the same");
    let told = "select count(*) from outbox where kind = 'user.sign_up_policy.changed'";
    assert_eq!(platform.database.count(told).await, 1);
    for (mode, role, field) in
        [("open", "client", "mode"), ("", "client", "mode"), ("self_serve", "owner", "role")]
    {
        let refused = platform.put_policy(&owner, mode, role).await.expect_err("is refused");
        assert_eq!(fields(&refused), [field], "{mode} {role}");
    }
    let asked = platform.ask(here, "ann@example.com").await;
    let letter = platform.letter(here).await.expect("reveals");
    platform.put_policy(&owner, "invite_only", "client").await.expect("sets");
    let refused = platform.finish(here, by_link(&asked, &letter)).await;
    assert_eq!(reason(&refused.expect_err("closed since")), "sign_up_closed");
}

#[tokio::test]
async fn a_stranger_becomes_a_member_with_the_password_and_the_role() {
    let (platform, here) = (Platform::start().await, tenant());
    let (_, owner) = platform.open_to_strangers(here).await;
    let asked = platform.ask(here, "Ann@Example.com").await;
    let letter = platform.letter(here).await.expect("reveals");
    assert_eq!(platform.letter(here).await.expect("the same").code, letter.code);
    let foreign = platform.letter(tenant()).await.expect_err("another tenant's");
    assert_eq!(reason(&foreign), "sign_up_letter_lost");
    let short = FinishSignUpRequest { password: "short".into(), ..by_link(&asked, &letter) };
    let refused = platform.finish(here, short).await.expect_err("a bad password");
    assert_eq!(fields(&refused), ["password"]);
    let came = platform.finish(here, by_link(&asked, &letter)).await.expect("comes in");
    assert_eq!(came.email, "ann@example.com");
    assert_eq!(platform.auth.password_of(&came.user_id).as_deref(), Some(PASSWORD));
    let held = "select count(*) from memberships m join role_bindings b using (tenant_id, user_id)
                where m.status = 'active' and b.role = 'client' and b.bound_by like 'sign_up:%'";
    assert_eq!(platform.database.count(held).await, 1);
    let again = platform.finish(here, by_link(&asked, &letter)).await.expect_err("is used");
    assert_eq!(reason(&again), "sign_up_refused");
    // Whoever was removed does not walk back in.
    let remove = RemoveMemberRequest { user_id: came.user_id, note: String::new() };
    platform.memberships().remove_member(call(&owner, remove)).await.expect("removes");
    platform.ask(here, "ann@example.com").await;
    assert!(platform.letter(here).await.expect("says so").code.is_empty());
}

#[tokio::test]
async fn known_and_unknown_addresses_meet_the_same_answers_and_leave_the_same_rows() {
    let (platform, here) = (Platform::start().await, tenant());
    platform.open_to_strangers(here).await;
    platform.admit(tenant(), "bob@example.com").await;
    let mut traces = Vec::new();
    for email in ["bob@example.com", "new@example.com"] {
        let before = platform.database.count("select count(*) from outbox").await;
        let asked = platform.ask(here, email).await;
        assert_eq!(asked.binding.len(), 43);
        let after = platform.database.count("select count(*) from outbox").await;
        let rows = "select count(*) from audit_events where action = 'sign_up.ask'";
        traces.push((after - before, platform.database.count(rows).await));
    }
    assert_eq!(traces, [(1, 1), (1, 2)]);
    let bob = platform.ask(here, "bob@example.com").await;
    let letter = platform.letter(here).await.expect("says that there is an account");
    assert!(letter.code.is_empty() && letter.url.ends_with("/signin"), "{}", letter.url);
    // What signs strangers up is nothing that anybody could guess for a known address.
    let refused = platform.finish(here, by_code(&bob, "12345678")).await;
    assert_eq!(reason(&refused.expect_err("no code was sent")), "sign_up_refused");
}

#[tokio::test]
async fn only_the_browser_that_asked_finishes_it_and_wrong_codes_use_it_up() {
    let (platform, here) = (Platform::start().await, tenant());
    platform.open_to_strangers(here).await;
    let asked = platform.ask(here, "ann@example.com").await;
    let letter = platform.letter(here).await.expect("reveals");
    let eve = platform.ask(here, "eve@example.com").await;
    for stolen in [by_link(&eve, &letter), by_code(&eve, &letter.code)] {
        let refused = platform.finish(here, stolen).await.expect_err("another browser's");
        assert_eq!(reason(&refused), "sign_up_refused");
    }
    let elsewhere = platform.finish(tenant(), by_link(&asked, &letter)).await;
    assert_eq!(reason(&elsewhere.expect_err("another tenant's")), "sign_up_refused");
    let wrong = if letter.code == "00000000" { "00000001" } else { "00000000" };
    let guesses = join_all((0..12).map(|_| platform.finish(here, by_code(&asked, wrong)))).await;
    assert!(guesses.into_iter().all(|guess| guess.is_err()));
    let late = platform.finish(here, by_code(&asked, &letter.code)).await;
    assert_eq!(reason(&late.expect_err("is used up")), "sign_up_refused");
    let asked = platform.ask(here, "ann@example.com").await;
    let letter = platform.letter(here).await.expect("reveals");
    platform.clock.advance(Duration::from_secs(3_600));
    let late = platform.finish(here, by_link(&asked, &letter)).await;
    assert_eq!(reason(&late.expect_err("is too old")), "sign_up_refused");
}

#[tokio::test]
async fn of_many_that_finish_one_sign_up_at_once_one_comes_in() {
    let (platform, here) = (Platform::start().await, tenant());
    platform.open_to_strangers(here).await;
    let asked = platform.ask(here, "ann@example.com").await;
    let letter = platform.letter(here).await.expect("reveals");
    let all = join_all((0..16).map(|_| platform.finish(here, by_link(&asked, &letter)))).await;
    assert_eq!(all.iter().filter(|one| one.is_ok()).count(), 1);
    // Two sign-ups of one address make one person.
    let first = platform.ask(here, "bob@example.com").await;
    let letter_of_first = platform.letter(here).await.expect("reveals");
    let second = platform.ask(here, "bob@example.com").await;
    let letter_of_second = platform.letter(here).await.expect("reveals");
    let (one, other) = tokio::join!(
        platform.finish(here, by_link(&first, &letter_of_first)),
        platform.finish(here, by_link(&second, &letter_of_second)),
    );
    assert_eq!([&one, &other].into_iter().filter(|one| one.is_ok()).count(), 1);
    let people = "select count(*) from users where email = 'bob@example.com'";
    assert_eq!(platform.database.count(people).await, 1);
    let late = platform.finish(here, by_link(&second, &letter_of_second)).await;
    let late = reason(&late.expect_err("there is an account"));
    assert!(["account_exists", "sign_up_refused"].contains(&late.as_str()), "{late}");
}

#[tokio::test]
async fn seats_and_the_setters_rights_hold_for_strangers_too() {
    let (platform, here) = (Platform::start().await, tenant());
    let (owner_id, _) = platform.open_to_strangers(here).await;
    let staff = platform.person(uuid::Uuid::now_v7().into(), Some(here), &["user.seats.update"]);
    let limit = async |limit| {
        let asked = call(&staff, SetSeatLimitRequest { limit: Some(limit) });
        platform.seats().set_seat_limit(asked).await.expect("sets");
    };
    limit(1).await;
    let asked = platform.ask(here, "ann@example.com").await;
    let letter = platform.letter(here).await.expect("reveals");
    let full = platform.finish(here, by_link(&asked, &letter)).await.expect_err("no seat");
    assert_eq!(reason(&full), "seats_taken");
    limit(2).await;
    platform.finish(here, by_link(&asked, &letter)).await.expect("nothing was used up");
    limit(9).await;
    let asked = platform.ask(here, "bob@example.com").await;
    let letter = platform.letter(here).await.expect("reveals");
    // Whoever was removed gives nobody a role any more.
    let (second, _) = platform.staff(here, "second@example.com", "owner").await;
    let remove = RemoveMemberRequest { user_id: owner_id, note: String::new() };
    let rights = [ADMIN, RIGHTS, OWNER].concat();
    let second = platform.person(second.parse().expect("an id"), Some(here), &rights);
    platform.memberships().remove_member(call(&second, remove)).await.expect("removes");
    let refused = platform.finish(here, by_link(&asked, &letter)).await;
    assert_eq!(reason(&refused.expect_err("nobody answers for it")), "sign_up_closed");
}

#[tokio::test]
async fn askings_are_bounded_by_source_and_by_recipient() {
    let (platform, here) = (Platform::start().await, tenant());
    platform.open_to_strangers(here).await;
    for n in 0..20 {
        platform.ask(here, &format!("p{n}@example.com")).await;
    }
    let refused = platform.ask_from("192.0.2.7", here, "more@example.com").await;
    let refused = wire::code_of(&refused.expect_err("too many from here"));
    assert_eq!(refused.reason, "too_many_sign_ups");
    assert!(refused.retry_after.is_some_and(|wait| wait.as_secs() > 3_500), "{refused:?}");
    let mut written = Vec::new();
    for n in 1..=5 {
        let ip = format!("198.51.100.{n}");
        platform.ask_from(&ip, here, "ann@example.com").await.expect("the same answer");
        written.push(platform.letter(here).await.is_ok());
    }
    assert_eq!(written, [true, true, true, false, false], "an address gets three letters an hour");
    platform.wait_hours(1);
    platform.ask(here, "ann@example.com").await;
    assert!(platform.letter(here).await.is_ok(), "and then again");
    let banned = platform.ask_from("192.0.2.9", here, "ann@spam.example").await;
    assert_eq!(reason(&banned.expect_err("is on the block list")), "address_not_served");
    let refused = platform.ask_from("192.0.2.9", here, "no address").await;
    assert_eq!(fields(&refused.expect_err("is refused")), ["email"]);
}

#[tokio::test]
async fn a_suspended_tenant_takes_nobody_in_and_no_table_holds_what_the_letter_says() {
    let (platform, here) = (Platform::start().await, tenant());
    platform.open_to_strangers(here).await;
    let asked = platform.ask(here, "ann@example.com").await;
    let letter = platform.letter(here).await.expect("reveals");
    let token = letter.url.rsplit('/').next().expect("a last part").to_owned();
    let dump = platform.database.text("select string_agg(s::text, ' ') from sign_ups s").await;
    let facts = platform.database.text("select string_agg(o::text, ' ') from outbox o").await;
    for secret in [&token, &asked.binding, &letter.code] {
        assert!(!dump.contains(secret) && !facts.contains(secret), "{secret}");
    }
    platform.tenants.suspend(here);
    let refused = platform.ask_from("192.0.2.8", here, "bob@example.com").await;
    assert_eq!(reason(&refused.expect_err("suspended")), "tenant_suspended");
    let refused = platform.finish(here, by_link(&asked, &letter)).await;
    assert_eq!(reason(&refused.expect_err("suspended")), "tenant_suspended");
    platform.tenants.resume(here);
    platform.finish(here, by_link(&asked, &letter)).await.expect("comes in");
}
