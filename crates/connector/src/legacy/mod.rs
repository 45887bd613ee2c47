//! The legacy backend: spreadsheets, their marketplace tokens, their data, and a call that shows they work.

mod answer;
mod dataset;
mod doors;
mod keys;
mod operations;
mod send;
mod spec;

use std::{fmt, sync::Arc, time::Duration};

use kernel::{FieldViolation, TenantId};
use outbound::{
    Outbound, Url,
    header::{HeaderName, HeaderValue},
};

pub use dataset::DatasetCall;
pub use keys::{KeyHeader, Keys};
pub use spec::SPEC;

use crate::{Ground, Settings, registry::needed};
use keys::Realm;

/// How long a call may take that settings of a tenant open.
const TIMEOUT: Duration = Duration::from_secs(10);

/// Why no client could be made. Never repeats what was given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadSetup {
    /// The address is none.
    #[error("must be an http or https address such as https://backend.example.com")]
    Address,
    /// The key of `admin` or `data` cannot be sent.
    #[error("holds characters that no header can carry")]
    Key(&'static str),
}

/// Where a backend is and what opens it.
#[derive(Debug, Clone)]
pub struct Setup {
    /// Its root, or the root with `/api`.
    pub url: String,
    /// What opens it.
    pub keys: Keys,
    /// The whole of one call, the answer's last byte included.
    pub timeout: Duration,
}

/// A client of the legacy backend; clones are cheap. Calls are made once: trying again is the job's matter, and every
/// operation may be repeated with the same words.
#[derive(Clone)]
pub struct Legacy(Arc<Inner>);

#[derive(Clone)]
struct Inner {
    outbound: Outbound,
    /// Ends with a slash.
    base: Url,
    keys: Keys,
    admin: (HeaderName, HeaderValue),
    data: (HeaderName, HeaderValue),
    timeout: Duration,
    /// The spreadsheet that samples come from.
    spreadsheet: Option<String>,
}

/// A token as the backend lists it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedToken {
    /// The seller it speaks for.
    pub sid: String,
    /// Whether it is given out.
    pub is_active: bool,
    /// Its last six characters.
    pub suffix: String,
}

impl Legacy {
    /// The backend of the operator, wherever it stands.
    ///
    /// # Errors
    /// [`BadSetup`] for an address or a key that cannot be used.
    pub fn of_operator(outbound: &Outbound, setup: Setup) -> Result<Self, BadSetup> {
        let outbound = outbound.trusting(&base(&setup.url)?);
        Self::new(outbound, setup, None)
    }

    /// A backend that somebody's settings name: only at a public address, or where the operator trusts it.
    ///
    /// # Errors
    /// The setting at fault.
    pub(crate) fn open(settings: &Settings, ground: &Ground) -> Result<Self, FieldViolation> {
        let need = |name| settings.text(name).ok_or_else(|| needed(settings, name));
        let keys = Keys {
            any: need("api_key")?.into(),
            admin: settings.secret("admin_key").cloned(),
            data: settings.secret("data_key").cloned(),
            header: settings
                .text("key_header")
                .and_then(KeyHeader::parse)
                .unwrap_or(KeyHeader::XApiKey),
        };
        let setup = Setup { url: need("url")?.into(), keys, timeout: TIMEOUT };
        let spreadsheet = settings.text("spreadsheet_id").map(str::to_owned);
        Self::new(ground.outbound.clone(), setup, spreadsheet).map_err(|problem| {
            let field = if problem == BadSetup::Address { "url" } else { "api_key" };
            FieldViolation::new(field, problem.to_string())
        })
    }

    fn new(
        outbound: Outbound,
        setup: Setup,
        spreadsheet: Option<String>,
    ) -> Result<Self, BadSetup> {
        let Setup { url, keys, timeout } = setup;
        let (admin, data) = (keys.header(Realm::Admin)?, keys.header(Realm::Data)?);
        let base = base(&url)?;
        Ok(Self(Arc::new(Inner { outbound, base, keys, admin, data, timeout, spreadsheet })))
    }

    /// The same backend, called on behalf of this tenant: what goes wrong is not held against the others.
    #[must_use]
    pub fn on_behalf_of(&self, tenant: TenantId) -> Self {
        let outbound = self.0.outbound.on_behalf_of(tenant);
        Self(Arc::new(Inner { outbound, ..(*self.0).clone() }))
    }

    /// The longest that a call takes.
    #[must_use]
    pub fn timeout(&self) -> Duration {
        self.0.timeout
    }
}

impl Inner {
    fn header(&self, realm: Realm) -> (HeaderName, HeaderValue) {
        match realm {
            Realm::Admin => self.admin.clone(),
            Realm::Data => self.data.clone(),
        }
    }
}

impl fmt::Debug for Legacy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Legacy").field("host", &self.0.base.host_str()).finish_non_exhaustive()
    }
}

fn base(url: &str) -> Result<Url, BadSetup> {
    let root = url.trim().trim_end_matches('/').trim_end_matches("/api");
    let base = Url::parse(&format!("{root}/")).map_err(|_| BadSetup::Address)?;
    let is_plain = base.query().is_none() && base.fragment().is_none();
    let has_user = !base.username().is_empty() || base.password().is_some();
    if !matches!(base.scheme(), "http" | "https") || !base.has_host() || has_user || !is_plain {
        return Err(BadSetup::Address);
    }
    Ok(base)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc as Shared;

    use kernel::Clock;
    use outbound::{Addrs, Limits, Name, Resolve, Resolving};

    use super::*;

    /// Knows no name.
    struct Nobody;

    impl Resolve for Nobody {
        fn resolve(&self, _: Name) -> Resolving {
            let none: Addrs = Box::new(std::iter::empty());
            Box::pin(async move { Ok(none) })
        }
    }

    fn setup(url: &str, key: &str) -> Result<Legacy, BadSetup> {
        let (limits, clock) = (Limits::default(), Clock::system());
        let outbound =
            Outbound::assemble(Vec::new(), [80].into(), limits, Shared::new(Nobody), clock);
        let keys = Keys { any: key.into(), admin: None, data: None, header: KeyHeader::Bearer };
        let setup = Setup { url: url.into(), keys, timeout: TIMEOUT };
        Legacy::of_operator(&outbound.expect("TLS"), setup)
    }

    #[test]
    fn an_address_may_end_as_people_write_it() {
        for url in [
            "http://b.example",
            "http://b.example/",
            "http://b.example/api",
            " http://b.example/api/ ",
        ] {
            let legacy = setup(url, "key").expect("good");
            assert_eq!(legacy.0.base.as_str(), "http://b.example/");
        }
        let below = setup("https://b.example/compat/api", "key").expect("good");
        assert_eq!(below.0.base.as_str(), "https://b.example/compat/");
    }

    #[test]
    fn a_bad_setup_says_what_is_wrong_and_shows_nothing() {
        for url in ["backend", "ftp://b.example", "http://b.example?x=1", "http://u:p@b.example"] {
            assert_eq!(setup(url, "key").expect_err("bad"), BadSetup::Address, "{url}");
        }
        assert_eq!(setup("http://b.example", "a\nb").expect_err("two"), BadSetup::Key("admin"));
        let shown = format!("{:?}", setup("http://b.example", "canary").expect("good"));
        assert!(!shown.contains("canary"), "{shown}");
    }
}
