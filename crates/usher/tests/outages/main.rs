//! Servers that go away and platforms that come in pairs: nothing is lost, nothing happens twice.

mod clients;
mod crash_points;
mod fuse;
mod insist;
mod load;
mod nats_away;
mod once;
mod own;
mod postgres_restarted;
mod store_wiped;
mod storm;
mod stream;
mod two_platforms;
