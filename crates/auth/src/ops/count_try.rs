//! Counts a try at proving an account before it is checked, and takes it off again when it was right.

use kernel::{Cx, Timestamp, UserId};
use pg::TenantTx;
use sqlx::PgConnection;

use crate::{
    Error, Result,
    domain::{Account, Source, Subject, Tries},
    store,
};

/// A try that was counted, and under what.
#[derive(Debug)]
pub(super) struct Counted {
    source: Option<Source>,
    account: (Tries, Subject),
}

/// Counts one more try at `account` from wherever the call comes. Tallies are locked in one order: the source's first.
/// In the same transaction nothing else is done, so that parallel tries wait for each other only this long.
pub(super) async fn count_try(
    tx: &mut PgConnection,
    cx: &Cx,
    account: &Account,
    now: Timestamp,
) -> Result<Counted> {
    let source = Source::read(cx.ip.as_deref());
    if let Some(source) = &source {
        count_one(tx, Tries::Source, &Subject::source(source), now).await?;
    }
    let of_account = match (account, &source) {
        (Account::Person(user_id), Some(source))
            if store::is_known_source(tx, *user_id, &Subject::source(source)).await? =>
        {
            (Tries::Known, Subject::known(account, source))
        }
        _ => (Tries::Account, Subject::account(account)),
    };
    count_one(tx, of_account.0, &of_account.1, now).await?;
    Ok(Counted { source, account: of_account })
}

/// Counts one more try of one kind.
pub(super) async fn count_one(
    tx: &mut PgConnection,
    kind: Tries,
    subject: &Subject,
    now: Timestamp,
) -> Result<()> {
    let tally = store::lock_tally(tx, kind, subject, now).await?;
    let tally = tally.count(kind, now).map_err(|wait| {
        metrics::counter!("usher_auth_throttled_total", "kind" => kind.as_str()).increment(1);
        Error::TooManyTries(wait)
    })?;
    store::update_tally(tx, kind, subject, tally).await?;
    Ok(())
}

impl Counted {
    /// The password was right. For whoever has a second factor that is half the proof: the account's tries stay, so that a
    /// known password begins no new count for guessing the other half.
    pub(super) async fn password_was_right(
        &self,
        tx: &mut TenantTx,
        user_id: UserId,
        now: Timestamp,
    ) -> Result<(), pg::Error> {
        if store::enrolled_at(tx, user_id).await?.is_none() {
            return self.was_right(tx, user_id, now).await;
        }
        match &self.source {
            Some(source) => take_off_source(tx, source, now).await,
            None => Ok(()),
        }
    }

    /// The try was right: the account's tries are forgotten, the source loses this one, and is known to the account.
    pub(super) async fn was_right(
        &self,
        tx: &mut PgConnection,
        user_id: UserId,
        now: Timestamp,
    ) -> Result<(), pg::Error> {
        if let Some(source) = &self.source {
            take_off_source(tx, source, now).await?;
            store::upsert_known_source(tx, user_id, &Subject::source(source), now).await?;
        }
        let (kind, subject) = &self.account;
        store::delete_tally(tx, *kind, subject).await
    }
}

/// Takes a try off its source that was right.
pub(super) async fn take_off_source(
    tx: &mut PgConnection,
    source: &Source,
    now: Timestamp,
) -> Result<(), pg::Error> {
    let subject = Subject::source(source);
    let tally = store::lock_tally(tx, Tries::Source, &subject, now).await?;
    store::update_tally(tx, Tries::Source, &subject, tally.take_off(Tries::Source)).await
}
