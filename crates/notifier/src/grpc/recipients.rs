//! `usher.notifier.v1.Recipients`.

use kernel::Email;
use tonic::{Request, Response, Status};
use wire::{
    id, json,
    notifier::v1::{
        EraseRecipientRequest, EraseRecipientResponse, ExportRecipientRequest, RecipientRecord,
        recipients_server::Recipients,
    },
    parse, refuse,
};

use crate::{App, ops};

/// The RPCs over the app.
pub(crate) struct Rpc(pub(crate) App);

#[tonic::async_trait]
impl Recipients for Rpc {
    async fn erase_recipient(
        &self,
        request: Request<EraseRecipientRequest>,
    ) -> Result<Response<EraseRecipientResponse>, Status> {
        let cx = wire::cx(&request)?;
        let request = request.into_inner();
        let user_id = id("userId", &request.user_id)?;
        let emails = request.emails.iter().map(|text| parse("emails", text, Email::parse));
        let emails: Vec<Email> = emails.collect::<Result<_, _>>()?;
        ops::erase_recipient(&self.0, &cx, user_id, &emails).await.map_err(refuse)?;
        Ok(Response::new(EraseRecipientResponse {}))
    }

    async fn export_recipient(
        &self,
        request: Request<ExportRecipientRequest>,
    ) -> Result<Response<RecipientRecord>, Status> {
        let emails = request.get_ref().emails.iter();
        let emails = emails.map(|text| parse("emails", text, Email::parse));
        let emails: Vec<Email> = emails.collect::<Result<_, _>>()?;
        let record = ops::export_recipient(&self.0, &emails).await.map_err(refuse)?;
        Ok(Response::new(json::decode(&record).map_err(refuse)?))
    }
}
