//! `usher.auth.v1.Logouts`.

use tonic::{Request, Response, Status};
use wire::{
    auth::v1::{Logout, ReadLogoutRequest, logouts_server::Logouts},
    refuse,
};

use crate::{App, ops};

/// The RPCs over the app.
pub(crate) struct Rpc(pub(crate) App);

#[tonic::async_trait]
impl Logouts for Rpc {
    async fn read_logout(
        &self,
        request: Request<ReadLogoutRequest>,
    ) -> Result<Response<Logout>, Status> {
        let request = request.into_inner();
        let wish = ops::ReadLogout {
            hint: request.id_token_hint.into(),
            client: request.client_id,
            redirect_uri: request.post_logout_redirect_uri,
            state: request.state,
        };
        let read = ops::read_logout(&self.0, &wish).await.map_err(refuse)?;
        let (client_id, client_name) = match read.client {
            Some((name, client)) => (name.to_string(), client.name),
            None => (String::new(), String::new()),
        };
        Ok(Response::new(Logout {
            client_id,
            client_name,
            session_id: read.session_id.map(|id| id.to_string()).unwrap_or_default(),
            redirect_uri: read.redirect_uri.unwrap_or_default(),
            session_lives: read.session_lives,
        }))
    }
}
