//! The doors of the kit, for the legacy backend.

use async_trait::async_trait;
use outbound::{Fault, Kind};
use serde_json::json;

use super::{
    Legacy, SPEC,
    keys::Realm,
    operations::{SELLERS, SHORT},
    send::Operation,
};
use crate::{Checked, Connector, Evidence, Proof, Receipt, Sample, Spec};

#[async_trait]
impl Connector for Legacy {
    fn spec(&self) -> &'static Spec {
        &SPEC
    }

    /// The backend's metrics prove the key of administration. A spreadsheet that nobody has registered is asked about
    /// with the key of data: to be refused for the spreadsheet, it has to be the right key.
    async fn check(&self) -> Result<Checked, Fault> {
        const METRICS: Operation = Operation {
            name: "metrics",
            path: "api/admin/metrics",
            realm: Realm::Admin,
            what: "show its metrics",
            most: SHORT,
        };
        self.get(METRICS).await?;
        let nobody = json!({"spreadsheet_id": "usher-connection-check"});
        match self.post(SELLERS, "connection-check", &nobody).await {
            Err(fault) if !matches!(fault.kind, Kind::Forbidden | Kind::Rejected) => Err(fault),
            _ => Ok(Checked { summary: "The backend answers and accepts the keys.".into() }),
        }
    }

    async fn sample(&self, most: usize) -> Result<Vec<Sample>, Fault> {
        let Some(id) = &self.0.spreadsheet else { return Ok(Vec::new()) };
        let tokens = self.tokens("sample", id).await?;
        let shown = tokens.into_iter().take(most).map(|token| Sample {
            title: format!("Seller {}", token.sid),
            detail: format!(
                "token …{}, {}",
                token.suffix,
                if token.is_active { "given out" } else { "switched off" }
            ),
            id: token.sid,
        });
        Ok(shown.collect())
    }

    async fn verify(&self, receipt: &Receipt) -> Result<Proof, Fault> {
        self.verify_token("verify", &receipt.place, &receipt.id).await?;
        let words = format!("The backend gives out the token of seller {}.", receipt.id);
        Ok(Proof { evidence: Evidence::ReadBack, words })
    }
}
