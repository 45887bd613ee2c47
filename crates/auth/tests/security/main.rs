//! What only a clock can tell: whether answers of one text also take one time. Not part of `make test`, since a busy machine
//! blurs it; `make test-security` runs it.

use std::time::{Duration, Instant};

use auth::{App, Hasher, KeyPolicy, Lifetimes, Relying, Signer};
use boot::Host;
use kernel::{Clock, Cx};
use testkit::{Database, Neighbours, Stream, cx_of_platform};
use vault::{Keyring, MasterKey, Vault};
use wire::{
    Mesh,
    auth::v1::{
        ActivateCredentialRequest, AskPasswordResetRequest, CreateSessionRequest,
        StageCredentialRequest, credentials_client::CredentialsClient,
        letters_client::LettersClient, sessions_client::SessionsClient,
    },
    call,
};

/// Samples of each kind.
const SAMPLES: usize = 500;

/// The largest distance of two empirical distributions of one law, at the level 0.01 (Kolmogorov and Smirnov).
fn bound(samples: usize) -> f64 {
    1.628 * (2.0 / count(samples)).sqrt()
}

fn count(samples: usize) -> f64 {
    f64::from(u32::try_from(samples).expect("few"))
}

/// The distance of two empirical distributions.
fn distance(mut one: Vec<f64>, mut other: Vec<f64>) -> f64 {
    one.sort_by(f64::total_cmp);
    other.sort_by(f64::total_cmp);
    let below =
        |list: &[f64], at: f64| count(list.partition_point(|x| *x <= at)) / count(list.len());
    let points = one.iter().chain(&other).copied();
    points.map(|at| (below(&one, at) - below(&other, at)).abs()).fold(0.0, f64::max)
}

/// The way outside, which nothing here takes.
fn outbound() -> outbound::Outbound {
    let config = outbound::Config {
        outbound_trusted_hosts: Vec::new(),
        outbound_ports: vec![443],
        outbound_connect_timeout_ms: 2_000,
        outbound_host_concurrency: 64,
    };
    config.build(Clock::system()).expect("a client")
}

/// The service, and somebody who signs in as `ann@example.com`.
async fn house() -> (Mesh, Neighbours, Database, Stream, Host) {
    let (database, stream) = (Database::new().await, Stream::new().await);
    let (host, neighbours) = (Host::new(), Neighbours::new());
    let master = MasterKey::parse(&MasterKey::draw().expect("drawn")).expect("a key");
    let app = App {
        db: database.db(auth::NAME),
        nats: stream.nats().await,
        clock: Clock::system(),
        hasher: Hasher::new(),
        vault: Vault::new(Keyring { current: master, older: Vec::new() }),
        mesh: neighbours.mesh(auth::NAME),
        outbound: outbound(),
        relying: Relying::build("https://usher.example", None, &[]).expect("a domain"),
        public_url: "https://usher.example".into(),
        lifetimes: Lifetimes::default(),
        mesh: neighbours.mesh(auth::NAME),
        keys: KeyPolicy::default(),
        signer: Signer::default(),
        access_life: Duration::from_secs(300),
        captcha: auth::Captcha::Off,
        ban_after: 0,
    };
    let guarded = auth::start(&app, neighbours.trust(), &host).expect("every RPC has a rule");
    neighbours.settle(auth::NAME, guarded);
    let mut credentials = CredentialsClient::new(neighbours.mesh("user").to(auth::NAME));
    let user_id = testkit::user().to_string();
    let stage = StageCredentialRequest {
        user_id: user_id.clone(),
        email: "ann@example.com".into(),
        password: "seven slow green canaries".into(),
        words: Vec::new(),
    };
    let staged = credentials.stage_credential(call(&cx_of_platform(), stage)).await;
    let credential_id = staged.expect("stages").into_inner().credential_id;
    let activate = ActivateCredentialRequest { user_id, credential_id };
    credentials.activate_credential(call(&cx_of_platform(), activate)).await.expect("activates");
    let mesh = neighbours.mesh("gateway");
    (mesh, neighbours, database, stream, host)
}

/// Measures both kinds in turn, so that whatever slows the machine slows both.
async fn compare(what: &str, database: &Database, mut ask: impl AsyncFnMut(&str, usize)) {
    let mut times = [Vec::new(), Vec::new()];
    for n in 0..SAMPLES {
        forget(database).await;
        // Whichever comes first after that is slower: each comes first every other time.
        for kind in [n % 2, 1 - n % 2] {
            let began = Instant::now();
            ask(["ann@example.com", "nobody@example.com"][kind], n).await;
            times[kind].push(began.elapsed().as_secs_f64());
        }
    }
    let [known, unknown] = times;
    let seen = distance(known, unknown);
    println!("{what}: distance {seen:.4}, at most {:.4}", bound(SAMPLES));
    assert!(seen < bound(SAMPLES), "{what}: the time tells known from unknown ({seen:.4})");
}

/// Forgets all tries, so that none is put off.
async fn forget(database: &Database) {
    let mut admin = database.admin_of(auth::NAME).await;
    sqlx::query("delete from throttles").execute(&mut admin).await.expect("forgets");
}

fn from(n: usize) -> Cx {
    Cx { ip: Some(format!("198.51.{}.{}", n / 250, n % 250)), ..cx_of_platform() }
}

#[tokio::test]
async fn a_wrong_password_and_an_unknown_address_take_one_time() {
    let (mesh, _neighbours, database, _stream, _host) = house().await;
    compare("sign-in", &database, async |email, n| {
        let wish = CreateSessionRequest { email: email.into(), password: "wrong words".into() };
        let mut sessions = SessionsClient::new(mesh.to(auth::NAME));
        let refused = sessions.create_session(call(&from(n), wish)).await.expect_err("is refused");
        assert_eq!(wire::code_of(&refused).reason, "wrong_credentials");
    })
    .await;
}

#[tokio::test]
async fn a_letter_to_a_known_and_to_an_unknown_address_is_asked_for_in_one_time() {
    let (mesh, _neighbours, database, _stream, _host) = house().await;
    compare("a letter", &database, async |email, n| {
        let wish = AskPasswordResetRequest { email: email.into(), locale: String::new() };
        let mut letters = LettersClient::new(mesh.to(auth::NAME));
        letters.ask_password_reset(call(&from(n), wish)).await.expect("is answered alike");
    })
    .await;
}
