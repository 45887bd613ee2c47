//! What may be told on the bus: messages of the contract that carry the `fact` option.

/// A fact's payload. Implemented for every message with `option (usher.rule.v1.fact)`.
pub trait Fact: prost::Message + prost::Name + Default + Send + Sync + 'static {
    /// `<service>.<entity>.<verb in the past tense>`, for instance `user.invite.created`.
    const KIND: &'static str;
}

include!(concat!(env!("OUT_DIR"), "/facts.rs"));
