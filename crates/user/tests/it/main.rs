//! The service through its guard, against a real PostgreSQL.

mod accept_as_somebody;
mod accept_invitation;
mod accounts;
mod check_inviter;
mod create_invite;
mod create_user;
mod database;
mod fakes;
mod get_me;
mod invite_attempts;
mod invite_policy;
mod invite_races;
mod invite_walks;
mod isolation;
mod list_effective;
mod list_invite_events;
mod list_invites;
mod list_members;
mod list_roles;
mod platform;
mod resend_invite;
mod reveal_invitation_link;
mod revoke_invite;
mod show_invitation;
mod take_invitation_link;
mod tell_expired;
