//! Binds a spreadsheet and its owner to a client, or to a member who becomes one, and sets the workspace up.

use kernel::{ClientId, Cx, Email, UserId};
use pg::TenantTx;

use super::{
    add_client::{NewClient, add_client},
    add_wb_token::bring_over,
    confirm_email::confirm,
    find_member::{Member, find_member},
    follow_person::renew_address,
    get_client_status::{ClientStatus, get_client_status},
    known_reply::{keep_reply, known_reply},
    locked,
    replace_token::{has_token, replace_token},
    tenant_of,
};
use crate::{
    App, Error, Result,
    domain::{Client, Reason, SpreadsheetId, Stage, WbToken},
    store::{self, Key},
};

/// The name under which replies to repeated keys are kept.
const OPERATION: &str = "ProvisionWorkspace";

/// Whose workspace it is.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Whose {
    /// A client's.
    Client(ClientId),
    /// A member's, who becomes a client unless they are one.
    Member(UserId),
}

/// The wish for a workspace.
#[derive(Debug)]
pub(crate) struct ProvisionWorkspace {
    pub(crate) whose: Whose,
    pub(crate) spreadsheet_id: SpreadsheetId,
    pub(crate) owner: Option<Email>,
    pub(crate) token: Option<WbToken>,
    /// A digest of the request, by which a reused idempotency key is told from a repeated one.
    pub(crate) fingerprint: Vec<u8>,
}

/// Binds and begins; what stands already is answered as it stands.
pub(crate) async fn provision_workspace(
    app: &App,
    cx: &Cx,
    command: ProvisionWorkspace,
) -> Result<ClientStatus> {
    let tenant = tenant_of(cx)?;
    let member = match command.whose {
        Whose::Client(_) => None,
        Whose::Member(id) => Some(find_member(app, cx, id).await?),
    };
    app.vault.prepare(&app.db, tenant).await?;
    let mut tx = app.db.tenant(tenant, "provision_workspace").await?;
    if let Whose::Member(id) = command.whose {
        store::share_person_address(&mut tx, id).await?;
    }
    if let Some(known) = known_reply(&mut tx, cx, OPERATION, &command.fingerprint).await? {
        tx.commit().await?;
        return get_client_status(app, cx, known).await;
    }
    let client = match (command.whose, member) {
        (Whose::Member(_), Some(member)) => of_member(&mut tx, app, cx, member, &command).await?,
        (Whose::Client(id), _) => locked(&mut tx, id, app.clock.now()).await?,
        (Whose::Member(_), None) => return Err(Error::MemberNotFound),
    };
    if client.spreadsheet_id != command.spreadsheet_id {
        return Err(Error::SpreadsheetDiffers);
    }
    let client = go_on(&mut tx, app, cx, client, command.owner, command.token).await?;
    keep_reply(&mut tx, cx, OPERATION, client.client_id).await?;
    tx.commit().await?;
    get_client_status(app, cx, client.client_id).await
}

/// The member's client, made now or before; its address is confirmed, since the person is a member.
async fn of_member(
    tx: &mut TenantTx,
    app: &App,
    cx: &Cx,
    member: Member,
    command: &ProvisionWorkspace,
) -> Result<Client> {
    let now = app.clock.now();
    let user_id = member.user_id;
    let key = Key { email: Some(&member.email), ..Key::default() };
    let mut client = match store::lock_clients(tx, &key, now).await?.pop() {
        Some(known) => known,
        None => {
            let new = NewClient {
                email: member.email.clone(),
                name: member.name,
                role: member.role,
                spreadsheet_id: command.spreadsheet_id.clone(),
                locale: None,
                owner: command.owner.clone(),
                user_id: Some(user_id),
                token: command.token.as_ref(),
            };
            match add_client(tx, app, cx, new).await? {
                Some(new) => new,
                // Another call was faster; where it was not about this person, the spreadsheet is taken.
                None => {
                    let rival = store::lock_clients(tx, &key, now).await?.pop();
                    rival.ok_or(Error::SpreadsheetTaken)?
                }
            }
        }
    };
    if matches!(client.stage, Stage::Invited | Stage::Expired)
        && client.spreadsheet_id == command.spreadsheet_id
    {
        client.user_id = Some(user_id);
        client = confirm(tx, cx, client, now).await?;
    }
    renew_address(tx, cx, client).await
}

/// Takes owner and token over, and begins what they make necessary.
async fn go_on(
    tx: &mut TenantTx,
    app: &App,
    cx: &Cx,
    mut client: Client,
    owner: Option<Email>,
    token: Option<WbToken>,
) -> Result<Client> {
    if client.stage == Stage::Revoked {
        return Err(Error::StageForbids(client.stage.as_str()));
    }
    let another = owner.is_some() && owner != client.owner_email;
    if another {
        client.owner_email = owner;
        store::update_client(tx, &client).await?;
    }
    let mut fresh = false;
    if let Some(token) = token
        && !has_token(tx, app, cx, &client, &token).await?
    {
        if client.wb_token_hint.is_some() {
            // A token in use is replaced by a call that says why.
            return Err(Error::TokenStands);
        }
        let reason = Reason::default();
        client = replace_token(tx, app, cx, client, &token, &reason).await?;
        fresh = true;
    }
    if fresh || another || client.stage == Stage::Failed {
        client = bring_over(tx, cx, client, app.clock.now()).await?;
    }
    Ok(client)
}
