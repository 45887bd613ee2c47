//! The service as its callers meet it: through the guard, over a database of its own.

mod credentials;
mod hearing;
mod house;
mod sessions;
mod standings;
