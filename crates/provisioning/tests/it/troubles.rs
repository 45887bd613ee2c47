//! The operators' queue.

use kernel::{Code, Cx};
use sandbox::legacy::{Fault, Op};
use wire::{
    Refusal,
    provisioning::v1::{
        ClaimTroubleRequest, ListTroublesRequest, NoteTroubleRequest, ReleaseTroubleRequest,
        ResolveTroubleRequest, Trouble,
    },
};

use crate::world::{World, answer, request};

/// The open troubles of the test's tenant.
pub(crate) async fn open(world: &World) -> Vec<Trouble> {
    list(world, &world.operator(world.tenant), "open").await
}

async fn list(world: &World, cx: &Cx, state: &str) -> Vec<Trouble> {
    let request = ListTroublesRequest { state: state.into(), ..ListTroublesRequest::default() };
    let listed = answer(world.troubles().list_troubles(wire::call(cx, request)).await);
    listed.expect("lists").troubles
}

async fn claim(world: &World, cx: &Cx, client_id: &str) -> Result<Trouble, Refusal> {
    let request = ClaimTroubleRequest { client_id: client_id.into() };
    answer(world.troubles().claim_trouble(wire::call(cx, request)).await)
}

/// A client that failed at its first step.
async fn failed(world: &World, name: &str) -> String {
    let fault = Fault::Refused { status: 401, message: "no".into() };
    world.sandbox.legacy.push_fault_for(&format!("sheet_{name}"), Op::Register, fault);
    let client = world.begin(request(name)).await;
    world.until(&client.client_id, "failed").await;
    client.client_id
}

#[tokio::test]
async fn a_failed_client_stands_in_the_queue_with_what_to_do_until_it_is_active() {
    let world = World::new().await;
    let id = failed(&world, "ann").await;
    let queue = open(&world).await;
    let [trouble] = queue.as_slice() else { panic!("one trouble, not {queue:?}") };
    assert_eq!(
        (trouble.client_id.as_str(), trouble.email.as_str()),
        (id.as_str(), "ann@example.com")
    );
    assert_eq!((trouble.kind.as_str(), trouble.stage.as_str()), ("failed", "failed"));
    assert_eq!(trouble.reason, "legacy_key_refused");
    assert_eq!(trouble.action, "raise_backend_key");
    assert!(trouble.advice.contains("USHER_LEGACY_API_KEY") && !trouble.message.is_empty());
    world.retry(&id).await.expect("tries again");
    world.until(&id, "active").await;
    assert!(open(&world).await.is_empty());
    let over = list(&world, &world.operator(world.tenant), "resolved").await;
    assert_eq!(over[0].resolved_by, "service:provisioning");
    world.end().await;
}

#[tokio::test]
async fn one_operator_works_on_a_trouble_at_a_time() {
    let world = World::new().await;
    let id = failed(&world, "ann").await;
    let (ann, bob) = (world.operator(world.tenant), world.operator(world.tenant));
    let taken = claim(&world, &ann, &id).await.expect("free");
    assert!(taken.worked_by.starts_with("user:"));
    assert_eq!(claim(&world, &ann, &id).await.expect("is hers"), taken);
    let refusal = claim(&world, &bob, &id).await.expect_err("is hers");
    assert_eq!((refusal.code, refusal.reason.as_str()), (Code::Conflict, "trouble_claimed"));
    let release = ReleaseTroubleRequest { client_id: id.clone() };
    let freed = world.troubles().release_trouble(wire::call(&bob, release)).await;
    assert!(answer(freed).expect("frees").worked_by.is_empty());
    assert_ne!(claim(&world, &bob, &id).await.expect("free").worked_by, taken.worked_by);
    world.end().await;
}

#[tokio::test]
async fn of_many_who_claim_at_once_one_has_it() {
    let world = World::new().await;
    let id = failed(&world, "ann").await;
    let operators: Vec<_> = (0..8).map(|_| world.operator(world.tenant)).collect();
    let claims = operators.iter().map(|cx| claim(&world, cx, &id));
    let claims = futures::future::join_all(claims).await;
    assert_eq!(claims.iter().filter(|claimed| claimed.is_ok()).count(), 1);
    world.end().await;
}

#[tokio::test]
async fn notes_are_kept_and_a_resolved_trouble_is_over() {
    let world = World::new().await;
    let id = failed(&world, "ann").await;
    let cx = world.operator(world.tenant);
    let note = |note: &str| NoteTroubleRequest { client_id: id.clone(), note: note.into() };
    let noted = world.troubles().note_trouble(wire::call(&cx, note("called them"))).await;
    assert_eq!(answer(noted).expect("notes").note, "called them");
    let long = note(&"x".repeat(2001));
    let refusal = answer(world.troubles().note_trouble(wire::call(&cx, long)).await);
    assert_eq!(refusal.expect_err("too long").fields[0].field, "note");
    let resolve = || ResolveTroubleRequest { client_id: id.clone(), note: String::new() };
    let resolved = world.troubles().resolve_trouble(wire::call(&cx, resolve())).await;
    let resolved = answer(resolved).expect("resolves");
    assert_eq!(resolved.note, "called them");
    assert!(resolved.resolved_at.is_some() && resolved.resolved_by.starts_with("user:"));
    assert!(open(&world).await.is_empty());
    let again = answer(world.troubles().resolve_trouble(wire::call(&cx, resolve())).await);
    assert_eq!(again.expect_err("over").reason, "trouble_not_found");
    let status = world.status(&id).await.expect("a client");
    assert_eq!(status.client.expect("a client").stage, "failed", "the stage is not touched");
    world.end().await;
}

#[tokio::test]
async fn the_queue_is_the_tenants_own_and_comes_in_pages() {
    let world = World::new().await;
    let ids =
        [failed(&world, "ann").await, failed(&world, "bob").await, failed(&world, "eve").await];
    let stranger = world.operator(uuid::Uuid::now_v7().into());
    assert!(list(&world, &stranger, "").await.is_empty());
    assert_eq!(claim(&world, &stranger, &ids[0]).await.expect_err("unseen").code, Code::NotFound);
    let cx = world.operator(world.tenant);
    let (mut seen, mut page_token) = (Vec::new(), String::new());
    loop {
        let request = ListTroublesRequest {
            kind: "failed".into(),
            page_size: 2,
            page_token,
            ..ListTroublesRequest::default()
        };
        let page = answer(world.troubles().list_troubles(wire::call(&cx, request)).await);
        let page = page.expect("lists");
        seen.extend(page.troubles.into_iter().map(|trouble| trouble.client_id));
        page_token = page.next_page_token;
        if page_token.is_empty() {
            break;
        }
    }
    assert_eq!(seen, ids);
    for (state, kind, token, field) in
        [("closed", "", "", "state"), ("", "late", "", "kind"), ("", "", "next", "page_token")]
    {
        let request = ListTroublesRequest {
            state: state.into(),
            kind: kind.into(),
            page_token: token.into(),
            page_size: 0,
        };
        let refused = answer(world.troubles().list_troubles(wire::call(&cx, request)).await);
        assert_eq!(refused.expect_err("refused").fields[0].field, field);
    }
    world.end().await;
}
