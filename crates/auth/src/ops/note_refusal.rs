//! Counts that a source was refused, and bans it where that happens too often.

use kernel::{Actor, Cx, TenantId, Timestamp};
use pg::TenantTx;
use uuid::Uuid;

use super::add_ban::keep_ban;
use crate::{
    App, Result,
    domain::{Ban, BanKind, BannedSource, REMEMBERED, Source, Subject, is_enough, sentence},
    store,
};

/// Counts a refused sign-in or a proof that did not count. It never fails the answer that it is about: what cannot be
/// counted is logged.
pub(super) async fn note_refusal(app: &App, cx: &Cx, what: &'static str) {
    if let Err(problem) = count(app, cx, what).await {
        tracing::warn!(%problem, "a refusal could not be counted");
    }
}

async fn count(app: &App, cx: &Cx, what: &'static str) -> Result<()> {
    let Some(source) = Source::read(cx.ip.as_deref()).filter(|_| app.ban_after > 0) else {
        return Ok(());
    };
    let (subject, now) = (Subject::source(&source), app.clock.now());
    let mut tx = app.db.tenant(TenantId::PLATFORM, "note_refusal").await?;
    let refused = store::count_refusal(&mut tx, &subject, now).await?;
    if is_enough(refused, app.ban_after, false) {
        let known = store::is_anybodys_source(&mut tx, &subject).await?;
        let banned = cx.ip.as_deref().and_then(BannedSource::of_subscriber);
        if let Some(banned) = banned.filter(|_| is_enough(refused, app.ban_after, known)) {
            ban(app, &mut tx, cx, &banned, what, now).await?;
        }
    }
    tx.commit().await?;
    Ok(())
}

/// Bans the source, unless somebody did: each time longer than the last.
async fn ban(
    app: &App,
    tx: &mut TenantTx,
    cx: &Cx,
    source: &BannedSource,
    what: &'static str,
    now: Timestamp,
) -> Result<()> {
    let former = store::lock_ban_of(tx, BanKind::Network, &source.text()).await?;
    if former.as_ref().is_some_and(|ban| ban.holds(now)) {
        return Ok(());
    }
    let lately = |ban: &Ban| ban.expires_at.is_some_and(|end| now.since(end) < REMEMBERED);
    let strikes = former.filter(lately).map_or(1, |ban| ban.strikes.saturating_add(1));
    let itself = Cx { actor: Actor::Service(crate::NAME.into()), ..cx.clone() };
    let ban = Ban {
        ban_id: app.clock.new_id::<Uuid>(),
        kind: source.kind(),
        source: source.text(),
        reason: format!("too many refusals within an hour, the last: {what}"),
        automatic: true,
        strikes,
        created_at: now,
        created_by: itself.actor.label(),
        expires_at: Some(now.after(sentence(strikes))),
    };
    keep_ban(tx, &itself, &ban).await?;
    tx.after_commit(|| {
        metrics::counter!("usher_auth_bans_total", "automatic" => "true").increment(1)
    });
    Ok(())
}
