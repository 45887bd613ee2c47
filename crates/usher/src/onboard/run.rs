//! Submits the rows, plays the invitee where the sandbox does, watches, reports.

use std::{
    collections::{BTreeSet, HashMap},
    time::Duration,
};

use futures::{StreamExt, stream};
use secrecy::ExposeSecret;
use serde_json::{Value, json};

use super::{
    Checked, Outcome, Row, invitee, report,
    watch::{self, Client},
};
use crate::{api::Api, out};

/// Rows submitted at once.
const AT_ONCE: usize = 8;

/// One run of the main job.
#[derive(Debug)]
pub struct Job {
    /// The checked file; every good row names its tenant.
    pub checked: Checked,
    /// How long to wait for the clients to become active.
    pub wait: Duration,
}

/// Brings every good row to `active`, or says how far it came. Repeating it resumes.
///
/// # Errors
/// The platform does not answer or refuses the operator. A row that is refused is an outcome, not an error.
pub async fn run(api: &Api, job: Job) -> anyhow::Result<Vec<Outcome>> {
    let rows = &job.checked.rows;
    let submitted: HashMap<usize, Result<Client, String>> = stream::iter(rows)
        .map(|row| async move { (row.number, submit(api, row).await) })
        .buffer_unordered(AT_ONCE)
        .collect()
        .await;
    let before: BTreeSet<String> = submitted
        .values()
        .filter_map(|client| client.as_ref().ok())
        .filter(|client| client.stage == "active")
        .map(|client| client.client_id.clone())
        .collect();
    let ours: BTreeSet<String> = submitted
        .values()
        .filter_map(|client| Some(client.as_ref().ok()?.client_id.clone()))
        .collect();
    // A tenant that was refused with its rows is not asked about again.
    let known = rows.iter().filter(|row| matches!(submitted.get(&row.number), Some(Ok(_))));
    let tenants: BTreeSet<String> =
        known.filter_map(|row| Some(row.tenant.as_ref()?.to_string())).collect();
    let playing = play(api, rows, &submitted);
    let watching = watch::until_settled(api, &tenants, &ours, job.wait);
    let seen = tokio::select! {
        seen = watching => seen?,
        never = playing => match never {},
    };
    Ok(rows.iter().map(|row| outcome(row, submitted.get(&row.number), &seen, &before)).collect())
}

/// Onboards one row; a client that failed earlier is tried again.
async fn submit(api: &Api, row: &Row) -> Result<Client, String> {
    let tenant = row.tenant.as_ref().map(kernel::Slug::as_str);
    let body = json!({
        "email": row.email.as_str(),
        "name": row.name.as_str(),
        "role": row.role,
        "spreadsheetId": row.spreadsheet_id,
        "wbToken": row.wb_token.expose_secret(),
        "locale": row.locale.as_str(),
    });
    let work = async {
        let client: Client = api.post_patiently(tenant, "/v1/onboarding/clients", &body).await?;
        if client.stage != "failed" {
            return Ok(client);
        }
        let again = format!("/v1/onboarding/clients/{}/retry", client.client_id);
        api.post_patiently(tenant, &again, &Value::Object(serde_json::Map::new())).await
    };
    work.await.map_err(|failure: anyhow::Error| format!("{failure:#}"))
}

/// Plays every invitee that has not accepted yet; ends only with the watch. Without a sandbox people accept themselves.
async fn play(
    api: &Api,
    rows: &[Row],
    submitted: &HashMap<usize, Result<Client, String>>,
) -> std::convert::Infallible {
    let is_waiting = |row: &&Row| matches!(submitted.get(&row.number), Some(Ok(client)) if client.stage == "invited");
    let mut waiting: Vec<&Row> = rows.iter().filter(is_waiting).collect();
    if let Some(sandbox) = api.sandbox.as_deref().filter(|_| !waiting.is_empty()) {
        eprintln!(
            "The sandbox plays the invitees: it reads each mail, opens the link and accepts."
        );
        // In rounds, so that those who cannot accept yet hold nobody up.
        while !waiting.is_empty() {
            let tried = stream::iter(waiting).map(async |row| {
                let accepted = invitee::accept(api, sandbox, &row.email).await;
                accepted.err().map(|failure| (row, failure))
            });
            let failed: Vec<(&Row, anyhow::Error)> =
                tried.buffer_unordered(AT_ONCE).filter_map(async |failed| failed).collect().await;
            for (row, failure) in &failed {
                tracing::debug!(row = row.number, %failure, "the invitee could not accept yet");
            }
            waiting = failed.into_iter().map(|(row, _)| row).collect();
            tokio::time::sleep(Duration::from_millis(500)).await;
        }
    } else if !waiting.is_empty() {
        eprintln!(
            "Waiting for people to accept; the job goes on by itself if you stop this command."
        );
    }
    std::future::pending().await
}

fn outcome(
    row: &Row,
    submitted: Option<&Result<Client, String>>,
    seen: &HashMap<String, Client>,
    before: &BTreeSet<String>,
) -> Outcome {
    let (client, refused) = match submitted {
        Some(Ok(client)) => (seen.get(&client.client_id).unwrap_or(client).clone(), String::new()),
        Some(Err(refused)) => (Client::default(), refused.clone()),
        None => (Client::default(), "was not submitted".into()),
    };
    Outcome {
        row: row.number,
        client: row.email.to_string(),
        already: before.contains(&client.client_id),
        stage: if client.stage.is_empty() { "not started".into() } else { client.stage.clone() },
        attempts: client.attempts,
        seconds: client.seconds(),
        reason: if refused.is_empty() { client.reason } else { refused },
        client_id: client.client_id,
    }
}

impl Job {
    /// Prints what became of every row, to standard output.
    ///
    /// # Errors
    /// None but a closed output.
    pub fn print(checked: &Checked, outcomes: &[Outcome], json: Format) -> anyhow::Result<()> {
        match json {
            Format::Json => {
                out::line(serde_json::to_string(
                    &json!({"rows": outcomes, "refused": checked.faults}),
                )?)?;
            }
            Format::Table => out::line(report::table(outcomes, &checked.faults))?,
        }
        eprintln!("{}", report::summary(outcomes, &checked.faults));
        Ok(())
    }
}

/// How the outcomes are printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// For programs.
    Json,
    /// For people.
    Table,
}
