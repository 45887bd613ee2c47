//! What can go wrong with an onboarding.

use connector::{Fault, Kind};
use kernel::{Code, Failure, FieldViolation};

use crate::domain::{Misstep, Obstacle, Refused};

/// The result of this service.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// A fact about why it was refused.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The call names no tenant.
    #[error("Name the tenant of the onboarding.")]
    TenantNeeded,
    /// No such client, or not one the caller may see.
    #[error("There is no such client.")]
    ClientNotFound,
    /// The address is a client already, with another spreadsheet.
    #[error("A client with this e-mail address exists, with another spreadsheet.")]
    ClientEmailTaken,
    /// The spreadsheet is another client's.
    #[error("The spreadsheet belongs to another client.")]
    SpreadsheetTaken,
    /// The client's stage does not allow this.
    #[error("A client that is {0} does not allow this.")]
    StageForbids(&'static str),
    /// No such person here, or not one the caller may see.
    #[error("There is no such person.")]
    PersonNotFound,
    /// No such workspace, or not one the caller may see.
    #[error("There is no such workspace.")]
    WorkspaceNotFound,
    /// The workspace is switched off.
    #[error("The workspace is switched off.")]
    WorkspaceInactive,
    /// The person has no spreadsheet that a token could serve, or more than one.
    #[error("Name one spreadsheet of the person that the token serves.")]
    WorkspaceNeeded,
    /// The user service did not say who is meant.
    #[error("{}", .0.message)]
    PersonUnknown(Box<wire::Refusal>),
    /// The legacy backend did not do what it was asked.
    #[error("{}", .0.user)]
    Backend(Box<Fault>),
    /// The user service did not invite the person.
    #[error("The person was not invited: {}", .0.message)]
    NotInvited(Box<wire::Refusal>),
    /// The client is bound to another spreadsheet.
    #[error("The client has another spreadsheet.")]
    SpreadsheetDiffers,
    /// The client has a token, and this is another one.
    #[error(
        "The client has a marketplace token; replace it by POST /onboarding/wb-tokens, with a reason."
    )]
    TokenStands,
    /// Nobody who is meant has a token.
    #[error("There is no marketplace token to destroy.")]
    TokenNotFound,
    /// Several people hold the spreadsheet.
    #[error("Several people have a marketplace token for this spreadsheet; name the person.")]
    PersonNeeded,
    /// No such key, or not one the caller may see.
    #[error("The person has no key of this seller.")]
    OzonKeyNotFound,
    /// A token is replaced without a word why.
    #[error("Say why the marketplace token is replaced.")]
    ReasonNeeded,
    /// No such person among the tenant's active members.
    #[error("There is no such member of the tenant.")]
    MemberNotFound,
    /// The client is in no trouble.
    #[error("This client is in no trouble.")]
    TroubleNotFound,
    /// Another works on it.
    #[error("Somebody else works on this; release it first to take it over.")]
    TroubleClaimed,
    /// The idempotency key stands for another request.
    #[error("This Idempotency-Key was used for another request.")]
    KeyReused,
    /// A stored reply names no client: a fault of ours.
    #[error("a stored reply cannot be read")]
    ReplyUnreadable,
    /// The user service refused something other than an invitation.
    #[error("The user service refused: {}", .0.message)]
    PeerRefused(Box<wire::Refusal>),
    /// The user service answered something that is no member.
    #[error("the user service answered a member with a malformed {0}")]
    MalformedMember(&'static str),
    /// The user service answered something that is no invitation.
    #[error("the user service answered an invitation with a malformed {0}")]
    MalformedInvite(&'static str),
    /// A fact of the user service about a person cannot be read.
    #[error("the user service told of a person with a malformed {0}")]
    MalformedPerson(&'static str),
    /// The rollout invites nobody here now.
    #[error(transparent)]
    NotAdmitted(#[from] Refused),
    /// The rollout does not go this way.
    #[error(transparent)]
    Misstep(#[from] Misstep),
    /// The next stage of the rollout must wait.
    #[error("The gate to the next stage is shut: {}.", sentences(.0))]
    GateShut(Vec<Obstacle>),
    /// No such incident.
    #[error("There is no such incident.")]
    IncidentNotFound,
    /// The job is a run of a client that another run took over.
    #[error("A later run of the client counts; this job changes nothing any more.")]
    JobOvertaken,
    /// The job engine's.
    #[error(transparent)]
    Jobs(#[from] jobs::Error),
    /// The vault's.
    #[error(transparent)]
    Vault(#[from] vault::Error),
    /// The database's.
    #[error(transparent)]
    Database(#[from] pg::Error),
}

fn sentences(obstacles: &[Obstacle]) -> String {
    obstacles.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
}

impl From<crate::domain::Forbidden> for Error {
    fn from(forbidden: crate::domain::Forbidden) -> Self {
        Self::StageForbids(forbidden.from.as_str())
    }
}

impl Failure for Error {
    fn code(&self) -> Code {
        match self {
            Self::TenantNeeded => Code::Invalid,
            Self::ReasonNeeded => Code::Invalid,
            Self::ClientNotFound
            | Self::PersonNotFound
            | Self::WorkspaceNotFound
            | Self::MemberNotFound
            | Self::TroubleNotFound
            | Self::TokenNotFound
            | Self::OzonKeyNotFound
            | Self::IncidentNotFound => Code::NotFound,
            Self::ClientEmailTaken
            | Self::SpreadsheetTaken
            | Self::SpreadsheetDiffers
            | Self::TokenStands
            | Self::TroubleClaimed
            | Self::KeyReused
            | Self::JobOvertaken
            | Self::WorkspaceNeeded
            | Self::PersonNeeded
            | Self::NotAdmitted(_)
            | Self::Misstep(_)
            | Self::GateShut(_)
            | Self::StageForbids(_) => Code::Conflict,
            Self::WorkspaceInactive => Code::Denied,
            Self::Backend(fault) => backend(fault.kind).0,
            Self::NotInvited(refusal)
            | Self::PersonUnknown(refusal)
            | Self::PeerRefused(refusal) => refusal.code,
            Self::MalformedInvite(_)
            | Self::MalformedPerson(_)
            | Self::MalformedMember(_)
            | Self::ReplyUnreadable => Code::Internal,
            Self::Jobs(error) => error.code(),
            Self::Vault(error) => error.code(),
            Self::Database(error) => error.code(),
        }
    }

    fn reason(&self) -> &'static str {
        match self {
            Self::TenantNeeded => "tenant_required",
            Self::ClientNotFound => "client_not_found",
            Self::ClientEmailTaken => "client_email_taken",
            Self::SpreadsheetTaken => "spreadsheet_taken",
            Self::StageForbids(_) => "client_stage_conflict",
            Self::PersonNotFound => "person_not_found",
            Self::WorkspaceNotFound => "workspace_not_found",
            Self::WorkspaceInactive => "workspace_inactive",
            Self::WorkspaceNeeded => "workspace_needed",
            Self::PersonUnknown(_) => "person_unknown",
            Self::Backend(fault) => backend(fault.kind).1,
            Self::SpreadsheetDiffers => "spreadsheet_differs",
            Self::TokenStands => "wb_token_stands",
            Self::TokenNotFound => "wb_token_not_found",
            Self::PersonNeeded => "person_needed",
            Self::OzonKeyNotFound => "ozon_key_not_found",
            Self::ReasonNeeded => "reason_required",
            Self::MemberNotFound => "member_not_found",
            Self::TroubleNotFound => "trouble_not_found",
            Self::TroubleClaimed => "trouble_claimed",
            Self::KeyReused => "idempotency_key_reused",
            Self::ReplyUnreadable => "stored_reply_unreadable",
            Self::PeerRefused(_) => "user_refused",
            Self::MalformedMember(_) => "member_malformed",
            Self::NotInvited(_) => "client_not_invited",
            Self::MalformedInvite(_) => "invite_malformed",
            Self::MalformedPerson(_) => "person_malformed",
            Self::NotAdmitted(refused) => refused.reason(),
            Self::Misstep(misstep) => misstep.reason(),
            Self::GateShut(_) => "rollout_gate_shut",
            Self::IncidentNotFound => "incident_not_found",
            Self::JobOvertaken => "job_overtaken",
            Self::Jobs(error) => error.reason(),
            Self::Vault(error) => error.reason(),
            Self::Database(error) => error.reason(),
        }
    }

    fn fields(&self) -> Vec<FieldViolation> {
        match self {
            Self::ClientEmailTaken => {
                vec![FieldViolation::new("email", "belongs to a client with another spreadsheet")]
            }
            Self::SpreadsheetTaken => {
                vec![FieldViolation::new("spreadsheet_id", "belongs to another client")]
            }
            Self::Misstep(misstep) => {
                vec![FieldViolation::new(misstep.field(), misstep.to_string())]
            }
            // Each reason by its word, for programs; the sentence has them for people.
            Self::GateShut(obstacles) => obstacles
                .iter()
                .map(|one| FieldViolation::new(one.code(), one.to_string()))
                .collect(),
            Self::SpreadsheetDiffers => {
                vec![FieldViolation::new("spreadsheet_id", "is not the client's")]
            }
            Self::TokenStands => {
                vec![FieldViolation::new("wb_token", "is not the one that the client has")]
            }
            Self::ReasonNeeded => {
                vec![FieldViolation::new("reason", "is required where a token is replaced")]
            }
            Self::MemberNotFound => {
                vec![FieldViolation::new("user_id", "is no active member of the tenant")]
            }
            Self::NotInvited(refusal) | Self::PersonUnknown(refusal) => refusal.fields.clone(),
            Self::Jobs(error) => job_fields(error),
            _ => Vec::new(),
        }
    }

    fn retry_after(&self) -> Option<std::time::Duration> {
        match self {
            Self::NotInvited(refusal)
            | Self::PersonUnknown(refusal)
            | Self::PeerRefused(refusal) => refusal.retry_after,
            Self::Backend(fault) => fault.retry_after,
            _ if self.code() == Code::Unavailable => Some(std::time::Duration::from_secs(1)),
            _ => None,
        }
    }
}

/// The field of a call about a job that is at fault.
fn job_fields(error: &jobs::Error) -> Vec<FieldViolation> {
    match error {
        jobs::Error::Reason => {
            vec![FieldViolation::new("reason", "is required, in 1 to 300 characters")]
        }
        jobs::Error::UnknownStep => {
            vec![FieldViolation::new("step", "is no step of the job")]
        }
        jobs::Error::WrongStep(state) => {
            vec![FieldViolation::new("step", format!("is {state}, which does not allow this"))]
        }
        jobs::Error::EarlierStep(missing) => {
            vec![FieldViolation::new(
                "step",
                format!("comes after {missing}, which does not stand"),
            )]
        }
        _ => Vec::new(),
    }
}

/// What a failed call to the legacy backend means to whoever waits for its answer.
const fn backend(kind: Kind) -> (Code, &'static str) {
    match kind {
        Kind::Rejected | Kind::NotFound => (Code::Invalid, "legacy_rejected"),
        Kind::Forbidden => (Code::Denied, "legacy_forbidden"),
        Kind::RateLimited | Kind::Paced => (Code::Exhausted, "legacy_rate_limited"),
        Kind::Failed => (Code::Unavailable, "legacy_failed"),
        Kind::KeyRefused => (Code::Internal, "legacy_key_refused"),
        Kind::HostUnknown
        | Kind::Unreachable
        | Kind::TimedOut
        | Kind::ConnectionLost
        | Kind::BreakerOpen => (Code::Unavailable, "legacy_unreachable"),
        Kind::AddressInvalid
        | Kind::AddressForbidden
        | Kind::CertificateRefused
        | Kind::AnswerTooLong
        | Kind::Redirected
        | Kind::Malformed
        | Kind::Unsendable => (Code::Internal, "legacy_malformed"),
    }
}
