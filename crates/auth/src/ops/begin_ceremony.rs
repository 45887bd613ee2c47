//! Gives out a challenge and keeps what its answer is checked against; what all ceremonies have in common.

use aws_lc_rs::rand;
use sqlx::PgConnection;

use crate::{
    App, Error, Result,
    domain::{CEREMONY, Ceremony, Key},
    relying::Asked,
    store,
};
use kernel::Timestamp;

/// What the asking page is told.
#[derive(Debug)]
pub(crate) struct Begun {
    pub(crate) token: Key,
    pub(crate) options: String,
    pub(crate) expires_at: Timestamp,
}

/// Keeps a challenge for `of`, whose state and end are set here.
pub(super) async fn begin_ceremony(
    tx: &mut PgConnection,
    app: &App,
    asked: Asked,
    of: Ceremony,
) -> Result<Begun> {
    let mut random = [0; 32];
    rand::fill(&mut random).map_err(|_| Error::Hashing("the system gives no randomness".into()))?;
    let (token, expires_at) = (Key::of(&random), app.clock.now().after(CEREMONY));
    let Asked { options, state } = asked;
    store::insert_ceremony(tx, &token, &Ceremony { state, expires_at, ..of }).await?;
    Ok(Begun { token, options, expires_at })
}
