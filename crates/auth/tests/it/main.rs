//! The service as its callers meet it: through the guard, over a database of its own.

mod credentials;
mod factors;
mod hearing;
mod house;
mod letters;
mod passwords;
mod session_list;
mod sessions;
mod standings;
mod throttles;
