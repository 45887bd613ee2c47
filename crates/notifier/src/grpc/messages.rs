//! `usher.notifier.v1.Messages`.

use kernel::PageSize;
use tonic::{Request, Response, Status};
use wire::{
    id,
    notifier::v1::{
        GetMessageRequest, ListMessagesRequest, ListMessagesResponse, Message,
        messages_server::Messages,
    },
    refuse,
};

use crate::{App, ops};

/// The RPCs over the app.
pub(crate) struct Rpc(pub(crate) App);

#[tonic::async_trait]
impl Messages for Rpc {
    async fn list_messages(
        &self,
        request: Request<ListMessagesRequest>,
    ) -> Result<Response<ListMessagesResponse>, Status> {
        let cx = wire::cx(&request)?;
        let request = request.into_inner();
        let after = Some(request.page_token).filter(|token| !token.is_empty());
        let after = after.map(|token| id("pageToken", &token)).transpose()?;
        let size = PageSize::from_wire(request.page_size);
        let page = ops::list_messages(&self.0, &cx, size, after).await.map_err(refuse)?;
        Ok(Response::new(ListMessagesResponse {
            messages: page.items.iter().map(Into::into).collect(),
            next_page_token: page.next.unwrap_or_default(),
        }))
    }

    async fn get_message(
        &self,
        request: Request<GetMessageRequest>,
    ) -> Result<Response<Message>, Status> {
        let cx = wire::cx(&request)?;
        let message_id = id("messageId", &request.get_ref().message_id)?;
        let message = ops::get_message(&self.0, &cx, message_id).await.map_err(refuse)?;
        Ok(Response::new((&message).into()))
    }
}
