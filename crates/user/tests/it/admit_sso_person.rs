//! People whom a tenant's own provider vouches for.

use futures::future::join_all;
use kernel::{Code, TenantId};
use tonic::Status;
use wire::{
    code_of,
    user::v1::{AdmitSsoPersonRequest, AdmitSsoPersonResponse, sso_people_client::SsoPeopleClient},
};

use crate::platform::{Platform, fields, reason, tenant};

const CONNECTION: &str = "0192f0c1-2b3c-7d4e-8f50-6a7b8c9d0e1f";

fn wish(email: &str, key: &str) -> AdmitSsoPersonRequest {
    AdmitSsoPersonRequest {
        email: email.into(),
        name: "Ann".into(),
        role: "client".into(),
        connection_id: CONNECTION.into(),
        subject_key: key.into(),
    }
}

async fn admit(
    platform: &Platform,
    there: TenantId,
    wish: AdmitSsoPersonRequest,
) -> Result<AdmitSsoPersonResponse, Status> {
    let mut people = SsoPeopleClient::new(platform.service("auth"));
    let admitted = people.admit_sso_person(wire::call(&platform.of("auth", there), wish)).await;
    admitted.map(tonic::Response::into_inner)
}

#[tokio::test]
async fn somebody_new_is_a_member_at_once_and_the_same_however_often_it_is_asked() {
    let (platform, there) = (Platform::start().await, tenant());
    let first = admit(&platform, there, wish("ann@school.example", "k1")).await.expect("admits");
    let again = admit(&platform, there, wish("ann@school.example", "k1")).await.expect("again");
    assert_eq!(first, again);
    let told = "select count(*) from outbox where kind = 'user.member.joined'
                and data->>'method' = 'sso'";
    assert_eq!(platform.database.count(told).await, 1);
    let active = "select count(*) from memberships m join users u using (user_id)
                  where m.status = 'active' and u.status = 'active'";
    assert_eq!(platform.database.count(active).await, 1);
    platform.wait_hours(1);
    let late = admit(&platform, there, wish("ann@school.example", "k1")).await;
    assert_eq!(reason(&late.expect_err("may be unlinked since")), "email_taken");
}

#[tokio::test]
async fn whoever_has_the_address_is_somebody_else() {
    let (platform, there) = (Platform::start().await, tenant());
    platform.admit(tenant(), "ann@school.example").await;
    admit(&platform, there, wish("cid@school.example", "k3")).await.expect("admits");
    for (email, key) in [("ann@school.example", "k1"), ("cid@school.example", "k4")] {
        let refused = admit(&platform, there, wish(email, key)).await.expect_err(email);
        assert_eq!(
            (code_of(&refused).code, reason(&refused)),
            (Code::Conflict, "email_taken".into())
        );
    }
    let elsewhere = admit(&platform, tenant(), wish("cid@school.example", "k3")).await;
    assert_eq!(reason(&elsewhere.expect_err("another tenant's")), "email_taken");
}

#[tokio::test]
async fn an_invitation_elsewhere_keeps_nobody_out() {
    let (platform, there) = (Platform::start().await, tenant());
    let invite = platform.invite(tenant(), "bob@school.example").await;
    let admitted = admit(&platform, there, wish("bob@school.example", "k2")).await.expect("admits");
    assert_eq!(admitted.user_id, invite.user_id);
    let name = "select name from users where email = 'bob@school.example' and status = 'active'";
    assert_eq!(platform.database.text(name).await, "Ann", "as their provider says");
    let other = admit(&platform, there, wish("bob@school.example", "k9")).await;
    assert_eq!(reason(&other.expect_err("another subject")), "email_taken");
}

#[tokio::test]
async fn of_twenty_at_once_one_person_is_made() {
    let (platform, there) = (Platform::start().await, tenant());
    let all = (0..20).map(|_| admit(&platform, there, wish("ann@school.example", "k1")));
    let answers = join_all(all).await;
    let known = answers.iter().find_map(|answer| answer.as_ref().ok()).expect("one comes in");
    for answer in &answers {
        match answer {
            Ok(admitted) => assert_eq!(admitted, known),
            Err(refused) => assert!(code_of(refused).code.retry_helps(), "{refused:?}"),
        }
    }
    let members = "select count(*) from memberships where status = 'active'";
    assert_eq!(platform.database.count(members).await, 1);
}

#[tokio::test]
async fn nobody_comes_in_with_rights_over_others_or_at_anybodys_word() {
    let (platform, there) = (Platform::start().await, tenant());
    for (bad, field) in [
        (AdmitSsoPersonRequest { email: "x".into(), ..wish("", "k") }, "email"),
        (AdmitSsoPersonRequest { role: "owner".into(), ..wish("a@b.example", "k") }, "role"),
        (AdmitSsoPersonRequest { role: "admin".into(), ..wish("a@b.example", "k") }, "role"),
        (
            AdmitSsoPersonRequest { connection_id: "x".into(), ..wish("a@b.example", "k") },
            "connectionId",
        ),
        (wish("a@b.example", ""), "subjectKey"),
    ] {
        let refused = admit(&platform, there, bad).await.expect_err(field);
        assert_eq!(fields(&refused), [field]);
    }
    let mut people = SsoPeopleClient::new(platform.service("provisioning"));
    let cx = platform.of("provisioning", there);
    let stranger = people.admit_sso_person(wire::call(&cx, wish("a@b.example", "k"))).await;
    assert_eq!(code_of(&stranger.expect_err("only auth")).code, Code::Denied);
    let unnamed = AdmitSsoPersonRequest { name: "\u{202e}".into(), ..wish("a@b.example", "k") };
    admit(&platform, there, unnamed).await.expect("an address is a name");
}
