//! Makes a link that many may come in by.

use kernel::{Cx, TenantId};
use secrecy::SecretString;
use wire::{timestamp, user::v1::JoinLinkCreated};

use super::check_roles::check_roles;
use crate::{
    App, Result,
    domain::{JoinLink, Lifetime, RoleName, Scope, Token},
    store,
};

/// The wish for a link.
#[derive(Debug)]
pub(crate) struct CreateJoinLink {
    pub(crate) title: String,
    pub(crate) roles: Vec<RoleName>,
    pub(crate) scope: Scope,
    pub(crate) email_domains: Vec<String>,
    pub(crate) most_uses: i32,
    pub(crate) lifetime: Lifetime,
}

/// The link and where it leads, which nobody can be told again.
pub(crate) async fn create_join_link(
    app: &App,
    cx: &Cx,
    tenant: TenantId,
    command: CreateJoinLink,
) -> Result<(JoinLink, SecretString)> {
    let (now, token) = (app.clock.now(), Token::draw(tenant)?);
    let link = JoinLink {
        join_link_id: app.clock.new_id(),
        title: command.title,
        roles: command.roles.iter().map(|role| role.as_str().to_owned()).collect(),
        scope_type: command.scope.kind,
        scope_id: command.scope.id,
        email_domains: command.email_domains,
        most_uses: command.most_uses,
        uses: 0,
        created_by: cx.actor.label(),
        created_at: now,
        expires_at: command.lifetime.from(now),
        revoked_at: None,
    };
    let mut tx = app.db.tenant(tenant, "create_join_link").await?;
    check_roles(&mut tx, cx, link.roles.iter().map(String::as_str)).await?;
    store::insert_join_link(&mut tx, &link, &token.hash()).await?;
    let target = format!("join_link:{}", link.join_link_id);
    bus::audit(&mut tx, cx, "join_link.create", &target).await?;
    let fact = JoinLinkCreated {
        join_link_id: link.join_link_id.to_string(),
        roles: link.roles.clone(),
        email_domains: link.email_domains.clone(),
        most_uses: link.most_uses,
        expires_at: Some(timestamp(link.expires_at)),
        created_by: link.created_by.clone(),
    };
    bus::emit(&mut tx, cx, link.join_link_id, &fact).await?;
    tx.commit().await?;
    Ok((link, app.public_url.joining(token.text()).into()))
}
