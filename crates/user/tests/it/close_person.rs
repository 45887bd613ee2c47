//! Accounts that the platform closes and opens again.

use futures::future::join_all;
use kernel::{Cx, TenantId, UserId};
use tonic::Status;
use uuid::Uuid;
use wire::{
    call,
    user::v1::{
        CreateUserRequest, DisablePersonRequest, EnablePersonRequest, GetPersonRequest,
        ListEffectiveRequest, Person, access_client::AccessClient, people_client::PeopleClient,
    },
};

use crate::platform::{PASSWORD, Platform, fields, reason, tenant};

const RIGHTS: &[&str] = &["user.people.read", "user.people.update"];

fn staff(platform: &Platform) -> Cx {
    platform.person(Uuid::now_v7().into(), None, RIGHTS)
}

async fn disable(
    platform: &Platform,
    cx: &Cx,
    user_id: &str,
    ownerless: &[TenantId],
) -> Result<Person, Status> {
    let asked = DisablePersonRequest {
        user_id: user_id.into(),
        reason: "left the firm".into(),
        ownerless: ownerless.iter().map(ToString::to_string).collect(),
    };
    platform.persons().disable_person(call(cx, asked)).await.map(tonic::Response::into_inner)
}

async fn enable(platform: &Platform, user_id: &str) -> Result<Person, Status> {
    let asked = call(&staff(platform), EnablePersonRequest { user_id: user_id.into() });
    platform.persons().enable_person(asked).await.map(tonic::Response::into_inner)
}

/// Whether the person is suspended and how many rights they have in the tenant, and the epoch there.
async fn rights(platform: &Platform, user_id: &str, here: TenantId) -> (bool, usize, i64) {
    let asked = ListEffectiveRequest {
        user_id: user_id.into(),
        tenant_id: here.to_string(),
        tenant_only: false,
    };
    let mut access: AccessClient<_> = platform.access();
    let told = access.list_effective(call(&platform.nobody(), asked)).await.expect("tells");
    let told = told.into_inner();
    (told.suspended, told.permissions.len(), told.epoch)
}

#[tokio::test]
async fn a_closed_account_has_no_rights_anywhere_until_it_is_opened_again() {
    let (platform, here, there) = (Platform::start().await, tenant(), tenant());
    let user_id = platform.admit(here, "ann@example.com").await.user_id;
    platform.admit(there, "ann@example.com").await;
    let before = rights(&platform, &user_id, here).await;
    for _ in 0..2 {
        let closed = disable(&platform, &staff(&platform), &user_id, &[]).await.expect("closes");
        assert_eq!((closed.status.as_str(), closed.reason.as_str()), ("disabled", "left the firm"));
    }
    for tenant in [here, there] {
        let (suspended, held, epoch) = rights(&platform, &user_id, tenant).await;
        assert!(suspended && held == 0 && epoch > before.2);
    }
    let elsewhere = tenant();
    let invite = platform.invite(elsewhere, "ann@example.com").await;
    let token = platform.token(elsewhere, &invite.invite_id).await;
    let refused = platform.accept(&token, PASSWORD).await.expect_err("is closed");
    assert_eq!(reason(&refused), "account_disabled");
    for _ in 0..2 {
        let opened = enable(&platform, &user_id).await.expect("opens");
        assert_eq!((opened.status.as_str(), opened.reason.as_str()), ("active", ""));
    }
    let after = rights(&platform, &user_id, here).await;
    assert_eq!((after.0, after.1), (before.0, before.1));
    let said: Vec<_> =
        platform.auth.followed().into_iter().map(|said| (said.status, said.version)).collect();
    assert_eq!(said, [("disabled".to_owned(), 2), ("active".to_owned(), 3)]);
    for (question, times) in [
        ("select count(*) from outbox where kind = 'user.person.disabled'", 1),
        ("select count(*) from outbox where kind = 'user.person.enabled'", 1),
        (
            "select count(*) from audit_events where action in ('person.disable', 'person.enable')",
            2,
        ),
    ] {
        assert_eq!(platform.database.count(question).await, times, "{question}");
    }
}

#[tokio::test]
async fn the_only_owner_is_closed_only_where_each_tenant_is_named() {
    let (platform, here, there) = (Platform::start().await, tenant(), tenant());
    let (user_id, _) = platform.staff(here, "ann@example.com", "owner").await;
    platform.staff(there, "ann@example.com", "owner").await;
    let cx = staff(&platform);
    let asked = call(&cx, GetPersonRequest { user_id: user_id.clone() });
    let shown = platform.persons().get_person(asked).await.expect("shows").into_inner();
    let mut both = vec![here.to_string(), there.to_string()];
    both.sort();
    assert_eq!(shown.sole_owner_of, both);
    for named in [&[][..], &[here], &[tenant()]] {
        let refused = disable(&platform, &cx, &user_id, named).await.expect_err("is refused");
        assert_eq!(reason(&refused), "sole_owner");
        assert!(fields(&refused).iter().all(|field| field == "ownerless"));
    }
    assert!(!rights(&platform, &user_id, here).await.0, "nothing has changed");
    disable(&platform, &cx, &user_id, &[here, there]).await.expect("closes");
    let told = "select count(*) from outbox where kind = 'user.person.disabled'
                and jsonb_array_length(data->'ownerless') = 2";
    assert_eq!(platform.database.count(told).await, 1);
}

#[tokio::test]
async fn of_two_owners_who_are_closed_at_once_one_stays() {
    let platform = Platform::start().await;
    for round in 0..4 {
        let here = tenant();
        let mut owners = Vec::new();
        for who in ["ann", "bob"] {
            let email = format!("{who}{round}@example.com");
            owners.push(platform.staff(here, &email, "owner").await.0);
        }
        let cx = staff(&platform);
        let ends = join_all(owners.iter().map(|id| disable(&platform, &cx, id, &[]))).await;
        let refused: Vec<_> = ends.into_iter().filter_map(Result::err).collect();
        assert_eq!(refused.iter().map(reason).collect::<Vec<_>>(), ["sole_owner"]);
    }
}

#[tokio::test]
async fn nobody_closes_themselves_or_whoever_may_more() {
    let platform = Platform::start().await;
    let asked = CreateUserRequest {
        email: "root@example.com".into(),
        name: "Root".into(),
        password: PASSWORD.into(),
        role: "super_admin".into(),
    };
    let usher = Cx { tenant: None, ..platform.of("usher", tenant()) };
    let mut people: PeopleClient<_> = PeopleClient::new(platform.service("usher"));
    let root = people.create_user(call(&usher, asked)).await.expect("creates").into_inner();
    let refused = disable(&platform, &staff(&platform), &root.user_id, &[]).await;
    assert_eq!(reason(&refused.expect_err("is above")), "role_above_own");
    let id: UserId = root.user_id.parse().expect("an id");
    let own = disable(&platform, &platform.person(id, None, RIGHTS), &root.user_id, &[]).await;
    assert_eq!(reason(&own.expect_err("is their own")), "own_account");

    let user_id = platform.admit(tenant(), "ann@example.com").await.user_id;
    let plain = platform.person(Uuid::now_v7().into(), None, &["user.members.update"]);
    let refused = disable(&platform, &plain, &user_id, &[]).await.expect_err("no right");
    assert_eq!(reason(&refused), "permission_denied");
    let asked = DisablePersonRequest { user_id, ..Default::default() };
    let refused = platform.persons().disable_person(call(&staff(&platform), asked)).await;
    assert_eq!(fields(&refused.expect_err("no reason")), ["reason"]);
    let nobody = Uuid::now_v7().to_string();
    let refused = disable(&platform, &staff(&platform), &nobody, &[]).await.expect_err("nobody");
    assert_eq!(reason(&refused), "person_not_found");
}
