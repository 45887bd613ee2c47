//! Uses a link that many may come in by.

use kernel::{Cx, Email, Locale, PersonName, UserId};
use pg::TenantTx;

use super::{
    act_for::act_for,
    check_roles::check_roles,
    join_directly::{Join, join_directly, stands},
    make_invite::make_invite,
};
use crate::{
    App, Error, Result,
    domain::{Hindrance, InviteWish, JoinLink, RoleName, Token},
    peers, store,
};

/// The right by which links are made, and without which they end.
const RIGHT: &str = "user.invites.link";

/// Somebody who asks for an invitation.
#[derive(Debug)]
pub(crate) struct Stranger {
    pub(crate) email: Email,
    pub(crate) name: PersonName,
    /// The tenant's own language where none is given.
    pub(crate) locale: Option<Locale>,
}

/// Lets a person who is signed in join at once; by a link for certain domains only with a proven address.
pub(crate) async fn use_join_link(app: &App, cx: &Cx, token: &Token, user: UserId) -> Result<()> {
    let maker = seen(app, cx, token).await?;
    let mut tx = app.db.tenant(token.tenant(), "use_join_link").await?;
    let person = store::person(&mut tx, user).await?.ok_or(Error::PersonNotFound)?;
    let link = take(app, &mut tx, token, &person.email).await?;
    if !link.email_domains.is_empty() && !store::is_address_proven(&mut tx, user).await? {
        return Err(Hindrance::DomainNotAdmitted.into());
    }
    check_maker(&mut tx, &maker, &link).await?;
    let join = Join {
        roles: link.roles.clone(),
        scope: link.scope(),
        method: "join_link",
        reference: link.join_link_id.to_string(),
    };
    // A member has used nothing up.
    if join_directly(app, cx, &mut tx, user, &join).await? {
        tx.commit().await?;
    }
    Ok(())
}

/// Has an invitation mailed to a stranger, in the name of whoever made the link. Who is a member, invited already, or
/// was put out gets none, which they are not told.
pub(crate) async fn ask_by_join_link(
    app: &App,
    cx: &Cx,
    token: &Token,
    stranger: Stranger,
) -> Result<()> {
    let tenant = token.tenant();
    let maker = seen(app, cx, token).await?;
    let locale = peers::tenant_locale(app, cx, tenant).await?;
    let mut tx = app.db.tenant(tenant, "ask_by_join_link").await?;
    let link = take(app, &mut tx, token, &stranger.email).await?;
    let known = store::person_by_email(&mut tx, &stranger.email).await?;
    if let Some(known) = known
        && !matches!(stands(&mut tx, known.user_id).await, Ok(false))
    {
        return Ok(());
    }
    let reference = format!("join_link:{}", link.join_link_id);
    let wish = InviteWish {
        email: stranger.email,
        name: stranger.name,
        roles: link.roles.iter().filter_map(|role| RoleName::parse(role).ok()).collect(),
        scope: link.scope(),
        locale: stranger.locale,
        reference: reference.clone(),
        lifetime: None,
        workspace: Vec::new(),
    };
    let made = make_invite(app, &maker, tenant, &mut tx, wish, locale).await;
    let invite = made.map_err(closed)?.invite();
    let target = format!("{reference} invite:{}", invite.invite_id);
    bus::audit(&mut tx, cx, "join_link.use", &target).await?;
    tx.commit().await?;
    Ok(())
}

/// The context of whoever made the link, as long as they may make links.
async fn seen(app: &App, cx: &Cx, token: &Token) -> Result<Cx> {
    let mut tx = app.db.tenant(token.tenant(), "find_join_link").await?;
    let link = store::join_link_by_token(&mut tx, &token.hash()).await?;
    tx.commit().await?;
    let link = link.ok_or(Hindrance::JoinLinkNotFound)?;
    let maker = act_for(app, cx, token.tenant(), &link.created_by).await?;
    match maker.user().is_none() || maker.may(RIGHT) {
        true => Ok(maker),
        false => Err(Hindrance::JoinLinkClosed.into()),
    }
}

/// Takes one use of the link for this address, unless it took one before. Whoever wants the last use waits here.
async fn take(app: &App, tx: &mut TenantTx, token: &Token, email: &Email) -> Result<JoinLink> {
    let link = store::lock_join_link_by_token(tx, &token.hash()).await?;
    let (link, now) = (link.ok_or(Hindrance::JoinLinkNotFound)?, app.clock.now());
    let before = store::has_used(tx, link.join_link_id, email).await?;
    link.works(before, now)?;
    link.admits(email)?;
    if !before {
        store::insert_use(tx, link.join_link_id, email, now).await?;
    }
    Ok(link)
}

/// Measures the link's roles by the rights that its maker has now.
async fn check_maker(tx: &mut TenantTx, maker: &Cx, link: &JoinLink) -> Result<()> {
    let roles = link.roles.iter().map(String::as_str);
    check_roles(tx, maker, roles).await.map_err(closed)
}

/// A link whose roles cannot be given any more is closed; whose fault that is, is no stranger's business.
fn closed(error: Error) -> Error {
    match error {
        Error::RoleAboveOwn | Error::Hindered(Hindrance::RoleUnknown) => {
            Hindrance::JoinLinkClosed.into()
        }
        other => other,
    }
}
