//! The settings of a test's platform: the defaults, whatever the environment says, in the tempo of tests.

use std::net::SocketAddr;

use clap::{Args, Command, FromArgMatches};
use sandbox::Sandbox;
use secrecy::ExposeSecret;
use usher::platform::Settings;

use crate::{Database, MASTER_KEY, Stream};

/// Where nobody answers.
const NOWHERE: &str = "127.0.0.1:9";

/// Settings for a platform on these, on free ports.
pub(super) fn settings(
    database: &Database,
    stream: &Stream,
    sandbox: Option<&Sandbox>,
) -> Settings {
    let mut settings = defaults();
    let boot = &mut settings.boot;
    boot.listen = SocketAddr::from(([127, 0, 0, 1], 0));
    boot.database_url = Some(database.url().into());
    boot.nats_url = Some(stream.url().into());
    boot.master_key = Some(MASTER_KEY.into());
    settings.stream.clone_from(&stream.place().name);
    settings.database_connections = 4;
    // The world outside is not asked.
    settings.tenant.dns_servers = vec![NOWHERE.parse().expect("an address")];

    let gateway = &mut settings.gateway;
    for limit in [
        &mut gateway.limit_login,
        &mut gateway.limit_invite,
        &mut gateway.limit_accept,
        &mut gateway.limit_write,
        &mut gateway.limit_read,
    ] {
        // No limit.
        *limit = 0;
    }
    let smtp = sandbox.map_or(NOWHERE.into(), |sandbox| sandbox.mail.smtp_addr().to_string());
    settings.notifier.smtp_url = Some(format!("smtp://{smtp}").into());
    let provisioning = &mut settings.provisioning;
    provisioning.legacy_url =
        Some(sandbox.map_or(format!("http://{NOWHERE}"), |sandbox| sandbox.legacy.url()));
    let key = sandbox.map_or("none", |sandbox| sandbox.legacy.api_key().expose_secret());
    provisioning.legacy_api_key = Some(key.into());
    (provisioning.provisioning_base_ms, provisioning.provisioning_cap_ms) = (20, 500);
    settings
}

fn defaults() -> Settings {
    let command = Settings::augment_args(Command::new("test"));
    let command = command.mut_args(|arg| arg.env(None));
    let matches = command.try_get_matches_from(["test"]).expect("every setting has a default");
    Settings::from_arg_matches(&matches).expect("defaults can be read")
}
