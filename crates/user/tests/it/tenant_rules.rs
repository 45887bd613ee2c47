//! What a tenant's settings and plan say about invitations, heard and kept.

use boot::Host;
use bus::Relay;
use kernel::TenantId;
use pg::Db;
use testkit::{Stream, eventually};
use wire::{
    Fact, call,
    tenant::v1::{Limit, TenantLimitsChanged, TenantSettingsChanged},
    user::v1::{GetSeatsRequest, TakeInvitationLinkRequest},
};

use crate::platform::{Platform, ask, fields, reason, tenant};

/// The tenant service, as far as it is heard.
struct Tenants {
    db: Db,
    host: Host,
}

impl Tenants {
    async fn beside(platform: &Platform) -> (Self, Stream) {
        let stream = Stream::new().await;
        let nats = stream.nats().await;
        platform.restart_with(|app| app.nats = nats.clone());
        let db = Db::connect(&platform.database.access(), "tenant").expect("an address");
        let (relay, host) = (Relay::new(db.clone(), nats), Host::new());
        host.spawn("tenant relay", async move |stop| Ok(relay.run(stop).await?));
        (Self { db, host }, stream)
    }

    async fn tell<F: Fact>(&self, platform: &Platform, tenant: TenantId, fact: &F) {
        let mut tx = self.db.tenant(tenant, "tell").await.expect("opens");
        let cx = platform.of("tenant", tenant);
        bus::emit(&mut tx, &cx, tenant.uuid(), fact).await.expect("emits");
        tx.commit().await.expect("commits");
    }
}

impl Drop for Tenants {
    fn drop(&mut self) {
        self.host.kill();
    }
}

fn rules(version: i64, domains: &[&str], invitation_links_shown: bool) -> TenantSettingsChanged {
    TenantSettingsChanged {
        version,
        allowed_email_domains: domains.iter().map(|&domain| domain.to_owned()).collect(),
        invitation_links_shown,
        ..Default::default()
    }
}

async fn known(platform: &Platform, version: i64) {
    eventually("the settings are noted", async || {
        let noted = "select coalesce(max(version), 0) from tenant_rules";
        platform.database.count(noted).await == version
    })
    .await;
}

#[tokio::test]
async fn an_address_outside_the_listed_domains_is_refused_by_its_field() {
    let (platform, here) = (Platform::start().await, tenant());
    let (tenants, _stream) = Tenants::beside(&platform).await;
    let standing = platform.invite(here, "bob@else.example").await;
    tenants.tell(&platform, here, &rules(1, &["art.example", "school.example"], true)).await;
    known(&platform, 1).await;
    let invite = async |email: &str, place: TenantId| {
        platform.invites().create_invite(call(&platform.admin(place), ask(email))).await
    };
    for stranger in ["ann@else.example", "ann@sub.school.example"] {
        let refused = invite(stranger, here).await.expect_err("not listed");
        assert_eq!(
            (reason(&refused), fields(&refused)),
            ("address_not_allowed".into(), vec!["email".into()])
        );
        let problem = wire::code_of(&refused).fields.remove(0).problem;
        assert!(problem.contains("art.example or school.example"), "{problem}");
    }
    assert_eq!(platform.database.count("select count(*) from invites").await, 1, "no trace");
    invite("Ann@School.example", here).await.expect("listed");
    invite("ann@else.example", tenant()).await.expect("another tenant lists nothing");
    let again = invite("bob@else.example", here).await.expect("stands already").into_inner();
    assert_eq!(again.invite_id, standing.invite_id);
}

#[tokio::test]
async fn where_links_are_not_shown_nobody_takes_one_and_it_is_still_mailed() {
    let (platform, here) = (Platform::start().await, tenant());
    let (tenants, _stream) = Tenants::beside(&platform).await;
    tenants.tell(&platform, here, &rules(2, &[], false)).await;
    known(&platform, 2).await;
    // An older fact that comes late changes nothing.
    tenants.tell(&platform, here, &rules(1, &[], true)).await;
    eventually("both facts are heard", async || {
        platform.database.count("select count(*) from inbox").await == 2
    })
    .await;
    let maker = platform.boss(here).await;
    let made = platform.invites().create_invite(call(&maker, ask("ann@example.com"))).await;
    let invite_id = made.expect("invites").into_inner().invite_id;
    let take = || {
        let asked = TakeInvitationLinkRequest { invite_id: invite_id.clone() };
        async { platform.invites().take_invitation_link(call(&maker, asked)).await }
    };
    let refused = take().await.expect_err("not shown");
    assert_eq!(reason(&refused), "links_not_shown");
    assert!(!platform.token(here, &invite_id).await.is_empty(), "the notifier gets it");
    tenants.tell(&platform, here, &rules(3, &[], true)).await;
    known(&platform, 3).await;
    take().await.expect("shown again");
}

fn limits(limits: &[(&str, i64)], epoch: i64) -> TenantLimitsChanged {
    let limit =
        |(resource, most): &(&str, i64)| Limit { resource: (*resource).into(), most: *most };
    TenantLimitsChanged { plan: "team".into(), limits: limits.iter().map(limit).collect(), epoch }
}

/// Waits until the tenant has so many seats, all that it was told before included.
async fn seats(platform: &Platform, here: TenantId, limit: Option<i32>) {
    eventually("the seats follow the plan", async || {
        let asked = call(&platform.admin(here), GetSeatsRequest {});
        let known = "select coalesce(max(plan_epoch), 0) from seats";
        let shown = platform.seats().get_seats(asked).await.expect("shows").into_inner();
        shown.limit == limit && platform.database.count(known).await > 0
    })
    .await;
}

#[tokio::test]
async fn seats_follow_the_plan_and_members_stay() {
    let (platform, here) = (Platform::start().await, tenant());
    let (tenants, _stream) = Tenants::beside(&platform).await;
    for email in ["ann@example.com", "bob@example.com"] {
        platform.admit(here, email).await;
    }
    tenants.tell(&platform, here, &limits(&[("users", 1), ("courses", 9)], 4)).await;
    seats(&platform, here, Some(1)).await;
    let asked = call(&platform.admin(here), ask("eve@example.com"));
    let none = platform.invites().create_invite(asked).await.expect_err("no seat");
    assert_eq!(reason(&none), "seats_taken");
    tenants.tell(&platform, here, &limits(&[("users", i64::MAX)], 5)).await;
    seats(&platform, here, Some(1_000_000)).await;
    tenants.tell(&platform, here, &limits(&[], 6)).await;
    seats(&platform, here, None).await;
    let told = "select count(*) from outbox where kind = 'user.seats.limited'";
    assert_eq!(platform.database.count(told).await, 3);
}
