//! Clients, counted. The range is on an index of `journeys`, so a count costs what the range holds and not what the
//! table does; most of it is sorting for the percentiles.

use std::time::Duration;

use kernel::Timestamp;
use pg::{TenantTx, Tx};

use crate::domain::{Cohort, Evidence, Funnel, Range, Rollout, Stage, Times};

/// How many of the tenant's clients stand where now.
pub(crate) async fn stages(tx: &mut TenantTx, now: Timestamp) -> pg::Result<Vec<(Stage, i64)>> {
    let counted = sqlx::query!(
        r#"select stage as "stage!: Stage", count(*) as "count!" from clients group by stage
           union all
           select 'expired', count(*) from clients where stage = 'invited' and invite_expires_at <= $1"#,
        now as _
    )
    .fetch_all(&mut **tx)
    .await?;
    let count = |stage| counted.iter().find(|row| row.stage == stage).map_or(0, |row| row.count);
    let standing = |stage| match stage {
        Stage::Invited => count(Stage::Invited) - count(Stage::Expired),
        other => count(other),
    };
    Ok(Stage::ALL.iter().map(|stage| (*stage, standing(*stage))).collect())
}

/// What became of the clients of `cohorts` that the transaction sees: by cohort, and together where no cohort stands.
pub(crate) async fn funnel<Scope>(
    tx: &mut Tx<Scope>,
    range: Range,
    cohorts: &[Cohort],
) -> pg::Result<Vec<(Option<Cohort>, Funnel)>> {
    let cohorts: Vec<String> = cohorts.iter().map(ToString::to_string).collect();
    let rows = sqlx::query!(
        r#"select cohort as "cohort?: Cohort", began as "began!", sent as "sent!", accepted as "accepted!",
                  success as "success!", failed as "failed!", recovered as "recovered!", unaided as "unaided!",
                  (extract(epoch from to_active[1]) * 1000000)::bigint as to_active_p50,
                  (extract(epoch from to_active[2]) * 1000000)::bigint as to_active_p95,
                  (extract(epoch from from_accepted[1]) * 1000000)::bigint as from_accepted_p50,
                  (extract(epoch from from_accepted[2]) * 1000000)::bigint as from_accepted_p95,
                  (extract(epoch from to_update[1]) * 1000000)::bigint as to_update_p50,
                  (extract(epoch from to_update[2]) * 1000000)::bigint as to_update_p95
           from (select cohort, count(*) as began, count(invited_at) as sent,
                        count(*) filter (where invited_at is not null and accepted_at is not null) as accepted,
                        count(active_at) as success, count(failed_at) as failed,
                        count(*) filter (where active_at is not null and failed_at is not null) as recovered,
                        count(*) filter (where active_at is not null and helps = 0) as unaided,
                        percentile_disc(array[0.5, 0.95]) within group (order by active_at - invited_at) as to_active,
                        percentile_disc(array[0.5, 0.95]) within group (order by active_at - accepted_at)
                            as from_accepted,
                        percentile_disc(array[0.5, 0.95]) within group (order by first_update_at - invited_at)
                            as to_update
                 from journeys
                 where began_at >= $1 and began_at < $2 and cohort = any ($3)
                 group by grouping sets ((cohort), ())) as counted
           order by cohort"#,
        range.from as _,
        range.to as _,
        &cohorts
    )
    .fetch_all(&mut **tx)
    .await?;
    let funnels = rows.into_iter().map(|row| {
        let funnel = Funnel {
            began: row.began,
            invite_sent: row.sent,
            invite_accepted: row.accepted,
            provision_success: row.success,
            provision_failed: row.failed,
            provision_recovered: row.recovered,
            unaided: row.unaided,
            time_to_active: times(row.to_active_p50, row.to_active_p95),
            accepted_to_active: times(row.from_accepted_p50, row.from_accepted_p95),
            first_update: times(row.to_update_p50, row.to_update_p95),
        };
        (row.cohort, funnel)
    });
    Ok(funnels.collect())
}

/// What the clients of the rollout's stage have shown since it was entered. Whoever is still on the way past the
/// target counts with the time so far, so that a job that hangs is not left out of the account.
pub(crate) async fn evidence<Scope>(
    tx: &mut Tx<Scope>,
    rollout: &Rollout,
    target: Duration,
    now: Timestamp,
) -> pg::Result<Evidence> {
    let target = i64::try_from(target.as_micros()).unwrap_or(i64::MAX);
    let row = sqlx::query!(
        r#"select count(*) filter (where active_at is not null and failed_at is null) as "succeeded!",
                  count(failed_at) as "failed!",
                  (extract(epoch from percentile_disc(0.95) within group (order by
                      case when active_at is not null then active_at - accepted_at
                           when failed_at is null and $3 - accepted_at > $4::bigint * interval '1 microsecond'
                               then $3 - accepted_at
                      end)) * 1000000)::bigint as p95,
                  (select count(*) from incidents where closed_at is null and severity = 'critical')
                      as "open_critical!"
           from journeys where cohort = $1 and began_at >= $2"#,
        rollout.stage.as_str(),
        rollout.entered_at as _,
        now as _,
        target
    )
    .fetch_one(&mut **tx)
    .await?;
    let (succeeded, failed, open_critical) = (row.succeeded, row.failed, row.open_critical);
    Ok(Evidence { succeeded, failed, p95: duration(row.p95), open_critical })
}

fn times(p50: Option<i64>, p95: Option<i64>) -> Times {
    Times { p50: duration(p50), p95: duration(p95) }
}

/// Clocks of two machines may differ by more than a step takes: less than nothing is nothing.
fn duration(micros: Option<i64>) -> Option<Duration> {
    micros.map(|micros| Duration::from_micros(micros.max(0).unsigned_abs()))
}
