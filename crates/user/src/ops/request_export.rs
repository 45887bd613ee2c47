//! Asks for all that the platform keeps of a person: themselves, or the platform's staff.

use kernel::{Cx, TenantId, UserId};
use secrecy::SecretString;
use wire::user::v1::ExportRequested;

use super::end_email_change::platform;
use crate::{
    App, Error, Result,
    domain::{Export, ExportStatus},
    jobs::ExportRun,
    peers, store,
};

/// An export of the caller's own data. Whoever has the session does not speak for the person yet: the password is asked
/// for, or a fresh proof.
pub(crate) async fn request_export(app: &App, cx: &Cx, password: &SecretString) -> Result<Export> {
    let me = peers::prove_again(app, cx, password).await?;
    ask(app, cx, me, String::new()).await
}

/// An export of somebody else's data. Nobody is shown that of whoever holds a role of the platform that allows what they
/// may not, and one's own is asked for with the password.
pub(crate) async fn order_export(
    app: &App,
    cx: &Cx,
    user_id: UserId,
    reason: String,
) -> Result<Export> {
    let mut tx = platform(app, "look_at_person").await?;
    let person = store::known_person(&mut tx, user_id).await?.ok_or(Error::PersonNotFound)?;
    tx.commit().await?;
    person.may_be_closed_by(cx)?;
    if person.erased_at.is_some() {
        return Err(Error::PersonErased);
    }
    ask(app, cx, user_id, reason).await
}

/// One that is gathered stays as it is; a finished one is replaced.
async fn ask(app: &App, cx: &Cx, user_id: UserId, reason: String) -> Result<Export> {
    let asked_by = cx.user().ok_or(Error::PersonNotFound)?;
    let mut tx = app.db.tenant(TenantId::PLATFORM, "request_export").await?;
    store::lock_person(&mut tx, user_id).await?.ok_or(Error::PersonNotFound)?;
    let standing = store::export_of(&mut tx, user_id, asked_by).await?;
    if let Some(standing) = standing.filter(Export::is_gathering) {
        return Ok(standing);
    }
    let export = Export {
        export_id: app.clock.new_id(),
        user_id,
        asked_by,
        reason,
        status: ExportStatus::Gathering,
        problem: String::new(),
        asked_at: app.clock.now(),
        ended_at: None,
        expires_at: None,
    };
    store::replace_export(&mut tx, &export).await?;
    bus::audit(&mut tx, cx, "export.request", &format!("user:{user_id}")).await?;
    let fact =
        ExportRequested { export_id: export.export_id.to_string(), user_id: user_id.to_string() };
    bus::emit(&mut tx, cx, export.export_id, &fact).await?;
    ExportRun::of(&export).begin(&mut tx, cx).await?;
    tx.commit().await?;
    Ok(export)
}
