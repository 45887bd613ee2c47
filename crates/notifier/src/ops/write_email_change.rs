//! Writes one of both letters about another address.

use kernel::{Code, Cx, Locale, PersonName};
use tonic::Status;
use uuid::Uuid;
use wire::{
    call, code_of, instant,
    user::v1::{RevealEmailChangeLinkRequest, email_changes_client::EmailChangesClient},
};

use super::send_message::Unsent;
use crate::{
    App,
    domain::Side,
    letter::{EmailChange, Letter},
};

/// The letter to one of both addresses, while the change is open.
pub(super) async fn write_email_change(
    app: &App,
    cx: &Cx,
    change_id: Uuid,
    side: Side,
    name: Option<&PersonName>,
    locale: &Locale,
) -> Result<Letter, Unsent> {
    let request =
        RevealEmailChangeLinkRequest { change_id: change_id.to_string(), side: side.to_string() };
    let mut changes = EmailChangesClient::new(app.mesh.to("user"));
    let link = changes.reveal_email_change_link(call(cx, request)).await;
    let link = link.map_err(|status| refused("user", &status))?.into_inner();
    let url = web_address(&link.url)?;
    let expires_at =
        instant(link.expires_at.as_ref()).ok_or(Unsent::Fault("the link has no end"))?;
    let letter = EmailChange { side, name, url, expires_at };
    letter.write(locale).map_err(|_| Unsent::Fault("the letter cannot be written"))
}

/// What it means that a service gives no link.
pub(super) fn refused(service: &'static str, status: &Status) -> Unsent {
    let refusal = code_of(status);
    match refusal.code {
        Code::NotFound | Code::Gone | Code::Conflict => Unsent::Gone(refusal.reason),
        _ => Unsent::Peer { service, refusal },
    }
}

/// The link, if it is one that a browser opens.
pub(super) fn web_address(url: &str) -> Result<&str, Unsent> {
    let is_web = ["http://", "https://"].iter().any(|scheme| url.starts_with(scheme));
    if is_web { Ok(url) } else { Err(Unsent::Fault("the link is no web address")) }
}
