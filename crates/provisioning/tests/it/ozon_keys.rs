//! The keys of people's cabinets at Ozon: kept sealed, shown masked, destroyed.

use wire::{
    Refusal,
    provisioning::v1::{DeleteOzonKeyRequest, ListOzonKeysRequest, OzonKey, PutOzonKeyRequest},
};

use crate::world::{World, answer, request};

const ANN: &str = "ann@example.com";
const KEY: &str = "5f0e1d2c-1111-2222-3333-444455556666";

fn wish(seller_client_id: i64) -> PutOzonKeyRequest {
    PutOzonKeyRequest {
        user_id: ANN.into(),
        seller_client_id,
        seller_api_key: KEY.into(),
        name: "Main cabinet".into(),
        ..Default::default()
    }
}

async fn put(world: &World, wish: PutOzonKeyRequest) -> Result<OzonKey, Refusal> {
    let wish = wire::call(&world.operator(world.tenant), wish);
    answer(world.ozon_keys().put_ozon_key(wish).await)
}

async fn list(world: &World) -> Vec<OzonKey> {
    let wish = ListOzonKeysRequest { user_id: ANN.into() };
    let wish = wire::call(&world.operator(world.tenant), wish);
    let found = world.ozon_keys().list_ozon_keys(wish).await;
    answer(found).expect("lists").keys
}

async fn delete(world: &World, seller_client_id: i64) -> Result<OzonKey, Refusal> {
    let wish = DeleteOzonKeyRequest {
        user_id: ANN.into(),
        seller_client_id: seller_client_id.to_string(),
    };
    let wish = wire::call(&world.operator(world.tenant), wish);
    answer(world.ozon_keys().delete_ozon_key(wish).await)
}

#[tokio::test]
async fn a_key_is_kept_sealed_shown_masked_replaced_and_destroyed() {
    let world = World::new().await;
    world.onboard(request("ann")).await.expect("onboards");
    let kept = put(&world, wish(7)).await.expect("keeps");
    assert_eq!(
        (kept.seller_client_id, kept.hint.as_str(), kept.name.as_str()),
        (7, "***556666", "Main cabinet")
    );
    let full = PutOzonKeyRequest {
        performance_client_id: "account@advertising.performance.ozon.ru".into(),
        performance_client_secret: "a-secret-of-the-account-0042".into(),
        name: String::new(),
        ..wish(7)
    };
    let replaced = put(&world, full).await.expect("replaces");
    assert_eq!(replaced.performance_hint, "***t-0042");
    put(&world, wish(3)).await.expect("another seller's");
    let sellers: Vec<_> = list(&world).await.iter().map(|key| key.seller_client_id).collect();
    assert_eq!(sellers, [3, 7], "one a seller");

    assert_eq!(delete(&world, 7).await.expect("destroys"), replaced);
    assert_eq!(delete(&world, 7).await.expect_err("gone").reason, "ozon_key_not_found");
    assert_eq!(list(&world).await.len(), 1);
    world.end().await;
}

#[tokio::test]
async fn of_many_that_keep_a_sellers_first_key_at_once_all_succeed_and_one_row_stands() {
    let world = World::new().await;
    world.onboard(request("ann")).await.expect("onboards");
    let all = futures::future::join_all((0..8).map(|_| put(&world, wish(7)))).await;
    assert!(all.iter().all(Result::is_ok), "{all:?}");
    assert_eq!(list(&world).await.len(), 1);
    world.end().await;
}

#[tokio::test]
async fn what_is_no_key_is_refused_by_its_field() {
    let world = World::new().await;
    world.onboard(request("ann")).await.expect("onboards");
    let secret = || "a-secret-of-the-account".to_owned();
    for (bad, field) in [
        (wish(0), "sellerClientId"),
        (wish(-7), "sellerClientId"),
        (PutOzonKeyRequest { seller_api_key: String::new(), ..wish(7) }, "sellerApiKey"),
        (PutOzonKeyRequest { seller_api_key: "two words here".into(), ..wish(7) }, "sellerApiKey"),
        (PutOzonKeyRequest { seller_api_key: "k".repeat(501), ..wish(7) }, "sellerApiKey"),
        (PutOzonKeyRequest { name: "n".repeat(121), ..wish(7) }, "name"),
        (
            PutOzonKeyRequest { performance_client_id: "account".into(), ..wish(7) },
            "performanceClientSecret",
        ),
        (
            PutOzonKeyRequest { performance_client_secret: secret(), ..wish(7) },
            "performanceClientId",
        ),
    ] {
        let refused = put(&world, bad).await.expect_err(field);
        assert_eq!(refused.fields.first().map(|one| one.field.as_str()), Some(field));
        assert!(!format!("{refused:?}").contains(&secret()), "no refusal repeats a secret");
    }
    let nobody = PutOzonKeyRequest { user_id: "nobody@example.com".into(), ..wish(7) };
    assert_eq!(put(&world, nobody).await.expect_err("nobody").reason, "person_not_found");
    assert!(list(&world).await.is_empty());
    world.end().await;
}
