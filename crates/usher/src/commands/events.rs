//! `usher events tail`: the facts as they pass, one CloudEvent a line.

use clap::{Args, Subcommand};
use futures::StreamExt;

use crate::{api::Api, cli::Target, out};

/// The facts as they pass.
#[derive(Debug, Subcommand)]
pub enum Events {
    /// Print the facts as they pass, one CloudEvent (JSON) a line, until stopped.
    Tail(Tail),
}

/// Print the facts as they pass.
#[derive(Debug, Args)]
pub struct Tail {
    /// Only this tenant's facts (slug); those of all tenants unless given.
    #[arg(long, env = "USHER_TENANT")]
    pub tenant: Option<String>,
    /// Only kinds that match, with NATS wildcards, such as `user.invite.*` or `provisioning.>`.
    #[arg(long, env = "USHER_SUBJECT", default_value = "")]
    pub subject: String,
    /// Also those that passed already, from the oldest kept.
    #[arg(long, env = "USHER_REPLAY")]
    pub replay: bool,
    /// Stop after this many.
    #[arg(long, env = "USHER_COUNT")]
    pub count: Option<usize>,
    /// The platform.
    #[command(flatten)]
    pub target: Target,
}

/// Runs the command.
///
/// # Errors
/// The platform refuses, does not answer, or ends the stream.
pub async fn events(command: Events) -> anyhow::Result<u8> {
    let Events::Tail(args) = command;
    let subject: String = args.subject.replace('>', "%3E").replace('*', "%2A");
    let path = format!("/v1/stream?subject={subject}&replay={}", args.replay);
    let response = Api::of(&args.target)?.stream(args.tenant.as_deref(), &path).await?;
    let mut chunks = response.bytes_stream();
    let (mut pending, mut printed) = (Vec::new(), 0);
    while let Some(chunk) = chunks.next().await {
        pending.extend_from_slice(&chunk?);
        while let Some(end) = pending.iter().position(|byte| *byte == b'\n') {
            let line: Vec<u8> = pending.drain(..=end).collect();
            let line = String::from_utf8_lossy(&line);
            let Some(event) = line.strip_prefix("data:") else {
                continue;
            };
            out::line(event.trim())?;
            printed += 1;
            if args.count == Some(printed) {
                return Ok(0);
            }
        }
    }
    anyhow::bail!("the platform ended the stream")
}
