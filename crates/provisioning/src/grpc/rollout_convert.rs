//! The rollout, its gate and incidents as wire messages.

use wire::{provisioning::v1 as proto, timestamp};

use crate::{
    domain::{Gate, Incident, Obstacle},
    ops::{PlacementStatus, RolloutStatus},
};

impl From<&RolloutStatus> for proto::Rollout {
    fn from(status: &RolloutStatus) -> Self {
        let rollout = &status.rollout;
        Self {
            stage: rollout.stage.to_string(),
            entered_at: Some(timestamp(rollout.entered_at)),
            entered_by: rollout.entered_by.clone(),
            entered_reason: rollout.entered_reason.clone(),
            halted_at: rollout.halted_at.map(timestamp),
            halted_by: rollout.halted_by.clone(),
            halt_reason: rollout.halt_reason.clone(),
            gate: status.gate.as_ref().map(Into::into),
        }
    }
}

impl From<&Gate> for proto::Gate {
    fn from(gate: &Gate) -> Self {
        let obstacles = gate.obstacles();
        Self {
            open: obstacles.is_empty(),
            obstacles: obstacles.iter().map(Into::into).collect(),
            succeeded: gate.evidence.succeeded,
            failed: gate.evidence.failed,
            needed: gate.needed,
            p95_seconds: gate.evidence.p95.unwrap_or_default().as_secs_f64(),
            target_seconds: gate.target.as_secs_f64(),
            open_critical_incidents: gate.evidence.open_critical,
        }
    }
}

impl From<&Obstacle> for proto::Obstacle {
    fn from(obstacle: &Obstacle) -> Self {
        Self { code: obstacle.code().to_owned(), message: obstacle.to_string() }
    }
}

impl From<&PlacementStatus> for proto::Placement {
    fn from(status: &PlacementStatus) -> Self {
        let placement = &status.placement;
        Self {
            cohort: placement.cohort.map(|cohort| cohort.to_string()).unwrap_or_default(),
            stage: status.rollout.stage.to_string(),
            halted_at: placement.halted_at.map(timestamp),
            halt_reason: placement.halt_reason.clone(),
            platform_halted: status.rollout.halted_at.is_some(),
        }
    }
}

impl From<&Incident> for proto::Incident {
    fn from(incident: &Incident) -> Self {
        Self {
            incident_id: incident.incident_id.to_string(),
            severity: incident.severity.to_string(),
            title: incident.title.clone(),
            opened_at: Some(timestamp(incident.opened_at)),
            opened_by: incident.opened_by.clone(),
            closed_at: incident.closed_at.map(timestamp),
            closed_by: incident.closed_by.clone(),
        }
    }
}
