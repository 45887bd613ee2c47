//! Follows a person to another address.

use kernel::{Cx, TenantId};
use pg::TenantTx;

use crate::{
    App, Result,
    domain::{Client, PersonAddress},
    store,
};

/// Has every client that the person is go by the new address, in every tenant. The address is kept, so that a client who
/// turns out to be the person later follows as well; what is older than what is known changes nothing.
pub(crate) async fn follow_person(app: &App, cx: &Cx, address: PersonAddress) -> Result<()> {
    let reason = "a person is a client of many tenants";
    let mut tx = app.db.platform("follow_person", reason).await?;
    tx.speak_for(TenantId::PLATFORM).await?;
    store::lock_person_address(&mut tx, address.user_id).await?;
    if !store::put_person_address(&mut tx, &address).await? {
        return Ok(());
    }
    for tenant in store::renew_addresses(&mut tx, &address).await? {
        tx.speak_for(tenant).await?;
        bus::audit(&mut tx, cx, "client.follow_address", &target(&address)).await?;
    }
    tx.commit().await?;
    Ok(())
}

/// Gives a locked client the address that its person moved to before it was known whose client it is. The caller shares
/// the person's address, so that nobody moves meanwhile.
pub(super) async fn renew_address(tx: &mut TenantTx, cx: &Cx, client: Client) -> Result<Client> {
    let Some(user_id) = client.user_id else { return Ok(client) };
    let Some(address) = store::person_address(tx, user_id).await? else { return Ok(client) };
    if !store::renew_address(tx, client.client_id, &address.email).await? {
        return Ok(client);
    }
    bus::audit(tx, cx, "client.follow_address", &target(&address)).await?;
    Ok(Client { email: address.email, ..client })
}

fn target(address: &PersonAddress) -> String {
    format!("user:{}", address.user_id)
}
