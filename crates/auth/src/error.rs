//! What can go wrong with sign-in.

use std::time::Duration;

use kernel::{Code, Failure, FieldViolation};

use crate::{
    domain::{
        BadClientWish, BadPassword, BadSecret, BadTtl, BanRefusal, CaptchaRefusal, Closed,
        KeyRefusal, OAuthProblem, PasskeyRefusal, SsoRefusal,
    },
    relying::Unfit,
};

/// The result of this service.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// A fact about why it was refused.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// No active credential of this e-mail has this password; which of the two is wrong is not told.
    #[error("The e-mail or the password is wrong.")]
    WrongCredentials,
    /// The person's password is another one, or there is none.
    #[error("The password is wrong.")]
    WrongPassword,
    /// The password cannot be chosen.
    #[error("The password {0}.")]
    PasswordRefused(#[from] BadPassword),
    /// The new password cannot be chosen.
    #[error("The new password {0}.")]
    NewPasswordRefused(BadPassword),
    /// Too many tries before this one; the next may come after this time.
    #[error("Too many tries; wait a little, then try again.")]
    TooManyTries(Duration),
    /// The person has no such session.
    #[error("There is no such session.")]
    SessionNotFound,
    /// No letter has this token.
    #[error("The link is incomplete or unknown; open it from the letter once more.")]
    LetterNotFound,
    /// The letter lets nobody in any more.
    #[error("The link {0}; ask for a new letter.")]
    LetterClosed(#[from] Closed),
    /// Not the letter's code, another browser's letter, or one that is closed; which of these is not told.
    #[error("The code does not fit; ask for a new letter where you want to sign in.")]
    CodeRefused,
    /// The session waits for the second factor.
    #[error("The sign-in waits for the second factor.")]
    SecondFactorRequired,
    /// Neither a code of the app nor a recovery code, or one that was used.
    #[error("The code does not fit, or was used already; wait for the next one.")]
    FactorRefused,
    /// The proof is too old for what guards the account.
    #[error("Prove again who you are: your password and, if there is one, your second factor.")]
    StepUpRequired,
    /// There is a second factor already.
    #[error("An authenticator app is set up already; remove it first.")]
    FactorExists,
    /// There is none.
    #[error("No authenticator app is set up.")]
    FactorNotFound,
    /// The password is too short to be asked alone.
    #[error(
        "The password is too short to be used alone; choose one of at least 15 characters first."
    )]
    PasswordTooShort,
    /// A passkey is refused.
    #[error(transparent)]
    Passkey(#[from] PasskeyRefusal),
    /// Single sign-on is refused.
    #[error(transparent)]
    Sso(#[from] SsoRefusal),
    /// Another service is away, or refused.
    #[error("{service} answered {reason}")]
    Peer {
        /// The service.
        service: &'static str,
        /// Its stable word.
        reason: String,
        /// Whether trying again may help.
        away: bool,
    },
    /// A kept secret cannot be read.
    #[error(transparent)]
    BadSecret(#[from] BadSecret),
    /// A secret could not be sealed or opened.
    #[error(transparent)]
    Vault(#[from] vault::Error),
    /// The asked lifetime cannot be had.
    #[error("The lifetime {0}.")]
    TtlRefused(#[from] BadTtl),
    /// Never staged, swept since, or another person's.
    #[error("There is no such credential.")]
    CredentialNotFound,
    /// Another person signs in with this e-mail.
    #[error("Another person signs in with this e-mail.")]
    EmailTaken,
    /// Somebody who has another address by now still signs in by this one here: the word about them is on its way.
    #[error("Somebody else signs in by this e-mail still; what changed of them is on its way.")]
    EmailHeld,
    /// The platform closed the account.
    #[error("This account is disabled.")]
    PersonClosed,
    /// No session has this token.
    #[error("The session's token is not known.")]
    BadToken,
    /// Signed out.
    #[error("The session has ended; sign in again.")]
    SessionEnded,
    /// Too old.
    #[error("The session has expired; sign in again.")]
    SessionExpired,
    /// More passwords wait to be hashed than can be in good time.
    #[error("Too many sign-ins at once; try again shortly.")]
    Busy,
    /// A fact names what is no id.
    #[error("A fact cannot be applied: its {0} is no id.")]
    BadFact(&'static str),
    /// A hash or a random number could not be made or read.
    #[error("hashing failed: {0}")]
    Hashing(String),
    /// Asked with a token, or a key, for what only a session may.
    #[error("Sign in yourself to do this: a token or an API key does not suffice.")]
    SessionWanted,
    /// The tenant asks for a second factor, and the session began without one.
    #[error(
        "This tenant asks for a second factor: set one up in your account, then sign in with it."
    )]
    SecondFactorWanted,
    /// The person does not belong to the tenant.
    #[error("There is no such tenant.")]
    TenantUnknown,
    /// A refresh token that was replaced, and whose successor is in use.
    #[error("The refresh token was used before; sign in again.")]
    RefreshReused,
    /// Software that begins anew instead of renewing.
    #[error("This session has too many tokens; renew those that there are, or revoke some.")]
    TooManyFamilies,
    /// As many as a tenant may have.
    #[error("The tenant has 100 apps; end some first.")]
    TooManyClients,
    /// The tenant has no such service account, or it is paused.
    #[error("There is no such service account, or it is disabled.")]
    SubjectNotFound,
    /// The key would allow what its maker may not.
    #[error("The service account could do what you may not; choose scopes within your own rights.")]
    BeyondOwnRights,
    /// An app asks for what it is not given.
    #[error("The app is refused: {0}.")]
    OAuth(OAuthProblem),
    /// The tenant has no such app, or it has ended.
    #[error("There is no such app.")]
    OAuthClientNotFound,
    /// The app's address is not the one it gave.
    #[error("The app's redirect_uri is none of those that it is known by.")]
    RedirectUnknown,
    /// Nothing was pushed under this name, or it was used, is too old, or is another app's.
    #[error("The app's request_uri is unknown, used or too old; begin again at the app.")]
    RequestUriUnknown,
    /// The person has no such consent.
    #[error("You have not agreed to this, or took it back.")]
    ConsentNotFound,
    /// The app keeps no secret, or has ended.
    #[error("The app has no secret that could be replaced.")]
    NoClientSecret,
    /// The app cannot be made so: the field and its problem.
    #[error("The app cannot be made: {0} {1}.")]
    ClientRefused(&'static str, BadClientWish),
    /// No device shows this code to this person, or its question is over.
    #[error("No device shows this code, or it is too old; begin again at the device.")]
    DeviceNotFound,
    /// The person was not asked this question in this session.
    #[error("The page is too old; begin again at the app.")]
    NotAsked,
    /// An API key is not made, or does not count.
    #[error(transparent)]
    Key(#[from] KeyRefusal),
    /// A ban is not made or lifted.
    #[error(transparent)]
    Ban(#[from] BanRefusal),
    /// A proof is lacking, or does not count.
    #[error(transparent)]
    Captcha(#[from] CaptchaRefusal),
    /// A run of work for later could not begin.
    #[error(transparent)]
    Job(#[from] jobs::Error),
    /// The database's.
    #[error(transparent)]
    Database(#[from] pg::Error),
}

impl Error {
    /// What a device made is not taken; why not stands in the log alone.
    pub(crate) fn unmade(why: Unfit) -> Self {
        tracing::info!(%why, "a new passkey was refused");
        match why {
            Unfit::Off => Self::Passkey(PasskeyRefusal::Off),
            _ => Self::Passkey(PasskeyRefusal::Invalid),
        }
    }

    /// A proof by a device is not good; why not stands in the log alone.
    pub(crate) fn unproven(why: Unfit) -> Self {
        tracing::info!(%why, "a passkey was refused");
        match why {
            Unfit::Off => Self::Passkey(PasskeyRefusal::Off),
            _ => Self::Passkey(PasskeyRefusal::Refused),
        }
    }
}

impl From<Unfit> for Error {
    /// What cannot be asked for.
    fn from(why: Unfit) -> Self {
        match why {
            Unfit::Off => Self::Passkey(PasskeyRefusal::Off),
            other => PasskeyRefusal::Unkept(other.to_string()).into(),
        }
    }
}

impl Failure for Error {
    fn code(&self) -> Code {
        match self {
            Self::WrongCredentials
            | Self::WrongPassword
            | Self::BadToken
            | Self::SessionEnded
            | Self::SessionExpired
            | Self::CodeRefused
            | Self::SecondFactorRequired
            | Self::FactorRefused
            | Self::RefreshReused => Code::Unauthenticated,
            Self::StepUpRequired
            | Self::SessionWanted
            | Self::SecondFactorWanted
            | Self::NotAsked
            | Self::BeyondOwnRights
            | Self::PersonClosed => Code::Denied,
            Self::TooManyFamilies | Self::TooManyClients | Self::TooManyTries(_) => Code::Exhausted,
            Self::FactorExists
            | Self::PasswordTooShort
            | Self::NoClientSecret
            | Self::EmailTaken => Code::Conflict,
            Self::PasswordRefused(_)
            | Self::NewPasswordRefused(_)
            | Self::TtlRefused(_)
            | Self::ClientRefused(..)
            | Self::RedirectUnknown
            | Self::RequestUriUnknown
            | Self::BadFact(_) => Code::Invalid,
            Self::OAuth(OAuthProblem::InvalidClient | OAuthProblem::InvalidToken) => {
                Code::Unauthenticated
            }
            Self::OAuth(_) => Code::Invalid,
            Self::CredentialNotFound
            | Self::SessionNotFound
            | Self::LetterNotFound
            | Self::FactorNotFound
            | Self::TenantUnknown
            | Self::OAuthClientNotFound
            | Self::ConsentNotFound
            | Self::DeviceNotFound
            | Self::SubjectNotFound => Code::NotFound,
            Self::LetterClosed(_) => Code::Gone,
            Self::Busy | Self::EmailHeld | Self::Peer { away: true, .. } => Code::Unavailable,
            Self::Peer { .. } | Self::Hashing(_) | Self::BadSecret(_) => Code::Internal,
            Self::Passkey(refusal) => refusal.code(),
            Self::Sso(refusal) => refusal.code(),
            Self::Key(refusal) => refusal.code(),
            Self::Ban(refusal) => refusal.code(),
            Self::Captcha(refusal) => refusal.code(),
            Self::Vault(error) => error.code(),
            Self::Job(error) => error.code(),
            Self::Database(error) => error.code(),
        }
    }

    fn reason(&self) -> &'static str {
        match self {
            Self::WrongCredentials => "wrong_credentials",
            Self::WrongPassword => "wrong_password",
            Self::PasswordRefused(_) => "password_refused",
            Self::NewPasswordRefused(_) => "password_refused",
            Self::TooManyTries(_) => "too_many_tries",
            Self::SessionNotFound => "session_not_found",
            Self::LetterNotFound => "letter_not_found",
            Self::LetterClosed(Closed::Used) => "letter_used",
            Self::LetterClosed(Closed::Expired) => "letter_expired",
            Self::CodeRefused => "code_refused",
            Self::SecondFactorRequired => "second_factor_required",
            Self::FactorRefused => "factor_refused",
            Self::StepUpRequired => "step_up_required",
            Self::FactorExists => "factor_exists",
            Self::FactorNotFound => "factor_not_found",
            Self::PasswordTooShort => "password_too_short",
            Self::Peer { .. } => "peer_refused",
            Self::BadSecret(_) => "bad_secret",
            Self::Vault(error) => error.reason(),
            Self::TtlRefused(_) => "ttl_refused",
            Self::CredentialNotFound => "credential_not_found",
            Self::EmailTaken => "email_taken",
            Self::EmailHeld => "email_held",
            Self::PersonClosed => "account_disabled",
            Self::BadToken => "bad_token",
            Self::SessionEnded => "session_ended",
            Self::SessionExpired => "session_expired",
            Self::Busy => "busy",
            Self::BadFact(_) => "bad_fact",
            Self::Hashing(_) => "hashing_failed",
            Self::SessionWanted => "session_required",
            Self::SecondFactorWanted => "second_factor_wanted",
            Self::TenantUnknown => "tenant_unknown",
            Self::RefreshReused => "refresh_reused",
            Self::TooManyFamilies => "too_many_tokens",
            Self::TooManyClients => "too_many_apps",
            Self::SubjectNotFound => "service_account_not_found",
            Self::BeyondOwnRights => "beyond_own_rights",
            Self::OAuth(problem) => problem.as_str(),
            Self::OAuthClientNotFound => "oauth_client_not_found",
            Self::RedirectUnknown => "redirect_unknown",
            Self::RequestUriUnknown => "request_uri_unknown",
            Self::ConsentNotFound => "consent_not_found",
            Self::NoClientSecret => "no_client_secret",
            Self::ClientRefused(..) => "client_refused",
            Self::DeviceNotFound => "device_not_found",
            Self::NotAsked => "not_asked",
            Self::Passkey(refusal) => refusal.reason(),
            Self::Sso(refusal) => refusal.reason(),
            Self::Key(refusal) => refusal.reason(),
            Self::Ban(refusal) => refusal.reason(),
            Self::Captcha(refusal) => refusal.reason(),
            Self::Job(error) => error.reason(),
            Self::Database(error) => error.reason(),
        }
    }

    fn fields(&self) -> Vec<FieldViolation> {
        match self {
            Self::PasswordRefused(problem) => {
                vec![FieldViolation::new("password", problem.to_string())]
            }
            Self::NewPasswordRefused(problem) => {
                vec![FieldViolation::new("newPassword", problem.to_string())]
            }
            Self::TtlRefused(problem) => {
                vec![FieldViolation::new("ttlSeconds", problem.to_string())]
            }
            Self::ClientRefused(field, problem) => {
                vec![FieldViolation::new(*field, problem.to_string())]
            }
            Self::Passkey(refusal) => refusal.fields(),
            Self::Sso(refusal) => refusal.fields(),
            Self::Key(refusal) => refusal.fields(),
            Self::Ban(refusal) => refusal.fields(),
            Self::Captcha(refusal) => refusal.fields(),
            _ => Vec::new(),
        }
    }

    fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Busy => Some(Duration::from_secs(1)),
            Self::TooManyTries(wait) => Some(*wait),
            _ => (self.code() == Code::Unavailable).then_some(Duration::from_secs(1)),
        }
    }
}
