//! Coming in by the domain of one's address, at once or after asking.

use futures::future::join_all;
use kernel::{Cx, TenantId};
use tonic::{Response, Status};
use uuid::Uuid;
use wire::{
    call,
    user::v1::{
        ApproveJoinRequestRequest, DeclineJoinRequestRequest, DeleteJoinDomainRequest, JoinRequest,
        JoinTenantRequest, Joinable, ListJoinDomainsRequest, ListJoinRequestsRequest,
        ListJoinableRequest, PutJoinDomainRequest, RemoveMemberRequest, TakeInvitationLinkRequest,
    },
};

use crate::platform::{ADMIN, OWNER, PASSWORD, Platform, ask, fields, reason, tenant};

/// An owner of the tenant who is really one.
async fn owner(platform: &Platform, here: TenantId) -> Cx {
    let (id, _) = platform.staff(here, "owner@example.com", "owner").await;
    let rights = [ADMIN, OWNER].concat();
    platform.person(id.parse().expect("an id"), Some(here), &rights)
}

async fn put(platform: &Platform, cx: &Cx, domain: &str, way: &str) -> Result<(), Status> {
    let asked =
        PutJoinDomainRequest { domain: domain.into(), way: way.into(), role: "user".into() };
    platform.join_domains().put_join_domain(call(cx, asked)).await.map(drop)
}

fn person(platform: &Platform, user_id: &str) -> Cx {
    platform.person(user_id.parse().expect("an id"), None, &[])
}

async fn join(platform: &Platform, user_id: &str, here: TenantId) -> Result<String, Status> {
    let asked = JoinTenantRequest { tenant_id: here.to_string(), message: "Hello".into() };
    let joined = platform.joining().join_tenant(call(&person(platform, user_id), asked)).await;
    joined.map(|joined| joined.into_inner().outcome)
}

async fn joinable(platform: &Platform, user_id: &str) -> Vec<Joinable> {
    let asked = call(&person(platform, user_id), ListJoinableRequest {});
    platform.joining().list_joinable(asked).await.expect("lists").into_inner().tenants
}

async fn requests(platform: &Platform, cx: &Cx, status: &str) -> Vec<JoinRequest> {
    let asked = ListJoinRequestsRequest { status: status.into(), ..Default::default() };
    let listed = platform.joining().list_join_requests(call(cx, asked)).await;
    listed.expect("lists").into_inner().requests
}

async fn approve(platform: &Platform, cx: &Cx, id: &str) -> Result<JoinRequest, Status> {
    let asked = ApproveJoinRequestRequest { request_id: id.into() };
    platform.joining().approve_join_request(call(cx, asked)).await.map(Response::into_inner)
}

async fn decline(platform: &Platform, cx: &Cx, id: &str) -> Result<JoinRequest, Status> {
    let asked = DeclineJoinRequestRequest { request_id: id.into() };
    platform.joining().decline_join_request(call(cx, asked)).await.map(Response::into_inner)
}

async fn outsider(platform: &Platform, email: &str) -> String {
    platform.admit(tenant(), email).await.user_id
}

#[tokio::test]
async fn the_people_of_a_domain_join_at_once_where_they_may_and_nobody_else_does() {
    let (platform, here) = (Platform::start().await, tenant());
    let owner = owner(&platform, here).await;
    let (ann, eve) =
        (outsider(&platform, "ann@acme.test").await, outsider(&platform, "eve@else.test").await);
    let closed = join(&platform, &ann, here).await.expect_err("off by default");
    assert_eq!(reason(&closed), "not_joinable");
    put(&platform, &owner, "Acme.TEST", "join").await.expect("sets");
    put(&platform, &owner, "acme.test", "join").await.expect("sets the same");
    let told = "select count(*) from outbox where kind = 'user.join_domain.changed'";
    assert_eq!(platform.database.count(told).await, 1);
    let open = joinable(&platform, &ann).await;
    assert_eq!(
        (open.len(), open[0].way.as_str(), open[0].tenant_name.as_str()),
        (1, "join", "Math & Art")
    );
    assert!(joinable(&platform, &eve).await.is_empty());
    for stranger in [&eve, &outsider(&platform, "x@sub.acme.test").await] {
        assert_eq!(reason(&join(&platform, stranger, here).await.expect_err("no")), "not_joinable");
    }
    assert_eq!(
        reason(&join(&platform, &ann, tenant()).await.expect_err("nothing")),
        "not_joinable"
    );
    let all = join_all((0..8).map(|_| join(&platform, &ann, here))).await;
    assert!(all.into_iter().all(|joined| joined.expect("joins") == "joined"));
    let joined = "select count(*) from outbox where kind = 'user.member.joined'";
    assert_eq!(platform.database.count(joined).await, 1);
    assert!(joinable(&platform, &ann).await.is_empty(), "a member has nothing to join");

    let remove = RemoveMemberRequest { user_id: ann.clone(), note: String::new() };
    platform.memberships().remove_member(call(&owner, remove)).await.expect("removes");
    assert_eq!(reason(&join(&platform, &ann, here).await.expect_err("removed")), "not_let_back");
    let delete = DeleteJoinDomainRequest { domain: "acme.test".into() };
    platform.join_domains().delete_join_domain(call(&owner, delete)).await.expect("deletes");
    let bob = outsider(&platform, "bob@acme.test").await;
    assert_eq!(reason(&join(&platform, &bob, here).await.expect_err("closed")), "not_joinable");
}

#[tokio::test]
async fn who_asks_is_let_in_or_declined_once() {
    let (platform, here) = (Platform::start().await, tenant());
    let owner = owner(&platform, here).await;
    put(&platform, &owner, "acme.test", "").await.expect("sets");
    let (ann, bob) =
        (outsider(&platform, "ann@acme.test").await, outsider(&platform, "bob@acme.test").await);
    let all = join_all((0..8).map(|_| join(&platform, &ann, here))).await;
    assert!(all.into_iter().all(|asked| asked.expect("asks") == "asked"));
    join(&platform, &bob, here).await.expect("asks");
    let waiting = requests(&platform, &owner, "pending").await;
    assert_eq!(waiting.len(), 2);
    assert!(waiting.iter().all(|request| request.message == "Hello"));
    // Both asked at the same instant, so either may come first.
    let of = |email: &str| {
        let request = waiting.iter().find(|request| request.email == email);
        request.expect("waits").request_id.clone()
    };
    let (anns, bobs) = (of("ann@acme.test"), of("bob@acme.test"));

    let lesser = platform.person(Uuid::now_v7().into(), Some(here), &["user.members.update"]);
    let refused = approve(&platform, &lesser, &anns).await;
    assert_eq!(reason(&refused.expect_err("gives what they lack")), "role_above_own");
    for _ in 0..2 {
        let approved = approve(&platform, &owner, &anns).await.expect("lets in");
        assert_eq!(approved.status, "approved");
    }
    assert_eq!(join(&platform, &ann, here).await.expect("is in"), "joined");
    let late = decline(&platform, &owner, &anns).await.expect_err("decided");
    assert_eq!(reason(&late), "join_request_decided");

    decline(&platform, &owner, &bobs).await.expect("declines");
    assert_eq!(reason(&join(&platform, &bob, here).await.expect_err("too soon")), "asked_lately");
    platform.wait_hours(7 * 24);
    assert_eq!(join(&platform, &bob, here).await.expect("asks again"), "asked");
    for (kind, times) in [
        ("select count(*) from outbox where kind = 'user.join_request.created'", 3),
        ("select count(*) from outbox where kind = 'user.join_request.approved'", 1),
        ("select count(*) from outbox where kind = 'user.join_request.declined'", 1),
        ("select count(*) from outbox where kind = 'user.member.joined'", 1),
    ] {
        assert_eq!(platform.database.count(kind).await, times, "{kind}");
    }
}

#[tokio::test]
async fn an_address_that_nobody_has_proven_opens_no_door() {
    let (platform, here) = (Platform::start().await, tenant());
    let owner = owner(&platform, here).await;
    put(&platform, &owner, "acme.test", "join").await.expect("sets");
    let there = tenant();
    let maker = platform.staff(there, "eve@else.test", "admin").await.1;
    let invite = platform.invites().create_invite(call(&maker, ask("new@acme.test"))).await;
    let invite = invite.expect("invites").into_inner();
    let take = TakeInvitationLinkRequest { invite_id: invite.invite_id.clone() };
    let link = platform.invites().take_invitation_link(call(&maker, take)).await.expect("takes");
    let token = link.get_ref().url.rsplit('/').next().expect("a token");
    let claimed = platform.accept(token, PASSWORD).await.expect("accepts").user_id;
    assert!(joinable(&platform, &claimed).await.is_empty());
    let refused = join(&platform, &claimed, here).await.expect_err("somebody else's address");
    assert_eq!(reason(&refused), "not_joinable");
    let more = tenant();
    let mailed = platform.invite(more, "new@acme.test").await;
    let token = platform.token(more, &mailed.invite_id).await;
    platform.accept_as(&claimed, &token).await.expect("accepts what came by mail");
    assert_eq!(joinable(&platform, &claimed).await.len(), 1);
    assert_eq!(join(&platform, &claimed, here).await.expect("joins"), "joined");
}

#[tokio::test]
async fn of_two_who_decide_at_once_one_decides() {
    let (platform, here) = (Platform::start().await, tenant());
    let owner = owner(&platform, here).await;
    put(&platform, &owner, "acme.test", "ask").await.expect("sets");
    for round in 0..5 {
        let ann = outsider(&platform, &format!("p{round}@acme.test")).await;
        join(&platform, &ann, here).await.expect("asks");
        let waiting = requests(&platform, &owner, "pending").await;
        let id = waiting.last().expect("waits").request_id.clone();
        let (yes, no) =
            tokio::join!(approve(&platform, &owner, &id), decline(&platform, &owner, &id));
        assert!(yes.is_ok() != no.is_ok(), "one of them: {yes:?} {no:?}");
    }
}

#[tokio::test]
async fn a_domain_of_everybody_or_an_owners_role_is_refused() {
    let (platform, here) = (Platform::start().await, tenant());
    let owner = owner(&platform, here).await;
    for bad in ["gmail.com", "MAIL.ru", "acme", "*.acme.test", "a@acme.test", ""] {
        let refused = put(&platform, &owner, bad, "ask").await.expect_err(bad);
        assert_eq!(fields(&refused), ["domain"], "{bad}");
    }
    let asked = PutJoinDomainRequest {
        domain: "acme.test".into(),
        way: "join".into(),
        role: "owner".into(),
    };
    let refused = platform.join_domains().put_join_domain(call(&owner, asked)).await;
    assert_eq!(fields(&refused.expect_err("makes owners")), ["role"]);
    assert_eq!(
        fields(&put(&platform, &owner, "acme.test", "soon").await.expect_err("way")),
        ["way"]
    );
    let admin = put(&platform, &platform.admin(here), "acme.test", "ask").await;
    assert_eq!(reason(&admin.expect_err("for owners")), "permission_denied");
    let asked = call(&owner, ListJoinDomainsRequest {});
    let listed = platform.join_domains().list_join_domains(asked).await.expect("lists");
    assert!(listed.into_inner().domains.is_empty());
}

#[tokio::test]
async fn nobody_comes_in_by_a_domain_whose_setter_may_not_give_its_role_any_more() {
    let (platform, here) = (Platform::start().await, tenant());
    let first = owner(&platform, here).await;
    put(&platform, &first, "acme.test", "join").await.expect("sets");
    platform.staff(here, "second@example.com", "owner").await;
    let keeper = platform.keeper(here, OWNER);
    let owner_id = sqlx::query_scalar::<_, Uuid>(
        "select user_id from users where email = 'owner@example.com'",
    );
    let owner_id = owner_id.fetch_one(&mut platform.database.admin().await).await.expect("known");
    let remove = RemoveMemberRequest { user_id: owner_id.to_string(), note: String::new() };
    platform.memberships().remove_member(call(&keeper, remove)).await.expect("removes");
    let ann = outsider(&platform, "ann@acme.test").await;
    assert_eq!(reason(&join(&platform, &ann, here).await.expect_err("closed")), "not_joinable");
}
