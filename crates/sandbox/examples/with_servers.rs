//! Runs a command with fresh private servers: `with_servers COMMAND [ARGUMENT...]`.
//!
//! The command finds them in DATABASE_URL and NATS_URL; they and all they stored are gone when it
//! ends. Its exit code is ours.

use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt;
use std::process::ExitCode;

use anyhow::Context;
use sandbox::private::{Durability, Servers};

#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<ExitCode> {
    let mut words = std::env::args_os().skip(1);
    let program = words.next().context("usage: with_servers COMMAND [ARGUMENT...]")?;
    let dir = tempfile::Builder::new().permissions(Permissions::from_mode(0o755)).tempdir()?;
    let servers = Servers::find_or_start_with(None, None, dir.path(), Durability::Fast).await?;
    let mut command = tokio::process::Command::new(&program);
    command.args(words).kill_on_drop(true);
    command.env("DATABASE_URL", servers.database_url()).env("NATS_URL", servers.nats_url());
    let status = command.status().await;
    servers.stop().await?;
    let status = status.with_context(|| format!("cannot run {}", program.display()))?;
    Ok(ExitCode::from(status.code().and_then(|code| u8::try_from(code).ok()).unwrap_or(1)))
}
