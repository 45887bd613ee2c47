//! `usher clients …`.

use std::io::Read;

use anyhow::Context;
use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::{listing, watching};
use crate::{
    api::Api,
    cli::{Output, Target},
    out,
};

/// Clients on their way to a working workspace.
#[derive(Debug, Subcommand)]
pub enum Clients {
    /// List the clients of a tenant.
    List(List),
    /// Show how far a client has come.
    Show(One),
    /// Print each change of a client until nothing more happens by itself.
    Watch(One),
    /// Try a failed client again from the step that failed.
    Retry(One),
    /// End a client's onboarding for good.
    Revoke(Revoke),
    /// Give a client another marketplace token; it is read from standard input.
    RotateToken(RotateToken),
}

/// List the clients of a tenant.
#[derive(Debug, Args)]
pub struct List {
    /// The tenant's slug.
    #[arg(long, env = "USHER_TENANT")]
    pub tenant: String,
    /// Only clients in this stage, for instance failed.
    #[arg(long, env = "USHER_STAGE", default_value = "")]
    pub stage: String,
    /// The platform.
    #[command(flatten)]
    pub target: Target,
    /// How results are printed.
    #[command(flatten)]
    pub output: Output,
}

/// One client.
#[derive(Debug, Args)]
pub struct One {
    /// The client's id.
    pub client: kernel::ClientId,
    /// The tenant's slug.
    #[arg(long, env = "USHER_TENANT")]
    pub tenant: String,
    /// The platform.
    #[command(flatten)]
    pub target: Target,
    /// How results are printed.
    #[command(flatten)]
    pub output: Output,
}

/// End a client's onboarding for good.
#[derive(Debug, Args)]
pub struct Revoke {
    /// Which client.
    #[command(flatten)]
    pub one: One,
    /// Why, for whoever asks later.
    #[arg(long, env = "USHER_REASON", default_value = "")]
    pub reason: String,
}

/// Give a client another marketplace token; it is read from standard input.
#[derive(Debug, Args)]
pub struct RotateToken {
    /// Which client.
    #[command(flatten)]
    pub one: One,
    /// Why; needed where the client has a token.
    #[arg(long, env = "USHER_REASON", default_value = "")]
    pub reason: String,
}

/// Longest token that is read, in bytes.
const LONGEST_TOKEN: u64 = 8192;

const COLUMNS: [&str; 6] = ["clientId", "email", "spreadsheetId", "stage", "reason", "updatedAt"];

/// Runs the command.
///
/// # Errors
/// The platform refuses or does not answer.
pub async fn clients(command: Clients) -> anyhow::Result<u8> {
    match command {
        Clients::List(args) => {
            let path = format!("/v1/onboarding/clients?stage={}", args.stage);
            let rows = Api::of(&args.target)?.list(Some(&args.tenant), &path, "clients").await?;
            listing::print(args.output, &rows, &COLUMNS)?;
        }
        Clients::Show(one) => {
            let path = one.path("status");
            let status: Value = Api::of(&one.target)?.get(Some(&one.tenant), &path).await?;
            one.print(&status)?;
        }
        Clients::Watch(one) => {
            let api = Api::of(&one.target)?;
            let response = api.stream(Some(&one.tenant), &one.path("status/watch")).await?;
            watching::print(one.output, response, short).await?;
        }
        Clients::Retry(one) => {
            let client = one.post("retry", &json!({})).await?;
            listing::print(one.output, &[client], &COLUMNS)?;
        }
        Clients::Revoke(args) => {
            let client = args.one.post("revoke", &json!({"reason": args.reason})).await?;
            listing::print(args.one.output, &[client], &COLUMNS)?;
        }
        Clients::RotateToken(args) => {
            let body = json!({
                "clientId": args.one.client.to_string(),
                "wbToken": token_of(std::io::stdin().lock())?,
                "reason": args.reason,
            });
            let api = Api::of(&args.one.target)?;
            let tenant = Some(args.one.tenant.as_str());
            let status: Value = api.post(tenant, "/v1/onboarding/wb-tokens", &body).await?;
            args.one.print(&status)?;
        }
    }
    Ok(0)
}

impl One {
    fn path(&self, what: &str) -> String {
        format!("/v1/onboarding/clients/{}/{what}", self.client)
    }

    async fn post(&self, what: &str, body: &Value) -> anyhow::Result<Value> {
        Api::of(&self.target)?.post(Some(&self.tenant), &self.path(what), body).await
    }

    /// The client with its steps, or all of it as JSON.
    fn print(&self, status: &Value) -> anyhow::Result<()> {
        if self.output.json {
            return out::line(serde_json::to_string(status)?).map_err(Into::into);
        }
        listing::print(self.output, &[status["client"].clone()], &COLUMNS)?;
        let steps = status["steps"].as_array().cloned().unwrap_or_default();
        listing::print(self.output, &steps, &["name", "state", "attempts", "reason", "message"])
    }
}

/// A state in one line: stage, job and the step that is under way.
fn short(state: &Value) -> String {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let (stage, job) = (text(&state["client"]["stage"]), text(&state["jobState"]));
    let reason = text(&state["client"]["reason"]);
    format!("{stage}  (job {job})  {reason}").trim_end().to_owned()
}

/// The token that `input` holds; never from the command line, where others on the machine may read it.
fn token_of(input: impl Read) -> anyhow::Result<String> {
    let mut text = String::new();
    input.take(LONGEST_TOKEN).read_to_string(&mut text).context("standard input is no text")?;
    let token = text.trim().to_owned();
    anyhow::ensure!(!token.is_empty(), "give the token on standard input");
    Ok(token)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_state_is_told_in_one_line() {
        let state = json!({"client": {"stage": "failed", "reason": "No."}, "jobState": "failed"});
        assert_eq!(short(&state), "failed  (job failed)  No.");
    }

    #[test]
    fn a_token_is_read_without_the_line_break_that_ends_it() {
        assert_eq!(token_of("abc.def.ghi\n".as_bytes()).expect("a token"), "abc.def.ghi");
        assert!(token_of(" \n".as_bytes()).is_err());
    }
}
