//! This run of the tests: the mark that its databases and streams carry, and which marks belong to the dead.

use std::{
    fs,
    hash::{DefaultHasher, Hash, Hasher},
    process,
    sync::LazyLock,
};

use nix::{errno::Errno, sys::signal::kill, unistd::Pid};
use uuid::Uuid;

/// `<host>_<process>`: process ids mean nothing on another machine or in another container, which may share our servers.
static MARK: LazyLock<String> = LazyLock::new(|| format!("{}_{}", host(), process::id()));

/// A name that nothing else has: `<prefix><mark>_<unique>`, lower-case letters, digits and underscores.
pub(crate) fn name(prefix: &str) -> String {
    format!("{prefix}{}_{}", *MARK, Uuid::now_v7().simple())
}

/// Whether the run that made `name` has ended. Before this run has made anything, its own mark can only be that of
/// a dead process whose id came around again.
pub(crate) fn is_of_the_dead(name: &str, prefix: &str) -> bool {
    let read = || {
        let (mark, _) = name.strip_prefix(prefix)?.rsplit_once('_')?;
        let (host, process) = mark.split_once('_')?;
        Some((host, process.parse::<i32>().ok()?))
    };
    let Some((of, process)) = read() else {
        return false;
    };
    let is_me = process.cast_unsigned() == process::id();
    of == host() && (is_me || kill(Pid::from_raw(process), None) == Err(Errno::ESRCH))
}

/// A word for this machine and this container on it.
fn host() -> String {
    let mut sum = DefaultHasher::new();
    let read = |path| fs::read_to_string(path).unwrap_or_default();
    read("/proc/sys/kernel/hostname").hash(&mut sum);
    read("/etc/machine-id").hash(&mut sum);
    fs::read_link("/proc/self/ns/pid").unwrap_or_default().hash(&mut sum);
    format!("{:08x}", sum.finish() as u32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_is_dead_only_if_it_was_here_and_its_process_is_gone() {
        let of = |host: &str, process: u32| format!("test_{host}_{process}_0");
        assert!(is_of_the_dead(&of(&host(), 0x3fff_fff0), "test_"), "no such process");
        assert!(is_of_the_dead(&name("test_"), "test_"), "our own id can only be from before");
        assert!(!is_of_the_dead(&of(&host(), 1), "test_"), "process 1 lives");
        assert!(!is_of_the_dead(&of("elsewhere", 0x3fff_fff0), "test_"), "another machine");
        assert!(!is_of_the_dead("test_data", "test_"), "not a name of ours");
        assert!(!is_of_the_dead("postgres", "test_"), "not a name of ours");
    }
}
