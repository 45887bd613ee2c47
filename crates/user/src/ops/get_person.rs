//! Shows a person over all tenants.

use kernel::UserId;

use crate::{App, Error, Result, domain::KnownPerson, store};

/// The person of this id.
pub(crate) async fn get_person(app: &App, user_id: UserId) -> Result<KnownPerson> {
    let mut tx = app.db.platform("get_person", "the platform's staff sees a person whole").await?;
    let person = store::known_person(&mut tx, user_id).await?;
    tx.commit().await?;
    person.ok_or(Error::PersonNotFound)
}
