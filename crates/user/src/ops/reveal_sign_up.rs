//! Tells the notifier what a letter about a sign-up says.

use kernel::{Cx, Email, TenantId, Timestamp};
use secrecy::SecretString;
use uuid::Uuid;

use super::{SIGN_UP_CODE_KEY, SIGN_UP_KEY};
use crate::{
    App, Result,
    domain::{SignUpCode, SignUpKind, SignUpRefusal, SignUpSecret},
    peers, store,
};

/// What stands in the letter.
#[derive(Debug)]
pub(crate) struct SignUpLetter {
    pub(crate) url: SecretString,
    pub(crate) code: Option<SignUpCode>,
    pub(crate) expires_at: Timestamp,
    pub(crate) tenant_name: String,
    pub(crate) email: Email,
}

/// Link and code of a sign-up that is open; the same however often they are asked for.
pub(crate) async fn reveal_sign_up(
    app: &App,
    cx: &Cx,
    tenant: TenantId,
    sign_up_id: Uuid,
) -> Result<SignUpLetter> {
    let mut tx = app.db.tenant(tenant, "reveal_sign_up").await?;
    let sign_up = store::sign_up(&mut tx, sign_up_id).await?;
    let sign_up = sign_up.filter(|sign_up| sign_up.is_open(app.clock.now()));
    let sign_up = sign_up.ok_or(SignUpRefusal::LetterLost)?;
    let hash = store::sign_up_hash(&mut tx, sign_up_id).await?;
    tx.commit().await?;
    let kind = sign_up.kind.ok_or(SignUpRefusal::LetterLost)?;
    let (slug, tenant_name) = peers::tenant_address(app, cx, tenant).await?;
    let (url, code) = match kind {
        SignUpKind::Known => (app.public_url.sign_in_to(&slug).into(), None),
        SignUpKind::New => {
            // The key may have been rotated since it was asked for.
            let mut keys = app.vault.derive_each(SIGN_UP_KEY);
            let token = keys
                .find_map(|key| {
                    let token = SignUpSecret::from(key.token(sign_up_id.as_bytes()));
                    (token.hash() == hash).then_some(token)
                })
                .ok_or(SignUpRefusal::LetterLost)?;
            let code = app.vault.derive(SIGN_UP_CODE_KEY).token(sign_up_id.as_bytes());
            let url = app.public_url.sign_up(&slug, token.text());
            (url.into(), Some(SignUpCode::of(&code)))
        }
    };
    Ok(SignUpLetter {
        url,
        code,
        expires_at: sign_up.expires_at,
        tenant_name,
        email: sign_up.email,
    })
}
