//! Configuration: defaults, refusals that name the key, secrets that stay hidden.

use std::{ffi::OsString, io::Write};

use boot::{
    Config, ConfigError, LogFormat, Profile, SecretArg,
    config::{keys, parse, sample},
};
use clap::Parser;
use secrecy::ExposeSecret;

#[derive(Debug, Parser)]
struct Cli {
    #[command(flatten)]
    config: Config,
}

fn read(flags: &[&str]) -> Result<Config, clap::Error> {
    let argv = std::iter::once("usher").chain(flags.iter().copied()).map(OsString::from);
    parse::<Cli>(argv).map(|cli| cli.config)
}

fn production(key: &str) -> Config {
    Config {
        profile: Profile::Production,
        master_key: Some(SecretArg::from(key)),
        ..Config::default()
    }
}

#[test]
fn defaults_in_code_are_those_of_the_command_line() {
    let declared = keys::<Config>();
    let default = Config::default();
    let of = |name: &str| declared.iter().find(|key| key.name == name).unwrap().default.clone();
    assert_eq!(of("listen").unwrap(), default.listen.to_string());
    assert_eq!(of("drain-seconds").unwrap(), default.drain_seconds.to_string());
    assert_eq!(of("log-filter").unwrap(), default.log_filter.as_str());
    assert_eq!(of("trace-ratio").unwrap(), default.trace_ratio.get().to_string());
    assert_eq!(of("profile").unwrap(), "dev");
    assert_eq!(of("admin-listen"), None);
}

#[test]
fn every_option_is_documented_and_is_an_environment_variable() {
    for key in keys::<Config>() {
        let expected = format!("USHER_{}", key.name.replace('-', "_").to_uppercase());
        assert_eq!(key.env, Some(expected));
        assert!(!key.help.is_empty(), "{} has no help", key.name);
    }
}

#[test]
fn secret_keys_are_known_as_such() {
    let keys = keys::<Config>();
    let secret: Vec<_> =
        keys.iter().filter(|key| key.secret).map(|key| key.name.as_str()).collect();
    assert_eq!(secret, ["database-url", "nats-url", "master-key"]);
}

#[test]
fn the_sample_lists_every_key() {
    let keys = keys::<Config>();
    let text = sample(&keys);
    for key in &keys {
        let line = format!("#{}=", key.env.as_deref().unwrap());
        assert!(text.lines().any(|found| found.starts_with(&line)), "{line} is missing");
    }
    assert!(text.contains("# One of: dev, production.\n"));
    assert!(text.contains("#USHER_LISTEN=127.0.0.1:8080\n"));
    assert!(text.contains("# DATABASE_URL is read as well.\n"));
}

#[test]
fn a_bad_value_is_refused_with_flag_and_variable() {
    for (flags, key) in [
        (["--listen", "here"], "USHER_LISTEN"),
        (["--admin-listen", "9000"], "USHER_ADMIN_LISTEN"),
        (["--drain-seconds", "-1"], "USHER_DRAIN_SECONDS"),
        (["--log-format", "xml"], "USHER_LOG_FORMAT"),
        (["--log-filter", "boot=loud"], "USHER_LOG_FILTER"),
        (["--otlp-endpoint", "collector"], "USHER_OTLP_ENDPOINT"),
        (["--trace-ratio", "2"], "USHER_TRACE_RATIO"),
        (["--profile", "test"], "USHER_PROFILE"),
    ] {
        let message = read(&[&format!("{}={}", flags[0], flags[1])]).unwrap_err().to_string();
        assert!(message.contains(key), "{key} is not named in: {message}");
        assert!(message.contains(flags[0]), "{} is not named in: {message}", flags[0]);
    }
}

#[test]
fn debug_shows_no_secret() {
    let config = read(&[
        "--database-url=postgres://u:canary-1@h/d",
        "--nats-url=nats://u:canary-2@h",
        "--master-key=canary-3",
    ])
    .unwrap();
    let shown = format!("{config:?} {config:#?}");
    assert!(!shown.contains("canary"), "{shown}");
    assert_eq!(config.nats_url().unwrap().expose_secret(), "nats://u:canary-2@h");
}

#[test]
fn the_admin_listener_is_beside_the_public_one_on_loopback() {
    let at = |listen: &str| read(&["--listen", listen]).unwrap().admin_listen().to_string();
    assert_eq!(at("0.0.0.0:8080"), "127.0.0.1:9080");
    assert_eq!(at("0.0.0.0:0"), "127.0.0.1:0");
    assert_eq!(at("0.0.0.0:65000"), "127.0.0.1:64000");
    let given = read(&["--admin-listen", "10.0.0.1:7"]).unwrap();
    assert_eq!(given.admin_listen().to_string(), "10.0.0.1:7");
}

#[test]
fn production_logs_json_unless_told_otherwise() {
    assert_eq!(production("").log_format(), LogFormat::Json);
    assert_eq!(Config::default().log_format(), LogFormat::Pretty);
    let told = read(&["--profile=production", "--log-format=pretty"]).unwrap();
    assert_eq!(told.log_format(), LogFormat::Pretty);
}

#[test]
fn production_refuses_a_missing_short_published_or_made_up_master_key() {
    let missing = Config { master_key: None, ..production("") }.master_key().unwrap_err();
    assert!(matches!(missing, ConfigError::Missing { key: "USHER_MASTER_KEY", .. }));
    let published = hex::encode(b"usher-development-key-not-secret");
    let walking: Vec<u8> = (0..32_u8).map(|at| at.wrapping_mul(37)).collect();
    let of_tests = "91d574e44f0a11c57f4c6a13c33c16325203844074591fc23e15a9d8dd42d128";
    for key in [
        "",
        "c2hvcnQ=",
        "not a key!",
        &published,
        of_tests,
        &"00".repeat(32),
        &"ab".repeat(32),
        &hex::encode(walking),
        &hex::encode(&"correct horse battery staple 2026".as_bytes()[..32]),
    ] {
        let error = production(key).master_key().unwrap_err();
        assert_eq!(error.key(), "USHER_MASTER_KEY");
        assert!(error.to_string().contains("openssl rand -base64 32"), "{error}");
        assert!(key.is_empty() || !error.to_string().contains(key), "the key shows: {error}");
    }
}

#[test]
fn the_master_key_is_read_as_hex_or_any_base64() {
    let bytes: [u8; 32] = std::array::from_fn(|at| (at * at * 37 + at * 11 + 200) as u8);
    let hex = hex::encode(bytes);
    let padded = "yPhyNkScPipg4Kq+HMS28nhIYsZ0bK46EDCaTkyUJgI=";
    for text in [hex.as_str(), &format!(" {hex}\n")] {
        assert_eq!(*production(text).master_key().unwrap().expose_secret(), bytes);
    }
    let from = |text: &str| *production(text).master_key().unwrap().expose_secret();
    let unpadded = padded.trim_end_matches('=');
    assert_eq!(from(padded), from(unpadded));
    assert_eq!(from(padded), from(&padded.replace('+', "-").replace('/', "_")));
}

#[test]
fn the_master_key_file_holds_bytes_or_text_and_is_named_when_it_cannot_be_read() {
    let bytes: [u8; 32] = std::array::from_fn(|at| (at * at * 37 + at * 11 + 200) as u8);
    for content in [bytes.to_vec(), hex::encode(bytes).into_bytes()] {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(&content).unwrap();
        let path = Some(file.path().to_owned());
        let config = Config { master_key: None, master_key_file: path, ..production("") };
        assert_eq!(*config.master_key().unwrap().expose_secret(), bytes);
    }
    let absent = Some("/nowhere/key".into());
    let config = Config { master_key: None, master_key_file: absent, ..production("") };
    let error = config.master_key().unwrap_err();
    assert_eq!(error.key(), "USHER_MASTER_KEY_FILE");
    assert!(error.to_string().contains("/nowhere/key"));
}

#[test]
fn two_sources_of_the_master_key_are_refused() {
    let config = Config { master_key_file: Some("/some/file".into()), ..production("x") };
    let error = config.master_key().unwrap_err().to_string();
    assert!(error.contains("USHER_MASTER_KEY_FILE is set too"), "{error}");
}

#[test]
fn development_works_without_a_master_key() {
    assert!(Config::default().master_key().is_ok());
}

#[test]
fn a_missing_database_or_bus_is_named() {
    let config = Config::default();
    assert_eq!(config.database_url().unwrap_err().key(), "USHER_DATABASE_URL");
    assert_eq!(config.nats_url().unwrap_err().key(), "USHER_NATS_URL");
}
