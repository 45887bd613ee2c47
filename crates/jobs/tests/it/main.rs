//! The engine against a real PostgreSQL: every promise of the crate, with faults at every point.

mod cancelling;
mod children;
mod fairness;
mod history;
mod holding;
mod hooks;
mod house;
mod intervening;
mod leases;
mod moving;
mod operating;
mod outage;
mod permits;
mod progressing;
mod queueing;
mod returning;
mod schedules;
mod shapes;
mod side_by_side;
mod starting;
mod sweeps;
mod tracing_through;
mod waiting;
mod waking;
mod world;
mod zombies;
