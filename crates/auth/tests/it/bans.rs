//! The block list: made by hand and by the platform, and never a way to keep a person out elsewhere.

use std::time::Duration;

use auth::Captcha;
use kernel::{Actor, Code, Cx};
use tonic::Status;
use wire::{
    Caller,
    auth::v1::{
        AddBanRequest, Ban, BannedNetwork, CheckDomainRequest, CheckProofRequest,
        ListBannedNetworksRequest, ListBansRequest, RemoveBanRequest, bans_client::BansClient,
        captchas_client::CaptchasClient,
    },
    call,
    identity::PassportClaims,
};

use crate::house::{House, PASSWORD, ask, from, refusal};

impl House {
    fn bans(&self) -> BansClient<Caller> {
        BansClient::new(self.mesh_of("gateway"))
    }

    async fn ban(&self, source: &str, hours: i64) -> Result<Ban, Status> {
        let request = AddBanRequest {
            source: source.into(),
            reason: "a flood".into(),
            ttl_seconds: hours * 3_600,
        };
        let cx = self.staff(&["auth.bans.write"]);
        Ok(self.bans().add_ban(call(&cx, request)).await?.into_inner())
    }

    async fn networks(&self) -> Vec<BannedNetwork> {
        let asked = ask(ListBannedNetworksRequest {});
        self.bans().list_banned_networks(asked).await.expect("lists").into_inner().networks
    }

    async fn list(&self) -> Vec<Ban> {
        let cx = self.staff(&["auth.bans.read"]);
        let listed = self.bans().list_bans(call(&cx, ListBansRequest::default())).await;
        listed.expect("lists").into_inner().bans
    }

    /// Somebody of the platform's staff who calls from 203.0.113.9.
    fn staff(&self, rights: &[&str]) -> Cx {
        let claims = PassportClaims {
            iss: String::new(),
            aud: String::new(),
            exp: 0,
            sub: testkit::user().to_string(),
            sid: testkit::user().to_string(),
            tid: None,
            perms: rights.iter().map(|&right| right.to_owned()).collect(),
            epoch: 1,
            suspended: false,
            system_admin: false,
            credential: kernel::Credential::Session,
            of_tenant: false,
        };
        Cx { passport: Some(self.passport(claims)), ..from("203.0.113.9") }
    }

    async fn guess_from(&self, ip: &str) {
        for n in 0..10 {
            // At a new account each time: what is tried at one is put off by the throttle, and not counted.
            let email = format!("{n}-{}@example.com", testkit::user());
            drop(self.sign_in_from(ip, &email, "not the password at all").await);
            self.clock.advance(Duration::from_secs(1));
        }
    }
}

#[tokio::test]
async fn staff_ban_sources_until_an_end_or_until_they_lift_the_ban() {
    let house = House::start().await;
    let first = house.ban("192.0.2.7/24", 1).await.expect("bans");
    assert_eq!((first.source.as_str(), first.kind.as_str()), ("192.0.2.0/24", "network"));
    assert!(first.created_by.starts_with("user:") && !first.automatic);
    house.ban("2001:db8::1", 0).await.expect("bans");
    house.ban("@Spam.Example", 0).await.expect("bans");
    let networks: Vec<String> = house.networks().await.into_iter().map(|one| one.network).collect();
    assert_eq!(networks, ["2001:db8::/64", "192.0.2.0/24"], "those that hold longest first");
    let moved = house.ban("192.0.2.0/24", 2).await.expect("moves the end");
    assert_eq!(moved.ban_id, first.ban_id, "a source has one ban");
    house.clock.advance(Duration::from_secs(2 * 3_600));
    assert_eq!(house.networks().await.len(), 1, "the other one ended");
    let cx = house.staff(&["auth.bans.write"]);
    let id =
        house.list().await.iter().find(|ban| ban.kind == "network").expect("one").ban_id.clone();
    for _ in 0..2 {
        let request = RemoveBanRequest { ban_id: id.clone() };
        house.bans().remove_ban(call(&cx, request)).await.expect("lifting twice changes nothing");
    }
    assert!(house.networks().await.is_empty());
    let request = RemoveBanRequest { ban_id: testkit::user().to_string() };
    let refused = refusal(house.bans().remove_ban(call(&cx, request)).await);
    assert_eq!(refused, (Code::NotFound, "ban_not_found".into()));
    let audited =
        "select string_agg(action, ' ' order by id) from audit_events where action like 'ban.%'";
    assert_eq!(house.text(audited).await, "ban.add ban.add ban.add ban.add ban.remove");
}

#[tokio::test]
async fn nobody_bans_themselves_the_world_or_without_the_right() {
    let house = House::start().await;
    for own in ["203.0.113.9", "203.0.113.0/24", "203.0.0.0/8"] {
        let refused = refusal(house.ban(own, 1).await);
        assert_eq!(refused, (Code::Conflict, "ban_of_own_address".into()), "{own}");
    }
    for bad in ["0.0.0.0/0", "::/0", "nowhere", "", "192.0.2.1/40"] {
        assert_eq!(refusal(house.ban(bad, 1).await).0, Code::Invalid, "{bad}");
    }
    assert_eq!(refusal(house.ban("192.0.2.7", -1).await).0, Code::Invalid);
    let request = AddBanRequest { source: "192.0.2.7".into(), reason: "x".into(), ttl_seconds: 0 };
    for cx in [house.staff(&["auth.bans.read"]), from("203.0.113.9")] {
        let refused = refusal(house.bans().add_ban(call(&cx, request.clone())).await);
        assert!([Code::Denied, Code::Unauthenticated].contains(&refused.0), "{refused:?}");
    }
    assert!(house.networks().await.is_empty());
}

#[tokio::test]
async fn a_banned_domain_holds_for_all_below_it() {
    let house = House::start().await;
    house.ban("spam.example", 1).await.expect("bans");
    let mut user = BansClient::new(house.mesh_of("user"));
    for (domain, banned) in [
        ("spam.example", true),
        ("mail.spam.example", true),
        ("notspam.example", false),
        ("example", false),
        ("spam.example.org", false),
    ] {
        let request = CheckDomainRequest { domain: domain.into() };
        let told = user.check_domain(ask(request)).await.map(|told| told.into_inner().banned);
        assert_eq!(told.unwrap_or(false), banned, "{domain}");
    }
}

#[tokio::test]
async fn who_is_refused_too_often_is_banned_ever_longer_and_the_person_signs_in_elsewhere() {
    let house = House::start().await;
    house.signed_up("ann@example.com").await;
    let mut ends = Vec::new();
    for _ in 0..2 {
        for _ in 0..30 {
            house.guess_from("198.51.100.7").await;
            if !house.networks().await.is_empty() {
                break;
            }
        }
        let bans = house.networks().await;
        assert_eq!(bans.len(), 1, "guessing without end is stopped");
        assert!(bans[0].automatic && bans[0].network == "198.51.100.7/32");
        let end = wire::instant(bans[0].expires_at.as_ref()).expect("an end");
        let left = end.since(house.clock.now());
        ends.push(left.as_secs().div_ceil(3_600));
        house.sign_in_from("192.0.2.7", "ann@example.com", PASSWORD).await.expect("signs in");
        // A day later the throttle has forgotten the source.
        house.clock.advance(left + Duration::from_secs(25 * 3_600));
        assert!(house.networks().await.is_empty(), "it ended by itself");
    }
    assert_eq!(ends, [1, 2]);
    let bans = house.text("select string_agg(created_by, ' ') from bans").await;
    assert_eq!(bans, Actor::Service("auth".into()).label());
    assert_eq!(
        house.text("select count(*)::text from outbox where kind = 'auth.source.banned'").await,
        "2"
    );
}

#[tokio::test]
async fn where_people_sign_in_from_more_is_stood() {
    let house = House::start().await;
    house.signed_up("ann@example.com").await;
    house.sign_in_from("192.0.2.7", "ann@example.com", PASSWORD).await.expect("signs in");
    for _ in 0..20 {
        house.guess_from("192.0.2.7").await;
    }
    assert!(house.networks().await.is_empty(), "their colleague's bad day bans nobody");
}

#[tokio::test]
async fn proofs_that_do_not_count_are_refusals_too() {
    let house = House::start_asking_for(Captcha::Work { difficulty: 10 }).await;
    let mut captchas = CaptchasClient::new(house.mesh_of("gateway"));
    for _ in 0..100 {
        let request = CheckProofRequest { operation: "x".into(), proof: "a.b.1".into() };
        assert!(captchas.check_proof(call(&from("198.51.100.8"), request)).await.is_err());
    }
    assert_eq!(house.networks().await[0].network, "198.51.100.8/32");
}
