//! Beginning the runs of schedules whose time has come.

use std::time::Duration;

use kernel::{Cx, TenantId, Timestamp};
use tokio_util::sync::CancellationToken;

use super::{engine::Engine, pace::jittered};
use crate::{
    Error, Result, Start, Started, WhileTaken,
    schedule::{Overlap, Schedule, Tick},
    store,
};

/// Between two looks at the schedules.
const LOOK: Duration = Duration::from_secs(1);

/// How long a schedule rests that this build cannot read: its zone may come with another build.
const REST: Duration = Duration::from_secs(300);

/// Begins runs until `stop`.
pub(super) async fn fire(engine: &Engine, stop: &CancellationToken) {
    loop {
        if let Err(failure) = fire_due(engine).await {
            tracing::warn!(error = %failure, "schedules are not looked at");
        }
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(jittered(LOOK.min(engine.pace.poll_max))) => {}
        }
    }
}

async fn fire_due(engine: &Engine) -> pg::Result<()> {
    let (workflows, versions) = engine.workflows();
    let now = engine.clock.now();
    let mut tx = engine.db.platform("find_schedules", "one worker serves all tenants").await?;
    let due = store::schedule::due(&mut tx, &workflows, &versions, now).await?;
    tx.commit().await?;
    for (tenant, name) in due {
        // One that cannot be read must not hold up the others.
        if let Err(failure) = fire_one(engine, tenant, &name, now).await {
            tracing::warn!(error = %failure, tenant.id = %tenant, schedule = name, "a schedule cannot begin its run");
        }
    }
    Ok(())
}

/// Begins what is due of one schedule and moves it on, in one transaction.
async fn fire_one(engine: &Engine, tenant: TenantId, name: &str, now: Timestamp) -> Result<()> {
    let mut tx = engine.db.tenant(tenant, "fire_schedule").await?;
    let Some(schedule) = store::schedule::lock_due(&mut tx, name, now).await? else {
        return Ok(());
    };
    let Schedule { spec, next_at: Some(next), .. } = &schedule else {
        return Ok(());
    };
    let cx = Cx::of_service(engine.db.service(), Some(tenant), &engine.clock);
    let plan = match spec.plan() {
        Ok(plan) => plan,
        Err(unreadable) => {
            tracing::warn!(error = %unreadable, tenant.id = %tenant, schedule = name, "a schedule cannot be read; it rests");
            store::schedule::advance(&mut tx, name, Some(now.after(REST)), None).await?;
            return Ok(tx.commit().await?);
        }
    };
    let mut last = None;
    for at in spec.due(&plan, *next, now) {
        let key = format!("schedule/{name}/{at}");
        let singleton = format!("schedule/{name}");
        let mut start = Start::new(&spec.workflow, spec.version, &key).priority(spec.priority);
        if spec.overlap == Overlap::Skip {
            start = start.singleton(&singleton, WhileTaken::Refuse);
        }
        let tick =
            Tick { schedule: name.to_owned(), at, day: plan.day_of(at), input: spec.input.clone() };
        match start.begin(&mut tx, &cx, &tick).await {
            Ok(Started::New(job) | Started::Existing(job)) => last = Some((at, job)),
            // The key was used before the schedule's input was changed: that time had its run.
            Err(Error::KeyReused) => {}
            Err(Error::SingletonTaken(job)) => {
                tracing::info!(job.id = %job, schedule = name, at = %at, "left out: the last run goes on");
                metrics::counter!("usher_job_schedule_skipped_total", "service" => engine.db.service())
                    .increment(1);
            }
            Err(other) => return Err(other),
        }
    }
    store::schedule::advance(&mut tx, name, plan.next_after(now), last).await?;
    tx.commit().await?;
    Ok(())
}
