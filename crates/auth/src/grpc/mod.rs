//! Translation only: request to op to response.

mod addresses;
mod api_keys;
mod bans;
mod captchas;
mod consents;
mod convert;
mod credentials;
mod devices;
mod factors;
mod letters;
mod logouts;
mod oauth;
mod oauth_clients;
mod passkeys;
mod passwords;
mod platform_clients;
mod sessions;
mod signing_keys;
mod sso_connections;
mod sso_sign_ins;
mod staged_passkeys;
mod standings;
mod tokens;

use kernel::{Actor, Cx, SessionId, TenantId, UserId};
use tonic::{Status, service::Routes};
use wire::{
    auth::v1::{
        addresses_server::AddressesServer, api_keys_server::ApiKeysServer, bans_server::BansServer,
        captchas_server::CaptchasServer, consents_server::ConsentsServer,
        credentials_server::CredentialsServer, devices_server::DevicesServer,
        factors_server::FactorsServer, letters_server::LettersServer,
        logouts_server::LogoutsServer, o_auth_clients_server::OAuthClientsServer,
        o_auth_server::OAuthServer, passkeys_server::PasskeysServer,
        passwords_server::PasswordsServer, platform_clients_server::PlatformClientsServer,
        sessions_server::SessionsServer, signing_keys_server::SigningKeysServer,
        sso_connections_server::SsoConnectionsServer, sso_sign_ins_server::SsoSignInsServer,
        staged_passkeys_server::StagedPasskeysServer, standings_server::StandingsServer,
        tokens_server::TokensServer,
    },
    refuse,
};

use crate::{App, Error, domain::SsoRefusal};

/// The service's RPCs.
pub(crate) fn routes(app: &App) -> Routes {
    Routes::new(SessionsServer::new(sessions::Rpc(app.clone())))
        .add_service(CredentialsServer::new(credentials::Rpc(app.clone())))
        .add_service(StandingsServer::new(standings::Rpc(app.clone())))
        .add_service(PasswordsServer::new(passwords::Rpc(app.clone())))
        .add_service(LettersServer::new(letters::Rpc(app.clone())))
        .add_service(AddressesServer::new(addresses::Rpc(app.clone())))
        .add_service(PasskeysServer::new(passkeys::Rpc(app.clone())))
        .add_service(StagedPasskeysServer::new(staged_passkeys::Rpc(app.clone())))
        .add_service(SsoConnectionsServer::new(sso_connections::Rpc(app.clone())))
        .add_service(SsoSignInsServer::new(sso_sign_ins::Rpc(app.clone())))
        .add_service(FactorsServer::new(factors::Rpc(app.clone())))
        .add_service(SigningKeysServer::new(signing_keys::Rpc(app.clone())))
        .add_service(TokensServer::new(tokens::Rpc(app.clone())))
        .add_service(ApiKeysServer::new(api_keys::Rpc(app.clone())))
        .add_service(OAuthClientsServer::new(oauth_clients::Rpc(app.clone())))
        .add_service(OAuthServer::new(oauth::Rpc(app.clone())))
        .add_service(DevicesServer::new(devices::Rpc(app.clone())))
        .add_service(PlatformClientsServer::new(platform_clients::Rpc(app.clone())))
        .add_service(ConsentsServer::new(consents::Rpc(app.clone())))
        .add_service(LogoutsServer::new(logouts::Rpc(app.clone())))
        .add_service(CaptchasServer::new(captchas::Rpc(app.clone())))
        .add_service(BansServer::new(bans::Rpc(app.clone())))
}

/// The person who calls and the session in use, where the rule lets only signed-in people in.
fn person(cx: &Cx) -> Result<(UserId, SessionId), Status> {
    match cx.actor {
        Actor::User { id, session } => Ok((id, session)),
        _ => Err(refuse(Error::BadToken)),
    }
}

/// The tenant that the call is about; the guard lets none in without one.
fn tenant(cx: &Cx) -> Result<TenantId, Status> {
    cx.tenant.ok_or_else(|| refuse(Error::Sso(SsoRefusal::NotFound)))
}
