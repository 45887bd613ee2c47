//! Two tenants on one platform never meet: in no table, and through no method.

mod exceptions;
mod methods;
mod tables;
mod tenants;
