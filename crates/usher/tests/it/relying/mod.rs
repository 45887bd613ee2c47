//! Apps that are made with other people's client libraries, at the provider of OAuth 2.1 and OpenID Connect: what the
//! standards mean is for those libraries to say. In CI they come from npm and PyPI, once, at the pinned versions.

mod browser;
mod install;
mod journeys;
mod program;
