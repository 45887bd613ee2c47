//! What people say of themselves.

use kernel::{Cx, UserId};
use tonic::Status;
use wire::{
    call,
    user::v1::{GetProfileRequest, ListMembersRequest, Profile, UpdateProfileRequest},
};

use crate::platform::{Platform, fields, reason, tenant};

async fn update(
    platform: &Platform,
    cx: &Cx,
    wish: UpdateProfileRequest,
) -> Result<Profile, Status> {
    platform.profiles().update_profile(call(cx, wish)).await.map(tonic::Response::into_inner)
}

async fn me(platform: &Platform) -> (kernel::TenantId, Cx) {
    let here = tenant();
    let user_id = platform.admit(here, "ann@example.com").await.user_id;
    let id: UserId = user_id.parse().expect("an id");
    (here, platform.person(id, None, &[]))
}

#[tokio::test]
async fn a_profile_is_changed_in_parts_and_each_change_is_told_once() {
    let platform = Platform::start().await;
    let (_, cx) = me(&platform).await;
    let all = UpdateProfileRequest {
        name: Some("Ann <b>O'Brien</b>".into()),
        locale: Some("de-at".into()),
        time_zone: Some("europe/vienna".into()),
        avatar_url: Some("https://example.com/ann.png".into()),
    };
    for _ in 0..2 {
        let said = update(&platform, &cx, all.clone()).await.expect("says");
        assert_eq!(said.name, "Ann <b>O'Brien</b>", "a text is a text");
        assert_eq!((said.locale.as_str(), said.time_zone.as_str()), ("de-AT", "Europe/Vienna"));
    }
    let less = UpdateProfileRequest { avatar_url: Some(String::new()), ..Default::default() };
    let said = update(&platform, &cx, less).await.expect("takes away");
    assert_eq!((said.avatar_url.as_str(), said.locale.as_str()), ("", "de-AT"));
    let shown = platform.profiles().get_profile(call(&cx, GetProfileRequest {})).await;
    assert_eq!(shown.expect("shows").into_inner(), said);
    for question in [
        "select count(*) from outbox where kind = 'user.profile.updated'",
        "select count(*) from audit_events where action = 'profile.update'",
    ] {
        assert_eq!(platform.database.count(question).await, 2, "{question}");
    }
}

#[tokio::test]
async fn what_is_no_value_of_its_field_is_refused_by_name_and_changes_nothing() {
    let platform = Platform::start().await;
    let (_, cx) = me(&platform).await;
    let wish = |field: &str, text: &str| {
        let text = Some(text.to_owned());
        let mut wish = UpdateProfileRequest { locale: Some("en".into()), ..Default::default() };
        match field {
            "name" => wish.name = text,
            "locale" => wish.locale = text,
            "timeZone" => wish.time_zone = text,
            _ => wish.avatar_url = text,
        }
        wish
    };
    let long = "я".repeat(121);
    for (field, text) in [
        ("name", ""),
        ("name", "a\u{0}b"),
        ("name", "Ann\u{202e}"),
        ("name", &long),
        ("locale", "klingon!"),
        ("timeZone", "Mars/Olympus"),
        ("avatarUrl", "javascript:alert(1)"),
        ("avatarUrl", "http://example.com/a.png"),
    ] {
        let refused = update(&platform, &cx, wish(field, text)).await.expect_err(text);
        assert_eq!(fields(&refused), [field], "{text:?}");
    }
    let changed = "select count(*) from users where locale is not null";
    assert_eq!(platform.database.count(changed).await, 0);
    let nobody = platform.person(uuid::Uuid::now_v7().into(), None, &[]);
    let refused = update(&platform, &nobody, wish("locale", "en")).await.expect_err("nobody");
    assert_eq!(reason(&refused), "person_not_found");
}

#[tokio::test]
async fn a_new_name_is_found_in_every_tenant_but_where_another_is_used() {
    let platform = Platform::start().await;
    let (here, cx) = me(&platform).await;
    let there = tenant();
    platform.admit(there, "ann@example.com").await;
    let found = async |tenant, query: &str| {
        let asked = ListMembersRequest { query: query.into(), ..Default::default() };
        let asked = call(&platform.admin(tenant), asked);
        platform.people().list_members(asked).await.expect("lists").into_inner().members.len()
    };
    let wish = wire::user::v1::UpdateAccountRequest {
        user_id: "ann@example.com".into(),
        name: Some("Anna of There".into()),
        ..Default::default()
    };
    platform.accounts().update_account(call(&platform.admin(there), wish)).await.expect("renames");
    assert_eq!((found(there, "the").await, found(there, "anna o").await), (1, 1));
    let wish = UpdateProfileRequest { name: Some("Zoe Müller".into()), ..Default::default() };
    update(&platform, &cx, wish).await.expect("renames");
    assert_eq!(
        (found(here, "MÜ").await, found(here, "zoe").await, found(here, "ann o").await),
        (1, 1, 0)
    );
    assert_eq!((found(there, "mü").await, found(there, "there").await), (0, 1));
    for tenant in [here, there] {
        assert_eq!(found(tenant, "ann@EX").await, 1, "the address stays");
    }
}
