//! `usher.auth.v1.Consents`.

use tonic::{Request, Response, Status};
use uuid::Uuid;
use wire::{
    auth::v1::{
        Consent, ListConsentsRequest, ListConsentsResponse, WithdrawConsentRequest,
        WithdrawConsentResponse, consents_server::Consents,
    },
    parse, refuse, timestamp,
};

use super::person;
use crate::{App, domain, ops};

/// The RPCs over the app.
pub(crate) struct Rpc(pub(crate) App);

#[tonic::async_trait]
impl Consents for Rpc {
    async fn list_consents(
        &self,
        request: Request<ListConsentsRequest>,
    ) -> Result<Response<ListConsentsResponse>, Status> {
        let (user_id, _) = person(&wire::cx(&request)?)?;
        let consents = ops::list_consents(&self.0, user_id).await.map_err(refuse)?;
        let consents = consents.into_iter().map(Into::into).collect();
        Ok(Response::new(ListConsentsResponse { consents }))
    }

    async fn withdraw_consent(
        &self,
        request: Request<WithdrawConsentRequest>,
    ) -> Result<Response<WithdrawConsentResponse>, Status> {
        let cx = wire::cx(&request)?;
        let (user_id, _) = person(&cx)?;
        let id = parse("consentId", &request.get_ref().consent_id, str::parse::<Uuid>)?;
        ops::withdraw_consent(&self.0, &cx, user_id, id).await.map_err(refuse)?;
        Ok(Response::new(WithdrawConsentResponse {}))
    }
}

impl From<domain::Consent> for Consent {
    fn from(consent: domain::Consent) -> Self {
        Self {
            consent_id: consent.consent_id.to_string(),
            tenant_id: consent.tenant.to_string(),
            client_id: consent.client.to_string(),
            client_name: consent.client_name,
            scopes: consent.scopes,
            created_at: Some(timestamp(consent.created_at)),
            agreed_at: Some(timestamp(consent.agreed_at)),
        }
    }
}
