//! Beginning an onboarding.

use std::time::Duration;

use futures::future::join_all;
use kernel::Code;
use wire::provisioning::v1::OnboardClientRequest;

use crate::{
    invites::Mood,
    world::{World, answer, request, token_until, wb_token},
};

#[tokio::test]
async fn a_client_is_kept_and_invited_in_the_name_of_the_operator() {
    let world = World::new().await;
    let client = world.onboard(request("ann")).await.expect("onboards");
    assert_eq!((client.stage.as_str(), client.role.as_str()), ("invited", "client"));
    assert!(client.wb_token_hint.starts_with("***"));
    let made = world.users.made();
    let [invite] = made.as_slice() else { panic!("one invitation, not {made:?}") };
    assert_eq!((&invite.reference, &invite.locale), (&client.client_id, &"ru".to_owned()));
    assert_eq!(invite.invite_id, client.invite_id);
    let calls = world.users.calls();
    assert!(calls[0].user().is_some(), "the operator's passport travels");
    assert_eq!(calls[0].caller.as_deref(), Some("provisioning"));
    assert_eq!(calls[0].idempotency_key.as_deref(), Some(client.client_id.as_str()));
    assert_eq!(world.told("provisioning.client.created", &client.client_id).await.len(), 1);
    let status = world.status(&client.client_id).await.expect("a client");
    assert_eq!(status.job_state, "none");
    world.end().await;
}

#[tokio::test]
async fn the_same_client_again_is_the_same_client() {
    let world = World::new().await;
    let first = world.onboard(request("ann")).await.expect("onboards");
    let upper = OnboardClientRequest { email: " ANN@example.com ".into(), ..request("ann") };
    let again = world.onboard(upper).await.expect("onboards again");
    assert_eq!(first, again);
    assert_eq!(world.users.made().len(), 1);
    assert_eq!(world.told("provisioning.client.created", &first.client_id).await.len(), 1);
    world.end().await;
}

#[tokio::test]
async fn of_many_calls_at_once_one_creates_the_client() {
    let world = World::new().await;
    let calls = (0..12).map(|_| world.onboard(request("ann")));
    let clients = join_all(calls).await;
    let first = clients[0].as_ref().expect("onboards").client_id.clone();
    for client in clients {
        assert_eq!(client.expect("onboards").client_id, first);
    }
    assert_eq!(world.users.made().len(), 1);
    assert_eq!(world.told("provisioning.client.created", &first).await.len(), 1);
    world.end().await;
}

#[tokio::test]
async fn half_a_match_is_a_conflict_that_names_the_field() {
    let world = World::new().await;
    world.onboard(request("ann")).await.expect("onboards");
    let other_sheet = OnboardClientRequest { spreadsheet_id: "other".into(), ..request("ann") };
    let refusal = world.onboard(other_sheet).await.expect_err("refused");
    assert_eq!((refusal.code, refusal.reason.as_str()), (Code::Conflict, "client_email_taken"));
    assert_eq!(refusal.fields[0].field, "email");
    let other_person = OnboardClientRequest { email: "bob@example.com".into(), ..request("ann") };
    let refusal = world.onboard(other_person).await.expect_err("refused");
    assert_eq!((refusal.code, refusal.reason.as_str()), (Code::Conflict, "spreadsheet_taken"));
    assert_eq!(refusal.fields[0].field, "spreadsheet_id");
    world.end().await;
}

#[tokio::test]
async fn a_spreadsheet_is_never_taken_over_by_another_tenant() {
    let world = World::new().await;
    let ours = world.onboard(request("ann")).await.expect("onboards");
    let elsewhere = world.operator(uuid::Uuid::now_v7().into());
    let theirs = OnboardClientRequest { email: "eve@example.com".into(), ..request("ann") };
    let theirs = world.onboarding().onboard_client(wire::call(&elsewhere, theirs)).await;
    let refusal = answer(theirs).expect_err("refused");
    assert_eq!((refusal.code, refusal.reason.as_str()), (Code::Conflict, "spreadsheet_taken"));
    assert_eq!(world.users.made().len(), 1, "nobody is invited for it");
    let own = OnboardClientRequest { spreadsheet_id: "their-own".into(), ..request("ann") };
    let own = world.onboarding().onboard_client(wire::call(&elsewhere, own)).await;
    let own = answer(own).expect("the same person with a spreadsheet of their own");
    assert_ne!(own.client_id, ours.client_id);
    world.end().await;
}

#[tokio::test]
async fn bad_fields_are_refused_before_anything_is_kept() {
    let world = World::new().await;
    let good = || request("ann");
    let cases = [
        ("email", OnboardClientRequest { email: "ann".into(), ..good() }),
        ("name", OnboardClientRequest { name: " ".into(), ..good() }),
        ("role", OnboardClientRequest { role: "Not A Role".into(), ..good() }),
        ("spreadsheet_id", OnboardClientRequest { spreadsheet_id: String::new(), ..good() }),
        ("spreadsheet_id", OnboardClientRequest { spreadsheet_id: "a b".into(), ..good() }),
        ("wb_token", OnboardClientRequest { wb_token: "canary.canary".into(), ..good() }),
        ("wb_token", OnboardClientRequest { wb_token: token_until("canary", 5), ..good() }),
        ("locale", OnboardClientRequest { locale: "xx".into(), ..good() }),
    ];
    for (field, bad) in cases {
        let refusal = world.onboard(bad).await.expect_err("refused");
        assert_eq!((refusal.code, refusal.fields[0].field.as_str()), (Code::Invalid, field));
        assert!(!format!("{refusal:?}").contains("canary"), "{refusal:?}");
    }
    assert!(world.users.made().is_empty());
    world.end().await;
}

#[tokio::test]
async fn a_lost_answer_of_the_user_service_is_healed_by_repeating() {
    let world = World::new().await;
    world.users.set_mood(Mood::LoseAnswer);
    let refusal = world.onboard(request("ann")).await.expect_err("not invited");
    assert_eq!((refusal.code, refusal.reason.as_str()), (Code::Unavailable, "client_not_invited"));
    world.users.set_mood(Mood::Usual);
    let client = world.onboard(request("ann")).await.expect("onboards");
    assert_eq!(client.invite_id, world.users.made()[0].invite_id);
    assert_eq!(world.users.made().len(), 1);
    world.end().await;
}

#[tokio::test]
async fn a_refused_role_may_be_mended_by_repeating() {
    let world = World::new().await;
    world.users.set_mood(Mood::RefuseRole);
    let wrong = OnboardClientRequest { role: "captain".into(), ..request("ann") };
    let refusal = world.onboard(wrong).await.expect_err("refused");
    assert_eq!((refusal.code, refusal.fields[0].field.as_str()), (Code::Invalid, "role"));
    world.users.set_mood(Mood::Usual);
    world.onboard(request("ann")).await.expect("onboards");
    assert_eq!(world.users.made()[0].role, "client");
    world.end().await;
}

#[tokio::test]
async fn a_member_of_the_tenant_needs_no_acceptance() {
    let world = World::new().await;
    world.users.set_mood(Mood::Member);
    let client = world.onboard(request("ann")).await.expect("onboards");
    assert_eq!(client.stage, "email_confirmed");
    world.until(&client.client_id, "active").await;
    world.end().await;
}

#[tokio::test]
async fn an_acceptance_heard_before_the_invitations_answer_counts_once() {
    let world = World::new().await;
    world.users.set_mood(Mood::AcceptFirst);
    let client = world.onboard(request("ann")).await.expect("onboards");
    assert_ne!(client.stage, "invited");
    let status = world.until(&client.client_id, "active").await;
    let client = status.client.expect("a client");
    assert_eq!(client.invite_id, world.users.made()[0].invite_id);
    assert_eq!(world.told("provisioning.client.advanced", &client.client_id).await.len(), 5);
    world.end().await;
}

#[tokio::test]
async fn an_expired_client_is_shown_so_and_invited_anew_by_repeating() {
    let world = World::new().await;
    world.users.set_life(Duration::ZERO);
    let client = world.onboard(request("ann")).await.expect("onboards");
    let status = world.status(&client.client_id).await.expect("a client");
    assert_eq!(status.client.expect("a client").stage, "expired");
    world.users.set_life(Duration::from_secs(60));
    let again = world.onboard(request("ann")).await.expect("onboards");
    assert_eq!((again.stage.as_str(), &again.client_id), ("invited", &client.client_id));
    assert_ne!(again.invite_id, client.invite_id);
    assert_eq!(world.users.made().len(), 2);
    let told = world.told("provisioning.client.advanced", &client.client_id).await;
    assert_eq!(
        (told[0]["from"].as_str(), told[0]["to"].as_str()),
        (Some("expired"), Some("invited"))
    );
    world.end().await;
}

#[tokio::test]
async fn the_token_is_sealed_and_may_be_replaced_until_the_client_is_active() {
    let world = World::new().await;
    let client = world.onboard(request("ann")).await.expect("onboards");
    let sealed = || async {
        let mut admin = world.database.admin().await;
        let row =
            sqlx::query_as::<_, (Vec<u8>, String)>("select wb_token, wb_token_hint from clients");
        row.fetch_one(&mut admin).await.expect("one client")
    };
    let (first, _) = sealed().await;
    let plain = wb_token("ann");
    assert!(!first.windows(16).any(|part| part == &plain.as_bytes()[..16]));
    world.onboard(request("ann")).await.expect("the same token changes nothing");
    assert_eq!(sealed().await.0, first);
    let other = OnboardClientRequest { wb_token: wb_token("other"), ..request("ann") };
    let replaced = world.onboard(other.clone()).await.expect("another token");
    assert_ne!(replaced.wb_token_hint, client.wb_token_hint);
    assert_ne!(sealed().await.0, first);
    world.users.accept(world.tenant, &client.client_id).await;
    world.until(&client.client_id, "active").await;
    let (kept, hint) = sealed().await;
    world.onboard(request("ann")).await.expect("an active client stays as it is");
    assert_eq!(sealed().await, (kept, hint));
    world.end().await;
}
