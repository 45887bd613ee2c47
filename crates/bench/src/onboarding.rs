//! The main job: how many clients a second become active, and how long each takes.

use std::{
    collections::{BTreeSet, HashMap},
    time::Duration,
};

use anyhow::{Context, Result, ensure};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use jiff::Timestamp;
use secrecy::SecretString;
use serde_json::Value;
use tokio::time::Instant;
use usher::{
    api::{Api, Running},
    onboard::{Job, Outcome, check},
};
use uuid::Uuid;

use crate::{
    ground::Ground,
    report::Figure,
    stats::{edges, percentile},
};

const PASSES: usize = 3;
const CLIENTS: usize = 200;
const TENANT: &str = "demo";

/// Stand-ins of the outside world without delay and without fault.
const CALM: &str = r#"{
    "legacy": {"latency": {"min_ms": 0, "max_ms": 0}, "mix": {}},
    "mail": {"latency": {"min_ms": 0, "max_ms": 0}, "mix": {}}
}"#;

pub(crate) const NOTES: [&str; 2] = [
    "200 clients through the HTTP API of `usher dev`; the sandbox's backend answers at once, its invitee reads the mail \
     and accepts, 8 at a time.",
    "All are invited before the first accepts, so time to active is mostly the queue for the invitee and its argon2 \
     hash; accepted to active is the platform's own time.",
];

/// Onboards, pass by pass until `deadline`, at least once.
///
/// # Errors
/// The platform does not start, or a client does not become active.
pub(crate) async fn measure(ground: &Ground, deadline: Instant) -> Result<Vec<Figure>> {
    let place = ground.place("onboarding").await?;
    let calm = place.data.join("sandbox.json");
    std::fs::write(&calm, CALM)?;
    let path = |path: &std::path::Path| path.to_str().map(str::to_owned).context("UTF-8");
    let (data, calm) = (path(&place.data)?, path(&calm)?);
    let mut args = vec!["dev", "--data", &data, "--port", "0"];
    args.extend(["--sandbox-config", &calm]);
    let child = place.usher(&args, &[]).await?;
    let known = Running::read(&place.data)?;
    let api = Api::new(known.url, known.token.map(SecretString::from), Some(known.admin_url))?;
    let mut passes = Vec::new();
    for _ in 0..PASSES {
        if passes.is_empty() || Instant::now() < deadline {
            passes.push(pass(&api).await?);
        }
    }
    child.stop().await?;
    let of = |value: fn(&Pass) -> f64| passes.iter().map(value).collect();
    Ok(vec![
        Figure::new("onboardings to active", "1/s", of(|pass| pass.rate)),
        Figure::new("invited to active p50", "s", of(|pass| percentile(&pass.whole, 50.0))),
        Figure::new("invited to active p95", "s", of(|pass| percentile(&pass.whole, 95.0))),
        Figure::new("accepted to active p50", "s", of(|pass| percentile(&pass.own, 50.0))),
        Figure::new("accepted to active p95", "s", of(|pass| percentile(&pass.own, 95.0))),
    ])
}

/// What one pass took, seconds.
struct Pass {
    rate: f64,
    whole: Vec<f64>,
    own: Vec<f64>,
}

async fn pass(api: &Api) -> Result<Pass> {
    let roles = BTreeSet::from(["client".to_owned()]);
    let checked = check(file().as_bytes(), &roles, Timestamp::now().into());
    ensure!(checked.rows.len() == CLIENTS, "{:?}", checked.faults);
    let wait = Duration::from_secs(120);
    let outcomes = usher::onboard::run(api, Job { checked, wait }).await?;
    if let Some(late) = outcomes.iter().find(|outcome| !outcome.is_active()) {
        anyhow::bail!("a client stands at {}: {}", late.stage, late.reason);
    }
    timing(api, &outcomes).await
}

/// Reads the platform's own record of when each client began, accepted and became active.
async fn timing(api: &Api, outcomes: &[Outcome]) -> Result<Pass> {
    let invites = api.list(Some(TENANT), "/v1/invites", "invites").await?;
    let accepted: HashMap<&str, f64> = invites
        .iter()
        .filter_map(|invite| Some((invite["inviteId"].as_str()?, at(invite, "acceptedAt")?)))
        .collect();
    let ours: BTreeSet<&str> = outcomes.iter().map(|one| one.client_id.as_str()).collect();
    let clients = api.list(Some(TENANT), "/v1/onboarding/clients", "clients").await?;
    let times = clients
        .iter()
        .filter(|client| client["clientId"].as_str().is_some_and(|id| ours.contains(id)))
        .filter_map(|client| {
            let accepted = accepted.get(client["inviteId"].as_str()?)?;
            Some((at(client, "createdAt")?, *accepted, at(client, "activeAt")?))
        });
    let times: Vec<(f64, f64, f64)> = times.collect();
    ensure!(times.len() == CLIENTS, "the platform forgot some clients");
    let begun: Vec<f64> = times.iter().map(|(begun, ..)| *begun).collect();
    let ended: Vec<f64> = times.iter().map(|(.., ended)| *ended).collect();
    Ok(Pass {
        rate: CLIENTS as f64 / (edges(&ended).1 - edges(&begun).0),
        whole: times.iter().map(|(begun, _, ended)| ended - begun).collect(),
        own: times.iter().map(|(_, accepted, ended)| ended - accepted).collect(),
    })
}

/// Seconds since the epoch.
fn at(object: &Value, field: &str) -> Option<f64> {
    let time: Timestamp = object[field].as_str()?.parse().ok()?;
    Some(time.as_duration().as_secs_f64())
}

/// A file of clients that nobody has seen before.
fn file() -> String {
    let mark = Uuid::now_v7().simple().to_string();
    let mut text = "email,name,role,spreadsheet_id,wb_token,tenant,locale\n".to_owned();
    for number in 0..CLIENTS {
        let token = token(&Uuid::new_v4().to_string());
        let row = format!(
            "client-{number}@{mark}.example,Client {number},client,{mark}-{number},{token},{TENANT},en\n"
        );
        text.push_str(&row);
    }
    text
}

/// A marketplace token as the platform wants it: a JWT of this seller that lives long, signed by nobody.
fn token(seller: &str) -> String {
    let part = |json: &str| URL_SAFE_NO_PAD.encode(json);
    let claims = format!(r#"{{"sid":"{seller}","exp":4102444800}}"#);
    let head = part(r#"{"alg":"ES256","typ":"JWT"}"#);
    format!("{head}.{}.{}", part(&claims), part("nobody"))
}
