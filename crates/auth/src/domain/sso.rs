//! A tenant's connection with an OpenID provider, and the way there and back.

use std::{fmt, time::Duration};

use aws_lc_rs::digest::{SHA256, digest};
use kernel::{Email, SessionId, TenantId, Timestamp, UserId};
use outbound::Url;
use secrecy::{ExposeSecret, SecretString};
use uuid::Uuid;

use super::Key;

/// How long the way to the provider and back may take.
pub(crate) const JOURNEY: Duration = Duration::from_secs(10 * 60);
/// The most people who are on their way by one connection.
pub(crate) const MOST_JOURNEYS: i64 = 1000;
/// The most connections of a tenant.
pub(crate) const MOST_CONNECTIONS: usize = 10;
/// The most domains of a connection.
const MOST_DOMAINS: usize = 20;
/// Characters of a connection's name.
const LONGEST_NAME: usize = 64;
/// Bytes of an issuer and of a client's id.
const LONGEST_ISSUER: usize = 512;
const LONGEST_CLIENT: usize = 256;
/// Bytes of an invitation's token.
const LONGEST_TOKEN: usize = 128;

/// Names a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ConnectionId(Uuid);

/// A text that names no connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("is not a valid connection id (expected a UUID)")]
pub(crate) struct NoConnectionId;

impl ConnectionId {
    /// Reads an id from outside text; only the hyphenated lower-case form is one spelling of an id.
    pub(crate) fn parse(text: &str) -> Result<Self, NoConnectionId> {
        let id = Uuid::try_parse(text).map_err(|_| NoConnectionId)?;
        if id.hyphenated().to_string() == text { Ok(Self(id)) } else { Err(NoConnectionId) }
    }

    pub(crate) const fn uuid(self) -> Uuid {
        self.0
    }
}

impl From<Uuid> for ConnectionId {
    fn from(id: Uuid) -> Self {
        Self(id)
    }
}

impl fmt::Display for ConnectionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.hyphenated().fmt(f)
    }
}

kernel::closed_set! {
    /// What somebody new becomes: nobody comes in with rights over others.
    pub(crate) enum SsoRole {
        /// A client.
        Client = "client",
        /// A user.
        User = "user",
    }
}

/// What a tenant decides of a connection, its issuer and secret aside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Terms {
    pub(crate) name: String,
    pub(crate) client_id: String,
    pub(crate) domains: Vec<String>,
    pub(crate) role: SsoRole,
    pub(crate) enabled: bool,
}

/// A connection as it is kept, without its secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Connection {
    pub(crate) connection_id: ConnectionId,
    pub(crate) issuer: String,
    pub(crate) terms: Terms,
    pub(crate) created_at: Timestamp,
}

/// That a person is known at a tenant's provider.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Linked {
    pub(crate) connection_id: ConnectionId,
    pub(crate) tenant: TenantId,
    pub(crate) name: String,
    pub(crate) issuer: String,
    pub(crate) linked_at: Timestamp,
}

/// Why a term cannot be; prints as a sentence part that follows the field's name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum BadTerm {
    /// A name.
    #[error("must be 1 to 64 characters, without line breaks")]
    Name,
    /// An issuer.
    #[error("must be an https address without query and fragment, as the provider names itself")]
    Issuer,
    /// A client's id.
    #[error("must be 1 to 256 visible ASCII characters")]
    ClientId,
    /// A secret.
    #[error("must be 1 to 512 characters")]
    ClientSecret,
    /// A domain.
    #[error("must be at most 20 domains of addresses, such as school.example")]
    Domains,
    /// A role.
    #[error("must be client or user")]
    Role,
}

/// Reads a name.
pub(crate) fn connection_name(text: &str) -> Result<String, BadTerm> {
    let plain = text.trim();
    let fits = (1..=LONGEST_NAME).contains(&plain.chars().count());
    let shows = !plain.chars().any(char::is_control);
    if fits && shows { Ok(plain.into()) } else { Err(BadTerm::Name) }
}

/// Reads an issuer, which is compared letter by letter ever after (OpenID Connect Discovery 1.0, section 4.3). The
/// machine's own addresses need no TLS.
pub(crate) fn issuer(text: &str) -> Result<String, BadTerm> {
    let fits = text.len() <= LONGEST_ISSUER && !text.contains(['?', '#', '@']);
    let visible = text.bytes().all(|b| b.is_ascii_graphic());
    if fits && visible && is_safe(text) { Ok(text.into()) } else { Err(BadTerm::Issuer) }
}

/// Whether an address is over TLS, or the machine's own; never one that names somebody before its host.
pub(crate) fn is_safe(text: &str) -> bool {
    let Ok(url) = Url::parse(text) else { return false };
    let host = url.host_str().unwrap_or_default();
    // Libraries read a host also out of a path and of backslashes.
    let spelled = |scheme: &str| {
        text.strip_prefix(scheme).is_some_and(|rest| !rest.starts_with('/') && !rest.contains('\\'))
    };
    if !url.username().is_empty() || url.password().is_some() || host.is_empty() {
        return false;
    }
    spelled("https://")
        || (spelled("http://") && ["localhost", "127.0.0.1", "[::1]"].contains(&host))
}

/// Reads a client's id.
pub(crate) fn client_id(text: &str) -> Result<String, BadTerm> {
    let fits = (1..=LONGEST_CLIENT).contains(&text.len());
    if fits && text.bytes().all(|b| b.is_ascii_graphic()) {
        Ok(text.into())
    } else {
        Err(BadTerm::ClientId)
    }
}

/// Reads domains of addresses, each in its canonical form, each once.
pub(crate) fn domains(texts: &[String]) -> Result<Vec<String>, BadTerm> {
    let mut read = Vec::new();
    for text in texts {
        let address = Email::parse(&format!("x@{text}")).map_err(|_| BadTerm::Domains)?;
        if !text.contains('@') && !read.iter().any(|known| known == address.domain()) {
            read.push(address.domain().to_owned());
        } else if text.contains('@') {
            return Err(BadTerm::Domains);
        }
    }
    if read.len() <= MOST_DOMAINS { Ok(read) } else { Err(BadTerm::Domains) }
}

/// What goes to the provider and comes back: it says whose way it is, and nobody else can make one.
#[derive(Clone)]
pub(crate) struct State {
    pub(crate) tenant: TenantId,
    text: String,
}

impl State {
    /// A new one, of a random key.
    pub(crate) fn of(tenant: TenantId, key: &Key) -> Self {
        Self { tenant, text: format!("{}.{}", tenant.uuid().simple(), key.expose()) }
    }

    /// Reads what came back; `None` for what cannot be one.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (tenant, key) = text.split_once('.')?;
        Key::parse(key)?;
        let id = Uuid::try_parse(tenant).ok()?;
        let tenant = TenantId::from(id);
        (id.simple().to_string().len() == text.len() - key.len() - 1)
            .then(|| Self { tenant, text: text.into() })
    }

    /// As it goes to the provider.
    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// What is kept of it: it cannot be searched for, so a plain digest does.
    pub(crate) fn hash(&self) -> Vec<u8> {
        digest(&SHA256, self.text.as_bytes()).as_ref().into()
    }
}

impl fmt::Debug for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("State(***)")
    }
}

/// The token of an invitation that is to be accepted on the way: what it is good for, `user` knows.
#[derive(Debug, Clone)]
pub(crate) struct Invitation(SecretString);

impl Invitation {
    /// Reads what came with a journey; `None` for what cannot be one.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let fits = (1..=LONGEST_TOKEN).contains(&text.len());
        (fits && text.bytes().all(|b| b.is_ascii_graphic())).then(|| Self(text.into()))
    }

    /// The text, for `user` and nobody else.
    pub(crate) fn expose(&self) -> &str {
        self.0.expose_secret()
    }

    /// What is kept of it.
    pub(crate) fn hash(&self) -> Vec<u8> {
        digest(&SHA256, self.expose().as_bytes()).as_ref().into()
    }
}

/// A way to a provider that somebody is on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Journey {
    pub(crate) connection_id: ConnectionId,
    /// Who links their account, and in which session; nobody where somebody signs in.
    pub(crate) linking: Option<(UserId, SessionId)>,
    /// The digest of the invitation's token that it was begun with.
    pub(crate) invitation: Option<Vec<u8>>,
    pub(crate) expires_at: Timestamp,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_issuer_is_over_tls_and_plain() {
        for good in [
            "https://idp.example",
            "https://idp.example/realms/a",
            "http://localhost:8080/x",
            "http://127.0.0.1:9000",
        ] {
            assert_eq!(issuer(good), Ok(good.into()));
        }
        for bad in [
            "",
            "idp.example",
            "http://idp.example",
            "http://localhost.evil.example",
            "https://",
            "https:///x",
            "https://idp.example?x",
            "https://idp.example#x",
            "https://a@idp.example",
            "https://idp.example/ ",
            "ftp://idp.example",
        ] {
            assert_eq!(issuer(bad), Err(BadTerm::Issuer), "{bad}");
        }
    }

    #[test]
    fn an_endpoint_names_nobody_before_its_host() {
        for good in ["https://idp.example/token?a=b", "http://127.0.0.1:9000/t", "http://[::1]:9/t"]
        {
            assert!(is_safe(good), "{good}");
        }
        for bad in [
            "http://127.0.0.1:80@evil.example/",
            "http://localhost@evil.example/",
            "https://a:b@idp.example/",
            "https://:b@idp.example/",
            "http://127.0.0.1\\@evil.example/",
            "http://2130706433.evil.example/",
            "https:\\\\idp.example",
            "https:idp.example",
        ] {
            assert!(!is_safe(bad), "{bad}");
        }
    }

    #[test]
    fn domains_are_canonical_and_each_once() {
        let read = domains(&["School.Example".into(), "school.example".into()]);
        assert_eq!(read, Ok(vec!["school.example".into()]));
        for bad in ["", "school", "a@school.example", "*.school.example", "sch ool.example"] {
            assert_eq!(domains(&[bad.into()]), Err(BadTerm::Domains), "{bad}");
        }
    }

    #[test]
    fn a_state_reads_back_and_does_not_print() {
        let tenant = TenantId::from(Uuid::from_u128(7));
        let state = State::of(tenant, &Key::of(&[1; 32]));
        let back = State::parse(state.text()).expect("reads back");
        assert_eq!((back.tenant, back.hash()), (tenant, state.hash()));
        assert_eq!(format!("{state:?}"), "State(***)");
        let key = Key::of(&[1; 32]);
        for bad in [
            "",
            ".",
            "x.y",
            key.expose(),
            &format!("{}.{}", Uuid::nil(), key.expose()),
            &state.text()[1..],
        ] {
            assert!(State::parse(bad).is_none(), "{bad}");
        }
    }
}
