//! What processes take, as proc(5) tells it.

use std::fs::read_to_string;
use std::time::Duration;

type Fatal = Box<dyn std::error::Error + Send + Sync>;

/// Proportional set size of some processes together, in MiB.
pub fn pss(pids: &[u32]) -> Result<f64, Fatal> {
    let mut kib = 0.0;
    for pid in pids {
        let told = read_to_string(format!("/proc/{pid}/smaps_rollup"))?;
        let line = told.lines().find_map(|line| line.strip_prefix("Pss:")).ok_or("no Pss in smaps_rollup")?;
        kib += line.trim().trim_end_matches("kB").trim().parse::<f64>()?;
    }
    Ok(kib / 1024.0)
}

/// Processor time of some processes so far.
pub fn cpu(pids: &[u32]) -> Result<Duration, Fatal> {
    let mut ticks = 0;
    for pid in pids {
        // user and system time are the 14th and 15th field; the second one may hold spaces, in brackets.
        let stat = read_to_string(format!("/proc/{pid}/stat"))?;
        let fields = stat.rsplit_once(')').map_or("", |(_, rest)| rest).split_whitespace();
        ticks += fields.skip(11).take(2).map(str::parse::<u64>).sum::<Result<u64, _>>()?;
    }
    let per_second = rustix::param::clock_ticks_per_second();
    Ok(Duration::from_secs_f64(ticks as f64 / per_second as f64))
}

/// How often the first thread of a process has gone to sleep so far: as often it was woken.
pub fn sleeps(pid: u32) -> Result<u64, Fatal> {
    let status = read_to_string(format!("/proc/{pid}/task/{pid}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix("voluntary_ctxt_switches:"));
    Ok(line.ok_or("no voluntary_ctxt_switches")?.trim().parse()?)
}

/// The processes of a group.
pub fn of_group(group: u32) -> Result<Vec<u32>, Fatal> {
    let mut pids = Vec::new();
    for entry in std::fs::read_dir("/proc")?.flatten() {
        let Some(pid) = entry.file_name().to_str().and_then(|name| name.parse::<u32>().ok()) else {
            continue;
        };
        // Whoever ends meanwhile is of no group.
        let stat = read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
        let mut fields = stat.rsplit_once(')').map_or("", |(_, rest)| rest).split_whitespace();
        if fields.nth(2).and_then(|field| field.parse().ok()) == Some(group) {
            pids.push(pid);
        }
    }
    Ok(pids)
}
