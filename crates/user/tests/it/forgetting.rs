//! The other services as an erasure or an export meets them: each forgets or tells, or is away.

use std::{
    collections::HashSet,
    sync::{Arc, Mutex},
};

use kernel::{Code, Failure};
use tonic::{Request, Response, Status};
use wire::{
    auth::v1::{SessionRecord, SignInRecord},
    notifier::v1::{
        EraseRecipientRequest, EraseRecipientResponse, ExportRecipientRequest, LetterRecord,
        RecipientRecord, recipients_server::Recipients,
    },
    provisioning::v1::{
        ClientPersonRecord, ClientRecord, EraseClientPersonRequest, EraseClientPersonResponse,
        ExportClientPersonRequest, client_people_server::ClientPeople,
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

    /// What auth tells of somebody.
    pub(crate) fn sign_in(&self) -> Result<SignInRecord, Status> {
        self.reach("auth")?;
        let session = SessionRecord { device: "Firefox on Linux".into(), ..Default::default() };
        Ok(SignInRecord { sessions: vec![session], ..Default::default() })
    }

    /// Refuses where the service is away.
    fn reach(&self, service: &'static str) -> Result<(), Status> {
        let is_away = self.0.lock().expect("no panic before").away.contains(service);
        if is_away { Err(refuse(Away)) } else { Ok(()) }
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

    async fn export_recipient(
        &self,
        request: Request<ExportRecipientRequest>,
    ) -> Result<Response<RecipientRecord>, Status> {
        self.reach("notifier")?;
        let letter = |recipient| LetterRecord { recipient, ..Default::default() };
        let letters = request.into_inner().emails.into_iter().map(letter).collect();
        Ok(Response::new(RecipientRecord { letters }))
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

    async fn export_client_person(
        &self,
        _: Request<ExportClientPersonRequest>,
    ) -> Result<Response<ClientPersonRecord>, Status> {
        self.reach("provisioning")?;
        let client = ClientRecord { stage: "active".into(), ..Default::default() };
        Ok(Response::new(ClientPersonRecord { clients: vec![client] }))
    }
}
