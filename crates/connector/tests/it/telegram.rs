//! What a bot sends, and what nobody ever sees of it.

use std::{
    pin::pin,
    task::{Context, Waker},
    time::Duration,
};

use connector::{Connector, Kind, telegram::Chat};
use sandbox::telegram::{ChatKind, Fault, Standing};
use secrecy::ExposeSecret;
use tracing::{Dispatch, subscriber::NoSubscriber};
use tracing_subscriber::fmt::format::FmtSpan;

use crate::world::{Log, World};

fn texts(world: &World) -> Vec<String> {
    world.sandbox.telegram.messages().iter().map(|message| message.text.clone()).collect()
}

#[tokio::test]
async fn a_long_report_arrives_in_order_cut_between_paragraphs() {
    let world = World::new().await;
    let telegram = world.telegram("42");
    let paragraphs = ["я".repeat(4000), "😀".repeat(1500), "last".to_owned()];
    let sent = telegram.send(telegram.chat(), &paragraphs.join("\n\n"), 0).await.expect("sent");
    let expected = [paragraphs[0].clone(), format!("{}\n\nlast", paragraphs[1])];
    assert_eq!(texts(&world), expected);
    assert_eq!(sent.message_ids, [1, 2]);
    assert_eq!((sent.chat_id, sent.moved_to), (Some(42), None));
}

#[tokio::test]
async fn a_broken_send_goes_on_behind_what_stands() {
    let world = World::new().await;
    let telegram = world.telegram("42");
    let text = format!("{}\n\n{}", "a".repeat(4000), "b".repeat(4000));
    world.sandbox.telegram.push_fault("sendMessage", Fault::ServerError);
    let broken = telegram.send(telegram.chat(), &text, 0).await.expect_err("the first part");
    assert!(broken.sent.message_ids.is_empty() && broken.sent.receipt().is_none());
    let first = telegram.send(telegram.chat(), &text[..4000], 0).await.expect("sent");
    assert_eq!(first.message_ids.len(), 1);
    let rest = telegram.send(telegram.chat(), &text, 1).await.expect("sent");
    assert_eq!(rest.message_ids.len(), 1);
    assert_eq!(texts(&world), [&text[..4000], &text[4002..]]);
}

#[tokio::test]
async fn a_group_that_moved_is_followed_once_and_its_new_id_told() {
    let world = World::new().await;
    let new = -1_009_999_999_999;
    let bot = &world.sandbox.telegram;
    bot.add_chat(sandbox::telegram::Chat::new(new, ChatKind::Supergroup, "Sales"));
    bot.set_standing(-77, Standing::Moved(new));
    let telegram = world.telegram("-77");
    let text = format!("{}\n\n{}", "a".repeat(4000), "b".repeat(4000));
    let sent = telegram.send(telegram.chat(), &text, 0).await.expect("sent");
    assert_eq!((sent.moved_to, sent.chat_id), (Some(new), Some(new)));
    assert!(bot.messages().iter().all(|message| message.chat_id == new));
    let named: Vec<_> = bot.calls().iter().map(|call| call.chat_id.clone().expect("one")).collect();
    assert_eq!(named, ["-77".to_owned(), new.to_string(), new.to_string()]);
    bot.set_standing(new, Standing::Moved(-5));
    let broken = telegram.send(&Chat::Id(-77), "again", 0).await.expect_err("moved twice");
    assert_eq!(broken.fault.reason, "telegram_chat_moved");
    assert_eq!(broken.sent.moved_to, Some(new), "the first move is told all the same");
}

#[tokio::test]
async fn nothing_is_sent_that_telegram_would_not_take() {
    let world = World::new().await;
    let telegram = world.telegram("42");
    let long = "a b ".repeat(25_000);
    for (text, reason) in [
        ("", "telegram_text_empty"),
        (" \n\u{3000}", "telegram_text_empty"),
        (long.as_str(), "telegram_text_too_long"),
    ] {
        let broken = telegram.send(telegram.chat(), text, 0).await.expect_err("refused");
        assert_eq!(broken.fault.reason, reason);
    }
    assert!(world.sandbox.telegram.calls().is_empty());
}

#[tokio::test]
async fn one_chat_is_written_to_once_a_second_and_others_do_not_wait() {
    let world = World::new().await;
    let (one, other) = (world.telegram("42"), world.telegram("-77"));
    one.send(one.chat(), "at once", 0).await.expect("sent");
    // Each of these waits a second longer than the one before, and is given up at once.
    for _ in 1..15 {
        let mut waiting = pin!(one.send(one.chat(), "given up", 0));
        let polled = waiting.as_mut().poll(&mut Context::from_waker(Waker::noop()));
        assert!(polled.is_pending(), "it waits");
    }
    let late = one.send(one.chat(), "too late", 0).await.expect_err("no turn in time").fault;
    assert_eq!((late.kind, late.retry_after), (Kind::Paced, Some(Duration::from_secs(15))));
    other.send(other.chat(), "to another", 0).await.expect("sent");
    assert_eq!(texts(&world), ["at once", "to another"]);
}

#[tokio::test]
async fn the_token_is_in_no_log_fault_or_debug_although_it_is_in_every_address() {
    let log = Log::default();
    // With one subscriber only, a test beside this one could switch spans off that it meets first.
    let _second = Dispatch::new(NoSubscriber::new());
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_span_events(FmtSpan::FULL)
        .with_writer(log.clone())
        .finish();
    let _guard = tracing::subscriber::set_default(subscriber);
    let world = World::new().await;
    let telegram = world.telegram("42");
    let token = world.sandbox.telegram.token().expose_secret().to_owned();
    let secret = token.split_once(':').expect("two parts").1;
    let echo = |status| Fault::Refused { status, description: format!("bot{token}: no {secret}") };
    let mut shown = format!("{telegram:?}");
    for fault in [echo(400), echo(403), echo(500), Fault::CutAnswer, Fault::BadGateway] {
        world.sandbox.telegram.push_fault("getMe", fault);
        let fault = telegram.check().await.expect_err("a fault");
        shown += &format!("{fault:?} {fault} {} {}", fault.user, fault.operator);
    }
    shown += &format!("{:?}", telegram.check().await);
    shown += &log.text();
    assert!(shown.contains("outbound.call") && shown.contains("no ***"), "{shown}");
    assert!(!shown.contains(secret), "{shown}");
}
