//! Asks the user service who a member of the tenant is.

use kernel::{Code, Cx, Email, PersonName, UserId};
use wire::user::v1::{GetMemberRequest, people_client::PeopleClient};

use crate::{App, Error, Result, domain::RoleName};

/// A member, as far as a client needs one.
#[derive(Debug)]
pub(super) struct Member {
    pub(super) user_id: UserId,
    pub(super) email: Email,
    pub(super) name: PersonName,
    pub(super) role: RoleName,
}

/// The active member of this id, asked for in the name of whoever calls.
pub(super) async fn find_member(app: &App, cx: &Cx, id: UserId) -> Result<Member> {
    let request = GetMemberRequest { user_id: id.to_string() };
    let cx = Cx { idempotency_key: None, ..cx.clone() };
    let answer = PeopleClient::new(app.mesh.to("user")).get_member(wire::call(&cx, request)).await;
    let member = answer
        .map_err(|status| match wire::code_of(&status) {
            refusal if refusal.code == Code::NotFound => Error::MemberNotFound,
            refusal => Error::PeerRefused(Box::new(refusal)),
        })?
        .into_inner();
    if member.status != "active" {
        return Err(Error::MemberNotFound);
    }
    let role = member.roles.first().map_or("", String::as_str);
    Ok(Member {
        user_id: id,
        email: Email::parse(&member.email).map_err(|_| Error::MalformedMember("email"))?,
        name: PersonName::parse(&member.name).map_err(|_| Error::MalformedMember("name"))?,
        role: RoleName::parse(role).map_err(|_| Error::MalformedMember("roles"))?,
    })
}
