//! Instants on the wire.

use kernel::Timestamp;

/// Our instant as the well-known type.
#[must_use]
pub fn timestamp(instant: Timestamp) -> prost_types::Timestamp {
    let instant = instant.jiff();
    prost_types::Timestamp { seconds: instant.as_second(), nanos: instant.subsec_nanosecond() }
}

/// The well-known type as our instant; `None` where it is absent or out of range.
#[must_use]
pub fn instant(wire: Option<&prost_types::Timestamp>) -> Option<Timestamp> {
    let wire = wire?;
    jiff::Timestamp::new(wire.seconds, wire.nanos).ok().map(Timestamp::from)
}
