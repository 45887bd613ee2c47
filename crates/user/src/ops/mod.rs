//! What this service does, one use case per file.

mod accept_invitation;
mod change_membership;
mod create_invite;
mod create_user;
mod find_invitation;
mod get_account;
mod get_invite;
mod get_me;
mod get_member;
mod get_profile;
mod get_seats;
mod keep_an_owner;
mod list_accounts;
mod list_effective;
mod list_invites;
mod list_members;
mod resend_invite;
mod reveal_invitation_link;
mod revoke_invite;
mod set_seat_limit;
mod show_invitation;
mod take_invitation_link;
mod take_seat;
mod transfer_ownership;
mod turn_member;
mod update_account;
mod update_profile;

pub(crate) use accept_invitation::{AcceptInvitation, accept_invitation};
pub(crate) use change_membership::ChangeMembership;
pub(crate) use create_invite::{CreateInvite, create_invite};
pub(crate) use create_user::{CreateUser, create_user};
pub(crate) use get_account::get_account;
pub(crate) use get_invite::get_invite;
pub(crate) use get_me::get_me;
pub(crate) use get_member::get_member;
pub(crate) use get_profile::get_profile;
pub(crate) use get_seats::get_seats;
pub(crate) use list_accounts::{ListAccounts, list_accounts};
pub(crate) use list_effective::list_effective;
pub(crate) use list_invites::list_invites;
pub(crate) use list_members::{ListMembers, list_members};
pub(crate) use resend_invite::resend_invite;
pub(crate) use reveal_invitation_link::{Link, reveal_invitation_link};
pub(crate) use revoke_invite::revoke_invite;
pub(crate) use set_seat_limit::set_seat_limit;
pub(crate) use show_invitation::{Invitation, show_invitation};
pub(crate) use take_invitation_link::take_invitation_link;
pub(crate) use transfer_ownership::transfer_ownership;
pub(crate) use turn_member::turn_member;
pub(crate) use update_account::{UpdateAccount, update_account};
pub(crate) use update_profile::update_profile;

/// The purpose under which the vault derives the key of invitation tokens.
const TOKEN_KEY: &str = "invitation-token";
