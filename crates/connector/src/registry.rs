//! The connectors there are.

use std::sync::Arc;

use kernel::FieldViolation;
use outbound::{Outbound, Url};
use serde_json::Value;

use crate::{
    Connector, Settings, Spec,
    legacy::{self, Legacy},
    telegram::{self, Telegram},
};

/// What connectors stand on.
#[derive(Debug, Clone)]
pub struct Ground {
    /// The way outside; [`Outbound::on_behalf_of`] the tenant whose settings are opened.
    pub outbound: Outbound,
    /// Where the Bot API of Telegram is: the operator's to say, since bots' tokens are sent there.
    pub telegram: Url,
}

/// Why a connector could not be opened.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CannotOpen {
    /// There is none of that name.
    #[error("there is no connector of that name")]
    Unknown,
    /// The settings cannot be used.
    #[error("the connector's settings cannot be used")]
    Settings(Vec<FieldViolation>),
}

/// What each connector has to be told.
#[must_use]
pub fn specs() -> [&'static Spec; 2] {
    [&legacy::SPEC, &telegram::SPEC]
}

/// Opens the connector of this name with its settings. Nothing is called yet.
///
/// # Errors
/// [`CannotOpen`], naming the settings at fault.
pub fn open(name: &str, given: &Value, ground: &Ground) -> Result<Arc<dyn Connector>, CannotOpen> {
    let spec = specs().into_iter().find(|spec| spec.name == name).ok_or(CannotOpen::Unknown)?;
    let settings = spec.read(given).map_err(CannotOpen::Settings)?;
    let opened = match spec.name {
        "legacy" => Legacy::open(&settings, ground).map(shared),
        _ => Telegram::open(&settings, ground).map(shared),
    };
    opened.map_err(|violation| CannotOpen::Settings(vec![violation]))
}

fn shared(connector: impl Connector + 'static) -> Arc<dyn Connector> {
    Arc::new(connector)
}

/// What a connector was promised by its spec.
pub(crate) fn needed(settings: &Settings, name: &'static str) -> FieldViolation {
    FieldViolation::new(name, format!("is needed by {}", settings.spec().title))
}
