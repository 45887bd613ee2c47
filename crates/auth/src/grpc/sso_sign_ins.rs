//! `usher.auth.v1.SsoSignIns`.

use tonic::{Request, Response, Status};
use wire::{
    auth::v1::{
        BeginSsoLinkRequest, BeginSsoSignInRequest, FinishSsoRequest, ListSsoChoicesRequest,
        ListSsoChoicesResponse, ListSsoLinksRequest, ListSsoLinksResponse, RemoveSsoLinkRequest,
        RemoveSsoLinkResponse, Session, SsoChoice, SsoJourney, SsoLink,
        sso_sign_ins_server::SsoSignIns,
    },
    refuse, timestamp,
};

use super::{convert::opened, person, sso_connections::connection_id, tenant};
use crate::{
    App, Error,
    domain::{ConnectionId, Key, SsoInvitation, SsoRefusal, SsoState},
    ops,
};

/// The RPCs over the app.
pub(crate) struct Rpc(pub(crate) App);

#[tonic::async_trait]
impl SsoSignIns for Rpc {
    async fn list_sso_choices(
        &self,
        request: Request<ListSsoChoicesRequest>,
    ) -> Result<Response<ListSsoChoicesResponse>, Status> {
        let tenant = tenant(&wire::cx(&request)?)?;
        let listed = ops::list_sso(&self.0, tenant).await.map_err(refuse)?;
        let enabled = listed.into_iter().filter(|connection| connection.terms.enabled);
        let choices = enabled.map(|connection| SsoChoice {
            connection_id: connection.connection_id.to_string(),
            name: connection.terms.name,
        });
        let public_url = self.0.public_url.trim_end_matches('/').into();
        Ok(Response::new(ListSsoChoicesResponse { choices: choices.collect(), public_url }))
    }

    async fn begin_sso_sign_in(
        &self,
        request: Request<BeginSsoSignInRequest>,
    ) -> Result<Response<SsoJourney>, Status> {
        let tenant = tenant(&wire::cx(&request)?)?;
        let id = connection_id(&request.get_ref().connection_id)?;
        let invitation = invitation(&request.get_ref().invitation_token)?;
        let begun = ops::begin_sso_sign_in(&self.0, tenant, id, invitation.as_ref()).await;
        let begun = begun.map_err(refuse)?;
        Ok(Response::new(begun.into()))
    }

    async fn begin_sso_link(
        &self,
        request: Request<BeginSsoLinkRequest>,
    ) -> Result<Response<SsoJourney>, Status> {
        let cx = wire::cx(&request)?;
        let (tenant, of) = (tenant(&cx)?, person(&cx)?);
        let id = connection_id(&request.get_ref().connection_id)?;
        let begun = ops::begin_sso_link(&self.0, &cx, tenant, id, of).await.map_err(refuse)?;
        Ok(Response::new(begun.into()))
    }

    async fn finish_sso(
        &self,
        request: Request<FinishSsoRequest>,
    ) -> Result<Response<Session>, Status> {
        let cx = wire::cx(&request)?;
        let request = request.into_inner();
        let read = SsoState::parse(&request.state).zip(Key::parse(&request.binding));
        let (state, binding) = read.ok_or_else(|| refuse(Error::Sso(SsoRefusal::Refused)))?;
        let connection_id = ConnectionId::parse(&request.connection_id);
        let command = ops::FinishSso {
            connection_id: connection_id.map_err(|_| refuse(Error::Sso(SsoRefusal::Refused)))?,
            state,
            binding,
            code: request.code.into(),
            iss: request.iss,
            error: request.error,
            invitation: invitation(&request.invitation_token)?,
        };
        let session = ops::finish_sso(&self.0, &cx, command).await.map_err(refuse)?;
        Ok(Response::new(opened(&session)))
    }

    async fn list_sso_links(
        &self,
        request: Request<ListSsoLinksRequest>,
    ) -> Result<Response<ListSsoLinksResponse>, Status> {
        let (user_id, _) = person(&wire::cx(&request)?)?;
        let links = ops::list_sso_links(&self.0, user_id).await.map_err(refuse)?;
        let links = links.into_iter().map(|linked| SsoLink {
            connection_id: linked.connection_id.to_string(),
            tenant_id: linked.tenant.to_string(),
            name: linked.name,
            issuer: linked.issuer,
            linked_at: Some(timestamp(linked.linked_at)),
        });
        Ok(Response::new(ListSsoLinksResponse { links: links.collect() }))
    }

    async fn remove_sso_link(
        &self,
        request: Request<RemoveSsoLinkRequest>,
    ) -> Result<Response<RemoveSsoLinkResponse>, Status> {
        let cx = wire::cx(&request)?;
        let of = person(&cx)?;
        let id = connection_id(&request.get_ref().connection_id)?;
        ops::unlink_sso(&self.0, &cx, of, id).await.map_err(refuse)?;
        Ok(Response::new(RemoveSsoLinkResponse {}))
    }
}

/// The invitation that is to be accepted on the way, if one is. What is none was never begun with.
fn invitation(token: &str) -> Result<Option<SsoInvitation>, Status> {
    let read =
        |text| SsoInvitation::parse(text).ok_or_else(|| refuse(Error::Sso(SsoRefusal::Refused)));
    Some(token).filter(|token| !token.is_empty()).map(read).transpose()
}

impl From<ops::SsoBegun> for SsoJourney {
    fn from(begun: ops::SsoBegun) -> Self {
        Self {
            url: begun.url,
            binding: begun.binding.expose().into(),
            expires_at: Some(timestamp(begun.expires_at)),
        }
    }
}
