//! Accepting by the word of the tenant's own provider.

use futures::future::join_all;
use kernel::{Code, TenantId};
use tonic::Status;
use wire::{
    code_of,
    user::v1::{
        AcceptInvitationBySsoRequest, AcceptInvitationBySsoResponse, SetInvitePolicyRequest,
        sso_people_client::SsoPeopleClient,
    },
};

use crate::platform::{PASSWORD, Platform, fields, reason, tenant};

const CONNECTION: &str = "0192f0c1-2b3c-7d4e-8f50-6a7b8c9d0e1f";

/// What `auth` says of somebody for whom a provider vouches.
fn word(token: &str, email: &str, key: &str) -> AcceptInvitationBySsoRequest {
    AcceptInvitationBySsoRequest {
        token: token.into(),
        connection_id: CONNECTION.into(),
        subject_key: key.into(),
        email: email.into(),
        domain_proven: true,
        linked_user_id: String::new(),
    }
}

async fn accept(
    platform: &Platform,
    there: TenantId,
    word: AcceptInvitationBySsoRequest,
) -> Result<AcceptInvitationBySsoResponse, Status> {
    let mut people = SsoPeopleClient::new(platform.service("auth"));
    let asked = wire::call(&platform.of("auth", there), word);
    people.accept_invitation_by_sso(asked).await.map(tonic::Response::into_inner)
}

/// An invitation's token and whom it invites.
async fn invited(platform: &Platform, there: TenantId, email: &str) -> (String, String) {
    let invite = platform.invite(there, email).await;
    let token = platform.token(there, &invite.invite_id).await;
    (token, invite.user_id)
}

/// Lets the tenant's rule for addresses be this one.
async fn rule(platform: &Platform, there: TenantId, word: &str) {
    let rules = SetInvitePolicyRequest { address_rule: word.into(), ..Default::default() };
    platform.rule(there, rules).await;
}

#[tokio::test]
async fn somebody_new_comes_in_by_the_providers_word_and_the_same_however_often_it_is_asked() {
    let (platform, there) = (Platform::start().await, tenant());
    let (token, user_id) = invited(&platform, there, "ann@school.example").await;
    let first = accept(&platform, there, word(&token, "ann@school.example", "k1")).await;
    let first = first.expect("accepts");
    assert_eq!((&first.user_id, first.email.as_str()), (&user_id, "ann@school.example"));
    let again = accept(&platform, there, word(&token, "ann@school.example", "k1")).await;
    assert_eq!(again.expect("answers the same"), first);
    let told = "select count(*) from outbox where kind = 'user.invite.accepted'
                and data->>'method' = 'sso' and coalesce(data->>'credentialId', '') = ''";
    assert_eq!(platform.database.count(told).await, 1);
    let active = "select count(*) from memberships m join users u using (user_id)
                  where m.status = 'active' and u.status = 'active'";
    assert_eq!(platform.database.count(active).await, 1);
    let by = "select detail from invite_events where kind = 'accepted'";
    assert_eq!(platform.database.text(by).await, format!("sso:{CONNECTION}:k1"));
    let other = accept(&platform, there, word(&token, "ann@school.example", "k2")).await;
    assert_eq!(reason(&other.expect_err("another subject")), "invitation_used");
    let somebody = AcceptInvitationBySsoRequest {
        linked_user_id: testkit::user().to_string(),
        ..word(&token, "ann@school.example", "k1")
    };
    let somebody = accept(&platform, there, somebody).await;
    assert_eq!(reason(&somebody.expect_err("linked with another since")), "invitation_used");
    platform.wait_hours(1);
    let late = accept(&platform, there, word(&token, "ann@school.example", "k1")).await;
    assert_eq!(reason(&late.expect_err("may be unlinked since")), "invitation_used");
}

#[tokio::test]
async fn whoever_is_not_linked_comes_in_by_the_invited_address_alone_whatever_the_policy_is() {
    let (platform, there, mut open) = (Platform::start().await, tenant(), Vec::new());
    for address_rule in ["exact", "domain", "any"] {
        rule(&platform, there, address_rule).await;
        let email = format!("ann-{address_rule}@school.example");
        let (token, user_id) = invited(&platform, there, &email).await;
        let refused = accept(&platform, there, word(&token, "bob@school.example", "k1")).await;
        let refused = refused.expect_err(address_rule);
        assert_eq!(code_of(&refused).code, Code::Denied);
        assert_eq!(reason(&refused), "invitation_for_another_address");
        open.push((token, user_id, email));
    }
    let nobodys = "select count(*) from users where email like 'ann-%' and status = 'invited'";
    assert_eq!(platform.database.count(nobodys).await, 3);
    for (token, user_id, email) in open {
        let accepted = accept(&platform, there, word(&token, &email, "k2")).await;
        assert_eq!(accepted.expect("is Ann").user_id, user_id);
    }
}

#[tokio::test]
async fn the_tenants_policy_says_with_which_address_whoever_is_linked_comes_in() {
    let (platform, there) = (Platform::start().await, tenant());
    let tries = [
        ("ann@school.example", false),
        ("bob@school.example", true),
        ("bob@school.example", false),
        ("ann@else.example", true),
    ];
    for (address_rule, lets_in) in [
        ("exact", [true, false, false, false]),
        ("domain", [true, true, false, false]),
        ("any", [true, true, true, true]),
    ] {
        rule(&platform, there, address_rule).await;
        for ((email, domain_proven), lets_in) in tries.into_iter().zip(lets_in) {
            let unique = uuid::Uuid::new_v4().simple();
            let there_at = format!("ann-{unique}@school.example");
            let own = email == "ann@school.example";
            let shown = if own { there_at.as_str() } else { email };
            let linked = platform.admit(tenant(), &format!("cid-{unique}@home.example")).await;
            let (token, _) = invited(&platform, there, &there_at).await;
            let said = AcceptInvitationBySsoRequest {
                domain_proven,
                linked_user_id: linked.user_id.clone(),
                ..word(&token, shown, "k")
            };
            match accept(&platform, there, said).await {
                Ok(accepted) => {
                    assert!(lets_in, "{address_rule} {email} {domain_proven}");
                    assert_eq!(accepted.user_id, linked.user_id, "and nobody else");
                }
                Err(refused) => {
                    assert!(!lets_in, "{address_rule} {email} {domain_proven}: {refused:?}");
                    assert_eq!(code_of(&refused).code, Code::Denied);
                    assert_eq!(reason(&refused), "invitation_for_another_address");
                    platform.accept(&token, PASSWORD).await.expect("the invitation is open still");
                }
            }
        }
    }
}

#[tokio::test]
async fn an_account_is_nobodys_by_its_address_alone() {
    let (platform, there) = (Platform::start().await, tenant());
    let ann = platform.admit(tenant(), "ann@school.example").await;
    let (token, _) = invited(&platform, there, "ann@school.example").await;
    let refused = accept(&platform, there, word(&token, "ann@school.example", "k1")).await;
    let refused = refused.expect_err("is not linked");
    assert_eq!(
        (code_of(&refused).code, reason(&refused)),
        (Code::Conflict, "sign_in_instead".into())
    );
    let linked = |user_id: &str| AcceptInvitationBySsoRequest {
        linked_user_id: user_id.into(),
        ..word(&token, "ann@school.example", "k1")
    };
    let accepted = accept(&platform, there, linked(&ann.user_id)).await.expect("is linked");
    assert_eq!(accepted.user_id, ann.user_id);
    let again = accept(&platform, there, linked(&ann.user_id)).await;
    assert_eq!(again.expect("answers the same"), accepted);
}

#[tokio::test]
async fn of_twenty_at_once_one_comes_in_and_one_seat_is_taken() {
    let (platform, there) = (Platform::start().await, tenant());
    let (token, _) = invited(&platform, there, "ann@school.example").await;
    let words = (0..20).map(|n| word(&token, "ann@school.example", &format!("k{n}")));
    let answers = join_all(words.map(|word| accept(&platform, there, word))).await;
    assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 1, "{answers:?}");
    let members = "select count(*) from memberships where status = 'active'";
    assert_eq!(platform.database.count(members).await, 1);
}

#[tokio::test]
async fn what_is_closed_or_another_tenants_lets_nobody_in_and_only_auth_may_ask() {
    let (platform, there) = (Platform::start().await, tenant());
    let (token, _) = invited(&platform, there, "ann@school.example").await;
    let good = word(&token, "ann@school.example", "k1");
    let foreign = accept(&platform, tenant(), good.clone()).await.expect_err("another tenant's");
    assert_eq!(reason(&foreign), "invitation_not_found");
    for (bad, field) in [
        (AcceptInvitationBySsoRequest { email: "x".into(), ..good.clone() }, "email"),
        (
            AcceptInvitationBySsoRequest { connection_id: "x".into(), ..good.clone() },
            "connectionId",
        ),
        (AcceptInvitationBySsoRequest { subject_key: String::new(), ..good.clone() }, "subjectKey"),
        (
            AcceptInvitationBySsoRequest { linked_user_id: "x".into(), ..good.clone() },
            "linkedUserId",
        ),
    ] {
        let refused = accept(&platform, there, bad).await.expect_err(field);
        assert_eq!(fields(&refused), [field]);
    }
    let none = accept(&platform, there, word("none", "ann@school.example", "k1")).await;
    assert_eq!(reason(&none.expect_err("no token")), "invitation_not_found");
    let mut people = SsoPeopleClient::new(platform.service("provisioning"));
    let asked = wire::call(&platform.of("provisioning", there), good.clone());
    let stranger = people.accept_invitation_by_sso(asked).await.expect_err("only auth");
    assert_eq!(code_of(&stranger).code, Code::Denied);
    platform.wait_hours(73);
    let late = accept(&platform, there, good).await.expect_err("is over");
    assert_eq!(reason(&late), "invitation_expired");
}
