//! Who asks, for which tenant, and whether for a page or for a part of one.

use std::time::Duration;

use axum::extract::FromRequestParts;
use gateway::{Front, Problem, Visitor, onward, onward_cookie};
use http::{Method, StatusCode, request::Parts};
use kernel::{Actor, Cx, Timestamp};

use crate::failure::Failure;

/// The longest a page waits for the services.
const PATIENCE: Duration = Duration::from_secs(10);

/// A visitor of the console.
#[derive(Debug)]
pub(crate) struct Guest {
    visitor: Visitor,
    wants: Wants,
    now: Timestamp,
    /// This page, where going to it again shows it again.
    here: Option<String>,
    /// The page that was asked for before anybody was signed in.
    onward: Option<String>,
}

/// What the answer is put into.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wants {
    /// A window of its own.
    Page,
    /// A page that is shown already.
    Part,
}

impl Guest {
    /// The context of the calls this page makes.
    pub(crate) fn cx(&self) -> &Cx {
        &self.visitor.cx
    }

    pub(crate) fn visitor(&self) -> &Visitor {
        &self.visitor
    }

    /// When the request came.
    pub(crate) const fn now(&self) -> Timestamp {
        self.now
    }

    /// An address of the console as this guest writes it.
    pub(crate) fn at(&self, path: &str) -> String {
        format!("{}{path}", self.visitor.prefix)
    }

    /// What links begin with.
    pub(crate) fn prefix(&self) -> &str {
        &self.visitor.prefix
    }

    /// The tenant's name, where the address names one.
    pub(crate) fn tenant_name(&self) -> Option<String> {
        self.visitor.tenant.as_ref().map(|tenant| tenant.name.clone())
    }

    /// The name of this tenant, where the address names it.
    pub(crate) fn name_of(&self, tenant_id: &str) -> Option<String> {
        let tenant = self.visitor.tenant.as_ref().filter(|known| known.id.to_string() == tenant_id);
        tenant.map(|tenant| tenant.name.clone())
    }

    /// The page that this browser was sent to sign in from.
    pub(crate) fn onward(&self) -> Option<&str> {
        self.onward.as_deref()
    }

    /// Sends this browser to sign in, and back here afterwards.
    pub(crate) fn to_sign_in(&self) -> Result<Failure, Problem> {
        let back = onward_cookie(self.visitor.scheme, self.here.as_deref())?;
        Ok(Failure::SignIn { address: self.at("/signin"), wants: self.wants, back })
    }

    pub(crate) fn is_signed_in(&self) -> bool {
        !matches!(self.visitor.cx.actor, Actor::Anonymous)
    }

    /// Sends whoever is not signed in to the sign-in page, and refuses who is but has no place in this tenant.
    pub(crate) fn signed_in(self) -> Result<Self, Failure> {
        if self.is_signed_in() {
            return Ok(self);
        }
        match self.visitor.refusal {
            Some(refusal) if refusal.status() == StatusCode::NOT_FOUND => Err(refusal.into()),
            _ => Err(self.to_sign_in()?),
        }
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Guest {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Failure> {
        let mut visitor = Visitor::from_request_parts(parts, state).await?;
        let now = Front::from_request_parts(parts, state).await?.now();
        visitor.cx.deadline = Some(now.after(PATIENCE));
        let wants = match parts.headers.contains_key("hx-request") {
            true => Wants::Part,
            false => Wants::Page,
        };
        let is_page = parts.method == Method::GET && wants == Wants::Page;
        let path = parts.uri.path_and_query().filter(|_| is_page);
        let here = path.map(|path| format!("{}{path}", visitor.prefix));
        let onward = onward(&parts.headers, visitor.scheme);
        Ok(Self { visitor, wants, now, here, onward })
    }
}
