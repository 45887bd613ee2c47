//! Accepting.

use futures::future::join_all;
use kernel::Code;
use wire::{
    call, code_of,
    user::v1::{GetInviteRequest, InviteAccepted, RevokeInviteRequest},
};

use crate::platform::{PASSWORD, Platform, fields, reason, tenant};

#[tokio::test]
async fn accepting_makes_an_active_member_with_the_role() {
    let (platform, tenant) = (Platform::start().await, tenant());
    let invite = platform.invite(tenant, "ann@example.com").await;
    let token = platform.token(tenant, &invite.invite_id).await;
    let accepted = platform.accept(&token, PASSWORD).await.expect("accepts");
    assert_eq!(accepted.tenant_id, tenant.to_string());
    assert_eq!((&accepted.invite_id, &accepted.user_id), (&invite.invite_id, &invite.user_id));
    assert_eq!(platform.auth.password_of(&invite.user_id).as_deref(), Some(PASSWORD));
    for question in [
        "select count(*) from users where status = 'active' and activated_at is not null",
        "select count(*) from memberships where status = 'active'",
        "select count(*) from role_bindings where role = 'client' and bound_by like 'invite:%'",
        "select count(*) from permission_epochs where epoch = 1",
        "select count(*) from audit_events where action = 'invite.accept' and target like '%activation_link used'",
    ] {
        assert_eq!(platform.database.count(question).await, 1, "{question}");
    }
    let row = "select data from outbox where kind = 'user.invite.accepted'";
    let data: serde_json::Value =
        sqlx::query_scalar(row).fetch_one(&mut platform.database.admin().await).await.expect("one");
    let fact: InviteAccepted = wire::json::decode(&data).expect("reads");
    assert_eq!((fact.role.as_str(), fact.user_id), ("client", accepted.user_id));
    assert!(!fact.credential_id.is_empty());
    let asked = GetInviteRequest { invite_id: accepted.invite_id };
    let shown = platform.invites().get_invite(call(&platform.admin(tenant), asked)).await;
    let shown = shown.expect("shows").into_inner();
    assert_eq!((shown.status.as_str(), shown.accepted_at), ("accepted", accepted.accepted_at));
}

#[tokio::test]
async fn a_link_works_once() {
    let (platform, tenant) = (Platform::start().await, tenant());
    let invite = platform.invite(tenant, "ann@example.com").await;
    let token = platform.token(tenant, &invite.invite_id).await;
    platform.accept(&token, PASSWORD).await.expect("accepts");
    let refused = platform.accept(&token, PASSWORD).await.expect_err("used");
    assert_eq!(
        (code_of(&refused).code, reason(&refused).as_str()),
        (Code::Gone, "invitation_used")
    );
}

#[tokio::test]
async fn an_expired_link_is_gone_at_its_very_end() {
    let (platform, tenant) = (Platform::start().await, tenant());
    let invite = platform.invite(tenant, "ann@example.com").await;
    let token = platform.token(tenant, &invite.invite_id).await;
    platform.wait_hours(72);
    let refused = platform.accept(&token, PASSWORD).await.expect_err("expired");
    assert_eq!(
        (code_of(&refused).code, reason(&refused).as_str()),
        (Code::Gone, "invitation_expired")
    );
    assert_eq!(platform.database.count("select count(*) from memberships").await, 0);
}

#[tokio::test]
async fn a_revoked_link_is_gone() {
    let (platform, tenant) = (Platform::start().await, tenant());
    let invite = platform.invite(tenant, "ann@example.com").await;
    let token = platform.token(tenant, &invite.invite_id).await;
    let asked = RevokeInviteRequest { invite_id: invite.invite_id };
    platform.invites().revoke_invite(call(&platform.admin(tenant), asked)).await.expect("revokes");
    let refused = platform.accept(&token, PASSWORD).await.expect_err("revoked");
    assert_eq!(
        (code_of(&refused).code, reason(&refused).as_str()),
        (Code::Gone, "invitation_revoked")
    );
}

#[tokio::test]
async fn a_link_changed_in_any_place_is_no_link() {
    let (platform, tenant) = (Platform::start().await, tenant());
    let invite = platform.invite(tenant, "ann@example.com").await;
    let token = platform.token(tenant, &invite.invite_id).await;
    assert_eq!(token.len(), 64);
    let mut forged = vec![String::new(), token[1..].into(), format!("{token}A"), "%".repeat(64)];
    for place in 0..token.len() {
        let mut bytes = token.clone().into_bytes();
        bytes[place] = if bytes[place] == b'A' { b'B' } else { b'A' };
        forged.push(String::from_utf8(bytes).expect("ASCII"));
    }
    for forged in forged {
        let refused = platform.accept(&forged, PASSWORD).await.expect_err("forged");
        let code = code_of(&refused).code;
        assert_eq!((code, reason(&refused).as_str()), (Code::NotFound, "invitation_not_found"));
    }
    platform.accept(&token, PASSWORD).await.expect("the true one still works");
}

#[tokio::test]
async fn fifty_at_once_have_one_winner() {
    let (platform, tenant) = (Platform::start().await, tenant());
    let invite = platform.invite(tenant, "ann@example.com").await;
    let token = platform.token(tenant, &invite.invite_id).await;
    let passwords: Vec<String> = (0..50).map(|n| format!("{PASSWORD} {n}")).collect();
    let all = join_all(passwords.iter().map(|password| platform.accept(&token, password))).await;
    let won: Vec<usize> = (0..50).filter(|&n| all[n].is_ok()).collect();
    assert_eq!(won.len(), 1);
    for refused in all.iter().filter_map(|outcome| outcome.as_ref().err()) {
        assert_eq!(reason(refused), "invitation_used");
    }
    let password = platform.auth.password_of(&invite.user_id);
    assert_eq!(password, Some(passwords[won[0]].clone()), "the winner's password counts");
    for question in [
        "select count(*) from memberships",
        "select count(*) from role_bindings",
        "select epoch from permission_epochs",
        "select count(*) from outbox where kind = 'user.invite.accepted'",
        "select count(*) from audit_events where action = 'invite.accept'",
    ] {
        assert_eq!(platform.database.count(question).await, 1, "{question}");
    }
}

#[tokio::test]
async fn who_has_a_password_must_give_it() {
    let platform = Platform::start().await;
    let (here, there) = (tenant(), tenant());
    let known = platform.admit(here, "ann@example.com").await;
    let invite = platform.invite(there, "ann@example.com").await;
    assert_eq!(invite.user_id, known.user_id, "one address, one person");
    let token = platform.token(there, &invite.invite_id).await;
    let refused = platform.accept(&token, "another password of hers").await.expect_err("wrong");
    assert_eq!(reason(&refused), "wrong_password");
    assert_eq!(code_of(&refused).code, Code::Unauthenticated);
    platform.accept(&token, PASSWORD).await.expect("accepts");
    assert_eq!(platform.database.count("select count(*) from memberships").await, 2);
    let without = "select count(*) from outbox where kind = 'user.invite.accepted'
                   and not data ? 'credentialId'";
    assert_eq!(platform.database.count(without).await, 1);
}

#[tokio::test]
async fn two_first_invitations_at_once_never_mix_passwords() {
    let platform = Platform::start().await;
    let (here, there) = (tenant(), tenant());
    let first = platform.invite(here, "ann@example.com").await;
    let second = platform.invite(there, "ann@example.com").await;
    let (one, two) = (
        platform.token(here, &first.invite_id).await,
        platform.token(there, &second.invite_id).await,
    );
    let (one, two) = tokio::join!(
        platform.accept(&one, "the first long password"),
        platform.accept(&two, "the second long password"),
    );
    // Either they overlapped and one is told to try again, or they did not and the second password was wrong.
    let refused = match (one, two) {
        (Ok(_), Err(refused)) | (Err(refused), Ok(_)) => refused,
        other => panic!("one comes in: {other:?}"),
    };
    assert!(["overtaken", "wrong_password"].contains(&reason(&refused).as_str()), "{refused:?}");
    let open = "select count(*) from invites where status = 'pending'";
    assert_eq!(platform.database.count(open).await, 1, "the loser's invitation stays open");
}

#[tokio::test]
async fn a_password_that_may_not_be_chosen_leaves_the_invitation_open() {
    let (platform, tenant) = (Platform::start().await, tenant());
    let invite = platform.invite(tenant, "ann@example.com").await;
    let token = platform.token(tenant, &invite.invite_id).await;
    let refused = platform.accept(&token, "short").await.expect_err("too short");
    assert_eq!(fields(&refused), ["password"]);
    platform.accept(&token, PASSWORD).await.expect("accepts");
}

#[tokio::test]
async fn without_auth_nothing_is_used_up() {
    let (platform, tenant) = (Platform::start().await, tenant());
    let invite = platform.invite(tenant, "ann@example.com").await;
    let token = platform.token(tenant, &invite.invite_id).await;
    platform.auth.leave();
    let refused = platform.accept(&token, PASSWORD).await.expect_err("nobody answers");
    assert_eq!(code_of(&refused).code, Code::Unavailable);
    platform.auth.come_back();
    platform.accept(&token, PASSWORD).await.expect("accepts");
}

#[tokio::test]
async fn an_acceptance_stands_although_auth_dies_before_the_activation() {
    let (platform, tenant) = (Platform::start().await, tenant());
    let invite = platform.invite(tenant, "ann@example.com").await;
    let token = platform.token(tenant, &invite.invite_id).await;
    platform.auth.leave_after_staging();
    platform.accept(&token, PASSWORD).await.expect("accepts");
    assert_eq!(platform.auth.password_of(&invite.user_id), None, "not activated yet");
    let told = "select count(*) from outbox
                where kind = 'user.invite.accepted' and data->>'credentialId' <> ''";
    assert_eq!(platform.database.count(told).await, 1, "the fact says what to activate");
}

#[tokio::test]
async fn a_disabled_person_does_not_come_in() {
    let platform = Platform::start().await;
    platform.admit(tenant(), "ann@example.com").await;
    let there = tenant();
    let invite = platform.invite(there, "ann@example.com").await;
    let token = platform.token(there, &invite.invite_id).await;
    let close = sqlx::query("update users set status = 'disabled'");
    close.execute(&mut platform.database.admin().await).await.expect("closes");
    let refused = platform.accept(&token, PASSWORD).await.expect_err("disabled");
    assert_eq!(reason(&refused), "account_disabled");
}

#[tokio::test]
async fn no_table_holds_a_token_only_its_hash() {
    let (platform, tenant) = (Platform::start().await, tenant());
    let invite = platform.invite(tenant, "ann@example.com").await;
    let token = platform.token(tenant, &invite.invite_id).await;
    platform.accept(&token, PASSWORD).await.expect("accepts");
    let mut admin = platform.database.admin().await;
    let tables: Vec<String> = sqlx::query_scalar(
        "select table_name::text from information_schema.tables where table_schema = 'usher_user'",
    )
    .fetch_all(&mut admin)
    .await
    .expect("lists");
    assert!(tables.iter().any(|table| table == "invites"));
    for table in tables {
        // The row as text: bytea as hexadecimal, so the token's bytes are looked for in that form too.
        let rows: Vec<String> =
            sqlx::query_scalar(sqlx::AssertSqlSafe(format!("select t::text from {table} t")))
                .fetch_all(&mut admin)
                .await
                .expect("reads");
        let hex: String = token.bytes().map(|byte| format!("{byte:02x}")).collect();
        for row in rows {
            let secret = &token[22..];
            assert!(!row.contains(secret) && !row.contains(&hex), "{table} holds the token");
            assert!(!row.contains(PASSWORD), "{table} holds the password");
        }
    }
    assert_eq!(
        platform.database.count("select count(*) from invites where length(token_hash) = 32").await,
        1
    );
}
