//! Builds each service on what it stands on, and starts it.

use std::{net::SocketAddr, time::Duration};

use anyhow::Context;
use boot::Host;
use bus::Nats;
use kernel::Clock;
use pg::Db;
use wire::{Guarded, Mesh, identity::Trust};

use super::{Part, Settings, vault};

/// What all services of a process share.
pub(super) struct Common<'a> {
    pub(super) settings: &'a Settings,
    pub(super) clock: &'a Clock,
    pub(super) nats: &'a Nats,
    pub(super) trust: &'a Trust,
    pub(super) public: SocketAddr,
}

impl Common<'_> {
    /// Starts the background work of `part` on `host` and returns its guarded RPCs.
    pub(super) fn start(
        &self,
        part: Part,
        db: Db,
        mesh: Mesh,
        host: &Host,
    ) -> anyhow::Result<Guarded> {
        let trust = self.trust.clone();
        let (nats, clock) = (self.nats.clone(), self.clock.clone());
        Ok(match part {
            Part::Tenant => {
                let dns = self.settings.tenant.dns();
                let dns =
                    dns.context("no name servers are known; name some in USHER_DNS_SERVERS")?;
                tenant::start(&tenant::App { db, nats, clock, dns }, trust, host)?
            }
            Part::Auth => auth::start(&self.auth(db, mesh)?, trust, host)?,
            Part::User => user::start(&self.user(db, mesh)?, trust, host)?,
            Part::Provisioning => {
                provisioning::start(&self.provisioning(db, mesh, host)?, trust, host)?
            }
            Part::Notifier => {
                let (mailer, pace) = (self.settings.notifier.build()?, self.pace());
                let limits = notifier::App::usual_limits();
                let app = notifier::App { db, nats, clock, mesh, mailer, pace, limits };
                notifier::start(&app, trust, host)?
            }
            Part::Events => events::start(&events::App { db, nats, clock }, trust, host)?,
            Part::Activity => {
                let app = activity::App { db, nats, clock, stopping: host.stopping() };
                activity::start(&app, trust, host)?
            }
            Part::Gateway => anyhow::bail!("the gateway is a door, not a service"),
        })
    }

    fn auth(&self, db: Db, mesh: Mesh) -> anyhow::Result<auth::App> {
        Ok(auth::App {
            db,
            nats: self.nats.clone(),
            clock: self.clock.clone(),
            hasher: auth::Hasher::default(),
            vault: vault(self.settings)?,
            mesh,
            outbound: self.settings.outbound.build(self.clock.clone())?,
            relying: self.settings.auth.relying(&self.public_url()?.to_string())?,
            public_url: self.public_url()?.to_string(),
            lifetimes: self.settings.auth.lifetimes(),
            keys: self.settings.auth.keys(),
            signer: auth::Signer::default(),
            access_life: self.settings.auth.access_life(),
            captcha: self.captcha()?,
            ban_after: self.settings.auth.ban_after,
        })
    }

    fn captcha(&self) -> anyhow::Result<auth::Captcha> {
        let outbound = self.settings.outbound.build(self.clock.clone())?;
        let host = self.settings.gateway.base_domain.as_str();
        Ok(self.settings.auth.captcha.build(outbound, host)?)
    }

    fn user(&self, db: Db, mesh: Mesh) -> anyhow::Result<user::App> {
        Ok(user::App {
            db,
            nats: self.nats.clone(),
            clock: self.clock.clone(),
            mesh,
            vault: vault(self.settings)?,
            public_url: self.public_url()?,
            snapshots: user::Snapshots::default(),
            pace: self.pace(),
            limits: user::App::usual_limits(),
            invite_daily: self.settings.user.invite_daily,
        })
    }

    fn provisioning(&self, db: Db, mesh: Mesh, host: &Host) -> anyhow::Result<provisioning::App> {
        let config = &self.settings.provisioning;
        let clock = self.clock.clone();
        Ok(provisioning::App {
            db,
            nats: self.nats.clone(),
            mesh,
            vault: vault(self.settings)?,
            legacy: config.legacy(&self.settings.outbound.build(clock.clone())?)?,
            clock,
            policy: config.policy(),
            watch: config.watch(),
            stopping: host.stopping(),
            limits: config.limits(),
            pace: self.pace(),
        })
    }

    fn pace(&self) -> provisioning::Pace {
        provisioning::Pace::of_lease(Duration::from_secs(self.settings.job_lease_seconds.into()))
    }

    /// Where people reach the platform: as configured, else the public listener itself.
    fn public_url(&self) -> anyhow::Result<user::PublicUrl> {
        match &self.settings.user.public_url {
            Some(url) => Ok(url.clone()),
            None => Ok(format!("http://{}", self.public).parse()?),
        }
    }
}
