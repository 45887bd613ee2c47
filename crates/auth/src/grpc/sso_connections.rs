//! `usher.auth.v1.SsoConnections`.

use kernel::TenantId;
use secrecy::SecretString;
use tonic::{Request, Response, Status};
use wire::{
    auth::v1::{
        CreateSsoConnectionRequest, DeleteSsoConnectionRequest, DeleteSsoConnectionResponse,
        GetSsoConnectionRequest, ListSsoConnectionsRequest, ListSsoConnectionsResponse,
        SsoConnection, UpdateSsoConnectionRequest, sso_connections_server::SsoConnections,
    },
    parse, refuse, timestamp,
};

use super::tenant;
use crate::{
    App,
    domain::{
        BadTerm, Connection, ConnectionId, SsoRole, Terms, client_id, connection_name, domains,
        issuer,
    },
    ops,
};

/// The longest secret of a client.
const LONGEST_SECRET: usize = 512;

/// The RPCs over the app.
pub(crate) struct Rpc(pub(crate) App);

#[tonic::async_trait]
impl SsoConnections for Rpc {
    async fn create_sso_connection(
        &self,
        request: Request<CreateSsoConnectionRequest>,
    ) -> Result<Response<SsoConnection>, Status> {
        let cx = wire::cx(&request)?;
        let tenant = tenant(&cx)?;
        let request = request.into_inner();
        let command = ops::ConnectSso {
            issuer: parse("issuer", &request.issuer, issuer)?,
            secret: secret(request.client_secret, 1)?,
            terms: terms(
                &request.name,
                &request.client_id,
                &request.domains,
                &request.role,
                request.enabled,
            )?,
        };
        let created = ops::connect_sso(&self.0, &cx, tenant, command).await.map_err(refuse)?;
        Ok(Response::new(self.shown(&created)))
    }

    async fn get_sso_connection(
        &self,
        request: Request<GetSsoConnectionRequest>,
    ) -> Result<Response<SsoConnection>, Status> {
        let tenant = tenant(&wire::cx(&request)?)?;
        let id = connection_id(&request.get_ref().connection_id)?;
        let found = ops::get_sso(&self.0, tenant, id).await.map_err(refuse)?;
        Ok(Response::new(self.shown(&found)))
    }

    async fn list_sso_connections(
        &self,
        request: Request<ListSsoConnectionsRequest>,
    ) -> Result<Response<ListSsoConnectionsResponse>, Status> {
        let tenant: TenantId = tenant(&wire::cx(&request)?)?;
        let listed = ops::list_sso(&self.0, tenant).await.map_err(refuse)?;
        let connections = listed.iter().map(|connection| self.shown(connection)).collect();
        Ok(Response::new(ListSsoConnectionsResponse { connections }))
    }

    async fn update_sso_connection(
        &self,
        request: Request<UpdateSsoConnectionRequest>,
    ) -> Result<Response<SsoConnection>, Status> {
        let cx = wire::cx(&request)?;
        let tenant = tenant(&cx)?;
        let request = request.into_inner();
        let command = ops::UpdateSso {
            connection_id: connection_id(&request.connection_id)?,
            secret: secret(request.client_secret, 0)?,
            terms: terms(
                &request.name,
                &request.client_id,
                &request.domains,
                &request.role,
                request.enabled,
            )?,
        };
        let updated = ops::update_sso(&self.0, &cx, tenant, command).await.map_err(refuse)?;
        Ok(Response::new(self.shown(&updated)))
    }

    async fn delete_sso_connection(
        &self,
        request: Request<DeleteSsoConnectionRequest>,
    ) -> Result<Response<DeleteSsoConnectionResponse>, Status> {
        let cx = wire::cx(&request)?;
        let tenant = tenant(&cx)?;
        let id = connection_id(&request.get_ref().connection_id)?;
        ops::disconnect_sso(&self.0, &cx, tenant, id).await.map_err(refuse)?;
        Ok(Response::new(DeleteSsoConnectionResponse {}))
    }
}

impl Rpc {
    fn shown(&self, connection: &Connection) -> SsoConnection {
        let Connection { connection_id, issuer, terms, created_at } = connection;
        SsoConnection {
            connection_id: connection_id.to_string(),
            name: terms.name.clone(),
            issuer: issuer.clone(),
            client_id: terms.client_id.clone(),
            domains: terms.domains.clone(),
            role: terms.role.to_string(),
            enabled: terms.enabled,
            redirect_uri: ops::redirect_uri(&self.0, *connection_id),
            created_at: Some(timestamp(*created_at)),
        }
    }
}

/// What may be told anew of a connection.
fn terms(
    name: &str,
    client: &str,
    named: &[String],
    role: &str,
    enabled: bool,
) -> Result<Terms, Status> {
    let role = if role.is_empty() { "client" } else { role };
    Ok(Terms {
        name: parse("name", name, connection_name)?,
        client_id: parse("clientId", client, client_id)?,
        domains: parse("domains", "", |_| domains(named))?,
        role: parse("role", role, read_role)?,
        enabled,
    })
}

pub(super) fn connection_id(text: &str) -> Result<ConnectionId, Status> {
    parse("connectionId", text, ConnectionId::parse)
}

fn read_role(word: &str) -> Result<SsoRole, BadTerm> {
    SsoRole::parse(word).ok_or(BadTerm::Role)
}

fn secret(text: String, shortest: usize) -> Result<SecretString, Status> {
    match (shortest..=LONGEST_SECRET).contains(&text.len()) {
        true => Ok(text.into()),
        false => parse("clientSecret", "", |_| Err(BadTerm::ClientSecret)),
    }
}
