//! Facts heard: every one; those with a sentence become items of the feed.

use bus::{Consumers, Envelope};
use wire::{
    Fact, events::v1::EventCreated, json, notifier::v1 as notifier,
    provisioning::v1::ClientAdvanced, tenant::v1::TenantCreated, user::v1 as user,
};

use crate::{
    App, Result,
    domain::{Happening, Stage},
    ops,
};

/// Who hears what.
pub(crate) fn consumers(app: &App) -> Consumers {
    let hearing = app.clone();
    Consumers::new(app.db.clone(), app.nats.clone()).on_any(">", move |_, envelope| {
        let app = hearing.clone();
        async move { hear(&app, &envelope).await }
    })
}

async fn hear(app: &App, envelope: &Envelope) -> Result<()> {
    let Some(happening) = happening(envelope)? else {
        return Ok(());
    };
    let command = ops::RecordItem {
        kind: envelope.kind.clone(),
        text: happening.sentence(),
        source: envelope.id,
        occurred_at: envelope.time.into(),
    };
    ops::record_item(app, envelope.tenantid, command).await
}

/// What a fact says happened; `None` for the kinds that the feed does not tell.
fn happening(envelope: &Envelope) -> Result<Option<Happening>> {
    let data = &envelope.data;
    Ok(Some(match envelope.kind.as_str() {
        TenantCreated::KIND => {
            let name = json::decode::<TenantCreated>(data)?.name;
            Happening::TenantCreated { name }
        }
        user::InviteCreated::KIND => {
            let role = json::decode::<user::InviteCreated>(data)?.role;
            Happening::InviteCreated { role }
        }
        user::InviteAccepted::KIND => {
            let role = json::decode::<user::InviteAccepted>(data)?.role;
            Happening::InviteAccepted { role }
        }
        user::InviteRevoked::KIND => Happening::InviteRevoked,
        ClientAdvanced::KIND => {
            let stage = json::decode::<ClientAdvanced>(data)?.to;
            Happening::ClientAdvanced(Stage::parse(&stage))
        }
        notifier::MessageSent::KIND => {
            let template = json::decode::<notifier::MessageSent>(data)?.template;
            Happening::MessageSent { template }
        }
        EventCreated::KIND => {
            let title = json::decode::<EventCreated>(data)?.title;
            Happening::EventCreated { title }
        }
        _ => return Ok(None),
    }))
}
