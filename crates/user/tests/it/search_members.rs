//! Finding members by the beginnings of addresses and names, among many.

use kernel::TenantId;
use sqlx::{AssertSqlSafe, Executor, PgConnection};
use wire::{
    call,
    user::v1::{ListMembersRequest, Member},
};

use crate::{
    plans::{plan, prepared, read},
    platform::{Platform, fields, tenant},
};

async fn page(
    platform: &Platform,
    tenant: TenantId,
    wish: ListMembersRequest,
) -> (Vec<Member>, String) {
    let found = platform.people().list_members(call(&platform.admin(tenant), wish)).await;
    let found = found.expect("lists").into_inner();
    (found.members, found.next_page_token)
}

async fn emails(platform: &Platform, tenant: TenantId, query: &str, page_size: i32) -> Vec<String> {
    let (mut seen, mut page_token) = (Vec::new(), String::new());
    loop {
        let wish =
            ListMembersRequest { page_size, page_token, query: query.into(), ..Default::default() };
        let (members, next) = page(platform, tenant, wish).await;
        seen.extend(members.into_iter().map(|member| member.email));
        page_token = next;
        if page_token.is_empty() {
            return seen;
        }
    }
}

/// `many` members without invitations, named alike: `First<n> Last<n mod 1000>`.
async fn crowd(session: &mut PgConnection, tenant: TenantId, many: u32) {
    let make = format!(
        "set usher.tenant_id = '{tenant}';
         insert into users (user_id, email, name, status, created_at)
         select gen_random_uuid(), 'first' || n || '@example.com', 'First' || n || ' Last' || n % 1000, 'active', now()
         from generate_series(1, {many}) n;
         insert into accounts (user_id, created_at) select user_id, now() from users where email like 'first%';
         insert into memberships (tenant_id, user_id, status, joined_at)
         select '{tenant}', user_id, 'active', now() from users where email like 'first%';
         insert into member_words (tenant_id, word, user_id)
         select '{tenant}', word, user_id from users, regexp_split_to_table(lower(email || ' ' || name), ' ') word
         where email like 'first%';
         insert into role_bindings (tenant_id, user_id, role, bound_at, bound_by)
         select '{tenant}', user_id, 'user', now(), 'test' from users where email like 'first%';
         analyze users, accounts, memberships, member_words, role_bindings;"
    );
    session.execute(AssertSqlSafe(make)).await.expect("makes a crowd");
}

#[tokio::test]
async fn members_are_found_by_every_beginning_once_and_page_by_page() {
    let (platform, here, there) = (Platform::start().await, tenant(), tenant());
    for email in ["ann@example.com", "anna@example.com", "bob@example.com"] {
        platform.admit(here, email).await;
    }
    platform.admit(there, "annabel@example.com").await;
    // Everybody is called Ann, so two are found by more than one word.
    for size in [1, 2, 50] {
        let found = emails(&platform, here, "ann", size).await;
        let mut sorted = found.clone();
        sorted.sort();
        assert_eq!(sorted, ["ann@example.com", "anna@example.com", "bob@example.com"], "{size}");
    }
    for (query, expected) in [
        ("bob@", vec!["bob@example.com"]),
        ("BOB@EXAMPLE.com", vec!["bob@example.com"]),
        ("ann bob", vec!["bob@example.com"]),
        ("annabel", vec![]),
        ("ann zoe", vec![]),
        ("%", vec![]),
        ("_nn", vec![]),
        ("\\", vec![]),
        ("' or true --", vec![]),
        ("\u{10ffff}", vec![]),
    ] {
        assert_eq!(emails(&platform, here, query, 50).await, expected, "{query}");
    }
    let admin = platform.admin(here);
    for (field, wish) in [
        ("query", ListMembersRequest { query: "x".repeat(201), ..Default::default() }),
        ("query", ListMembersRequest { query: "a\0".into(), ..Default::default() }),
        ("status", ListMembersRequest { status: "owner".into(), ..Default::default() }),
        ("pageToken", ListMembersRequest { page_token: "next".into(), ..Default::default() }),
    ] {
        let refused = platform.people().list_members(call(&admin, wish)).await.expect_err(field);
        assert_eq!(fields(&refused), [field]);
    }
}

#[tokio::test]
async fn among_a_hundred_thousand_no_page_reads_a_table_whole() {
    let (platform, here) = (Platform::start().await, tenant());
    let mut session = platform.database.admin().await;
    crowd(&mut session, here, 100_000).await;
    session.execute("set session authorization usher_user").await.expect("sets");
    let scope = AssertSqlSafe(format!("set usher.tenant_id = '{here}'"));
    session.execute(scope).await.expect("sets");
    let (found, all) =
        (prepared("from member_words w\n"), prepared("order by m.joined_at, m.user_id"));
    let nil = uuid::Uuid::nil();
    for (first, others, most) in [
        ("first", "{}", 3000),
        ("last7", "{}", 3000),
        ("last500", "{first,f}", 5000),
        ("f", "{}", 3000),
        ("first99999@", "{}", 100),
        ("nobody", "{}", 100),
    ] {
        let arguments =
            format!("('{first}', '{first}\u{10ffff}', '{first}', '{nil}', '{others}', null, 51)");
        let plan = plan(&mut session, &found, &arguments).await;
        assert!(!plan.to_string().contains("Seq Scan"), "{first}: {plan:#}");
        assert!(read(&plan) < most, "{first}: {} pages in {plan:#}", read(&plan));
    }
    let somebody: uuid::Uuid = sqlx::query_scalar("select user_id from memberships limit 1")
        .fetch_one(&mut session)
        .await
        .expect("somebody");
    for after in ["null".to_owned(), format!("'{somebody}'")] {
        let plan = plan(&mut session, &all, &format!("({after}, 51, null)")).await;
        assert!(!plan.to_string().contains("Seq Scan"), "{plan:#}");
        assert!(read(&plan) < 3000, "{} pages in {plan:#}", read(&plan));
    }
    // And the service itself comes through, page after page.
    for query in ["", "first", "last7", "first99999@", "last500 first", "f"] {
        let wish = ListMembersRequest { query: query.into(), ..Default::default() };
        let (members, next) = page(&platform, here, wish.clone()).await;
        assert!(!members.is_empty(), "{query}");
        if !next.is_empty() {
            let after = ListMembersRequest { page_token: next, ..wish };
            assert!(!page(&platform, here, after).await.0.is_empty(), "{query}");
        }
    }
}
