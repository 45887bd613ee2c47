//! The keys by which parts prove themselves: fresh for one process, from a folder for many.

use std::{collections::HashMap, fs, os::unix::fs::OpenOptionsExt, path::Path};

use anyhow::Context;
use base64::{Engine, engine::general_purpose::STANDARD};
use wire::identity::{ServiceKey, Trust};

use super::Part;

/// The name in which the command line's own process calls services, for seeding.
pub(super) const OPERATOR: &str = "usher";

/// Private keys of the parts of this process, and the public keys of all.
#[derive(Debug)]
pub struct Keys {
    private: HashMap<String, ServiceKey>,
    /// Whom this process believes.
    pub trust: Trust,
}

impl Keys {
    /// Fresh keys for every part: for a platform that lives in one process.
    ///
    /// # Errors
    /// The system gives no randomness.
    pub fn fresh() -> anyhow::Result<Self> {
        let (mut private, trust) = (HashMap::new(), Trust::default());
        for name in names() {
            let key = ServiceKey::generate(name)?;
            trust.believe(name, key.public())?;
            private.insert(name.to_owned(), key);
        }
        Ok(Self { private, trust })
    }

    /// Keys from a folder: `<part>.key` for the parts of this process, `<part>.pub` for all.
    ///
    /// # Errors
    /// A key that is missing or cannot be read; names the file.
    pub fn load(folder: &Path, parts: &[Part]) -> anyhow::Result<Self> {
        let (mut private, trust) = (HashMap::new(), Trust::default());
        for name in names() {
            let file = folder.join(format!("{name}.pub"));
            let text = fs::read_to_string(&file)
                .with_context(|| format!("cannot read {}", file.display()))?;
            trust
                .believe(name, text.trim())
                .with_context(|| format!("{} is no public key", file.display()))?;
        }
        for name in parts.iter().map(|part| part.name()) {
            let file = folder.join(format!("{name}.key"));
            let text = fs::read_to_string(&file)
                .with_context(|| format!("cannot read {}", file.display()))?;
            let pkcs8 = STANDARD
                .decode(text.trim())
                .with_context(|| format!("{} is no key", file.display()))?;
            let key = ServiceKey::from_pkcs8(name, &pkcs8);
            private.insert(
                name.to_owned(),
                key.with_context(|| format!("{} is no key", file.display()))?,
            );
        }
        Ok(Self { private, trust })
    }

    /// Writes fresh keys for every part into a folder; keys that exist are kept.
    ///
    /// # Errors
    /// The folder cannot be written.
    pub fn write(folder: &Path) -> anyhow::Result<()> {
        fs::create_dir_all(folder)?;
        for name in names() {
            let file = folder.join(format!("{name}.key"));
            if file.exists() {
                continue;
            }
            let key = ServiceKey::generate(name)?;
            let mut private =
                fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&file)?;
            std::io::Write::write_all(&mut private, STANDARD.encode(key.pkcs8()).as_bytes())?;
            fs::write(folder.join(format!("{name}.pub")), key.public())?;
        }
        Ok(())
    }

    /// Takes the private key of a part; each is taken once.
    ///
    /// # Errors
    /// No such key here.
    pub fn private(&mut self, name: &str) -> anyhow::Result<ServiceKey> {
        self.private.remove(name).with_context(|| format!("this process holds no key of `{name}`"))
    }
}

fn names() -> impl Iterator<Item = &'static str> {
    Part::ALL.into_iter().map(Part::name).chain([OPERATOR])
}
