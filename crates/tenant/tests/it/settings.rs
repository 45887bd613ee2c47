//! A tenant's settings and its look.

use futures::future::join_all;
use kernel::{Code, Cx, TenantId};
use tonic::Status;
use wire::{
    call,
    tenant::v1::{
        Branding, GetBrandingRequest, GetSettingsRequest, ResolveTenantRequest, Settings, Tenant,
        UpdateBrandingRequest, UpdateSettingsRequest, resolve_tenant_request::By,
    },
};

use crate::house::{House, refused};

fn id(tenant: &Tenant) -> TenantId {
    TenantId::parse(&tenant.tenant_id).expect("an id")
}

fn admin(house: &House, tenant: &Tenant) -> Cx {
    let rights = ["tenant.settings.read", "tenant.settings.update"];
    house.neighbours.person(Some(id(tenant)), testkit::user(), &rights)
}

async fn get(house: &House, tenant: &Tenant) -> Settings {
    let asked = call(&admin(house, tenant), GetSettingsRequest {});
    house.settings().get_settings(asked).await.expect("shows").into_inner()
}

async fn set(
    house: &House,
    tenant: &Tenant,
    wish: UpdateSettingsRequest,
) -> Result<Settings, Status> {
    let set = house.settings().update_settings(call(&admin(house, tenant), wish)).await;
    set.map(tonic::Response::into_inner)
}

async fn brand(
    house: &House,
    tenant: &Tenant,
    wish: UpdateBrandingRequest,
) -> Result<Branding, Status> {
    let set = house.brandings().update_branding(call(&admin(house, tenant), wish)).await;
    set.map(tonic::Response::into_inner)
}

#[tokio::test]
async fn a_tenant_has_the_platforms_settings_until_it_sets_its_own() {
    let house = House::open().await;
    let (acme, beta) = (house.create("Acme", "").await, house.create("Beta", "").await);
    let (acme, beta) = (acme.expect("creates"), beta.expect("creates"));
    let own = get(&house, &acme).await;
    assert_eq!((own.version, own.time_zone.as_str(), own.day_border.as_str()), (0, "UTC", "00:00"));
    assert_eq!((own.password_min_length, own.invitation_links_shown), (15, true));
    assert_eq!(own.set_at, None);
    let wish = UpdateSettingsRequest {
        locale: "ru".into(),
        time_zone: "europe/riga".into(),
        day_border: "04:00".into(),
        allowed_email_domains: vec!["@School.Example".into()],
        mfa_required: true,
        session_idle_minutes: 30,
        invitation_links_shown: Some(false),
        ..Default::default()
    };
    let set = set(&house, &acme, wish).await.expect("sets");
    assert_eq!((set.version, set.locale.as_str()), (1, "ru"));
    assert_eq!((set.time_zone.as_str(), set.day_border.as_str()), ("Europe/Riga", "04:00"));
    assert_eq!(set.allowed_email_domains, ["school.example"]);
    assert_eq!(get(&house, &acme).await, set);
    assert_eq!(get(&house, &beta).await, own, "nobody else's settings have changed");
    let together = "select count(*) from settings s
        join audit_events a on a.tenant_id = s.tenant_id and a.xmin = s.xmin
        join outbox o on o.tenant_id = s.tenant_id and o.xid::xid = s.xmin
        join tenants t on t.tenant_id = s.tenant_id and t.xmin = s.xmin
        where a.action = 'tenant.settings.update' and o.kind = 'tenant.settings.changed'
          and o.data ->> 'timeZone' = 'Europe/Riga' and o.data ->> 'version' = '1' and t.locale = 'ru'";
    assert_eq!(house.count(together).await, 1);
}

#[tokio::test]
async fn of_many_who_change_what_they_read_one_does_and_the_others_learn_it() {
    let house = House::open().await;
    let acme = house.create("Acme", "").await.expect("creates");
    let wish = |hour: usize| UpdateSettingsRequest {
        day_border: format!("{hour:02}:00"),
        ..Default::default()
    };
    let all = join_all((1..9).map(|hour| set(&house, &acme, wish(hour)))).await;
    assert_eq!(all.iter().filter(|answer| answer.is_ok()).count(), 1);
    for refusal in all.into_iter().filter(Result::is_err).map(refused) {
        assert_eq!((refusal.code, refusal.reason.as_str()), (Code::Conflict, "changed_since"));
        assert_eq!(refusal.fields[0].field, "version");
    }
    let now = get(&house, &acme).await;
    let same = UpdateSettingsRequest { day_border: now.day_border.clone(), ..Default::default() };
    let again = set(&house, &acme, same).await.expect("stands already, whatever version was read");
    assert_eq!(again, now);
    let next = UpdateSettingsRequest { version: 1, ..wish(12) };
    assert_eq!(set(&house, &acme, next).await.expect("the newest was read").version, 2);
    let facts = "select count(*) from outbox where kind = 'tenant.settings.changed'";
    assert_eq!(house.count(facts).await, 2);
}

#[tokio::test]
async fn settings_that_cannot_be_kept_name_the_field() {
    let house = House::open().await;
    let acme = house.create("Acme", "").await.expect("creates");
    let plain = UpdateSettingsRequest::default;
    for (field, wish) in [
        ("locale", UpdateSettingsRequest { locale: "xx".into(), ..plain() }),
        ("timeZone", UpdateSettingsRequest { time_zone: "Mars/Olympus".into(), ..plain() }),
        ("dayBorder", UpdateSettingsRequest { day_border: "24:00".into(), ..plain() }),
        (
            "allowedEmailDomains",
            UpdateSettingsRequest { allowed_email_domains: vec!["nowhere".into()], ..plain() },
        ),
        (
            "allowedOrigins",
            UpdateSettingsRequest { allowed_origins: vec!["https://*.example".into()], ..plain() },
        ),
        (
            "allowedOrigins",
            UpdateSettingsRequest {
                allowed_origins: vec!["https://a.example".into(); 21],
                ..plain()
            },
        ),
        ("passwordMinLength", UpdateSettingsRequest { password_min_length: 8, ..plain() }),
        ("sessionIdleMinutes", UpdateSettingsRequest { session_idle_minutes: -1, ..plain() }),
        ("sessionIdleMinutes", UpdateSettingsRequest { session_absolute_minutes: 60, ..plain() }),
        (
            "sessionAbsoluteMinutes",
            UpdateSettingsRequest { session_absolute_minutes: 50_000, ..plain() },
        ),
    ] {
        let refusal = refused(set(&house, &acme, wish).await);
        assert_eq!((refusal.code, refusal.fields[0].field.as_str()), (Code::Invalid, field));
    }
    assert_eq!(house.count("select count(*) from settings").await, 0);
}

#[tokio::test]
async fn a_tenant_looks_as_it_likes_if_it_can_be_read() {
    let house = House::open().await;
    let acme = house.create("Acme", "").await.expect("creates");
    let shown = async || {
        let asked = call(&testkit::cx(id(&acme)), GetBrandingRequest {});
        house.brandings().get_branding(asked).await.expect("shows").into_inner()
    };
    let own = shown().await;
    assert_eq!((own.version, own.name.as_str(), own.primary_text.as_str()), (0, "Acme", "white"));
    let wish = UpdateBrandingRequest {
        name: "Acme School".into(),
        logo_url: "https://cdn.acme.example/logo.svg".into(),
        primary_color: "#FFD400".into(),
        ..Default::default()
    };
    let set = brand(&house, &acme, wish).await.expect("sets");
    assert_eq!((set.primary_color.as_str(), set.primary_text.as_str()), ("#ffd400", "black"));
    assert_eq!(shown().await, set);
    for (field, wish) in [
        ("primaryText", ("#ffd400", "white", "")),
        ("primaryText", ("#ffd400", "green", "")),
        ("primaryColor", ("yellow", "", "")),
        ("logoUrl", ("", "", "http://cdn.acme.example/logo.svg")),
    ] {
        let (color, text, logo) = wish;
        let wish = UpdateBrandingRequest {
            version: 1,
            primary_color: color.into(),
            primary_text: text.into(),
            logo_url: logo.into(),
            ..Default::default()
        };
        let refusal = refused(brand(&house, &acme, wish).await);
        assert_eq!((refusal.code, refusal.fields[0].field.as_str()), (Code::Invalid, field));
    }
    let stale = UpdateBrandingRequest { name: "Other".into(), ..Default::default() };
    assert_eq!(refused(brand(&house, &acme, stale).await).reason, "changed_since");
    let facts = "select count(*) from outbox where kind = 'tenant.branding.changed'";
    assert_eq!(house.count(facts).await, 1);
}

#[tokio::test]
async fn allowed_origins_are_told_with_the_tenant_and_in_the_fact() {
    let house = House::open().await;
    let (acme, beta) = (house.create("Acme", "").await, house.create("Beta", "").await);
    let (acme, beta) = (acme.expect("creates"), beta.expect("creates"));
    let resolved = async |tenant: &Tenant| {
        let by = Some(By::Slug(tenant.slug.clone()));
        let asked = call(&testkit::cx_of_platform(), ResolveTenantRequest { by });
        house.client().resolve_tenant(asked).await.expect("resolves").into_inner()
    };
    let before = resolved(&acme).await;
    assert!(before.allowed_origins.is_empty());
    let wish = UpdateSettingsRequest {
        allowed_origins: vec!["https://Portal.example".into(), "https://app.example:8443".into()],
        ..Default::default()
    };
    let set = set(&house, &acme, wish).await.expect("sets");
    let origins = ["https://app.example:8443", "https://portal.example"];
    assert_eq!(set.allowed_origins, origins);
    assert_eq!(get(&house, &acme).await, set);
    let after = resolved(&acme).await;
    assert_eq!(after.allowed_origins, origins);
    assert!(after.epoch > before.epoch, "the resolution reads otherwise");
    assert_eq!(resolved(&beta).await, beta, "another tenant has its own");
    let told =
        "select data ->> 'allowedOrigins' from outbox where kind = 'tenant.settings.changed'";
    let told = house.texts(told).await.pop().expect("a fact");
    assert_eq!(told, r#"["https://app.example:8443", "https://portal.example"]"#);
}
