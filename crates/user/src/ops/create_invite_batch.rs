//! Takes a list of people to invite.

use std::collections::BTreeSet;

use kernel::{Credential, Cx, TenantId};
use pg::replies;
use uuid::Uuid;
use wire::user::v1::InviteBatchCreated;

use super::{check_roles::check_roles, get_invite_batch::known_batch};
use crate::{
    App, Error, Result,
    domain::{BatchStatus, InviteBatch, NewRow, RawRow, RoleName, look_at},
    jobs::BatchRun,
    store,
};

/// The name under which replies to repeated keys are kept.
const OPERATION: &str = "CreateInviteBatch";

/// The wish to invite many.
#[derive(Debug)]
pub(crate) struct CreateInviteBatch {
    pub(crate) rows: Vec<RawRow>,
    /// A digest of the request, by which a reused idempotency key is told from a repeated one.
    pub(crate) fingerprint: Vec<u8>,
}

/// Keeps the list with all its rows and begins the work on it, in one transaction. What is wrong with a row as such is
/// known at once; all else, the rights of whoever asks among it, when its turn comes. A list from software that is held to
/// some rights gives no role beyond them.
pub(crate) async fn create_invite_batch(
    app: &App,
    cx: &Cx,
    tenant: TenantId,
    command: CreateInviteBatch,
) -> Result<InviteBatch> {
    let rows = look_at(&command.rows);
    let batch = new(app, cx, &rows);
    let mut tx = app.db.tenant(tenant, "create_invite_batch").await?;
    match replies::recall(&mut tx, cx, OPERATION, &command.fingerprint).await? {
        replies::Known::Nothing => {}
        replies::Known::Reply(reply) => {
            return known_batch(&mut tx, serde_json::from_slice(&reply)?).await;
        }
        replies::Known::Other => return Err(Error::KeyReused),
    }
    if cx.flags.credential == Credential::Delegated {
        // The work goes on with all that its owner may; what a key or an app is held to is known now alone.
        let wishes = rows.iter().filter_map(|row| row.wish.as_ref().ok());
        let roles: BTreeSet<&str> =
            wishes.flat_map(|wish| wish.roles.iter().map(RoleName::as_str)).collect();
        check_roles(&mut tx, cx, roles.into_iter()).await?;
    }
    store::insert_batch(&mut tx, &batch).await?;
    store::insert_batch_rows(&mut tx, batch.batch_id, &rows).await?;
    BatchRun::first(batch.batch_id).begin(&mut tx, cx).await?;
    let target = format!("invite_batch:{}", batch.batch_id);
    bus::audit(&mut tx, cx, "invite.batch.create", &target).await?;
    let fact = InviteBatchCreated {
        batch_id: batch.batch_id.to_string(),
        rows: batch.rows,
        invited_by: batch.invited_by.clone(),
    };
    bus::emit(&mut tx, cx, batch.batch_id, &fact).await?;
    replies::keep(&mut tx, cx, OPERATION, &serde_json::to_vec(&batch.batch_id)?).await?;
    tx.commit().await?;
    Ok(batch)
}

fn new(app: &App, cx: &Cx, rows: &[NewRow]) -> InviteBatch {
    let refused = rows.iter().filter(|row| row.wish.is_err()).count();
    let count = |rows: usize| i32::try_from(rows).unwrap_or(i32::MAX);
    InviteBatch {
        batch_id: app.clock.new_id::<Uuid>(),
        status: BatchStatus::Running,
        rows: count(rows.len()),
        invited_by: cx.actor.label(),
        created_at: app.clock.now(),
        ended_at: None,
        waiting: count(rows.len() - refused).into(),
        created: 0,
        already_invited: 0,
        already_member: 0,
        refused: count(refused).into(),
        left_out: 0,
    }
}
