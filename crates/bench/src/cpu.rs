//! What processes used of the machine, as the kernel counts it in /proc.

use std::{
    collections::{HashMap, HashSet},
    fs,
    ops::Sub,
};

use anyhow::{Context, Result};

/// The kernel tells times in hundredths of a second, whatever its own clock is.
const TICK_MS: f64 = 10.0;

/// Processor time, milliseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Cpu {
    /// In programs.
    pub(crate) user: f64,
    /// In the kernel, in their name.
    pub(crate) system: f64,
}

impl Cpu {
    /// Both.
    pub(crate) fn total(self) -> f64 {
        self.user + self.system
    }
}

impl Sub for Cpu {
    type Output = Self;

    fn sub(self, earlier: Self) -> Self {
        Self { user: self.user - earlier.user, system: self.system - earlier.system }
    }
}

/// What this process, and all that descend from it, used so far. What ended counts with the parent that waited for it.
///
/// # Errors
/// The process is not there.
pub(crate) fn of_tree(root: u32) -> Result<Cpu> {
    let processes = processes()?;
    anyhow::ensure!(processes.contains_key(&root), "process {root} has ended");
    Ok(sum(&processes, &[root]))
}

/// What this process used so far, without the children that still run.
///
/// # Errors
/// /proc cannot be read.
pub(crate) fn of_self() -> Result<Cpu> {
    let stat = fs::read_to_string("/proc/self/stat").context("/proc/self/stat")?;
    let own = parse(&stat).context("/proc/self/stat is not what it was")?;
    Ok(own.used)
}

/// What the machine was busy with beside the work of these trees; milliseconds since its start, of all cores together.
///
/// # Errors
/// /proc cannot be read.
pub(crate) fn of_others(ours: &[u32]) -> Result<f64> {
    let text = fs::read_to_string("/proc/stat").context("/proc/stat")?;
    let line = text.lines().next().unwrap_or_default();
    let words = line.split_whitespace().skip(1);
    let ticks: Vec<f64> = words.filter_map(|word| word.parse().ok()).collect();
    // user, nice, system, irq, softirq, steal: what the host took away is noise as well.
    let busy = [0, 1, 2, 5, 6, 7].map(|index| ticks.get(index).copied().unwrap_or_default());
    Ok(busy.iter().sum::<f64>() * TICK_MS - sum(&processes()?, ours).total())
}

/// Memory of a process that is really there (VmRSS), MiB.
///
/// # Errors
/// The process is not there.
pub(crate) fn resident(process: u32) -> Result<f64> {
    let text = fs::read_to_string(format!("/proc/{process}/status"))?;
    let line = text.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kib = line.and_then(|line| line.trim().trim_end_matches(" kB").parse::<f64>().ok());
    Ok(kib.context("the kernel does not tell VmRSS")? / 1024.0)
}

/// The parent of a process.
///
/// # Errors
/// The process is not there.
pub(crate) fn parent(process: u32) -> Result<u32> {
    let found = processes()?.get(&process).map(|one| one.parent);
    found.with_context(|| format!("process {process} is not on this machine"))
}

struct Process {
    parent: u32,
    used: Cpu,
}

fn sum(processes: &HashMap<u32, Process>, roots: &[u32]) -> Cpu {
    let mut family: HashSet<u32> = roots.iter().copied().collect();
    loop {
        let before = family.len();
        let children = processes.iter().filter(|(_, one)| family.contains(&one.parent));
        let children: Vec<u32> = children.map(|(id, _)| *id).collect();
        family.extend(children);
        if family.len() == before {
            break;
        }
    }
    let members = processes.iter().filter(|(id, _)| family.contains(id));
    members.fold(Cpu::default(), |all, (_, one)| Cpu {
        user: all.user + one.used.user,
        system: all.system + one.used.system,
    })
}

fn processes() -> Result<HashMap<u32, Process>> {
    let entries = fs::read_dir("/proc").context("/proc")?.flatten();
    let ids = entries.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
    // One that ends while it is looked at counts with its parent from then on.
    let read = |id: u32| Some((id, parse(&fs::read_to_string(format!("/proc/{id}/stat")).ok()?)?));
    Ok(ids.filter_map(read).collect())
}

/// Reads `/proc/<id>/stat`. The name comes second and may hold anything, so fields are counted from its end.
fn parse(stat: &str) -> Option<Process> {
    let (_, fields) = stat.rsplit_once(") ")?;
    let fields: Vec<&str> = fields.split_whitespace().collect();
    let ticks = |index: usize| fields.get(index)?.parse::<f64>().ok();
    Some(Process {
        parent: fields.get(1)?.parse().ok()?,
        used: Cpu {
            user: (ticks(11)? + ticks(13)?) * TICK_MS,
            system: (ticks(12)? + ticks(14)?) * TICK_MS,
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const STAT: &str = "4 (a ) b) S 1 4 4 0 -1 0 0 0 0 0 7 5 2 1 20 0 1 0 0 0 0";

    #[test]
    fn times_are_read_behind_a_name_with_brackets() {
        let read = parse(STAT).expect("a stat");
        assert_eq!(read.parent, 1);
        assert_eq!((read.used.user, read.used.system), (90.0, 60.0));
        assert_eq!(read.used.total(), 150.0);
    }

    #[test]
    fn a_tree_holds_its_descendants_and_nobody_else() {
        let process = |parent| Process { parent, used: Cpu { user: 10.0, system: 0.0 } };
        let all =
            HashMap::from([(1, process(0)), (2, process(1)), (3, process(2)), (9, process(0))]);
        assert_eq!(sum(&all, &[1]).total(), 30.0);
        assert_eq!(sum(&all, &[3, 9]).total(), 20.0);
    }

    #[test]
    fn this_process_uses_something() {
        let me = std::process::id();
        assert!(of_tree(me).expect("is there").total() >= 0.0);
        assert!(resident(me).expect("is there") > 0.5);
        assert!(parent(me).expect("is there") > 0);
    }
}
