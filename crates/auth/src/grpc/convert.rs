//! Domain values as wire messages.

use wire::{auth::v1 as proto, timestamp};

use crate::domain::{Session, Token};

/// The session with its token, which is shown here and never again.
pub(super) fn opened((session, token): &(Session, Token)) -> proto::Session {
    proto::Session {
        session_id: session.session_id.to_string(),
        user_id: session.user_id.to_string(),
        token: token.expose().into(),
        expires_at: Some(timestamp(session.expires_at)),
    }
}

impl From<&Session> for proto::Identity {
    fn from(session: &Session) -> Self {
        Self {
            user_id: session.user_id.to_string(),
            session_id: session.session_id.to_string(),
            expires_at: Some(timestamp(session.expires_at)),
        }
    }
}
