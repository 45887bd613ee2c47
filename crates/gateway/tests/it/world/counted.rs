//! A resource that counts its changes: the settings of a tenant.

use std::sync::{Arc, atomic::Ordering};

use kernel::{Code, Failure, FieldViolation};
use tonic::{Request, Response, Status};
use wire::tenant::v1::{
    GetSettingsRequest, Settings, UpdateSettingsRequest, tenant_settings_server::TenantSettings,
};

use super::State;

#[derive(Clone)]
pub(super) struct Counted(pub(super) Arc<State>);

#[tonic::async_trait]
impl TenantSettings for Counted {
    async fn get_settings(
        &self,
        _: Request<GetSettingsRequest>,
    ) -> Result<Response<Settings>, Status> {
        let version = self.0.settings.load(Ordering::SeqCst);
        Ok(Response::new(Settings { version, ..Settings::default() }))
    }

    async fn update_settings(
        &self,
        request: Request<UpdateSettingsRequest>,
    ) -> Result<Response<Settings>, Status> {
        let read = request.get_ref().version;
        let changed =
            self.0.settings.compare_exchange(read, read + 1, Ordering::SeqCst, Ordering::SeqCst);
        match changed {
            Ok(_) => Ok(Response::new(Settings { version: read + 1, ..Settings::default() })),
            Err(_) => Err(wire::refuse(ChangedSince)),
        }
    }
}

#[derive(Debug, thiserror::Error)]
#[error("Somebody else changed this meanwhile; read it again, and send its version.")]
struct ChangedSince;

impl Failure for ChangedSince {
    fn code(&self) -> Code {
        Code::Conflict
    }

    fn reason(&self) -> &'static str {
        "changed_since"
    }

    fn fields(&self) -> Vec<FieldViolation> {
        vec![FieldViolation::new("version", "is not the newest")]
    }
}
