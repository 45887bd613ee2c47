//! `usher.auth.v1.Devices`.

use secrecy::ExposeSecret;
use tonic::{Request, Response, Status};
use wire::{
    auth::v1::{
        AnswerDeviceRequest, AnswerDeviceResponse, BeginDeviceRequest, DeviceBegun, DeviceQuestion,
        ShowDeviceRequest, devices_server::Devices,
    },
    refuse,
};

use super::oauth::{asked, proof};
use crate::{App, ops};

/// The RPCs over the app.
pub(crate) struct Rpc(pub(crate) App);

#[tonic::async_trait]
impl Devices for Rpc {
    async fn begin_device(
        &self,
        request: Request<BeginDeviceRequest>,
    ) -> Result<Response<DeviceBegun>, Status> {
        let cx = wire::cx(&request)?;
        let request = request.into_inner();
        let proof = proof(request.client);
        let begun =
            ops::begin_device(&self.0, &cx, &proof, &request.scope).await.map_err(refuse)?;
        Ok(Response::new(DeviceBegun {
            device_code: begun.code.expose().to_owned(),
            user_code: begun.user_code.to_string(),
            verification_uri: begun.page,
            expires_in: begun.expires_in,
            interval: begun.interval,
        }))
    }

    async fn show_device(
        &self,
        request: Request<ShowDeviceRequest>,
    ) -> Result<Response<DeviceQuestion>, Status> {
        let cx = wire::cx(&request)?;
        let (asked, typed) = (asked(&cx)?, &request.get_ref().user_code);
        let question = ops::show_device(&self.0, &cx, asked, typed).await.map_err(refuse)?;
        Ok(Response::new(DeviceQuestion {
            client_name: question.client.name,
            tenant_id: question.device.tenant_id.to_string(),
            scopes: question.device.scope.split(' ').map(str::to_owned).collect(),
            user_code: question.user_code.to_string(),
            approval: question.approval.expose_secret().into(),
        }))
    }

    async fn answer_device(
        &self,
        request: Request<AnswerDeviceRequest>,
    ) -> Result<Response<AnswerDeviceResponse>, Status> {
        let cx = wire::cx(&request)?;
        let asked = asked(&cx)?;
        let request = request.into_inner();
        let answer = (request.approval.as_str(), request.agreed);
        let answered = ops::answer_device(&self.0, &cx, asked, &request.user_code, answer).await;
        answered.map_err(refuse)?;
        Ok(Response::new(AnswerDeviceResponse {}))
    }
}
