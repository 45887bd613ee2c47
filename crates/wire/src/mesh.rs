//! How a service reaches another: the same layers whether the callee runs in this process or behind a socket.

use std::{
    collections::HashMap,
    sync::{Arc, PoisonError, RwLock},
    task::{Context, Poll},
    time::Duration,
};

use futures::future::BoxFuture;
use http::{Request, Response};
use kernel::{Code, Cx, Timestamp};
use tonic::{
    Status,
    body::Body,
    transport::{Channel, Endpoint},
};
use tower::Service;

use crate::{Guarded, identity::ServiceKey, metadata, status::plain};

/// Where the services are: in this process, or at an address.
#[derive(Clone, Debug, Default)]
pub struct Peers(Arc<RwLock<HashMap<String, Peer>>>);

#[derive(Clone, Debug)]
enum Peer {
    Here(Box<Guarded>),
    There(Channel),
}

impl Peers {
    /// Says that `service` runs in this process: calls skip the socket and keep every layer.
    pub fn here(&self, service: &str, routes: Guarded) {
        self.put(service, Peer::Here(Box::new(routes)));
    }

    /// Says that `service` answers at `address` (`http://host:port`); connects when first called.
    ///
    /// # Errors
    /// The transport's, for an address that cannot be read.
    pub fn there(&self, service: &str, address: &str) -> Result<(), tonic::transport::Error> {
        let channel = Endpoint::from_shared(address.to_owned())?
            .connect_timeout(Duration::from_secs(2))
            .http2_keep_alive_interval(Duration::from_secs(10))
            .keep_alive_timeout(Duration::from_secs(5))
            .keep_alive_while_idle(true)
            .tcp_nodelay(true)
            .connect_lazy();
        self.put(service, Peer::There(channel));
        Ok(())
    }

    fn put(&self, service: &str, peer: Peer) {
        self.0.write().unwrap_or_else(PoisonError::into_inner).insert(service.into(), peer);
    }

    fn find(&self, service: &str) -> Option<Peer> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).get(service).cloned()
    }
}

/// A service's way to all others, in its own name.
#[derive(Clone, Debug)]
pub struct Mesh {
    me: Arc<ServiceKey>,
    peers: Peers,
}

impl Mesh {
    /// A mesh that calls in the name of `me`.
    #[must_use]
    pub fn new(me: ServiceKey, peers: Peers) -> Self {
        Self { me: Arc::new(me), peers }
    }

    /// The transport of a generated client: `InvitesClient::new(mesh.to("user"))`.
    #[must_use]
    pub fn to(&self, service: &'static str) -> Caller {
        Caller { mesh: self.clone(), service }
    }

    /// This service's own key.
    #[must_use]
    pub fn key(&self) -> &ServiceKey {
        &self.me
    }
}

/// A request in a context: tenant, person, request id, trace and deadline travel with it.
#[must_use]
pub fn call<T>(cx: &Cx, message: T) -> tonic::Request<T> {
    let mut request = tonic::Request::new(message);
    if let Some(deadline) = cx.deadline {
        request.set_timeout(deadline.since(Timestamp::from(jiff::Timestamp::now())));
    }
    request.extensions_mut().insert(cx.clone());
    request
}

/// The transport to one service.
#[derive(Clone, Debug)]
pub struct Caller {
    mesh: Mesh,
    service: &'static str,
}

impl Caller {
    fn equip(&self, request: &mut Request<Body>) -> Result<(), Status> {
        let token = self.mesh.me.token_for(self.service).map_err(|problem| {
            tracing::error!(%problem, "cannot sign a service token");
            plain(Code::Internal, "unsigned", "The call could not be signed.")
        })?;
        let cx = request.extensions_mut().remove::<Cx>();
        let headers = request.headers_mut();
        metadata::set(headers, metadata::SERVICE, &token);
        metadata::propagate(&tracing::Span::current(), headers);
        let Some(cx) = cx else { return Ok(()) };
        let tenant = cx.tenant.map(|id| id.to_string());
        let fields = [
            (metadata::PASSPORT, cx.passport.as_ref().map(kernel::Passport::expose)),
            (metadata::TENANT, tenant.as_deref()),
            (metadata::REQUEST_ID, Some(cx.request_id.as_str())),
            (metadata::IDEMPOTENCY_KEY, cx.idempotency_key.as_deref()),
            (metadata::CLIENT_IP, cx.ip.as_deref()),
            (metadata::USER_AGENT, cx.user_agent.as_deref()),
        ];
        for (name, value) in fields {
            if let Some(value) = value {
                metadata::set(headers, name, value);
            }
        }
        Ok(())
    }
}

impl Service<Request<Body>> for Caller {
    type Response = Response<Body>;
    type Error = Box<dyn std::error::Error + Send + Sync>;
    type Future = BoxFuture<'static, Result<Self::Response, Self::Error>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        // Readiness of the peer is found out by the call, which answers UNAVAILABLE.
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, mut request: Request<Body>) -> Self::Future {
        let equipped = self.equip(&mut request);
        let peer = self.mesh.peers.find(self.service);
        let service = self.service;
        Box::pin(async move {
            equipped?;
            match peer {
                Some(Peer::Here(mut routes)) => match routes.call(request).await {
                    Ok(response) => Ok(response),
                    Err(never) => match never {},
                },
                Some(Peer::There(channel)) => {
                    Ok(tower::ServiceExt::oneshot(channel, request).await?)
                }
                None => {
                    let message = format!("The {service} service is not running.");
                    Err(plain(Code::Unavailable, "peer_unavailable", message).into())
                }
            }
        })
    }
}
