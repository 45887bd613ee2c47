//! The spreadsheets of people: given, switched off, served.

use sandbox::legacy::{Fault, Op};
use wire::{
    Refusal,
    provisioning::v1::{
        AddSheetRequest, DeleteSheetTokenRequest, ListSheetTokensRequest, ListSheetsRequest,
        PutSheetTokenRequest, RelayDatasetRequest, Sheet, SheetToken, UpdateSheetRequest,
    },
};

use crate::world::{World, answer, request, token_until};

const ANN: &str = "ann@example.com";

async fn add(world: &World, who: &str, sheet: &str) -> Result<Sheet, Refusal> {
    let wish = AddSheetRequest { user_id: who.into(), spreadsheet_id: sheet.into() };
    let wish = wire::call(&world.operator(world.tenant), wish);
    answer(world.sheets().add_sheet(wish).await)
}

async fn list(world: &World) -> Vec<Sheet> {
    let wish = ListSheetsRequest { user_id: ANN.into(), ..Default::default() };
    let wish = wire::call(&world.operator(world.tenant), wish);
    answer(world.sheets().list_sheets(wish).await).expect("lists").sheets
}

async fn relay(world: &World, sheet: &str) -> Result<String, Refusal> {
    let wish = RelayDatasetRequest {
        spreadsheet_id: sheet.into(),
        verb: "update".into(),
        ..Default::default()
    };
    let wish = wire::call(&world.operator(world.tenant), wish);
    answer(world.sheets().relay_dataset(wish).await).map(|told| told.answer)
}

#[tokio::test]
async fn a_persons_sheets_are_that_of_the_onboarding_and_those_given() {
    let world = World::new().await;
    world.onboard(request("ann")).await.expect("onboards");
    let first = add(&world, ANN, "more").await.expect("gives");
    assert_eq!(add(&world, ANN, "more").await.expect("the same").spreadsheet_id, "more");
    let sheets = list(&world).await;
    let ids: Vec<_> = sheets.iter().map(|sheet| sheet.spreadsheet_id.as_str()).collect();
    assert_eq!(ids, ["more", "sheet_ann"]);
    assert!(sheets.iter().all(|sheet| sheet.is_active && sheet.client_legacy_id > 0));
    assert_eq!((sheets[0].stage.as_str(), sheets[1].stage.as_str()), ("", "invited"));
    assert_eq!(world.effects("more").len(), 1, "registered once");

    let off = UpdateSheetRequest {
        user_id: first.user_id,
        spreadsheet_id: "more".into(),
        is_active: Some(false),
    };
    let off = wire::call(&world.operator(world.tenant), off);
    answer(world.sheets().update_sheet(off).await).expect("switches off");
    assert!(!list(&world).await[0].is_active);
    assert_eq!(relay(&world, "more").await.expect_err("off").reason, "workspace_inactive");
    assert_eq!(relay(&world, "none").await.expect_err("none").reason, "workspace_not_found");
    add(&world, ANN, "more").await.expect("gives again");
    assert!(relay(&world, "more").await.expect("serves").contains("accepted"));
    world.end().await;
}

#[tokio::test]
async fn a_registration_that_fails_gives_nothing_and_is_finished_by_asking_again() {
    let world = World::new().await;
    world.onboard(request("ann")).await.expect("onboards");
    let fault = Fault::Refused { status: 400, message: "locked".into() };
    world.sandbox.legacy.push_fault_for("more", Op::Register, fault);
    let refused = add(&world, ANN, "more").await.expect_err("the backend refuses");
    assert_eq!(refused.reason, "legacy_rejected");
    assert!(refused.message.contains("locked"), "{}", refused.message);
    assert_eq!(list(&world).await.len(), 1);
    add(&world, ANN, "more").await.expect("gives");
    assert_eq!(list(&world).await.len(), 2);
    for (who, reason) in [("nobody@example.com", "person_not_found")] {
        assert_eq!(add(&world, who, "more").await.expect_err("nobody").reason, reason);
    }
    world.end().await;
}

#[tokio::test]
async fn an_active_clients_token_is_replaced_in_the_backend_and_here() {
    let world = World::new().await;
    let client = world.begin(request("ann")).await;
    world.until(&client.client_id, "active").await;
    let put = async |token: String| {
        let wish =
            PutSheetTokenRequest { user_id: ANN.into(), wb_token: token, ..Default::default() };
        let wish = wire::call(&world.operator(world.tenant), wish);
        answer(world.sheets().put_sheet_token(wish).await)
    };
    let before = world.effects("sheet_ann").len();
    let next = token_until("ann", 4_100_000_000);
    let shown: SheetToken = put(next.clone()).await.expect("replaces");
    assert_eq!((shown.sid.as_str(), shown.client_legacy_id > 0), ("ann", true));
    assert_eq!(shown.expires_at.map(|at| at.seconds), Some(4_100_000_000));
    assert_eq!(world.effects("sheet_ann").len(), before + 1);
    assert_eq!(put(token_until("ann", 1)).await.expect_err("expired").fields[0].field, "wbToken");

    let wish =
        ListSheetTokensRequest { user_id: String::new(), spreadsheet_id: "sheet_ann".into() };
    let wish = wire::call(&world.operator(world.tenant), wish);
    let listed = answer(world.sheets().list_sheet_tokens(wish).await).expect("lists").tokens;
    assert_eq!(listed, [shown]);
    assert!(!format!("{listed:?}").contains(next.rsplit('.').next().expect("a part")));
    world.end().await;
}

#[tokio::test]
async fn a_token_is_destroyed_here_and_its_active_client_is_in_trouble_until_another_is_put() {
    let world = World::new().await;
    let client = world.begin(request("ann")).await;
    world.until(&client.client_id, "active").await;
    let delete = async |who: &str| {
        let wish = DeleteSheetTokenRequest { user_id: who.into(), ..Default::default() };
        let wish = wire::call(&world.operator(world.tenant), wish);
        answer(world.sheets().delete_sheet_token(wish).await)
    };
    let effects = world.effects("sheet_ann").len();
    let was = delete(ANN).await.expect("destroys");
    assert_eq!((was.sid.as_str(), was.is_active), ("ann", false));
    assert_eq!(world.effects("sheet_ann").len(), effects, "the backend knows no such call");
    assert_eq!(delete(ANN).await.expect_err("gone").reason, "wb_token_not_found");
    assert_eq!(delete("").await.expect_err("whose").fields[0].field, "spreadsheetId");
    let status = world.status(&client.client_id).await.expect("a client");
    let shown = status.client.expect("a client");
    assert_eq!((shown.stage.as_str(), shown.reason_code.as_str()), ("active", "wb_token_missing"));

    let wish = PutSheetTokenRequest {
        user_id: ANN.into(),
        wb_token: token_until("ann", 4_100_000_000),
        ..Default::default()
    };
    let wish = wire::call(&world.operator(world.tenant), wish);
    let shown = answer(world.sheets().put_sheet_token(wish).await).expect("puts another");
    assert!(shown.is_active);
    world.end().await;
}

#[tokio::test]
async fn a_dataset_is_cleared_in_the_backend() {
    let world = World::new().await;
    let client = world.begin(request("ann")).await;
    world.until(&client.client_id, "active").await;
    let relay = async |verb: &str, values: &str| {
        let wish = RelayDatasetRequest {
            spreadsheet_id: "sheet_ann".into(),
            verb: verb.into(),
            dataset: "orders".into(),
            values: values.into(),
            ..Default::default()
        };
        let wish = wire::call(&world.operator(world.tenant), wish);
        answer(world.sheets().relay_dataset(wish).await).map(|told| told.answer)
    };
    relay("upload", "[[1],[2]]").await.expect("uploads");
    assert!(relay("read", "").await.expect("reads").contains("[1]"));
    relay("clear", "").await.expect("clears");
    assert!(!relay("read", "").await.expect("reads").contains("[1]"));
    assert_eq!(relay("drop", "").await.expect_err("no verb").fields[0].field, "verb");
    world.end().await;
}
