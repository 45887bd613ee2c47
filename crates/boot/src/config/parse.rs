//! Reading a command line and the environment, with errors that name the key.

use std::{any::TypeId, env, ffi::OsString};

use clap::{
    Arg, Command, Parser,
    builder::StyledStr,
    error::{ContextKind, ContextValue},
};

use super::SecretArg;

/// Names that other tools already use for the same thing. Ours wins where both are set.
const CONVENTIONAL: [(&str, &str); 3] = [
    ("USHER_DATABASE_URL", "DATABASE_URL"),
    ("USHER_NATS_URL", "NATS_URL"),
    ("USHER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT"),
];

/// Parses `argv` (the program's name first) and the environment into `P`.
///
/// An error names the environment variable beside the flag; a request for help is an error too,
/// as clap has it: call `exit()` on it. A variable that is set but empty counts as not set, so
/// that a compose file may list it without a value. Secrets never show in the help.
pub fn parse<P: Parser>(argv: impl IntoIterator<Item = OsString>) -> Result<P, clap::Error> {
    let mut command = prepare(P::command());
    let mut matches =
        command.try_get_matches_from_mut(argv).map_err(|error| name_key(error, &command))?;
    P::from_arg_matches_mut(&mut matches).map_err(|error| error.format(&mut command))
}

/// The name other tools use for the same thing as `key`, which is read as well.
pub(super) fn conventional(key: &str) -> Option<&'static str> {
    CONVENTIONAL.iter().find(|(ours, _)| *ours == key).map(|(_, theirs)| *theirs)
}

/// Whether an option holds a secret.
pub(super) fn is_secret(arg: &Arg) -> bool {
    arg.get_value_parser().type_id() == TypeId::of::<SecretArg>()
}

fn prepare(command: Command) -> Command {
    command.mut_args(hide_secret).mut_args(choose_variable).mut_subcommands(prepare)
}

fn hide_secret(arg: Arg) -> Arg {
    if is_secret(&arg) { arg.hide_env_values(true).hide_default_value(true) } else { arg }
}

fn choose_variable(arg: Arg) -> Arg {
    let Some(key) = arg.get_env().and_then(|key| key.to_str()).map(str::to_owned) else {
        return arg;
    };
    let has_value = |key: &str| env::var_os(key).is_some_and(|value| !value.is_empty());
    match conventional(&key) {
        _ if has_value(&key) => arg,
        Some(other) if has_value(other) => arg.env(other),
        _ if env::var_os(&key).is_some() => arg.env(None),
        _ => arg,
    }
}

/// Adds the environment variable of the option at fault, which clap leaves out.
fn name_key(mut error: clap::Error, command: &Command) -> clap::Error {
    let Some(ContextValue::String(shown)) = error.get(ContextKind::InvalidArg) else {
        return error;
    };
    if let Some(key) = key_of(command, shown) {
        let tip = StyledStr::from(format!("this option is also the environment variable {key}"));
        error.insert(ContextKind::Suggested, ContextValue::StyledStrs(vec![tip]));
    }
    error
}

/// The variable of the option that clap shows as `--name <VALUE>`. Compared by name: an option of a subcommand that
/// was not reached has not been built, and cannot show itself.
fn key_of(command: &Command, shown: &str) -> Option<String> {
    let name = shown.split([' ', '=']).next()?.strip_prefix("--")?;
    let here = command.get_arguments().find(|arg| arg.get_long() == Some(name));
    match here.and_then(|arg| arg.get_env()) {
        Some(key) => Some(key.to_string_lossy().into_owned()),
        None => command.get_subcommands().find_map(|inner| key_of(inner, shown)),
    }
}
