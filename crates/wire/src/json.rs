//! Proto3 JSON through the descriptors: lowerCamelCase names, RFC 3339 times.

use std::sync::LazyLock;

use kernel::{Code, Failure};
use prost::Message;
use prost_reflect::{DescriptorPool, DynamicMessage, MessageDescriptor, SerializeOptions};
use serde_json::Value;

/// A JSON value that does not fit the message it claims to be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a {message}: {problem}")]
pub struct Malformed {
    message: String,
    problem: String,
}

impl Failure for Malformed {
    fn code(&self) -> Code {
        Code::Internal
    }

    fn reason(&self) -> &'static str {
        "malformed_message"
    }
}

/// The descriptors of the whole contract.
pub static POOL: LazyLock<DescriptorPool> = LazyLock::new(|| {
    DescriptorPool::decode(crate::DESCRIPTORS).expect("the build wrote a valid descriptor set")
});

fn descriptor<M: prost::Name>() -> MessageDescriptor {
    POOL.get_message_by_name(&M::full_name()).expect("every generated message stands in the pool")
}

/// The message as proto3 JSON.
///
/// # Panics
/// Never for messages generated from this contract.
pub fn encode<M: Message + prost::Name>(message: &M) -> Value {
    let dynamic = DynamicMessage::decode(descriptor::<M>(), message.encode_to_vec().as_slice())
        .expect("a message decodes as itself");
    dynamic
        .serialize_with_options(serde_json::value::Serializer, &SerializeOptions::new())
        .expect("a message of this contract has a JSON form")
}

/// Reads a message from proto3 JSON; unknown fields are skipped, so that an older reader understands a newer teller.
///
/// # Errors
/// [`Malformed`] where the value does not fit.
pub fn decode<M: Message + prost::Name + Default>(value: &Value) -> Result<M, Malformed> {
    let options = prost_reflect::DeserializeOptions::new().deny_unknown_fields(false);
    let malformed = |problem: String| Malformed { message: M::full_name(), problem };
    let dynamic = DynamicMessage::deserialize_with_options(descriptor::<M>(), value, &options)
        .map_err(|problem| malformed(problem.to_string()))?;
    M::decode(dynamic.encode_to_vec().as_slice()).map_err(|problem| malformed(problem.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::user::v1::InviteAccepted;

    #[test]
    fn a_message_survives_json() {
        let told =
            InviteAccepted { invite_id: "i".into(), role: "client".into(), ..Default::default() };
        let value = encode(&told);
        assert_eq!(value, serde_json::json!({"inviteId": "i", "role": "client"}));
        assert_eq!(decode::<InviteAccepted>(&value), Ok(told));
    }

    #[test]
    fn unknown_fields_are_skipped_and_wrong_types_refused() {
        assert!(decode::<InviteAccepted>(&serde_json::json!({"new": 1})).is_ok());
        assert!(decode::<InviteAccepted>(&serde_json::json!({"inviteId": 1})).is_err());
    }
}
