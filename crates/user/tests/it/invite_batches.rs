//! Inviting many: each row ends with an outcome of its own, once, whoever dies or stops it.

use kernel::{Code, Credential, Cx, TenantId};
use testkit::found;
use tonic::Status;
use uuid::Uuid;
use wire::{
    call, code_of,
    user::v1::{
        CancelInviteBatchRequest, CreateInviteBatchRequest, GetInviteBatchRequest, InviteBatch,
        InviteBatchRow, InviteBatchWish, ListInviteBatchRowsRequest, ListInviteBatchesRequest,
        RemoveMemberRequest, SetSeatLimitRequest,
    },
};

use crate::platform::{Platform, fields, keyed, reason, tenant};

pub(crate) fn wish(email: &str) -> InviteBatchWish {
    InviteBatchWish { email: email.into(), name: "Ann".into(), ..Default::default() }
}

pub(crate) fn list(emails: &[&str]) -> CreateInviteBatchRequest {
    let rows = emails.iter().map(|email| wish(email)).collect();
    CreateInviteBatchRequest { rows, ..Default::default() }
}

fn file(text: &str) -> CreateInviteBatchRequest {
    CreateInviteBatchRequest { csv: text.as_bytes().to_vec(), ..Default::default() }
}

pub(crate) async fn begin(
    platform: &Platform,
    cx: &Cx,
    asked: CreateInviteBatchRequest,
) -> Result<InviteBatch, Status> {
    let begun = platform.invite_batches().create_invite_batch(call(cx, asked)).await;
    begun.map(tonic::Response::into_inner)
}

pub(crate) async fn batch(platform: &Platform, cx: &Cx, id: &str) -> InviteBatch {
    let asked = GetInviteBatchRequest { batch_id: id.into() };
    let shown = platform.invite_batches().get_invite_batch(call(cx, asked)).await;
    shown.expect("shows").into_inner()
}

async fn ended(platform: &Platform, cx: &Cx, id: &str) -> InviteBatch {
    found("the list ends", async || {
        let seen = batch(platform, cx, id).await;
        (seen.status != "running").then_some(seen)
    })
    .await
}

pub(crate) async fn worked_off(
    platform: &Platform,
    cx: &Cx,
    asked: CreateInviteBatchRequest,
) -> InviteBatch {
    let begun = begin(platform, cx, asked).await.expect("begins");
    ended(platform, cx, &begun.batch_id).await
}

async fn rows(platform: &Platform, cx: &Cx, id: &str, outcome: &str) -> Vec<InviteBatchRow> {
    let (mut all, mut page_token) = (Vec::new(), String::new());
    loop {
        let asked = ListInviteBatchRowsRequest {
            batch_id: id.into(),
            outcome: outcome.into(),
            page_size: 3,
            page_token,
        };
        let page = platform.invite_batches().list_invite_batch_rows(call(cx, asked)).await;
        let page = page.expect("lists").into_inner();
        assert!(page.rows.len() <= 3);
        all.extend(page.rows);
        if page.next_page_token.is_empty() {
            return all;
        }
        page_token = page.next_page_token;
    }
}

async fn cancel(platform: &Platform, cx: &Cx, id: &str) -> Result<InviteBatch, Status> {
    let asked = CancelInviteBatchRequest { batch_id: id.into() };
    let cancelled = platform.invite_batches().cancel_invite_batch(call(cx, asked)).await;
    cancelled.map(tonic::Response::into_inner)
}

/// Where everything stands: status and the counts in the order of the contract.
fn counts(batch: &InviteBatch) -> (&str, [i32; 6]) {
    let counts = [
        batch.waiting,
        batch.created,
        batch.already_invited,
        batch.already_member,
        batch.refused,
        batch.left_out,
    ];
    assert_eq!(counts.iter().sum::<i32>(), batch.rows);
    (&batch.status, counts)
}

#[tokio::test]
async fn software_held_to_some_rights_gives_no_role_beyond_them() {
    let (platform, here) = (Platform::start().await, tenant());
    let (boss, _) = platform.staff(here, "boss@example.com", "admin").await;
    let id = boss.parse().expect("an id");
    let rights = ["user.invites.create", "user.invites.read"];
    let key = platform.showing(Credential::Delegated, id, Some(here), &rights);
    let mut asked = list(&["ann@example.com"]);
    asked.rows[0].role = "admin".into();
    let refused = begin(&platform, &key, asked).await.expect_err("its owner may, it may not");
    assert_eq!(reason(&refused), "role_above_own");
    assert_eq!(platform.database.count("select count(*) from invite_batches").await, 0);
}

#[tokio::test]
async fn each_row_of_a_file_ends_with_its_own_outcome() {
    let (platform, here) = (Platform::start().await, tenant());
    let boss = platform.boss(here).await;
    platform.invite(here, "invited@example.com").await;
    platform.admit(here, "member@example.com").await;
    let csv = "email,name,role,locale,workspace.size\n\
               ann@example.com,Ann,client,en,20\n\
               invited@example.com,Ina,,,\n\
               member@example.com,Max,,,\n\
               boss@example.com,Boss,,,\n\
               above@example.com,Abe,owner,,\n\
               odd@example.com,Odd,emperor,,\n\
               not-an-address,Nan,,,\n\
               ANN@example.com,Again,,,\n\
               ragged@example.com\n\
               cmd@example.com,=cmd()|'/C calc'!A0,,,\n";
    let batch = worked_off(&platform, &boss, file(csv)).await;
    assert_eq!(counts(&batch), ("done", [0, 2, 1, 2, 5, 0]));
    assert!(batch.ended_at.is_some() && batch.invited_by.starts_with("user:"));
    let all = rows(&platform, &boss, &batch.batch_id, "").await;
    let seen: Vec<_> = all
        .iter()
        .map(|row| (row.number, row.outcome.as_str(), row.field.as_str(), row.reason.as_str()))
        .collect();
    assert_eq!(
        seen,
        [
            (1, "created", "", ""),
            (2, "already_invited", "", ""),
            (3, "already_member", "", ""),
            (4, "already_member", "", ""),
            (5, "refused", "role", "role_above_own"),
            (6, "refused", "role", "role_unknown"),
            (7, "refused", "email", "bad_row"),
            (8, "refused", "email", "bad_row"),
            (9, "refused", "row", "bad_row"),
            (10, "created", "", ""),
        ]
    );
    assert!(all[7].message.contains("repeats row 1"), "{}", all[7].message);
    assert_eq!(all[9].name, "=cmd()|'/C calc'!A0");
    let created = rows(&platform, &boss, &batch.batch_id, "created").await;
    assert!(created.iter().all(|row| !row.invite_id.is_empty()));
    let kept = "select count(*) from invites where email = 'ann@example.com' and locale = 'en'
                and workspace = '{size=20}' and invited_by like 'user:%'";
    assert_eq!(platform.database.count(kept).await, 1);
    let told = "select count(*) from outbox where kind like 'user.invite_batch.%'";
    assert_eq!(platform.database.count(told).await, 2);
    let strangers = "select count(*) from users where email like 'above%' or email like 'odd%'";
    assert_eq!(platform.database.count(strangers).await, 0, "who is refused leaves no trace");
}

#[tokio::test]
async fn what_is_no_list_is_refused_whole() {
    let (platform, here) = (Platform::start().await, tenant());
    let boss = platform.boss(here).await;
    let utf16 = "email,name\nann@example.com,Ann\n".encode_utf16().flat_map(u16::to_le_bytes);
    let many = CreateInviteBatchRequest {
        rows: vec![wish("ann@example.com"); 10_001],
        ..Default::default()
    };
    let both =
        CreateInviteBatchRequest { csv: b"email,name\n".to_vec(), ..list(&["ann@example.com"]) };
    for (asked, field) in [
        (CreateInviteBatchRequest::default(), "rows"),
        (many, "rows"),
        (both, "csv"),
        (CreateInviteBatchRequest { csv: utf16.collect(), ..Default::default() }, "csv"),
        (file("email,name\n"), "csv"),
        (file("mail,name\na@x.com,A\n"), "csv"),
        (file("email,name,colour\na@x.com,A,red\n"), "csv"),
        (file(&format!("email,name\n{}", "a@x.com,A\n".repeat(10_001))), "csv"),
    ] {
        let refused = begin(&platform, &boss, asked).await.expect_err(field);
        assert_eq!((code_of(&refused).code, fields(&refused)), (Code::Invalid, vec![field.into()]));
    }
    for nothing in ["invite_batches", "invite_batch_rows", "jobs"] {
        assert_eq!(count(&platform, nothing).await, 0, "{nothing}");
    }
}

async fn count(platform: &Platform, table: &'static str) -> i64 {
    let question = sqlx::AssertSqlSafe(format!("select count(*) from {table}"));
    let mut admin = platform.database.admin().await;
    sqlx::query_scalar(question).fetch_one(&mut admin).await.expect("counts")
}

#[tokio::test]
async fn a_repeated_key_begins_one_list() {
    let (platform, here) = (Platform::start().await, tenant());
    let boss = platform.boss(here).await;
    let asked = || list(&["ann@example.com", "bob@example.com"]);
    let mut client = platform.invite_batches();
    let first = client.create_invite_batch(keyed(&boss, "k", asked())).await;
    let first = first.expect("begins").into_inner();
    ended(&platform, &boss, &first.batch_id).await;
    let again = client.create_invite_batch(keyed(&boss, "k", asked())).await;
    let again = again.expect("answers").into_inner();
    assert_eq!((again.batch_id, again.status.as_str()), (first.batch_id, "done"));
    let other = client.create_invite_batch(keyed(&boss, "k", list(&["eve@example.com"]))).await;
    assert_eq!(reason(&other.expect_err("another list")), "idempotency_key_reused");
    let listed = client.list_invite_batches(call(&boss, ListInviteBatchesRequest::default())).await;
    assert_eq!(listed.expect("lists").into_inner().batches.len(), 1);
}

#[tokio::test]
async fn a_stopped_list_goes_no_further_and_stays_stopped() {
    let (platform, here) = (Platform::start_without_workers().await, tenant());
    let boss = platform.boss(here).await;
    let begun = begin(&platform, &boss, list(&["ann@example.com", "bob@example.com"])).await;
    let id = begun.expect("begins").batch_id;
    for _ in 0..2 {
        let stopped = cancel(&platform, &boss, &id).await.expect("stops");
        assert_eq!(counts(&stopped), ("cancelled", [0, 0, 0, 0, 0, 2]));
    }
    let worker = platform.app().worker().by_hand();
    while worker.step().await.expect("steps") {}
    assert_eq!(counts(&batch(&platform, &boss, &id).await).0, "cancelled");
    assert_eq!(count(&platform, "invites").await, 0);
    let done = worked_off_by_hand(&platform, &boss, list(&["ann@example.com"])).await;
    let late = cancel(&platform, &boss, &done.batch_id).await.expect_err("is done");
    assert_eq!(reason(&late), "invite_batch_ended");
}

async fn worked_off_by_hand(
    platform: &Platform,
    cx: &Cx,
    asked: CreateInviteBatchRequest,
) -> InviteBatch {
    let id = begin(platform, cx, asked).await.expect("begins").batch_id;
    let worker = platform.app().worker().by_hand();
    while worker.step().await.expect("steps") {}
    batch(platform, cx, &id).await
}

#[tokio::test]
async fn a_worker_that_dies_again_and_again_doubles_and_loses_no_row() {
    let (platform, here) = (Platform::start_without_workers().await, tenant());
    let boss = platform.boss(here).await;
    let emails: Vec<String> = (0..450).map(|n| format!("p{n}@example.com")).collect();
    let emails: Vec<&str> = emails.iter().map(String::as_str).collect();
    let id = begin(&platform, &boss, list(&emails)).await.expect("begins").batch_id;
    for target in [1, 60, 199, 310] {
        let worker = platform.app().worker().by_hand();
        let work = async { while worker.step().await.expect("steps") {} };
        let enough = testkit::eventually("some rows are done", async || {
            i64::from(batch(&platform, &boss, &id).await.created) >= target
        });
        tokio::select! {
            () = work => {}
            () = enough => {}
        }
        // Dropped in the middle: another process finds the lease run out.
        drop(worker);
        expire_leases(&platform).await;
        platform.app().worker().by_hand().take_up().await.expect("takes up");
        // The pause before the next attempt.
        platform.wait_hours(1);
    }
    let worker = platform.app().worker().by_hand();
    testkit::eventually("the list is done", async || {
        worker.step().await.expect("steps");
        batch(&platform, &boss, &id).await.status == "done"
    })
    .await;
    let done = batch(&platform, &boss, &id).await;
    assert_eq!(counts(&done), ("done", [0, 450, 0, 0, 0, 0]));
    assert_eq!(count(&platform, "invites").await, 450);
    let told = "select count(*) from outbox where kind = 'user.invite.created'";
    assert_eq!(platform.database.count(told).await, 450);
    let ends = "select count(*) from outbox where kind = 'user.invite_batch.ended'";
    assert_eq!(platform.database.count(ends).await, 1);
}

async fn expire_leases(platform: &Platform) {
    let over = "update job_leases set expires_at = now() - interval '1 s'";
    let mut admin = platform.database.admin().await;
    sqlx::query(over).execute(&mut admin).await.expect("leases run out");
}

#[tokio::test]
async fn rows_find_as_many_seats_as_there_are() {
    let (platform, here) = (Platform::start().await, tenant());
    let boss = platform.boss(here).await;
    let staff = platform.person(Uuid::now_v7().into(), Some(here), &["user.seats.update"]);
    let limit = SetSeatLimitRequest { limit: Some(4) };
    platform.seats().set_seat_limit(call(&staff, limit)).await.expect("sets");
    let emails = ["a@x.com", "b@x.com", "c@x.com", "d@x.com", "e@x.com"];
    let batch = worked_off(&platform, &boss, list(&emails)).await;
    assert_eq!(counts(&batch), ("done", [0, 3, 0, 0, 2, 0]));
    let refused = rows(&platform, &boss, &batch.batch_id, "refused").await;
    assert!(refused.iter().all(|row| row.reason == "seats_taken"));
}

#[tokio::test]
async fn rows_are_measured_by_the_rights_that_whoever_asked_has_then() {
    let (platform, here) = (Platform::start_without_workers().await, tenant());
    let (boss_id, boss) = platform.staff(here, "boss@example.com", "admin").await;
    platform.staff(here, "owner@example.com", "owner").await;
    let id = begin(&platform, &boss, list(&["ann@example.com"])).await.expect("begins").batch_id;
    let owner = platform.keeper(here, crate::platform::OWNER);
    let remove = RemoveMemberRequest { user_id: boss_id, note: String::new() };
    platform.memberships().remove_member(call(&owner, remove)).await.expect("removes");
    let worker = platform.app().worker().by_hand();
    while worker.step().await.expect("steps") {}
    assert_eq!(counts(&batch(&platform, &owner, &id).await), ("done", [0, 0, 0, 0, 1, 0]));
    let refused = rows(&platform, &owner, &id, "refused").await;
    assert_eq!(refused[0].reason, "inviter_gone");
    assert_eq!(count(&platform, "invites").await, 0);
}

#[tokio::test]
async fn a_list_of_a_suspended_tenant_is_given_up_and_says_so() {
    let (platform, here) = (Platform::start_without_workers().await, tenant());
    let boss = platform.boss(here).await;
    platform.tenants.suspend(here);
    let seen = worked_off_by_hand(&platform, &boss, list(&["ann@example.com"])).await;
    assert_eq!(counts(&seen), ("failed", [0, 0, 0, 0, 0, 1]));
}

#[tokio::test]
async fn another_tenants_list_is_missing() {
    let (platform, here) = (Platform::start().await, tenant());
    let boss = platform.boss(here).await;
    let id = begin(&platform, &boss, list(&["ann@example.com"])).await.expect("begins").batch_id;
    ended(&platform, &boss, &id).await;
    let other: TenantId = tenant();
    let stranger = platform.admin(other);
    let missing = cancel(&platform, &stranger, &id).await.expect_err("missing");
    assert_eq!(reason(&missing), "invite_batch_not_found");
    let asked = ListInviteBatchRowsRequest { batch_id: id, ..Default::default() };
    let missing = platform.invite_batches().list_invite_batch_rows(call(&stranger, asked)).await;
    assert_eq!(reason(&missing.expect_err("missing")), "invite_batch_not_found");
}
