//! Dependencies go one way, and versions stand in one place.

use anyhow::Result;
use tidy::{Dependency, Excuse, Finding, Kind, Manifest, Rule, workspace};

/// Where each crate stands. What stands beside the house is development only.
const FLOORS: [(&str, Floor); 23] = [
    ("kernel", Floor::Of(0)),
    ("wire", Floor::Of(1)),
    ("pg", Floor::Of(1)),
    ("vault", Floor::Of(1)),
    ("boot", Floor::Of(1)),
    ("outbound", Floor::Of(1)),
    ("bus", Floor::Of(2)),
    ("jobs", Floor::Of(2)),
    ("connector", Floor::Of(2)),
    ("tenant", Floor::Of(3)),
    ("auth", Floor::Of(3)),
    ("user", Floor::Of(3)),
    ("provisioning", Floor::Of(3)),
    ("notifier", Floor::Of(3)),
    ("events", Floor::Of(3)),
    ("activity", Floor::Of(3)),
    ("gateway", Floor::Of(3)),
    ("console", Floor::Of(3)),
    ("usher", Floor::Of(4)),
    ("sandbox", Floor::Beside(&[])),
    (
        "testkit",
        Floor::Beside(&["kernel", "wire", "pg", "bus", "jobs", "boot", "sandbox", "usher"]),
    ),
    ("tidy", Floor::Beside(&[])),
    (
        "bench",
        Floor::Beside(&[
            "kernel", "pg", "wire", "vault", "boot", "bus", "jobs", "user", "sandbox", "testkit",
            "usher",
        ]),
    ),
];

/// Steps within a floor, and onto what stands beside.
const STEPS: [(&str, &str); 4] = [
    // The data keys stand in the service's own database.
    ("vault", "pg"),
    // A step's facts are told in the transaction that keeps its outcome.
    ("jobs", "bus"),
    // The pages resolve tenant, session and limits the way the API does.
    ("console", "gateway"),
    // `usher dev` brings its own servers and stand-ins.
    ("usher", "sandbox"),
];

#[derive(Clone, Copy)]
enum Floor {
    Of(u8),
    Beside(&'static [&'static str]),
}

const DIRECTION: Rule = Rule {
    name: "a crate depends only on floors below its own",
    remedy: "move the piece to the floor whose question it answers; a service reaches another through wire",
    excuses: &[],
};

const VERSIONS: Rule = Rule {
    name: "versions stand in [workspace.dependencies] only",
    remedy: "write `name.workspace = true` and put the version into the root Cargo.toml",
    excuses: &[Excuse {
        place: "crates/testkit/Cargo.toml",
        what: "testkit",
        because: "its own tests run with all of its features",
    }],
};

fn floor(name: &str) -> Option<Floor> {
    FLOORS.iter().find(|(other, _)| *other == name).map(|(_, floor)| *floor)
}

fn is_allowed(from: &str, to: &str) -> bool {
    STEPS.contains(&(from, to))
        || match (floor(from), floor(to)) {
            (Some(Floor::Of(upper)), Some(Floor::Of(lower))) => lower < upper,
            (Some(Floor::Beside(list)), _) => list.contains(&to),
            _ => false,
        }
}

fn direction(manifest: &Manifest) -> Vec<Finding> {
    let from = manifest.name.as_str();
    if floor(from).is_none() {
        return vec![Finding::new(
            &manifest.path,
            0,
            format!("{from} stands on no floor: add it to FLOORS"),
        )];
    }
    let ours = |one: &&Dependency| one.kind != Kind::Dev && floor(&one.name).is_some();
    let wrong = |one: &&Dependency| !is_allowed(from, &one.name);
    let tell = |one: &Dependency| {
        Finding::new(&manifest.path, one.line, format!("{from} depends on {}", one.name))
    };
    manifest.dependencies.iter().filter(ours).filter(wrong).map(tell).collect()
}

fn versions(manifest: &Manifest) -> Vec<Finding> {
    let own = manifest.dependencies.iter().filter(|one| !one.is_inherited);
    own.map(|one| Finding::new(&manifest.path, one.line, one.name.clone())).collect()
}

#[test]
fn dependencies_go_down_the_floors() -> Result<()> {
    let manifests = workspace::manifests()?;
    assert_eq!(manifests.len(), FLOORS.len());
    DIRECTION.hold(&manifests.iter().flat_map(direction).collect::<Vec<_>>())
}

#[test]
fn versions_stand_in_one_place() -> Result<()> {
    VERSIONS.hold(&workspace::manifests()?.iter().flat_map(versions).collect::<Vec<_>>())
}

#[test]
fn a_service_that_depends_on_a_service_is_found() -> Result<()> {
    let text = "[package]\nname = \"user\"\n[dependencies]\npg.workspace = true\nauth.workspace = true\n[dev-dependencies]\nusher.workspace = true\n";
    let found = direction(&Manifest::parse("crates/user/Cargo.toml", text)?);
    assert_eq!(found, [Finding::new("crates/user/Cargo.toml", 5, "user depends on auth")]);
    Ok(())
}

#[test]
fn a_shared_crate_that_depends_upwards_or_beside_is_found() -> Result<()> {
    let text = "[package]\nname = \"pg\"\n[dependencies]\nbus.workspace = true\n[build-dependencies]\nsandbox.workspace = true\n";
    assert_eq!(direction(&Manifest::parse("x", text)?).len(), 2);
    let text = "[package]\nname = \"drawer\"\n";
    assert_eq!(direction(&Manifest::parse("x", text)?).len(), 1);
    Ok(())
}

#[test]
fn a_version_of_its_own_is_found() -> Result<()> {
    let text = "[package]\nname = \"user\"\n[target.'cfg(unix)'.dependencies]\nnix = \"0.31\"\n";
    assert_eq!(versions(&Manifest::parse("x", text)?), [Finding::new("x", 4, "nix")]);
    Ok(())
}
