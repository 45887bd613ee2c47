//! The tenant's rules for invitations.

use wire::{
    call,
    user::v1::{CreateInviteRequest, GetInvitePolicyRequest, InvitePolicy, SetInvitePolicyRequest},
};

use crate::platform::{Platform, ask, fields, reason, tenant};

#[tokio::test]
async fn a_tenant_has_the_platforms_rules_until_it_sets_its_own() {
    let (platform, here) = (Platform::start().await, tenant());
    let get = async |tenant| -> InvitePolicy {
        let asked = call(&platform.admin(tenant), GetInvitePolicyRequest {});
        platform.policies().get_invite_policy(asked).await.expect("shows").into_inner()
    };
    let own = get(here).await;
    assert_eq!((own.default_ttl_hours, own.most_sends, own.overlap_minutes), (72, 5, 15));
    assert_eq!((own.address_rule.as_str(), own.set_at), ("exact", None));
    let rules = SetInvitePolicyRequest {
        default_ttl_hours: 24,
        longest_ttl_hours: 48,
        most_sends: 2,
        address_rule: "domain".into(),
        ..Default::default()
    };
    platform.rule(here, rules).await;
    let set = get(here).await;
    assert_eq!((set.default_ttl_hours, set.longest_ttl_hours, set.most_sends), (24, 48, 2));
    assert!(set.set_at.is_some());
    assert_eq!(get(tenant()).await, own, "nobody else's rules have changed");
    let audited = "select count(*) from audit_events where action = 'invite.policy.set'";
    assert_eq!(platform.database.count(audited).await, 1);

    let invite = platform.invite(here, "ann@example.com").await;
    let life =
        invite.expires_at.expect("an end").seconds - invite.created_at.expect("a start").seconds;
    assert_eq!(life, 24 * 3600);
    let long = CreateInviteRequest { expires_in_hours: 49, ..ask("bob@example.com") };
    let refused = platform.invites().create_invite(call(&platform.admin(here), long)).await;
    let refused = refused.expect_err("too long");
    assert_eq!(reason(&refused), "lifetime_out_of_bounds");
    assert_eq!(fields(&refused), ["expiresInHours"]);
    let admin = platform.admin(here);
    platform.resend(&admin, &invite.invite_id).await.expect("sends");
    let refused = platform.resend(&admin, &invite.invite_id).await.expect_err("enough");
    assert_eq!(reason(&refused), "resend_limit");
}

#[tokio::test]
async fn rules_that_cannot_be_kept_name_the_field() {
    let (platform, tenant) = (Platform::start().await, tenant());
    for (field, rules) in [
        (
            "addressRule",
            SetInvitePolicyRequest { address_rule: "none".into(), ..Default::default() },
        ),
        ("mostSends", SetInvitePolicyRequest { most_sends: 21, ..Default::default() }),
        (
            "overlapMinutes",
            SetInvitePolicyRequest { overlap_minutes: Some(61), ..Default::default() },
        ),
        ("defaultTtlHours", SetInvitePolicyRequest { longest_ttl_hours: 71, ..Default::default() }),
        (
            "shortestTtlHours",
            SetInvitePolicyRequest { shortest_ttl_hours: -1, ..Default::default() },
        ),
    ] {
        let asked = call(&platform.admin(tenant), rules);
        let refused = platform.policies().set_invite_policy(asked).await;
        assert_eq!(fields(&refused.expect_err("refused")), [field]);
    }
    assert_eq!(platform.database.count("select count(*) from invite_policies").await, 0);
}
