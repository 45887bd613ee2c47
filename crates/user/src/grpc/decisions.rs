//! `usher.user.v1.Decisions`.

use tonic::{Request, Response, Status};
use wire::{
    id, parse, refuse,
    user::v1::{
        BatchCheckRequest, BatchCheckResponse, CheckRequest, Decision, DeclarePermissionsRequest,
        DeclarePermissionsResponse, ExplainRequest, Explanation, HeldRole, ListPermissionsRequest,
        ListPermissionsResponse, decisions_server::Decisions,
    },
};

use super::{role_bindings::scope, tenant};
use crate::{
    App,
    domain::{Held, HeldIn, Question},
    ops,
};

/// How many questions one call may hold.
const MOST: usize = 100;

/// The RPCs over the app.
pub(crate) struct Rpc(pub(crate) App);

#[tonic::async_trait]
impl Decisions for Rpc {
    async fn list_permissions(
        &self,
        _: Request<ListPermissionsRequest>,
    ) -> Result<Response<ListPermissionsResponse>, Status> {
        let permissions = ops::list_permissions(&self.0).await.map_err(refuse)?;
        Ok(Response::new(ListPermissionsResponse {
            permissions: permissions.into_iter().collect(),
        }))
    }

    async fn declare_permissions(
        &self,
        request: Request<DeclarePermissionsRequest>,
    ) -> Result<Response<DeclarePermissionsResponse>, Status> {
        let cx = wire::cx(&request)?;
        let permissions = request.into_inner().permissions;
        ops::declare_permissions(&self.0, &cx, &permissions).await.map_err(refuse)?;
        Ok(Response::new(DeclarePermissionsResponse {}))
    }

    async fn check(&self, request: Request<CheckRequest>) -> Result<Response<Decision>, Status> {
        let cx = wire::cx(&request)?;
        let request = request.into_inner();
        let asked = question(&request.permission, &request.scope_type, &request.scope_id)?;
        let user_id = id("userId", &request.user_id)?;
        let answers = ops::check_access(&self.0, &cx, tenant(&cx)?, user_id, &[asked]).await;
        let decision = decisions(&answers.map_err(refuse)?).pop();
        Ok(Response::new(wire::required("decision", decision)?))
    }

    async fn batch_check(
        &self,
        request: Request<BatchCheckRequest>,
    ) -> Result<Response<BatchCheckResponse>, Status> {
        let cx = wire::cx(&request)?;
        let request = request.into_inner();
        if !(1..=MOST).contains(&request.questions.len()) {
            parse("questions", "", |_| Err::<(), _>("must hold 1 to 100"))?;
        }
        let questions = request.questions.iter();
        let questions: Vec<Question> = questions
            .map(|asked| question(&asked.permission, &asked.scope_type, &asked.scope_id))
            .collect::<Result<_, _>>()?;
        let user_id = id("userId", &request.user_id)?;
        let answers = ops::check_access(&self.0, &cx, tenant(&cx)?, user_id, &questions).await;
        Ok(Response::new(BatchCheckResponse { decisions: decisions(&answers.map_err(refuse)?) }))
    }

    async fn explain(
        &self,
        request: Request<ExplainRequest>,
    ) -> Result<Response<Explanation>, Status> {
        let cx = wire::cx(&request)?;
        let request = request.into_inner();
        let asked = question(&request.permission, &request.scope_type, &request.scope_id)?;
        let user_id = id("userId", &request.user_id)?;
        let questions = std::slice::from_ref(&asked);
        let answers = ops::check_access(&self.0, &cx, tenant(&cx)?, user_id, questions).await;
        let answers = answers.map_err(refuse)?;
        let now = self.0.clock.now();
        let held = answers.standing.held_in(&asked.scope, now);
        let overrides = answers.standing.overrides_of(&asked.permission, now);
        Ok(Response::new(Explanation {
            decision: decisions(&answers).pop(),
            roles: held.map(|held| role(&held, &asked.permission)).collect(),
            overrides: overrides.map(Into::into).collect(),
        }))
    }
}

fn question(permission: &str, scope_type: &str, scope_id: &str) -> Result<Question, Status> {
    let fits = (1..=120).contains(&permission.len());
    let permission = parse("permission", permission, |text| match fits {
        true => Ok(text.to_owned()),
        false => Err("must hold 1 to 120 characters"),
    })?;
    Ok(Question { permission, scope: scope(scope_type, scope_id)? })
}

fn decisions(answers: &ops::Answers) -> Vec<Decision> {
    let epoch = answers.standing.epoch;
    let reasons = answers.reasons.iter();
    reasons
        .map(|reason| Decision { allowed: reason.allows(), reason_code: reason.to_string(), epoch })
        .collect()
}

fn role(held: &Held<'_>, permission: &str) -> HeldRole {
    let (scope_type, scope_id) = match held.place {
        HeldIn::Platform => ("platform".to_owned(), String::new()),
        HeldIn::Place(scope) => (scope.kind.to_string(), scope.id.clone()),
    };
    HeldRole {
        role: held.role.into(),
        scope_type,
        scope_id,
        allows: held.allows(permission),
        group_id: held.group_id.map(|id| id.to_string()).unwrap_or_default(),
    }
}
