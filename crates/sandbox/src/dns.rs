//! A name server that knows a few TXT records, or fails on request.

use std::{
    collections::{BTreeMap, BTreeSet},
    net::{Ipv4Addr, SocketAddr},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use anyhow::Context;
use hickory_proto::{
    op::{Message, ResponseCode},
    rr::{Name, RData, Record, RecordType, rdata::TXT},
};
use tokio::net::UdpSocket;

use crate::life::Life;

/// Largest query that is read.
const MOST_BYTES: usize = 4096;

#[derive(Default)]
struct Zone {
    /// Texts by lower-case name, without a dot at the end.
    texts: BTreeMap<String, Vec<String>>,
    fails: bool,
    asked: usize,
    /// Nothing is answered before so many names were asked for.
    gathers: usize,
    names: BTreeSet<String>,
    held: Vec<(Vec<u8>, SocketAddr)>,
}

/// The running name server. Dropping it ends it.
pub struct Handle {
    address: SocketAddr,
    zone: Arc<Mutex<Zone>>,
    life: Life,
}

/// Starts a name server on a loopback port of its own.
///
/// # Errors
/// No port is to be had.
pub async fn start() -> anyhow::Result<Handle> {
    let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).await.context("the DNS stand-in")?;
    let address = socket.local_addr()?;
    let (zone, life) = (Arc::<Mutex<Zone>>::default(), Life::default());
    life.spawn(serve(socket, zone.clone()));
    Ok(Handle { address, zone, life })
}

impl Handle {
    /// Where it answers.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// From now on the name has exactly these texts.
    pub fn set(&self, name: &str, texts: &[&str]) {
        let texts = texts.iter().map(|&text| text.to_owned()).collect();
        lock(&self.zone).texts.insert(name.to_ascii_lowercase(), texts);
    }

    /// From now on every question is answered with SERVFAIL, or no more.
    pub fn fail(&self, fails: bool) {
        lock(&self.zone).fails = fails;
    }

    /// From now on nothing is answered until somebody has asked for so many names.
    pub fn gather(&self, names: usize) {
        let mut zone = lock(&self.zone);
        zone.gathers = names;
        zone.names.clear();
    }

    /// How many questions were asked.
    #[must_use]
    pub fn asked(&self) -> usize {
        lock(&self.zone).asked
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        self.life.cut();
    }
}

fn lock(zone: &Mutex<Zone>) -> MutexGuard<'_, Zone> {
    zone.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn serve(socket: UdpSocket, zone: Arc<Mutex<Zone>>) {
    let mut buffer = [0; MOST_BYTES];
    loop {
        let Ok((length, from)) = socket.recv_from(&mut buffer).await else { continue };
        let Ok(query) = Message::from_vec(&buffer[..length]) else { continue };
        let Ok(answer) = answer(&query, &zone).to_vec() else { continue };
        for (answer, from) in due(&query, &zone, answer, from) {
            if let Err(problem) = socket.send_to(&answer, from).await {
                tracing::debug!(%problem, "an answer could not be sent");
            }
        }
    }
}

/// What is answered now, with this answer and those that were held.
fn due(
    query: &Message,
    zone: &Mutex<Zone>,
    answer: Vec<u8>,
    from: SocketAddr,
) -> Vec<(Vec<u8>, SocketAddr)> {
    let mut zone = lock(zone);
    zone.names.extend(query.queries.iter().map(|question| plain(question.name())));
    zone.held.push((answer, from));
    if zone.names.len() < zone.gathers { Vec::new() } else { std::mem::take(&mut zone.held) }
}

fn answer(query: &Message, zone: &Mutex<Zone>) -> Message {
    let mut answer = Message::response(query.metadata.id, query.metadata.op_code);
    answer.metadata.recursion_desired = query.metadata.recursion_desired;
    answer.metadata.recursion_available = true;
    let mut zone = lock(zone);
    zone.asked += 1;
    for question in &query.queries {
        answer.add_query(question.clone());
        let name = plain(question.name());
        match zone.texts.get(&name) {
            _ if zone.fails => answer.metadata.response_code = ResponseCode::ServFail,
            None => answer.metadata.response_code = ResponseCode::NXDomain,
            Some(texts) if question.query_type() == RecordType::TXT => {
                for text in texts {
                    let data = RData::TXT(TXT::new(vec![text.clone()]));
                    answer.add_answer(Record::from_rdata(question.name().clone(), 1, data));
                }
            }
            Some(_) => {}
        }
    }
    answer
}

fn plain(name: &Name) -> String {
    name.to_ascii().trim_end_matches('.').to_ascii_lowercase()
}
