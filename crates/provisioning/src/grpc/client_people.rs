//! `usher.provisioning.v1.ClientPeople`.

use kernel::Email;
use tonic::{Request, Response, Status};
use wire::{
    id, json, parse,
    provisioning::v1::{
        ClientPersonRecord, EraseClientPersonRequest, EraseClientPersonResponse,
        ExportClientPersonRequest, client_people_server::ClientPeople,
    },
    refuse,
};

use crate::{App, ops};

/// The RPCs over the app.
pub(super) struct Rpc(pub(super) App);

#[tonic::async_trait]
impl ClientPeople for Rpc {
    async fn erase_client_person(
        &self,
        request: Request<EraseClientPersonRequest>,
    ) -> Result<Response<EraseClientPersonResponse>, Status> {
        let cx = wire::cx(&request)?;
        let request = request.into_inner();
        let user_id = id("userId", &request.user_id)?;
        let emails = request.emails.iter().map(|text| parse("emails", text, Email::parse));
        let emails: Vec<Email> = emails.collect::<Result<_, _>>()?;
        ops::erase_client_person(&self.0, &cx, user_id, &emails).await.map_err(refuse)?;
        Ok(Response::new(EraseClientPersonResponse {}))
    }

    async fn export_client_person(
        &self,
        request: Request<ExportClientPersonRequest>,
    ) -> Result<Response<ClientPersonRecord>, Status> {
        let request = request.into_inner();
        let user_id = id("userId", &request.user_id)?;
        let emails = request.emails.iter().map(|text| parse("emails", text, Email::parse));
        let emails: Vec<Email> = emails.collect::<Result<_, _>>()?;
        let record = ops::export_client_person(&self.0, user_id, &emails).await.map_err(refuse)?;
        Ok(Response::new(json::decode(&record).map_err(refuse)?))
    }
}
