//! Two processes of one platform: two relays, two workers, two consumers on one database and one stream.

use testkit::Platform;

use crate::{clients, once, stream};

#[tokio::test(flavor = "multi_thread")]
async fn two_platforms_bring_a_batch_in_together_without_loss_or_repeat() {
    let mild = sandbox::Config::default();
    let one = Platform::builder().faults(mild).start().await;
    let two = one.twin().await;
    let tenant = one.tenant("Two houses").await;
    let (here, there) = (tenant.admin().await, two.operator().await.within(tenant.id));
    // Relays and consumers of both have come in, and share.
    let shared = "select count(*) > 0 and bool_and(owners = 2) from
         (select count(distinct owner) as owners from bus_leases where expires_at > clock_timestamp()
          group by kind having count(*) > 1) as kinds";
    for service in ["user", "notifier", "provisioning"] {
        one.database().until(service, shared).await;
    }

    let (some, others) = tokio::join!(clients::invite(&here, 6), clients::invite(&there, 6));
    // Each is accepted at the house that did not invite.
    tokio::join!(clients::accept(&two, &some), clients::accept(&one, &others));
    let all = [some, others].concat();
    clients::become_active(&one, &there, &all).await;
    one.settled().await;
    once::each(one.database(), one.sandbox(), &all).await;
    stream::is_whole(one.database(), one.stream()).await;
    one.stop().await;
    // What is left runs on.
    let late = clients::bring_in(&two, &there, 1).await;
    two.settled().await;
    once::each(two.database(), two.sandbox(), &[all, late].concat()).await;
    stream::is_whole(two.database(), two.stream()).await;
    two.stop().await;
}
