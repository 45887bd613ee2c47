//! The only SQL of this service.

mod access;
mod accounts;
mod bindings;
mod custom_roles;
mod invites;
mod links;
mod members;
mod overrides;
mod people;

pub(crate) use access::{
    bind_role, bump_epoch, insert_permissions, known_permissions, permissions, standing,
};
pub(crate) use accounts::{
    account, count_accounts, ensure_account, list_accounts, lock_account, unbind_roles,
    update_account_name, update_membership,
};
pub(crate) use bindings::{
    binding, binding_like, count_holders, delete_binding, insert_binding, list_bindings,
};
pub(crate) use custom_roles::{
    custom_role, delete_custom_role, is_bound, list_custom_roles, lock_custom_role,
    share_custom_role, upsert_custom_role,
};
pub(crate) use invites::{
    accepted_invite, claim_invite, expire_invite, insert_invite, invite, list_invites, lock_invite,
    lock_pending, revoke_invite,
};
pub(crate) use links::{invite_by_link, link_hash, replaced_invite, take_link, update_link};
pub(crate) use members::{list_members, member, membership, upsert_membership};
pub(crate) use overrides::{
    delete_override, insert_override, list_overrides, lock_override, override_like,
};
pub(crate) use people::{activate_person, ensure_person, lock_person, person};
