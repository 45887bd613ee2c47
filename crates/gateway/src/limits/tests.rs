//! The limiter as one gateway, and as several that share a budget. Time stands until a test moves it; what is counted is
//! requests that passed.

use std::{
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
    time::Duration,
};

use boot::Host;
use bus::{Nats, Stream};
use kernel::{Actor, Clock, TenantId};

use super::{Class, Limits, Standing, Who};
use crate::Config;

const STEP: Duration = Duration::from_millis(5);

fn config(login: u32, read: u32) -> Config {
    Config { limit_login: login, limit_read: read, ..Config::default() }
}

fn clock() -> Clock {
    Clock::standing_at(Clock::system().now())
}

fn alone(config: &Config, clock: &Clock) -> Limits {
    Limits::start(config, clock.clone(), None, &Host::new())
}

fn tenant() -> TenantId {
    Clock::system().new_id()
}

fn passed(standing: Option<Standing>) -> bool {
    standing.expect("limited").verdict().is_ok()
}

async fn login(limits: &Limits, ip: impl Into<IpAddr>) -> bool {
    passed(limits.charge(Class::Login, Who::Address(ip.into())).await)
}

/// How many of `tries` pass.
async fn count(limits: &Limits, class: Class, who: Who, tries: u32) -> u32 {
    let mut passes = 0;
    for _ in 0..tries {
        passes += u32::from(passed(limits.charge(class, who).await));
    }
    passes
}

#[tokio::test]
async fn an_address_has_its_quota_and_no_more() {
    let clock = clock();
    let limits = alone(&config(3, 0), &clock);
    let (one, other) = (Ipv4Addr::new(1, 2, 3, 4), Ipv4Addr::new(1, 2, 3, 5));
    assert_eq!(count(&limits, Class::Login, Who::Address(one.into()), 10).await, 3);
    assert!(login(&limits, other).await);
    clock.advance(Duration::from_secs(20));
    assert_eq!(count(&limits, Class::Login, Who::Address(one.into()), 10).await, 1);
    assert_eq!(limits.charge(Class::Read, Who::Address(one.into())).await, None, "0 lifts a limit");
}

#[tokio::test]
async fn a_subscriber_cannot_multiply_itself_within_its_ipv6_network() {
    let limits = alone(&config(3, 0), &clock());
    let ip = |host: u16| Ipv6Addr::new(0x2001, 0xdb8, 0, 1, 0, 0, 0, host);
    let mut passes = 0;
    for host in 0..10 {
        passes += u32::from(login(&limits, ip(host)).await);
    }
    assert_eq!(passes, 3);
    assert!(login(&limits, Ipv6Addr::new(0x2001, 0xdb8, 0, 2, 0, 0, 0, 1)).await);
}

#[tokio::test]
async fn a_person_has_a_part_of_what_the_tenant_has() {
    let limits = alone(&config(0, 100), &clock());
    let (acme, beta) = (tenant(), tenant());
    let [ann, bob] = ["ann", "bob"].map(|name| Actor::Service(name.into()));
    let person = |tenant, actor| Who::person(tenant, actor);
    assert_eq!(count(&limits, Class::Read, person(acme, &ann), 200).await, 50);
    assert_eq!(count(&limits, Class::Read, person(acme, &bob), 200).await, 50);
    assert_eq!(
        count(&limits, Class::Read, person(beta, &ann), 200).await,
        50,
        "another tenant, another account"
    );
    assert_eq!(count(&limits, Class::Read, Who::Tenant(acme), 200).await, 100);
    let lifted = alone(&Config { limit_person_percent: 0, ..config(0, 100) }, &clock());
    assert_eq!(lifted.charge(Class::Read, person(acme, &ann)).await, None);
}

#[tokio::test]
async fn a_plan_has_its_own_quota_and_a_new_one_counts_at_once() {
    let limits = alone(&Config::default(), &clock());
    let [one, other] = [tenant(), tenant()];
    let plan = async |tenant, quota, tries| {
        let mut passes = 0;
        for _ in 0..tries {
            passes += u32::from(passed(limits.charge_plan(tenant, Some(quota)).await));
        }
        passes
    };
    assert_eq!(plan(one, 3, 10).await, 3);
    assert_eq!(plan(other, 3, 1).await, 1);
    assert_eq!(plan(one, 10, 20).await, 10, "another plan");
    assert_eq!(limits.charge_plan(one, None).await, None);
}

/// The accounts of a million other addresses give nobody a new one (CVE-2024-21662).
#[tokio::test]
async fn a_flood_of_addresses_neither_grows_the_memory_nor_forgets_anybody() {
    let limits = alone(&config(1, 0), &clock());
    let victim = Ipv4Addr::new(9, 9, 9, 9);
    assert!(login(&limits, victim).await);
    for n in 0..1_000_000u32 {
        let _ = limits.charge_now(Class::Login, Who::Address(Ipv4Addr::from(n).into()));
    }
    assert!(limits.accounts() <= 120_000, "{} accounts", limits.accounts());
    assert!(!login(&limits, victim).await, "the victim is remembered");
}

#[tokio::test]
async fn looking_at_a_tenant_takes_nothing_and_makes_no_account() {
    let limits = alone(&Config { limit_read: 10, ..Config::default() }, &clock());
    let (acme, beta) = (tenant(), tenant());
    assert_eq!(count(&limits, Class::Read, Who::Tenant(acme), 4).await, 4);
    assert!(passed(limits.charge_plan(acme, Some(5)).await));
    let before = limits.accounts();
    for _ in 0..100 {
        let shown = limits.of_tenant(acme, Some(5)).await;
        let left = |policy: &str| {
            let standing = shown.iter().find(|standing| standing.policy == policy);
            standing.map(|standing| (standing.quota, standing.remaining, standing.wait))
        };
        assert_eq!(left("read-per-tenant"), Some((10, 6, None)));
        assert_eq!(left("requests-per-tenant"), Some((5, 4, None)));
        assert!(limits.of_tenant(beta, None).await.iter().all(|s| s.remaining == s.quota));
    }
    assert_eq!(limits.accounts(), before);
}

/// Gateways of one platform, as different processes would be.
struct Gateways {
    clock: Clock,
    hosts: Vec<Host>,
    limits: Vec<Limits>,
    stream: testkit::Stream,
}

impl Gateways {
    async fn new(count: usize, config: &Config) -> Self {
        let (clock, stream) = (clock(), testkit::Stream::new().await);
        let hosts: Vec<_> = (0..count).map(|_| Host::new()).collect();
        let mut limits = Vec::new();
        for host in &hosts {
            let nats = stream.nats().await;
            testkit::eventually("NATS answers", async || nats.is_connected()).await;
            limits.push(Limits::start(config, clock.clone(), Some(&nats), host));
        }
        Self { clock, hosts, limits, stream }
    }

    /// Each gateway is asked `each` times in each step, for so long; how many passed in all.
    async fn press(
        &self,
        class: Class,
        who: Who,
        span: Duration,
        step: Duration,
        each: u32,
    ) -> u32 {
        let (mut passes, mut gone) = (0, Duration::ZERO);
        while gone < span {
            for limits in &self.limits {
                passes += count(limits, class, who, each).await;
            }
            self.clock.advance(step);
            gone += step;
        }
        passes
    }

    async fn end(self) {
        for host in self.hosts {
            host.drain(Duration::from_secs(20)).await;
        }
        let name = format!("KV_{}_limits", self.stream.place().name);
        let _ = self.stream.jetstream().await.delete_stream(name).await;
    }
}

#[tokio::test]
async fn two_gateways_let_pass_what_one_would_within_a_hundredth() {
    for (quota, span, step, each) in [
        (6_000, Duration::from_secs(30), STEP, 1),
        (600, Duration::from_secs(120), Duration::from_millis(50), 2),
        (10, Duration::from_secs(120), Duration::from_secs(1), 3),
    ] {
        let gateways = Gateways::new(2, &config(0, quota)).await;
        let passes = gateways.press(Class::Read, Who::Tenant(tenant()), span, step, each).await;
        // The burst at the beginning, and the rate from then on.
        let seconds = span.as_secs_f64();
        let right = f64::from(quota) * (1.0 + seconds / 60.0);
        let error = f64::from(passes) / right - 1.0;
        println!("{quota} a minute for {seconds} s: {passes} passed, {right} would be right");
        assert!(error <= 0.01 && error >= -0.01 - 1.0 / right, "{passes} instead of {right}");
        gateways.end().await;
    }
}

#[tokio::test]
async fn a_budget_that_one_gateway_used_up_is_used_up_for_the_other() {
    let gateways = Gateways::new(2, &config(5, 0)).await;
    let who = Who::Address(Ipv4Addr::new(1, 2, 3, 4).into());
    assert_eq!(count(&gateways.limits[0], Class::Login, who, 9).await, 5);
    assert_eq!(count(&gateways.limits[1], Class::Login, who, 9).await, 0);
    gateways.clock.advance(Duration::from_secs(12));
    assert_eq!(count(&gateways.limits[1], Class::Login, who, 9).await, 1);
    assert_eq!(count(&gateways.limits[0], Class::Login, who, 9).await, 0);
    gateways.end().await;
}

#[tokio::test]
async fn what_one_gateway_let_through_is_seen_by_the_other() {
    let gateways = Gateways::new(2, &config(0, 10)).await;
    let acme = tenant();
    assert_eq!(count(&gateways.limits[0], Class::Read, Who::Tenant(acme), 4).await, 4);
    let shown = gateways.limits[1].of_tenant(acme, None).await;
    let read = shown.iter().find(|shown| shown.policy == "read-per-tenant").expect("limited");
    assert_eq!((read.remaining, read.alone), (6, false));
    gateways.end().await;
}

#[tokio::test]
async fn a_tenant_at_five_times_its_quota_leaves_another_all_of_its_own() {
    let gateways = Gateways::new(2, &config(0, 600)).await;
    let (noisy, quiet) = (Who::Tenant(tenant()), Who::Tenant(tenant()));
    let (mut loud, mut heard, mut asked) = (0, 0, 0);
    // For a minute the quiet one asks for half of its quota, and the noisy one for five times its own.
    for step in 0..600 {
        let limits = &gateways.limits[step % 2];
        loud += count(limits, Class::Read, noisy, 5).await;
        if step % 2 == 0 {
            asked += 1;
            heard += count(&gateways.limits[step / 2 % 2], Class::Read, quiet, 1).await;
        }
        gateways.clock.advance(Duration::from_millis(100));
    }
    assert_eq!((heard, asked), (300, 300), "every request of the quiet tenant passes");
    assert!((1_180..=1_220).contains(&loud), "{loud} instead of 1,200 of 3,000");
    gateways.end().await;
}

#[tokio::test]
async fn what_was_counted_at_once_is_told_to_the_others() {
    let gateways = Gateways::new(2, &config(5, 0)).await;
    let who = Who::Address(Ipv4Addr::new(1, 2, 3, 4).into());
    let now = (0..9).filter(|_| passed(gateways.limits[0].charge_now(Class::Login, who))).count();
    assert_eq!(now, 5, "nobody has more than the quota in one gateway");
    testkit::eventually("the other knows", async || {
        !passed(gateways.limits[1].charge(Class::Login, who).await)
    })
    .await;
    gateways.end().await;
}

#[tokio::test]
async fn the_common_budget_is_not_asked_for_each_request() {
    let gateways = Gateways::new(1, &config(0, 6_000)).await;
    let who = Who::Tenant(tenant());
    let asked = || gateways.limits[0].asked();
    assert_eq!(count(&gateways.limits[0], Class::Read, who, 15).await, 15);
    assert_eq!(asked(), 0, "whoever comes seldom costs nothing");
    gateways.press(Class::Read, who, Duration::from_secs(10), STEP, 4).await;
    // 7,000 passed of 8,000: 15 on trust and 15 of a share for each question, and an empty budget is asked for every 150 ms.
    assert!((200..=500).contains(&asked()), "asked {} times", asked());
    gateways.end().await;
}

#[tokio::test]
async fn without_the_common_budget_each_gateway_counts_for_itself_and_says_so() {
    let port = testkit::free_ports(1)[0];
    let url = format!("nats://127.0.0.1:{port}");
    let nats = Nats::connect_to(&url.into(), Stream::default()).await.expect("an address");
    let limits = Limits::start(&config(3, 0), clock(), Some(&nats), &Host::new());
    let who = Who::Address(Ipv4Addr::LOCALHOST.into());
    assert_eq!(count(&limits, Class::Login, who, 9).await, 3, "the limit holds in each");
    let standing = limits.charge(Class::Login, who).await.expect("limited");
    assert!(standing.alone);
    let mut headers = http::HeaderMap::new();
    standing.write(&mut headers);
    assert_eq!(headers["ratelimit-policy"], "\"login-per-address\";q=3;w=60;local");
}
