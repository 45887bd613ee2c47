//! `usher.notifier.v1.Bounces`.

use tonic::{Request, Response, Status};
use wire::{
    notifier::v1::{ReportBounceRequest, ReportBounceResponse, bounces_server::Bounces},
    parse, refuse,
};

use crate::{
    App,
    domain::{Fate, Report},
    ops,
};

/// The RPCs over the app.
pub(crate) struct Rpc(pub(crate) App);

#[tonic::async_trait]
impl Bounces for Rpc {
    async fn report_bounce(
        &self,
        request: Request<ReportBounceRequest>,
    ) -> Result<Response<ReportBounceResponse>, Status> {
        let cx = wire::cx(&request)?;
        let report = parse("report", &request.get_ref().report, Report::parse)?;
        let message_id = ops::report_bounce(&self.0, &cx, &report).await.map_err(refuse)?;
        let message_id = message_id.to_string();
        Ok(Response::new(match report.fate {
            Fate::Bounced(status) => ReportBounceResponse {
                message_id,
                outcome: "bounced".into(),
                status: status.to_string(),
                reason: status.reason().to_string(),
                permanent: status.is_permanent(),
            },
            Fate::Delayed => shown(message_id, "delayed"),
            Fate::Delivered => shown(message_id, "delivered"),
        }))
    }
}

fn shown(message_id: String, outcome: &str) -> ReportBounceResponse {
    ReportBounceResponse { message_id, outcome: outcome.into(), ..Default::default() }
}
