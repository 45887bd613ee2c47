//! What this service knows.

mod api_key;
mod assertion;
mod ban;
mod ban_refusal;
mod blocklist;
mod captcha_refusal;
mod cause;
mod challenge;
mod client_key;
mod consent;
mod credential;
mod device;
mod device_code;
mod factor;
mod id_claims;
mod id_token;
mod key_refusal;
mod letter;
mod logout;
mod oauth;
mod passkey;
mod passkey_refusal;
mod password;
mod person;
mod session;
mod sign_in_rules;
mod signing_key;
mod sso;
mod sso_refusal;
mod throttle;
mod token_family;
mod totp;

pub use api_key::BadKeyWish;
pub(crate) use api_key::{
    ApiKey, KeySecret, KeySubject, key_name, key_overlap, key_pace, key_scopes,
};
pub(crate) use assertion::Assertion;
pub(crate) use ban::{
    Ban, BanKind, BannedSource, REFUSALS_WITHIN, REMEMBERED, is_enough, reason as ban_reason,
    sentence, ttl as ban_ttl,
};
pub use ban_refusal::BanRefusal;
pub use captcha_refusal::CaptchaRefusal;
pub(crate) use cause::{ChangeCause, EndCause};
pub(crate) use challenge::{Challenge, WorkProof};
pub(crate) use client_key::{ClientKey, ProofAlgorithm, client_keys};
pub(crate) use consent::{Consent, Prompt, Pushed, RequestUri, SHOWN, covers};
pub(crate) use credential::{Activation, Credential, CredentialId, NewPassword, State, activation};
pub(crate) use device::device;
pub(crate) use device_code::{DeviceAnswer, DeviceCode, INTERVAL, KeptDevice, Poll, UserCode};
pub(crate) use factor::{CODES, RecoveryCode, SecondFactor, is_fresh};
pub(crate) use id_claims::{ID_TOKEN, OwnIdClaims};
pub(crate) use id_token::{BadClaim, Claims, Vouched, Wanted};
pub use key_refusal::KeyRefusal;
pub use letter::Closed;
pub(crate) use letter::{Digits, Key, Letter, LetterKind, MOST_TRIES};
pub(crate) use logout::{LOGOUT_TOKEN, LogoutClaims};
pub use oauth::{BadClientWish, OAuthProblem};
pub(crate) use oauth::{
    ClientName, ClientSecret, Code, ExtraGrant, IDENTITY_SCOPES, KeptCode, OAuthClient,
    backchannel_uri, challenge, client_scopes, extra_grants, redirect_uris,
};
pub(crate) use passkey::{
    CEREMONY, Ceremony, CeremonyKind, MOST_PASSKEYS, Passkey, PasskeyId, PasskeyName, Remaining,
    Removal, removal,
};
pub use passkey_refusal::PasskeyRefusal;
pub use password::BadPassword;
pub(crate) use password::{Floor, Password};
pub(crate) use person::{Person, PersonStatus};
pub use session::{BadTtl, Lifetimes};
pub(crate) use session::{Method, Session, Standing, Token, Ttl};
pub(crate) use sign_in_rules::{NotHere, SignInRules};
pub use signing_key::KeyPolicy;
pub(crate) use signing_key::{KeyState, LEAD, is_due, states};
pub(crate) use sso::{
    BadTerm, Connection, ConnectionId, Invitation as SsoInvitation, JOURNEY, Journey, Linked,
    MOST_CONNECTIONS, MOST_JOURNEYS, SsoRole, State as SsoState, Terms, client_id, connection_name,
    domains, is_safe, issuer,
};
pub use sso_refusal::SsoRefusal;
pub(crate) use throttle::{Account, Source, Subject, Tally, Tries};
pub(crate) use token_family::{FamilyEnd, OWN_CLIENT, RefreshToken, TokenFamily, Turn};
pub use totp::BadSecret;
pub(crate) use totp::TotpSecret;
