//! What is shown: lists, the funnel, the jobs; and to whom.

use kernel::Code;
use sandbox::legacy::{Fault, Op};
use wire::provisioning::v1::{
    GetClientStatusRequest, GetFunnelRequest, ListClientsRequest, ListJobsRequest,
    RetryClientRequest,
};

use crate::world::{World, answer, request};

#[tokio::test]
async fn the_funnel_the_clients_and_the_jobs_tell_the_same_story() {
    let world = World::new().await;
    let fault = Fault::Refused { status: 400, message: "no".into() };
    world.sandbox.legacy.push_fault_for("sheet_bad", Op::Register, fault);
    let good = world.begin(request("good")).await;
    let bad = world.begin(request("bad")).await;
    let waiting = world.onboard(request("waiting")).await.expect("onboards");
    world.until(&good.client_id, "active").await;
    world.until(&bad.client_id, "failed").await;
    let cx = world.operator(world.tenant);

    let funnel = wire::call(&cx, GetFunnelRequest::default());
    let funnel = answer(world.funnels().get_funnel(funnel).await).expect("counts");
    assert_eq!(funnel.stages.len(), 9);
    for (stage, count) in [("active", 1), ("failed", 1), ("invited", 1), ("validated", 0)] {
        assert_eq!(funnel.stages[stage], count, "{stage}");
    }
    assert!(funnel.time_to_active_p50_seconds > 0.0);
    assert!(funnel.time_to_active_p95_seconds >= funnel.time_to_active_p50_seconds);

    let page = |stage: &str, page_token: &str| ListClientsRequest {
        stage: stage.into(),
        page_size: 2,
        page_token: page_token.into(),
    };
    let list =
        async |request| answer(world.onboarding().list_clients(wire::call(&cx, request)).await);
    let first = list(page("", "")).await.expect("lists");
    assert_eq!(ids(&first.clients), [&good.client_id, &bad.client_id]);
    let second = list(page("", &first.next_page_token)).await.expect("lists");
    assert_eq!(ids(&second.clients), [&waiting.client_id]);
    assert!(second.next_page_token.is_empty());
    let failed = list(page("failed", "")).await.expect("lists");
    assert_eq!(ids(&failed.clients), [&bad.client_id]);
    assert_eq!(list(page("unheard_of", "")).await.expect_err("refused").code, Code::Invalid);

    let jobs = async |state: &str| {
        let request = ListJobsRequest { state: state.into(), ..ListJobsRequest::default() };
        let listed = answer(world.jobs().list_jobs(wire::call(&cx, request)).await);
        listed.expect("lists").jobs
    };
    assert_eq!(jobs("").await.len(), 2);
    let failed = jobs("failed").await;
    assert_eq!((failed.len(), failed[0].workflow.as_str()), (1, "provision_client"));
    assert_eq!(failed[0].steps[0].reason, "legacy_rejected");
    world.end().await;
}

#[tokio::test]
async fn another_tenants_client_is_a_missing_one() {
    let world = World::new().await;
    let client = world.onboard(request("ann")).await.expect("onboards");
    let stranger = world.operator(uuid::Uuid::now_v7().into());
    let client_id = client.client_id;
    let status = GetClientStatusRequest { client_id: client_id.clone() };
    let status = world.onboarding().get_client_status(wire::call(&stranger, status)).await;
    let retry = RetryClientRequest { client_id, ..RetryClientRequest::default() };
    let retry = world.onboarding().retry_client(wire::call(&stranger, retry)).await;
    for refusal in [answer(status).expect_err("unseen"), answer(retry).expect_err("unseen")] {
        assert_eq!((refusal.code, refusal.reason.as_str()), (Code::NotFound, "client_not_found"));
    }
    let list = wire::call(&stranger, ListClientsRequest::default());
    let list = answer(world.onboarding().list_clients(list).await).expect("lists");
    assert!(list.clients.is_empty());
    world.end().await;
}

fn ids(clients: &[wire::provisioning::v1::Client]) -> Vec<&String> {
    clients.iter().map(|client| &client.client_id).collect()
}
