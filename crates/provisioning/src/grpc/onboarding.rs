//! `usher.provisioning.v1.Onboarding`.

use std::mem::take;

use futures::{StreamExt, stream::BoxStream};
use kernel::{Email, Locale, PageSize, PersonName};
use tonic::{Request, Response, Status};
use wire::{
    id, parse,
    provisioning::v1::{
        Client, ClientStatus, GetClientStatusRequest, ListClientsRequest, ListClientsResponse,
        OnboardClientRequest, ReprovisionClientRequest, RetryClientRequest, RevokeClientRequest,
        WatchClientStatusRequest, onboarding_server::Onboarding,
    },
    refuse, repeatable,
};

use super::given;
use crate::{
    App,
    domain::{Reason, RoleName, SpreadsheetId, Stage, WbToken},
    ops,
};

/// The RPCs over the app.
pub(super) struct Rpc(pub(super) App);

#[tonic::async_trait]
impl Onboarding for Rpc {
    type WatchClientStatusStream = BoxStream<'static, Result<ClientStatus, Status>>;

    async fn onboard_client(
        &self,
        request: Request<OnboardClientRequest>,
    ) -> Result<Response<Client>, Status> {
        let cx = wire::cx(&request)?;
        let mut request = request.into_inner();
        let key = take(&mut request.idempotency_key);
        let (cx, fingerprint) = repeatable(cx, &key, &request)?;
        let now = self.0.clock.now();
        let locale = given(&request.locale);
        let command = ops::OnboardClient {
            email: parse("email", &request.email, Email::parse)?,
            name: parse("name", &request.name, PersonName::parse)?,
            role: parse("role", &request.role, RoleName::parse)?,
            spreadsheet_id: parse("spreadsheet_id", &request.spreadsheet_id, SpreadsheetId::parse)?,
            token: parse("wb_token", &request.wb_token, |text| WbToken::parse_alive(text, now))?,
            locale: locale.map(|text| parse("locale", text, Locale::parse)).transpose()?,
            fingerprint,
        };
        let client = ops::onboard_client(&self.0, &cx, command).await.map_err(refuse)?;
        Ok(Response::new((&client).into()))
    }

    async fn get_client_status(
        &self,
        request: Request<GetClientStatusRequest>,
    ) -> Result<Response<ClientStatus>, Status> {
        let cx = wire::cx(&request)?;
        let client_id = id("client_id", &request.get_ref().client_id)?;
        let status = ops::get_client_status(&self.0, &cx, client_id).await.map_err(refuse)?;
        Ok(Response::new((&status).into()))
    }

    async fn list_clients(
        &self,
        request: Request<ListClientsRequest>,
    ) -> Result<Response<ListClientsResponse>, Status> {
        let cx = wire::cx(&request)?;
        let request = request.into_inner();
        let stage = given(&request.stage)
            .map(|text| parse("stage", text, |word| Stage::parse(word).ok_or("is not a stage")))
            .transpose()?;
        let after = given(&request.page_token).map(|token| id("page_token", token)).transpose()?;
        let size = PageSize::from_wire(request.page_size);
        let page = ops::list_clients(&self.0, &cx, stage, size, after).await.map_err(refuse)?;
        Ok(Response::new(ListClientsResponse {
            clients: page.items.iter().map(Into::into).collect(),
            next_page_token: page.next.unwrap_or_default(),
        }))
    }

    async fn retry_client(
        &self,
        request: Request<RetryClientRequest>,
    ) -> Result<Response<Client>, Status> {
        let cx = wire::cx(&request)?;
        let mut request = request.into_inner();
        let key = take(&mut request.idempotency_key);
        let (cx, fingerprint) = repeatable(cx, &key, &request)?;
        let wish = ops::Wish { client_id: id("client_id", &request.client_id)?, fingerprint };
        let client = ops::retry_client(&self.0, &cx, wish).await.map_err(refuse)?;
        Ok(Response::new((&client).into()))
    }

    async fn reprovision_client(
        &self,
        request: Request<ReprovisionClientRequest>,
    ) -> Result<Response<ClientStatus>, Status> {
        let cx = wire::cx(&request)?;
        let mut request = request.into_inner();
        let key = take(&mut request.idempotency_key);
        let (cx, fingerprint) = repeatable(cx, &key, &request)?;
        let wish = ops::Wish { client_id: id("client_id", &request.client_id)?, fingerprint };
        let status = ops::reprovision_client(&self.0, &cx, wish).await.map_err(refuse)?;
        Ok(Response::new((&status).into()))
    }

    async fn revoke_client(
        &self,
        request: Request<RevokeClientRequest>,
    ) -> Result<Response<Client>, Status> {
        let cx = wire::cx(&request)?;
        let mut request = request.into_inner();
        let key = take(&mut request.idempotency_key);
        let (cx, fingerprint) = repeatable(cx, &key, &request)?;
        let command = ops::RevokeClient {
            client_id: id("client_id", &request.client_id)?,
            reason: parse("reason", &request.reason, Reason::parse)?,
            fingerprint,
        };
        let client = ops::revoke_client(&self.0, &cx, command).await.map_err(refuse)?;
        Ok(Response::new((&client).into()))
    }

    async fn watch_client_status(
        &self,
        request: Request<WatchClientStatusRequest>,
    ) -> Result<Response<Self::WatchClientStatusStream>, Status> {
        let cx = wire::cx(&request)?;
        let client_id = id("client_id", &request.get_ref().client_id)?;
        let states = ops::watch_client_status(&self.0, &cx, client_id).await.map_err(refuse)?;
        let states = states.map(|status| match status {
            Ok(status) => Ok((&status).into()),
            Err(problem) => Err(refuse(problem)),
        });
        Ok(Response::new(states.boxed()))
    }
}
