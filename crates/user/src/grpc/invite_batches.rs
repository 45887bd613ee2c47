//! `usher.user.v1.InviteBatches`.

use std::mem::take;

use kernel::PageSize;
use tonic::{Request, Response, Status};
use wire::{
    parse, refuse, repeatable, timestamp,
    user::v1::{
        CancelInviteBatchRequest, CreateInviteBatchRequest, GetInviteBatchRequest, InviteBatch,
        InviteBatchRow, InviteBatchWish, ListInviteBatchRowsRequest, ListInviteBatchRowsResponse,
        ListInviteBatchesRequest, ListInviteBatchesResponse, invite_batches_server::InviteBatches,
    },
};

use super::{
    invites::{hours, pairs},
    role_bindings::{after, uuid},
    tenant,
};
use crate::{
    App,
    domain::{self, MOST_ROWS, Outcome, RawRow, RawWish, read_file},
    ops,
};

/// The RPCs over the app.
pub(crate) struct Rpc(pub(crate) App);

#[tonic::async_trait]
impl InviteBatches for Rpc {
    async fn create_invite_batch(
        &self,
        request: Request<CreateInviteBatchRequest>,
    ) -> Result<Response<InviteBatch>, Status> {
        let cx = wire::cx(&request)?;
        let tenant = tenant(&cx)?;
        let mut request = request.into_inner();
        let key = take(&mut request.idempotency_key);
        let (cx, fingerprint) = repeatable(cx, &key, &request)?;
        let command = ops::CreateInviteBatch { rows: rows(request)?, fingerprint };
        let batch = ops::create_invite_batch(&self.0, &cx, tenant, command).await;
        Ok(Response::new((&batch.map_err(refuse)?).into()))
    }

    async fn get_invite_batch(
        &self,
        request: Request<GetInviteBatchRequest>,
    ) -> Result<Response<InviteBatch>, Status> {
        let tenant = tenant(&wire::cx(&request)?)?;
        let batch_id = uuid("batchId", &request.get_ref().batch_id)?;
        let batch = ops::get_invite_batch(&self.0, tenant, batch_id).await.map_err(refuse)?;
        Ok(Response::new((&batch).into()))
    }

    async fn list_invite_batches(
        &self,
        request: Request<ListInviteBatchesRequest>,
    ) -> Result<Response<ListInviteBatchesResponse>, Status> {
        let tenant = tenant(&wire::cx(&request)?)?;
        let request = request.into_inner();
        let size = PageSize::from_wire(request.page_size);
        let after = after(&request.page_token)?;
        let page = ops::list_invite_batches(&self.0, tenant, size, after).await.map_err(refuse)?;
        Ok(Response::new(ListInviteBatchesResponse {
            batches: page.items.iter().map(Into::into).collect(),
            next_page_token: page.next.unwrap_or_default(),
        }))
    }

    async fn list_invite_batch_rows(
        &self,
        request: Request<ListInviteBatchRowsRequest>,
    ) -> Result<Response<ListInviteBatchRowsResponse>, Status> {
        let tenant = tenant(&wire::cx(&request)?)?;
        let request = request.into_inner();
        let batch_id = uuid("batchId", &request.batch_id)?;
        let outcome = Some(&request.outcome).filter(|word| !word.is_empty());
        let outcome = outcome.map(|word| parse("outcome", word, outcome_of)).transpose()?;
        let size = PageSize::from_wire(request.page_size);
        let after = parse("pageToken", &request.page_token, number)?;
        let page = ops::list_batch_rows(&self.0, tenant, batch_id, outcome, size, after).await;
        let page = page.map_err(refuse)?;
        Ok(Response::new(ListInviteBatchRowsResponse {
            rows: page.items.into_iter().map(Into::into).collect(),
            next_page_token: page.next.unwrap_or_default(),
        }))
    }

    async fn cancel_invite_batch(
        &self,
        request: Request<CancelInviteBatchRequest>,
    ) -> Result<Response<InviteBatch>, Status> {
        let cx = wire::cx(&request)?;
        let batch_id = uuid("batchId", &request.get_ref().batch_id)?;
        let batch = ops::cancel_invite_batch(&self.0, &cx, tenant(&cx)?, batch_id).await;
        Ok(Response::new((&batch.map_err(refuse)?).into()))
    }
}

/// The rows of a list, however it was sent.
fn rows(request: CreateInviteBatchRequest) -> Result<Vec<RawRow>, Status> {
    match (request.rows.len(), request.csv.is_empty()) {
        (0, true) => parse("rows", "", |_| Err("must hold 1 to 10,000, unless csv is given")),
        (0, false) => parse("csv", "", |_| read_file(&request.csv)),
        (_, false) => parse("csv", "", |_| Err("must be empty where rows are given")),
        (many, true) if many > MOST_ROWS => {
            parse("rows", "", |_| Err("must hold 1 to 10,000; split the list"))
        }
        _ => Ok(request.rows.into_iter().map(row).collect()),
    }
}

fn row(wish: InviteBatchWish) -> RawRow {
    let wish = RawWish {
        email: wish.email,
        name: wish.name,
        role: wish.role,
        roles: wish.roles,
        locale: wish.locale,
        reference: wish.reference,
        expires_in_hours: hours(wish.expires_in_hours),
        workspace: pairs(wish.workspace),
        scope_type: wish.scope_type,
        scope_id: wish.scope_id,
    };
    RawRow { wish, fault: None }
}

fn outcome_of(word: &str) -> Result<Outcome, &'static str> {
    Outcome::parse(word)
        .ok_or("is none of waiting, created, already_invited, already_member, refused, left_out")
}

/// The row after which a page begins; an empty text for the first page.
fn number(token: &str) -> Result<i32, &'static str> {
    match token {
        "" => Ok(0),
        token => token.parse().map_err(|_| "is not the end of a page"),
    }
}

impl From<&domain::InviteBatch> for InviteBatch {
    fn from(batch: &domain::InviteBatch) -> Self {
        let count = |rows: i64| i32::try_from(rows).unwrap_or(i32::MAX);
        Self {
            batch_id: batch.batch_id.to_string(),
            status: batch.status.to_string(),
            rows: batch.rows,
            waiting: count(batch.waiting),
            created: count(batch.created),
            already_invited: count(batch.already_invited),
            already_member: count(batch.already_member),
            refused: count(batch.refused),
            left_out: count(batch.left_out),
            invited_by: batch.invited_by.clone(),
            created_at: Some(timestamp(batch.created_at)),
            ended_at: batch.ended_at.map(timestamp),
        }
    }
}

impl From<domain::BatchRow> for InviteBatchRow {
    fn from(row: domain::BatchRow) -> Self {
        Self {
            number: row.number,
            email: row.email,
            name: row.name,
            outcome: row.ending.outcome.to_string(),
            invite_id: row.ending.invite_id.map(|id| id.to_string()).unwrap_or_default(),
            field: row.ending.field,
            reason: row.ending.reason,
            message: row.ending.message,
        }
    }
}
