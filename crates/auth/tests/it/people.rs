//! The user service as far as this one asks it: who belongs where, and what they may.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
};

use tonic::{Request, Response, Status};
use wire::user::v1::{
    Effective, ListEffectiveRequest, ListRolesRequest, ListRolesResponse, access_server::Access,
};

/// What it says of somebody; of whom nothing was said, they belong everywhere and may nothing.
#[derive(Clone, Default)]
pub(crate) struct People(Arc<Mutex<HashMap<String, Effective>>>);

impl People {
    /// Says this of somebody from now on.
    pub(crate) fn say(&self, id: &str, rights: Effective) {
        self.0.lock().expect("said").insert(id.to_owned(), rights);
    }

    /// Has somebody belong nowhere.
    pub(crate) fn put_out(&self, id: &str) {
        self.say(id, Effective::default());
    }

    /// Has somebody belong everywhere, and may this.
    pub(crate) fn allow(&self, id: &str, permissions: &[&str]) {
        let permissions = permissions.iter().map(|&word| word.to_owned()).collect();
        let roles = vec!["admin".to_owned()];
        let rights =
            Effective { permissions, roles, belongs: true, epoch: 7, ..Effective::default() };
        self.say(id, rights);
    }
}

#[tonic::async_trait]
impl Access for People {
    async fn list_roles(
        &self,
        _: Request<ListRolesRequest>,
    ) -> Result<Response<ListRolesResponse>, Status> {
        Err(Status::unimplemented("no test asks for this"))
    }

    async fn list_effective(
        &self,
        request: Request<ListEffectiveRequest>,
    ) -> Result<Response<Effective>, Status> {
        let said = self.0.lock().expect("said").get(&request.get_ref().user_id).cloned();
        let unsaid = || Effective { belongs: true, epoch: 1, ..Effective::default() };
        let mut said = said.unwrap_or_else(unsaid);
        if request.get_ref().tenant_only {
            said.roles = vec!["of_tenant".to_owned()];
        }
        Ok(Response::new(said))
    }
}
