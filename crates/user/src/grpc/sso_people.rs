//! `usher.user.v1.SsoPeople`.

use kernel::{Email, PersonName};
use tonic::{Request, Response, Status};
use wire::{
    parse, refuse,
    user::v1::{
        AcceptInvitationBySsoRequest, AcceptInvitationBySsoResponse, AdmitSsoPersonRequest,
        AdmitSsoPersonResponse, sso_people_server::SsoPeople,
    },
};

use super::{optional_id, role_bindings::uuid, tenant};
use crate::{
    App, Error,
    domain::{TenantRole, Token},
    ops,
};

/// The RPCs over the app.
pub(crate) struct Rpc(pub(crate) App);

#[tonic::async_trait]
impl SsoPeople for Rpc {
    async fn admit_sso_person(
        &self,
        request: Request<AdmitSsoPersonRequest>,
    ) -> Result<Response<AdmitSsoPersonResponse>, Status> {
        let cx = wire::cx(&request)?;
        let tenant = tenant(&cx)?;
        let request = request.into_inner();
        let email = parse("email", &request.email, Email::parse)?;
        // What a provider calls somebody may be anything; an address is a name too.
        let name = PersonName::parse(&request.name).or_else(|_| PersonName::parse(email.as_str()));
        let name = parse("name", "", |_| name)?;
        let command = ops::AdmitSsoPerson {
            name,
            email,
            role: parse("role", &request.role, role)?,
            connection: uuid("connectionId", &request.connection_id)?.to_string(),
            subject_key: parse("subjectKey", &request.subject_key, subject_key)?,
        };
        let user_id = ops::admit_sso_person(&self.0, &cx, tenant, command).await;
        let user_id = user_id.map_err(refuse)?.to_string();
        Ok(Response::new(AdmitSsoPersonResponse { user_id }))
    }

    async fn accept_invitation_by_sso(
        &self,
        request: Request<AcceptInvitationBySsoRequest>,
    ) -> Result<Response<AcceptInvitationBySsoResponse>, Status> {
        let cx = wire::cx(&request)?;
        let tenant = tenant(&cx)?;
        let request = request.into_inner();
        let token = Token::parse(&request.token);
        let command = ops::AcceptBySso {
            token: token.ok_or_else(|| refuse(Error::InvitationNotFound))?,
            connection: uuid("connectionId", &request.connection_id)?.to_string(),
            subject_key: parse("subjectKey", &request.subject_key, subject_key)?,
            email: parse("email", &request.email, Email::parse)?,
            domain_proven: request.domain_proven,
            linked: optional_id("linkedUserId", &request.linked_user_id)?,
        };
        let person = ops::accept_by_sso(&self.0, &cx, tenant, command).await.map_err(refuse)?;
        Ok(Response::new(AcceptInvitationBySsoResponse {
            user_id: person.user_id.to_string(),
            email: person.email.to_string(),
        }))
    }
}

/// Nobody comes in with rights over others.
fn role(word: &str) -> Result<TenantRole, &'static str> {
    let role = TenantRole::parse(word);
    role.filter(|role| matches!(role, TenantRole::Client | TenantRole::User))
        .ok_or("must be client or user")
}

fn subject_key(text: &str) -> Result<String, &'static str> {
    let fits = (1..=64).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic());
    if fits { Ok(text.into()) } else { Err("must be 1 to 64 visible ASCII characters") }
}
