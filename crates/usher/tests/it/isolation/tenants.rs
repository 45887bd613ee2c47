//! Tenants that have lived through everything: something of theirs lies wherever something can lie.

use std::collections::{BTreeMap, BTreeSet};

use reqwest::Method;
use serde_json::{Value, json};
use testkit::{Actor, Platform, Tenant, eventually};

use crate::steps::{PASSWORD, accept, bring_in, invite, next_token_for, text, token_for};

/// A tenant, whoever runs it, and all that is its own.
pub(super) struct Full {
    pub(super) tenant: Tenant,
    pub(super) admin: Actor,
    /// Ids of things of the tenant, by the name of the field that names such a thing.
    pub(super) ids: BTreeMap<&'static str, String>,
    /// Ids, addresses and names that nobody else may read.
    pub(super) own: BTreeSet<String>,
}

/// The lists of a tenant: where they are, and what their items are called.
pub(super) const LISTS: [(&str, &str); 19] = [
    ("/v1/invites", "invites"),
    ("/v1/invite-batches", "batches"),
    ("/v1/join-links", "links"),
    ("/v1/join-requests", "requests"),
    ("/v1/members", "members"),
    ("/v1/communities", "communities"),
    ("/v1/teams", "teams"),
    ("/v1/service-accounts", "serviceAccounts"),
    ("/v1/custom-roles", "roles"),
    ("/v1/role-bindings", "bindings"),
    ("/v1/policy-overrides", "overrides"),
    ("/v1/onboarding/clients", "clients"),
    ("/v1/jobs", "jobs"),
    ("/v1/messages", "messages"),
    ("/v1/events", "events"),
    ("/v1/activity", "items"),
    ("/v1/domains", "domains"),
    ("/v1/api-keys", "apiKeys"),
    ("/v1/oauth-clients", "clients"),
];

/// Leads a new tenant through everything that leaves a trace.
pub(super) async fn full(platform: &Platform, name: &str) -> Full {
    let tenant = platform.tenant(name).await;
    let admin = tenant.admin().await;
    let of = |who: &str| format!("{who}@{}.test", tenant.slug);
    let client = bring_in(platform, &admin, &of("client")).await;

    let resent = invite(&admin, &of("resent"), "user").await;
    token_for(platform, &of("resent")).await;
    let again = format!("/v1/invites/{}/resend", text(&resent, "inviteId"));
    admin.post(&again, json!({})).await.json();
    let token = next_token_for(platform, &of("resent"), 1).await;
    accept(platform, &token).await.json();
    let open = invite(&admin, &of("open"), "user").await;

    let role = format!("{}-helpers", tenant.slug);
    let rights = give_rights(&admin, text(&client, "userId"), &role).await;

    let wish = json!({"name": format!("Robot of {name}")});
    let robot = admin.post("/v1/service-accounts", wish).await.json();
    let groups = make_groups(&admin, text(&client, "userId"), name).await;

    let wish = json!({
        "title": format!("Meeting of {name}"),
        "startsAt": "2030-01-01T10:00:00Z",
        "endsAt": "2030-01-01T11:00:00Z",
    });
    let keyed = admin.request(Method::POST, "/v1/events").header("idempotency-key", "once");
    let event = admin.send(keyed.json(&wish)).await.json();
    invite_many(&admin, &of("many")).await;
    open_ways_in(platform, &tenant, &admin).await;
    let wish = json!({"host": format!("{}.example", tenant.slug)});
    admin.post("/v1/domains", wish).await.json();
    admin.post("/v1/api-keys", json!({"name": format!("Key of {name}")})).await.json();
    admin.post("/v1/oauth-clients", json!({"name": format!("App of {name}")})).await.json();
    give_settings(&admin).await;
    let wish = json!({"password": admin.password()});
    let export = admin.post("/v1/me/exports", wish).await.json();
    platform.settled().await;

    let lists = lists(&admin).await;
    let first = |items: &str, id: &str| {
        let items = lists.iter().find(|(of, _)| *of == items).map(|(_, items)| items);
        text(&items.expect("a list")[0], id).to_owned()
    };
    let apps = admin.get("/v1/oauth-clients").await.json();
    let oauth_client = text(&apps["clients"][0], "clientId").to_owned();
    let ids = BTreeMap::from([
        ("tenant_id", tenant.id.to_string()),
        ("client_id", text(&client, "clientId").to_owned()),
        ("spreadsheet_id", text(&client, "spreadsheetId").to_owned()),
        ("user_id", text(&client, "userId").to_owned()),
        ("invite_id", text(&open, "inviteId").to_owned()),
        ("subject_id", groups.0.clone()),
        ("community_id", groups.0),
        ("team_id", groups.1),
        ("service_account_id", text(&robot, "serviceAccountId").to_owned()),
        ("batch_id", first("batches", "batchId")),
        ("join_link_id", first("links", "joinLinkId")),
        ("request_id", first("requests", "requestId")),
        ("event_id", text(&event, "eventId").to_owned()),
        ("role_id", role),
        ("binding_id", text(&rights.binding, "bindingId").to_owned()),
        ("scope_id", text(&rights.binding, "scopeId").to_owned()),
        ("override_id", text(&rights.denial, "overrideId").to_owned()),
        ("message_id", first("messages", "messageId")),
        ("job_id", first("jobs", "jobId")),
        ("export_id", text(&export, "exportId").to_owned()),
        ("domain_id", first("domains", "domainId")),
        ("api_key_id", first("apiKeys", "apiKeyId")),
        ("oauth_client_id", oauth_client),
    ]);
    let mut own = BTreeSet::from([tenant.id.to_string(), tenant.slug.clone()]);
    own.extend(ids.values().cloned());
    for (_, items) in &lists {
        collect(items, &mut own);
    }
    // The names of every admin and owner that a test makes.
    own.remove("The admin");
    own.remove("The owner");
    assert!(own.len() > 30, "a full tenant leaves more behind: {own:?}");
    Full { tenant, admin, ids, own }
}

/// Makes a community with a team, and has the person in both; their ids.
async fn make_groups(admin: &Actor, user_id: &str, name: &str) -> (String, String) {
    let made = |wish: Value, place: &'static str| async move {
        text(&admin.post(place, wish).await.json(), "groupId").to_owned()
    };
    let community = made(json!({"name": format!("Community of {name}")}), "/v1/communities").await;
    let wish = json!({"name": format!("Team of {name}"), "communityId": community});
    let team = made(wish, "/v1/teams").await;
    for place in [format!("/v1/communities/{community}"), format!("/v1/teams/{team}")] {
        admin.post(&format!("{place}/members"), json!({"userId": user_id})).await.json();
    }
    (community, team)
}

/// Has a list of one person worked off.
async fn invite_many(admin: &Actor, email: &str) {
    let wish = json!({"rows": [{"email": email, "name": format!("Name of {email}")}]});
    let batch = admin.post("/v1/invite-batches", wish).await.json();
    let path = format!("/v1/invite-batches/{}", text(&batch, "batchId"));
    eventually("the list is worked off", async || {
        admin.get(&path).await.json()["status"] == "done"
    })
    .await;
}

/// Makes a link that many may come in by, and has somebody of another tenant ask to join by the domain of their address.
async fn open_ways_in(platform: &Platform, tenant: &Tenant, admin: &Actor) {
    let wish = json!({"title": format!("Workshop of {}", tenant.slug), "mostUses": 3});
    admin.post("/v1/join-links", wish).await.json();
    // Somebody of a domain that no other tenant lets in.
    let domain = format!("guests-of-{}.test", tenant.slug);
    let email = format!("guest@{domain}");
    let guests = platform.tenant(&format!("Guests of {}", tenant.slug)).await;
    invite(&guests.admin().await, &email, "user").await;
    accept(platform, &token_for(platform, &email).await).await.json();
    let owner = tenant.member("owner").await;
    let put = owner.request(Method::PUT, &format!("/v1/join-domains/{domain}"));
    owner.send(put.json(&json!({"way": "ask"}))).await.json();
    let nobody = platform.anonymous();
    let sign_in = json!({"email": email, "password": PASSWORD});
    let session = nobody.post("/v1/sessions", sign_in).await.json();
    let join = format!("/v1/me/joinable/{}/join", tenant.id);
    let asking = nobody.request(Method::POST, &join).bearer_auth(text(&session, "token"));
    nobody.send(asking.json(&json!({"message": "Let me in."}))).await.json();
}

/// Sets what a tenant may decide, as it is.
async fn give_settings(admin: &Actor) {
    for (path, wish) in [
        ("/v1/settings", json!({"dayBorder": "04:00"})),
        ("/v1/branding", json!({"primaryColor": "#204060"})),
    ] {
        admin.send(admin.request(Method::PUT, path).json(&wish)).await.json();
    }
}

/// What a person was given and denied.
struct Rights {
    binding: Value,
    denial: Value,
}

/// Makes a role of the tenant's own, binds it in a team, and denies the person something.
async fn give_rights(admin: &Actor, user_id: &str, role: &str) -> Rights {
    let wish = json!({"title": "Helpers", "permissions": ["events.event.read"]});
    let put = admin.request(Method::PUT, &format!("/v1/custom-roles/{role}"));
    admin.send(put.json(&wish)).await.json();
    let wish = json!({
        "userId": user_id,
        "role": role,
        "scopeType": "team",
        "scopeId": uuid::Uuid::now_v7().to_string(),
    });
    let binding = admin.post("/v1/role-bindings", wish).await.json();
    let wish = json!({
        "userId": user_id,
        "effect": "deny",
        "permission": "events.event.create",
        "reason": "an inquiry",
    });
    let denial = admin.post("/v1/policy-overrides", wish).await.json();
    Rights { binding, denial }
}

/// Everything that the lists show to the tenant's own admin.
pub(super) async fn lists(admin: &Actor) -> Vec<(&'static str, Value)> {
    let mut all = Vec::new();
    for (path, items) in LISTS {
        let page = admin.get(&format!("{path}?pageSize=250")).await.json();
        let shown = page[items].clone();
        assert!(shown.as_array().is_some_and(|items| !items.is_empty()), "{path} is empty: {page}");
        all.push((items, shown));
    }
    all
}

/// Gathers every text that names something: ids, addresses, names, titles.
fn collect(value: &Value, own: &mut BTreeSet<String>) {
    match value {
        Value::Array(items) => items.iter().for_each(|item| collect(item, own)),
        Value::Object(fields) => {
            for (name, value) in fields {
                let names = name.ends_with("Id")
                    || ["email", "name", "title", "recipient", "source", "createdBy"]
                        .contains(&name.as_str());
                match value {
                    // Steps and roles have names too, which belong to nobody.
                    Value::String(text) if names && (text.contains(['-', '@', ' '])) => {
                        own.insert(text.clone());
                    }
                    other => collect(other, own),
                }
            }
        }
        _ => {}
    }
}
