//! The tenant of a request, from all the ways to name it at once.

use crate::world::{ACME, Ask, BETA, GONE, World, refused};

fn me(target: &str) -> Ask {
    Ask::get(target).ann()
}

async fn tenant_of(world: &World, ask: Ask) -> Option<String> {
    let answer = ask.send(world).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    world.last_seen().tenant.map(|id| id.to_string())
}

#[tokio::test]
async fn host_path_and_header_each_name_the_tenant() {
    let world = World::new();
    for ask in [
        me("/v1/me").host("acme.localhost"),
        me("/v1/me").host("ACME.localhost.:8080"),
        me("/v1/me").host("portal.acme.example"),
        me("/t/acme/v1/me").host("localhost"),
        me("/v1/me").header("x-tenant-id", "acme"),
        me("/v1/me").header("x-tenant-id", ACME),
        me("/t/acme/v1/me").host("acme.localhost").header("x-tenant-id", ACME),
    ] {
        assert_eq!(tenant_of(&world, ask).await.as_deref(), Some(ACME));
    }
    for ask in [me("/v1/me"), me("/v1/me").host("127.0.0.1:8080"), me("/v1/me").host("who.example")]
    {
        assert_eq!(tenant_of(&world, ask).await, None);
    }
}

#[tokio::test]
async fn two_names_that_disagree_are_refused() {
    let world = World::new();
    for ask in [
        me("/t/beta/v1/me").host("acme.localhost"),
        me("/v1/me").host("acme.localhost").header("x-tenant-id", "beta"),
        me("/v1/me").host("acme.localhost").header("x-tenant-id", BETA),
        me("/t/acme/v1/me").header("x-tenant-id", BETA),
        me("/t/acme/v1/me").header("x-tenant-id", "nobody"),
        me("/t/acme/v1/me").host("nobody.localhost"),
        me("/v1/me").host("portal.acme.example").header("x-tenant-id", "beta"),
    ] {
        assert_eq!(ask.send(&world).await.refusal(), refused(403, "tenant_mismatch"));
    }
}

#[tokio::test]
async fn unknown_suspended_and_malformed_tenants_are_refused() {
    let world = World::new();
    for (ask, status, code) in [
        (me("/v1/me").host("nobody.localhost"), 404, "tenant_unknown"),
        (me("/t/nobody/v1/me"), 404, "tenant_unknown"),
        (me("/t/%61cme/v1/me"), 404, "tenant_unknown"),
        (me("/v1/me").header("x-tenant-id", "nobody"), 404, "tenant_unknown"),
        (me("/v1/me").host("a.acme.localhost"), 404, "tenant_unknown"),
        (me("/v1/me").host("gone.localhost"), 403, "tenant_suspended"),
        (me("/v1/me").header("x-tenant-id", GONE), 403, "tenant_suspended"),
        (me("/v1/me").header("x-tenant-id", "acme,beta"), 400, "bad_tenant_header"),
        (
            me("/v1/me").header("x-tenant-id", "acme").header("x-tenant-id", "acme"),
            400,
            "bad_tenant_header",
        ),
        (me("/v1/me").header("x-tenant-id", &ACME.to_uppercase()), 400, "bad_tenant_header"),
        (me("/v1/me").host("acme.localhost").host("beta.localhost"), 400, "bad_host"),
        (me("/v1/me").host("acme.localhost/x"), 400, "bad_host"),
        (me("http://beta.localhost/v1/me").host("acme.localhost"), 400, "bad_host"),
    ] {
        assert_eq!(ask.send(&world).await.refusal(), refused(status, code));
    }
}

#[tokio::test]
async fn a_forwarded_host_of_a_stranger_says_nothing() {
    let world = World::new();
    let ask = me("/v1/me").host("acme.localhost").header("x-forwarded-host", "beta.localhost");
    assert_eq!(tenant_of(&world, ask).await.as_deref(), Some(ACME));
}

#[tokio::test]
async fn identity_headers_from_outside_do_not_reach_a_service() {
    let world = World::new();
    let ask = me("/v1/me").host("acme.localhost").header("usher-tenant", BETA);
    let ask = ask.header("usher-passport", "forged").header("usher-client-ip", "1.1.1.1");
    assert_eq!(tenant_of(&world, ask).await.as_deref(), Some(ACME));
    assert_eq!(world.last_seen().ip.as_deref(), Some("203.0.113.7"));
}

#[tokio::test]
async fn who_shows_no_credential_that_holds_learns_nothing_about_tenants() {
    let world = World::new();
    for host in ["acme.localhost", "nobody.localhost", "gone.localhost"] {
        let anonymous = Ask::get("/v1/me").host(host).send(&world).await;
        assert_eq!(anonymous.refusal(), refused(401, "sign_in_required"), "{host}");
        let forged = Ask::get("/v1/me").host(host).token("forged").send(&world).await;
        assert_eq!(forged.refusal(), refused(401, "bad_credential"), "{host}");
    }
}

/// A token that was good a moment ago is no way in: who was let in before is refused as soon as the gateway asks anew.
#[tokio::test]
async fn a_tenant_that_is_no_longer_served_is_refused_with_its_own_word() {
    let world = World::new();
    for (status, http, code) in [
        ("suspended", 403, "tenant_suspended"),
        ("closing", 403, "tenant_closing"),
        ("closed", 410, "tenant_closed"),
    ] {
        world.turn_acme("active");
        let ask = || me("/v1/me").host("acme.localhost").send(&world);
        testkit::eventually("the tenant is served", async || ask().await.status == 200).await;
        world.turn_acme(status);
        testkit::eventually("it is refused", async || ask().await.status != 200).await;
        assert_eq!(ask().await.refusal(), refused(http, code));
    }
}

#[tokio::test]
async fn a_tenant_is_looked_up_once_for_many_requests() {
    let world = World::new();
    let asks = (0..20).map(|_| me("/v1/me").host("acme.localhost").send(&world));
    let answers = futures::future::join_all(asks).await;
    assert!(answers.iter().all(|answer| answer.status == 200));
    assert_eq!(world.resolved(), 1);
}

#[tokio::test]
async fn a_tenant_that_is_not_there_is_looked_up_once_for_many_requests() {
    let world = World::new();
    for target in ["/t/nobody/v1/me", "/t/nobody/v1/invites", "/t/nobody/v1/me"] {
        let asks = (0..10).map(|_| me(target).send(&world));
        let answers = futures::future::join_all(asks).await;
        assert!(answers.iter().all(|answer| answer.status == 404));
    }
    assert_eq!(world.resolved(), 1, "that nobody has the name is remembered too");
}
