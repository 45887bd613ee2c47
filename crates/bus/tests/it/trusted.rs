//! Calls that only the platform's trust let in: no use of it without a row.

use kernel::{Cx, Flags, TenantId};
use tokio_util::sync::CancellationToken;
use wire::Trusted;

use crate::house::{House, eventually};

/// All rows, as who did what to what for whom.
async fn rows(house: &House) -> Vec<(TenantId, String, String)> {
    let question = "select tenant_id, action, target from audit_events order by action, target";
    let rows: Vec<(uuid::Uuid, String, String)> =
        sqlx::query_as(question).fetch_all(&mut house.admin().await).await.expect("asks");
    rows.into_iter().map(|(tenant, action, target)| (tenant.into(), action, target)).collect()
}

fn by_trust(house: &House) -> Cx {
    let flags = Flags { by_trust: true, ..Flags::default() };
    Cx { flags, ..house.cx() }
}

#[tokio::test]
async fn a_change_by_trust_has_a_row_beside_its_own() {
    let house = House::build().await;
    let mut tx = house.db.tenant(house.tenant, "change").await.expect("opens");
    bus::audit(&mut tx, &house.cx(), "invite.create", "invite:1").await.expect("writes");
    bus::audit(&mut tx, &by_trust(&house), "invite.revoke", "invite:1").await.expect("writes");
    tx.commit().await.expect("commits");
    let expected = [
        ("access.trusted", "invite.revoke invite:1"),
        ("invite.create", "invite:1"),
        ("invite.revoke", "invite:1"),
    ];
    let expected = expected.map(|(action, target)| (house.tenant, action.into(), target.into()));
    assert_eq!(rows(&house).await, expected);
}

#[tokio::test]
async fn looks_by_trust_are_kept_for_their_tenants_also_while_stopping() {
    let house = House::build().await;
    let (tell, journal) = bus::TrustedCalls::of(house.db.clone());
    let stop = CancellationToken::new();
    let running = tokio::spawn(journal.run(stop.clone()));
    let look = |tenant: Option<TenantId>, method: &str| {
        let cx = Cx { tenant, ..by_trust(&house) };
        tell.try_send(Trusted { cx, method: method.into() }).expect("there is room");
    };
    look(Some(house.tenant), "/a");
    eventually("the first is kept", async || rows(&house).await.len() == 1).await;
    look(None, "/b");
    look(Some(house.tenant), "/c");
    stop.cancel();
    running.await.expect("ends").expect("writes");
    let of = |tenant, method: &str| (tenant, "access.trusted".to_owned(), method.to_owned());
    let expected = [of(house.tenant, "/a"), of(TenantId::PLATFORM, "/b"), of(house.tenant, "/c")];
    assert_eq!(rows(&house).await, expected);
    let late = Trusted { cx: by_trust(&house), method: "/late".into() };
    assert!(tell.try_send(late).is_err(), "whoever tells then is told that nobody listens");
}

#[tokio::test]
async fn looks_that_cannot_be_written_are_tried_again_until_they_are() {
    let house = House::build().await;
    let mut admin = house.admin().await;
    for broken in [
        "create sequence tries",
        "create function fail_twice() returns trigger language plpgsql security definer as $$
         begin
             if nextval('tries') < 3 then raise exception 'the journal is away'; end if;
             return new;
         end $$",
        "create trigger fail_twice before insert on audit_events
         for each row execute function fail_twice()",
    ] {
        sqlx::query(broken).execute(&mut admin).await.expect("breaks the journal");
    }
    let (tell, journal) = bus::TrustedCalls::of(house.db.clone());
    let stop = CancellationToken::new();
    let running = tokio::spawn(journal.run(stop.clone()));
    let look = Trusted { cx: by_trust(&house), method: "/a".into() };
    tell.try_send(look).expect("there is room");
    eventually("it is kept", async || rows(&house).await.len() == 1).await;
    stop.cancel();
    running.await.expect("ends").expect("writes");
    assert_eq!(rows(&house).await.len(), 1, "once");
}
