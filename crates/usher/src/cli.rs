//! The command line: every verb, every option, each also an environment variable `USHER_…`.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

use crate::{commands, out, platform};

const EXIT_CODES: &str = "\
Exit codes:
  0  done; for `onboard`: every good row is active; for `invites import`: everybody is invited or a member
  1  failed; the reason stands on standard error
  2  the command line or the configuration is wrong
  3  `onboard`: some good row is not active; `invites import`: some row was refused or left out;
     `tenant import`: some row became no tenant";

/// Usher brings a customer from an e-mailed invitation to a working, provisioned workspace.
#[derive(Debug, Parser)]
#[command(name = "usher", version, after_help = EXIT_CODES, arg_required_else_help = true)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// The verbs.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run services: all of them, or only those named.
    Run(Box<commands::run::Run>),
    /// Run everything on this machine with nothing to install first: private servers, sandbox, sample tenant.
    Dev(Box<commands::dev::Dev>),
    /// Bring the database to this build's schema.
    Migrate(commands::migrate::Migrate),
    /// Print the link by which the platform's first administrator comes in.
    Setup(Box<commands::setup::Setup>),
    /// Bring the clients of a CSV file from invitation to an active workspace.
    Onboard(commands::onboard::Onboard),
    /// Invitations.
    #[command(subcommand)]
    Invites(commands::invites::Invites),
    /// The facts as they pass.
    #[command(subcommand)]
    Events(commands::events::Events),
    /// The outbox: what waits, what is parked, what to tell again.
    #[command(subcommand)]
    Outbox(commands::outbox::Outbox),
    /// Tenants.
    #[command(subcommand)]
    Tenant(commands::tenant::Tenants),
    /// People.
    #[command(subcommand)]
    User(commands::user::Users),
    /// Clients on their way to a working workspace.
    #[command(subcommand)]
    Clients(commands::clients::Clients),
    /// Durable jobs.
    #[command(subcommand)]
    Jobs(commands::jobs::Jobs),
    /// The rollout: to whom invitations are open, and what must be proven before they open to more.
    #[command(subcommand)]
    Rollout(commands::rollout::Rollout),
    /// Maintenance: while it lasts, nobody is served but operators.
    #[command(subcommand)]
    Maintenance(Box<commands::maintenance::Maintenance>),
    /// The keys by which services prove themselves to each other, and those that sign tokens.
    /// The block list: sources that are not served.
    #[command(subcommand)]
    Bans(commands::bans::Bans),
    /// Letters that came back.
    #[command(subcommand)]
    Bounces(commands::bounces::Bounces),
    /// The keys by which services prove themselves to each other.
    #[command(subcommand)]
    Keys(commands::keys::Keys),
    /// The keys that seal tenants' secrets: how they stand, and their rotation.
    #[command(subcommand)]
    Vault(commands::vault::Vaults),
    /// Print every configuration key with its default, as a sample file.
    Config,
    /// Ask a running platform whether it is ready; for container health checks.
    Healthcheck(commands::healthcheck::Healthcheck),
    /// Print shell completions.
    Completions {
        /// For which shell.
        shell: clap_complete::Shell,
    },
}

/// Which running platform to talk to.
#[derive(Clone, Debug, Args)]
pub struct Target {
    /// Address of the platform, such as https://usher.example.com.
    #[arg(long, env = "USHER_URL", value_name = "URL")]
    pub url: Option<String>,
    /// Bearer token of an operator.
    #[arg(long, env = "USHER_TOKEN", value_name = "TOKEN", hide_env_values = true)]
    pub token: Option<boot::SecretArg>,
    /// Data folder of a running `usher dev`: address and token are found there.
    #[arg(long, env = "USHER_DATA", value_name = "DIR")]
    pub data: Option<PathBuf>,
}

/// How results are printed.
#[derive(Clone, Copy, Debug, Args)]
pub struct Output {
    /// Print JSON instead of a table.
    #[arg(long, env = "USHER_JSON")]
    pub json: bool,
}

/// Runs the command and says with which code to end.
///
/// # Errors
/// What the command says; the process ends with 1.
pub async fn run(cli: Cli) -> anyhow::Result<u8> {
    match cli.command {
        Command::Run(run) => commands::run::run(*run).await,
        Command::Dev(dev) => commands::dev::dev(*dev).await,
        Command::Migrate(migrate) => commands::migrate::migrate(migrate).await,
        Command::Setup(setup) => commands::setup::setup(*setup).await,
        Command::Onboard(onboard) => commands::onboard::onboard(onboard).await,
        Command::Invites(invites) => commands::invites::invites(invites).await,
        Command::Events(events) => commands::events::events(events).await,
        Command::Outbox(outbox) => commands::outbox::outbox(outbox).await,
        Command::Tenant(tenants) => commands::tenant::tenants(tenants).await,
        Command::User(users) => commands::user::users(users).await,
        Command::Clients(clients) => commands::clients::clients(clients).await,
        Command::Jobs(jobs) => commands::jobs::jobs(jobs).await,
        Command::Rollout(rollout) => commands::rollout::rollout(rollout).await,
        Command::Maintenance(command) => commands::maintenance::maintenance(*command).await,
        Command::Keys(keys) => commands::keys::keys(keys).await,
        Command::Bans(bans) => commands::bans::bans(bans).await,
        Command::Bounces(bounces) => commands::bounces::bounces(bounces).await,
        Command::Vault(vaults) => commands::vault::vault(vaults).await,
        Command::Config => {
            out::line(platform::sample().trim_end())?;
            Ok(0)
        }
        Command::Healthcheck(check) => commands::healthcheck::healthcheck(check).await,
        Command::Completions { shell } => {
            let mut command = <Cli as clap::CommandFactory>::command();
            clap_complete::generate(shell, &mut command, "usher", &mut std::io::stdout());
            Ok(0)
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn a_wrong_option_of_any_command_is_told_with_its_variable() {
        let told = |line: &str| {
            let words = line.split(' ').map(std::ffi::OsString::from);
            boot::config::parse::<Cli>(words).expect_err(line).to_string()
        };
        for line in
            ["usher dev --bogus", "usher run nosuch", "usher onboard a b", "usher config --x"]
        {
            assert!(told(line).starts_with("error:"), "{}", told(line));
        }
        for (line, key) in [
            ("usher dev --port x", "USHER_PORT"),
            ("usher dev --limit-login x", "USHER_LIMIT_LOGIN"),
            ("usher onboard --wait-seconds x f", "USHER_WAIT_SECONDS"),
            ("usher invites import f", "--tenant"),
            ("usher events tail --count x", "USHER_COUNT"),
            ("usher rollout promote --from x", "USHER_FROM"),
            ("usher rollout halt", "--reason"),
            ("usher bans add 192.0.2.7", "--reason"),
            ("usher jobs skip x add_token", "<JOB>"),
            ("usher jobs pause 019aa000-0000-7000-8000-000000000000 --tenant a", "--reason"),
            ("usher rollout incident open leak --severity x", "USHER_SEVERITY"),
        ] {
            assert!(told(line).contains(key), "{}", told(line));
        }
    }
}
