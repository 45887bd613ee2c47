//! `usher.user.v1.JoinLinks`.

use kernel::{Email, Locale, PageSize, PersonName};
use secrecy::ExposeSecret;
use tonic::{Request, Response, Status};
use wire::{
    parse, refuse, timestamp,
    user::v1::{
        CreateJoinLinkRequest, CreateJoinLinkResponse, JoinLink, ListJoinLinksRequest,
        ListJoinLinksResponse, RevokeJoinLinkRequest, ShowJoinLinkRequest, ShownJoinLink,
        UseJoinLinkRequest, UseJoinLinkResponse, join_links_server::JoinLinks,
    },
};

use super::{
    role_bindings::{after, scope, uuid},
    tenant,
};
use crate::{
    App,
    domain::{
        self, Fault, Hindrance, RoleName, Token, email_domains, link_lifetime, most_uses, note,
        roles, shared_roles,
    },
    ops,
};

/// The RPCs over the app.
pub(crate) struct Rpc(pub(crate) App);

impl Rpc {
    fn shown(&self, link: &domain::JoinLink) -> JoinLink {
        JoinLink {
            join_link_id: link.join_link_id.to_string(),
            title: link.title.clone(),
            roles: link.roles.clone(),
            scope_type: link.scope_type.to_string(),
            scope_id: link.scope_id.clone(),
            email_domains: link.email_domains.clone(),
            most_uses: link.most_uses,
            uses: link.uses,
            status: link.status(self.0.clock.now()).to_string(),
            created_by: link.created_by.clone(),
            created_at: Some(timestamp(link.created_at)),
            expires_at: Some(timestamp(link.expires_at)),
        }
    }
}

#[tonic::async_trait]
impl JoinLinks for Rpc {
    async fn create_join_link(
        &self,
        request: Request<CreateJoinLinkRequest>,
    ) -> Result<Response<CreateJoinLinkResponse>, Status> {
        let cx = wire::cx(&request)?;
        let command = command(request.get_ref())?;
        let made = ops::create_join_link(&self.0, &cx, tenant(&cx)?, command).await;
        let (link, url) = made.map_err(refuse)?;
        Ok(Response::new(CreateJoinLinkResponse {
            link: Some(self.shown(&link)),
            url: url.expose_secret().to_owned(),
        }))
    }

    async fn list_join_links(
        &self,
        request: Request<ListJoinLinksRequest>,
    ) -> Result<Response<ListJoinLinksResponse>, Status> {
        let tenant = tenant(&wire::cx(&request)?)?;
        let request = request.into_inner();
        let size = PageSize::from_wire(request.page_size);
        let after = after(&request.page_token)?;
        let page = ops::list_join_links(&self.0, tenant, size, after).await.map_err(refuse)?;
        Ok(Response::new(ListJoinLinksResponse {
            links: page.items.iter().map(|link| self.shown(link)).collect(),
            next_page_token: page.next.unwrap_or_default(),
        }))
    }

    async fn revoke_join_link(
        &self,
        request: Request<RevokeJoinLinkRequest>,
    ) -> Result<Response<JoinLink>, Status> {
        let cx = wire::cx(&request)?;
        let id = uuid("joinLinkId", &request.get_ref().join_link_id)?;
        let link = ops::revoke_join_link(&self.0, &cx, tenant(&cx)?, id).await.map_err(refuse)?;
        Ok(Response::new(self.shown(&link)))
    }

    async fn show_join_link(
        &self,
        request: Request<ShowJoinLinkRequest>,
    ) -> Result<Response<ShownJoinLink>, Status> {
        let cx = wire::cx(&request)?;
        let token = token(&request.get_ref().token)?;
        let (link, tenant_name) =
            ops::show_join_link(&self.0, &cx, &token).await.map_err(refuse)?;
        Ok(Response::new(ShownJoinLink {
            tenant_name,
            expires_at: Some(timestamp(link.expires_at)),
            email_domains: link.email_domains,
        }))
    }

    async fn use_join_link(
        &self,
        request: Request<UseJoinLinkRequest>,
    ) -> Result<Response<UseJoinLinkResponse>, Status> {
        let cx = wire::cx(&request)?;
        let request = request.into_inner();
        let token = token(&request.token)?;
        let outcome = match cx.user() {
            Some(user) => {
                if !request.email.is_empty() || !request.name.is_empty() {
                    parse("email", "", |_| Err("must be empty for somebody who is signed in"))?;
                }
                ops::use_join_link(&self.0, &cx, &token, user).await.map_err(refuse)?;
                "joined"
            }
            None => {
                let stranger = stranger(&request)?;
                ops::ask_by_join_link(&self.0, &cx, &token, stranger).await.map_err(refuse)?;
                "mailed"
            }
        };
        Ok(Response::new(UseJoinLinkResponse {
            outcome: outcome.into(),
            tenant_id: token.tenant().to_string(),
        }))
    }
}

fn command(request: &CreateJoinLinkRequest) -> Result<ops::CreateJoinLink, Status> {
    Ok(ops::CreateJoinLink {
        title: parse("title", &request.title, title)?,
        roles: given_roles(&request.role, &request.roles)?,
        scope: scope(&request.scope_type, &request.scope_id)?,
        email_domains: parse("emailDomains", "", |_| email_domains(&request.email_domains))?,
        most_uses: parse("mostUses", "", |_| most_uses(request.most_uses))?,
        lifetime: parse("expiresInHours", "", |_| link_lifetime(request.expires_in_hours))?,
    })
}

/// What a link is called: a line of at most 120 characters, or nothing.
fn title(text: &str) -> Result<String, &'static str> {
    match text.chars().count() {
        ..=120 => note(text),
        _ => Err("is longer than 120 characters"),
    }
}

/// The roles of a shared way in.
pub(super) fn given_roles(role: &str, several: &[String]) -> Result<Vec<RoleName>, Status> {
    let field = if several.is_empty() { "role" } else { "roles" };
    let read = roles(role, several)
        .and_then(|roles| shared_roles(field, roles.iter().map(RoleName::as_str)).map(|()| roles));
    read.or_else(|(field, problem): Fault| parse(field, "", |_| Err(problem)))
}

fn stranger(request: &UseJoinLinkRequest) -> Result<ops::Stranger, Status> {
    let locale = Some(&request.locale).filter(|text| !text.is_empty());
    Ok(ops::Stranger {
        email: parse("email", &request.email, Email::parse)?,
        name: parse("name", &request.name, PersonName::parse)?,
        locale: locale.map(|text| parse("locale", text, Locale::parse)).transpose()?,
    })
}

/// A text that is no token of ours is a link to nothing.
fn token(text: &str) -> Result<Token, Status> {
    Token::parse(text).ok_or_else(|| refuse(crate::Error::from(Hindrance::JoinLinkNotFound)))
}
