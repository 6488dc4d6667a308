//! CPU time and memory of a process, as the kernel counts them.

use std::{fs, io, time::Duration};

/// `/proc` counts CPU time in hundredths of a second on every Linux there is (`USER_HZ`).
const TICK: Duration = Duration::from_millis(10);

/// A process on this machine.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Process(u32);

/// What it has used so far, and uses now.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Usage {
    /// In user and kernel mode, all threads, since it began.
    pub(crate) cpu: Duration,
    /// Resident memory in bytes.
    pub(crate) resident: u64,
}

impl Process {
    pub(crate) fn new(pid: u32) -> io::Result<Self> {
        let process = Self(pid);
        process.usage().map(|_| process)
    }

    pub(crate) fn usage(self) -> io::Result<Usage> {
        let read = |file| fs::read_to_string(format!("/proc/{}/{file}", self.0));
        let usage = parse(&read("stat")?, &read("status")?);
        let mut usage =
            usage.ok_or_else(|| io::Error::new(io::ErrorKind::InvalidData, "/proc is not as expected"))?;
        // A kernel that keeps scheduler statistics knows it to the nanosecond.
        if let Some(exact) = self.exact_cpu() {
            usage.cpu = exact;
        }
        Ok(usage)
    }

    /// The time its present threads have run.
    fn exact_cpu(self) -> Option<Duration> {
        let mut all = Duration::ZERO;
        for thread in fs::read_dir(format!("/proc/{}/task", self.0)).ok()? {
            let text = fs::read_to_string(thread.ok()?.path().join("schedstat")).ok()?;
            all += Duration::from_nanos(text.split(' ').next()?.parse().ok()?);
        }
        Some(all)
    }
}

fn parse(stat: &str, status: &str) -> Option<Usage> {
    // The second field, the command, may hold anything, but it is the only one in parentheses.
    let mut fields = stat.rsplit_once(") ")?.1.split(' ').skip(11);
    let mut ticks = || fields.next()?.parse::<u32>().ok();
    let cpu = TICK * (ticks()? + ticks()?);
    let resident = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kilobytes: u64 = resident.trim().strip_suffix(" kB")?.parse().ok()?;
    Some(Usage { cpu, resident: kilobytes * 1024 })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knows_this_very_process() {
        let usage = Process::new(std::process::id()).unwrap().usage().unwrap();
        assert!(usage.resident > 100_000, "{usage:?}");
    }

    #[test]
    fn a_command_may_hold_anything() {
        let stat = "7 (a) b) R 1 7 7 0 -1 0 0 0 0 0 150 50 0 0 20 0 1 0";
        let usage = parse(stat, "Name:\ta\nVmRSS:\t    12 kB\n").unwrap();
        assert_eq!((usage.cpu, usage.resident), (Duration::from_secs(2), 12_288));
    }
}
