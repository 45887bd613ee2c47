//! Tells the catalogue of permissions, at start, what a service asks for.

use std::{collections::BTreeSet, time::Duration};

use boot::Host;
use kernel::{Clock, Cx};
use wire::{
    Mesh, call, rules,
    user::v1::{DeclarePermissionsRequest, decisions_client::DecisionsClient},
};

use super::Part;

/// How long to wait for a user service that is not there yet.
const PAUSE: Duration = Duration::from_millis(500);

/// Declares what the contract of this build lets `part` ask for, until the user service has heard it. The user service
/// itself knows its own.
pub(super) fn declare(part: Part, mesh: Mesh, host: &Host) {
    let permissions = asked_by(part.name());
    if part == Part::User || permissions.is_empty() {
        return;
    }
    host.spawn(format!("{} permissions", part.name()), async move |stop| {
        let cx = Cx::of_service(part.name(), None, &Clock::system());
        loop {
            let wish = DeclarePermissionsRequest { permissions: permissions.clone() };
            let mut user = DecisionsClient::new(mesh.to(Part::User.name()));
            match user.declare_permissions(call(&cx, wish)).await {
                Ok(_) => return Ok(()),
                Err(status) => {
                    tracing::debug!(service = part.name(), code = ?status.code(), "the catalogue does not listen yet");
                }
            }
            tokio::select! {
                () = stop.cancelled() => return Ok(()),
                () = tokio::time::sleep(PAUSE) => {}
            }
        }
    });
}

/// The permissions of a service's own methods.
fn asked_by(service: &str) -> Vec<String> {
    let rules = rules::methods().filter_map(|method| rules::of(&rules::path(&method)));
    let named = rules.map(|rule| rule.permission.clone());
    let own: BTreeSet<String> =
        named.filter(|permission| permission.split('.').next() == Some(service)).collect();
    own.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_service_asks_for_its_own() {
        let events = asked_by("events");
        assert!(events.contains(&"events.event.read".to_owned()));
        assert!(events.iter().all(|permission| permission.starts_with("events.")));
    }
}
