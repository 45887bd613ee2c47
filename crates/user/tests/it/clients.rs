//! Clients of each of the service's interfaces, as the gateway calls them.

use wire::{
    Caller,
    user::v1::{
        access_client::AccessClient, accounts_client::AccountsClient,
        custom_roles_client::CustomRolesClient, decisions_client::DecisionsClient,
        email_changes_client::EmailChangesClient, erasures_client::ErasuresClient,
        exports_client::ExportsClient, group_members_client::GroupMembersClient,
        groups_client::GroupsClient, invite_batches_client::InviteBatchesClient,
        invite_policies_client::InvitePoliciesClient, invites_client::InvitesClient,
        join_domains_client::JoinDomainsClient, join_links_client::JoinLinksClient,
        joining_client::JoiningClient, memberships_client::MembershipsClient,
        people_client::PeopleClient, persons_client::PersonsClient,
        policy_overrides_client::PolicyOverridesClient, profiles_client::ProfilesClient,
        role_bindings_client::RoleBindingsClient, seats_client::SeatsClient,
        service_accounts_client::ServiceAccountsClient,
    },
};

use crate::platform::Platform;

impl Platform {
    pub(crate) fn invites(&self) -> InvitesClient<Caller> {
        InvitesClient::new(self.gateway())
    }

    pub(crate) fn invite_batches(&self) -> InviteBatchesClient<Caller> {
        InviteBatchesClient::new(self.gateway())
    }

    pub(crate) fn exports(&self) -> ExportsClient<Caller> {
        ExportsClient::new(self.gateway())
    }

    pub(crate) fn join_links(&self) -> JoinLinksClient<Caller> {
        JoinLinksClient::new(self.gateway())
    }

    pub(crate) fn join_domains(&self) -> JoinDomainsClient<Caller> {
        JoinDomainsClient::new(self.gateway())
    }

    pub(crate) fn joining(&self) -> JoiningClient<Caller> {
        JoiningClient::new(self.gateway())
    }

    pub(crate) fn policies(&self) -> InvitePoliciesClient<Caller> {
        InvitePoliciesClient::new(self.gateway())
    }

    pub(crate) fn people(&self) -> PeopleClient<Caller> {
        PeopleClient::new(self.gateway())
    }

    pub(crate) fn accounts(&self) -> AccountsClient<Caller> {
        AccountsClient::new(self.gateway())
    }

    pub(crate) fn memberships(&self) -> MembershipsClient<Caller> {
        MembershipsClient::new(self.gateway())
    }

    pub(crate) fn seats(&self) -> SeatsClient<Caller> {
        SeatsClient::new(self.gateway())
    }

    pub(crate) fn profiles(&self) -> ProfilesClient<Caller> {
        ProfilesClient::new(self.gateway())
    }

    pub(crate) fn email_changes(&self) -> EmailChangesClient<Caller> {
        EmailChangesClient::new(self.gateway())
    }

    pub(crate) fn erasures(&self) -> ErasuresClient<Caller> {
        ErasuresClient::new(self.gateway())
    }

    pub(crate) fn persons(&self) -> PersonsClient<Caller> {
        PersonsClient::new(self.gateway())
    }

    pub(crate) fn access(&self) -> AccessClient<Caller> {
        AccessClient::new(self.gateway())
    }

    pub(crate) fn custom_roles(&self) -> CustomRolesClient<Caller> {
        CustomRolesClient::new(self.gateway())
    }

    pub(crate) fn role_bindings(&self) -> RoleBindingsClient<Caller> {
        RoleBindingsClient::new(self.gateway())
    }

    pub(crate) fn policy_overrides(&self) -> PolicyOverridesClient<Caller> {
        PolicyOverridesClient::new(self.gateway())
    }

    pub(crate) fn decisions(&self) -> DecisionsClient<Caller> {
        DecisionsClient::new(self.gateway())
    }

    pub(crate) fn groups(&self) -> GroupsClient<Caller> {
        GroupsClient::new(self.gateway())
    }

    pub(crate) fn group_members(&self) -> GroupMembersClient<Caller> {
        GroupMembersClient::new(self.gateway())
    }

    pub(crate) fn service_accounts(&self) -> ServiceAccountsClient<Caller> {
        ServiceAccountsClient::new(self.gateway())
    }
}
