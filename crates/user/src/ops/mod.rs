//! What this service does, one use case per file.

mod accept_invitation;
mod allow_letter;
mod check_inviter;
mod create_invite;
mod create_user;
mod find_invitation;
mod get_account;
mod get_invite;
mod get_invite_policy;
mod get_me;
mod get_member;
mod list_accounts;
mod list_effective;
mod list_invite_events;
mod list_invites;
mod list_members;
mod note_delivery;
mod note_step;
mod prove_person;
mod resend_invite;
mod reveal_invitation_link;
mod revoke_invite;
mod set_invite_policy;
mod show_invitation;
mod take_invitation_link;
mod tell_expired;
mod update_account;

pub(crate) use accept_invitation::{AcceptInvitation, accept_invitation};
pub(crate) use create_invite::{CreateInvite, create_invite};
pub(crate) use create_user::{CreateUser, create_user};
pub(crate) use get_account::get_account;
pub(crate) use get_invite::get_invite;
pub(crate) use get_invite_policy::get_invite_policy;
pub(crate) use get_me::get_me;
pub(crate) use get_member::get_member;
pub(crate) use list_accounts::{ListAccounts, list_accounts};
pub(crate) use list_effective::list_effective;
pub(crate) use list_invite_events::list_invite_events;
pub(crate) use list_invites::list_invites;
pub(crate) use list_members::list_members;
pub(crate) use note_delivery::note_delivery;
pub(crate) use resend_invite::resend_invite;
pub(crate) use reveal_invitation_link::{Link, reveal_invitation_link};
pub(crate) use revoke_invite::revoke_invite;
pub(crate) use set_invite_policy::set_invite_policy;
pub(crate) use show_invitation::{Invitation, show_invitation};
pub(crate) use take_invitation_link::take_invitation_link;
pub(crate) use tell_expired::tell_expired;
pub(crate) use update_account::{UpdateAccount, update_account};

/// The purpose under which the vault derives the key of invitation tokens.
const TOKEN_KEY: &str = "invitation-token";
