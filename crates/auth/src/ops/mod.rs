//! What this service does, one use case per file.

mod activate_credential;
mod ask_letter;
mod begin_totp;
mod change_password;
mod check_factor;
mod confirm_session;
mod confirm_totp;
mod count_try;
mod create_session;
mod end_session;
mod end_sessions;
mod erase_person;
mod follow_person;
mod get_factors;
mod identify_session;
mod issue_session;
mod list_sessions;
mod open_session;
mod redeem_letter;
mod remove_totp;
mod renew_recovery_codes;
mod replace_password;
mod require_fresh;
mod reset_password;
mod reveal_letter;
mod stage_credential;
mod step_up;
mod sweep_leftovers;
mod verify_password;

pub(crate) use activate_credential::{ActivateCredential, activate_credential};
pub(crate) use ask_letter::{AskLetter, ask_letter};
pub(crate) use begin_totp::begin_totp;
pub(crate) use change_password::{ChangePassword, change_password};
pub(crate) use confirm_session::{ConfirmSession, confirm_session};
pub(crate) use confirm_totp::{ConfirmTotp, confirm_totp};
pub(crate) use create_session::{CreateSession, create_session};
pub(crate) use end_session::end_session;
pub(crate) use end_sessions::{EndSessions, end_sessions};
pub(crate) use erase_person::erase_person;
pub(crate) use follow_person::{FollowPerson, follow_person};
pub(crate) use get_factors::get_factors;
pub(crate) use identify_session::identify_session;
pub(crate) use issue_session::{IssueSession, issue_session};
pub(crate) use list_sessions::list_sessions;
pub(crate) use redeem_letter::{Proof, RedeemLetter, redeem_letter};
pub(crate) use remove_totp::remove_totp;
pub(crate) use renew_recovery_codes::renew_recovery_codes;
pub(crate) use reset_password::{ResetPassword, reset_password};
pub(crate) use reveal_letter::reveal_letter;
pub(crate) use stage_credential::{StageCredential, stage_credential};
pub(crate) use step_up::{StepUp, step_up};
pub(crate) use sweep_leftovers::{Swept, sweep_leftovers};
pub(crate) use verify_password::{VerifyPassword, verify_password};

/// The purpose under which the vault derives the key of tokens in letters.
const LETTER_KEY: &str = "auth.letter";
/// The purpose under which the vault derives the key of codes in letters.
const CODE_KEY: &str = "auth.letter.code";
/// The purpose under which the vault seals the secrets of authenticator apps.
const TOTP_PURPOSE: &str = "auth.totp";
