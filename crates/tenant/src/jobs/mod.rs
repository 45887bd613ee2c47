//! Work for later.

mod check_domains;
mod end_terms;

pub(crate) use check_domains::check_domains;
pub(crate) use end_terms::end_terms;
