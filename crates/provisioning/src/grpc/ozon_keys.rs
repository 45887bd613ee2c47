//! `usher.provisioning.v1.OzonKeys`.

use tonic::{Request, Response, Status};
use wire::{
    parse,
    provisioning::v1::{
        DeleteOzonKeyRequest, ListOzonKeysRequest, ListOzonKeysResponse, OzonKey,
        PutOzonKeyRequest, ozon_keys_server::OzonKeys,
    },
    refuse, required, timestamp,
};

use super::given;
use crate::{
    App, domain,
    domain::{OzonKeyView, OzonSecret, SellerId},
    ops,
};

/// The RPCs over the app.
pub(super) struct Rpc(pub(super) App);

#[tonic::async_trait]
impl OzonKeys for Rpc {
    async fn list_ozon_keys(
        &self,
        request: Request<ListOzonKeysRequest>,
    ) -> Result<Response<ListOzonKeysResponse>, Status> {
        let cx = wire::cx(&request)?;
        let found = ops::list_ozon_keys(&self.0, &cx, &request.get_ref().user_id).await;
        let keys = found.map_err(refuse)?.iter().map(Into::into).collect();
        Ok(Response::new(ListOzonKeysResponse { keys }))
    }

    async fn put_ozon_key(
        &self,
        request: Request<PutOzonKeyRequest>,
    ) -> Result<Response<OzonKey>, Status> {
        let cx = wire::cx(&request)?;
        let request = request.into_inner();
        let account =
            parse("performanceClientId", &request.performance_client_id, domain::account)?;
        let account_secret = given(&request.performance_client_secret)
            .map(|text| parse("performanceClientSecret", text, OzonSecret::parse))
            .transpose()?;
        // An account without its secret opens nothing, and a secret without its account belongs nowhere.
        required(
            "performanceClientSecret",
            (account.is_empty() || account_secret.is_some()).then_some(()),
        )?;
        required(
            "performanceClientId",
            (account_secret.is_none() || !account.is_empty()).then_some(()),
        )?;
        let command = ops::PutOzonKey {
            seller: seller(request.seller_client_id)?,
            api_key: parse("sellerApiKey", &request.seller_api_key, OzonSecret::parse)?,
            account,
            account_secret,
            name: parse("name", &request.name, domain::name)?,
            who: request.user_id,
        };
        let kept = ops::put_ozon_key(&self.0, &cx, command).await.map_err(refuse)?;
        Ok(Response::new((&kept).into()))
    }

    async fn delete_ozon_key(
        &self,
        request: Request<DeleteOzonKeyRequest>,
    ) -> Result<Response<OzonKey>, Status> {
        let cx = wire::cx(&request)?;
        let request = request.into_inner();
        let seller = parse("sellerClientId", &request.seller_client_id, SellerId::parse)?;
        let was = ops::delete_ozon_key(&self.0, &cx, &request.user_id, seller).await;
        Ok(Response::new((&was.map_err(refuse)?).into()))
    }
}

fn seller(number: i64) -> Result<SellerId, Status> {
    parse("sellerClientId", &number.to_string(), SellerId::parse)
}

impl From<&OzonKeyView> for OzonKey {
    fn from(key: &OzonKeyView) -> Self {
        let secret = key.performance_secret_hint.as_ref();
        Self {
            user_id: key.user_id.to_string(),
            seller_client_id: key.seller_client_id,
            hint: key.seller_api_key_hint.to_string(),
            performance_client_id: key.performance_client_id.clone(),
            performance_hint: secret.map(ToString::to_string).unwrap_or_default(),
            name: key.name.clone(),
            updated_at: Some(timestamp(key.updated_at)),
        }
    }
}
