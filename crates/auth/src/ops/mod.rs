//! What this service does, one use case per file.

mod activate_credential;
mod create_session;
mod end_session;
mod erase_person;
mod follow_person;
mod identify_session;
mod issue_session;
mod open_session;
mod stage_credential;
mod sweep_leftovers;
mod verify_password;

pub(crate) use activate_credential::{ActivateCredential, activate_credential};
pub(crate) use create_session::{CreateSession, create_session};
pub(crate) use end_session::end_session;
pub(crate) use erase_person::erase_person;
pub(crate) use follow_person::{FollowPerson, follow_person};
pub(crate) use identify_session::identify_session;
pub(crate) use issue_session::{IssueSession, issue_session};
use open_session::open_session;
pub(crate) use stage_credential::{StageCredential, stage_credential};
pub(crate) use sweep_leftovers::sweep_leftovers;
pub(crate) use verify_password::{VerifyPassword, verify_password};
