//! What this service does about the facts it hears.

use bus::Relay;
use kernel::Credential;
use uuid::Uuid;
use wire::{
    auth::v1::{
        CreateApiKeyRequest, IdentifyApiKeyRequest, RefreshTokensRequest,
        api_keys_client::ApiKeysClient, tokens_client::TokensClient,
    },
    call,
    user::v1::{InviteAccepted, MemberJoined, MembershipRemoved},
};

use crate::{
    house::{House, PASSWORD, ask, refusal},
    tokens::created,
};

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

#[tokio::test]
async fn whoever_is_removed_keeps_no_key_and_no_token_for_the_day_of_their_return() {
    let house = House::start().await;
    let (user_id, tenant) = (house.signed_up("ann@example.com").await, testkit::tenant());
    let session = house.sign_in("ann@example.com", PASSWORD).await.expect("signs in");
    let set = created(&house, &session, Some(tenant), Credential::Session).await;
    let set = set.expect("gives tokens");
    let who = (session.user_id.as_str(), session.session_id.as_str());
    let maker = house.vouched(who, Some(tenant), &["auth.api_keys.write"], Credential::Session);
    let mut keys = ApiKeysClient::new(house.mesh_of("gateway"));
    let wish = CreateApiKeyRequest { name: "Mine".into(), ..Default::default() };
    let made = keys.create_api_key(call(&maker, wish)).await.expect("makes").into_inner();
    let db = house.database.db("user");
    let mut tx = db.tenant(tenant, "remove").await.expect("opens");
    let fact = MembershipRemoved { user_id: user_id.to_string(), ..Default::default() };
    bus::emit(&mut tx, &testkit::cx(tenant), user_id.uuid(), &fact).await.expect("emits");
    tx.commit().await.expect("commits");
    let relay = Relay::new(db, house.app.nats.clone());
    house.host.spawn("user relay", async move |stop| Ok(relay.run(stop).await?));
    testkit::eventually("the key ends", async || {
        let asked = IdentifyApiKeyRequest { secret: made.secret.clone() };
        keys.clone().identify_api_key(ask(asked)).await.is_err()
    })
    .await;
    // The user service says that they belong here, as it would of somebody who is back.
    let asked = RefreshTokensRequest { refresh_token: set.refresh_token };
    let renewed = TokensClient::new(house.mesh_of("gateway")).refresh_tokens(ask(asked)).await;
    assert_eq!(refusal(renewed).1, "session_ended");
}

#[tokio::test]
async fn no_later_password_leans_on_the_name_of_a_workspace_that_a_person_came_into() {
    let house = House::start().await;
    let (first, second) = (testkit::tenant(), testkit::tenant());
    house.others.name(first, "Northwind Music");
    house.others.name(second, "Southwind Dance");
    let user_id = house.signed_up("ann@example.com").await;
    let db = house.database.db("user");
    let accepted = InviteAccepted { user_id: user_id.to_string(), ..Default::default() };
    let joined = MemberJoined { user_id: user_id.to_string(), ..Default::default() };
    let mut tx = db.tenant(first, "accept").await.expect("opens");
    bus::emit(&mut tx, &testkit::cx(first), Uuid::now_v7(), &accepted).await.expect("emits");
    tx.commit().await.expect("commits");
    let mut tx = db.tenant(second, "join").await.expect("opens");
    for _ in 0..2 {
        bus::emit(&mut tx, &testkit::cx(second), Uuid::now_v7(), &joined).await.expect("emits");
    }
    tx.commit().await.expect("commits");
    let relay = Relay::new(db, house.app.nats.clone());
    house.host.spawn("user relay", async move |stop| Ok(relay.run(stop).await?));
    let words = "select coalesce(string_agg(word, ', ' order by word), '') from place_words";
    testkit::eventually("both names are kept", async || {
        house.text(words).await == "Northwind Music, Southwind Dance"
    })
    .await;
}
