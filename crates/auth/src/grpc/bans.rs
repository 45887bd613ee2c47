//! `usher.auth.v1.Bans`.

use kernel::{Email, PageSize};
use tonic::{Request, Response, Status};
use uuid::Uuid;
use wire::{
    auth::v1::{
        AddBanRequest, Ban, BannedNetwork, CheckDomainRequest, CheckDomainResponse,
        ListBannedNetworksRequest, ListBannedNetworksResponse, ListBansRequest, ListBansResponse,
        RemoveBanRequest, RemoveBanResponse, bans_server::Bans,
    },
    parse, refuse, timestamp,
};

use crate::{
    App,
    domain::{self, BannedSource, ban_reason, ban_ttl},
    ops,
};

/// The RPCs over the app.
pub(crate) struct Rpc(pub(crate) App);

#[tonic::async_trait]
impl Bans for Rpc {
    async fn add_ban(&self, request: Request<AddBanRequest>) -> Result<Response<Ban>, Status> {
        let cx = wire::cx(&request)?;
        let request = request.into_inner();
        let command = ops::AddBan {
            source: parse("source", &request.source, BannedSource::parse)?,
            reason: parse("reason", &request.reason, ban_reason)?,
            ttl: parse("ttlSeconds", "", |_| ban_ttl(request.ttl_seconds))?,
        };
        let ban = ops::add_ban(&self.0, &cx, command).await.map_err(refuse)?;
        Ok(Response::new((&ban).into()))
    }

    async fn remove_ban(
        &self,
        request: Request<RemoveBanRequest>,
    ) -> Result<Response<RemoveBanResponse>, Status> {
        let cx = wire::cx(&request)?;
        let ban_id = uuid("banId", &request.get_ref().ban_id)?;
        ops::remove_ban(&self.0, &cx, ban_id).await.map_err(refuse)?;
        Ok(Response::new(RemoveBanResponse {}))
    }

    async fn list_bans(
        &self,
        request: Request<ListBansRequest>,
    ) -> Result<Response<ListBansResponse>, Status> {
        let request = request.into_inner();
        let after = Some(request.page_token).filter(|token| !token.is_empty());
        let after = after.map(|token| uuid("pageToken", &token)).transpose()?;
        let size = PageSize::from_wire(request.page_size);
        let page = ops::list_bans(&self.0, size, after).await.map_err(refuse)?;
        Ok(Response::new(ListBansResponse {
            bans: page.items.iter().map(Into::into).collect(),
            next_page_token: page.next.unwrap_or_default(),
        }))
    }

    async fn list_banned_networks(
        &self,
        _: Request<ListBannedNetworksRequest>,
    ) -> Result<Response<ListBannedNetworksResponse>, Status> {
        let bans = ops::list_banned_networks(&self.0).await.map_err(refuse)?;
        let network = |ban: domain::Ban| BannedNetwork {
            network: ban.source,
            expires_at: ban.expires_at.map(timestamp),
            automatic: ban.automatic,
        };
        let networks = bans.into_iter().map(network).collect();
        Ok(Response::new(ListBannedNetworksResponse { networks }))
    }

    async fn check_domain(
        &self,
        request: Request<CheckDomainRequest>,
    ) -> Result<Response<CheckDomainResponse>, Status> {
        let email = format!("a@{}", request.get_ref().domain);
        let email = parse("domain", &email, Email::parse)?;
        let banned = ops::is_banned_domain(&self.0, email.domain()).await.map_err(refuse)?;
        Ok(Response::new(CheckDomainResponse { banned }))
    }
}

fn uuid(field: &str, text: &str) -> Result<Uuid, Status> {
    parse(field, text, |text| Uuid::try_parse(text).map_err(|_| "is no id"))
}

impl From<&domain::Ban> for Ban {
    fn from(ban: &domain::Ban) -> Self {
        Self {
            ban_id: ban.ban_id.to_string(),
            source: ban.source.clone(),
            kind: ban.kind.to_string(),
            reason: ban.reason.clone(),
            automatic: ban.automatic,
            created_at: Some(timestamp(ban.created_at)),
            expires_at: ban.expires_at.map(timestamp),
            created_by: ban.created_by.clone(),
        }
    }
}
