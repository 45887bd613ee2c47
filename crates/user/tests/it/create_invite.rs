//! Inviting.

use futures::future::join_all;
use kernel::Code;
use uuid::Uuid;
use wire::{
    call, code_of,
    user::v1::{
        CreateInviteRequest, CreateUserRequest, InviteCreated, invites_client::InvitesClient,
        people_client::PeopleClient,
    },
};

use crate::platform::{ADMIN, PASSWORD, Platform, ask, fields, keyed, reason, tenant};

#[tokio::test]
async fn an_invitation_is_kept_told_and_audited() {
    let (platform, tenant) = (Platform::start().await, tenant());
    let asked = CreateInviteRequest {
        email: " Ann@Example.COM".into(),
        name: "Ann".into(),
        reference: "client-7".into(),
        expires_in_hours: 24,
        ..Default::default()
    };
    let asked = call(&platform.admin(tenant), asked);
    let invite = platform.invites().create_invite(asked).await.expect("invites").into_inner();
    assert_eq!((invite.email.as_str(), invite.role.as_str()), ("ann@example.com", "client"));
    assert_eq!((invite.status.as_str(), invite.sends), ("pending", 1));
    assert_eq!(invite.locale, "ru", "the tenant's language where none is given");

    let row = "select tenant_id, aggregate_id, data from outbox where kind = 'user.invite.created'";
    let (owner, aggregate, data): (Uuid, Uuid, serde_json::Value) = sqlx::query_as(row)
        .fetch_one(&mut platform.database.admin().await)
        .await
        .expect("one fact");
    assert_eq!((owner, aggregate.to_string()), (tenant.uuid(), invite.invite_id.clone()));
    let fact: InviteCreated = wire::json::decode(&data).expect("reads");
    assert_eq!((fact.user_id, fact.reference.as_str()), (invite.user_id, "client-7"));
    assert_eq!(fact.expires_at, invite.expires_at);
    let audited =
        "select count(*) from audit_events where action = 'invite.create' and actor like 'user:%'";
    assert_eq!(platform.database.count(audited).await, 1);
}

#[tokio::test]
async fn a_second_invitation_to_an_address_returns_the_live_one() {
    let (platform, tenant) = (Platform::start().await, tenant());
    let first = platform.invite(tenant, "ann@example.com").await;
    let second = platform.invite(tenant, "ANN@example.com").await;
    assert_eq!(first, second);
    assert_eq!(platform.database.count("select count(*) from outbox").await, 1);
}

#[tokio::test]
async fn sixteen_invitations_at_once_make_one() {
    let (platform, tenant) = (Platform::start().await, tenant());
    let all = join_all((0..16).map(|_| platform.invite(tenant, "ann@example.com"))).await;
    assert!(all.iter().all(|invite| invite == &all[0]));
    for question in [
        "select count(*) from invites",
        "select count(*) from users",
        "select count(*) from outbox",
        "select count(*) from audit_events",
    ] {
        assert_eq!(platform.database.count(question).await, 1, "{question}");
    }
}

#[tokio::test]
async fn an_invitation_whose_time_is_over_makes_room_for_another() {
    let (platform, tenant) = (Platform::start().await, tenant());
    let first = platform.invite(tenant, "ann@example.com").await;
    platform.wait_hours(72);
    let second = platform.invite(tenant, "ann@example.com").await;
    assert_ne!(first.invite_id, second.invite_id);
    assert_eq!(first.user_id, second.user_id);
    assert_eq!(second.status, "pending");
    let expired = "select count(*) from invites where status = 'expired'";
    assert_eq!(platform.database.count(expired).await, 1);
}

#[tokio::test]
async fn inviting_a_member_returns_how_they_came_in_and_tells_nothing() {
    let (platform, tenant) = (Platform::start().await, tenant());
    let accepted = platform.admit(tenant, "ann@example.com").await;
    let facts = platform.database.count("select count(*) from outbox").await;
    let again = platform.invite(tenant, "ann@example.com").await;
    assert_eq!((again.invite_id, again.status.as_str()), (accepted.invite_id, "accepted"));
    assert_eq!(platform.database.count("select count(*) from outbox").await, facts);
}

#[tokio::test]
async fn inviting_a_member_made_by_hand_is_a_conflict() {
    let (platform, tenant) = (Platform::start().await, tenant());
    let mut usher = PeopleClient::new(platform.service("usher"));
    let asked = CreateUserRequest {
        email: "ann@example.com".into(),
        name: "Ann".into(),
        password: PASSWORD.into(),
        role: "owner".into(),
    };
    usher.create_user(call(&platform.of("usher", tenant), asked)).await.expect("creates");
    let asked = call(&platform.admin(tenant), ask("ann@example.com"));
    let refused = platform.invites().create_invite(asked).await.expect_err("a member");
    assert_eq!(
        (code_of(&refused).code, reason(&refused).as_str()),
        (Code::Conflict, "already_member")
    );
}

#[tokio::test]
async fn a_repeated_key_gets_the_same_reply_and_a_reused_one_none() {
    let (platform, tenant) = (Platform::start().await, tenant());
    let admin = platform.boss(tenant).await;
    let mut client = platform.invites();
    let first = client.create_invite(keyed(&admin, "k", ask("ann@example.com"))).await;
    let first = first.expect("invites").into_inner();
    // Even after the invitation has gone another way.
    let token = platform.token(tenant, &first.invite_id).await;
    platform.accept(&token, PASSWORD).await.expect("accepts");
    let again = client.create_invite(keyed(&admin, "k", ask("ann@example.com"))).await;
    assert_eq!(again.expect("the same").into_inner(), first);
    let other = client.create_invite(keyed(&admin, "k", ask("bob@example.com"))).await;
    assert_eq!(reason(&other.expect_err("another request")), "idempotency_key_reused");
    assert_eq!(platform.database.count("select count(*) from invites").await, 1);
}

#[tokio::test]
async fn a_key_in_the_body_counts_like_one_in_the_header_and_a_list_of_one_role_like_a_role() {
    let (platform, tenant) = (Platform::start().await, tenant());
    let admin = platform.admin(tenant);
    let keyed_body = CreateInviteRequest {
        roles: vec!["user".into()],
        idempotency_key: "k".into(),
        ..ask("ann@example.com")
    };
    let asked = || call(&admin, keyed_body.clone());
    let first = platform.invites().create_invite(asked()).await.expect("invites").into_inner();
    assert_eq!(first.role, "user");
    let again = platform.invites().create_invite(asked()).await.expect("the same").into_inner();
    assert_eq!(again, first);
    let other = CreateInviteRequest { email: "bob@example.com".into(), ..keyed_body.clone() };
    let other = platform.invites().create_invite(call(&admin, other)).await;
    assert_eq!(reason(&other.expect_err("another request")), "idempotency_key_reused");
    let two_keys = platform.invites().create_invite(keyed(&admin, "other", keyed_body)).await;
    assert_eq!(fields(&two_keys.expect_err("two keys")), ["idempotencyKey"]);
}

#[tokio::test]
async fn a_malformed_request_names_its_field() {
    let (platform, tenant) = (Platform::start().await, tenant());
    let good = ask("ann@example.com");
    let admin = platform.admin(tenant);
    for (field, bad) in [
        ("email", CreateInviteRequest { email: "ann".into(), ..good.clone() }),
        ("name", CreateInviteRequest { name: " ".into(), ..good.clone() }),
        ("role", CreateInviteRequest { role: "king".into(), ..good.clone() }),
        ("role", CreateInviteRequest { role: "super_admin".into(), ..good.clone() }),
        ("role", CreateInviteRequest { roles: vec!["king".into()], ..good.clone() }),
        ("roles", CreateInviteRequest { roles: vec!["The King".into()], ..good.clone() }),
        (
            "roles",
            CreateInviteRequest { roles: vec!["user".into(), "user".into()], ..good.clone() },
        ),
        (
            "roles",
            CreateInviteRequest { role: "user".into(), roles: vec!["user".into()], ..good.clone() },
        ),
        ("locale", CreateInviteRequest { locale: "xx".into(), ..good.clone() }),
        ("reference", CreateInviteRequest { reference: "x".repeat(201), ..good.clone() }),
        ("expiresInHours", CreateInviteRequest { expires_in_hours: 721, ..good.clone() }),
        ("expiresInHours", CreateInviteRequest { expires_in_hours: -1, ..good.clone() }),
    ] {
        let refused = platform.invites().create_invite(call(&admin, bad)).await;
        assert_eq!(fields(&refused.expect_err("malformed")), [field]);
    }
}

#[tokio::test]
async fn nobody_gives_a_role_above_their_own_but_a_service_may() {
    let (platform, tenant) = (Platform::start().await, tenant());
    let owner = CreateInviteRequest { role: "owner".into(), ..ask("ann@example.com") };
    let weak = platform.person(Uuid::now_v7().into(), Some(tenant), ADMIN);
    let refused = platform.invites().create_invite(call(&weak, owner.clone())).await;
    let refused = refused.expect_err("too high");
    assert_eq!(
        (code_of(&refused).code, reason(&refused).as_str()),
        (Code::Denied, "role_above_own")
    );
    assert_eq!(platform.database.count("select count(*) from users").await, 0);

    let mut provisioning = InvitesClient::new(platform.service("provisioning"));
    let invite =
        provisioning.create_invite(call(&platform.of("provisioning", tenant), owner)).await;
    assert_eq!(invite.expect("a service").into_inner().role, "owner");
}

#[tokio::test]
async fn who_lacks_the_permission_is_refused() {
    let (platform, tenant) = (Platform::start().await, tenant());
    let client = platform.person(Uuid::now_v7().into(), Some(tenant), &["events.event.read"]);
    let asked = platform.invites().create_invite(call(&client, ask("ann@example.com"))).await;
    assert_eq!(reason(&asked.expect_err("no permission")), "permission_denied");
    let asked =
        platform.invites().create_invite(call(&platform.nobody(), ask("a@example.com"))).await;
    assert_eq!(reason(&asked.expect_err("no tenant")), "tenant_required");
}
