//! `usher.user.v1.Exports`.

use kernel::Timestamp;
use tonic::{Request, Response, Status};
use wire::{
    id,
    json::decode,
    parse, refuse, timestamp,
    user::v1::{
        Export, FetchExportRequest, GetExportRequest, OrderExportRequest, PersonData,
        RequestExportRequest, exports_server::Exports,
    },
};

use super::role_bindings::uuid;
use crate::{
    App,
    domain::{self, ExportSource, reason},
    ops,
};

/// The RPCs over the app.
pub(crate) struct Rpc(pub(crate) App);

#[tonic::async_trait]
impl Exports for Rpc {
    async fn request_export(
        &self,
        request: Request<RequestExportRequest>,
    ) -> Result<Response<Export>, Status> {
        let cx = wire::cx(&request)?;
        let password = request.into_inner().password.into();
        let export = ops::request_export(&self.0, &cx, &password).await.map_err(refuse)?;
        Ok(Response::new(shown(&export, self.0.clock.now())))
    }

    async fn order_export(
        &self,
        request: Request<OrderExportRequest>,
    ) -> Result<Response<Export>, Status> {
        let cx = wire::cx(&request)?;
        let user_id = id("userId", &request.get_ref().user_id)?;
        let why = parse("reason", &request.get_ref().reason, reason)?;
        let export = ops::order_export(&self.0, &cx, user_id, why).await.map_err(refuse)?;
        Ok(Response::new(shown(&export, self.0.clock.now())))
    }

    async fn get_export(
        &self,
        request: Request<GetExportRequest>,
    ) -> Result<Response<Export>, Status> {
        let cx = wire::cx(&request)?;
        let export_id = uuid("exportId", &request.get_ref().export_id)?;
        let export = ops::get_export(&self.0, &cx, export_id).await.map_err(refuse)?;
        Ok(Response::new(shown(&export, self.0.clock.now())))
    }

    async fn fetch_export(
        &self,
        request: Request<FetchExportRequest>,
    ) -> Result<Response<PersonData>, Status> {
        let cx = wire::cx(&request)?;
        let export_id = uuid("exportId", &request.get_ref().export_id)?;
        let (gathered_at, told) =
            ops::fetch_export(&self.0, &cx, export_id).await.map_err(refuse)?;
        let mut data = PersonData {
            export_id: export_id.to_string(),
            gathered_at: Some(timestamp(gathered_at)),
            ..PersonData::default()
        };
        for (source, told) in told {
            match source {
                ExportSource::User => data.person = Some(decode(&told).map_err(refuse)?),
                ExportSource::Auth => data.sign_in = Some(decode(&told).map_err(refuse)?),
                ExportSource::Notifier => data.letters = Some(decode(&told).map_err(refuse)?),
                ExportSource::Provisioning => {
                    data.clients = Some(decode(&told).map_err(refuse)?);
                }
            }
        }
        Ok(Response::new(data))
    }
}

fn shown(export: &domain::Export, now: Timestamp) -> Export {
    Export {
        export_id: export.export_id.to_string(),
        user_id: export.user_id.to_string(),
        status: export.shown_status(now).into(),
        problem: export.problem.clone(),
        asked_at: Some(timestamp(export.asked_at)),
        ended_at: export.ended_at.map(timestamp),
        expires_at: export.expires_at.map(timestamp),
    }
}
