//! Counts the clients of all tenants.

use crate::{
    App, Result,
    domain::{Cohort, CohortFunnel, Funnel, Range},
    store,
};

/// The funnel over the platform.
#[derive(Debug, Default)]
pub(crate) struct PlatformFunnel {
    pub(crate) total: Funnel,
    pub(crate) cohorts: Vec<CohortFunnel>,
}

/// What became of the clients of a range, of one cohort or of all.
pub(crate) async fn get_platform_funnel(
    app: &App,
    range: Range,
    cohort: Option<Cohort>,
) -> Result<PlatformFunnel> {
    let why = "an operator's funnel of all tenants";
    let mut tx = app.db.platform("get_platform_funnel", why).await?;
    let one = cohort.map(|cohort| [cohort]);
    let cohorts = one.as_ref().map_or(Cohort::ALL, |one| one.as_slice());
    let counted = store::funnel(&mut tx, range, cohorts).await?;
    tx.commit().await?;
    let mut answer = PlatformFunnel::default();
    for (cohort, funnel) in counted {
        match cohort {
            Some(cohort) => answer.cohorts.push(CohortFunnel { cohort, funnel }),
            None => answer.total = funnel,
        }
    }
    answer.cohorts.sort_by_key(|one| one.cohort);
    Ok(answer)
}
