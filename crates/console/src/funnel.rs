//! The funnel: of a tenant with its place in the rollout, or of the platform with the rollout and its gate.

use askama::Template;
use axum::{
    extract::{Query, State},
    response::Response,
};
use gateway::Problem;
use http::StatusCode;
use kernel::{Code, Timestamp};
use serde::Deserialize;
use wire::{
    Mesh,
    provisioning::v1::{
        Funnel, GetFunnelRequest, GetPlacementRequest, GetPlatformFunnelRequest, GetRolloutRequest,
        Incident, ListIncidentsRequest, Placement, Rollout, funnels_client::FunnelsClient,
        incidents_client::IncidentsClient, rollouts_client::RolloutsClient,
    },
};

use crate::{
    failure::Failure,
    guest::Guest,
    page::{Shell, page as answer},
    show::{duration, label, moment, share},
};

/// How many days back a page may look; the middle one unless asked.
const DAYS: [u32; 3] = [7, 30, 90];

/// What the address asks for.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Asked {
    #[serde(default)]
    days: String,
}

#[derive(Template)]
#[template(path = "funnel.html")]
struct Page {
    shell: Shell,
    days: u32,
    rows: Vec<Row>,
    placement: Option<Placed>,
    rollout: Option<Stand>,
}

/// A range that may be looked at.
struct Choice {
    days: u32,
    chosen: bool,
}

impl Page {
    fn choices(&self) -> [Choice; 3] {
        DAYS.map(|days| Choice { days, chosen: days == self.days })
    }
}

/// The numbers of some clients.
struct Row {
    label: String,
    funnel: Funnel,
}

impl Row {
    fn new(label: &str, funnel: Funnel) -> Self {
        Self { label: label.to_owned(), funnel }
    }

    fn accepted_share(&self) -> String {
        share(self.funnel.accepted_share, self.funnel.invite_sent)
    }

    fn unaided_share(&self) -> String {
        share(self.funnel.unaided_share, self.funnel.provision_success)
    }

    /// Half of them, and 95 of 100.
    fn times(&self) -> [(String, String); 3] {
        let funnel = &self.funnel;
        [
            (funnel.time_to_active_p50_seconds, funnel.time_to_active_p95_seconds),
            (funnel.accepted_to_active_p50_seconds, funnel.accepted_to_active_p95_seconds),
            (funnel.first_update_p50_seconds, funnel.first_update_p95_seconds),
        ]
        .map(|(half, most)| (duration(half), duration(most)))
    }
}

/// A tenant's place in the rollout.
struct Placed {
    cohort: String,
    stage: String,
    /// Why nobody is invited, if nobody is.
    halted: Option<String>,
}

/// Where the rollout stands.
struct Stand {
    rollout: Rollout,
    stage: String,
    entered: String,
    halted: Option<String>,
    p95: String,
    target: String,
    incidents: Vec<Incident>,
}

/// The page.
pub(crate) async fn page(
    State(mesh): State<Mesh>,
    Query(asked): Query<Asked>,
    guest: Guest,
) -> Result<Response, Failure> {
    let guest = guest.signed_in()?;
    let days = DAYS.into_iter().find(|days| days.to_string() == asked.days).unwrap_or(DAYS[1]);
    let page = match guest.cx().tenant {
        Some(_) => of_tenant(&mesh, &guest, days).await?,
        None => of_platform(&mesh, &guest, days).await?,
    };
    Ok(answer(StatusCode::OK, &page))
}

async fn of_tenant(mesh: &Mesh, guest: &Guest, days: u32) -> Result<Page, Failure> {
    let from = Some(wire::timestamp(before(guest.now(), days)));
    let request = wire::call(guest.cx(), GetFunnelRequest { from, to: None });
    let funnel = FunnelsClient::new(mesh.to("provisioning")).get_funnel(request).await?;
    let request = wire::call(guest.cx(), GetPlacementRequest {});
    let placement = RolloutsClient::new(mesh.to("provisioning")).get_placement(request).await?;
    Ok(Page {
        shell: Shell::of(guest, "Funnel"),
        days,
        rows: vec![Row::new("All clients", funnel.into_inner())],
        placement: Some(placement.into_inner().into()),
        rollout: None,
    })
}

async fn of_platform(mesh: &Mesh, guest: &Guest, days: u32) -> Result<Page, Failure> {
    let from = Some(wire::timestamp(before(guest.now(), days)));
    let request = GetPlatformFunnelRequest { from, ..Default::default() };
    let request = wire::call(guest.cx(), request);
    let mut funnels = FunnelsClient::new(mesh.to("provisioning"));
    let funnel = funnels.get_platform_funnel(request).await?.into_inner();
    let total = funnel.total.ok_or_else(incomplete)?;
    let cohorts = funnel.cohorts.into_iter();
    let cohorts = cohorts.filter_map(|one| Some(Row::new(&label(&one.cohort), one.funnel?)));
    let request = wire::call(guest.cx(), GetRolloutRequest {});
    let rollout = RolloutsClient::new(mesh.to("provisioning")).get_rollout(request).await?;
    let open = ListIncidentsRequest { open: true, ..Default::default() };
    let request = wire::call(guest.cx(), open);
    let incidents = IncidentsClient::new(mesh.to("provisioning")).list_incidents(request).await?;
    Ok(Page {
        shell: Shell::of(guest, "Funnel"),
        days,
        rows: std::iter::once(Row::new("All clients", total)).chain(cohorts).collect(),
        placement: None,
        rollout: Some(Stand::new(rollout.into_inner(), incidents.into_inner().incidents)),
    })
}

/// The instant so many days earlier.
pub(crate) fn before(now: Timestamp, days: u32) -> Timestamp {
    let hours = jiff::SignedDuration::from_hours(i64::from(days) * 24);
    now.jiff().checked_sub(hours).unwrap_or(jiff::Timestamp::UNIX_EPOCH).into()
}

fn incomplete() -> Failure {
    Problem::new(Code::Internal, "funnel_incomplete", "The funnel cannot be shown.").into()
}

impl From<Placement> for Placed {
    fn from(placement: Placement) -> Self {
        let since = |halted: &_| format!("since {}", moment(wire::instant(Some(halted))));
        let own = placement.halted_at.as_ref();
        let own = own.map(|at| format!("{}: {}", since(at), placement.halt_reason));
        let whole = placement.platform_halted.then(|| "on the whole platform".to_owned());
        let cohort = match placement.cohort.as_str() {
            "" => "By lot, one in five is limited".to_owned(),
            cohort => label(cohort),
        };
        Self { cohort, stage: label(&placement.stage), halted: own.or(whole) }
    }
}

impl Stand {
    fn new(rollout: Rollout, incidents: Vec<Incident>) -> Self {
        let halted = rollout.halted_at.as_ref().map(|at| {
            let since = moment(wire::instant(Some(at)));
            format!("since {since} by {}: {}", rollout.halted_by, rollout.halt_reason)
        });
        let gate = rollout.gate.clone().unwrap_or_default();
        Self {
            stage: label(&rollout.stage),
            entered: moment(wire::instant(rollout.entered_at.as_ref())),
            halted,
            p95: duration(gate.p95_seconds),
            target: duration(gate.target_seconds),
            incidents,
            rollout,
        }
    }
}
