//! Whole programs, and what they take: processor time and memory, on one processor.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

type Fatal = Box<dyn std::error::Error + Send + Sync>;

/// Where the peers lie that are compiled here.
const PEERS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/peers");
/// Runs of each program, of which the median counts.
const RUNS: usize = 9;

/// What one run of a program took.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Spent {
    /// processor time in user and system mode, in milliseconds
    pub cpu_ms: f64,
    /// most memory that was resident at once, in MiB
    pub peak_mib: f64,
}

/// A program and its arguments.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Program(Vec<std::ffi::OsString>);

impl Program {
    /// `program`, by its path or as the shell would find it.
    pub fn new(program: impl AsRef<OsStr>) -> Self {
        Self(vec![program.as_ref().to_owned()])
    }

    /// With one more argument.
    #[must_use]
    pub fn arg(mut self, argument: impl AsRef<OsStr>) -> Self {
        self.0.push(argument.as_ref().to_owned());
        self
    }

    /// With more arguments.
    #[must_use]
    pub fn args<A: AsRef<OsStr>>(self, arguments: impl IntoIterator<Item = A>) -> Self {
        arguments.into_iter().fold(self, Self::arg)
    }
}

/// Runs programs and measures them.
pub struct Meter {
    measure: PathBuf,
    note: PathBuf,
}

impl Meter {
    /// Compiles what measures into `folder`, which must outlive the meter.
    ///
    /// # Errors
    /// When there is no compiler.
    pub fn new(folder: &Path) -> Result<Self, Fatal> {
        Ok(Self { measure: compile("measure.c", &[], folder)?, note: folder.join("measured") })
    }

    /// Runs a program to its end; what it took, and what it said.
    ///
    /// # Errors
    /// When it cannot be run, or ends with an error, which is told with what it said.
    pub fn run(&self, program: &Program) -> Result<(Spent, Output), Fatal> {
        let mut command = Command::new(&self.measure);
        command.arg(&self.note).args(&program.0);
        // One processor is what all of them get: threads would only stand in each other's way.
        command.env("OMP_THREAD_LIMIT", "1").env("MAGICK_THREAD_LIMIT", "1");
        let output = said(&mut command)?;
        let note = std::fs::read_to_string(&self.note)?;
        let numbers = note.split_whitespace().map(str::parse).collect::<Result<Vec<f64>, _>>()?;
        let [user, system, peak] = numbers[..] else {
            return Err(format!("{program:?}: no measure in {note:?}").into());
        };
        Ok((Spent { cpu_ms: (user + system) / 1000.0, peak_mib: peak / 1024.0 }, output))
    }

    /// Runs programs in turn, again and again, so that whatever else this machine does meets all of them
    /// alike; the medians of each. Before each run that counts the program runs once for nothing: what a larger
    /// one has left of the processor's caches would else be held against the one that happens to follow it.
    ///
    /// # Errors
    /// As [`Meter::run`].
    pub fn medians<const N: usize>(&self, programs: [&Program; N]) -> Result<[Spent; N], Fatal> {
        let mut runs = [const { Vec::new() }; N];
        for _ in 0..RUNS {
            for (runs, program) in runs.iter_mut().zip(programs) {
                self.run(program)?;
                runs.push(self.run(program)?.0);
            }
        }
        Ok(runs.map(|runs| Spent {
            cpu_ms: median(runs.iter().map(|spent| spent.cpu_ms)),
            peak_mib: median(runs.iter().map(|spent| spent.peak_mib)),
        }))
    }
}

/// The value in the middle; of an even number the higher one, of none nothing (NaN).
pub fn median(values: impl IntoIterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.into_iter().collect();
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

/// Runs a command to its end.
///
/// # Errors
/// When it cannot be run, or ends with an error, which is told with what it said.
pub fn said(command: &mut Command) -> Result<Output, Fatal> {
    let output =
        command.output().map_err(|error| format!("{command:?}: {error}; run `tools/setup bench`"))?;
    if output.status.success() {
        return Ok(output);
    }
    Err(format!("{command:?}: {}: {}", output.status, String::from_utf8_lossy(&output.stderr)).into())
}

/// Compiles a peer from `bench/peers` into `folder`.
///
/// # Errors
/// When there is no compiler, or not what the peer needs.
pub fn compile(source: &str, libraries: &[&str], folder: &Path) -> Result<PathBuf, Fatal> {
    let program = folder.join(source.trim_end_matches(".c"));
    let mut command = Command::new("cc");
    command.args(["-std=gnu11", "-O3", "-Wall", "-Wextra", "-o"]).arg(&program);
    command.arg(Path::new(PEERS).join(source)).args(libraries);
    said(&mut command).map_err(|error| format!("{error}; run `tools/setup bench`"))?;
    Ok(program)
}

/// That a program is there.
///
/// # Errors
/// When it is not, with the name of Debian's package of it.
pub fn require(program: &str, package: &str) -> Result<(), Fatal> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    if std::env::split_paths(&path).any(|folder| folder.join(program).is_file()) {
        return Ok(());
    }
    Err(format!("{program} is missing: run `tools/setup bench`, which installs {package}").into())
}

/// A program of ours that was built beside this one.
///
/// # Errors
/// When it was not.
pub fn ours(name: &str) -> Result<PathBuf, Fatal> {
    let program = std::env::current_exe()?.with_file_name(name);
    if program.is_file() {
        return Ok(program);
    }
    Err(format!("{} is missing: run `make bench`, which builds it", program.display()).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_no_outlier() {
        assert_eq!(median([9.0, 1.0, 2.0]), 2.0);
        assert!(median([]).is_nan());
    }

    #[test]
    fn a_program_is_measured_by_itself() {
        let folder = tempfile::tempdir().expect("a folder");
        let meter = Meter::new(folder.path()).expect("a compiler");
        let busy =
            Program::new("sh").args(["-c", "i=0; while [ $i -lt 100000 ]; do i=$((i+1)); done; echo $i"]);
        let (spent, output) = meter.run(&busy).expect("a shell");
        assert_eq!(output.stdout, b"100000\n");
        assert!(spent.cpu_ms > 1.0, "{spent:?}");
        // Not what this program holds.
        let held = vec![1_u8; 64 << 20];
        let (small, _) = meter.run(&Program::new("true")).expect("a program");
        assert!(small.peak_mib < 32.0, "{small:?} beside {} bytes", held.len());
        assert!(meter.run(&Program::new("false")).is_err());
    }

    #[test]
    fn what_is_missing_is_named_with_its_package() {
        let error = require("no-such-program", "its-package").expect_err("missing");
        assert!(error.to_string().contains("its-package"), "{error}");
        assert!(require("sh", "dash").is_ok());
    }
}
