//! How a tenant stands towards all that it is counted by as a whole, without being counted.

use futures::future::join_all;
use kernel::TenantId;

use super::{
    Class, Limits, Standing, Who,
    ledger::Account,
    limiter::{Policy, remaining},
};

impl Limits {
    /// What is left of each policy of a tenant; `per_second` is what its plan allows.
    pub(crate) async fn of_tenant(
        &self,
        tenant: TenantId,
        per_second: Option<u32>,
    ) -> Vec<Standing> {
        let classes = Class::ALL.into_iter();
        let classes = classes.filter_map(|class| self.policy(class, Who::Tenant(tenant)));
        let policies = classes.chain(Self::plan(tenant, per_second));
        join_all(policies.map(|policy| self.look(policy))).await
    }

    /// What this gateway counted, and what all did as the common budget says now.
    async fn look(&self, policy: Policy) -> Standing {
        let told = match self.common() {
            Some(common) if common.is_there() => common.look(policy.key).await,
            _ => None,
        };
        let (now, rate) = (self.now(), policy.rate);
        let (own, known, held) = self.ledger().look(policy.key, |account| match account {
            Some(account) => (account.own, account.all, account.held),
            None => (0, 0, 0),
        });
        let told_within = told.unwrap_or_default().clamp(0, now.saturating_add(rate.span()));
        let account = Account { own, all: known.max(told_within), held, ..Account::default() };
        let ahead = account.own.max(account.all);
        let standing = self.standing(&policy, remaining(rate, &account, now), ahead, now, false);
        Standing { alone: self.common().is_some() && told.is_none(), ..standing }
    }
}
