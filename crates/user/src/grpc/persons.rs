//! `usher.user.v1.Persons`.

use kernel::TenantId;
use tonic::{Request, Response, Status};
use wire::{
    id, parse, refuse, timestamp,
    user::v1::{
        DisablePersonRequest, EnablePersonRequest, GetPersonRequest, Person,
        persons_server::Persons,
    },
};

use crate::{
    App,
    domain::{Closing, KnownPerson, reason},
    ops,
};

/// The RPCs over the app.
pub(crate) struct Rpc(pub(crate) App);

#[tonic::async_trait]
impl Persons for Rpc {
    async fn get_person(
        &self,
        request: Request<GetPersonRequest>,
    ) -> Result<Response<Person>, Status> {
        let user_id = id("userId", &request.get_ref().user_id)?;
        let person = ops::get_person(&self.0, user_id).await.map_err(refuse)?;
        Ok(Response::new((&person).into()))
    }

    async fn disable_person(
        &self,
        request: Request<DisablePersonRequest>,
    ) -> Result<Response<Person>, Status> {
        let cx = wire::cx(&request)?;
        let request = request.into_inner();
        let named = request.ownerless.iter().map(|text| id::<TenantId>("ownerless", text));
        let wish = ops::ClosePerson {
            user_id: id("userId", &request.user_id)?,
            closing: Closing::Close,
            reason: parse("reason", &request.reason, reason)?,
            ownerless: named.collect::<Result<_, _>>()?,
        };
        let person = ops::close_person(&self.0, &cx, wish).await.map_err(refuse)?;
        Ok(Response::new((&person).into()))
    }

    async fn enable_person(
        &self,
        request: Request<EnablePersonRequest>,
    ) -> Result<Response<Person>, Status> {
        let cx = wire::cx(&request)?;
        let wish = ops::ClosePerson {
            user_id: id("userId", &request.get_ref().user_id)?,
            closing: Closing::Open,
            reason: String::new(),
            ownerless: [].into(),
        };
        let person = ops::close_person(&self.0, &cx, wish).await.map_err(refuse)?;
        Ok(Response::new((&person).into()))
    }
}

impl From<&KnownPerson> for Person {
    fn from(person: &KnownPerson) -> Self {
        Self {
            user_id: person.user_id.to_string(),
            email: person.email.to_string(),
            name: person.name.to_string(),
            status: person.status.to_string(),
            reason: person.closed_note.clone(),
            created_at: Some(timestamp(person.created_at)),
            activated_at: person.activated_at.map(timestamp),
            sole_owner_of: person.sole_owner_of.iter().map(ToString::to_string).collect(),
        }
    }
}
