//! Whoever is invited by a stranger stays who they were.

use wire::{
    call,
    user::v1::{
        CreateInviteRequest, GetMeRequest, GetProfileRequest, RevokeInviteRequest,
        UpdateProfileRequest,
    },
};

use crate::{
    email_changes::somebody,
    platform::{PASSWORD, Platform, reason, tenant},
};

/// All that is kept of the person, as one text.
async fn kept(platform: &Platform, user_id: &str) -> String {
    let question = sqlx::AssertSqlSafe(format!(
        "select concat_ws(';',
             (select u::text from users u where user_id = '{user_id}'),
             (select string_agg(m::text, ',' order by m::text) from memberships m where user_id = '{user_id}'),
             (select string_agg(b::text, ',' order by b::text) from role_bindings b where user_id = '{user_id}'),
             (select string_agg(w::text, ',' order by w::text) from member_words w where user_id = '{user_id}'))"
    ));
    let mut admin = platform.database.admin().await;
    sqlx::query_scalar(question).fetch_one(&mut admin).await.expect("a person")
}

#[tokio::test]
async fn an_attacker_who_invites_a_victim_changes_nothing_of_theirs() {
    let (platform, home, evil) = (Platform::start().await, tenant(), tenant());
    let (user_id, victim) = somebody(&platform, home, "victim@example.com").await;
    let profile = UpdateProfileRequest {
        name: Some("Vera Victim".into()),
        locale: Some("de".into()),
        ..Default::default()
    };
    platform.profiles().update_profile(call(&victim, profile)).await.expect("updates");
    let before = kept(&platform, &user_id).await;
    let attacker = platform.staff(evil, "attacker@evil.example", "owner").await.1;
    let wish = CreateInviteRequest {
        email: "Victim@Example.com".into(),
        name: "Somebody Quite Different".into(),
        role: "user".into(),
        locale: "ru".into(),
        ..Default::default()
    };
    let invite = platform.invites().create_invite(call(&attacker, wish)).await;
    let invite = invite.expect("invites").into_inner();
    assert_eq!(kept(&platform, &user_id).await, before, "by inviting");
    // Even who reads the letter does not come in as the victim without the victim's own password.
    let token = platform.token(evil, &invite.invite_id).await;
    let refused = platform.accept(&token, "a password of the attacker's own").await;
    assert_eq!(reason(&refused.expect_err("not the victim")), "wrong_password");
    platform.resend(&attacker, &invite.invite_id).await.expect("sends again");
    let revoke = RevokeInviteRequest { invite_id: invite.invite_id };
    platform.invites().revoke_invite(call(&attacker, revoke)).await.expect("takes back");
    assert_eq!(kept(&platform, &user_id).await, before, "by all that can be done to an invitation");
    let password = platform.auth.password_of(&user_id);
    assert_eq!(password.as_deref(), Some(PASSWORD), "it signs the victim in as before");
    let shown = platform.profiles().get_profile(call(&victim, GetProfileRequest {})).await;
    assert_eq!(shown.expect("shows").into_inner().name, "Vera Victim");
    let me = platform.people().get_me(call(&victim, GetMeRequest {})).await.expect("shows");
    assert_eq!(me.into_inner().user.expect("a person").email, "victim@example.com");
    assert!(platform.auth.followed().iter().all(|said| said.user_id != user_id), "no session ends");
}
