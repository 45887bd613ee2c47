//! `usher.provisioning.v1.Workspaces`.

use std::mem::take;

use kernel::Email;
use tonic::{Request, Response, Status};
use wire::{
    id, parse,
    provisioning::v1::{
        AddWbTokenRequest, ClientStatus, ListWbTokensRequest, ListWbTokensResponse,
        ProvisionWorkspaceRequest, workspaces_server::Workspaces,
    },
    refuse, repeatable,
};

use super::given;
use crate::{
    App,
    domain::{Reason, SpreadsheetId, WbToken},
    ops::{self, Whose},
};

/// The RPCs over the app.
pub(super) struct Rpc(pub(super) App);

#[tonic::async_trait]
impl Workspaces for Rpc {
    async fn provision_workspace(
        &self,
        request: Request<ProvisionWorkspaceRequest>,
    ) -> Result<Response<ClientStatus>, Status> {
        let cx = wire::cx(&request)?;
        let mut request = request.into_inner();
        let key = take(&mut request.idempotency_key);
        let (cx, fingerprint) = repeatable(cx, &key, &request)?;
        let now = self.0.clock.now();
        let (owner, token) = (given(&request.owner_email), given(&request.wb_token));
        let command = ops::ProvisionWorkspace {
            whose: whose(&request)?,
            spreadsheet_id: parse("spreadsheet_id", &request.spreadsheet_id, SpreadsheetId::parse)?,
            owner: owner.map(|text| parse("owner_email", text, Email::parse)).transpose()?,
            token: token
                .map(|text| parse("wb_token", text, |text| WbToken::parse_alive(text, now)))
                .transpose()?,
            fingerprint,
        };
        let status = ops::provision_workspace(&self.0, &cx, command).await.map_err(refuse)?;
        Ok(Response::new((&status).into()))
    }

    async fn add_wb_token(
        &self,
        request: Request<AddWbTokenRequest>,
    ) -> Result<Response<ClientStatus>, Status> {
        let cx = wire::cx(&request)?;
        let mut request = request.into_inner();
        let key = take(&mut request.idempotency_key);
        let (cx, fingerprint) = repeatable(cx, &key, &request)?;
        let now = self.0.clock.now();
        let command = ops::AddWbToken {
            client_id: id("client_id", &request.client_id)?,
            token: parse("wb_token", &request.wb_token, |text| WbToken::parse_alive(text, now))?,
            reason: parse("reason", &request.reason, Reason::parse)?,
            fingerprint,
        };
        let status = ops::add_wb_token(&self.0, &cx, command).await.map_err(refuse)?;
        Ok(Response::new((&status).into()))
    }

    async fn list_wb_tokens(
        &self,
        request: Request<ListWbTokensRequest>,
    ) -> Result<Response<ListWbTokensResponse>, Status> {
        let cx = wire::cx(&request)?;
        let client_id = id("client_id", &request.get_ref().client_id)?;
        let tokens = ops::list_wb_tokens(&self.0, &cx, client_id).await.map_err(refuse)?;
        Ok(Response::new(ListWbTokensResponse { tokens: tokens.iter().map(Into::into).collect() }))
    }
}

/// Exactly one of both names whose workspace it is.
fn whose(request: &ProvisionWorkspaceRequest) -> Result<Whose, Status> {
    match (given(&request.client_id), given(&request.user_id)) {
        (Some(client), None) => Ok(Whose::Client(id("client_id", client)?)),
        (None, Some(user)) => Ok(Whose::Member(id("user_id", user)?)),
        (None, None) => parse("client_id", "", |_| Err("or user_id is required")),
        (Some(_), Some(_)) => parse("user_id", "", |_| Err("and client_id exclude each other")),
    }
}
