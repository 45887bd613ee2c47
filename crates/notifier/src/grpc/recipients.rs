//! `usher.notifier.v1.Recipients`.

use kernel::Email;
use tonic::{Request, Response, Status};
use wire::{
    id,
    notifier::v1::{EraseRecipientRequest, EraseRecipientResponse, recipients_server::Recipients},
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
}
