//! What a form sent.

use axum::{
    Form,
    extract::{FromRequest, Request},
};
use gateway::Problem;
use kernel::Code;
use serde::de::DeserializeOwned;

use crate::failure::Failure;

/// The fields of a form; one that cannot be read is refused with a page.
#[derive(Debug)]
pub(crate) struct Fields<T>(pub(crate) T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Fields<T> {
    type Rejection = Failure;

    async fn from_request(request: Request, state: &S) -> Result<Self, Failure> {
        match Form::from_request(request, state).await {
            Ok(Form(fields)) => Ok(Self(fields)),
            // The rejection's own words may repeat what was sent, a password among it.
            Err(_) => {
                let detail = "The form arrived incomplete. Go back, fill it in, and send it again.";
                Err(Problem::new(Code::Invalid, "bad_form", detail).into())
            }
        }
    }
}
