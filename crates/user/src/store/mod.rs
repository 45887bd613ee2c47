//! The only SQL of this service.

mod access;
mod accounts;
mod expiries;
mod invite_events;
mod invite_policies;
mod invites;
mod links;
mod members;
mod people;

pub(crate) use access::{bind_role, bump_epoch, standing};
pub(crate) use accounts::{
    account, count_accounts, ensure_account, list_accounts, lock_account, unbind_roles,
    update_account_name, update_membership,
};
pub(crate) use expiries::{list_lapsed, mark_expiry_told};
pub(crate) use invite_events::{insert_invite_event, letters_since, list_invite_events};
pub(crate) use invite_policies::{invite_policy, upsert_invite_policy};
pub(crate) use invites::{
    InviteFilter, accepted_invite, claim_invite, count_attempt, expire_invite, insert_invite,
    invite, list_invites, lock_invite, lock_pending, revoke_invite, update_delivery,
};
pub(crate) use links::{
    invite_by_former_link, invite_by_link, link_hash, replaced_invite, take_link, update_link,
};
pub(crate) use members::{list_members, member, membership, upsert_membership};
pub(crate) use people::{activate_person, ensure_person, lock_person, person};
