//! The list of all configuration keys, computed from the structs that read them.

use std::fmt::Write;

use clap::{Args, Command};

use super::parse::{conventional, is_secret};

/// One configuration key, as its struct declares it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Key {
    /// The flag without its dashes; also the id of an argument without a flag.
    pub name: String,
    /// The environment variable; `None` breaks the rule that every option has one.
    pub env: Option<String>,
    /// A name that other tools use for the same thing and that is read as well.
    pub also: Option<&'static str>,
    /// What it means.
    pub help: String,
    /// The value when none is given; never one of a secret.
    pub default: Option<String>,
    /// The values it may have, when they are a closed list.
    pub values: Vec<String>,
    /// Whether the value must never be shown.
    pub secret: bool,
}

/// All keys of one configuration struct, in the order in which it declares them.
pub fn keys<T: Args>() -> Vec<Key> {
    let command = T::augment_args(Command::new("keys"));
    command.get_arguments().map(key).collect()
}

fn key(arg: &clap::Arg) -> Key {
    let env = arg.get_env().map(|env| env.to_string_lossy().into_owned());
    let secret = is_secret(arg);
    let defaults = arg.get_default_values().iter().map(|value| value.to_string_lossy());
    let default = defaults.collect::<Vec<_>>().join(",");
    Key {
        name: arg.get_long().unwrap_or(arg.get_id().as_str()).to_owned(),
        also: env.as_deref().and_then(conventional),
        help: arg.get_help().map(ToString::to_string).unwrap_or_default(),
        default: (!secret && !default.is_empty()).then_some(default),
        values: arg.get_possible_values().iter().map(|value| value.get_name().to_owned()).collect(),
        env,
        secret,
    }
}

/// A sample environment file with every key: documented, commented out, with its default.
pub fn sample(keys: &[Key]) -> String {
    let mut text = String::new();
    for key in keys {
        let Some(env) = &key.env else { continue };
        let mut line = |text_line: std::fmt::Arguments<'_>| {
            // Writing to a String cannot fail.
            let _ = text.write_fmt(text_line);
        };
        line(format_args!("# {}\n", key.help));
        if !key.values.is_empty() {
            line(format_args!("# One of: {}.\n", key.values.join(", ")));
        }
        if let Some(also) = key.also {
            line(format_args!("# {also} is read as well.\n"));
        }
        if key.secret {
            line(format_args!("# Secret: keep it out of version control.\n"));
        }
        line(format_args!("#{env}={}\n\n", key.default.as_deref().unwrap_or_default()));
    }
    text
}
