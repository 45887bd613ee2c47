//! What can go wrong with people and invitations.

use std::time::Duration;

use kernel::{Code, Failure, FieldViolation, TenantId};

use crate::domain::{
    EmailRefusal, ExportRefusal, GroupRefusal, Hindrance, PasskeyRefusal, Refusal, SetupRefusal,
    SignUpRefusal,
};

/// The result of this service.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// A fact about why it was refused.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// No such invitation, a link that is none, or an invitation the caller may not see.
    #[error("There is no such invitation.")]
    InvitationNotFound,
    /// Somebody accepted it already.
    #[error("This invitation has been used; sign in instead.")]
    InvitationUsed,
    /// Its time is over.
    #[error("This invitation has expired; ask for a new one.")]
    InvitationExpired,
    /// It was taken back.
    #[error("This invitation has been taken back.")]
    InvitationRevoked,
    /// It was sent again: only the newest link works.
    #[error("This link has been replaced; open the newest letter.")]
    InvitationReplaced,
    /// The key that made the link is no longer configured.
    #[error("The link cannot be made again; send the invitation again.")]
    LinkLost,
    /// Its link stood as many wrong passwords as it may.
    #[error(
        "Too many wrong passwords were given over this link; ask to have the invitation sent again."
    )]
    LinkExhausted,
    /// Somebody is signed in whose address the tenant's rule does not let in by it.
    #[error(
        "This invitation is for another address; sign in with that one, or ask to be invited by yours."
    )]
    OtherAddress,
    /// Whoever sent it was removed from the tenant, or may not give its role any more.
    #[error(
        "Whoever invited you may not give this role any more; ask a colleague of theirs to send the invitation again."
    )]
    InviterLacksRole,
    /// The tenant may do nothing now.
    #[error("This workspace is suspended; the invitation stays open.")]
    TenantSuspended,
    /// It has been sent as often as it may be.
    #[error("The invitation has been sent as often as it may be; revoke it and invite anew.")]
    ResendLimit,
    /// The address got as many letters as it may within a day.
    #[error("This address has had as many invitations as it may have in a day; try again later.")]
    RecipientBudget(Duration),
    /// The inviter wished a life that the tenant's rules do not allow.
    #[error("An invitation here lives {shortest} to {longest} hours.")]
    LifetimeOutOfBounds {
        /// The shortest life, in hours.
        shortest: i32,
        /// The longest life, in hours.
        longest: i32,
    },
    /// A fact of another service cannot be read.
    #[error("the fact's {0} cannot be read")]
    BadFact(&'static str),
    /// The person belongs to the tenant without ever having been invited.
    #[error("This person is a member already.")]
    AlreadyMember,
    /// The inviter would give away a right they do not hold.
    #[error("You may only give a role whose every permission you hold yourself.")]
    RoleAboveOwn,
    /// The person has not come in, so there is no membership to change.
    #[error("This person has not accepted an invitation; invite them again.")]
    NotJoined,
    /// What was removed is neither paused nor gone on with.
    #[error("This membership has ended; invite the person again.")]
    MembershipEnded,
    /// The tenant would be without an owner.
    #[error("A tenant has an owner at any time; transfer the ownership to another member first.")]
    LastOwner,
    /// Tenants would be without an owner who can sign in.
    #[error(
        "This person is the only owner of tenants; transfer these, or name in ownerless those that may be left."
    )]
    SoleOwner(Vec<TenantId>),
    /// Nobody asked for an erasure.
    #[error("No erasure was asked for.")]
    ErasureNotFound,
    /// Its steps are taken.
    #[error("The erasure has begun and cannot be taken back.")]
    ErasureBegun,
    /// The platform's staff ordered it.
    #[error("This erasure was ordered by the platform's staff, who alone can cancel it.")]
    ErasureOrdered,
    /// Nobody knows the person any more.
    #[error("This person was erased; the account cannot be opened again.")]
    PersonErased,
    /// Only an active member can own a tenant.
    #[error("Only an active member can become the owner.")]
    NotActive,
    /// Members and open invitations take every seat.
    #[error("Every seat of this tenant is taken or reserved; free one, or ask for more.")]
    SeatsTaken,
    /// More members than the wished number of seats.
    #[error("There are {0} active members; remove some first, or set no fewer seats.")]
    SeatsInUse(i64),
    /// Nobody changes their own rights.
    #[error("Nobody changes their own roles or switches themselves off; ask a colleague.")]
    OwnAccount,
    /// The link was handed out before, or is not this caller's to take.
    #[error("The link is handed out once, to whoever made the invitation; send it again by mail.")]
    LinkTaken,
    /// The tenant's settings let no link be shown.
    #[error("This workspace only mails the links of invitations.")]
    LinksNotShown,
    /// The tenant's settings list domains, and not this address's.
    #[error("This workspace invites addresses at {} only.", .0.join(", "))]
    AddressNotAllowed(Vec<String>),
    /// Somebody with this address has an account.
    #[error("This address has an account already; invite the person instead.")]
    EmailTaken,
    /// No such person here.
    #[error("There is no such person.")]
    PersonNotFound,
    /// The platform closed the account.
    #[error("This account is disabled.")]
    PersonDisabled,
    /// Not the password of the invited person.
    #[error("The password is wrong.")]
    WrongPassword,
    /// No password was given, and the session's proof is too old.
    #[error("Prove again who you are, or give your password.")]
    StepUpRequired,
    /// No password was given, and a tenant's provider opened the session.
    #[error("A session that a provider opened does not do this; sign in by yourself.")]
    SsoSession,
    /// A new person's passkey is not taken.
    #[error(transparent)]
    Passkey(#[from] PasskeyRefusal),
    /// Too many wrong passwords.
    #[error("Too many attempts; wait before the next one.")]
    TooManyAttempts(Option<Duration>),
    /// The password is not one that may be chosen.
    #[error("The password cannot be used.")]
    PasswordRefused(Vec<FieldViolation>),
    /// Another request changed the same person or invitation first; asking again meets the new state.
    #[error("Somebody else changed this at the same moment.")]
    Overtaken,
    /// The idempotency key stands for another request.
    #[error("This Idempotency-Key was used for another request.")]
    KeyReused,
    /// A stored reply cannot be read.
    #[error("a stored reply cannot be read: {0}")]
    Reply(#[from] serde_json::Error),
    /// No such tenant.
    #[error("There is no such tenant.")]
    TenantNotFound,
    /// Another service is away.
    #[error("{service} answered {reason}")]
    PeerAway {
        /// The service.
        service: &'static str,
        /// Its stable word.
        reason: String,
        /// When trying again may help.
        retry_after: Option<Duration>,
    },
    /// Another service refused what it should not refuse.
    #[error("{service} refused: {reason}")]
    PeerRefused {
        /// The service.
        service: &'static str,
        /// Its stable word.
        reason: String,
    },
    /// A change of rights was refused.
    #[error(transparent)]
    Rights(#[from] Refusal),
    /// A change of a group was refused.
    #[error(transparent)]
    Group(#[from] GroupRefusal),
    /// Somebody does not come in this way.
    #[error(transparent)]
    Hindered(#[from] Hindrance),
    /// A job could not be begun or stopped.
    #[error(transparent)]
    Job(#[from] jobs::Error),
    /// A change of somebody's address was refused.
    #[error(transparent)]
    Email(#[from] EmailRefusal),
    /// Somebody does not sign up.
    #[error(transparent)]
    SignUp(#[from] SignUpRefusal),
    /// Nobody becomes the first administrator.
    #[error(transparent)]
    Setup(#[from] SetupRefusal),
    /// An export was not shown or fetched.
    #[error(transparent)]
    Export(#[from] ExportRefusal),
    /// The vault's.
    #[error(transparent)]
    Vault(#[from] vault::Error),
    /// The database's.
    #[error(transparent)]
    Database(#[from] pg::Error),
}

impl Failure for Error {
    fn code(&self) -> Code {
        match self {
            Self::InvitationNotFound
            | Self::PersonNotFound
            | Self::TenantNotFound
            | Self::ErasureNotFound => Code::NotFound,
            Self::InvitationUsed
            | Self::InvitationExpired
            | Self::InvitationRevoked
            | Self::InvitationReplaced
            | Self::LinkExhausted
            | Self::LinkLost
            | Self::LinkTaken
            | Self::PersonErased => Code::Gone,
            Self::ResendLimit | Self::RecipientBudget(_) | Self::TooManyAttempts(_) => {
                Code::Exhausted
            }
            Self::AlreadyMember
            | Self::NotJoined
            | Self::MembershipEnded
            | Self::LastOwner
            | Self::SoleOwner(_)
            | Self::ErasureBegun
            | Self::NotActive
            | Self::SeatsTaken
            | Self::SeatsInUse(_)
            | Self::EmailTaken
            | Self::KeyReused => Code::Conflict,
            Self::RoleAboveOwn
            | Self::OwnAccount
            | Self::ErasureOrdered
            | Self::OtherAddress
            | Self::InviterLacksRole
            | Self::LinksNotShown
            | Self::TenantSuspended
            | Self::StepUpRequired
            | Self::SsoSession
            | Self::PersonDisabled => Code::Denied,
            Self::WrongPassword => Code::Unauthenticated,
            Self::PasswordRefused(_)
            | Self::LifetimeOutOfBounds { .. }
            | Self::AddressNotAllowed(_)
            | Self::BadFact(_) => Code::Invalid,
            Self::Overtaken | Self::PeerAway { .. } => Code::Unavailable,
            Self::Reply(_) | Self::PeerRefused { .. } => Code::Internal,
            Self::Rights(refusal) => refusal.code(),
            Self::Group(refusal) => refusal.code(),
            Self::Hindered(hindrance) => hindrance.code(),
            Self::Job(error) => error.code(),
            Self::Email(refusal) => refusal.code(),
            Self::SignUp(refusal) => refusal.code(),
            Self::Setup(refusal) => refusal.code(),
            Self::Passkey(refusal) => refusal.code(),
            Self::Export(refusal) => refusal.code(),
            Self::Vault(error) => error.code(),
            Self::Database(error) => error.code(),
        }
    }

    fn reason(&self) -> &'static str {
        match self {
            Self::InvitationNotFound => "invitation_not_found",
            Self::InvitationUsed => "invitation_used",
            Self::InvitationExpired => "invitation_expired",
            Self::InvitationRevoked => "invitation_revoked",
            Self::InvitationReplaced => "invitation_replaced",
            Self::LinkLost => "link_lost",
            Self::LinkExhausted => "invitation_link_exhausted",
            Self::OtherAddress => "invitation_for_another_address",
            Self::InviterLacksRole => "inviter_lacks_role",
            Self::TenantSuspended => "tenant_suspended",
            Self::ResendLimit => "resend_limit",
            Self::RecipientBudget(_) => "recipient_budget",
            Self::LifetimeOutOfBounds { .. } => "lifetime_out_of_bounds",
            Self::BadFact(_) => "bad_fact",
            Self::AlreadyMember => "already_member",
            Self::NotJoined => "not_joined",
            Self::MembershipEnded => "membership_ended",
            Self::LastOwner => "last_owner",
            Self::SoleOwner(_) => "sole_owner",
            Self::ErasureNotFound => "erasure_not_found",
            Self::ErasureBegun => "erasure_begun",
            Self::ErasureOrdered => "erasure_ordered",
            Self::PersonErased => "person_erased",
            Self::NotActive => "not_active",
            Self::SeatsTaken => "seats_taken",
            Self::SeatsInUse(_) => "seats_in_use",
            Self::OwnAccount => "own_account",
            Self::LinkTaken => "link_taken",
            Self::LinksNotShown => "links_not_shown",
            Self::AddressNotAllowed(_) => "address_not_allowed",
            Self::RoleAboveOwn => "role_above_own",
            Self::EmailTaken => "email_taken",
            Self::PersonNotFound => "person_not_found",
            Self::PersonDisabled => "account_disabled",
            Self::WrongPassword => "wrong_password",
            Self::StepUpRequired => "step_up_required",
            Self::SsoSession => "sso_session",
            Self::TooManyAttempts(_) => "too_many_attempts",
            Self::PasswordRefused(_) => "password_refused",
            Self::Passkey(refusal) => refusal.reason(),
            Self::Overtaken => "overtaken",
            Self::KeyReused => "idempotency_key_reused",
            Self::Reply(_) => "stored_reply_unreadable",
            Self::TenantNotFound => "tenant_not_found",
            Self::PeerAway { .. } => "peer_unavailable",
            Self::PeerRefused { .. } => "peer_refused",
            Self::Rights(refusal) => refusal.reason(),
            Self::Group(refusal) => refusal.reason(),
            Self::Hindered(hindrance) => hindrance.reason(),
            Self::Job(error) => error.reason(),
            Self::Email(refusal) => refusal.reason(),
            Self::SignUp(refusal) => refusal.reason(),
            Self::Setup(refusal) => refusal.reason(),
            Self::Export(refusal) => refusal.reason(),
            Self::Vault(error) => error.reason(),
            Self::Database(error) => error.reason(),
        }
    }

    fn fields(&self) -> Vec<FieldViolation> {
        match self {
            Self::PasswordRefused(fields) => fields.clone(),
            Self::Passkey(refusal) => refusal.fields(),
            Self::Rights(refusal) => refusal.fields(),
            Self::Hindered(hindrance) => hindrance.fields(),
            Self::Email(refusal) => refusal.fields(),
            Self::SignUp(refusal) => refusal.fields(),
            Self::WrongPassword => vec![FieldViolation::new("password", "is wrong")],
            Self::RoleAboveOwn => vec![FieldViolation::new("role", "is above your own")],
            Self::SoleOwner(left) => {
                let problem =
                    |tenant| format!("must name {tenant}, which would be without an owner");
                left.iter()
                    .map(|tenant| FieldViolation::new("ownerless", problem(tenant)))
                    .collect()
            }
            Self::SeatsInUse(_) => {
                vec![FieldViolation::new("limit", "is below the active members")]
            }
            Self::LifetimeOutOfBounds { shortest, longest } => {
                let problem = format!("must be {shortest} to {longest} hours here");
                vec![FieldViolation::new("expiresInHours", problem)]
            }
            Self::AddressNotAllowed(domains) => {
                let problem = format!("must be an address at {}", domains.join(" or "));
                vec![FieldViolation::new("email", problem)]
            }
            Self::RecipientBudget(_) => {
                vec![FieldViolation::new("email", "has had enough letters for a day")]
            }
            Self::EmailTaken => vec![FieldViolation::new("email", "has an account already")],
            _ => Vec::new(),
        }
    }

    fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::PeerAway { retry_after: Some(after), .. }
            | Self::RecipientBudget(after)
            | Self::TooManyAttempts(Some(after)) => Some(*after),
            Self::Email(refusal) => refusal.retry_after(),
            Self::SignUp(refusal) => refusal.retry_after(),
            other => (other.code() == Code::Unavailable).then_some(Duration::from_secs(1)),
        }
    }
}
