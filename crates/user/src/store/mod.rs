//! The only SQL of this service.

mod access;
mod accounts;
mod batch_rows;
mod bindings;
mod custom_roles;
mod email_changes;
mod erasures;
mod expiries;
mod exports;
mod glass;
mod group_members;
mod groups;
mod invite_batches;
mod invite_budgets;
mod invite_events;
mod invite_policies;
mod invites;
mod join_domains;
mod join_links;
mod join_requests;
mod known_people;
mod links;
mod members;
mod memberships;
mod overrides;
mod people;
mod profiles;
mod seats;
mod service_accounts;
mod setups;
mod sign_ups;
mod tenant_rules;
mod words;

pub(crate) use access::{
    bind_role, bump_epoch, insert_permissions, known_permissions, permissions, standing,
};
pub(crate) use accounts::{
    account, count_accounts, ensure_account, list_accounts, lock_account, unbind_all, unbind_roles,
    update_account_name,
};
pub(crate) use batch_rows::{
    insert_batch_rows, leave_out_rows, list_batch_rows, lock_waiting_row, settle_row, waiting_rows,
};
pub(crate) use bindings::{
    binding, binding_like, delete_binding, insert_binding, list_bindings, list_bindings_of,
    roles_of_group_and_teams, roles_of_person, roles_of_service_account, update_binding_end,
};
pub(crate) use custom_roles::{
    custom_role, delete_custom_role, is_bound, list_custom_roles, lock_custom_role,
    share_custom_role, upsert_custom_role,
};
pub(crate) use email_changes::{
    email_change, email_change_by_link, email_change_hash, insert_email_change, lock_email_change,
    lock_pending_email_change, lock_wishes_for, newest_email_change, update_email_change,
    wishes_for, wishes_of,
};
pub(crate) use erasures::{
    addresses_of, due_erasures, forget_person, insert_erasure, newest_erasure, tenants_of,
    update_erasure,
};
pub(crate) use expiries::{list_lapsed, mark_expiry_told};
pub(crate) use exports::{
    delete_export_parts, delete_exports_of, delete_old_exports, export, export_of, export_parts,
    lock_export, person_record, put_export_part, replace_export, update_export,
};
pub(crate) use glass::{close_glass, insert_glass, list_glass, lock_glass, open_glass_of};
pub(crate) use group_members::{
    count_groups_of, end_group_members, group_member, is_in_group, list_group_members,
    list_groups_of, upsert_group_member,
};
pub(crate) use groups::{
    archive_teams_of, count_teams_of, group, insert_group, list_groups, list_teams_of, lock_group,
    lock_teams_of, share_group, update_group,
};
pub(crate) use invite_batches::{end_batch, insert_batch, invite_batch, list_batches, lock_batch};
pub(crate) use invite_budgets::{count_acceptance, count_invite};
pub(crate) use invite_events::{
    accepted_with, insert_invite_event, letters_since, list_invite_events,
};
pub(crate) use invite_policies::{invite_policy, upsert_invite_policy};
pub(crate) use invites::{
    InviteFilter, accepted_invite, claim_invite, expire_invite, give_attempt_back, insert_invite,
    invite, list_invites, lock_invite, lock_pending, lock_pending_everywhere, lock_pending_of,
    reserve_attempt, revoke_invite, update_delivery,
};
pub(crate) use join_domains::{
    count_join_domains, delete_join_domain, join_domain_of, joinable, list_join_domains,
    upsert_join_domain,
};
pub(crate) use join_links::{
    has_used, insert_join_link, insert_use, join_link_by_token, list_join_links, lock_join_link,
    lock_join_link_by_token, revoke_join_link,
};
pub(crate) use join_requests::{
    decide_request, insert_request, last_request, list_requests, lock_request,
};
pub(crate) use known_people::{bump_epochs_of, known_person, lock_owners_beside, update_status};
pub(crate) use links::{
    invite_by_former_link, invite_by_link, is_taken_link, link_hash, replaced_invite, take_link,
    update_link,
};
pub(crate) use members::{list_members, member};
pub(crate) use memberships::{
    lock_membership, lock_owners, member_status, membership, membership_changed_by,
    turn_membership, upsert_membership,
};
pub(crate) use overrides::{
    delete_override, insert_override, list_overrides, lock_override, override_like,
};
pub(crate) use people::{
    activate_person, ensure_person, is_address_proven, is_known_address, lock_person,
    note_address_proven, person, person_by_email, person_standing, update_address,
};
pub(crate) use profiles::{
    lock_profile, profile, replace_address_everywhere, replace_words_everywhere, update_profile,
};
pub(crate) use seats::{ensure_seats, follow_epoch, lock_seat_limit, seats, update_seat_limit};
pub(crate) use service_accounts::{
    insert_service_account, list_service_accounts, lock_service_account, service_account,
    update_service_account,
};
pub(crate) use setups::{is_administered, lock_setup, replace_setup, setup, use_setup};
pub(crate) use sign_ups::{
    claim_sign_up, count_asking, count_wrong, delete_sign_ups, insert_sign_up, lock_bound_sign_up,
    name_newcomer, sign_up, sign_up_hash, sign_up_policy, upsert_sign_up_policy,
};
pub(crate) use tenant_rules::{tenant_rules, upsert_tenant_rules};
pub(crate) use words::{replace_words, search_members};
