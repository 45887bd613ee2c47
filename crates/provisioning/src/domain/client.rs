//! A client on the way to a working workspace.

use std::fmt;

use kernel::{ClientId, Email, InviteId, Locale, PersonName, Timestamp, UserId};
use vault::Hint;

use super::{Advance, Forbidden, Progress, SpreadsheetId, Stage};

/// The name of a role: a lower-case word of letters, digits and `_`. Whether the role exists is the user service's
/// to say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RoleName(String);

/// A text that is no role's name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be a role's name: a lower-case word of at most 40 letters, digits and _")]
pub(crate) struct BadRoleName;

impl RoleName {
    /// Reads a role's name; an empty text means `client`.
    pub(crate) fn parse(text: &str) -> Result<Self, BadRoleName> {
        let text = match text.trim() {
            "" => "client",
            given => given,
        };
        let word = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_';
        let good = text.len() <= 40 && text.starts_with(|c: char| c.is_ascii_lowercase());
        if good && text.bytes().all(word) { Ok(Self(text.into())) } else { Err(BadRoleName) }
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for RoleName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Why a client failed, was revoked or does not work any more: a stable word, and words that an operator understands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Cause {
    pub(crate) reason: String,
    pub(crate) message: String,
}

/// A client as it stands at a known instant; its token is read apart, where it is needed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Client {
    pub(crate) client_id: ClientId,
    pub(crate) email: Email,
    pub(crate) name: PersonName,
    pub(crate) role: RoleName,
    pub(crate) spreadsheet_id: SpreadsheetId,
    /// None before a token is given, and once the client is revoked.
    pub(crate) wb_token_hint: Option<Hint>,
    /// Whom the backend is told as the owner, where that is not the client's own person.
    pub(crate) owner_email: Option<Email>,
    pub(crate) locale: Option<Locale>,
    pub(crate) stage: Stage,
    pub(crate) resume_stage: Option<Stage>,
    pub(crate) reason: Option<String>,
    pub(crate) message: Option<String>,
    pub(crate) attempts: i32,
    /// The run of provisioning that counts, from 1; an older one changes nothing any more.
    pub(crate) run: i32,
    pub(crate) invite_id: Option<InviteId>,
    pub(crate) invite_expires_at: Option<Timestamp>,
    pub(crate) user_id: Option<UserId>,
    pub(crate) created_at: Timestamp,
    pub(crate) updated_at: Timestamp,
    /// When the invitation was accepted.
    pub(crate) confirmed_at: Option<Timestamp>,
    pub(crate) active_at: Option<Timestamp>,
}

/// What came of a move.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Moved {
    /// The client as it is now, and the stage it left.
    New(Client, Stage),
    /// Nothing changed.
    Already(Client),
}

impl Moved {
    /// The client, moved or not.
    #[cfg(test)]
    pub(super) fn client(self) -> Client {
        match self {
            Self::New(client, _) | Self::Already(client) => client,
        }
    }
}

impl Client {
    /// Whether the person waits for an invitation: there is none yet, or its time is over.
    pub(crate) fn needs_invite(&self) -> bool {
        match self.stage {
            Stage::Invited => self.invite_id.is_none(),
            Stage::Expired => true,
            _ => false,
        }
    }

    /// The key that makes asking for this client's next invitation repeatable.
    pub(crate) fn invite_key(&self) -> String {
        match self.invite_id {
            None => self.client_id.to_string(),
            Some(last) => format!("{}/{last}", self.client_id),
        }
    }

    /// The key that the run which counts is started with.
    pub(crate) fn run_key(&self) -> String {
        self.run_key_of(self.run)
    }

    /// The key that the run of this number is started with.
    pub(crate) fn run_key_of(&self, run: i32) -> String {
        match run {
            1 => self.client_id.to_string(),
            run => format!("{}/{run}", self.client_id),
        }
    }

    /// The client whose job has this key, whatever the job does for it.
    pub(crate) fn read_job_key(key: &str) -> Option<ClientId> {
        ClientId::parse(key.split('/').next().unwrap_or_default()).ok()
    }

    /// The client and the number of its run that are meant by the key of a run.
    pub(crate) fn read_run_key(key: &str) -> Option<(ClientId, i32)> {
        let (id, run) = key.split_once('/').unwrap_or((key, "1"));
        Some((ClientId::parse(id).ok()?, run.parse().ok()?))
    }

    /// Whether the way from the acceptance to `active` is being gone.
    pub(crate) const fn is_under_way(&self) -> bool {
        matches!(
            self.stage,
            Stage::EmailConfirmed
                | Stage::WorkspaceRegistered
                | Stage::TokenAdded
                | Stage::Validated
        )
    }

    /// Whether a run of this number may still change the client.
    pub(crate) fn heeds(&self, run: i32) -> bool {
        self.run == run && self.stage != Stage::Revoked
    }

    /// Moves the client to `stage` at `now`. What needs a cause has a call of its own.
    pub(crate) fn advance(self, stage: Stage, now: Timestamp) -> Result<Moved, Forbidden> {
        if matches!(stage, Stage::Failed | Stage::Revoked) {
            return Err(Forbidden { from: self.stage, to: stage });
        }
        self.step(stage, now)
    }

    fn step(self, stage: Stage, now: Timestamp) -> Result<Moved, Forbidden> {
        let advance = self.progress().advance(stage)?;
        Ok(self.moved(advance, now))
    }

    /// Gives up for `cause`.
    pub(crate) fn fail(self, cause: Cause, now: Timestamp) -> Result<Moved, Forbidden> {
        self.stop(Stage::Failed, cause, now)
    }

    /// Ends the onboarding for good.
    pub(crate) fn revoke(self, cause: Cause, now: Timestamp) -> Result<Moved, Forbidden> {
        self.stop(Stage::Revoked, cause, now)
    }

    /// Notes that an active client's workspace does not work any more; its stage stays.
    pub(crate) fn degraded(self, cause: Cause, now: Timestamp) -> Self {
        Self { reason: Some(cause.reason), message: Some(cause.message), updated_at: now, ..self }
    }

    /// Notes that an active client's workspace works (again).
    pub(crate) fn recovered(self, now: Timestamp) -> Self {
        Self { reason: None, message: None, updated_at: now, ..self }
    }

    /// Goes on after a failure, from where the work still stands.
    pub(crate) fn resume(self, now: Timestamp) -> Result<Moved, Forbidden> {
        let advance = self.progress().resumed()?;
        Ok(self.moved(advance, now))
    }

    fn stop(self, stage: Stage, cause: Cause, now: Timestamp) -> Result<Moved, Forbidden> {
        Ok(match self.step(stage, now)? {
            Moved::New(client, from) => {
                let (reason, message) = (Some(cause.reason), Some(cause.message));
                Moved::New(Self { reason, message, ..client }, from)
            }
            already @ Moved::Already(_) => already,
        })
    }

    const fn progress(&self) -> Progress {
        Progress::at(self.stage, self.resume_stage)
    }

    fn moved(self, advance: Advance, now: Timestamp) -> Moved {
        let Advance::New(progress) = advance else {
            return Moved::Already(self);
        };
        let (from, stage) = (self.stage, progress.stage());
        let client = Self {
            stage,
            resume_stage: progress.resume(),
            reason: None,
            message: None,
            updated_at: now,
            confirmed_at: self.confirmed_at.or((stage == Stage::EmailConfirmed).then_some(now)),
            active_at: (stage == Stage::Active).then_some(now),
            ..self
        };
        Moved::New(client, from)
    }
}

#[cfg(test)]
mod tests;
