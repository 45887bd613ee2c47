//! NATS away for a while.

use std::time::Duration;

use futures::future::join_all;
use testkit::Platform;
use tokio::time::{Instant, sleep};

use crate::{clients, once, own, stream};

/// Long enough for every wait between two attempts to connect to grow to its longest.
const AWAY_FOR: Duration = Duration::from_secs(8);

#[tokio::test(flavor = "multi_thread")]
async fn while_nats_is_away_invitations_are_accepted_and_when_it_returns_all_become_active() {
    let own = own::nats().await;
    let platform = Platform::builder().on(own.servers.clone()).start().await;
    let staff = platform.tenant("Without a bus").await.admin().await;
    let mut all = clients::invite(&staff, 4).await;
    let token = async |client: &clients::Client| clients::token_for(&platform, &client.email).await;
    let tokens = join_all(all.iter().map(token)).await;

    own.server.halt().await.expect("NATS goes");
    hears_nothing(&platform).await;
    clients::accept_by(&platform.anonymous(), &tokens).await;
    let (mut late, outage) = (Vec::new(), Instant::now());
    while late.is_empty() || outage.elapsed() < AWAY_FOR {
        late.extend(clients::invite(&staff, 1).await);
        sleep(AWAY_FOR / 10).await;
    }
    hears_nothing(&platform).await;

    own.server.resume().await.expect("NATS returns");
    clients::accept(&platform, &late).await;
    all.extend(late);
    clients::become_active(&platform, &staff, &all).await;
    platform.settled().await;
    once::each(platform.database(), platform.sandbox(), &all).await;
    stream::is_whole(platform.database(), platform.stream()).await;
    platform
        .eventually("the platform is ready again", async || {
            platform.anonymous().get("/readyz").await.status == 200
        })
        .await;
    platform.stop().await;
}

/// Waits until the platform says that NATS is away.
async fn hears_nothing(platform: &Platform) {
    let anybody = platform.anonymous();
    platform
        .eventually("the platform misses NATS", async || {
            anybody.get("/readyz").await.body.contains("not connected")
        })
        .await;
}
