//! Compiles `proto/` without protoc: generated types, the descriptor set with its comments and options, the kind of
//! every fact, and a `Debug` without secrets.

use std::{env, fmt::Write as _, fs, path::Path, path::PathBuf};

use prost::Message as _;
use prost_reflect::{DescriptorPool, ExtensionDescriptor, MessageDescriptor};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let root = Path::new(&env::var("CARGO_MANIFEST_DIR")?).join("../../proto").canonicalize()?;
    println!("cargo:rerun-if-changed={}", root.display());
    let files = protos(&root.join("usher"))?;
    for file in &files {
        println!("cargo:rerun-if-changed={}", file.display());
    }

    let mut compiler = protox::Compiler::new([&root])?;
    compiler.include_source_info(true).include_imports(true).open_files(&files)?;
    let out = PathBuf::from(env::var("OUT_DIR")?);
    let encoded = compiler.encode_file_descriptor_set();
    fs::write(out.join("descriptors.bin"), &encoded)?;

    let pool = DescriptorPool::decode(encoded.as_slice())?;
    let guarded = with_secrets(&pool)?;
    let mut types = prost_build::Config::new();
    types.enable_type_names();
    types.skip_debug(guarded.iter().map(|message| message.full_name()));
    tonic_prost_build::configure().build_transport(false).compile_fds_with_config(
        prost_types::FileDescriptorSet::decode(encoded.as_slice())?,
        types,
    )?;
    fs::write(out.join("facts.rs"), facts(&pool)?)?;
    fs::write(out.join("secrets.rs"), secrets(&pool, &guarded)?)?;
    Ok(())
}

/// The Rust path of a message: `usher.user.v1.Invite` is `crate::user::v1::Invite`.
fn rust_path(message: &MessageDescriptor) -> String {
    format!("crate::{}", message.full_name().trim_start_matches("usher.").replace('.', "::"))
}

/// Messages with a field that carries the `secret` option.
fn with_secrets(
    pool: &DescriptorPool,
) -> Result<Vec<MessageDescriptor>, Box<dyn std::error::Error>> {
    let option = secret_option(pool)?;
    let has_secret = |message: &MessageDescriptor| {
        message.fields().any(|field| field.options().has_extension(&option))
    };
    Ok(pool.all_messages().filter(has_secret).collect())
}

fn secret_option(pool: &DescriptorPool) -> Result<ExtensionDescriptor, &'static str> {
    pool.get_extension_by_name("usher.rule.v1.secret").ok_or("secret is declared in rule.proto")
}

/// A `Debug` that never prints a secret field.
fn secrets(
    pool: &DescriptorPool,
    messages: &[MessageDescriptor],
) -> Result<String, Box<dyn std::error::Error>> {
    let option = secret_option(pool)?;
    let mut code = String::new();
    for message in messages {
        let (path, name) = (rust_path(message), message.name());
        writeln!(code, "impl std::fmt::Debug for {path} {{")?;
        writeln!(
            code,
            "    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {{"
        )?;
        write!(code, "        f.debug_struct({name:?})")?;
        for field in message.fields() {
            let name = field.name();
            if field.options().has_extension(&option) {
                write!(code, ".field({name:?}, &\"***\")")?;
            } else {
                write!(code, ".field({name:?}, &self.{name})")?;
            }
        }
        writeln!(code, ".finish()\n    }}\n}}")?;
    }
    Ok(code)
}

fn protos(folder: &Path) -> std::io::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            found.extend(protos(&path)?);
        } else if path.extension().is_some_and(|kind| kind == "proto") {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}

/// `impl Fact for …` for every message that carries the `fact` option.
fn facts(pool: &DescriptorPool) -> Result<String, Box<dyn std::error::Error>> {
    let option = pool
        .get_extension_by_name("usher.rule.v1.fact")
        .ok_or("usher.rule.v1.fact is declared in rule.proto")?;
    let mut code = String::new();
    for message in pool.all_messages() {
        let options = message.options();
        if !options.has_extension(&option) {
            continue;
        }
        let kind = options.get_extension(&option);
        let kind = kind.as_str().ok_or("a fact's kind is a text")?.to_owned();
        let path = rust_path(&message);
        writeln!(code, "impl Fact for {path} {{ const KIND: &'static str = {kind:?}; }}")?;
    }
    Ok(code)
}
