//! How a packed search is carried out.

use std::fs;
use std::num::NonZero;

/// How a packed search is carried out. No choice changes a verdict; `threads` changes nothing but the time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PackedOptions {
    /// The number of threads, this one included. More than the machine has are of no use.
    pub threads: NonZero<usize>,
    /// Whether one state of each orbit is enough; see [`crate::PackedSystem`].
    pub symmetry: bool,
    /// The most bytes that states, tables and buffers may take, besides some 2 MiB. The search ends with
    /// [`crate::Bound::Memory`] before it takes more.
    pub memory: Option<u64>,
}

impl Default for PackedOptions {
    /// One thread, no symmetry, no bound.
    fn default() -> Self {
        Self {
            threads: NonZero::<usize>::MIN,
            symmetry: false,
            memory: None,
        }
    }
}

/// The bytes of memory that this process could still take without swapping: what Linux says is available, or
/// what is left of the limit of its control group (version 2) if that is less. None elsewhere.
pub fn available_memory() -> Option<u64> {
    let meminfo = fs::read_to_string("/proc/meminfo").ok()?;
    let machine = available_of_machine(&meminfo)?;
    Some(available_of_group().map_or(machine, |group| group.min(machine)))
}

/// The bytes of memory that this process has, as Linux tells it (proc(5)); none elsewhere.
pub(crate) fn resident_memory() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    line.trim()
        .strip_suffix(" kB")?
        .parse::<u64>()
        .ok()?
        .checked_mul(1024)
}

/// `MemAvailable` of `/proc/meminfo`, which is in KiB; see proc(5).
fn available_of_machine(meminfo: &str) -> Option<u64> {
    let line = meminfo
        .lines()
        .find_map(|line| line.strip_prefix("MemAvailable:"))?;
    line.trim()
        .strip_suffix(" kB")?
        .parse::<u64>()
        .ok()?
        .checked_mul(1024)
}

/// The group that a container sees as the root.
fn available_of_group() -> Option<u64> {
    let read = |file| fs::read_to_string(format!("/sys/fs/cgroup/{file}")).ok();
    // Without a limit the file says "max".
    let limit: u64 = read("memory.max")?.trim().parse().ok()?;
    let used: u64 = read("memory.current")?.trim().parse().ok()?;
    Some(limit.saturating_sub(used))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_linux_says() {
        let meminfo = "MemTotal:       24689764 kB\nMemFree:         1 kB\nMemAvailable:   23068672 kB\n";
        assert_eq!(available_of_machine(meminfo), Some(22 << 30));
        assert_eq!(available_of_machine("MemTotal: 1 kB\n"), None);
    }
}
