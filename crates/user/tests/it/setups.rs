//! The first administrator, by the link that is printed on the machine.

use std::time::Duration;

use futures::future::join_all;
use kernel::Clock;
use pg::Db;
use secrecy::ExposeSecret;
use tonic::{Response, Status};
use user::{SetupLink, make_setup};
use wire::{
    call,
    user::v1::{
        CreateUserRequest, FinishSetupRequest, FinishSetupResponse, ListEffectiveRequest,
        ShowSetupRequest, ShowSetupResponse, people_client::PeopleClient,
        setups_client::SetupsClient,
    },
};

use crate::platform::{PASSWORD, Platform, fields, reason};

impl Platform {
    async fn print(&self) -> user::Result<SetupLink> {
        let db = Db::connect(&self.database.access(), user::NAME).expect("an address");
        make_setup(&db, &self.clock, &"https://usher.test".parse().expect("a URL")).await
    }

    async fn link(&self) -> String {
        let link = self.print().await.expect("prints");
        let token = link.url.expose_secret().strip_prefix("https://usher.test/setup/");
        token.expect("the page and a token").into()
    }

    async fn look(&self, token: &str) -> Result<ShowSetupResponse, Status> {
        let asked = call(&self.nobody(), ShowSetupRequest { token: token.into() });
        let shown = SetupsClient::new(self.gateway()).show_setup(asked).await;
        shown.map(Response::into_inner)
    }

    async fn set_up(&self, asked: FinishSetupRequest) -> Result<FinishSetupResponse, Status> {
        let asked = call(&self.nobody(), asked);
        let finished = SetupsClient::new(self.gateway()).finish_setup(asked).await;
        finished.map(Response::into_inner)
    }
}

fn with(token: &str) -> FinishSetupRequest {
    FinishSetupRequest {
        token: token.into(),
        email: "Root@Example.com".into(),
        name: "Root".into(),
        password: PASSWORD.into(),
    }
}

#[tokio::test]
async fn the_first_administrator_comes_in_once_and_by_no_look() {
    let platform = Platform::start().await;
    let token = platform.link().await;
    for _ in 0..3 {
        platform.look(&token).await.expect("looking uses nothing up");
    }
    let short = FinishSetupRequest { password: "short".into(), ..with(&token) };
    let refused = platform.set_up(short).await.expect_err("a bad password");
    assert_eq!(fields(&refused), ["password"]);
    let came = platform.set_up(with(&token)).await.expect("comes in");
    assert_eq!(came.email, "root@example.com");
    assert_eq!(platform.auth.password_of(&came.user_id).as_deref(), Some(PASSWORD));
    let asked = ListEffectiveRequest { user_id: came.user_id, ..Default::default() };
    let held = platform.access().list_effective(call(&platform.nobody(), asked)).await;
    assert!(held.expect("lists").into_inner().system_admin);
    for (question, expected) in [
        ("select count(*) from users where status = 'active' and not address_proven", 1),
        ("select count(*) from role_bindings where role = 'super_admin' and bound_by = 'setup'", 1),
        ("select count(*) from outbox where kind = 'user.setup.finished'", 1),
        ("select count(*) from audit_events where action in ('setup.make', 'setup.finish')", 2),
    ] {
        assert_eq!(platform.database.count(question).await, expected, "{question}");
    }
    let again = FinishSetupRequest { email: "eve@example.com".into(), ..with(&token) };
    let refused = platform.set_up(again).await.expect_err("is used");
    assert_eq!(reason(&refused), "setup_link_used");
    assert_eq!(reason(&platform.look(&token).await.expect_err("is used")), "setup_link_used");
    assert_eq!(platform.database.count("select count(*) from users").await, 1);
}

#[tokio::test]
async fn of_eight_who_open_the_link_at_once_one_is_the_first() {
    let platform = Platform::start().await;
    let token = platform.link().await;
    let wishes = (0..8).map(|n| {
        let email = format!("root{n}@example.com");
        platform.set_up(FinishSetupRequest { email, ..with(&token) })
    });
    let came = join_all(wishes).await.into_iter().filter(Result::is_ok).count();
    assert_eq!(came, 1);
    let trusted = "select count(*) from role_bindings where role = 'super_admin'";
    assert_eq!(platform.database.count(trusted).await, 1);
    assert_eq!(platform.database.count("select count(*) from users").await, 1);
}

#[tokio::test]
async fn a_link_ends_by_a_newer_one_and_after_a_day() {
    let platform = Platform::start().await;
    let (former, token) = (platform.link().await, platform.link().await);
    for unknown in [former.as_str(), "", "AAAA", &"A".repeat(43)] {
        let refused = platform.set_up(with(unknown)).await.expect_err("is no link");
        assert_eq!(reason(&refused), "setup_link_not_found", "{unknown}");
    }
    platform.clock.advance(Duration::from_secs(24 * 3600 - 1));
    platform.look(&token).await.expect("the last second of the day");
    platform.clock.advance(Duration::from_secs(1));
    for refused in [
        platform.look(&token).await.map(|_| ()).expect_err("a day later"),
        platform.set_up(with(&token)).await.map(|_| ()).expect_err("a day later"),
    ] {
        assert_eq!(reason(&refused), "setup_link_expired");
    }
    let kept = "select count(*) from setup_links";
    assert_eq!(platform.database.count(kept).await, 1, "no link is kept beside the newest");
}

#[tokio::test]
async fn whoever_administers_the_platform_closes_the_door_for_as_long_as_they_can_sign_in() {
    let platform = Platform::start().await;
    let token = platform.link().await;
    let cx = kernel::Cx::of_service("usher", None, &Clock::system());
    let asked = CreateUserRequest {
        email: "first@example.com".into(),
        name: "First".into(),
        password: PASSWORD.into(),
        role: "super_admin".into(),
    };
    let made = PeopleClient::new(platform.service("usher")).create_user(call(&cx, asked)).await;
    let first = made.expect("creates").into_inner().user_id;
    for refused in [
        platform.look(&token).await.map(|_| ()).expect_err("somebody is there"),
        platform.set_up(with(&token)).await.map(|_| ()).expect_err("somebody is there"),
    ] {
        assert_eq!(reason(&refused), "platform_administered");
    }
    let refused = platform.print().await.expect_err("somebody is there");
    assert_eq!(kernel::Failure::reason(&refused), "platform_administered");
    let close = sqlx::query("update users set status = 'disabled' where user_id = $1::uuid");
    close.bind(first).execute(&mut platform.database.admin().await).await.expect("closes");
    let fresh = platform.link().await;
    platform.set_up(with(&fresh)).await.expect("nobody else could");
}

#[tokio::test]
async fn the_link_takes_over_no_account_that_is_there() {
    let platform = Platform::start().await;
    platform.admit(crate::platform::tenant(), "root@example.com").await;
    let token = platform.link().await;
    let refused = platform.set_up(with(&token)).await.expect_err("has an account");
    assert_eq!(reason(&refused), "email_taken");
    assert_eq!(fields(&refused), ["email"]);
    let other = FinishSetupRequest { email: "other@example.com".into(), ..with(&token) };
    platform.set_up(other).await.expect("the link stands");
}
