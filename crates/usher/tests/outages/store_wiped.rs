//! Everything that NATS has stored is gone; the outboxes have it still.

use testkit::Platform;
use usher::commands::outbox::{Outbox, Replay, outbox};

use crate::{clients, once, own, stream};

#[tokio::test(flavor = "multi_thread")]
async fn a_wiped_stream_is_filled_again_by_itself_and_nothing_happens_twice() {
    let own = own::nats().await;
    let platform = Platform::builder().on(own.servers.clone()).start().await;
    let staff = platform.tenant("Refilled").await.admin().await;
    let mut all = clients::bring_in(&platform, &staff, 4).await;
    platform.settled().await;
    let (done, told) = (
        once::done(platform.database(), platform.sandbox()).await,
        stream::size(platform.stream()).await,
    );

    own.server.wipe_and_restart().await.expect("NATS starts anew");
    stream::is_whole(platform.database(), platform.stream()).await;
    platform.settled().await;
    assert_eq!(once::done(platform.database(), platform.sandbox()).await, done);
    assert_eq!(stream::size(platform.stream()).await, told);

    all.extend(clients::bring_in(&platform, &staff, 2).await);
    platform.settled().await;
    once::each(platform.database(), platform.sandbox(), &all).await;
    stream::is_whole(platform.database(), platform.stream()).await;
    platform.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wiped_stream_is_restored_by_hand_and_nothing_happens_twice() {
    let own = own::nats().await;
    let platform = Platform::builder().on(own.servers.clone()).start().await;
    let staff = platform.tenant("Replayed").await.admin().await;
    let mut all = clients::bring_in(&platform, &staff, 4).await;
    platform.settled().await;
    let done = once::done(platform.database(), platform.sandbox()).await;

    own.server.wipe_and_restart().await.expect("NATS starts anew");
    // Work that is under way while everything is told again, by hand and by itself.
    let (replayed, more) = tokio::join!(replay(&platform), clients::invite(&staff, 2));
    assert_eq!(replayed.expect("tells again"), 0);
    stream::is_whole(platform.database(), platform.stream()).await;
    clients::accept(&platform, &more).await;
    clients::become_active(&platform, &staff, &more).await;
    all.extend(more);
    platform.settled().await;
    once::each(platform.database(), platform.sandbox(), &all).await;

    // And once more, when nothing is under way.
    let before = once::done(platform.database(), platform.sandbox()).await;
    assert_ne!(before, done);
    assert_eq!(replay(&platform).await.expect("tells again"), 0);
    platform.settled().await;
    assert_eq!(once::done(platform.database(), platform.sandbox()).await, before);
    stream::is_whole(platform.database(), platform.stream()).await;
    platform.stop().await;
}

/// `usher outbox replay`.
async fn replay(platform: &Platform) -> anyhow::Result<u8> {
    let everything = Replay {
        service: None,
        tenant: None,
        fact: Vec::new(),
        subject: None,
        since: None,
        until: None,
        settings: platform.settings().clone(),
    };
    outbox(Outbox::Replay(everything)).await
}
