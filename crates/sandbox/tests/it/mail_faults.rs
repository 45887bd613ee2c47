//! Every fault of the mail server.

use std::time::{Duration, Instant};

use sandbox::{
    Config, Latency, Sandbox,
    mail::{Fault, Mix, Outcome},
};

use crate::world::{Smtp, calm};

const MAIL: &[u8] = b"Subject: s\r\n\r\nbody";

async fn with(mail: sandbox::mail::Config) -> Sandbox {
    sandbox::start(Config { mail, ..Config::calm() }).await.unwrap()
}

#[tokio::test]
async fn the_first_mails_are_put_off() {
    let sandbox =
        with(sandbox::mail::Config { refuse_first: 2, ..sandbox::mail::Config::calm() }).await;
    let mut smtp = Smtp::hello(&sandbox).await;
    for reply in ["451 try again later\r\n", "451 try again later\r\n", "250 kept\r\n"] {
        assert_eq!(smtp.mail("a@x", MAIL).await, reply);
    }
    let outcomes: Vec<_> = sandbox.mail.attempts().iter().map(|a| a.outcome).collect();
    assert_eq!(outcomes, [Outcome::Refused, Outcome::Refused, Outcome::Kept]);
    assert_eq!(sandbox.mail.messages().len(), 1);
}

#[tokio::test]
async fn a_rejected_mail_is_not_kept() {
    let sandbox = calm().await;
    sandbox.mail.push_fault(Fault::Rejected);
    let mut smtp = Smtp::hello(&sandbox).await;
    assert_eq!(smtp.mail("a@x", MAIL).await, "554 not wanted\r\n");
    assert!(sandbox.mail.messages().is_empty());
}

#[tokio::test]
async fn a_dropped_connection_tells_the_sender_nothing() {
    let sandbox = calm().await;
    for (fault, reply, kept) in [
        (Fault::DroppedUnkept, "", 0),
        (Fault::DroppedBeforeReply, "", 1),
        (Fault::DroppedAfterReply, "250 kept\r\n", 2),
    ] {
        sandbox.mail.push_fault(fault);
        let mut smtp = Smtp::hello(&sandbox).await;
        assert_eq!(smtp.mail("a@x", MAIL).await, reply);
        assert_eq!(smtp.reply().await, "", "the connection is closed");
        assert_eq!(sandbox.mail.messages().len(), kept);
    }
}

#[tokio::test]
async fn the_answer_takes_the_configured_time() {
    let latency = Latency { min_ms: 60, max_ms: 60 };
    let sandbox = with(sandbox::mail::Config { latency, ..sandbox::mail::Config::calm() }).await;
    let mut smtp = Smtp::hello(&sandbox).await;
    let begun = Instant::now();
    smtp.mail("a@x", MAIL).await;
    assert!(begun.elapsed() >= Duration::from_millis(60));
}

#[tokio::test]
async fn the_random_mix_repeats_with_its_seed() {
    let mix = Mix { seed: 3, try_later: 0.4, ..Mix::default() };
    let mut runs = Vec::new();
    for _ in 0..2 {
        let sandbox = with(sandbox::mail::Config { mix, ..sandbox::mail::Config::calm() }).await;
        let mut smtp = Smtp::hello(&sandbox).await;
        for _ in 0..50 {
            smtp.mail("a@x", MAIL).await;
        }
        runs.push(sandbox.mail.attempts().iter().map(|a| a.fault).collect::<Vec<_>>());
    }
    assert_eq!(runs[0], runs[1]);
    assert!(runs[0].contains(&None) && runs[0].contains(&Some(Fault::TryLater)));
}
