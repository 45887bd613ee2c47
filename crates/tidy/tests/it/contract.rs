//! What every method, fact and field of the contract says of itself.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use prost_reflect::{
    DescriptorPool, DynamicMessage, ExtensionDescriptor, FieldDescriptor, FileDescriptor, Kind,
    MessageDescriptor, MethodDescriptor, Value,
};
use tidy::{Excuse, Finding, Rule, workspace};

const RULE: Rule = Rule {
    name: "every RPC has a rule and a place, every fact its service's name, every secret its mark",
    remedy: "see \"Add an RPC\" and \"Add a fact\" in CONTRIBUTING.md",
    excuses: &[
        Excuse {
            place: "proto/usher/",
            what: "page_token",
            because: "the cursor of a list says where to go on and opens nothing",
        },
        Excuse {
            place: "proto/usher/auth/v1/api_keys.proto",
            what: "api_key_id",
            because: "names a key and opens nothing",
        },
        Excuse {
            place: "proto/usher/auth/v1/oauth.proto",
            what: "token_type",
            because: "the kind of a token, in the words of RFC 8693, and no token",
        },
        Excuse {
            place: "proto/usher/provisioning/v1/provisioning.proto",
            what: "wb_token_hint",
            because: "the last characters, shown so that people tell tokens apart",
        },
    ],
};

const SECRETS: [&str; 4] = ["token", "password", "secret", "api_key"];
/// Where addresses lie: ours, and those that callers of older systems know.
const ROOTS: [&str; 5] = ["/v1/", "/onboarding/", "/communities/", "/teams/", "/api/v1/"];

const VERBS: [&str; 5] = ["get", "put", "post", "delete", "patch"];

/// The house's options, as a pool knows them.
struct Options {
    rule: ExtensionDescriptor,
    http: ExtensionDescriptor,
    fact: ExtensionDescriptor,
    secret: ExtensionDescriptor,
}

impl Options {
    fn of(pool: &DescriptorPool) -> Result<Self> {
        let option = |name: &str| pool.get_extension_by_name(name).with_context(|| name.to_owned());
        Ok(Self {
            rule: option("usher.rule.v1.rule")?,
            http: option("google.api.http")?,
            fact: option("usher.rule.v1.fact")?,
            secret: option("usher.rule.v1.secret")?,
        })
    }
}

fn findings(pool: &DescriptorPool) -> Result<Vec<Finding>> {
    let options = Options::of(pool)?;
    let mut found = Vec::new();
    for service in pool.services().filter(|one| one.package_name().starts_with("usher.")) {
        for method in service.methods() {
            found.extend(of_method(&options, &method));
        }
    }
    for message in pool.all_messages().filter(|one| one.package_name().starts_with("usher.")) {
        found.extend(of_message(&options, &message));
    }
    Ok(found)
}

fn of_method(options: &Options, method: &MethodDescriptor) -> Vec<Finding> {
    let service = method.parent_service();
    let owner = owner(service.package_name());
    let said = method.options();
    let mut wrong = Vec::new();
    let rule = said.get_extension(&options.rule);
    match rule.as_message().filter(|_| said.has_extension(&options.rule)) {
        Some(rule) if opens(rule) => {
            let permission = text(rule, "permission");
            if !permission.is_empty() && !is_dotted(&permission, owner) {
                wrong.push(format!("permission `{permission}` is not `{owner}.<resource>.<verb>`"));
            }
        }
        Some(_) => wrong.push("a rule that lets nobody in".into()),
        None => wrong.push("no usher.rule".into()),
    }
    let http = said.get_extension(&options.http);
    if let Some(http) = http.as_message().filter(|_| said.has_extension(&options.http)) {
        let places = places(http).into_iter();
        let astray = places.filter(|place| !ROOTS.iter().any(|root| place.starts_with(root)));
        wrong
            .extend(astray.map(|place| format!("{place} lies under none of {}", ROOTS.join(", "))));
    }
    let (file, line) = (method.parent_file(), line(&method.parent_file(), method.path()));
    let tell = |what| Finding::new(path(&file), line, format!("{}: {what}", method.name()));
    wrong.into_iter().map(tell).collect()
}

fn of_message(options: &Options, message: &MessageDescriptor) -> Vec<Finding> {
    let file = message.parent_file();
    let mut found = Vec::new();
    let said = message.options();
    if said.has_extension(&options.fact) {
        let kind = said.get_extension(&options.fact);
        let (kind, owner) = (kind.as_str().unwrap_or_default(), owner(message.package_name()));
        if !is_dotted(kind, owner) {
            let what = format!("fact `{kind}` is not `{owner}.<entity>.<verb>`");
            found.push(Finding::new(path(&file), line(&file, message.path()), what));
        }
    }
    for field in message.fields() {
        if sounds_secret(&field) && !field.options().has_extension(&options.secret) {
            let what = format!("{}.{} is not marked secret", message.name(), field.name());
            found.push(Finding::new(path(&file), line(&file, field.path()), what));
        }
    }
    found
}

/// Whether a text's name says that it may be a secret; a yes or a time is none.
fn sounds_secret(field: &FieldDescriptor) -> bool {
    let is_text = matches!(field.kind(), Kind::String | Kind::Bytes);
    is_text && SECRETS.iter().any(|word| field.name().contains(word))
}

/// The service that a package belongs to.
fn owner(package: &str) -> &str {
    package.split('.').nth(1).unwrap_or_default()
}

/// `<owner>.<word>.<word>`
fn is_dotted(text: &str, owner: &str) -> bool {
    let words: Vec<_> = text.split('.').collect();
    let plain =
        |word: &&str| !word.is_empty() && word.chars().all(|c| c.is_ascii_lowercase() || c == '_');
    words.len() == 3 && words[0] == owner && words.iter().all(plain)
}

fn opens(rule: &DynamicMessage) -> bool {
    ["public", "signed_in", "permission", "services"]
        .iter()
        .any(|name| rule.has_field_by_name(name))
}

fn text(message: &DynamicMessage, field: &str) -> String {
    let value = message.get_field_by_name(field);
    value.and_then(|value| value.as_str().map(Into::into)).unwrap_or_default()
}

/// The routes of an HTTP option, with its additional ones.
fn places(http: &DynamicMessage) -> Vec<String> {
    let own = VERBS.iter().map(|verb| text(http, verb)).filter(|place| !place.is_empty());
    let more = http.get_field_by_name("additional_bindings");
    let more = more.as_deref().and_then(Value::as_list).unwrap_or_default();
    own.chain(more.iter().filter_map(Value::as_message).flat_map(places)).collect()
}

fn path(file: &FileDescriptor) -> String {
    format!("proto/{}", file.name())
}

fn line(file: &FileDescriptor, path: &[i32]) -> usize {
    let info = file.file_descriptor_proto().source_code_info.iter();
    let mut places = info.flat_map(|info| &info.location).filter(|place| place.path == path);
    let first = places.next().and_then(|place| place.span.first());
    first.and_then(|line| usize::try_from(line + 1).ok()).unwrap_or_default()
}

/// The files as one contract, each found in one of the folders.
fn contract(folders: &[&Path], files: &[PathBuf]) -> Result<DescriptorPool> {
    let mut compiler = protox::Compiler::new(folders)?;
    compiler.include_imports(true).include_source_info(true).open_files(files)?;
    Ok(DescriptorPool::decode(compiler.encode_file_descriptor_set().as_slice())?)
}

/// The house's options with one more file.
fn with(text: &str) -> Result<DescriptorPool> {
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("usher/user/v1/bad.proto");
    std::fs::create_dir_all(file.parent().context("a folder")?)?;
    std::fs::write(&file, text)?;
    contract(&[folder.path(), &workspace::root().join("proto")], &[file])
}

#[test]
fn the_contract_says_what_it_must() -> Result<()> {
    let root = workspace::root().join("proto");
    let files = workspace::files("proto/usher", ".proto")?;
    let files: Vec<_> = files.iter().map(|(path, _)| workspace::root().join(path)).collect();
    let pool = contract(&[&root], &files)?;
    assert!(pool.services().count() >= workspace::SERVICES.len());
    RULE.hold(&findings(&pool)?)
}

#[test]
fn what_the_contract_keeps_silent_is_found() -> Result<()> {
    let pool = with(
        r#"syntax = "proto3";
package usher.user.v1;
import "google/api/annotations.proto";
import "usher/rule/v1/rule.proto";
service Bad {
  rpc Unruled(Told) returns (Told);
  rpc Closed(Told) returns (Told) { option (usher.rule.v1.rule) = {rate: "read"}; }
  rpc Astray(Told) returns (Told) {
    option (google.api.http) = {get: "/v1/a" additional_bindings {get: "/admin/a"}};
    option (usher.rule.v1.rule) = {permission: "read"};
  }
}
message Told {
  option (usher.rule.v1.fact) = "tenant.invite.told";
  string reset_token = 1;
  bool needs_password = 3;
  string password = 2 [(usher.rule.v1.secret) = true];
}
"#,
    )?;
    let found = findings(&pool)?;
    let told: Vec<_> = found.iter().map(|one| (one.line, one.what.as_str())).collect();
    assert_eq!(
        told,
        [
            (6, "Unruled: no usher.rule"),
            (7, "Closed: a rule that lets nobody in"),
            (8, "Astray: permission `read` is not `user.<resource>.<verb>`"),
            (
                8,
                "Astray: /admin/a lies under none of /v1/, /onboarding/, /communities/, /teams/, /api/v1/"
            ),
            (13, "fact `tenant.invite.told` is not `user.<entity>.<verb>`"),
            (15, "Told.reset_token is not marked secret"),
        ]
    );
    assert_eq!(found[0].place, "proto/usher/user/v1/bad.proto");
    Ok(())
}
