//! Domain values as wire messages.

use kernel::{SessionId, TenantId};
use wire::{auth::v1 as proto, timestamp};

use crate::domain::{Session, Token};

/// The session with its token, which is shown here and never again.
pub(super) fn opened((session, token): &(Session, Token)) -> proto::Session {
    proto::Session {
        session_id: session.session_id.to_string(),
        user_id: session.user_id.to_string(),
        token: token.expose().into(),
        expires_at: Some(timestamp(session.expires_at)),
        second_factor_required: session.pending,
    }
}

/// A live session as its person sees it from the session `current`.
pub(super) fn listed(session: &Session, current: SessionId) -> proto::OpenSession {
    proto::OpenSession {
        session_id: session.session_id.to_string(),
        device: session.device.clone(),
        address: session.address.clone(),
        method: session.method.to_string(),
        current: session.session_id == current,
        created_at: Some(timestamp(session.created_at)),
        last_used_at: Some(timestamp(session.last_used_at)),
        expires_at: Some(timestamp(session.expires_at)),
    }
}

/// Who stands behind a token, and in which tenant alone, if in one.
pub(super) fn known((session, only): &(Session, Option<TenantId>)) -> proto::Identity {
    proto::Identity {
        user_id: session.user_id.to_string(),
        session_id: session.session_id.to_string(),
        expires_at: Some(timestamp(session.expires_at)),
        tenant_id: only.map(|tenant| tenant.to_string()).unwrap_or_default(),
    }
}
