//! A stream per test.

use async_nats::jetstream;
use testkit::{Stream, servers};

#[tokio::test]
async fn streams_are_apart_and_go_with_their_owners() {
    let (one, other) = (Stream::new().await, Stream::new().await);
    assert_ne!(one.place(), other.place());
    one.nats().await.ensure_stream().await.expect("makes the stream");
    other.nats().await.ensure_stream().await.expect("their subjects do not overlap");
    let name = one.place().name.clone();
    drop(one);
    let client = async_nats::connect(&servers().await.nats_url).await.expect("connects");
    let gone = jetstream::new(client).get_stream(&name).await;
    assert!(gone.is_err(), "a dropped stream is deleted");
    assert!(other.jetstream().await.get_stream(&other.place().name).await.is_ok());
}
