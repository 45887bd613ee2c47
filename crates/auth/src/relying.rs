//! The relying party of Web Authentication Level 3: the one place that knows the library.

use std::{fmt, net::IpAddr, sync::Arc};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use kernel::{Email, UserId};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::{Value, json};
use webauthn_rs::{
    Webauthn, WebauthnBuilder,
    prelude::{
        DiscoverableAuthentication, DiscoverableKey, Passkey as Key, PasskeyRegistration,
        PublicKeyCredential, RegisterPublicKeyCredential, Url, WebauthnError,
    },
};

use crate::domain::CEREMONY;

/// What people see as the party that asks.
const NAME: &str = "Usher";
/// The longest answer of a device that is read, in bytes.
const LONGEST: usize = 16 * 1024;

/// Whom devices answer to. Nobody, where the platform's address cannot have passkeys.
#[derive(Clone)]
pub struct Relying(Option<Arc<Webauthn>>);

/// Why a relying party cannot be made of the settings.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadRelying {
    /// An origin that is no origin.
    #[error("{0} is not an origin (expected https://host, without a path)")]
    Origin(String),
    /// An id that is neither the public address's host nor a domain above it.
    #[error("{0} is neither the host of the public address nor a domain above it")]
    Id(String),
}

/// What a page asks a device for, and what has to be kept until the answer.
#[derive(Debug)]
pub(crate) struct Asked {
    /// JSON text for the page.
    pub(crate) options: String,
    /// JSON text to be kept here.
    pub(crate) state: String,
}

/// A key that a device made.
#[derive(Debug)]
pub(crate) struct Made {
    pub(crate) webauthn_id: Vec<u8>,
    /// As it is to be kept.
    pub(crate) key: String,
}

/// What a device answered to be let in, read but not believed.
#[derive(Debug)]
pub(crate) struct Shown(PublicKeyCredential);

/// Why a device's answer is not good. The words are for the operator.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Unfit {
    /// Not what browsers send.
    #[error("the answer cannot be read: {0}")]
    Unreadable(String),
    /// Another person's.
    #[error("the answer names another person, or none")]
    Person,
    /// Made inside another site's page.
    #[error("the answer was made in a frame of another site")]
    Framed,
    /// What the standard refuses.
    #[error("{0:?}")]
    Refused(WebauthnError),
    /// There are none at this address.
    #[error("the public address cannot have passkeys")]
    Off,
}

/// The part of the client data that the library does not look at (Level 3, section 5.8.1).
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Frame {
    cross_origin: Option<bool>,
    top_origin: Option<Value>,
}

impl Relying {
    /// The party at the public address: its id is the host unless told, and pages of `origins` may ask as well. The id of
    /// a machine's own address is `localhost`, as browsers have it; other bare addresses have no passkeys.
    ///
    /// # Errors
    /// [`BadRelying`]
    pub fn build(
        public_url: &str,
        id: Option<&str>,
        origins: &[String],
    ) -> Result<Self, BadRelying> {
        let Some(public) = named(read(public_url)?) else { return Ok(Self(None)) };
        let host = public.domain().unwrap_or_default().to_owned();
        let id = id.unwrap_or(&host);
        let refused = |_| BadRelying::Id(id.to_owned());
        let mut builder = WebauthnBuilder::new(id, &public).map_err(refused)?.rp_name(NAME);
        for text in origins {
            let origin = read(text)?;
            if origin.path() != "/" || origin.query().is_some() {
                return Err(BadRelying::Origin(text.clone()));
            }
            builder = builder.append_allowed_origin(&origin);
        }
        let built = builder.timeout(CEREMONY).build().map_err(refused)?;
        Ok(Self(Some(Arc::new(built))))
    }

    /// Asks for a new key of a person, on a device that has none of `known` yet. The device has to keep it where it is
    /// found without an address, and to verify its person.
    pub(crate) fn ask_new(
        &self,
        user_id: UserId,
        email: &Email,
        known: Vec<Vec<u8>>,
    ) -> Result<Asked, Unfit> {
        let (asked, state) = self.party()?.start_passkey_registration(
            user_id.uuid(),
            email.as_str(),
            email.as_str(),
            Some(known),
        )?;
        let mut options = serde_json::to_value(&asked.public_key).map_err(unreadable)?;
        options["authenticatorSelection"]["residentKey"] = json!("required");
        options["authenticatorSelection"]["requireResidentKey"] = json!(true);
        Ok(Asked { options: options.to_string(), state: text(&state)? })
    }

    /// Reads and checks the key that a device made (Level 3, section 7.1).
    pub(crate) fn check_new(&self, state: &str, answer: &str) -> Result<Made, Unfit> {
        let answer: RegisterPublicKeyCredential = read_answer(answer)?;
        not_framed(&answer.response.client_data_json)?;
        let state: PasskeyRegistration = kept(state)?;
        let key = self.party()?.finish_passkey_registration(&answer, &state)?;
        Ok(Made { webauthn_id: key.cred_id().to_vec(), key: text(&key)? })
    }

    /// Asks for a proof by one of `known`, or by whatever key the device has where that is empty. Always of a verified
    /// person.
    pub(crate) fn ask_proof(&self, known: &[Vec<u8>]) -> Result<Asked, Unfit> {
        let (asked, state) = self.party()?.start_discoverable_authentication()?;
        let mut options = serde_json::to_value(&asked.public_key).map_err(unreadable)?;
        let one = |id| json!({"type": "public-key", "id": URL_SAFE_NO_PAD.encode(id)});
        options["allowCredentials"] = known.iter().map(one).collect();
        Ok(Asked { options: options.to_string(), state: text(&state)? })
    }

    /// Checks a proof by a person's key as it is kept (Level 3, section 7.2), and answers the key as it is to be kept from
    /// now on: a counter that does not go on means that there is a copy of the key.
    pub(crate) fn check_proof(
        &self,
        state: &str,
        shown: &Shown,
        user_id: UserId,
        key: &str,
    ) -> Result<String, Unfit> {
        let Shown(answer) = shown;
        let handle = answer.get_user_unique_id();
        if handle.is_some_and(|handle| handle != user_id.uuid().as_bytes()) {
            return Err(Unfit::Person);
        }
        not_framed(&answer.response.client_data_json)?;
        let state: DiscoverableAuthentication = kept(state)?;
        let mut key: Key = kept(key)?;
        let known = DiscoverableKey::from(&key);
        let checked = self.party()?.finish_discoverable_authentication_v2(answer, state, &known)?;
        if !checked.user_verified() {
            return Err(Unfit::Refused(WebauthnError::UserNotVerified));
        }
        key.update_credential(&checked);
        text(&key)
    }

    fn party(&self) -> Result<&Webauthn, Unfit> {
        self.0.as_deref().ok_or(Unfit::Off)
    }
}

impl Shown {
    /// Reads what a device answered.
    pub(crate) fn read(answer: &str) -> Result<Self, Unfit> {
        Ok(Self(read_answer(answer)?))
    }

    /// Which key it says it is of.
    pub(crate) fn webauthn_id(&self) -> &[u8] {
        self.0.get_credential_id()
    }

    /// Whether it names its person, as one that was found without an address has to.
    pub(crate) fn names_its_person(&self) -> bool {
        self.0.get_user_unique_id().is_some()
    }
}

impl From<WebauthnError> for Unfit {
    fn from(error: WebauthnError) -> Self {
        Self::Refused(error)
    }
}

impl fmt::Debug for Relying {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let origins = self.0.as_ref().map(|party| party.get_allowed_origins());
        f.debug_tuple("Relying").field(&origins).finish()
    }
}

fn read(text: &str) -> Result<Url, BadRelying> {
    let url = Url::parse(text).map_err(|_| BadRelying::Origin(text.to_owned()))?;
    if url.has_host() { Ok(url) } else { Err(BadRelying::Origin(text.to_owned())) }
}

/// The address by a name: keys are bound to names, and only the machine's own address has one that goes without saying.
fn named(mut url: Url) -> Option<Url> {
    if url.domain().is_some() {
        return Some(url);
    }
    let host = url.host_str()?.trim_matches(['[', ']']).to_owned();
    let address: IpAddr = host.parse().ok()?;
    (address.is_loopback() || address.is_unspecified()).then_some(())?;
    url.set_host(Some("localhost")).ok()?;
    Some(url)
}

fn read_answer<T: DeserializeOwned>(text: &str) -> Result<T, Unfit> {
    if text.len() > LONGEST {
        return Err(Unfit::Unreadable("it is longer than 16 KiB".into()));
    }
    serde_json::from_str(text).map_err(unreadable)
}

fn not_framed(client_data: &[u8]) -> Result<(), Unfit> {
    let frame: Frame = serde_json::from_slice(client_data).map_err(unreadable)?;
    match frame.cross_origin == Some(true) || frame.top_origin.is_some() {
        true => Err(Unfit::Framed),
        false => Ok(()),
    }
}

fn kept<T: DeserializeOwned>(text: &str) -> Result<T, Unfit> {
    serde_json::from_str(text).map_err(unreadable)
}

fn text<T: Serialize>(value: &T) -> Result<String, Unfit> {
    serde_json::to_string(value).map_err(unreadable)
}

fn unreadable(error: serde_json::Error) -> Unfit {
    // The position alone: the text may repeat what was sent.
    Unfit::Unreadable(format!("line {} column {}", error.line(), error.column()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn origins(public: &str, id: Option<&str>, more: &[&str]) -> Result<String, BadRelying> {
        let more: Vec<String> = more.iter().map(|&text| text.to_owned()).collect();
        let party = Relying::build(public, id, &more)?;
        Ok(party.0.map_or_else(String::new, |party| {
            let origins = party.get_allowed_origins().iter();
            origins
                .map(|origin| origin.origin().ascii_serialization())
                .collect::<Vec<_>>()
                .join(" ")
        }))
    }

    #[test]
    fn the_public_address_says_who_asks() {
        let usual = origins("https://usher.example", None, &[]);
        assert_eq!(usual, Ok("https://usher.example".into()));
        let local = origins("http://127.0.0.1:8080", None, &[]);
        assert_eq!(local, Ok("http://localhost:8080".into()));
        assert_eq!(origins("http://[::1]:80", None, &[]), Ok("http://localhost".into()));
        assert_eq!(origins("http://192.0.2.7:8080", None, &[]), Ok(String::new()), "has none");
        let above = origins(
            "https://app.usher.example",
            Some("usher.example"),
            &["https://acme.usher.example"],
        );
        assert_eq!(above, Ok("https://app.usher.example https://acme.usher.example".into()));
    }

    #[test]
    fn what_cannot_be_is_refused_by_its_text() {
        let refused = origins("https://usher.example", Some("other.example"), &[]);
        assert_eq!(refused, Err(BadRelying::Id("other.example".into())));
        for bad in ["acme", "https://acme.example/path", "mailto:a@b.example"] {
            let refused = origins("https://usher.example", None, &[bad]);
            assert_eq!(refused, Err(BadRelying::Origin(bad.into())));
        }
    }
}
