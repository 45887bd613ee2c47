//! A stand-in of the block list: one domain is on it.

use tonic::{Request, Response, Status};
use wire::auth::v1::{
    AddBanRequest, Ban, CheckDomainRequest, CheckDomainResponse, ListBannedNetworksRequest,
    ListBannedNetworksResponse, ListBansRequest, ListBansResponse, RemoveBanRequest,
    RemoveBanResponse, bans_server::Bans,
};

/// The domain that is not served.
pub(crate) const BANNED: &str = "spam.example";

/// The block list.
pub(crate) struct FakeBans;

#[tonic::async_trait]
impl Bans for FakeBans {
    async fn add_ban(&self, _: Request<AddBanRequest>) -> Result<Response<Ban>, Status> {
        Err(Status::unimplemented("not asked"))
    }

    async fn remove_ban(
        &self,
        _: Request<RemoveBanRequest>,
    ) -> Result<Response<RemoveBanResponse>, Status> {
        Err(Status::unimplemented("not asked"))
    }

    async fn list_bans(
        &self,
        _: Request<ListBansRequest>,
    ) -> Result<Response<ListBansResponse>, Status> {
        Err(Status::unimplemented("not asked"))
    }

    async fn list_banned_networks(
        &self,
        _: Request<ListBannedNetworksRequest>,
    ) -> Result<Response<ListBannedNetworksResponse>, Status> {
        Err(Status::unimplemented("not asked"))
    }

    async fn check_domain(
        &self,
        request: Request<CheckDomainRequest>,
    ) -> Result<Response<CheckDomainResponse>, Status> {
        let banned = request.get_ref().domain == BANNED;
        Ok(Response::new(CheckDomainResponse { banned }))
    }
}
