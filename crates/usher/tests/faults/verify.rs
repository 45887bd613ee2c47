//! The verdict on a platform at rest: the database, the stream and the journals of the outside world.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use futures::TryStreamExt;
use kernel::Clock;
use sqlx::{AssertSqlSafe, PgConnection};
use usher::onboard;

use crate::{claims, facts, outside, world::World};

/// The sample that the job works on.
const SAMPLE: &[u8] = include_bytes!("../../../../deploy/sample-clients.csv");

/// How many of its rows are good.
const GOOD: usize = 22;

/// What must be the same after the job has run once more.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Created {
    rows: BTreeMap<&'static str, i64>,
    effects: usize,
    mails: usize,
}

/// Checks everything, and counts what there is.
///
/// # Errors
/// Every claim that does not hold, a line each.
pub(crate) async fn all(world: &World) -> Result<Created, String> {
    let mut admin = world.database.admin().await;
    let mut wrong = Vec::new();
    for (claim, counterexamples) in claims::CLAIMS {
        let found = claims::ask(&mut admin, counterexamples).await;
        wrong.extend(found.into_iter().map(|found| format!("not so: {claim}: {found}")));
    }
    let (good, clients) = (good_rows(), pairs(&mut admin, claims::CLIENTS).await);
    if clients != good {
        wrong.push(format!("the clients are not the good rows: {clients:?}"));
    }
    wrong.extend(facts::check(world, &mut admin).await);
    let messages: HashMap<_, _> = pairs(&mut admin, claims::MESSAGES).await.into_iter().collect();
    let outside = world.outside().await;
    wrong.extend(outside::effects(&outside, &good));
    wrong.extend(outside::mails(&outside, &messages));
    let created = Created {
        rows: counts(&mut admin).await,
        effects: outside.legacy.effects().len(),
        mails: outside.mail.messages().len(),
    };
    outside.stop().await;
    if wrong.is_empty() { Ok(created) } else { Err(wrong.join("\n")) }
}

async fn pairs(admin: &mut PgConnection, query: &'static str) -> BTreeSet<(String, String)> {
    sqlx::query_as(query).fetch(admin).try_collect().await.expect("answers")
}

async fn counts(admin: &mut PgConnection) -> BTreeMap<&'static str, i64> {
    let mut counts = BTreeMap::new();
    for table in claims::COUNTED {
        let count = AssertSqlSafe(format!("select count(*) from {table}"));
        let count = sqlx::query_scalar(count).fetch_one(&mut *admin).await;
        counts.insert(*table, count.expect("counts"));
    }
    counts
}

/// E-mail and spreadsheet of every row that the job may bring to its end.
fn good_rows() -> BTreeSet<(String, String)> {
    let roles = BTreeSet::from(["client".to_owned()]);
    let checked = onboard::check(SAMPLE, &roles, Clock::system().now());
    assert_eq!(checked.rows.len(), GOOD, "good rows of the sample");
    let rows = checked.rows.into_iter();
    rows.map(|row| (row.email.to_string(), row.spreadsheet_id)).collect()
}
