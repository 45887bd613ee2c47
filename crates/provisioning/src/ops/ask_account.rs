//! Asks the user service who is meant.

use kernel::{Code, Cx, Email, PersonName, UserId};
use wire::user::v1::{GetAccountRequest, accounts_client::AccountsClient};

use crate::{App, Error, Result, domain::RoleName};

/// What lets staff see everybody's workspaces; whoever lacks it sees their own.
const SEES_ALL: &str = "provisioning.clients.read";

/// A person of the tenant.
#[derive(Debug)]
pub(super) struct Account {
    pub(super) user_id: UserId,
    pub(super) email: Email,
    pub(super) name: PersonName,
    /// The first of the person's roles.
    pub(super) role: RoleName,
}

/// Whose workspaces the caller sees; `None` for everybody's.
pub(super) fn only_own(cx: &Cx) -> Option<UserId> {
    cx.user().filter(|_| !cx.may(SEES_ALL))
}

/// The person that a text names: an id, a number or an address, and the caller where it is empty. Somebody whom the
/// caller may not see is nobody.
pub(super) async fn ask_account(app: &App, cx: &Cx, who: &str) -> Result<Account> {
    let me = || cx.user().map(|id| id.to_string()).ok_or(Error::PersonNotFound);
    let user_id = if who.trim().is_empty() { me()? } else { who.to_owned() };
    // In this service's own name: who may ask here was decided here.
    let own = Cx { passport: None, idempotency_key: None, ..cx.clone() };
    let answer = AccountsClient::new(app.mesh.to("user"))
        .get_account(wire::call(&own, GetAccountRequest { user_id }))
        .await
        .map_err(|status| {
            let refusal = wire::code_of(&status);
            match refusal.code {
                Code::NotFound => Error::PersonNotFound,
                _ => Error::PersonUnknown(Box::new(refusal)),
            }
        })?
        .into_inner();
    let role = answer.roles.first().map(String::as_str).unwrap_or_default();
    let account = Account {
        user_id: UserId::parse(&answer.user_id).map_err(|_| malformed("user_id"))?,
        email: Email::parse(&answer.email).map_err(|_| malformed("email"))?,
        name: PersonName::parse(&answer.name).map_err(|_| malformed("name"))?,
        role: RoleName::parse(role).map_err(|_| malformed("role"))?,
    };
    match only_own(cx) {
        Some(me) if me != account.user_id => Err(Error::PersonNotFound),
        _ => Ok(account),
    }
}

const fn malformed(field: &'static str) -> Error {
    Error::MalformedInvite(field)
}
