//! Binding a spreadsheet to a client or a member.

use kernel::Code;
use sandbox::legacy::{Fault, Op};
use uuid::Uuid;
use wire::{
    Refusal,
    provisioning::v1::{ClientStatus, ProvisionWorkspaceRequest},
};

use crate::{
    add_wb_token::{add, token},
    world::{World, answer, request, wb_token},
};

pub(crate) async fn provision(
    world: &World,
    request: ProvisionWorkspaceRequest,
) -> Result<ClientStatus, Refusal> {
    let request = wire::call(&world.operator(world.tenant), request);
    answer(world.workspaces().provision_workspace(request).await)
}

pub(crate) fn of_member(user_id: &str) -> ProvisionWorkspaceRequest {
    ProvisionWorkspaceRequest {
        user_id: user_id.into(),
        spreadsheet_id: "sheet_bob".into(),
        owner_email: "owner@example.com".into(),
        ..ProvisionWorkspaceRequest::default()
    }
}

#[tokio::test]
async fn a_members_workspace_is_registered_and_waits_for_its_token() {
    let world = World::new().await;
    let bob = world.users.admit("bob@example.com", "active");
    let begun = provision(&world, of_member(&bob)).await.expect("provisions");
    let client = begun.client.expect("a client");
    let id = client.client_id.as_str();
    assert_eq!((client.email.as_str(), client.user_id.as_str()), ("bob@example.com", bob.as_str()));
    assert!(client.wb_token_hint.is_empty() && !begun.job_id.is_empty());
    world.until(id, "workspace_registered").await;
    let waiting = world.until_job(id, "done").await.client.expect("a client");
    assert_eq!(waiting.stage, "workspace_registered");
    let sheets = world.sandbox.legacy.spreadsheets();
    assert_eq!(sheets[0].owner_email.as_deref(), Some("owner@example.com"));
    let first = AddFirst { id, seller: "bob" };
    first.give(&world).await;
    world.until(id, "active").await;
    assert!(world.users.made().is_empty(), "a member needs no invitation");
    let again = provision(&world, of_member(&bob)).await.expect("stands as it is");
    assert_eq!(again.client.expect("a client").stage, "active");
    world.end().await;
}

/// The first token of a client, which needs no reason.
struct AddFirst<'a> {
    id: &'a str,
    seller: &'a str,
}

impl AddFirst<'_> {
    async fn give(&self, world: &World) {
        let mut first = token(self.id, self.seller);
        first.reason.clear();
        add(world, first).await.expect("takes the first token");
    }
}

#[tokio::test]
async fn a_member_with_a_token_becomes_active_at_once() {
    let world = World::new().await;
    let bob = world.users.admit("bob@example.com", "active");
    let whole = ProvisionWorkspaceRequest { wb_token: wb_token("bob"), ..of_member(&bob) };
    let begun = provision(&world, whole).await.expect("provisions").client.expect("a client");
    world.until(&begun.client_id, "active").await;
    world.end().await;
}

#[tokio::test]
async fn a_failed_client_is_set_up_again_and_its_owner_brought_over() {
    let world = World::new().await;
    let fault = Fault::Refused { status: 400, message: "no".into() };
    world.sandbox.legacy.push_fault_for("sheet_ann", Op::Register, fault);
    let client = world.begin(request("ann")).await;
    world.until(&client.client_id, "failed").await;
    let wish = ProvisionWorkspaceRequest {
        client_id: client.client_id.clone(),
        spreadsheet_id: "sheet_ann".into(),
        owner_email: "boss@example.com".into(),
        ..ProvisionWorkspaceRequest::default()
    };
    provision(&world, wish).await.expect("provisions");
    world.until(&client.client_id, "active").await;
    let sheets = world.sandbox.legacy.spreadsheets();
    assert_eq!(sheets[0].owner_email.as_deref(), Some("boss@example.com"));
    world.end().await;
}

#[tokio::test]
async fn whose_workspace_it_is_must_be_clear_and_its_spreadsheet_its_own() {
    let world = World::new().await;
    let client = world.onboard(request("ann")).await.expect("onboards");
    let away = world.users.admit("away@example.com", "disabled");
    let bob = world.users.admit("bob@example.com", "active");
    let good = || of_member(&bob);
    let of_client = |client_id: &str, spreadsheet_id: &str| ProvisionWorkspaceRequest {
        client_id: client_id.into(),
        spreadsheet_id: spreadsheet_id.into(),
        ..ProvisionWorkspaceRequest::default()
    };
    let ann = client.client_id.as_str();
    let nobody = Uuid::now_v7().to_string();
    let both = ProvisionWorkspaceRequest { client_id: ann.into(), ..good() };
    let other = ProvisionWorkspaceRequest { spreadsheet_id: "sheet_ann".into(), ..good() };
    let bad_owner = ProvisionWorkspaceRequest { owner_email: "boss".into(), ..good() };
    let bad_token = ProvisionWorkspaceRequest { wb_token: "canary".into(), ..good() };
    let bad_sheet = ProvisionWorkspaceRequest { spreadsheet_id: "a b".into(), ..good() };
    let another =
        ProvisionWorkspaceRequest { wb_token: wb_token("another"), ..of_client(ann, "sheet_ann") };
    let cases = [
        (of_client("", "sheet_ann"), Code::Invalid, "client_id"),
        (both, Code::Invalid, "user_id"),
        (bad_owner, Code::Invalid, "owner_email"),
        (bad_token, Code::Invalid, "wb_token"),
        (bad_sheet, Code::Invalid, "spreadsheet_id"),
        (of_client(ann, "sheet_other"), Code::Conflict, "spreadsheet_id"),
        (other, Code::Conflict, "spreadsheet_id"),
        (another, Code::Conflict, "wb_token"),
        (of_member(&away), Code::NotFound, "user_id"),
        (of_member(&nobody), Code::NotFound, "user_id"),
    ];
    for (bad, code, field) in cases {
        let refusal = provision(&world, bad.clone()).await.expect_err("refused");
        assert_eq!((refusal.code, refusal.fields[0].field.as_str()), (code, field), "{bad:?}");
        assert!(!format!("{refusal:?}").contains("canary"), "{refusal:?}");
    }
    let missing = provision(&world, of_client(&nobody, "sheet_ann")).await.expect_err("missing");
    assert_eq!(missing.reason, "client_not_found");
    assert_eq!(world.count("select count(*) from clients").await, 1);
    world.end().await;
}
