//! Links that many come in by: as often as they may, with the addresses they admit, and never past a removal.

use futures::future::join_all;
use kernel::{Cx, TenantId};
use tonic::{Response, Status};
use uuid::Uuid;
use wire::{
    call,
    user::v1::{
        CreateJoinLinkRequest, CreateJoinLinkResponse, JoinLink, LeaveTenantRequest,
        ListInvitesRequest, ListJoinLinksRequest, RemoveMemberRequest, RevokeJoinLinkRequest,
        ShowJoinLinkRequest, UseJoinLinkRequest,
    },
};

use crate::platform::{ADMIN, PASSWORD, Platform, fields, reason, tenant};

fn wish(most_uses: i32, domains: &[&str]) -> CreateJoinLinkRequest {
    CreateJoinLinkRequest {
        title: "Workshop".into(),
        role: "user".into(),
        email_domains: domains.iter().map(|&domain| domain.into()).collect(),
        most_uses,
        ..Default::default()
    }
}

async fn make(
    platform: &Platform,
    cx: &Cx,
    asked: CreateJoinLinkRequest,
) -> Result<CreateJoinLinkResponse, Status> {
    platform.join_links().create_join_link(call(cx, asked)).await.map(Response::into_inner)
}

/// A new link of `most_uses`: its id and its token.
async fn link(platform: &Platform, cx: &Cx, most_uses: i32, domains: &[&str]) -> (String, String) {
    let made = make(platform, cx, wish(most_uses, domains)).await.expect("makes");
    let token = made.url.rsplit('/').next().expect("a last part").to_owned();
    (made.link.expect("a link").join_link_id, token)
}

async fn ask(platform: &Platform, token: &str, email: &str) -> Result<String, Status> {
    let asked = UseJoinLinkRequest {
        token: token.into(),
        email: email.into(),
        name: "Ann".into(),
        locale: String::new(),
    };
    let used = platform.join_links().use_join_link(call(&platform.nobody(), asked)).await;
    used.map(|used| used.into_inner().outcome)
}

async fn join(platform: &Platform, token: &str, user_id: &str) -> Result<String, Status> {
    let cx = platform.person(user_id.parse().expect("an id"), None, &[]);
    let asked = UseJoinLinkRequest { token: token.into(), ..Default::default() };
    let used = platform.join_links().use_join_link(call(&cx, asked)).await;
    used.map(|used| used.into_inner().outcome)
}

async fn shown(platform: &Platform, cx: &Cx, id: &str) -> JoinLink {
    let asked = call(cx, ListJoinLinksRequest::default());
    let links = platform.join_links().list_join_links(asked).await.expect("lists").into_inner();
    links.links.into_iter().find(|link| link.join_link_id == id).expect("is listed")
}

/// The invitation to this address.
async fn invitation(platform: &Platform, cx: &Cx, email: &str) -> Option<String> {
    let asked = ListInvitesRequest { email: email.into(), ..Default::default() };
    let listed = platform.invites().list_invites(call(cx, asked)).await.expect("lists");
    listed.into_inner().invites.pop().map(|invite| invite.invite_id)
}

/// Somebody who belongs to another tenant.
async fn outsider(platform: &Platform, email: &str) -> String {
    platform.admit(tenant(), email).await.user_id
}

#[tokio::test]
async fn a_stranger_is_mailed_an_invitation_and_comes_in_by_it() {
    let (platform, here) = (Platform::start().await, tenant());
    let boss = platform.boss(here).await;
    let (id, token) = link(&platform, &boss, 2, &[]).await;
    let asked = ShowJoinLinkRequest { token: token.clone() };
    let seen = platform.join_links().show_join_link(call(&platform.nobody(), asked)).await;
    assert_eq!(seen.expect("shows").into_inner().tenant_name, "Math & Art");
    for _ in 0..3 {
        assert_eq!(ask(&platform, &token, "ann@example.com").await.expect("asks"), "mailed");
    }
    assert_eq!(shown(&platform, &boss, &id).await.uses, 1, "one address is one use");
    let invite = invitation(&platform, &boss, "ann@example.com").await.expect("was invited");
    let accepted = platform.accept(&platform.token(here, &invite).await, PASSWORD).await;
    let user_id = accepted.expect("comes in").user_id;
    let bound = "select count(*) from role_bindings b join users u using (user_id)
                 where u.email = 'ann@example.com' and b.role = 'user'";
    assert_eq!(platform.database.count(bound).await, 1);
    assert_eq!(join(&platform, &token, &user_id).await.expect("is one already"), "joined");
    let seen = shown(&platform, &boss, &id).await;
    assert_eq!((seen.uses, seen.status.as_str()), (1, "open"));
    let secret = sqlx::query_scalar::<_, String>("select string_agg(data::text, '') from outbox");
    let told = secret.fetch_one(&mut platform.database.admin().await).await.expect("facts");
    assert!(!told.contains(&token), "no fact holds the secret");
}

#[tokio::test]
async fn who_is_signed_in_with_an_address_that_fits_joins_at_once() {
    let (platform, here) = (Platform::start().await, tenant());
    let boss = platform.boss(here).await;
    let (id, token) = link(&platform, &boss, 5, &["acme.test"]).await;
    let ann = outsider(&platform, "ann@acme.test").await;
    let eve = outsider(&platform, "eve@else.test").await;
    let refused = join(&platform, &token, &eve).await.expect_err("another domain");
    assert_eq!(
        (reason(&refused).as_str(), fields(&refused)),
        ("domain_not_admitted", vec!["email".into()])
    );
    let refused = ask(&platform, &token, "eve@sub.acme.test").await.expect_err("another domain");
    assert_eq!(reason(&refused), "domain_not_admitted");
    for _ in 0..2 {
        assert_eq!(join(&platform, &token, &ann).await.expect("joins"), "joined");
    }
    assert_eq!(shown(&platform, &boss, &id).await.uses, 1);
    let told = "select count(*) from outbox where kind = 'user.member.joined'";
    assert_eq!(platform.database.count(told).await, 1);
    let both = UseJoinLinkRequest { token, email: "x@acme.test".into(), ..Default::default() };
    let cx = platform.person(ann.parse().expect("an id"), None, &[]);
    let refused = platform.join_links().use_join_link(call(&cx, both)).await.expect_err("both");
    assert_eq!(fields(&refused), ["email"]);
}

#[tokio::test]
async fn of_fifty_that_use_a_link_at_once_as_many_come_in_as_may() {
    let (platform, here) = (Platform::start().await, tenant());
    let boss = platform.boss(here).await;
    let (id, token) = link(&platform, &boss, 7, &[]).await;
    let emails: Vec<String> = (0..25).map(|n| format!("p{n}@example.com")).collect();
    let mut people = Vec::new();
    for n in 0..25 {
        people.push(outsider(&platform, &format!("q{n}@example.com")).await);
    }
    let strangers = join_all(emails.iter().map(|email| ask(&platform, &token, email)));
    let members = join_all(people.iter().map(|user_id| join(&platform, &token, user_id)));
    let (strangers, members) = tokio::join!(strangers, members);
    let (in_, out): (Vec<_>, Vec<_>) =
        strangers.into_iter().chain(members).partition(Result::is_ok);
    assert_eq!(in_.len(), 7);
    assert!(
        out.into_iter()
            .filter_map(Result::err)
            .all(|refused| reason(&refused) == "join_link_closed")
    );
    let seen = shown(&platform, &boss, &id).await;
    assert_eq!((seen.uses, seen.status.as_str()), (7, "used_up"));
    assert_eq!(of(&platform, here).await, 7);
}

/// Invitations and members of a tenant beside its boss.
async fn of(platform: &Platform, here: TenantId) -> i64 {
    let question = "select (select count(*) from invites where tenant_id = $1)
                         + (select count(*) from memberships where tenant_id = $1) - 1";
    let mut admin = platform.database.admin().await;
    sqlx::query_scalar(question).bind(here.uuid()).fetch_one(&mut admin).await.expect("counts")
}

#[tokio::test]
async fn a_link_undoes_no_removal_and_who_left_may_come_back() {
    let (platform, here) = (Platform::start().await, tenant());
    let boss = platform.boss(here).await;
    let (_, token) = link(&platform, &boss, 9, &[]).await;
    let ann = platform.admit(here, "ann@example.com").await.user_id;
    let bob = platform.admit(here, "bob@example.com").await.user_id;
    let remove = RemoveMemberRequest { user_id: ann.clone(), note: String::new() };
    platform.memberships().remove_member(call(&boss, remove)).await.expect("removes");
    let refused = join(&platform, &token, &ann).await.expect_err("was removed");
    assert_eq!(reason(&refused), "not_let_back");
    let before = of(&platform, here).await;
    assert_eq!(ask(&platform, &token, "ann@example.com").await.expect("is not told"), "mailed");
    assert_eq!(of(&platform, here).await, before, "and gets no letter");
    let leaving = platform.person(bob.parse().expect("an id"), Some(here), &[]);
    let leave = LeaveTenantRequest::default();
    platform.memberships().leave_tenant(call(&leaving, leave)).await.expect("leaves");
    assert_eq!(join(&platform, &token, &bob).await.expect("comes back"), "joined");
}

#[tokio::test]
async fn a_link_ends_by_hand_by_time_and_with_the_rights_of_its_maker() {
    let (platform, here) = (Platform::start().await, tenant());
    let (boss_id, boss) = platform.staff(here, "boss@example.com", "admin").await;
    platform.staff(here, "owner@example.com", "owner").await;
    let (id, token) = link(&platform, &boss, 9, &[]).await;
    for _ in 0..2 {
        let asked = RevokeJoinLinkRequest { join_link_id: id.clone() };
        let ended = platform.join_links().revoke_join_link(call(&boss, asked)).await;
        assert_eq!(ended.expect("ends").into_inner().status, "revoked");
    }
    let closed = ask(&platform, &token, "ann@example.com").await.expect_err("was ended");
    assert_eq!(reason(&closed), "join_link_closed");
    let told = "select count(*) from outbox where kind = 'user.join_link.revoked'";
    assert_eq!(platform.database.count(told).await, 1);

    let (_, token) = link(&platform, &boss, 9, &[]).await;
    let keeper = platform.keeper(here, crate::platform::OWNER);
    let remove = RemoveMemberRequest { user_id: boss_id, note: String::new() };
    platform.memberships().remove_member(call(&keeper, remove)).await.expect("removes");
    let ann = outsider(&platform, "ann@example.com").await;
    let closed = join(&platform, &token, &ann).await.expect_err("its maker is gone");
    assert_eq!(reason(&closed), "join_link_closed");

    let other = platform.staff(here, "other@example.com", "admin").await.1;
    let (_, token) = link(&platform, &other, 9, &[]).await;
    platform.wait_hours(168);
    let closed = join(&platform, &token, &ann).await.expect_err("its time is over");
    assert_eq!(reason(&closed), "join_link_closed");
    let nothing = ask(&platform, &"A".repeat(64), "ann@example.com").await.expect_err("no link");
    assert_eq!(reason(&nothing), "join_link_not_found");
}

#[tokio::test]
async fn a_wish_that_cannot_be_is_refused_by_its_field() {
    let (platform, here) = (Platform::start().await, tenant());
    let boss = platform.boss(here).await;
    let roles = |role: &str| CreateJoinLinkRequest { role: role.into(), ..wish(1, &[]) };
    for (asked, field) in [
        (wish(0, &[]), "mostUses"),
        (wish(10_001, &[]), "mostUses"),
        (wish(1, &["acme"]), "emailDomains"),
        (roles("owner"), "role"),
        (roles("emperor"), "role"),
        (CreateJoinLinkRequest { expires_in_hours: 721, ..wish(1, &[]) }, "expiresInHours"),
        (CreateJoinLinkRequest { title: "x".repeat(121), ..wish(1, &[]) }, "title"),
        (CreateJoinLinkRequest { scope_type: "team".into(), ..wish(1, &[]) }, "scopeId"),
    ] {
        let refused = make(&platform, &boss, asked).await.expect_err(field);
        assert_eq!(fields(&refused), [field]);
    }
    let lesser: Vec<&str> =
        ADMIN.iter().copied().filter(|right| *right != "user.members.read").collect();
    let lesser = platform.person(Uuid::now_v7().into(), Some(here), &lesser);
    let refused = make(&platform, &lesser, wish(1, &[])).await.expect_err("above their own");
    assert_eq!(reason(&refused), "role_above_own");
}
