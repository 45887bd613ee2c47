//! The service through its guard, against a real PostgreSQL.

mod accept_invitation;
mod accounts;
mod create_invite;
mod create_user;
mod custom_roles;
mod database;
mod decisions;
mod fakes;
mod get_me;
mod isolation;
mod list_effective;
mod list_invites;
mod list_members;
mod list_roles;
mod memberships;
mod platform;
mod policy_overrides;
mod profiles;
mod resend_invite;
mod reveal_invitation_link;
mod revoke_invite;
mod role_bindings;
mod search_members;
mod seats;
mod show_invitation;
mod take_invitation_link;
