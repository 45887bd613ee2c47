//! Proofs of strangers: work and providers' answers, each good once and for one operation.

use std::{sync::Arc, time::Duration};

use auth::{Captcha, CaptchaProvider, Siteverify};
use aws_lc_rs::digest::{SHA256, digest};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use futures::future::join_all;
use kernel::{Clock, Code};
use outbound::{Limits, Outbound, Trusted, Url};
use sandbox::siteverify::{self, Fault, Handle, Solved};
use tonic::Status;
use wire::{
    auth::v1::{
        Challenge, CheckProofRequest, CreateChallengeRequest, ShowCaptchaRequest,
        captchas_client::CaptchasClient,
    },
    call,
};

use crate::house::{House, ask, from, refusal};

const OPERATION: &str = "user.SignUps.AskSignUp";
const OTHER: &str = "auth.Letters.AskPasswordReset";
const REFUSED: (Code, &str) = (Code::Denied, "captcha_refused");
const AWAY: (Code, &str) = (Code::Unavailable, "captcha_unavailable");

impl House {
    fn captchas(&self) -> CaptchasClient<wire::Caller> {
        CaptchasClient::new(self.mesh_of("gateway"))
    }

    async fn challenge(&self, operation: &str) -> Result<Challenge, Status> {
        let request = CreateChallengeRequest { operation: operation.into() };
        Ok(self.captchas().create_challenge(ask(request)).await?.into_inner())
    }

    async fn check(&self, operation: &str, proof: &str) -> Result<(), Status> {
        let request = CheckProofRequest { operation: operation.into(), proof: proof.into() };
        self.captchas().check_proof(call(&from("192.0.2.7"), request)).await.map(|_| ())
    }

    async fn refused(&self, operation: &str, proof: &str) -> (Code, String) {
        refusal(self.check(operation, proof).await)
    }
}

/// The proof of a piece of work.
fn work(challenge: &Challenge) -> String {
    let bits = u32::try_from(challenge.difficulty).expect("few");
    let mut proofs = (0_u64..).map(|number| format!("{}.{number}", challenge.challenge));
    proofs.find(|proof| zeros(proof) >= bits).expect("there is one")
}

/// A number that is not enough work.
fn idle(challenge: &Challenge) -> String {
    let bits = u32::try_from(challenge.difficulty).expect("few");
    let mut proofs = (0_u64..).map(|number| format!("{}.{number}", challenge.challenge));
    proofs.find(|proof| zeros(proof) < bits).expect("there is one")
}

fn zeros(proof: &str) -> u32 {
    let sum = digest(&SHA256, proof.as_bytes());
    let head = sum.as_ref().iter().take(8).fold(0_u64, |head, byte| head << 8 | u64::from(*byte));
    head.leading_zeros()
}

async fn asking_for_work() -> House {
    House::start_asking_for(Captcha::Work { difficulty: 10 }).await
}

#[tokio::test]
async fn work_counts_once_for_its_operation_in_whatever_process() {
    let house = asking_for_work().await;
    let proof = work(&house.challenge(OPERATION).await.expect("is made"));
    assert_eq!(house.refused(OTHER, &proof).await, (REFUSED.0, REFUSED.1.into()));
    house.check(OPERATION, &proof).await.expect("counts");
    assert_eq!(house.refused(OPERATION, &proof).await.1, REFUSED.1, "a replay");
    let proof = work(&house.challenge(OPERATION).await.expect("is made"));
    // The database decides, so two replicas are no more than two callers at once.
    let answers = join_all((0..16).map(|_| house.check(OPERATION, &proof))).await;
    assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 1);
}

#[tokio::test]
async fn work_that_is_late_forged_too_little_or_no_work_is_refused() {
    let house = asking_for_work().await;
    assert_eq!(house.refused(OPERATION, "").await, (Code::Denied, "captcha_required".into()));
    let challenge = house.challenge(OPERATION).await.expect("is made");
    assert_eq!(house.refused(OPERATION, &idle(&challenge)).await.1, REFUSED.1, "too little");
    let (payload, signature) = challenge.challenge.split_once('.').expect("two parts");
    let payload = String::from_utf8(URL_SAFE_NO_PAD.decode(payload).expect("base64"));
    let easier = payload.expect("text").replace(" 10 ", " 0 ");
    let easier = format!("{}.{signature}", URL_SAFE_NO_PAD.encode(easier));
    let elsewhere = asking_for_work().await;
    let foreign = work(&elsewhere.challenge(OPERATION).await.expect("is made"));
    for forged in [format!("{easier}.0"), foreign, "x".repeat(5_000), "a.b.c\0".into()] {
        assert_eq!(house.refused(OPERATION, &forged).await.1, REFUSED.1, "{forged:.40}");
    }
    let proof = work(&challenge);
    house.clock.advance(Duration::from_secs(301));
    assert_eq!(house.refused(OPERATION, &proof).await.1, REFUSED.1, "too late");
    assert_eq!(house.text("select count(*)::text from captcha_uses").await, "0");
}

#[tokio::test]
async fn work_is_made_for_marked_operations_alone_and_kept_nowhere() {
    let house = asking_for_work().await;
    for operation in ["", "auth.Sessions.CreateSession", "user.SignUps.AskSignUp "] {
        let refused = refusal(house.challenge(operation).await);
        assert_eq!(refused, (Code::Invalid, "operation_unknown".into()), "{operation:?}");
    }
    let shown = house.captchas().show_captcha(ask(ShowCaptchaRequest {})).await.expect("shows");
    assert_eq!(shown.into_inner().kind, "work");
    let plain = House::start().await;
    plain.check(OPERATION, "").await.expect("nothing is asked for");
    assert_eq!(refusal(plain.challenge(OPERATION).await).1, "no_captcha_work");
}

/// A house that asks a provider, and the provider.
async fn asking(provider: CaptchaProvider) -> (House, Handle) {
    let handle = siteverify::start("the secret").await.expect("starts");
    let trusted = vec![Trusted::parse(&handle.authority()).expect("a host")];
    let outbound = Outbound::assemble(
        trusted,
        [].into(),
        Limits { trip: None, ..Limits::default() },
        Arc::new(Nowhere),
        Clock::system(),
    );
    let account = Siteverify {
        provider,
        url: Url::parse(&handle.url()).expect("an address"),
        site_key: "the site key".into(),
        secret: "the secret".into(),
        hosts: vec!["usher.example".into()],
        outbound: outbound.expect("TLS"),
    };
    (House::start_asking_for(Captcha::Provider(Arc::new(account))).await, handle)
}

/// The stand-in is called by its address; no name is looked up.
struct Nowhere;

impl outbound::Resolve for Nowhere {
    fn resolve(&self, _: outbound::Name) -> outbound::Resolving {
        Box::pin(async { Err("no names here".into()) })
    }
}

fn solved() -> Solved {
    Solved {
        hostname: "acme.usher.example".into(),
        action: Some("user_SignUps_AskSignUp".into()),
        score: None,
    }
}

#[tokio::test]
async fn a_providers_answer_counts_once_on_our_pages_and_for_its_action() {
    let (house, provider) = asking(CaptchaProvider::Turnstile).await;
    provider.solve("good", solved());
    house.check(OPERATION, "good").await.expect("counts");
    assert_eq!(provider.checks()[0].remote_ip.as_deref(), Some("192.0.2.7"));
    // Also where the provider would let it count again.
    provider.solve("good", solved());
    assert_eq!(house.refused(OPERATION, "good").await, (REFUSED.0, REFUSED.1.into()));
    for (name, bad) in [
        ("other-action", Solved { action: Some("auth_Letters_AskX".into()), ..solved() }),
        ("no-action", Solved { action: None, ..solved() }),
        ("other-host", Solved { hostname: "evil.example".into(), ..solved() }),
        ("host-that-ends-alike", Solved { hostname: "notusher.example".into(), ..solved() }),
        ("no-host", Solved { hostname: String::new(), ..solved() }),
    ] {
        provider.solve(name, bad);
        assert_eq!(house.refused(OPERATION, name).await.1, REFUSED.1, "{name}");
    }
    for bad in ["never-solved", "with space", &"x".repeat(4_097)] {
        assert_eq!(house.refused(OPERATION, bad).await.1, REFUSED.1, "{bad:.40}");
    }
    assert_eq!(house.refused(OPERATION, "").await.1, "captcha_required");
    let oversized = provider.checks().iter().any(|check| check.response.len() > 4_096);
    assert!(!oversized, "what is too long is not even asked about");
}

#[tokio::test]
async fn providers_that_name_no_action_are_measured_by_what_they_name() {
    let (house, provider) = asking(CaptchaProvider::Recaptcha).await;
    let plain = Solved { hostname: "usher.example".into(), ..Solved::default() };
    provider.solve("v2", plain.clone());
    house.check(OPERATION, "v2").await.expect("counts");
    provider.solve("v3", Solved { score: Some(0.9), ..solved() });
    house.check(OPERATION, "v3").await.expect("counts");
    provider.solve("robot", Solved { score: Some(0.1), ..solved() });
    assert_eq!(house.refused(OPERATION, "robot").await.1, REFUSED.1);
}

#[tokio::test]
async fn while_a_provider_is_away_or_does_not_know_us_nobody_passes() {
    let (house, provider) = asking(CaptchaProvider::Hcaptcha).await;
    let codes = |code: &str| Fault::Codes(vec![code.into()]);
    for fault in [
        Fault::Status(500),
        Fault::Status(429),
        Fault::Rubbish,
        Fault::Cut,
        codes("invalid-input-secret"),
        codes("internal-error"),
    ] {
        provider.solve("good", solved());
        provider.push_fault(fault.clone());
        let refused = house.refused(OPERATION, "good").await;
        assert_eq!(refused, (AWAY.0, AWAY.1.into()), "{fault:?}");
    }
    provider.push_fault(codes("timeout-or-duplicate"));
    assert_eq!(house.refused(OPERATION, "good").await.1, REFUSED.1);
    house.check(OPERATION, "good").await.expect("a fault used nothing up");
}

#[tokio::test]
async fn only_the_gateway_asks_whether_a_proof_counts() {
    let house = asking_for_work().await;
    let request = CheckProofRequest { operation: OPERATION.into(), proof: String::new() };
    let mut others = CaptchasClient::new(house.mesh_of("user"));
    assert_eq!(refusal(others.check_proof(ask(request)).await).0, Code::Denied);
}
