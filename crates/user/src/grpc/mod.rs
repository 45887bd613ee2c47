//! Translation only: request to op to response.

mod access;
mod accounts;
mod break_glass;
mod convert;
mod custom_roles;
mod decisions;
mod email_changes;
mod erasures;
mod exports;
mod group_members;
mod groups;
mod invite_batches;
mod invite_convert;
mod invite_history;
mod invite_policies;
mod invites;
mod join_domains;
mod join_links;
mod joining;
mod memberships;
mod people;
mod persons;
mod policy_overrides;
mod profiles;
mod role_bindings;
mod seats;
mod service_accounts;
mod setups;
mod sign_ups;
mod sso_people;

use kernel::{Cx, TenantId, UnknownId};
use tonic::{Status, service::Routes};
use wire::{
    id, required,
    user::v1::{
        access_server::AccessServer, accounts_server::AccountsServer,
        break_glass_server::BreakGlassServer, custom_roles_server::CustomRolesServer,
        decisions_server::DecisionsServer, email_changes_server::EmailChangesServer,
        erasures_server::ErasuresServer, exports_server::ExportsServer,
        group_members_server::GroupMembersServer, groups_server::GroupsServer,
        invite_batches_server::InviteBatchesServer, invite_history_server::InviteHistoryServer,
        invite_policies_server::InvitePoliciesServer, invites_server::InvitesServer,
        join_domains_server::JoinDomainsServer, join_links_server::JoinLinksServer,
        joining_server::JoiningServer, memberships_server::MembershipsServer,
        people_server::PeopleServer, persons_server::PersonsServer,
        policy_overrides_server::PolicyOverridesServer, profiles_server::ProfilesServer,
        role_bindings_server::RoleBindingsServer, seats_server::SeatsServer,
        service_accounts_server::ServiceAccountsServer, setups_server::SetupsServer,
        sign_ups_server::SignUpsServer, sso_people_server::SsoPeopleServer,
    },
};

use crate::App;

/// The service's RPCs.
pub(crate) fn routes(app: &App) -> Routes {
    Routes::new(InvitesServer::new(invites::Rpc(app.clone())))
        .add_service(InvitePoliciesServer::new(invite_policies::Rpc(app.clone())))
        .add_service(InviteBatchesServer::new(invite_batches::Rpc(app.clone())))
        .add_service(InviteHistoryServer::new(invite_history::Rpc(app.clone())))
        .add_service(JoinLinksServer::new(join_links::Rpc(app.clone())))
        .add_service(JoinDomainsServer::new(join_domains::Rpc(app.clone())))
        .add_service(JoiningServer::new(joining::Rpc(app.clone())))
        .add_service(PeopleServer::new(people::Rpc(app.clone())))
        .add_service(PersonsServer::new(persons::Rpc(app.clone())))
        .add_service(AccountsServer::new(accounts::Rpc(app.clone())))
        .add_service(MembershipsServer::new(memberships::Rpc(app.clone())))
        .add_service(SeatsServer::new(seats::Rpc(app.clone())))
        .add_service(ProfilesServer::new(profiles::Rpc(app.clone())))
        .add_service(EmailChangesServer::new(email_changes::Rpc(app.clone())))
        .add_service(ErasuresServer::new(erasures::Rpc(app.clone())))
        .add_service(ExportsServer::new(exports::Rpc(app.clone())))
        .add_service(AccessServer::new(access::Rpc(app.clone())))
        .add_service(CustomRolesServer::new(custom_roles::Rpc(app.clone())))
        .add_service(RoleBindingsServer::new(role_bindings::Rpc(app.clone())))
        .add_service(PolicyOverridesServer::new(policy_overrides::Rpc(app.clone())))
        .add_service(GroupsServer::new(groups::Rpc(app.clone())))
        .add_service(GroupMembersServer::new(group_members::Rpc(app.clone())))
        .add_service(ServiceAccountsServer::new(service_accounts::Rpc(app.clone())))
        .add_service(SsoPeopleServer::new(sso_people::Rpc(app.clone())))
        .add_service(DecisionsServer::new(decisions::Rpc(app.clone())))
        .add_service(SignUpsServer::new(sign_ups::Rpc(app.clone())))
        .add_service(SetupsServer::new(setups::Rpc(app.clone())))
        .add_service(BreakGlassServer::new(break_glass::Rpc(app.clone())))
}

/// The tenant of the call; the guard let none in without.
fn tenant(cx: &Cx) -> Result<TenantId, Status> {
    required("tenant", cx.tenant)
}

/// An id where the text is not empty.
fn optional_id<I>(field: &str, text: &str) -> Result<Option<I>, Status>
where
    I: From<uuid::Uuid> + std::str::FromStr<Err = UnknownId>,
{
    Some(text).filter(|text| !text.is_empty()).map(|text| id(field, text)).transpose()
}
