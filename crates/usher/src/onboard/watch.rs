//! How far the clients have come, polled from the platform, with a bar per stage.

use std::{
    collections::{BTreeSet, HashMap},
    time::Duration,
};

use indicatif::{MultiProgress, ProgressBar, ProgressStyle};
use serde::Deserialize;

use crate::api::Api;

/// The main path, in order.
const STAGES: [&str; 6] =
    ["invited", "email_confirmed", "workspace_registered", "token_added", "validated", "active"];

/// A client as the platform shows it.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Client {
    pub(super) client_id: String,
    pub(super) stage: String,
    pub(super) reason: String,
    pub(super) attempts: u32,
    pub(super) created_at: Option<jiff::Timestamp>,
    pub(super) active_at: Option<jiff::Timestamp>,
}

impl Client {
    /// Whether nothing more happens by itself.
    pub(super) fn is_settled(&self) -> bool {
        matches!(self.stage.as_str(), "active" | "failed" | "expired" | "revoked")
    }

    /// Seconds from invitation to active.
    pub(super) fn seconds(&self) -> Option<f64> {
        Some(self.active_at?.duration_since(self.created_at?).as_secs_f64())
    }
}

/// Every client of a tenant.
async fn clients_of(api: &Api, tenant: &str) -> anyhow::Result<Vec<Client>> {
    let rows = api.list(Some(tenant), "/v1/onboarding/clients", "clients").await?;
    rows.into_iter().map(|row| Ok(serde_json::from_value(row)?)).collect()
}

/// Watches until every client of `ours` is settled or the time is up; answers them as last seen.
pub(super) async fn until_settled(
    api: &Api,
    tenants: &BTreeSet<String>,
    ours: &BTreeSet<String>,
    wait: Duration,
) -> anyhow::Result<HashMap<String, Client>> {
    let (begun, bars) = (tokio::time::Instant::now(), Bars::new(ours.len() as u64));
    let mut seen: HashMap<String, Client> = HashMap::new();
    let mut silent_since: Option<tokio::time::Instant> = None;
    loop {
        match once(api, tenants, ours).await {
            Ok(now) => (seen, silent_since) = (now, None),
            // A platform that restarts is waited for; one that stays away is not.
            Err(failure) => {
                let since = *silent_since.get_or_insert_with(tokio::time::Instant::now);
                if since.elapsed() > Duration::from_secs(60) {
                    return Err(failure);
                }
            }
        }
        bars.show(&seen);
        if seen.len() == ours.len() && seen.values().all(Client::is_settled)
            || begun.elapsed() >= wait
        {
            bars.end();
            return Ok(seen);
        }
        let pace = if ours.len() > 500 { 1000 } else { 250 };
        tokio::time::sleep(Duration::from_millis(pace)).await;
    }
}

async fn once(
    api: &Api,
    tenants: &BTreeSet<String>,
    ours: &BTreeSet<String>,
) -> anyhow::Result<HashMap<String, Client>> {
    let mut seen = HashMap::new();
    for tenant in tenants {
        let clients = clients_of(api, tenant).await?.into_iter();
        let ours = clients.filter(|client| ours.contains(&client.client_id));
        seen.extend(ours.map(|client| (client.client_id.clone(), client)));
    }
    Ok(seen)
}

/// A bar per stage: how many clients have come at least that far.
struct Bars {
    bars: Vec<ProgressBar>,
}

impl Bars {
    fn new(total: u64) -> Self {
        let all = MultiProgress::new();
        let style = ProgressStyle::with_template("{prefix:>21} {bar:30.green/white} {pos}/{len}")
            .unwrap_or_else(|_| ProgressStyle::default_bar());
        let bar = |stage: &&'static str| {
            all.add(ProgressBar::new(total)).with_style(style.clone()).with_prefix(*stage)
        };
        Self { bars: STAGES.iter().map(bar).collect() }
    }

    fn show(&self, clients: &HashMap<String, Client>) {
        for (index, bar) in self.bars.iter().enumerate() {
            let reached = |client: &&Client| {
                STAGES.iter().position(|stage| *stage == client.stage).is_some_and(|at| at >= index)
            };
            bar.set_position(clients.values().filter(reached).count() as u64);
        }
    }

    fn end(&self) {
        for bar in &self.bars {
            bar.abandon();
        }
    }
}
