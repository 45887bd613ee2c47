//! The invitee as the sandbox plays it: reads the mail, opens the link, accepts with a password.

use std::time::Duration;

use anyhow::Context;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use kernel::Email;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::api::{Api, Problem};

#[derive(Deserialize)]
struct Mails {
    mails: Vec<Mail>,
}

#[derive(Deserialize)]
struct Mail {
    links: Vec<String>,
}

/// Accepts the invitation that was mailed to `email`, if its mail has come.
pub(super) async fn accept(api: &Api, sandbox: &str, email: &Email) -> anyhow::Result<()> {
    let link = link_for(sandbox, email).await?;
    let token = link.rsplit('/').next().context("the mailed link has no token")?;
    match open_and_accept(api, token).await {
        // A repeated run, or an answer that was lost on its way: accepted is accepted.
        Err(failure) if is_used(&failure) => Ok(()),
        answer => answer,
    }
}

/// Looking changes nothing; only the POST consumes the link.
async fn open_and_accept(api: &Api, token: &str) -> anyhow::Result<()> {
    let _shown: Value = api.get(None, &format!("/v1/invitations/{token}")).await?;
    let body = json!({"password": password()?});
    let path = format!("/v1/invitations/{token}/accept");
    let _accepted: Value = api.post_patiently(None, &path, &body).await?;
    Ok(())
}

fn is_used(failure: &anyhow::Error) -> bool {
    failure.downcast_ref::<Problem>().is_some_and(|problem| problem.code == "invitation_used")
}

/// The newest invitation link in the mail sink; waits a little for the mail.
async fn link_for(sandbox: &str, email: &Email) -> anyhow::Result<String> {
    let http = reqwest::Client::builder().timeout(Duration::from_secs(10)).build()?;
    let query = [("to", email.as_str()), ("format", "json"), ("wait_ms", "2000")];
    let asked = http.get(format!("{sandbox}/sandbox/mails")).query(&query).send().await;
    let mails: Mails =
        asked?.error_for_status()?.json().await.context("the sandbox's list of mails")?;
    let mut links = mails.mails.iter().rev().flat_map(|mail| mail.links.iter());
    let link = links.find(|link| link.contains("/invite/"));
    link.cloned().context("the mail has not come yet")
}

/// A password nobody needs to know: the sandbox's invitee signs in no more.
fn password() -> anyhow::Result<String> {
    let mut bytes = [0_u8; 24];
    aws_lc_rs::rand::fill(&mut bytes)
        .map_err(|_| anyhow::anyhow!("the system gives no randomness"))?;
    Ok(URL_SAFE_NO_PAD.encode(bytes))
}
