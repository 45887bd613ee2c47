//! Domain values as wire messages.

use bus::Envelope;
use wire::{activity::v1 as proto, timestamp};

use super::structure::structure;
use crate::domain::Item;

impl From<&Item> for proto::Item {
    fn from(item: &Item) -> Self {
        Self {
            activity_id: item.activity_id.to_string(),
            kind: item.kind.clone(),
            text: item.text.clone(),
            source: item.source.to_string(),
            occurred_at: Some(timestamp(item.occurred_at)),
        }
    }
}

/// The event of the bus in the words of the contract; both types are strangers here, hence no `From`.
pub(super) fn fact(fact: &Envelope) -> proto::Fact {
    proto::Fact {
        specversion: fact.specversion.clone(),
        id: fact.id.to_string(),
        source: fact.source.clone(),
        r#type: fact.kind.clone(),
        subject: fact.aggregate.to_string(),
        time: fact.time.to_string(),
        datacontenttype: fact.datacontenttype.clone(),
        tenantid: fact.tenantid.to_string(),
        sequence: fact.sequence.to_string(),
        traceparent: fact.traceparent.clone().unwrap_or_default(),
        data: structure(&fact.data),
    }
}
