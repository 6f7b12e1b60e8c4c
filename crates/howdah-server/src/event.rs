//! What happens while a cluster is made or started, for whoever shows it.
//!
//! No IO. The crate itself prints nothing: a caller passes an [`Observer`].

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use crate::programs::{Origin, Version};

/// Receives what happens, and may ask to give up.
pub trait Observer {
    /// Something happened.
    fn event(&mut self, event: &Event);

    /// Asked every few milliseconds while waiting; true ends the wait with
    /// [`Kind::Interrupted`](crate::Kind::Interrupted).
    fn interrupted(&mut self) -> bool {
        false
    }
}

/// An observer that looks away.
impl Observer for () {
    fn event(&mut self, _: &Event) {}
}

/// One step of a start. `Display` renders it as a sentence for people.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Event {
    /// These programs are going to be used.
    Programs {
        /// Their folder.
        bindir: PathBuf,
        /// Their version.
        version: Version,
        /// How they were found.
        origin: Origin,
    },
    /// The account that runs the server cannot read the programs: it gets this copy of them.
    ProgramsCopied {
        /// The account's name.
        account: String,
        /// The folder of the copy.
        bindir: PathBuf,
        /// Whether the copy was made now or an earlier one serves.
        fresh: bool,
    },
    /// Another process is starting, stopping or removing this cluster.
    Waiting,
    /// `initdb` begins.
    Initialising {
        /// The data directory to be.
        pgdata: PathBuf,
    },
    /// A replica is being made from the server on this port.
    Copying {
        /// The replica's number.
        number: u32,
        /// The TCP port of the server that is copied.
        port: u16,
    },
    /// A shard is being made.
    MakingShard {
        /// Its number.
        number: u32,
    },
    /// A replica became the primary.
    Promoted {
        /// Its number; 0 is the first cluster.
        number: u32,
    },
    /// The data directory is complete and in place.
    Initialised {
        /// How long it took.
        took: Duration,
    },
    /// The last server did not stop in order; what it left was checked and removed.
    StalePidFile {
        /// The pid in the file, if it could be read.
        pid: Option<u32>,
    },
    /// The port of the last start is taken: another is used, and the URL changes.
    PortMoved {
        /// The port of the last start.
        from: u16,
        /// The port of this one.
        to: u16,
    },
    /// The server is up.
    Started {
        /// The postmaster's pid.
        pid: u32,
        /// The TCP port.
        port: u16,
        /// From launch to ready.
        took: Duration,
    },
    /// The server was up before.
    AlreadyRunning {
        /// The postmaster's pid.
        pid: u32,
        /// The TCP port.
        port: u16,
    },
}

impl fmt::Display for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Programs {
                bindir,
                version,
                origin,
            } => {
                write!(
                    f,
                    "using PostgreSQL {version} in `{}` ({origin})",
                    bindir.display()
                )
            }
            Self::ProgramsCopied {
                account,
                bindir,
                fresh,
            } => {
                let verb = if *fresh {
                    "copied the programs"
                } else {
                    "using the copy"
                };
                let bindir = bindir.display();
                write!(
                    f,
                    "{verb} in `{bindir}`, as account `{account}` cannot read the original"
                )
            }
            Self::Waiting => f.write_str("waiting for another process at work on this cluster"),
            Self::Initialising { pgdata } => {
                write!(f, "making a cluster in `{}`", pgdata.display())
            }
            Self::Copying { number, port } => {
                write!(f, "making replica {number} from the server on port {port}")
            }
            Self::MakingShard { number } => write!(f, "making shard {number}"),
            Self::Promoted { number } => write!(f, "replica {number} is the primary now"),
            Self::Initialised { took } => write!(f, "made the cluster in {}", seconds(*took)),
            Self::StalePidFile { pid: Some(pid) } => {
                write!(
                    f,
                    "the last server (process {pid}) did not stop in order; recovering"
                )
            }
            Self::StalePidFile { pid: None } => {
                f.write_str("the last server left an unreadable pid file; recovering")
            }
            Self::PortMoved { from, to } => {
                write!(f, "port {from} is taken by another program; using {to}")
            }
            Self::Started { pid, port, took } => {
                let took = seconds(*took);
                write!(f, "started on port {port} in {took} (process {pid})")
            }
            Self::AlreadyRunning { pid, port } => {
                write!(f, "already running on port {port} (process {pid})")
            }
        }
    }
}

fn seconds(duration: Duration) -> String {
    format!("{:.2} s", duration.as_secs_f64())
}
