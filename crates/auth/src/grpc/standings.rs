//! `usher.auth.v1.Standings`.

use kernel::Email;
use tonic::{Request, Response, Status};
use wire::{
    auth::v1::{
        ErasePersonRequest, ErasePersonResponse, ExportPersonRequest, FollowPersonRequest,
        FollowPersonResponse, SignInRecord, standings_server::Standings,
    },
    id, json, parse, refuse,
};

use crate::{
    App,
    domain::{Person, PersonStatus},
    ops,
};

/// The RPCs over the app.
pub(crate) struct Rpc(pub(crate) App);

#[tonic::async_trait]
impl Standings for Rpc {
    async fn follow_person(
        &self,
        request: Request<FollowPersonRequest>,
    ) -> Result<Response<FollowPersonResponse>, Status> {
        let cx = wire::cx(&request)?;
        let said = request.into_inner();
        let kept = Some(&said.kept_session_id).filter(|text| !text.is_empty());
        let person = Person {
            user_id: id("userId", &said.user_id)?,
            version: said.version,
            email: parse("email", &said.email, Email::parse)?,
            status: parse("status", &said.status, status)?,
        };
        let kept = kept.map(|text| id("keptSessionId", text)).transpose()?;
        let said = ops::FollowPerson { person, kept };
        ops::follow_person(&self.0, &cx, said).await.map_err(refuse)?;
        Ok(Response::new(FollowPersonResponse {}))
    }

    async fn erase_person(
        &self,
        request: Request<ErasePersonRequest>,
    ) -> Result<Response<ErasePersonResponse>, Status> {
        let cx = wire::cx(&request)?;
        let user_id = id("userId", &request.get_ref().user_id)?;
        ops::erase_person(&self.0, &cx, user_id).await.map_err(refuse)?;
        Ok(Response::new(ErasePersonResponse {}))
    }

    async fn export_person(
        &self,
        request: Request<ExportPersonRequest>,
    ) -> Result<Response<SignInRecord>, Status> {
        let user_id = id("userId", &request.get_ref().user_id)?;
        let record = ops::export_person(&self.0, user_id).await.map_err(refuse)?;
        Ok(Response::new(json::decode(&record).map_err(refuse)?))
    }
}

fn status(word: &str) -> Result<PersonStatus, &'static str> {
    PersonStatus::parse(word).ok_or("is none of invited, active, disabled")
}
