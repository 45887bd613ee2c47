//! Changes of addresses.

use tonic::Request;
use wire::user::v1::{
    ConfirmEmailChangeRequest, EmailChange, EmailChangeLetter, EmailChangeLink,
    GetEmailChangeRequest, RefuseEmailChangeRequest, RequestEmailChangeRequest,
    RevealEmailChangeLinkRequest, ShowEmailChangeRequest, WithdrawEmailChangeRequest,
    email_changes_server::EmailChanges,
};

use super::{Answer, Fake, unasked};

impl Fake {
    fn letter(&self) -> Answer<EmailChangeLetter> {
        if let Some(status) = self.0.closed.lock().expect("closed").clone() {
            return Err(status);
        }
        Ok(self.0.letter.lock().expect("letter").clone().into())
    }
}

#[tonic::async_trait]
impl EmailChanges for Fake {
    async fn show_email_change(
        &self,
        _: Request<ShowEmailChangeRequest>,
    ) -> Answer<EmailChangeLetter> {
        self.letter()
    }

    async fn confirm_email_change(
        &self,
        _: Request<ConfirmEmailChangeRequest>,
    ) -> Answer<EmailChangeLetter> {
        self.0.chosen.lock().expect("chosen").push("confirm");
        self.0.letter.lock().expect("letter").confirmed = true;
        self.letter()
    }

    async fn refuse_email_change(
        &self,
        _: Request<RefuseEmailChangeRequest>,
    ) -> Answer<EmailChangeLetter> {
        self.0.chosen.lock().expect("chosen").push("refuse");
        self.0.letter.lock().expect("letter").status = "refused".into();
        self.letter()
    }

    async fn request_email_change(
        &self,
        _: Request<RequestEmailChangeRequest>,
    ) -> Answer<EmailChange> {
        unasked()
    }

    async fn get_email_change(&self, _: Request<GetEmailChangeRequest>) -> Answer<EmailChange> {
        unasked()
    }

    async fn withdraw_email_change(
        &self,
        _: Request<WithdrawEmailChangeRequest>,
    ) -> Answer<EmailChange> {
        unasked()
    }

    async fn reveal_email_change_link(
        &self,
        _: Request<RevealEmailChangeLinkRequest>,
    ) -> Answer<EmailChangeLink> {
        unasked()
    }
}
