//! Accepting by somebody who is signed in.

use kernel::Code;
use wire::{
    code_of,
    user::v1::{InviteAccepted, SetInvitePolicyRequest},
};

use crate::platform::{PASSWORD, Platform, fields, reason, tenant};

async fn last_acceptance(platform: &Platform) -> InviteAccepted {
    let row =
        "select data from outbox where kind = 'user.invite.accepted' order by id desc limit 1";
    let data: serde_json::Value =
        sqlx::query_scalar(row).fetch_one(&mut platform.database.admin().await).await.expect("one");
    wire::json::decode(&data).expect("reads")
}

fn let_in_by(rule: &str) -> SetInvitePolicyRequest {
    SetInvitePolicyRequest { address_rule: rule.into(), ..Default::default() }
}

#[tokio::test]
async fn who_is_signed_in_needs_no_password_and_hears_the_same_the_second_time() {
    let (platform, there) = (Platform::start().await, tenant());
    let ann = platform.admit(tenant(), "ann@example.com").await.user_id;
    let invite = platform.invite(there, "ann@example.com").await;
    let token = platform.token(there, &invite.invite_id).await;
    let accepted = platform.accept_as(&ann, &token).await.expect("accepts");
    assert_eq!((&accepted.user_id, &accepted.invite_id), (&ann, &invite.invite_id));
    let again = platform.accept_as(&ann, &token).await.expect("has joined already");
    assert_eq!(again, accepted);
    let told = "select count(*) from outbox where kind = 'user.invite.accepted'
                and data->>'method' = 'session' and data->>'invitedBy' = 'service:provisioning'";
    assert_eq!(platform.database.count(told).await, 1);

    let stranger = platform.admit(tenant(), "eve@example.com").await.user_id;
    let refused = platform.accept_as(&stranger, &token).await.expect_err("used");
    assert_eq!(reason(&refused), "invitation_used", "it is not hers");
    let gone = sqlx::query("update memberships set status = 'disabled'");
    gone.execute(&mut platform.database.admin().await).await.expect("removes");
    let refused = platform.accept_as(&ann, &token).await.expect_err("removed since");
    assert_eq!(reason(&refused), "invitation_used");
}

#[tokio::test]
async fn another_address_comes_in_as_the_tenants_rule_says() {
    let platform = Platform::start().await;
    let near = platform.admit(tenant(), "bob@acme.test").await.user_id;
    let far = platform.admit(tenant(), "bob@else.test").await.user_id;
    for (rule, user, let_in) in [
        ("exact", &near, false),
        ("domain", &far, false),
        ("domain", &near, true),
        ("any", &far, true),
    ] {
        let there = tenant();
        platform.rule(there, let_in_by(rule)).await;
        let invite = platform.invite(there, "ann@acme.test").await;
        let token = platform.token(there, &invite.invite_id).await;
        let outcome = platform.accept_as(user, &token).await;
        if let_in {
            assert_eq!(&outcome.expect("accepts").user_id, user, "{rule}");
            let fact = last_acceptance(&platform).await;
            assert_eq!((&fact.user_id, fact.invited_email.as_str()), (user, "ann@acme.test"));
            assert!(fact.email.starts_with("bob@"), "{fact:?}");
        } else {
            let refused = outcome.expect_err("another address");
            let seen = (code_of(&refused).code, reason(&refused));
            assert_eq!(seen, (Code::Denied, "invitation_for_another_address".into()), "{rule}");
            platform.accept(&token, PASSWORD).await.expect("the invited person still may");
        }
    }
}

#[tokio::test]
async fn a_password_speaks_for_the_invited_person_whoever_is_signed_in() {
    let (platform, there) = (Platform::start().await, tenant());
    let bob = platform.admit(tenant(), "bob@example.com").await.user_id;
    let invite = platform.invite(there, "ann@example.com").await;
    let token = platform.token(there, &invite.invite_id).await;
    let cx = platform.person(bob.parse().expect("an id"), None, &[]);
    let asked = wire::user::v1::AcceptInvitationRequest {
        token,
        password: PASSWORD.into(),
        ..Default::default()
    };
    let accepted = platform.invites().accept_invitation(wire::call(&cx, asked)).await;
    assert_eq!(accepted.expect("accepts").into_inner().user_id, invite.user_id);
}

#[tokio::test]
async fn nobody_comes_in_without_password_or_session() {
    let (platform, there) = (Platform::start().await, tenant());
    let invite = platform.invite(there, "ann@example.com").await;
    let token = platform.token(there, &invite.invite_id).await;
    let refused = platform.accept(&token, "").await.expect_err("no proof");
    assert_eq!(fields(&refused), ["password"]);
    let closed = platform.admit(tenant(), "bob@example.com").await.user_id;
    platform.rule(there, let_in_by("any")).await;
    let close = sqlx::query("update users set status = 'disabled' where email = 'bob@example.com'");
    close.execute(&mut platform.database.admin().await).await.expect("closes");
    let refused = platform.accept_as(&closed, &token).await.expect_err("disabled");
    assert_eq!(reason(&refused), "account_disabled");
    assert_eq!(
        platform.database.count("select count(*) from memberships where status = 'active'").await,
        1
    );
}
