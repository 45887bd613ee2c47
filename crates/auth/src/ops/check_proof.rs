//! Checks a stranger's proof and uses it up.

use std::time::Duration;

use aws_lc_rs::digest::{SHA256, digest};
use kernel::{Cx, Timestamp};

use super::{CAPTCHA_KEY, note_refusal::note_refusal};
use crate::{
    App, Captcha, Result,
    domain::{CaptchaRefusal, WorkProof},
    store,
};

/// Longer than any provider lets a token count.
const PROVIDED: Duration = Duration::from_secs(3_600);

/// A proof for an operation.
#[derive(Debug)]
pub(crate) struct CheckProof {
    pub(crate) operation: String,
    pub(crate) proof: String,
}

/// Whether the proof counts, for the first and only time. Everything that could say so wrongly says no: a provider that is
/// away lets nobody through.
pub(crate) async fn check_proof(app: &App, cx: &Cx, command: CheckProof) -> Result<()> {
    let CheckProof { operation, proof } = command;
    let checked = match &app.captcha {
        Captcha::Off => return Ok(()),
        Captcha::Work { .. } => check_work(app, &operation, &proof),
        Captcha::Provider(account) => account
            .verify(&operation, &proof, cx.ip.as_deref())
            .await
            .map(|()| (of_token(&proof), app.clock.now().after(PROVIDED))),
    };
    let used = match checked {
        Ok((digest, until)) => use_up(app, &digest, until).await,
        Err(refusal) => Err(refusal.into()),
    };
    let outcome = if used.is_ok() { "right" } else { "refused" };
    metrics::counter!("usher_auth_captchas_total", "outcome" => outcome).increment(1);
    if matches!(used, Err(crate::Error::Captcha(CaptchaRefusal::Refused))) {
        note_refusal(app, cx, "captcha").await;
    }
    used
}

/// What is kept of work that was done, and until when.
fn check_work(
    app: &App,
    operation: &str,
    proof: &str,
) -> Result<(Vec<u8>, Timestamp), CaptchaRefusal> {
    let proof = WorkProof::parse(proof)?;
    // The key may have been rotated since.
    let mut keys = app.vault.derive_each(CAPTCHA_KEY);
    if !keys.any(|key| proof.is_signed(&key.token(proof.payload()))) {
        return Err(CaptchaRefusal::Refused);
    }
    let until = proof.check(operation, app.clock.now())?;
    Ok((proof.digest(), until))
}

/// Lets one of those through that come with the same proof, in whatever process.
async fn use_up(app: &App, digest: &[u8], until: Timestamp) -> Result<()> {
    let mut tx = app.db.platform("use_proof", "who gives a proof is nobody yet").await?;
    let first = store::insert_captcha_use(&mut tx, digest, until).await?;
    tx.commit().await?;
    if first { Ok(()) } else { Err(CaptchaRefusal::Refused.into()) }
}

fn of_token(token: &str) -> Vec<u8> {
    digest(&SHA256, token.as_bytes()).as_ref().into()
}
