//! Writes the letter to a stranger who signs up.

use kernel::{Cx, Locale, PersonName};
use uuid::Uuid;
use wire::{
    call, instant,
    user::v1::{RevealSignUpRequest, SignUpSecrets, sign_ups_client::SignUpsClient},
};

use super::{
    send_message::Unsent,
    write_email_change::{refused, web_address},
};
use crate::{
    App,
    letter::{Letter, SignUp},
};

/// The letter as it stands now, while the sign-up is open.
pub(super) async fn write_sign_up(
    app: &App,
    cx: &Cx,
    sign_up_id: Uuid,
    locale: &Locale,
) -> Result<Letter, Unsent> {
    let secrets = reveal(app, cx, sign_up_id).await?;
    let expires_at =
        instant(secrets.expires_at.as_ref()).ok_or(Unsent::Fault("the link has no end"))?;
    let tenant = PersonName::parse(&secrets.tenant_name).ok();
    let sign_up = SignUp {
        tenant: tenant.as_ref(),
        url: web_address(&secrets.url)?,
        code: &secrets.code,
        expires_at,
    };
    // Who has an account gets no code.
    let letter = match secrets.code.as_str() {
        "" => sign_up.known(locale),
        _ => sign_up.finish(locale),
    };
    letter.map_err(|_| Unsent::Fault("the letter cannot be written"))
}

/// What `user` tells of a sign-up that is open.
pub(super) async fn reveal(app: &App, cx: &Cx, sign_up_id: Uuid) -> Result<SignUpSecrets, Unsent> {
    let request = RevealSignUpRequest { sign_up_id: sign_up_id.to_string() };
    let mut sign_ups = SignUpsClient::new(app.mesh.to("user"));
    let secrets = sign_ups.reveal_sign_up(call(cx, request)).await;
    Ok(secrets.map_err(|status| refused("user", &status))?.into_inner())
}
