//! `usher.auth.v1.Addresses`.

use kernel::Locale;
use tonic::{Request, Response, Status};
use wire::{
    auth::v1::{
        AskAddressLetterRequest, AskAddressLetterResponse, ProveAddressRequest,
        ProveAddressResponse, addresses_server::Addresses,
    },
    parse, refuse, timestamp,
};

use super::{letters::proof_of, person};
use crate::{App, ops};

/// The RPCs over the app.
pub(crate) struct Rpc(pub(crate) App);

#[tonic::async_trait]
impl Addresses for Rpc {
    async fn ask_address_letter(
        &self,
        request: Request<AskAddressLetterRequest>,
    ) -> Result<Response<AskAddressLetterResponse>, Status> {
        let cx = wire::cx(&request)?;
        let (user_id, _) = person(&cx)?;
        let locale = parse("locale", &request.get_ref().locale, Locale::parse)?;
        let asked = ops::ask_address_letter(&self.0, &cx, user_id, locale).await.map_err(refuse)?;
        Ok(Response::new(AskAddressLetterResponse {
            binding: asked.binding.map(|key| key.expose().into()).unwrap_or_default(),
            expires_at: Some(timestamp(asked.expires_at)),
        }))
    }

    async fn prove_address(
        &self,
        request: Request<ProveAddressRequest>,
    ) -> Result<Response<ProveAddressResponse>, Status> {
        let cx = wire::cx(&request)?;
        let (user_id, _) = person(&cx)?;
        let request = request.into_inner();
        let command = proof_of(&request.binding, &request.code, &request.token)?;
        ops::prove_address(&self.0, &cx, user_id, command).await.map_err(refuse)?;
        Ok(Response::new(ProveAddressResponse {}))
    }
}
