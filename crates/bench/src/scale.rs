//! Whether people cost the same among a million members and ten thousand tenants as among few.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use boot::Host;
use kernel::{Clock, Cx, Passport, TenantId};
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection};
use testkit::Neighbours;
use tokio::time::Instant;
use uuid::Uuid;
use wire::{
    Mesh,
    identity::PassportClaims,
    user::v1::{
        CheckRequest, CreateInviteRequest, ListMembersRequest, decisions_client::DecisionsClient,
        invites_client::InvitesClient, people_client::PeopleClient,
    },
};

use crate::{
    access,
    ground::Ground,
    load::load,
    report::{Bar, Figure},
    stats::percentile,
};

const PASSES: usize = 5;

/// Requests of one pass.
const REQUESTS: usize = 1_000;

/// What the small place holds.
const FEW: Size = Size { members: 10_000, tenants: 10 };

/// Members of each further tenant.
const BESIDE: u64 = 5;

/// People that are picked out by chance, and asked for; nobody twice, or they would be remembered.
const PICKED: usize = (PASSES + 1) * REQUESTS;

pub(crate) const NOTES: [&str; 2] = [
    "4 at a time, of a service in the same process; both places on one PostgreSQL, in turns. The small one has 10,000 \
     members in a tenant and 10 tenants beside it.",
    "`list`: 50 members after one by chance; `search`: the beginning of an address; `check`: somebody by chance, of whom \
     nothing is remembered; `invite`: somebody new.",
];

/// How much a place holds.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Size {
    /// Of the tenant that is asked about.
    pub(crate) members: u64,
    /// Beside it.
    pub(crate) tenants: u64,
}

impl Size {
    /// How long making it may take.
    pub(crate) const fn making(self) -> Duration {
        Duration::from_secs(60 + (self.members + self.tenants * BESIDE) / 1_000)
    }
}

/// Measures until `deadline`, counted from when both places are made; each figure at least once.
///
/// # Errors
/// A server refuses, or an answer is wrong.
pub(crate) async fn measure(ground: &Ground, many: Size, budget: Duration) -> Result<Vec<Figure>> {
    let small = Town::make(ground, "scale_small", FEW).await?;
    let large = Town::make(ground, "scale_large", many).await?;
    let deadline = Instant::now() + budget;
    let (mut few, mut lots): (Vec<Pass>, Vec<Pass>) = (Vec::new(), Vec::new());
    // What each process of PostgreSQL reads first is read before it counts.
    small.pass(0).await?;
    large.pass(0).await?;
    for number in 1..=PASSES {
        if !few.is_empty() && Instant::now() > deadline {
            break;
        }
        few.push(small.pass(number).await?);
        lots.push(large.pass(number).await?);
    }
    small.host.kill();
    large.host.kill();
    Ok(VERBS.iter().flat_map(|verb| figures(*verb, &few, &lots)).collect())
}

/// The latencies of one pass at the 99th percentile, milliseconds, in the order of [`VERBS`].
type Pass = [f64; VERBS.len()];

/// What is asked.
const VERBS: [Verb; 4] = [Verb::List, Verb::Search, Verb::Check, Verb::Invite];

#[derive(Clone, Copy, Debug)]
enum Verb {
    List,
    Search,
    Check,
    Invite,
}

fn figures(verb: Verb, few: &[Pass], lots: &[Pass]) -> [Figure; 3] {
    let place = verb as usize;
    let of = |passes: &[Pass]| passes.iter().map(|pass| pass[place]).collect();
    let ratios = few.iter().zip(lots).map(|(few, lots)| lots[place] / few[place]).collect();
    let name = format!("{verb:?}").to_lowercase();
    [
        Figure::new(format!("{name}: p99 among few"), "ms", of(few)),
        Figure::new(format!("{name}: p99 among many"), "ms", of(lots)),
        Figure::new(format!("{name}: many / few"), "×", ratios).with_bar(Bar::AtMost(1.3)),
    ]
}

/// A place with a service over it.
struct Town {
    mesh: Mesh,
    tenant: TenantId,
    people: Vec<Uuid>,
    members: u64,
    host: Host,
}

impl Town {
    async fn make(ground: &Ground, word: &'static str, size: Size) -> Result<Self> {
        let place = ground.place(word).await?;
        let tenant: TenantId = Uuid::now_v7().into();
        let mut admin = PgConnection::connect(&place.url).await?;
        admin.execute(AssertSqlSafe(fill(tenant, size))).await?;
        admin.execute("vacuum analyze").await?;
        let picked = "select user_id from memberships where tenant_id = $1
                      order by md5(user_id::text) limit $2";
        let picked = sqlx::query_scalar(picked).bind(tenant).bind(i64::try_from(PICKED)?);
        let people: Vec<Uuid> = picked.fetch_all(&mut admin).await?;
        admin.execute("checkpoint").await?;
        let (host, neighbours) = (Host::new(), Neighbours::new());
        access::start(&place, &neighbours, &host).await?;
        let mesh = neighbours.mesh("gateway");
        Ok(Self { mesh, tenant, people, members: size.members, host })
    }

    async fn pass(&self, number: usize) -> Result<Pass> {
        let mut p99 = [0.0; VERBS.len()];
        for verb in VERBS {
            // A passport lives for a minute, and the other place takes longer to make.
            let cx = staff(&self.mesh, self.tenant)?;
            let ask = async |n: usize| self.ask(verb, &cx, number * REQUESTS + n).await;
            p99[verb as usize] = percentile(&load(REQUESTS, ask).await?.latencies, 99.0);
        }
        Ok(p99)
    }

    /// The `n`-th request of its kind: each is about somebody else, as far as there are others.
    async fn ask(&self, verb: Verb, cx: &Cx, n: usize) -> Result<()> {
        let somebody = self.people[n % self.people.len()];
        let user = self.mesh.to(user::NAME);
        match verb {
            Verb::List => {
                let asked = ListMembersRequest {
                    page_size: 50,
                    page_token: somebody.to_string(),
                    ..ListMembersRequest::default()
                };
                PeopleClient::new(user).list_members(wire::call(cx, asked)).await?;
            }
            Verb::Search => {
                let number = (n as u64).wrapping_mul(7_919) % self.members + 1;
                let query = format!("person{number}@");
                let asked = ListMembersRequest { query, ..ListMembersRequest::default() };
                let found = PeopleClient::new(user).list_members(wire::call(cx, asked)).await;
                ensure!(found?.get_ref().members.len() == 1, "person {number} is not found");
            }
            Verb::Check => {
                let asked = CheckRequest {
                    user_id: somebody.to_string(),
                    permission: "events.event.read".into(),
                    ..CheckRequest::default()
                };
                let decided = DecisionsClient::new(user).check(wire::call(cx, asked)).await?;
                ensure!(decided.get_ref().allowed, "a member may read events");
            }
            Verb::Invite => {
                let asked = CreateInviteRequest {
                    email: format!("{}@new.example", Uuid::now_v7().simple()),
                    name: "Somebody New".into(),
                    role: "user".into(),
                    locale: "en".into(),
                    ..CreateInviteRequest::default()
                };
                InvitesClient::new(user).create_invite(wire::call(cx, asked)).await?;
            }
        }
        Ok(())
    }
}

/// Somebody of the tenant's staff who may ask all this, and give the role of a user.
fn staff(gateway: &Mesh, tenant: TenantId) -> Result<Cx> {
    let rights = [
        "activity.feed.read",
        "events.event.read",
        "user.access.check",
        "user.groups.read",
        "user.invites.create",
        "user.members.read",
    ];
    let claims = PassportClaims {
        iss: String::new(),
        aud: String::new(),
        exp: 0,
        sub: Uuid::now_v7().to_string(),
        sid: Uuid::now_v7().to_string(),
        tid: Some(tenant.to_string()),
        perms: rights.map(str::to_owned).into(),
        epoch: 0,
        suspended: false,
        system_admin: false,
        credential: kernel::Credential::Session,
        of_tenant: false,
    };
    let passport = gateway.key().passport(claims).context("a passport")?;
    let mut cx = Cx::of_service("gateway", Some(tenant), &Clock::system());
    cx.passport = Some(Passport::new(&passport));
    Ok(cx)
}

/// A tenant of so many members, and so many tenants beside it; all of them people with a name, an account and a role, who
/// came one after another over a year: identifiers (UUIDv7, as ours are) and rows are in the order of their coming.
fn fill(tenant: TenantId, Size { members, tenants }: Size) -> String {
    format!(
        "set search_path = usher_user;
         set session_replication_role = replica;
         create temporary table town as
         select tenant_id, word, joined_at,
                (lpad(to_hex((extract(epoch from joined_at) * 1000)::bigint), 12, '0') || '7' ||
                 substr(md5(word), 1, 3) || '8' || substr(md5(word), 4, 15))::uuid as user_id
         from (select '{tenant}'::uuid as tenant_id, 'person' || n as word,
                      now() - interval '1 year' * (1 - n / {members}.0) as joined_at
               from generate_series(1, {members}) n
               union all
               select t.tenant_id, 'beside' || t.number || 'x' || n, now() - random() * interval '1 year'
               from (select gen_random_uuid() as tenant_id, number from generate_series(1, {tenants}) number) t
               cross join generate_series(1, {BESIDE}) n) people
         order by joined_at;
         insert into users (user_id, email, name, status, created_at, activated_at)
         select user_id, word || '@example.com', 'Name ' || word, 'active', now(), now() from town;
         insert into accounts (tenant_id, user_id, created_at) select tenant_id, user_id, now() from town;
         insert into memberships (tenant_id, user_id, status, joined_at)
         select tenant_id, user_id, 'active', joined_at from town;
         insert into role_bindings (tenant_id, user_id, role, bound_at, bound_by)
         select tenant_id, user_id, 'user', now(), 'bench' from town;
         insert into member_words (tenant_id, word, user_id)
         select tenant_id, w.word, user_id from town, lateral (values ('name'), (town.word), (town.word || '@example.com')) w (word);
         set session_replication_role = origin"
    )
}
