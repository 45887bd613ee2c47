//! `usher.auth.v1.SigningKeys`.

use tonic::{Request, Response, Status};
use wire::{
    auth::v1::{
        ListPublicKeysRequest, ListSigningKeysRequest, ListSigningKeysResponse, PublicKey,
        PublicKeys, RotateSigningKeysRequest, SigningKey, signing_keys_server::SigningKeys,
    },
    refuse, timestamp,
};

use crate::{App, domain::KeyState, ops, store::KeptKey};

/// The RPCs over the app.
pub(crate) struct Rpc(pub(crate) App);

#[tonic::async_trait]
impl SigningKeys for Rpc {
    async fn list_signing_keys(
        &self,
        _: Request<ListSigningKeysRequest>,
    ) -> Result<Response<ListSigningKeysResponse>, Status> {
        let keys = ops::list_signing_keys(&self.0).await.map_err(refuse)?;
        let keys = keys.iter().map(|(key, state)| listed(key, *state)).collect();
        Ok(Response::new(ListSigningKeysResponse { keys }))
    }

    async fn rotate_signing_keys(
        &self,
        request: Request<RotateSigningKeysRequest>,
    ) -> Result<Response<SigningKey>, Status> {
        let cx = wire::cx(&request)?;
        let compromised = request.get_ref().compromised;
        let rotated = ops::rotate_signing_keys(&self.0, &cx, compromised).await;
        let (key, state) = rotated.map_err(refuse)?;
        Ok(Response::new(listed(&key, state)))
    }

    async fn list_public_keys(
        &self,
        _: Request<ListPublicKeysRequest>,
    ) -> Result<Response<PublicKeys>, Status> {
        let keys = self.0.signer.public(&self.0).await.map_err(refuse)?;
        let keys = keys.iter().map(|key| {
            let (x, y) = key.coordinates();
            let (key_id, algorithm) = (key.kid().to_owned(), key.algorithm().to_string());
            PublicKey { key_id, algorithm, x, y }
        });
        let keys = keys.collect();
        Ok(Response::new(PublicKeys { issuer: self.0.public_url.clone(), keys }))
    }
}

fn listed(key: &KeptKey, state: KeyState) -> SigningKey {
    SigningKey {
        key_id: key.key_id.to_string(),
        algorithm: key.algorithm.to_string(),
        state: state.to_string(),
        created_at: Some(timestamp(key.created_at)),
        signs_from: Some(timestamp(key.signs_from)),
    }
}
