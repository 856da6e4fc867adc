//! Figures and how they are told.

use serde::Serialize;
use std::path::PathBuf;

/// One figure beside its peer.
#[derive(Debug, Clone, Serialize)]
pub struct Row {
    /// its stable name
    pub name: &'static str,
    /// ours
    pub value: f64,
    /// of both values
    pub unit: &'static str,
    /// with what it is compared, and where
    pub peer: String,
    /// the peer's, in the same run
    pub peer_value: f64,
    /// ours divided by the peer's
    pub ratio: f64,
    /// the ratio that is still good enough
    pub goal: f64,
    /// whether it is
    pub holds: bool,
}

impl Row {
    /// A figure that may be at most `goal` times its peer's.
    pub fn at_most(
        name: &'static str,
        unit: &'static str,
        value: f64,
        peer: impl Into<String>,
        peer_value: f64,
        goal: f64,
    ) -> Self {
        let ratio = value / peer_value;
        Self { name, value, unit, peer: peer.into(), peer_value, ratio, goal, holds: ratio <= goal }
    }
}

/// As a table, for people.
pub fn print(rows: &[Row]) {
    println!(
        "{:<20} {:>10} {:<6} {:>10}  {:<34} {:>7} {:>7}",
        "figure", "ours", "", "peer", "", "ratio", "goal"
    );
    for r in rows {
        let verdict = if r.holds { "" } else { "  MISSED" };
        println!(
            "{:<20} {:>10.2} {:<6} {:>10.2}  {:<34} {:>7.3} {:>7.3}{verdict}",
            r.name, r.value, r.unit, r.peer_value, r.peer, r.ratio, r.goal
        );
    }
}

/// As `bench/results.json` under the target directory this program was built in.
pub fn write(rows: &[Row]) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    let program = std::env::current_exe()?;
    // TARGET/release/bench
    let target: PathBuf = program.ancestors().nth(2).ok_or("no target directory above this program")?.into();
    let folder = target.join("bench");
    std::fs::create_dir_all(&folder)?;
    let file = folder.join("results.json");
    std::fs::write(&file, serde_json::to_vec_pretty(rows)?)?;
    println!("written to {}", file.display());
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_goal_holds_up_to_its_bound() {
        assert!(Row::at_most("a", "ms", 115.0, "wire", 100.0, 1.15).holds);
        assert!(!Row::at_most("a", "ms", 116.0, "wire", 100.0, 1.15).holds);
    }
}
