//! How commands print what they watch: a line for each state.

use anyhow::Context;
use futures::StreamExt;
use serde_json::Value;

use crate::{cli::Output, out};

/// Prints the states of a stream until it ends: in short, or as JSON.
pub(super) async fn print(
    output: Output,
    response: reqwest::Response,
    short: fn(&Value) -> String,
) -> anyhow::Result<()> {
    let (mut chunks, mut pending) = (response.bytes_stream(), Vec::new());
    while let Some(chunk) = chunks.next().await {
        pending.extend_from_slice(&chunk?);
        while let Some(end) = pending.iter().position(|byte| *byte == b'\n') {
            let line: Vec<u8> = pending.drain(..=end).collect();
            let line = String::from_utf8_lossy(&line);
            if line.starts_with("event: problem") || line.starts_with("event:problem") {
                anyhow::bail!("the platform ended the stream; watch again to go on");
            }
            let Some(state) = line.strip_prefix("data:") else {
                continue;
            };
            let told: Value = serde_json::from_str(state).context("a state that is no JSON")?;
            out::line(if output.json { state.trim().to_owned() } else { short(&told) })?;
        }
    }
    Ok(())
}
