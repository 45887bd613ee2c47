//! Has apps be told that sessions have ended, in the transaction that ends them.

use kernel::{Cx, SessionId, TenantId, UserId};
use pg::TenantTx;
use uuid::Uuid;

use crate::{
    App, Result,
    domain::ClientName,
    jobs::{LogoutRun, pass_on},
    store,
};

/// Which of a person's sessions end.
#[derive(Debug, Clone, Copy)]
pub(super) enum Ending {
    One(SessionId),
    /// All, or all but one.
    All(Option<SessionId>),
}

/// Begins a run for each app that got tokens in them. Called before they end: afterwards nobody knows which of them it were.
/// The person is locked by the caller, so that no app comes in between.
pub(super) async fn tell_apps(
    tx: &mut TenantTx,
    app: &App,
    cx: &Cx,
    user_id: UserId,
    ending: Ending,
) -> Result<()> {
    let (one, kept, living) = match ending {
        Ending::One(session_id) => (Some(session_id), None, None),
        // What has expired stays as it is, and would be found again each time.
        Ending::All(kept) => (None, kept, Some(app.clock.now())),
    };
    for told in store::session_apps(tx, user_id, one, (kept, living)).await? {
        pass_on(tx, cx, &LogoutRun::of(told, user_id)).await?;
    }
    Ok(())
}

/// Begins the telling in the app's own tenant, once for this key.
pub(crate) async fn pass_on_logout(app: &App, cx: &Cx, run: &LogoutRun, key: &str) -> Result<()> {
    let Some(tenant) = run.tenant() else { return Ok(()) };
    let mut tx = app.db.tenant(tenant, "pass_on_logout").await?;
    run.begin(&mut tx, cx, key).await?;
    tx.commit().await?;
    Ok(())
}

/// The same for what has tokens in the transaction's tenant alone, which the person leaves while their sessions go on. They
/// may leave it several times: each has runs of its own. What the tenant's own apps got is over, and not told again when the
/// session ends.
pub(super) async fn tell_apps_of_tenant(
    tx: &mut TenantTx,
    app: &App,
    cx: &Cx,
    (tenant, user_id): (TenantId, UserId),
) -> Result<()> {
    for told in store::family_apps(tx, user_id).await? {
        if ClientName::parse(&told.client_name).is_some_and(|name| name.tenant == tenant) {
            store::delete_session_app(tx, &told).await?;
        }
        let key = app.clock.new_id::<Uuid>().to_string();
        LogoutRun::of(told, user_id).begin(tx, cx, &key).await?;
    }
    Ok(())
}
