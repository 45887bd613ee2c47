//! `usher.user.v1.Seats`.

use tonic::{Request, Response, Status};
use wire::{
    parse, refuse,
    user::v1::{GetSeatsRequest, SeatCount, SetSeatLimitRequest, seats_server::Seats},
};

use super::tenant;
use crate::{
    App,
    domain::{self, seat_limit},
    ops,
};

/// The RPCs over the app.
pub(crate) struct Rpc(pub(crate) App);

#[tonic::async_trait]
impl Seats for Rpc {
    async fn get_seats(
        &self,
        request: Request<GetSeatsRequest>,
    ) -> Result<Response<SeatCount>, Status> {
        let tenant = tenant(&wire::cx(&request)?)?;
        let seats = ops::get_seats(&self.0, tenant).await.map_err(refuse)?;
        Ok(Response::new((&seats).into()))
    }

    async fn set_seat_limit(
        &self,
        request: Request<SetSeatLimitRequest>,
    ) -> Result<Response<SeatCount>, Status> {
        let cx = wire::cx(&request)?;
        let limit = request.get_ref().limit;
        let limit = limit.map(|limit| parse("limit", "", |_| seat_limit(limit))).transpose()?;
        let seats = ops::set_seat_limit(&self.0, &cx, tenant(&cx)?, limit).await;
        Ok(Response::new((&seats.map_err(refuse)?).into()))
    }
}

impl From<&domain::Seats> for SeatCount {
    fn from(seats: &domain::Seats) -> Self {
        Self {
            limit: seats.limit,
            members: seats.members,
            reserved: seats.reserved,
            free: seats.free(),
        }
    }
}
