//! The only SQL of this service.

mod brandings;
mod columns;
mod domains;
mod plans;
mod settings;
mod tenants;
mod usage;

pub(crate) use brandings::{branding, upsert_branding};
pub(crate) use domains::{
    count_domains, delete_domain, delete_domains, domain_of_host, hasten_holder, insert_domain,
    list_domains, list_due_domains, lock_domain, tenant_by_host, update_domain,
};
pub(crate) use plans::{
    delete_override, insert_plan, list_plans, lock_plan, overrides, plan, retire_plan,
    upsert_override,
};
pub(crate) use settings::{settings, upsert_settings};
pub(crate) use tenants::{
    insert_tenant, list_over, list_tenants, lock_tenant, raise_epoch, tenant, tenant_by_slug,
    update_life, update_locale, update_plan,
};
pub(crate) use usage::{
    count_less, count_more, ensure_usage, insert_take, list_usage, lock_take, lock_usage,
    mark_given, take, update_told, used,
};
