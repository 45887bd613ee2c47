//! Translation only: request to op to response.

mod convert;
mod credentials;
mod factors;
mod letters;
mod passwords;
mod sessions;
mod standings;

use kernel::{Actor, Cx, SessionId, UserId};
use tonic::{Status, service::Routes};
use wire::{
    auth::v1::{
        credentials_server::CredentialsServer, factors_server::FactorsServer,
        letters_server::LettersServer, passwords_server::PasswordsServer,
        sessions_server::SessionsServer, standings_server::StandingsServer,
    },
    refuse,
};

use crate::{App, Error};

/// The service's RPCs.
pub(crate) fn routes(app: &App) -> Routes {
    Routes::new(SessionsServer::new(sessions::Rpc(app.clone())))
        .add_service(CredentialsServer::new(credentials::Rpc(app.clone())))
        .add_service(StandingsServer::new(standings::Rpc(app.clone())))
        .add_service(PasswordsServer::new(passwords::Rpc(app.clone())))
        .add_service(LettersServer::new(letters::Rpc(app.clone())))
        .add_service(FactorsServer::new(factors::Rpc(app.clone())))
}

/// The person who calls and the session in use, where the rule lets only signed-in people in.
fn person(cx: &Cx) -> Result<(UserId, SessionId), Status> {
    match cx.actor {
        Actor::User { id, session } => Ok((id, session)),
        _ => Err(refuse(Error::BadToken)),
    }
}
