//! What a workspace decides for itself: one set of settings, and one connection with a provider.

use tonic::{Code, Request, Status};
use tonic_types::{ErrorDetails, StatusExt};
use wire::{
    auth::v1::{
        CreateSsoConnectionRequest, DeleteSsoConnectionRequest, DeleteSsoConnectionResponse,
        GetSsoConnectionRequest, ListSsoConnectionsRequest, ListSsoConnectionsResponse,
        SsoConnection, UpdateSsoConnectionRequest, sso_connections_server::SsoConnections,
    },
    tenant::v1::{
        GetSettingsRequest, Settings, UpdateSettingsRequest, tenant_settings_server::TenantSettings,
    },
};

use super::{Answer, Fake, OPERATOR, refusal};
use crate::world::HOSTILE;

/// The version of the settings that the page shows.
const VERSION: i64 = 3;

fn wrong(field: &str, problem: &str) -> Status {
    let mut details = ErrorDetails::new();
    details.add_bad_request_violation(field, problem);
    Status::with_error_details(Code::InvalidArgument, "No.", details)
}

#[tonic::async_trait]
impl TenantSettings for Fake {
    async fn get_settings(&self, _: Request<GetSettingsRequest>) -> Answer<Settings> {
        Ok(Settings {
            version: VERSION,
            locale: "ru".into(),
            time_zone: "Europe/Berlin".into(),
            day_border: "04:00".into(),
            allowed_email_domains: vec!["school.example".into(), "art.example".into()],
            mfa_required: true,
            password_min_length: 16,
            session_idle_minutes: 60,
            session_absolute_minutes: 720,
            invitation_links_shown: false,
            ..Default::default()
        }
        .into())
    }

    async fn update_settings(&self, request: Request<UpdateSettingsRequest>) -> Answer<Settings> {
        let request = request.into_inner();
        if request.version != VERSION {
            return Err(refusal(Code::AlreadyExists, "settings_changed", "Somebody was faster."));
        }
        if request.time_zone == "Mars/Olympus" {
            return Err(wrong("timeZone", "is no time zone"));
        }
        *self.0.settings.lock().expect("settings") = request;
        Ok(Settings::default().into())
    }
}

fn connection(id: &str) -> Result<SsoConnection, Status> {
    if id != OPERATOR {
        return Err(refusal(Code::NotFound, "sso_not_found", "There is none."));
    }
    Ok(SsoConnection {
        connection_id: OPERATOR.into(),
        name: HOSTILE.into(),
        issuer: "https://idp.example".into(),
        client_id: "usher".into(),
        domains: vec!["school.example".into()],
        role: "student".into(),
        enabled: true,
        redirect_uri: format!("https://usher.example/signin/sso/back/{OPERATOR}"),
        ..Default::default()
    })
}

#[tonic::async_trait]
impl SsoConnections for Fake {
    async fn create_sso_connection(
        &self,
        request: Request<CreateSsoConnectionRequest>,
    ) -> Answer<SsoConnection> {
        let request = request.into_inner();
        if request.issuer != "https://idp.example" {
            return Err(wrong("issuer", "cannot be used: it does not answer"));
        }
        let told = (&request.name, &request.client_secret, &request.domains, request.enabled);
        self.0.operated.lock().expect("operated").push(format!("connect {told:?}"));
        Ok(connection(OPERATOR)?.into())
    }

    async fn get_sso_connection(
        &self,
        request: Request<GetSsoConnectionRequest>,
    ) -> Answer<SsoConnection> {
        Ok(connection(&request.into_inner().connection_id)?.into())
    }

    async fn list_sso_connections(
        &self,
        _: Request<ListSsoConnectionsRequest>,
    ) -> Answer<ListSsoConnectionsResponse> {
        Ok(ListSsoConnectionsResponse { connections: vec![connection(OPERATOR)?] }.into())
    }

    async fn update_sso_connection(
        &self,
        request: Request<UpdateSsoConnectionRequest>,
    ) -> Answer<SsoConnection> {
        let request = request.into_inner();
        if request.domains.iter().any(|domain| domain == "else.example") {
            return Err(wrong("domains", "else.example is not proven"));
        }
        let told = (&request.name, &request.client_secret, &request.role, request.enabled);
        self.0.operated.lock().expect("operated").push(format!("update {told:?}"));
        Ok(connection(&request.connection_id)?.into())
    }

    async fn delete_sso_connection(
        &self,
        request: Request<DeleteSsoConnectionRequest>,
    ) -> Answer<DeleteSsoConnectionResponse> {
        connection(&request.into_inner().connection_id)?;
        self.0.operated.lock().expect("operated").push("end".into());
        Ok(DeleteSsoConnectionResponse {}.into())
    }
}
