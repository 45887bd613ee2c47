//! A master key that is elsewhere: a stand-in of a key management service, well and ill.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
};

use axum::{
    Json, Router,
    extract::{Path, State},
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
    routing::post,
};
use kernel::{Code, Failure};
use secrecy::ExposeSecret;
use serde_json::{Value, json};
use vault::{DataKey, Error, Kms, KmsError, MasterKey, Transit, Vault};

use crate::database::{Database, master, tenant, vault};

const TOKEN: &str = "canary-kms-token";

/// How the stand-in behaves, by number, so that a test can change it while it runs.
const WELL: u32 = 0;
const SILENT: u32 = 1;
const ENDLESS: u32 = 2;
const ELSEWHERE: u32 = 3;
const GARBAGE: u32 = 4;
const ILL: u32 = 5;

struct StandIn {
    key: MasterKey,
    mood: AtomicU32,
    asked: AtomicU32,
}

/// A transit engine that wraps with a local key.
async fn stand_in() -> (Arc<StandIn>, SocketAddr) {
    let own = Arc::new(StandIn { key: master(), mood: 0.into(), asked: 0.into() });
    let router =
        Router::new().route("/v1/transit/{verb}/{key}", post(answer)).with_state(Arc::clone(&own));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("bound");
    tokio::spawn(async move { axum::serve(listener, router).await });
    (own, address)
}

async fn answer(
    State(own): State<Arc<StandIn>>,
    Path((verb, key)): Path<(String, String)>,
    headers: HeaderMap,
    Json(body): Json<Value>,
) -> Response {
    own.asked.fetch_add(1, Ordering::Relaxed);
    match own.mood.load(Ordering::Relaxed) {
        SILENT => std::future::pending().await,
        ENDLESS => {
            let chunk = || Some((Ok::<_, std::io::Error>("x".repeat(1024)), ()));
            let body = futures::stream::unfold((), move |()| std::future::ready(chunk()));
            return axum::body::Body::from_stream(body).into_response();
        }
        ELSEWHERE => {
            return (StatusCode::FOUND, [("location", "http://169.254.169.254/")]).into_response();
        }
        GARBAGE => return "<html>not JSON</html>".into_response(),
        ILL => return StatusCode::SERVICE_UNAVAILABLE.into_response(),
        _ => {}
    }
    if headers.get("x-vault-token").is_none_or(|token| token != TOKEN) || key != "usher" {
        return StatusCode::FORBIDDEN.into_response();
    }
    let text = |field: &str| body[field].as_str().expect("a text").to_owned();
    let context = text("associated_data").into_bytes();
    let data = match verb.as_str() {
        "encrypt" => {
            let plain = decode(&text("plaintext"));
            let key = DataKey::from_slice(&plain).expect("32 bytes");
            let wrapped = own.key.wrap(&context, &key).await.expect("wraps");
            json!({"ciphertext": format!("vault:v1:{}", encode(&wrapped))})
        }
        _ => {
            let text = text("ciphertext");
            let wrapped = decode(text.strip_prefix("vault:v1:").expect("its own format"));
            match own.key.unwrap(&context, &wrapped).await {
                Ok(key) => json!({"plaintext": encode(key.expose())}),
                Err(_) => return StatusCode::BAD_REQUEST.into_response(),
            }
        }
    };
    Json(json!({"data": data})).into_response()
}

fn encode(bytes: &[u8]) -> String {
    use base64::{Engine, engine::general_purpose::STANDARD};
    STANDARD.encode(bytes)
}

fn decode(text: &str) -> Vec<u8> {
    use base64::{Engine, engine::general_purpose::STANDARD};
    STANDARD.decode(text).expect("base64")
}

fn transit(address: SocketAddr, token: &str) -> Transit {
    Transit::new(&format!("http://{address}/v1/transit/"), "usher", token.into()).expect("a client")
}

/// A vault in front of the stand-in, as a process has it after its start.
fn remote(local: &MasterKey, address: SocketAddr) -> Vault {
    vault(local, &[]).with_kms(Arc::new(transit(address, TOKEN)))
}

#[tokio::test]
async fn data_keys_move_to_a_key_management_service_and_no_secret_is_sealed_anew() {
    let (store, local, tenant) = (Database::new().await, master(), tenant());
    let (own, address) = stand_in().await;
    let shelf = store.keep(&vault(&local, &[]), tenant, "before").await;
    let moved = remote(&local, address);
    let done = moved.rotate_master(&store.db, |_| {}).await.expect("re-wraps");
    assert_eq!(done.data_keys, 1);
    assert_eq!(moved.status(&store.db).await.expect("counts").masters[0].id, "transit:usher");
    for vault in [&moved, &remote(&master(), address)] {
        let opened = store.look(vault, tenant, shelf).await.expect("opens");
        assert_eq!(opened.expose_secret(), "before");
    }
    let asked = own.asked.load(Ordering::Relaxed);
    store.look(&moved, tenant, shelf).await.expect("opens");
    assert_eq!(own.asked.load(Ordering::Relaxed), asked, "an unwrapped key is remembered");
    let without = store.look(&vault(&local, &[]), tenant, shelf).await.expect_err("it moved");
    assert!(matches!(&without, Error::MissingMaster(id) if id == "transit:usher"));
}

#[tokio::test]
async fn a_prepared_tenant_seals_without_asking_the_service() {
    let (store, tenant) = (Database::new().await, tenant());
    let (own, address) = stand_in().await;
    let vault = remote(&master(), address);
    vault.prepare(&store.db, tenant).await.expect("prepares");
    let asked = own.asked.load(Ordering::Relaxed);
    own.mood.store(ILL, Ordering::Relaxed);
    let shelf = store.keep(&vault, tenant, "kept").await;
    store.look(&vault, tenant, shelf).await.expect("opens");
    vault.prepare(&store.db, tenant).await.expect("nothing is left to do");
    assert_eq!(own.asked.load(Ordering::Relaxed), asked);
}

#[tokio::test]
async fn an_ill_service_is_a_passing_failure_and_tells_no_secret() {
    let (store, local, tenant) = (Database::new().await, master(), tenant());
    let (own, address) = stand_in().await;
    let shelf = store.keep(&remote(&local, address), tenant, "kept").await;
    for (mood, wanted) in [
        (SILENT, Code::Unavailable),
        (ILL, Code::Unavailable),
        (ELSEWHERE, Code::Unavailable),
        (ENDLESS, Code::Internal),
        (GARBAGE, Code::Internal),
    ] {
        own.mood.store(mood, Ordering::Relaxed);
        let cold = remote(&local, address);
        let failed = store.look(&cold, tenant, shelf).await.expect_err("ill");
        assert_eq!(failed.code(), wanted, "mood {mood}: {failed}");
        let printed = format!("{failed} {failed:?} {cold:?}");
        assert!(!printed.contains("canary") && !printed.contains("kept"), "{printed}");
    }
    own.mood.store(WELL, Ordering::Relaxed);
    store.look(&remote(&local, address), tenant, shelf).await.expect("well again");
}

#[tokio::test]
async fn a_wrong_token_is_denied_and_a_wrong_context_refused() {
    let (_own, address) = stand_in().await;
    let key = DataKey::from_slice(&[7; 32]).expect("32 bytes");
    let denied = transit(address, "wrong").wrap(b"here", &key).await.expect_err("denied");
    assert_eq!(denied, KmsError::Denied);
    let transit = transit(address, TOKEN);
    let wrapped = transit.wrap(b"here", &key).await.expect("wraps");
    assert_eq!(transit.unwrap(b"here", &wrapped).await.expect("unwraps").expose(), key.expose());
    let refused = transit.unwrap(b"there", &wrapped).await.expect_err("another context");
    assert_eq!(refused, KmsError::Refused);
    assert_eq!(format!("{transit:?} {key:?}"), r#"Transit("usher") DataKey(***)"#);
}
