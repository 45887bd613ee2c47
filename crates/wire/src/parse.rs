//! From wire fields to parsed types, by name: a refusal always says which field is at fault.

use std::fmt::Display;

use kernel::FieldViolation;
use tonic::Status;
use uuid::Uuid;

use crate::status::invalid;

/// Reads `text` with `reader`; the refusal names `field`.
///
/// # Errors
/// `INVALID_ARGUMENT` with the field and its problem.
pub fn parse<T, E: Display>(
    field: &str,
    text: &str,
    reader: impl FnOnce(&str) -> Result<T, E>,
) -> Result<T, Status> {
    reader(text).map_err(|problem| invalid(vec![FieldViolation::new(field, problem.to_string())]))
}

/// Reads an id; the refusal names `field`.
///
/// # Errors
/// `INVALID_ARGUMENT` with the field and its problem.
pub fn id<I: From<Uuid> + std::str::FromStr<Err = kernel::UnknownId>>(
    field: &str,
    text: &str,
) -> Result<I, Status> {
    parse(field, text, str::parse)
}

/// Takes what must be there; the refusal names `field`.
///
/// # Errors
/// `INVALID_ARGUMENT` with the field.
pub fn required<T>(field: &str, value: Option<T>) -> Result<T, Status> {
    value.ok_or_else(|| invalid(vec![FieldViolation::new(field, "is required")]))
}
