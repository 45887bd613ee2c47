//! Works on the rows of a list whose turn has come.

use futures::{TryStreamExt, stream};
use kernel::{Code, Cx, Failure, Locale, TenantId};
use uuid::Uuid;

use super::{
    act_for::act_for,
    make_invite::{Made, make_invite},
};
use crate::{
    App, Error, Result,
    domain::{Ending, Hindrance, InviteStatus, InviteWish, Outcome},
    peers, store,
};

/// How many rows one run works on, before another tenant's run may have its place.
const SLICE: i64 = 200;

/// How many rows are worked on at a time: few, so that people who ask meanwhile find a connection to the database.
const AT_ONCE: usize = 4;

/// The right to invite.
const RIGHT: &str = "user.invites.create";

/// One slice of a list in its tenant, in the name of whoever asked for it.
struct Slice<'a> {
    app: &'a App,
    cx: Cx,
    tenant: TenantId,
    batch_id: Uuid,
    /// The language of letters to people for whom none is named.
    locale: Locale,
}

/// Invites the people of the next rows, each in a transaction that also keeps what became of the row; so each row is
/// worked on once, whoever dies or comes late.
pub(crate) async fn invite_rows(
    app: &App,
    cx: &Cx,
    tenant: TenantId,
    batch_id: Uuid,
) -> Result<()> {
    let mut tx = app.db.tenant(tenant, "list_waiting_rows").await?;
    let batch = store::invite_batch(&mut tx, batch_id).await?.ok_or(Hindrance::BatchNotFound)?;
    let rows = store::waiting_rows(&mut tx, batch_id, SLICE).await?;
    tx.commit().await?;
    if rows.is_empty() {
        return Ok(());
    }
    let slice = Slice {
        app,
        cx: act_for(app, cx, tenant, &batch.invited_by).await?,
        tenant,
        batch_id,
        locale: peers::tenant_locale(app, cx, tenant).await?,
    };
    let slice = &slice;
    stream::iter(rows.into_iter().map(Ok))
        .try_for_each_concurrent(AT_ONCE, |(number, wish)| slice.invite_row(number, wish))
        .await
}

impl Slice<'_> {
    async fn invite_row(&self, number: i32, wish: InviteWish) -> Result<()> {
        match self.invite(number, wish).await {
            Err(error) if is_of_row(&error) => self.refuse(number, &error).await,
            other => other,
        }
    }

    async fn invite(&self, number: i32, wish: InviteWish) -> Result<()> {
        if self.cx.user().is_some() && !self.cx.may(RIGHT) {
            return Err(Hindrance::InviterGone.into());
        }
        let mut tx = self.app.db.tenant(self.tenant, "invite_row").await?;
        if !store::lock_waiting_row(&mut tx, self.batch_id, number).await? {
            return Ok(());
        }
        let locale = self.locale.clone();
        let made = make_invite(self.app, &self.cx, self.tenant, &mut tx, wish, locale).await?;
        let outcome = match &made {
            Made::New(_) => Outcome::Created,
            Made::Standing(invite) if invite.status == InviteStatus::Pending => {
                Outcome::AlreadyInvited
            }
            Made::Standing(_) => Outcome::AlreadyMember,
        };
        let ending = Ending::of(outcome, Some(made.invite().invite_id));
        store::settle_row(&mut tx, self.batch_id, number, &ending).await?;
        tx.commit().await?;
        Ok(())
    }

    async fn refuse(&self, number: i32, error: &Error) -> Result<()> {
        let ending = match error {
            Error::AlreadyMember => Ending::of(Outcome::AlreadyMember, None),
            error => {
                let fields = error.fields();
                let field = fields.first().map_or("", |violation| violation.field.as_str());
                Ending::refused(field, error.reason(), error.to_string())
            }
        };
        let mut tx = self.app.db.tenant(self.tenant, "refuse_row").await?;
        if store::lock_waiting_row(&mut tx, self.batch_id, number).await? {
            store::settle_row(&mut tx, self.batch_id, number, &ending).await?;
        }
        tx.commit().await?;
        Ok(())
    }
}

/// Whether the row is refused; all else is a trouble of ours, and the row waits for another attempt.
fn is_of_row(error: &Error) -> bool {
    matches!(
        error.code(),
        Code::Invalid | Code::Conflict | Code::Denied | Code::Exhausted | Code::NotFound
    )
}
