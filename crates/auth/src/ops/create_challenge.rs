//! Makes a piece of work for a stranger.

use aws_lc_rs::rand;
use kernel::Timestamp;

use super::CAPTCHA_KEY;
use crate::{
    App, Captcha, Error, Result,
    domain::{CaptchaRefusal, Challenge},
};

/// A piece of work, signed.
#[derive(Debug)]
pub(crate) struct Made {
    pub(crate) text: String,
    pub(crate) difficulty: u8,
    pub(crate) expires_at: Timestamp,
}

/// A piece of work for one operation. Nothing is kept: whoever asks for a million fills no table.
pub(crate) fn create_challenge(app: &App, operation: &str) -> Result<Made> {
    let Captcha::Work { difficulty } = app.captcha else {
        return Err(CaptchaRefusal::NoWork.into());
    };
    if !wire::rules::captcha_operations().any(|known| known == operation) {
        return Err(CaptchaRefusal::OperationUnknown.into());
    }
    let mut random = [0; 16];
    rand::fill(&mut random).map_err(|_| Error::Hashing("the system gives no randomness".into()))?;
    let challenge = Challenge::new(operation, difficulty, &random, app.clock.now());
    let signature = app.vault.derive(CAPTCHA_KEY).token(challenge.payload().as_bytes());
    let text = challenge.text(&signature);
    Ok(Made { text, difficulty, expires_at: challenge.expires_at })
}
