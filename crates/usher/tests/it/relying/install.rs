//! The client libraries and what runs them, under `target/`: fetched once, by whichever test is first.

use std::{
    env,
    fs::{self, File},
    path::{Path, PathBuf},
    process::Command,
};

const HERE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/relying");
const CACHE: &str = concat!(env!("CARGO_TARGET_TMPDIR"), "/relying");

/// The Node that was pinned with openid-client, and the folder of its modules.
pub(super) fn node() -> (PathBuf, PathBuf) {
    let folder = once("npm", "package-lock.json", |folder| {
        for name in ["package.json", "package-lock.json"] {
            fs::copy(Path::new(HERE).join(name), folder.join(name)).expect("a copy");
        }
        let mut npm = Command::new("npm");
        npm.args(["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel", "error"]);
        run(npm.current_dir(folder), "npm");
    });
    let kind = if cfg!(target_arch = "aarch64") { "arm64" } else { "x64" };
    let pinned = folder.join(format!("node_modules/node-linux-{kind}/bin/node"));
    // Another system's own has to do.
    let node = if pinned.exists() { pinned } else { PathBuf::from("node") };
    (node, folder)
}

/// The folder of Authlib, and of what it needs, for this machine's Python.
pub(super) fn python() -> PathBuf {
    once("pip", "requirements.txt", |folder| {
        let mut pip = Command::new("python3");
        pip.arg(Path::new(HERE).join("run_pip.py"));
        pip.args(["install", "--quiet", "--disable-pip-version-check", "--no-deps"]);
        pip.args(["--require-hashes", "--only-binary", ":all:", "--target"]).arg(folder);
        pip.arg("--requirement").arg(Path::new(HERE).join("requirements.txt"));
        run(&mut pip, "python3");
    })
}

/// The folder `name`, filled for these pins: by one process at a time, and anew only where the pins have changed.
fn once(name: &str, pins: &str, fill: impl FnOnce(&Path)) -> PathBuf {
    fs::create_dir_all(CACHE).expect("room under target");
    let at = |end: &str| Path::new(CACHE).join(format!("{name}{end}"));
    let lock = File::create(at(".lock")).expect("a lock");
    lock.lock().expect("a turn");
    let wanted = fs::read_to_string(Path::new(HERE).join(pins)).expect("the pins");
    let (folder, filled) = (at(""), at(".filled"));
    if fs::read_to_string(&filled).ok().as_ref() != Some(&wanted) {
        for left in [fs::remove_file(&filled), fs::remove_dir_all(&folder)] {
            let is_gone = left.or_else(|problem| match problem.kind() {
                std::io::ErrorKind::NotFound => Ok(()),
                _ => Err(problem),
            });
            is_gone.expect("what was there is removed");
        }
        fs::create_dir(&folder).expect("a folder");
        fill(&folder);
        fs::write(&filled, wanted).expect("a note");
    }
    folder
}

fn run(command: &mut Command, program: &str) {
    let path = env::var("PATH").unwrap_or_default();
    let done = command.output().unwrap_or_else(|problem| {
        panic!("{program} is needed to fetch client libraries, and is not in {path}: {problem}")
    });
    let said = String::from_utf8_lossy(&done.stderr);
    assert!(done.status.success(), "{command:?} has failed:\n{said}");
}
