//! `usher.user.v1.Erasures`.

use tonic::{Request, Response, Status};
use wire::{
    id, parse, refuse, timestamp,
    user::v1::{
        CancelErasureRequest, Erasure, GetErasureRequest, OrderErasureRequest,
        RequestErasureRequest, WithdrawErasureRequest, erasures_server::Erasures,
    },
};

use crate::{
    App,
    domain::{self, reason},
    ops,
};

/// The RPCs over the app.
pub(crate) struct Rpc(pub(crate) App);

#[tonic::async_trait]
impl Erasures for Rpc {
    async fn request_erasure(
        &self,
        request: Request<RequestErasureRequest>,
    ) -> Result<Response<Erasure>, Status> {
        let cx = wire::cx(&request)?;
        let password = request.into_inner().password.into();
        let erasure = ops::request_erasure(&self.0, &cx, &password).await.map_err(refuse)?;
        Ok(Response::new((&erasure).into()))
    }

    async fn get_erasure(
        &self,
        request: Request<GetErasureRequest>,
    ) -> Result<Response<Erasure>, Status> {
        let erasure = ops::get_erasure(&self.0, &wire::cx(&request)?).await.map_err(refuse)?;
        Ok(Response::new((&erasure).into()))
    }

    async fn withdraw_erasure(
        &self,
        request: Request<WithdrawErasureRequest>,
    ) -> Result<Response<Erasure>, Status> {
        let erasure = ops::withdraw_erasure(&self.0, &wire::cx(&request)?).await.map_err(refuse)?;
        Ok(Response::new((&erasure).into()))
    }

    async fn order_erasure(
        &self,
        request: Request<OrderErasureRequest>,
    ) -> Result<Response<Erasure>, Status> {
        let cx = wire::cx(&request)?;
        let user_id = id("userId", &request.get_ref().user_id)?;
        let why = parse("reason", &request.get_ref().reason, reason)?;
        let erasure = ops::order_erasure(&self.0, &cx, user_id, why).await.map_err(refuse)?;
        Ok(Response::new((&erasure).into()))
    }

    async fn cancel_erasure(
        &self,
        request: Request<CancelErasureRequest>,
    ) -> Result<Response<Erasure>, Status> {
        let cx = wire::cx(&request)?;
        let user_id = id("userId", &request.get_ref().user_id)?;
        let erasure = ops::cancel_erasure(&self.0, &cx, user_id).await.map_err(refuse)?;
        Ok(Response::new((&erasure).into()))
    }
}

impl From<&domain::Erasure> for Erasure {
    fn from(erasure: &domain::Erasure) -> Self {
        Self {
            erasure_id: erasure.erasure_id.to_string(),
            user_id: erasure.user_id.to_string(),
            status: erasure.status.to_string(),
            problem: erasure.problem.clone(),
            asked_at: Some(timestamp(erasure.asked_at)),
            due_at: Some(timestamp(erasure.due_at)),
            ended_at: erasure.ended_at.map(timestamp),
        }
    }
}
