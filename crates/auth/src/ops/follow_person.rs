//! Follows what the user service says of a person.

use kernel::{Cx, SessionId, TenantId};

use super::tell_apps::{Ending, tell_apps};
use crate::{App, Result, domain::Person, store};

/// What is said, and which session goes on although the address is another one.
#[derive(Debug)]
pub(crate) struct FollowPerson {
    pub(crate) person: Person,
    pub(crate) kept: Option<SessionId>,
}

/// Makes the address the one that signs the person in, and ends sessions and letters where it is another one or where nobody may
/// sign in. What is older than what is known changes nothing.
pub(crate) async fn follow_person(app: &App, cx: &Cx, said: FollowPerson) -> Result<()> {
    let FollowPerson { person, kept } = said;
    let user_id = person.user_id;
    let mut tx = app.db.tenant(TenantId::PLATFORM, "follow_person").await?;
    store::lock_person(&mut tx, user_id).await?;
    if !store::upsert_person(&mut tx, &person).await? {
        return Ok(());
    }
    let has_moved = store::update_email(&mut tx, user_id, &person.email).await?;
    let kept = kept.filter(|_| !person.is_closed());
    if has_moved || person.is_closed() {
        store::close_letters(&mut tx, user_id, app.clock.now()).await?;
        store::delete_ceremonies_of(&mut tx, user_id).await?;
        tell_apps(&mut tx, app, cx, user_id, Ending::All(kept)).await?;
        store::end_sessions(&mut tx, user_id, kept, app.clock.now()).await?;
    }
    bus::audit(&mut tx, cx, "person.follow", &format!("user:{user_id}")).await?;
    tx.commit().await?;
    Ok(())
}
