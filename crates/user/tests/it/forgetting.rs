//! The other services as an erasure meets them: each forgets, or is away.

use std::{
    collections::HashSet,
    sync::{Arc, Mutex},
};

use kernel::{Code, Failure};
use tonic::{Request, Response, Status};
use wire::{
    notifier::v1::{EraseRecipientRequest, EraseRecipientResponse, recipients_server::Recipients},
    provisioning::v1::{
        EraseClientPersonRequest, EraseClientPersonResponse, client_people_server::ClientPeople,
    },
    refuse,
};

#[derive(Debug, thiserror::Error)]
#[error("Not now.")]
struct Away;

impl Failure for Away {
    fn code(&self) -> Code {
        Code::Unavailable
    }

    fn reason(&self) -> &'static str {
        "away"
    }
}

/// Which service was asked to forget whom, and which addresses.
pub(crate) type Asked = (&'static str, String, Vec<String>);

/// Who is away, and who was asked.
#[derive(Clone, Default)]
pub(crate) struct Forgetting(Arc<Mutex<Book>>);

#[derive(Default)]
struct Book {
    away: HashSet<&'static str>,
    asked: Vec<Asked>,
}

impl Forgetting {
    /// From now on this service does not answer.
    pub(crate) fn leave(&self, service: &'static str) {
        self.0.lock().expect("no panic before").away.insert(service);
    }

    /// From now on it answers again.
    pub(crate) fn come_back(&self, service: &'static str) {
        self.0.lock().expect("no panic before").away.remove(service);
    }

    /// What was asked, in order.
    pub(crate) fn asked(&self) -> Vec<Asked> {
        self.0.lock().expect("no panic before").asked.clone()
    }

    /// A service is asked to forget somebody.
    pub(crate) fn ask(
        &self,
        service: &'static str,
        user_id: String,
        emails: Vec<String>,
    ) -> Result<(), Status> {
        let mut book = self.0.lock().expect("no panic before");
        if book.away.contains(service) {
            return Err(refuse(Away));
        }
        book.asked.push((service, user_id, emails));
        Ok(())
    }
}

#[tonic::async_trait]
impl Recipients for Forgetting {
    async fn erase_recipient(
        &self,
        request: Request<EraseRecipientRequest>,
    ) -> Result<Response<EraseRecipientResponse>, Status> {
        let asked = request.into_inner();
        self.ask("notifier", asked.user_id, asked.emails)?;
        Ok(Response::new(EraseRecipientResponse {}))
    }
}

#[tonic::async_trait]
impl ClientPeople for Forgetting {
    async fn erase_client_person(
        &self,
        request: Request<EraseClientPersonRequest>,
    ) -> Result<Response<EraseClientPersonResponse>, Status> {
        let asked = request.into_inner();
        self.ask("provisioning", asked.user_id, asked.emails)?;
        Ok(Response::new(EraseClientPersonResponse {}))
    }
}
