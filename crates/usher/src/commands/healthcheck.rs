//! `usher healthcheck`: for containers, which carry no curl.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use clap::Args;

use crate::out;

/// Ask a running process of the platform whether it is ready.
#[derive(Debug, Args)]
pub struct Healthcheck {
    /// Address of the process; its admin listener on this machine unless given.
    #[arg(long, env = "USHER_URL", value_name = "URL")]
    pub url: Option<String>,
    /// Where the admin listener of the process is.
    #[arg(
        long,
        env = "USHER_ADMIN_LISTEN",
        value_name = "ADDRESS",
        default_value = "127.0.0.1:9080"
    )]
    pub admin_listen: SocketAddr,
}

/// Prints the answer; the exit code is 0 only for a ready process.
///
/// # Errors
/// No answer.
pub async fn healthcheck(args: Healthcheck) -> anyhow::Result<u8> {
    let mut admin = args.admin_listen;
    if admin.ip().is_unspecified() {
        admin.set_ip(IpAddr::V4(Ipv4Addr::LOCALHOST));
    }
    let url = args.url.unwrap_or_else(|| format!("http://{admin}"));
    let response = reqwest::get(format!("{}/readyz", url.trim_end_matches('/'))).await?;
    let ready = response.status().is_success();
    out::line(response.text().await?)?;
    Ok(if ready { 0 } else { 1 })
}
