//! Accepting by a passkey in the place of a password.

use futures::future::join_all;
use kernel::{Code, TenantId};
use tonic::Status;
use wire::{
    code_of,
    user::v1::{
        AcceptInvitationRequest, AcceptInvitationResponse, BeginInvitationPasskeyRequest,
        InvitationPasskey,
    },
};

use crate::platform::{PASSWORD, Platform, fields, reason, tenant};

async fn begin(platform: &Platform, token: &str) -> Result<InvitationPasskey, Status> {
    let asked = BeginInvitationPasskeyRequest { token: token.into() };
    let mut invites = platform.invites();
    let begun = invites.begin_invitation_passkey(wire::call(&platform.nobody(), asked)).await;
    begun.map(tonic::Response::into_inner)
}

async fn accept(
    platform: &Platform,
    token: &str,
    passkey_token: &str,
    credential: &str,
) -> Result<AcceptInvitationResponse, Status> {
    let asked = AcceptInvitationRequest {
        token: token.into(),
        passkey_token: passkey_token.into(),
        passkey_credential: credential.into(),
        ..Default::default()
    };
    let mut invites = platform.invites();
    let accepted = invites.accept_invitation(wire::call(&platform.nobody(), asked)).await;
    accepted.map(tonic::Response::into_inner)
}

/// An invitation's token.
async fn invited(platform: &Platform, there: TenantId, email: &str) -> (String, String) {
    let invite = platform.invite(there, email).await;
    let token = platform.token(there, &invite.invite_id).await;
    (token, invite.user_id)
}

#[tokio::test]
async fn somebody_new_comes_in_by_a_passkey_and_needs_no_password() {
    let (platform, there) = (Platform::start().await, tenant());
    let (token, user_id) = invited(&platform, there, "ann@example.com").await;
    let begun = begin(&platform, &token).await.expect("begins");
    let again = begin(&platform, &token).await.expect("as often as a page is opened");
    accept(&platform, &token, &again.passkey_token, "a key").await.expect("accepts");
    assert_eq!(platform.auth.password_of(&user_id).as_deref(), Some("a key"));
    let told = "select count(*) from outbox where kind = 'user.invite.accepted'
                and data->>'method' = 'new_passkey' and data->>'credentialId' <> ''";
    assert_eq!(platform.database.count(told).await, 1);
    let late = accept(&platform, &token, &begun.passkey_token, "another").await;
    assert_eq!(reason(&late.expect_err("a link works once")), "invitation_used");
    let closed = begin(&platform, &token).await.expect_err("nobody begins with a used link");
    assert_eq!(reason(&closed), "invitation_used");
}

#[tokio::test]
async fn of_fifty_at_once_one_key_counts() {
    let (platform, there) = (Platform::start().await, tenant());
    let (token, user_id) = invited(&platform, there, "ann@example.com").await;
    let mut begun = Vec::new();
    for n in 0..50 {
        let ceremony = begin(&platform, &token).await.expect("begins").passkey_token;
        begun.push((ceremony, format!("key {n}")));
    }
    let (one, platform) = (&token, &platform);
    let all = begun.iter().map(|(ceremony, key)| accept(platform, one, ceremony, key));
    let answers = join_all(all).await;
    let won: Vec<usize> =
        answers.iter().enumerate().filter(|(_, answer)| answer.is_ok()).map(|(n, _)| n).collect();
    assert_eq!(won.len(), 1, "{answers:?}");
    assert_eq!(platform.auth.password_of(&user_id), Some(format!("key {}", won[0])));
    let members = "select count(*) from memberships where status = 'active'";
    assert_eq!(platform.database.count(members).await, 1);
}

#[tokio::test]
async fn an_acceptance_stands_although_auth_dies_before_the_passkey_counts() {
    let (platform, there) = (Platform::start().await, tenant());
    let (token, _) = invited(&platform, there, "ann@example.com").await;
    let begun = begin(&platform, &token).await.expect("begins");
    platform.auth.leave_after_staging();
    accept(&platform, &token, &begun.passkey_token, "a key").await.expect("accepts");
    let told = "select count(*) from outbox where kind = 'user.invite.accepted'
                and data->>'credentialId' <> ''";
    assert_eq!(platform.database.count(told).await, 1, "the fact brings what the call did not");
}

#[tokio::test]
async fn another_persons_ceremony_and_no_ceremony_leave_the_invitation_open() {
    let (platform, there) = (Platform::start().await, tenant());
    let (anns, user_id) = invited(&platform, there, "ann@example.com").await;
    let (bobs, _) = invited(&platform, there, "bob@example.com").await;
    let of_bob = begin(&platform, &bobs).await.expect("begins").passkey_token;
    for (ceremony, credential) in [(of_bob.as_str(), "a key"), ("unknown", "a key"), ("", "a key")]
    {
        let refused = accept(&platform, &anns, ceremony, credential).await.expect_err("is refused");
        assert_eq!(code_of(&refused).code, Code::Invalid);
        assert_eq!(
            (reason(&refused).as_str(), fields(&refused)),
            ("passkey_refused", vec!["passkeyCredential".into()])
        );
    }
    let both = AcceptInvitationRequest {
        token: anns.clone(),
        password: PASSWORD.into(),
        passkey_token: "x".into(),
        passkey_credential: "x".into(),
    };
    let both = platform.invites().accept_invitation(wire::call(&platform.nobody(), both)).await;
    assert_eq!(fields(&both.expect_err("one or the other")), ["password"]);
    assert_eq!(platform.auth.password_of(&user_id), None);
    platform.accept(&anns, PASSWORD).await.expect("a password will do");
}

#[tokio::test]
async fn whoever_has_an_account_signs_in_instead() {
    let (platform, there) = (Platform::start().await, tenant());
    platform.admit(tenant(), "ann@example.com").await;
    let (token, _) = invited(&platform, there, "ann@example.com").await;
    let refused = begin(&platform, &token).await.expect_err("has an account");
    assert_eq!(
        (code_of(&refused).code, reason(&refused)),
        (Code::Conflict, "sign_in_instead".into())
    );
    let refused = accept(&platform, &token, "any", "key").await.expect_err("has an account");
    assert_eq!(reason(&refused), "sign_in_instead");
}
