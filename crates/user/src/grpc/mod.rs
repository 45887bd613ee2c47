//! Translation only: request to op to response.

mod access;
mod accounts;
mod convert;
mod invite_history;
mod invite_policies;
mod invites;
mod people;
mod repeat;

use kernel::{Cx, TenantId, UnknownId};
use tonic::{Status, service::Routes};
use wire::{
    id, required,
    user::v1::{
        access_server::AccessServer, accounts_server::AccountsServer,
        invite_history_server::InviteHistoryServer, invite_policies_server::InvitePoliciesServer,
        invites_server::InvitesServer, people_server::PeopleServer,
    },
};

use crate::App;

/// The service's RPCs.
pub(crate) fn routes(app: &App) -> Routes {
    Routes::new(InvitesServer::new(invites::Rpc(app.clone())))
        .add_service(InvitePoliciesServer::new(invite_policies::Rpc(app.clone())))
        .add_service(InviteHistoryServer::new(invite_history::Rpc(app.clone())))
        .add_service(PeopleServer::new(people::Rpc(app.clone())))
        .add_service(AccountsServer::new(accounts::Rpc(app.clone())))
        .add_service(AccessServer::new(access::Rpc(app.clone())))
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
