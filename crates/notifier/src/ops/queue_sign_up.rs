//! Queues the letter to whoever asked to sign up.

use kernel::{Cx, Email, Locale};
use uuid::Uuid;

use super::{
    queue_messages::{QueueMessage, queue_messages},
    send_message::Unsent,
    write_sign_up::reveal,
};
use crate::{App, Error, Result, domain::Reason};

/// Asks `user` whom to write to; nobody is written to where the sign-up is over or leads nowhere.
pub(crate) async fn queue_sign_up(
    app: &App,
    cx: &Cx,
    sign_up_id: Uuid,
    locale: Locale,
) -> Result<()> {
    let secrets = match reveal(app, cx, sign_up_id).await {
        Ok(secrets) => secrets,
        Err(Unsent::Gone(_)) => return Ok(()),
        Err(unsent) => return Err(Error::Unasked(unsent.to_string())),
    };
    let command = QueueMessage {
        about: Reason::SignUp { sign_up_id },
        recipient: Email::parse(&secrets.email).map_err(|_| Error::BadFact("email"))?,
        name: None,
        locale,
    };
    queue_messages(app, cx, [command]).await
}
