//! PostgreSQL stopped at once and started again while people work.

use std::sync::Arc;

use sqlx::PgConnection;
use testkit::{Platform, eventually};
use tokio::time::Instant;

use crate::{
    load::{Deed, Kept, Load},
    own, stream,
};

#[tokio::test(flavor = "multi_thread")]
async fn a_restart_of_postgres_puts_people_off_and_loses_nothing_that_was_acknowledged() {
    let own = own::postgres().await;
    let platform = Arc::new(Platform::builder().on(own.servers.clone()).start().await);
    let staff = platform.tenant("Busy").await.admin().await;
    let load = Load::begin(&platform, &staff);
    load.goes_on(&platform, 5).await;

    own.server.halt().await.expect("PostgreSQL goes");
    until_ready_is(&platform, 503).await;
    let before = Deed::ALL.map(|deed| load.refused(deed));
    eventually("everybody is put off", async || {
        let mut all = Deed::ALL.into_iter().zip(before);
        load.is_wrong() || all.all(|(deed, before)| load.refused(deed) > before)
    })
    .await;
    own.server.resume().await.expect("PostgreSQL returns");
    writes_again(&platform, &load).await;
    load.goes_on(&platform, 3).await;

    // So fast that a request may find a pool full of dead connections and a server that answers.
    for _ in 0..4 {
        own.server.restart().await.expect("PostgreSQL restarts");
        writes_again(&platform, &load).await;
        load.goes_on(&platform, 3).await;
    }
    until_ready_is(&platform, 200).await;

    let outcome = load.end().await;
    assert!(outcome.wrong.is_empty(), "{:#?}", outcome.wrong);
    platform.settled().await;
    let lost = lost(&mut platform.database().admin().await, &outcome.kept).await;
    assert!(lost.is_empty(), "acknowledged and lost, or done twice: {lost:#?}");
    stream::is_whole(platform.database(), platform.stream()).await;
    Arc::into_inner(platform).expect("the load is over").stop().await;
}

/// Invitations and events are written soon after the database answers.
async fn writes_again(platform: &Platform, load: &Load) {
    let answering = Instant::now();
    let writes = [Deed::Invite, Deed::Event];
    let before = writes.map(|deed| load.served(deed));
    platform
        .eventually("writes succeed", async || {
            let mut all = writes.into_iter().zip(before);
            load.is_wrong() || all.all(|(deed, before)| load.served(deed) > before)
        })
        .await;
    println!("writes succeed {:?} after PostgreSQL answers", answering.elapsed());
}

/// What was acknowledged and does not stand in the database exactly once.
async fn lost(admin: &mut PgConnection, kept: &[Kept]) -> Vec<Kept> {
    let mut lost = Vec::new();
    for one in kept {
        let (query, value) = match one {
            Kept::Invited(email) => {
                ("select count(*) from usher_user.invites where email = $1", email)
            }
            Kept::Accepted(email) => (
                "select count(*) from usher_user.invites
                     join usher_user.memberships using (tenant_id, user_id)
                     join usher_auth.credentials using (user_id)
                 where invites.email = $1 and invites.status = 'accepted' and credentials.state = 'active'",
                email,
            ),
            Kept::Event(title) => {
                ("select count(*) from usher_events.community_events where title = $1", title)
            }
        };
        let count = sqlx::query_scalar(query).bind(value).fetch_one(&mut *admin).await;
        let count: i64 = count.expect("counts");
        if count != 1 {
            lost.push(one.clone());
        }
    }
    lost
}

async fn until_ready_is(platform: &Platform, status: u16) {
    let anybody = platform.anonymous();
    eventually(&format!("/readyz says {status}"), async || {
        anybody.get("/readyz").await.status == status
    })
    .await;
}
