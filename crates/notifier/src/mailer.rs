//! The way to people: one mail server, its connections reused.

use std::{error::Error as _, fmt, sync::Arc, time::Duration};

use kernel::{Email, MessageId, PersonName};
use lettre::{
    Address, AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor,
    message::{
        Mailbox, MultiPart,
        header::{HeaderName, HeaderValue},
    },
    transport::smtp::{self, PoolConfig},
};
use secrecy::{ExposeSecret, SecretString};

use crate::{domain::BounceReason, letter::Letter};

/// The longest wait for one answer of the mail server.
const ANSWER: Duration = Duration::from_secs(10);
/// How long an unused connection is kept.
const IDLE: Duration = Duration::from_secs(30);
/// Most connections to the mail server, hence most letters on their way at once.
pub(crate) const CONNECTIONS: u32 = 16;

/// Sends letters over SMTP. Cheap to clone; every clone shares the connections.
#[derive(Clone)]
pub struct Mailer(Arc<Inner>);

struct Inner {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    from: Mailbox,
}

/// Why a letter was not taken. Without the server's own words: they repeat the recipient's address.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum SendError {
    /// The server refused for good (5xx), or the letter cannot be written at all; it was not sent.
    #[error("the mail server refused the letter for good ({0})")]
    Refused(String),
    /// The server refused the recipient for good; it was not sent.
    #[error("the mail server refused the recipient for good ({code}, {reason})")]
    NoRecipient { code: String, reason: BounceReason },
    /// The server does not accept our sign-in; it was not sent.
    #[error("the mail server refused our sign-in ({0})")]
    SignIn(String),
    /// The server asks to try later (4xx); it was not sent.
    #[error("the mail server put the letter off ({0})")]
    PutOff(String),
    /// The connection failed or fell silent; whether it was sent is unknown.
    #[error("the mail server cannot be reached ({0})")]
    Unreachable(&'static str),
}

impl Mailer {
    /// A mailer for the server at `url` (see [`lettre`'s connection URLs][AsyncSmtpTransport::from_url]); connects when
    /// the first letter is sent. Must be called inside a tokio runtime.
    ///
    /// # Errors
    /// The address cannot be read; the error may repeat it.
    pub fn new(url: &SecretString, from: Mailbox) -> Result<Self, smtp::Error> {
        let pool = PoolConfig::new().max_size(CONNECTIONS).idle_timeout(IDLE);
        let transport = AsyncSmtpTransport::<Tokio1Executor>::from_url(url.expose_secret())?
            .timeout(Some(ANSWER))
            .pool_config(pool)
            .build();
        Ok(Self(Arc::new(Inner { transport, from })))
    }

    /// The Message-ID header of a message: the same for every attempt at sending it.
    pub(crate) fn message_id_of(&self, id: MessageId) -> String {
        format!("<{id}@{}>", self.0.from.email.domain())
    }

    /// Sends a letter once.
    pub(crate) async fn send(
        &self,
        letter: &Letter,
        to: &Email,
        name: Option<&PersonName>,
        mail_message_id: &str,
    ) -> Result<(), SendError> {
        let mail = self.write(letter, to, name, mail_message_id);
        // The cause may repeat an address.
        let mail = mail.map_err(|_| SendError::Refused("it cannot be written".into()))?;
        self.0.transport.send(mail).await.map(|_| ()).map_err(judge)
    }

    fn write(
        &self,
        letter: &Letter,
        to: &Email,
        name: Option<&PersonName>,
        mail_message_id: &str,
    ) -> Result<Message, Box<dyn std::error::Error>> {
        let to = Mailbox::new(name.map(ToString::to_string), to.as_str().parse::<Address>()?);
        // No other machine answers it (RFC 3834).
        let automatic = HeaderValue::new(
            HeaderName::new_from_ascii_str("Auto-Submitted"),
            "auto-generated".into(),
        );
        let bodies = MultiPart::alternative_plain_html(letter.text.clone(), letter.html.clone());
        let mail = Message::builder()
            .from(self.0.from.clone())
            .to(to)
            .subject(&letter.subject)
            .message_id(Some(mail_message_id.to_owned()))
            .raw_header(automatic)
            .multipart(bodies)?;
        Ok(mail)
    }
}

/// What a failure says of the letter.
fn judge(failure: smtp::Error) -> SendError {
    match failure.status().map(|code| code.to_string()) {
        Some(code) if failure.is_transient() => SendError::PutOff(code),
        // RFC 4954, section 6: no sign-in, or one that is not accepted.
        Some(code) if ["530", "534", "535", "538"].contains(&code.as_str()) => {
            SendError::SignIn(code)
        }
        Some(code) => {
            let words = failure.source().map(ToString::to_string).unwrap_or_default();
            match BounceReason::of_answer(&code, &words) {
                Some(reason) => SendError::NoRecipient { code, reason },
                None => SendError::Refused(code),
            }
        }
        None if failure.is_timeout() => SendError::Unreachable("no answer in time"),
        None if failure.is_tls() => SendError::Unreachable("no secure connection"),
        None if failure.is_client() => {
            SendError::Unreachable("it does not offer what the settings ask for")
        }
        None if failure.is_response() => SendError::Unreachable("an answer that is no SMTP"),
        None => SendError::Unreachable("the connection failed"),
    }
}

impl fmt::Debug for Mailer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Mailer").field("from", &self.0.from.email.domain()).finish_non_exhaustive()
    }
}
