//! Writes the letter that lets a person in.

use kernel::{Cx, LetterId, Locale};
use wire::{
    auth::v1::{RevealLetterRequest, letters_client::LettersClient},
    call, instant,
};

use super::{
    send_message::Unsent,
    write_email_change::{refused, web_address},
};
use crate::{
    App,
    domain::Way,
    letter::{Entry, Letter},
};

/// The letter as it stands now, while its link is open.
pub(super) async fn write_entry(
    app: &App,
    cx: &Cx,
    letter_id: LetterId,
    way: Way,
    locale: &Locale,
) -> Result<Letter, Unsent> {
    let request = RevealLetterRequest { letter_id: letter_id.to_string() };
    let mut letters = LettersClient::new(app.mesh.to("auth"));
    let secrets = letters.reveal_letter(call(cx, request)).await;
    let secrets = secrets.map_err(|status| refused("auth", &status))?.into_inner();
    let expires_at =
        instant(secrets.expires_at.as_ref()).ok_or(Unsent::Fault("the link has no end"))?;
    let entry = Entry { url: web_address(&secrets.url)?, code: &secrets.code, expires_at };
    let letter = match way {
        Way::SignIn => entry.sign_in(locale),
        Way::Address => entry.address(locale),
        Way::PasswordReset => entry.reset(locale),
    };
    letter.map_err(|_| Unsent::Fault("the letter cannot be written"))
}
