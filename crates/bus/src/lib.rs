//! How does a fact leave and arrive? An outbox in the transaction of the change, a relay to JetStream, consumers with
//! an inbox.
//!
//! - [`emit`] writes a fact beside the change it tells of; [`audit`] writes who did it, [`TrustedCalls`] who only looked
//!   because the platform trusts them.
//! - [`Relay`] publishes committed facts: nothing lost, nothing reordered within an aggregate, any number of relays.
//! - [`Consumers`] hands facts to ops; [`first_delivery`] makes the op's effect happen once.
//! - [`Bucket`] holds small values that all processes share.
//! - [`Envelope`] is the fact on the wire, a CloudEvent.
//! - [`outbox`] is what an operator does by hand; [`idle`] and [`retain`] look after the whole.

mod audit;
mod bucket;
mod consume;
mod emit;
mod envelope;
mod error;
mod idle;
mod inbox;
mod lease;
mod nats;
pub mod outbox;
mod pace;
mod relay;
mod retention;
mod tail;
mod trace;
mod trusted;

pub use audit::audit;
pub use bucket::{Bucket, Held, Keeping};
pub use consume::{Consumers, Retry};
pub use emit::{emit, emit_json};
pub use envelope::{Envelope, Unreadable};
pub use error::{Error, Result};
pub use idle::{idle, unrest};
pub use inbox::first_delivery;
pub use nats::{Hearing, Nats, Stream};
pub use relay::Relay;
pub use retention::{prepare, retain};
pub use tail::Since;
pub use trusted::TrustedCalls;
