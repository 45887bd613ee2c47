//! What this service does about the facts it hears.

use bus::Relay;
use uuid::Uuid;
use wire::user::v1::InviteAccepted;

use crate::house::{House, PASSWORD};

#[tokio::test]
async fn an_accepted_invitation_activates_the_password_chosen_with_it() {
    let house = House::start().await;
    let (user_id, tenant) = (testkit::user(), testkit::tenant());
    let staged = house.stage(user_id, "ann@example.com", PASSWORD).await;
    let db = house.database.db("user");
    let cx = testkit::cx(tenant);
    for credential_id in [String::new(), staged] {
        let mut tx = db.tenant(tenant, "accept").await.expect("opens");
        let fact = InviteAccepted {
            invite_id: Uuid::now_v7().to_string(),
            user_id: user_id.to_string(),
            email: "ann@example.com".into(),
            credential_id,
            ..Default::default()
        };
        bus::emit(&mut tx, &cx, Uuid::now_v7(), &fact).await.expect("emits");
        tx.commit().await.expect("commits");
    }
    let relay = Relay::new(db, house.app.nats.clone());
    house.host.spawn("user relay", async move |stop| Ok(relay.run(stop).await?));
    testkit::eventually("the password becomes good", async || {
        house.verify(user_id, PASSWORD).await.is_ok()
    })
    .await;
}
