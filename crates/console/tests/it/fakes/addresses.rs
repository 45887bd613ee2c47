//! Changes of addresses.

use tonic::{Code, Request};
use wire::user::v1::{
    ConfirmEmailChangeRequest, EmailChange, EmailChangeLetter, EmailChangeLink,
    GetEmailChangeRequest, RefuseEmailChangeRequest, RequestEmailChangeRequest,
    RevealEmailChangeLinkRequest, ShowEmailChangeRequest, WithdrawEmailChangeRequest,
    email_changes_server::EmailChanges,
};

use super::{Answer, Fake, PASSWORD, refusal, unasked};

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
        request: Request<RequestEmailChangeRequest>,
    ) -> Answer<EmailChange> {
        let asked = request.into_inner();
        if asked.password.is_empty() {
            return Err(refusal(Code::PermissionDenied, "step_up_required", "Prove it again."));
        }
        if asked.password != PASSWORD {
            return Err(refusal(Code::Unauthenticated, "wrong_password", "The password is wrong."));
        }
        if asked.new_email == "ann@example.com" {
            return Err(refusal(Code::InvalidArgument, "email_unchanged", "It is yours already."));
        }
        let wish = EmailChange {
            old_email: "ann@example.com".into(),
            new_email: asked.new_email,
            status: "pending".into(),
            ..EmailChange::default()
        };
        *self.0.wish.lock().expect("wish") = Some(wish.clone());
        Ok(wish.into())
    }

    async fn get_email_change(&self, _: Request<GetEmailChangeRequest>) -> Answer<EmailChange> {
        let wish = self.0.wish.lock().expect("wish").clone();
        let none = || refusal(Code::NotFound, "email_change_not_found", "There is none.");
        wish.map(Into::into).ok_or_else(none)
    }

    async fn withdraw_email_change(
        &self,
        _: Request<WithdrawEmailChangeRequest>,
    ) -> Answer<EmailChange> {
        let mut wish = self.0.wish.lock().expect("wish");
        let Some(wish) = wish.as_mut() else {
            return Err(refusal(Code::NotFound, "email_change_not_found", "There is none."));
        };
        wish.status = "withdrawn".into();
        Ok(wish.clone().into())
    }

    async fn reveal_email_change_link(
        &self,
        _: Request<RevealEmailChangeLinkRequest>,
    ) -> Answer<EmailChangeLink> {
        unasked()
    }
}
