//! Keys for some classes of operations, their roles, spreadsheets and limits; paths with and without `/api`.

use sandbox::{
    Config, Sandbox,
    legacy::{Class, Key, Limits, Op, Role},
};
use secrecy::ExposeSecret;
use serde_json::Value;

use crate::world::{CLIENT, PATIENCE};

const PATHS: [(&str, Class); 7] = [
    ("/admin/spreadsheets/register", Class::Admin),
    ("/admin/wb/tokens/list", Class::Admin),
    ("/admin/wb/tokens/add", Class::Admin),
    ("/actions", Class::Actions),
    ("/ss/wb/token/get", Class::Data),
    ("/ss/datasets/update", Class::Data),
    ("/ss/datasets/data", Class::Data),
];

async fn with(keys: Vec<Key>, limits: Option<Limits>) -> Sandbox {
    let legacy = sandbox::legacy::Config { keys, limits, ..sandbox::legacy::Config::calm() };
    let sandbox = sandbox::start(Config { legacy, ..Config::calm() }).await.unwrap();
    let all = sandbox.legacy.api_key().expose_secret();
    assert_eq!(post(&sandbox, "/admin/spreadsheets/register", all, "s1").await.0, 200);
    sandbox
}

fn key(text: &str, classes: &[Class], role: Role) -> Key {
    Key { key: text.into(), classes: classes.to_vec(), role, spreadsheets: None }
}

/// Status and message of a call that names this spreadsheet.
async fn post(sandbox: &Sandbox, path: &str, key: &str, id: &str) -> (u16, String) {
    let request = CLIENT.post(format!("{}{path}", sandbox.legacy.url())).header("X-Api-Key", key);
    let body = format!(r#"{{"ssId":"{id}","token":"x","dataset":{{"name":"sales"}}}}"#);
    let answer = request.body(body).timeout(PATIENCE).send().await.unwrap();
    let status = answer.status().as_u16();
    assert!(!answer.headers().contains_key("retry-after"));
    let told: Value = answer.json().await.unwrap();
    (status, told["message"].as_str().unwrap_or_default().to_owned())
}

#[tokio::test]
async fn a_key_opens_its_classes_with_and_without_the_prefix_and_no_others() {
    let classes = [Class::Admin, Class::Actions, Class::Data];
    let names = ["admin-key", "actions-key", "data-key"];
    let keys = names.iter().zip(classes).map(|(name, class)| key(name, &[class], Role::Operator));
    let sandbox = with(keys.collect(), None).await;
    for (path, class) in PATHS {
        for (name, own) in names.iter().zip(classes) {
            for path in [path.to_owned(), format!("/api{path}")] {
                let (status, message) = post(&sandbox, &path, name, "s1").await;
                if own == class {
                    assert!(![401, 403, 404].contains(&status), "{name} at {path}: {message}");
                } else {
                    assert_eq!((status, message.as_str()), (403, "forbidden"), "{name} at {path}");
                }
            }
        }
    }
    let last = sandbox.legacy.calls().last().unwrap().clone();
    assert_eq!((last.op, last.key.as_deref()), (Op::DatasetsData, Some("keys[2]")));
}

#[tokio::test]
async fn a_client_role_opens_data_alone_and_a_list_narrows_a_key() {
    let all = [Class::Admin, Class::Actions, Class::Data];
    let mut narrow = key("narrow", &all, Role::Owner);
    narrow.spreadsheets = Some(vec!["s1".into()]);
    let sandbox = with(vec![key("client", &all, Role::Client), narrow], None).await;
    assert_eq!(post(&sandbox, "/ss/datasets/update", "client", "s1").await.0, 200);
    for path in ["/admin/spreadsheets/register", "/actions"] {
        assert_eq!(post(&sandbox, path, "client", "s1").await, (403, "forbidden".into()));
    }
    assert_eq!(post(&sandbox, "/actions", "narrow", "s1").await.0, 200);
    assert_eq!(post(&sandbox, "/actions", "narrow", "s2").await, (403, "forbidden".into()));
    let unknown = post(&sandbox, "/actions", "other", "s1").await;
    assert_eq!(unknown, (401, "unauthorized".into()));
}

#[tokio::test]
async fn each_class_and_each_key_has_a_window_of_its_own() {
    let limits = Limits { admin: 3, actions: 2, data: 1 };
    let both = [Class::Admin, Class::Actions, Class::Data];
    let keys = vec![key("one", &both, Role::Admin), key("two", &both, Role::Admin)];
    let sandbox = with(keys, Some(limits)).await;
    for name in ["one", "two"] {
        for (path, served) in
            [("/admin/wb/tokens/list", 3), ("/actions", 2), ("/ss/datasets/update", 1)]
        {
            for _ in 0..served {
                assert_eq!(post(&sandbox, path, name, "s1").await.0, 200, "{name} at {path}");
            }
            let beyond = post(&sandbox, path, name, "s1").await;
            assert_eq!(beyond, (429, "rate limit exceeded".into()), "{name} at {path}");
        }
    }
}

#[test]
fn the_default_limits_are_those_of_the_real_backend() {
    let limits = Limits::default();
    assert_eq!((limits.admin, limits.actions, limits.data), (120, 240, 1200));
}

#[tokio::test]
async fn health_needs_no_key_and_metrics_an_admins() {
    let sandbox = with(vec![key("data-key", &[Class::Data], Role::Admin)], None).await;
    let get = async |path: &str, key: &str| {
        let request = CLIENT.get(format!("{}{path}", sandbox.legacy.url()));
        let answer = request.header("X-Api-Key", key).send().await.unwrap();
        (answer.status().as_u16(), answer.json::<Value>().await.unwrap())
    };
    for path in ["/health", "/api/health"] {
        let (status, told) = get(path, "").await;
        assert_eq!((status, told), (200, serde_json::json!({"success": true, "status": "ok"})));
    }
    let all = sandbox.legacy.api_key().expose_secret();
    for path in ["/admin/metrics", "/api/admin/metrics"] {
        assert_eq!(get(path, "").await.0, 401);
        assert_eq!(get(path, "data-key").await.0, 403);
        let (status, told) = get(path, all).await;
        assert_eq!((status, &told["result"]["spreadsheets"]), (200, &1.into()));
    }
}
