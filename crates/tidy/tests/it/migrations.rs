//! What every migration keeps: forced row-level security, keys that begin with the tenant, named constraints.

use anyhow::Result;
use tidy::{
    Excuse, Finding, Rule,
    sql::{self, Table, Word},
    workspace,
};

const RULE: Rule = Rule {
    name: "a migration protects its tenant tables, leads keys with tenant_id and names its constraints",
    remedy: "see \"Add a table\" in CONTRIBUTING.md; a table for the whole platform is listed here with its reason",
    excuses: &[
        Excuse {
            place: "migrations/auth/",
            what: "has no tenant_id",
            because: "people are global: passwords and sessions serve all tenants of a person",
        },
        Excuse {
            place: "migrations/user/0001_create_users.sql",
            what: "has no tenant_id",
            because: "people are global: one person, one address, many tenants",
        },
        Excuse {
            place: "migrations/user/0009_create_permissions.sql",
            what: "has no tenant_id",
            because: "the catalogue is what the contract asks for, the same for every tenant",
        },
        Excuse {
            place: "migrations/user/0018_create_email_changes.sql",
            what: "has no tenant_id",
            because: "people are global, and so is their wish for another address",
        },
        Excuse {
            place: "migrations/user/0019_create_erasures.sql",
            what: "has no tenant_id",
            because: "people are global, and are forgotten everywhere at once",
        },
        Excuse {
            place: "migrations/user/0022_create_sign_ups.sql",
            what: "has no tenant_id",
            because: "strangers are counted for all tenants together, under digests",
        },
        Excuse {
            place: "migrations/user/0025_create_setup_links.sql",
            what: "has no tenant_id",
            because: "the platform's first administrator comes in before there is a tenant",
        },
        Excuse {
            place: "migrations/user/",
            what: "references users",
            because: "people are global, so the key of a person has no tenant",
        },
        Excuse {
            place: "migrations/tenant/0001_create_tenants.sql",
            what: "tenants_slug_key",
            because: "slugs appear in addresses and are unique over the platform",
        },
        Excuse {
            place: "migrations/tenant/0004_create_plans.sql",
            what: "has no tenant_id",
            because: "the catalogue of plans says what tenants may have, not who has it",
        },
        Excuse {
            place: "migrations/tenant/0005_create_domains.sql",
            what: "domains_host_key",
            because: "a proven host names one tenant of the platform",
        },
        Excuse {
            place: "migrations/provisioning/0008_create_person_addresses.sql",
            what: "has no tenant_id",
            because: "people are global, and so is the address that they moved to",
        },
        Excuse {
            place: "migrations/provisioning/0001_create_clients.sql",
            what: "clients_spreadsheet_id_key",
            because: "the backend knows no tenants, so a spreadsheet serves one client of the platform",
        },
        Excuse {
            place: "migrations/provisioning/0005_create_rollouts.sql",
            what: "has no tenant_id",
            because: "the platform has one rollout, and its incidents are nobody's own",
        },
        Excuse {
            place: "migrations/provisioning/0002_create_user_workspaces.sql",
            what: "spreadsheets_spreadsheet_id_key",
            because: "the backend knows no tenants, so a spreadsheet serves one tenant of the platform",
        },
        Excuse {
            place: "migrations/bus/0001_create_outbox.sql",
            what: "has no tenant_id",
            because: "cursors of lanes and the state of the stream belong to the relay",
        },
        Excuse {
            place: "migrations/bus/0003_create_leases.sql",
            what: "has no tenant_id",
            because: "leases and members are the relays' own",
        },
        Excuse {
            place: "migrations/jobs/0002_shape_runs.sql",
            what: "job_workers has no tenant_id",
            because: "a worker serves all tenants; which versions it knows is the platform's affair",
        },
        Excuse {
            place: "migrations/vault/0002_create_sealed_columns.sql",
            what: "has no tenant_id",
            because: "it says which columns are sealed, and holds nothing of a tenant",
        },
        Excuse {
            place: "migrations/bus/0005_create_partition_functions.sql",
            what: "makes a table while running",
            because: "daily partitions; the function protects each before it attaches it",
        },
        Excuse {
            place: "migrations/jobs/0004_create_job_history.sql",
            what: "has no tenant_id",
            because: "the columns are those of jobs, job_steps and job_signals, tenant_id first",
        },
        Excuse {
            place: "migrations/jobs/0004_create_job_history.sql",
            what: "makes a table while running",
            because: "monthly partitions; the function protects each before it attaches it",
        },
        Excuse {
            place: "migrations/jobs/0006_create_job_hosts.sql",
            what: "has no tenant_id",
            because: "a remote host is called on behalf of all tenants",
        },
    ],
};

const KINDS: [&str; 5] = ["_pkey", "_key", "_fkey", "_check", "_excl"];

/// What one file breaks.
fn findings(path: &str, text: &str) -> Vec<Finding> {
    let mut found = Vec::new();
    let statements = sql::statements(text);
    let mut guarded: Vec<String> = Vec::new();
    for (at, statement) in statements.iter().enumerate() {
        let tell = |line, what| Finding::new(path, line, what);
        for word in statement
            .iter()
            .filter(|word| word.text.starts_with("$$") && word.text.contains("create table"))
        {
            found.push(tell(word.line, "makes a table while running".into()));
        }
        if let Some(table) = sql::table(statement) {
            let is_tenants = table
                .parts
                .iter()
                .any(|part| part.first().is_some_and(|name| name.text == "tenant_id"))
                || table.parent.as_ref().is_some_and(|parent| guarded.contains(parent));
            found.extend(
                constraints(&table, is_tenants).into_iter().map(|(line, what)| tell(line, what)),
            );
            if is_tenants {
                guarded.push(table.name.clone());
                if !statements[at..].iter().any(|later| protects(later, &table.name)) {
                    found.push(tell(table.line, format!("{} is not protected", table.name)));
                }
            } else {
                found.push(tell(table.line, format!("{} has no tenant_id", table.name)));
            }
        }
        if let Some((line, name)) = loose_index(statement, &guarded) {
            found.push(tell(line, format!("unique index {name} does not begin with tenant_id")));
        }
        if is_open_view(statement) {
            found.push(tell(statement[0].line, "a view is not security_invoker".into()));
        }
        if sql::after(statement, &["alter", "table"]).is_some() {
            let unnamed = unnamed(statement).into_iter();
            found.extend(
                unnamed.map(|word| tell(word.line, format!("`{}` has no name", word.text))),
            );
        }
    }
    found
}

/// `call usher.protect_tenant_table('<table>')`
fn protects(statement: &[Word], table: &str) -> bool {
    sql::after(statement, &["call", "usher.protect_tenant_table", "("])
        .and_then(<[Word]>::first)
        .is_some_and(|word| word.text.trim_matches('\'') == table)
}

/// A view that reads with its owner's rights reads past row-level security.
fn is_open_view(statement: &[Word]) -> bool {
    let mut words = statement.iter().map(|word| word.text.as_str());
    let mut head = words.clone().take(5).take_while(|word| *word != "as");
    words.next() == Some("create")
        && head.any(|word| word == "view")
        && !words.any(|word| word == "security_invoker")
}

/// A unique index of a tenant table over the tenants.
fn loose_index(statement: &[Word], guarded: &[String]) -> Option<(usize, String)> {
    let rest = sql::after(statement, &["create", "unique", "index"])?;
    let name = rest
        .iter()
        .find(|word| !["concurrently", "if", "not", "exists"].contains(&word.text.as_str()))?;
    let on = rest.iter().position(|word| word.text == "on")?;
    let table = rest.get(on + 1)?;
    let first = sql::list(&rest[on..]).first()?.first()?.text.clone();
    (guarded.contains(&table.text) && first != "tenant_id").then(|| (name.line, name.text.clone()))
}

/// Constraints without a name, with a name of another shape, and keys that do not begin with the tenant.
fn constraints(table: &Table, is_tenants: bool) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    let mut has_key = table.parent.is_some();
    for part in &table.parts {
        for word in unnamed(part) {
            found.push((word.line, format!("`{}` of {} has no name", word.text, table.name)));
        }
        for pair in part.windows(2).filter(|pair| pair[0].text == "constraint") {
            let name = &pair[1].text;
            if !name.starts_with(&format!("{}_", table.name))
                || !KINDS.iter().any(|kind| name.ends_with(kind))
            {
                found.push((pair[1].line, format!("{name} is not <table>_<columns>_<kind>")));
            }
        }
        for (at, first) in keys(part) {
            has_key |= part[at].text == "primary";
            if is_tenants && first != "tenant_id" {
                let what = match sql::after(&part[at..], &["references"]) {
                    Some(rest) => {
                        format!("references {}", rest.first().map_or("", |word| &word.text))
                    }
                    None => part[at - 1].text.clone(),
                };
                found.push((part[at].line, format!("{what} does not begin with tenant_id")));
            }
        }
    }
    if !has_key {
        found.push((table.line, format!("{} has no primary key", table.name)));
    }
    found
}

/// The keys of a part: where the word stands, and the first column.
fn keys(part: &[Word]) -> Vec<(usize, String)> {
    let of_table = part.first().is_some_and(|word| word.text == "constraint");
    let is_key =
        |word: &Word| ["primary", "unique", "foreign", "references"].contains(&word.text.as_str());
    let places = (1..part.len()).filter(|at| is_key(&part[*at]));
    // A table's `references` belongs to the `foreign key` before it.
    let places = places.filter(|at| !(of_table && part[*at].text == "references"));
    let first = |at: usize| {
        let columns = if of_table { sql::list(&part[at..]) } else { vec![part.to_vec()] };
        Some((at, columns.first()?.first()?.text.clone()))
    };
    places.filter_map(first).collect()
}

/// The words that begin a constraint without `constraint <name>` before them.
fn unnamed(part: &[Word]) -> Vec<&Word> {
    let begins = |word: &Word| {
        ["primary", "unique", "check", "foreign", "references", "exclude"]
            .contains(&word.text.as_str())
    };
    let is_foreign = |at: usize| part[..at].iter().any(|word| word.text == "foreign");
    let named = |at: usize| at >= 2 && part[at - 2].text == "constraint";
    (0..part.len())
        .filter(|at| begins(&part[*at]) && !named(*at))
        .filter(|at| !(part[*at].text == "references" && is_foreign(*at)))
        .filter(|at| depth(part, *at) == 0)
        .map(|at| &part[at])
        .collect()
}

fn depth(part: &[Word], at: usize) -> usize {
    let count = |mark| part[..at].iter().filter(|word| word.text == mark).count();
    count("(").saturating_sub(count(")"))
}

/// `NNNN_verb_object.sql`, numbered without gaps within a folder.
fn file_names(paths: &[String]) -> Vec<Finding> {
    let mut found = Vec::new();
    let mut last = ("", 0);
    for path in paths {
        let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
        let next = if folder == last.0 { last.1 + 1 } else { 1 };
        last = (folder, next);
        let rest =
            name.strip_prefix(&format!("{next:04}_")).and_then(|rest| rest.strip_suffix(".sql"));
        let words: Vec<_> = rest.unwrap_or_default().split('_').collect();
        let plain = |word: &&str| {
            !word.is_empty() && word.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit())
        };
        if words.len() < 2 || !words.iter().all(plain) {
            found.push(Finding::new(path, 0, format!("is not {next:04}_verb_object.sql")));
        }
    }
    found
}

#[test]
fn migrations_protect_lead_and_name() -> Result<()> {
    let files = workspace::files("migrations", "")?;
    let paths: Vec<_> = files.iter().map(|(path, _)| path.clone()).collect();
    let broken = files.iter().flat_map(|(path, text)| findings(path, text));
    RULE.hold(&broken.chain(file_names(&paths)).collect::<Vec<_>>())
}

#[test]
fn an_unprotected_table_is_found() {
    let text = "create table a (\n  tenant_id uuid,\n  constraint a_pkey primary key (tenant_id)\n);\ncall usher.protect_tenant_table('b');";
    assert_eq!(findings("m", text), [Finding::new("m", 1, "a is not protected")]);
    assert_eq!(findings("m", &text.replace("'b'", "'a'")), []);
    let part = "create table b partition of a default;";
    let text = text.replace("'b'", "'a'") + part;
    assert_eq!(findings("m", &text), [Finding::new("m", 5, "b is not protected")]);
    let text =
        "create view a with (security_invoker) as select 1;\ncreate or replace view b as select 1;";
    assert_eq!(findings("m", text), [Finding::new("m", 2, "a view is not security_invoker")]);
    let text = "do $$ begin execute 'create table a ()'; end $$;";
    assert_eq!(findings("m", text), [Finding::new("m", 1, "makes a table while running")]);
}

#[test]
fn keys_without_the_tenant_and_nameless_constraints_are_found() {
    let text = "create table a (\n tenant_id uuid,\n b uuid references c (b),\n d text unique,\n e int constraint e check (e > 0),\n f text check (f in ('unique')),\n constraint a_pkey primary key (b),\n constraint a_g_fkey foreign key (tenant_id, b) references c (tenant_id, b)\n);\ncreate unique index a_d_key on a (d);\ncall usher.protect_tenant_table('a');\nalter table a add check (b > 1);";
    let found = findings("m", text);
    let told: Vec<_> = found.iter().map(|one| (one.line, one.what.as_str())).collect();
    assert_eq!(
        told,
        [
            (3, "`references` of a has no name"),
            (3, "references c does not begin with tenant_id"),
            (4, "`unique` of a has no name"),
            (4, "text does not begin with tenant_id"),
            (5, "e is not <table>_<columns>_<kind>"),
            (6, "`check` of a has no name"),
            (7, "a_pkey does not begin with tenant_id"),
            (10, "unique index a_d_key does not begin with tenant_id"),
            (12, "`check` has no name"),
        ]
    );
}

#[test]
fn a_table_without_tenant_or_key_is_found() {
    let found = findings("m", "create table a (b uuid);");
    let told: Vec<_> = found.iter().map(|one| one.what.as_str()).collect();
    assert_eq!(told, ["a has no primary key", "a has no tenant_id"]);
}

#[test]
fn gaps_and_odd_file_names_are_found() {
    let paths = [
        "m/a/0001_create_a.sql",
        "m/a/0003_create_b.sql",
        "m/b/0001_Create.sql",
        "m/b/0002_drop_c.sql",
    ];
    let found = file_names(&paths.map(String::from));
    let places: Vec<_> = found.iter().map(|one| one.place.as_str()).collect();
    assert_eq!(places, ["m/a/0003_create_b.sql", "m/b/0001_Create.sql"]);
}
