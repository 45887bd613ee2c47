//! Access tokens: verified here, by public keys that are remembered.

use std::{sync::Arc, time::Duration};

use aws_lc_rs::digest;
use kernel::{Clock, Cx};
use tokio::{sync::Mutex, time::Instant};
use wire::{
    Mesh,
    auth::v1::{ListPublicKeysRequest, signing_keys_client::SigningKeysClient},
    tokens::{ACCESS_TOKEN, AccessClaims, Algorithm, PublicKey, PublicKeys, Refused, open},
};

use crate::{credential::refused, memo::Memo, problem::Problem};

/// How long the set of keys is believed to be as it was: a key is published ten minutes before it signs.
const KEYS: Duration = Duration::from_secs(5);
/// Between two looks for a key that nobody here knows: whoever invents names of keys makes us ask no more often.
const UNKNOWN: Duration = Duration::from_secs(1);
/// How long a token that held is not verified again: as long, since its key may have been given up.
const HELD: Duration = KEYS;
/// Tokens remembered at once.
const MOST: usize = 50_000;

/// Who signs, and the keys by which tokens hold.
#[derive(Debug)]
pub(crate) struct Signers {
    issuer: String,
    pub(crate) keys: PublicKeys,
}

impl Signers {
    /// Who signs: the address of the platform.
    pub(crate) fn issuer(&self) -> &str {
        &self.issuer
    }
}

/// Reads access tokens.
pub(crate) struct AccessTokens {
    mesh: Mesh,
    clock: Clock,
    signers: Memo<(), Arc<Signers>>,
    /// By the token's SHA-256.
    held: Memo<[u8; 32], Arc<AccessClaims>>,
    looked: Mutex<Option<Instant>>,
}

impl AccessTokens {
    pub(crate) fn new(mesh: Mesh, clock: Clock) -> Self {
        let (signers, held) = (Memo::new(1), Memo::new(MOST));
        Self { mesh, clock, signers, held, looked: Mutex::default() }
    }

    /// Whether `token` looks like a signed one; no other token of ours has a dot.
    pub(crate) fn is_one(token: &str) -> bool {
        token.contains('.')
    }

    /// What the token says, if it holds here and now; 401 if not. Whether its session lasts is not told by it.
    pub(crate) async fn read(&self, token: &str, cx: &Cx) -> Result<Arc<AccessClaims>, Problem> {
        let mut sum = [0; 32];
        sum.copy_from_slice(digest::digest(&digest::SHA256, token.as_bytes()).as_ref());
        let claims = self.held.recall(sum, |_| async { self.verify(token, cx).await }).await?;
        // Remembered or not, it dies on time.
        let signers = self.signers(cx).await?;
        claims.check(&signers.issuer, self.clock.now()).map_err(|problem| unheld(&problem))?;
        Ok(claims)
    }

    /// Who signs, as far as it was heard; a service that is away changes nothing.
    pub(crate) async fn signers(&self, cx: &Cx) -> Result<Arc<Signers>, Problem> {
        let ask = |former: Option<Arc<Signers>>| async move {
            match (self.ask(cx).await, former) {
                (Ok(signers), _) => Ok((Arc::new(signers), KEYS)),
                (Err(_), Some(former)) => Ok((former, KEYS)),
                (Err(problem), None) => Err(problem),
            }
        };
        self.signers.recall((), ask).await
    }

    async fn verify(&self, token: &str, cx: &Cx) -> Result<(Arc<AccessClaims>, Duration), Problem> {
        let signers = self.signers(cx).await?;
        let read = match open::<AccessClaims>(token, ACCESS_TOKEN, &signers.keys) {
            Err(Refused::Key) if self.may_look().await => {
                self.signers.forget(|()| true);
                let signers = self.signers(cx).await?;
                open::<AccessClaims>(token, ACCESS_TOKEN, &signers.keys)
            }
            read => read,
        };
        let claims = read.map_err(|problem| unheld(&problem))?;
        Ok((Arc::new(claims), HELD))
    }

    /// Whether it is time for a look at keys that may be new.
    async fn may_look(&self) -> bool {
        let mut looked = self.looked.lock().await;
        let may = looked.is_none_or(|last| last.elapsed() >= UNKNOWN);
        if may {
            *looked = Some(Instant::now());
        }
        may
    }

    async fn ask(&self, cx: &Cx) -> Result<Signers, Problem> {
        let asking = Cx { tenant: None, passport: None, ..cx.clone() };
        let answer = SigningKeysClient::new(self.mesh.to("auth"))
            .list_public_keys(wire::call(&asking, ListPublicKeysRequest {}))
            .await
            .map_err(|status| Problem::of_dependency(&status, "auth"))?
            .into_inner();
        let keys = answer.keys.iter().filter_map(|key| {
            let algorithm = Algorithm::parse(&key.algorithm)?;
            PublicKey::of_coordinates(&key.key_id, algorithm, &key.x, &key.y).ok()
        });
        Ok(Signers { keys: keys.collect(), issuer: answer.issuer })
    }
}

/// Told to whoever shows it: no more than that it does not hold.
fn unheld(problem: &dyn std::fmt::Display) -> Problem {
    tracing::debug!(%problem, "an access token does not hold");
    refused("The token does not hold or has expired; get another one.")
}
