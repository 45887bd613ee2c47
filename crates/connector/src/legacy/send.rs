//! One call to the backend.

use outbound::{
    Call, Fault, Kind, Method,
    header::{HeaderName, HeaderValue},
};
use serde_json::Value;

use super::{Legacy, answer, keys::Realm};

/// An operation of the backend: a POST below its root.
#[derive(Debug, Clone, Copy)]
pub(super) struct Operation {
    /// Its word in traces and metrics.
    pub(super) name: &'static str,
    pub(super) path: &'static str,
    pub(super) realm: Realm,
    /// Continues "asked to …".
    pub(super) what: &'static str,
    /// The longest answer that is read, bytes.
    pub(super) most: usize,
}

impl Legacy {
    /// Posts `body` under the repeat's key and answers the JSON that came back with success.
    pub(super) async fn post(
        &self,
        operation: Operation,
        repeat: &str,
        body: &Value,
    ) -> Result<Value, Fault> {
        let repeat = HeaderValue::from_str(repeat).map_err(|_| {
            let told = "The key of a repeated call holds characters that no header can carry.";
            Fault::new(Kind::Unsendable, "An unexpected error occurred on our side.", told)
        })?;
        let repeat = (HeaderName::from_static("idempotency-key"), repeat);
        self.call(operation, Method::POST, Some((repeat, body))).await
    }

    /// Asks for what stands at the operation's path.
    pub(super) async fn get(&self, operation: Operation) -> Result<Value, Fault> {
        self.call(operation, Method::GET, None).await
    }

    async fn call(
        &self,
        operation: Operation,
        method: Method,
        sent: Option<((HeaderName, HeaderValue), &Value)>,
    ) -> Result<Value, Fault> {
        let Operation { name, path, realm, what, most } = operation;
        let mut url = self.0.base.clone();
        url.set_path(&format!("{}{path}", url.path()));
        let (header, key) = self.0.header(realm);
        let mut call = Call::new("legacy", name, method, url)
            .header(header, key)
            .within(self.0.timeout)
            .at_most(most);
        if let Some(((header, repeat), body)) = sent {
            call = call.header(header, repeat).json(body)?;
        }
        let answer = self.0.outbound.send(call).await;
        let read = match &answer {
            Ok(answer) => answer::read(answer, what, realm),
            Err(fault) => Err(answer::on_the_way(fault.clone(), what)),
        };
        // The backend's words may repeat what it was sent.
        read.map_err(|fault| self.0.keys.all().fold(fault, Fault::without))
    }
}
