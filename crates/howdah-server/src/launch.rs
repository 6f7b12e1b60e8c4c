//! The postmaster as a process of its own.
//!
//! Two ways, both through `sh`, so that neither needs to fork in a threaded program:
//! - *independent*: `sh` puts the postmaster into the background and ends. The server belongs to
//!   nobody, and outlives the caller.
//! - *owned*: `sh` stays as the postmaster's parent and reads from a pipe that the caller holds
//!   open. When the caller ends in whatever way, SIGKILL included, the kernel closes the pipe, and
//!   `sh` ends the server and removes its directory. The postmaster being its unreaped child, the
//!   pid that it signals cannot be recycled.
//!
//! Both get a process group of their own, out of reach of a terminal's Ctrl-C, and have no
//! descriptor of the caller but the log. IO: processes. Invariant: no server is started without
//! `-D` of the cluster's data directory.

use std::ffi::OsString;
use std::io::{BufRead, BufReader};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Stdio};

use crate::account::Account;
use crate::error::{At, Error, Kind, Result};
use crate::files;
use crate::process::Process;
use crate::programs::Programs;

const INDEPENDENT: &str = r#""$@" >&2 </dev/null & echo $!"#;

/// `$1` is the directory to remove at the end, empty to remove nothing. SIGINT and SIGQUIT, which
/// a shell makes a background command ignore, are set up anew by the postmaster.
const OWNED: &str = r#"
remove=$1; shift
exec 3<&0 </dev/null
"$@" >&2 3<&- &
echo $!
exec >&2
read -r _ <&3
if [ -n "$remove" ]; then kill -QUIT $!; else kill -INT $!; fi 2>/dev/null
wait $!
[ -n "$remove" ] || exit 0
# the servers of replicas and shards below it may need a moment to end
for _ in 1 2 3 4 5 6 7 8 9 10; do rm -rf -- "$remove" && exit 0; sleep 0.2; done
"#;

/// How long the server shall live.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Lifetime {
    Independent,
    /// Until the [`Watchdog`] is dropped or its process ends; then `remove` goes too.
    Owned {
        remove: Option<PathBuf>,
    },
}

/// One launch of a postmaster.
pub(crate) struct Launch<'a> {
    pub(crate) programs: &'a Programs,
    pub(crate) account: &'a Account,
    pub(crate) pgdata: &'a Path,
    pub(crate) log: &'a Path,
    /// For `-c name=value`, in order.
    pub(crate) settings: &'a [(String, String)],
    pub(crate) lifetime: &'a Lifetime,
}

/// What a launch gives: the postmaster, not ready yet.
pub(crate) struct Launched {
    /// `None` if it has ended already.
    pub(crate) process: Option<Process>,
    pub(crate) watchdog: Option<Watchdog>,
    /// Where in the log the new server's messages begin.
    pub(crate) log_start: u64,
}

/// Ends the server when dropped.
#[derive(Debug)]
pub(crate) struct Watchdog {
    /// `None` once released.
    shell: Option<(Child, Option<ChildStdin>)>,
}

impl Watchdog {
    /// Ends the server, if it still runs, and waits until it and its directory are gone.
    pub(crate) fn release(mut self) {
        if let Some((mut child, line)) = self.shell.take() {
            drop(line);
            let _ = child.wait();
        }
    }
}

impl Drop for Watchdog {
    fn drop(&mut self) {
        if let Some((mut child, line)) = self.shell.take() {
            drop(line);
            // nobody waits for a dropped server, but somebody must reap the shell
            std::thread::spawn(move || child.wait());
        }
    }
}

/// Starts the postmaster.
///
/// # Errors
/// [`Kind::Start`] if `sh` does not run or does not tell a pid; [`Kind::Io`] for the log.
pub(crate) fn launch(request: &Launch<'_>) -> Result<Launched> {
    // opened here and inherited: the server's account may not have access to the path
    let log = files::open(request.log).at("cannot open", request.log)?;
    let log_start = log.metadata().at("cannot examine", request.log)?.len();
    let mut shell = request.account.command(Path::new("/bin/sh"));
    match request.lifetime {
        Lifetime::Independent => shell.args(["-c", INDEPENDENT, "howdah"]),
        Lifetime::Owned { remove } => shell
            .args(["-c", OWNED, "howdah-watchdog"])
            .arg(remove.as_deref().unwrap_or(Path::new(""))),
    };
    shell.args(postmaster_command(request)).process_group(0);
    shell
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(log);
    let mut child = shell.spawn().map_err(|source| {
        Error::new(Kind::Start, format!("cannot run `/bin/sh`: {source}")).with_source(source)
    })?;
    let line = child.stdin.take();
    let pid = read_pid(&mut child)?;
    let watchdog = match request.lifetime {
        Lifetime::Independent => {
            let _ = child.wait();
            None
        }
        Lifetime::Owned { .. } => Some(Watchdog {
            shell: Some((child, line)),
        }),
    };
    Ok(Launched {
        process: Process::open(pid)?,
        watchdog,
        log_start,
    })
}

fn postmaster_command(request: &Launch<'_>) -> Vec<OsString> {
    let mut command = vec![
        request.programs.program("postgres").into_os_string(),
        "-D".into(),
        request.pgdata.as_os_str().to_owned(),
    ];
    for (name, value) in request.settings {
        command.push("-c".into());
        command.push(format!("{name}={value}").into());
    }
    command
}

fn read_pid(child: &mut Child) -> Result<u32> {
    let mut line = String::new();
    if let Some(stdout) = child.stdout.take() {
        let _ = BufReader::new(stdout).read_line(&mut line);
    }
    line.trim().parse().map_err(|_| {
        Error::new(
            Kind::Start,
            format!("`/bin/sh` told `{}`, not a pid", line.trim()),
        )
    })
}
