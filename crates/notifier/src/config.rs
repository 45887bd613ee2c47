//! Settings of this service.

use boot::{ConfigError, SecretArg};
use clap::Args;
use lettre::message::Mailbox;

use crate::Mailer;

const SMTP_URL: &str = "USHER_SMTP_URL";

/// How mail leaves.
#[derive(Args, Clone, Debug)]
#[group(skip)]
pub struct Config {
    /// Mail server: smtps://user:password@host (TLS), smtp://host?tls=required (STARTTLS), or
    /// smtp://host:port (plain, for a relay on the same machine).
    #[arg(long, env = SMTP_URL, value_name = "URL", hide_env_values = true)]
    pub smtp_url: Option<SecretArg>,

    /// Sender of all mail, such as Usher <usher@example.com>; its domain also ends every Message-ID.
    #[arg(
        long,
        env = "USHER_MAIL_FROM",
        value_name = "MAILBOX",
        default_value = "Usher <usher@localhost>"
    )]
    pub mail_from: Mailbox,
}

impl Config {
    /// Makes the mailer; it connects when the first letter is sent. Must be called inside a tokio runtime.
    ///
    /// # Errors
    /// [`ConfigError`] naming the key, where the mail server is not given or its address cannot be read.
    pub fn build(&self) -> Result<Mailer, ConfigError> {
        let url = self.smtp_url.as_ref().ok_or(ConfigError::Missing {
            key: SMTP_URL,
            remedy: "give the mail server to use, such as smtps://user:password@host",
        })?;
        Mailer::new(url.secret(), self.mail_from.clone()).map_err(|_| ConfigError::Invalid {
            key: SMTP_URL,
            // The cause may repeat the address, and with it a password.
            reason: "give smtps://user:password@host, or smtp://host:port".into(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(smtp_url: Option<&str>) -> Config {
        Config {
            smtp_url: smtp_url.map(SecretArg::from),
            mail_from: "Usher <usher@mail.example>".parse().expect("a mailbox"),
        }
    }

    #[tokio::test]
    async fn addresses_with_and_without_encryption_are_understood() {
        boot::crypto::install();
        for url in [
            "smtp://127.0.0.1:2525",
            "smtps://user:password@mail.example",
            "smtp://user:password@mail.example?tls=required",
        ] {
            config(Some(url)).build().expect(url);
        }
    }

    #[tokio::test]
    async fn a_bad_address_is_named_by_its_key_and_not_repeated() {
        assert_eq!(config(None).build().expect_err("missing").key(), SMTP_URL);
        for url in
            ["http://user:canary@mail.example", "canary", "smtp://user:canary@mail.example?tls=no"]
        {
            let config = config(Some(url));
            let problem = config.build().expect_err("unusable");
            assert_eq!(problem.key(), SMTP_URL);
            assert!(!format!("{problem} {problem:?} {config:?}").contains("canary"), "{problem}");
        }
    }

    #[tokio::test]
    async fn a_mailer_prints_no_password() {
        let mailer = config(Some("smtp://user:canary@127.0.0.1:2525")).build().expect("an address");
        assert!(!format!("{mailer:?}").contains("canary"));
    }
}
