//! Each way in which the Bot API says no.

use std::time::Duration;

use connector::{Class, Connector, Effect, Fault, Kind, Light};
use sandbox::telegram::{Fault as Played, Standing, Told};

use crate::world::World;

/// What sending says under a fault.
async fn told(world: &World, fault: Played) -> Fault {
    world.sandbox.telegram.push_fault("sendMessage", fault);
    let telegram = world.telegram("-1001234567890");
    telegram.send(telegram.chat(), "hello", 0).await.expect_err("a fault").fault
}

#[tokio::test]
async fn a_bot_that_may_not_write_needs_somebody_to_mend_it() {
    let world = World::new().await;
    for (standing, reason, user) in [
        (Standing::Kicked, "telegram_bot_kicked", "add it again"),
        (Standing::Blocked, "telegram_bot_blocked", "unblock"),
        (Standing::NotStarted, "telegram_not_started", "press Start"),
    ] {
        world.sandbox.telegram.set_standing(-77, standing);
        let telegram = world.telegram("-77");
        let fault = telegram.sample(1).await.expect_err("refused");
        assert_eq!((fault.reason.as_ref(), fault.class), (reason, Class::Config));
        assert_eq!((fault.kind, fault.effect), (Kind::Forbidden, Effect::None));
        assert!(fault.user.contains(user), "{}", fault.user);
    }
    let nowhere = world.telegram("-5");
    let fault = nowhere.send(nowhere.chat(), "hello", 0).await.expect_err("no chat").fault;
    assert_eq!((fault.reason.as_ref(), fault.class), ("telegram_chat_not_found", Class::Config));
    assert!(world.sandbox.telegram.messages().is_empty());
}

#[tokio::test]
async fn a_token_that_is_not_accepted_is_red() {
    let world = World::new().await;
    let telegram = world.telegram("42");
    telegram.check().await.expect("holds");
    world.sandbox.telegram.set_token("123456:another-token-of-the-bot".into());
    let refused = telegram.check().await;
    assert_eq!(Light::after(&refused), Light::Red);
    assert_eq!(refused.expect_err("refused").reason, "telegram_key_refused");
    // A token whose shape the real one does not know is a path that is not there.
    let gone = Played::Refused { status: 404, description: "Not Found".into() };
    world.sandbox.telegram.push_fault("getMe", gone);
    assert_eq!(telegram.check().await.expect_err("refused").kind, Kind::KeyRefused);
}

#[tokio::test]
async fn the_pause_that_telegram_asks_for_is_told_and_kept() {
    for where_told in [Told::Both, Told::Body, Told::Header] {
        let world = World::new().await;
        let limited = Played::RateLimited { retry_after: 40, told: where_told };
        let fault = told(&world, limited).await;
        assert_eq!((fault.reason.as_ref(), fault.effect), ("telegram_rate_limited", Effect::None));
        assert_eq!(fault.retry_after, Some(Duration::from_secs(40)), "{where_told:?}");
        let telegram = world.telegram("-1001234567890");
        let held = telegram.send(telegram.chat(), "again", 0).await.expect_err("held").fault;
        assert_eq!((held.kind, held.class), (Kind::Paced, Class::Transient));
        assert_eq!(held.retry_after, Some(Duration::from_secs(40)));
        let other = world.telegram("42");
        other.send(other.chat(), "hello", 0).await.expect("another chat is not held");
        let calls = world.sandbox.telegram.calls();
        assert_eq!(calls.iter().filter(|call| call.method == "sendMessage").count(), 2);
    }
}

#[tokio::test]
async fn a_failing_telegram_may_have_sent_the_message() {
    let world = World::new().await;
    let fault = told(&world, Played::ServerError).await;
    assert_eq!((fault.reason.as_ref(), fault.effect), ("telegram_failed", Effect::Unknown));
    let world = World::new().await;
    let fault = told(&world, Played::BadGateway).await;
    assert_eq!((fault.reason.as_ref(), fault.class), ("telegram_failed", Class::Transient));
    let world = World::new().await;
    let fault = told(&world, Played::CutAnswer).await;
    assert_eq!(
        (fault.reason.as_ref(), fault.effect),
        ("telegram_connection_lost", Effect::Unknown)
    );
    assert_eq!(world.sandbox.telegram.messages().len(), 1, "it did");
}

#[tokio::test]
async fn a_refused_text_is_told_in_telegrams_words() {
    let world = World::new().await;
    let description = "Bad Request: can't parse entities: unclosed tag".to_owned();
    let fault = told(&world, Played::Refused { status: 400, description }).await;
    assert_eq!((fault.reason.as_ref(), fault.class), ("telegram_rejected", Class::Config));
    assert!(fault.user.contains("unclosed tag"), "{}", fault.user);
    let world = World::new().await;
    let strange = Played::Refused { status: 302, description: "moved".into() };
    let fault = told(&world, strange).await;
    assert_eq!((fault.reason.as_ref(), fault.class), ("telegram_redirected", Class::Config));
}
