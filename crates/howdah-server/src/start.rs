//! From a directory to a server that answers.
//!
//! IO: all of this crate's. The order is: take the cluster's lock, attach to a server that runs,
//! else choose account and programs, make the data directory if there is none, launch, wait until
//! `postmaster.pid` says `ready`. Invariant: of several processes that start the same cluster one
//! launches it and the others attach; a failure leaves an existing data directory as it was.

use std::fs;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use rustix::process::Signal;

use crate::account::Account;
use crate::cluster::{Cluster, Record, RecordedPrograms, data_version};
use crate::error::{Error, Kind, Result};
use crate::event::{Event, Observer};
use crate::initialise::{self, initialise};
use crate::launch::{Launch, Launched, Lifetime, Watchdog, launch};
use crate::lock::Lock;
use crate::making::Making;
use crate::password::Password;
use crate::port::{self, Wish};
use crate::postmaster::State;
use crate::process::Process;
use crate::programs::{Programs, Search};
use crate::server::Server;
use crate::standby::{self, Upstream};
use crate::status::stored_password;
use crate::stop::await_end;
use crate::url::Address;
use crate::wait::Wait;
use crate::{log, recover, settings};

/// How often an automatic port may turn out to be taken after all.
const PORT_ATTEMPTS: usize = 5;
/// How to start.
#[derive(Debug, Clone)]
pub struct StartOptions {
    /// Where to look for PostgreSQL's programs.
    pub search: Search,
    /// For root: the account that shall run the server.
    pub account: Option<String>,
    /// The TCP port; by default that of the last start, or any that is free.
    pub port: Option<u16>,
    /// Server settings for this start, by name and value.
    pub settings: Vec<(String, String)>,
    /// Choices for a cluster that is made now.
    pub making: Making,
    /// How many replicas the server shall have; by default those that were made before.
    pub replicas: Option<u32>,
    /// How many shards the server shall have; by default those that were made before.
    pub shards: Option<u32>,
    /// Whether a commit waits, during this start, until one of the replicas has it on disk.
    pub synchronous: bool,
    /// How long the server may take to answer.
    pub timeout: Duration,
}

impl Default for StartOptions {
    fn default() -> Self {
        Self {
            search: Search::default(),
            account: None,
            port: None,
            settings: Vec::new(),
            making: Making::default(),
            replicas: None,
            shards: None,
            synchronous: false,
            timeout: Duration::from_mins(1),
        }
    }
}

/// The start of one server, for both lifetimes; a replica of `upstream`, if there is one.
pub(crate) fn start_for(
    mut cluster: Cluster,
    options: &StartOptions,
    lifetime: &Lifetime,
    upstream: Option<&Upstream>,
    observer: &mut dyn Observer,
) -> Result<Server> {
    settings::check(&options.settings)?;
    options.making.check()?;
    let opened = open(&mut cluster, options.timeout, observer)?;
    let outcome = start_locked(cluster.clone(), options, lifetime, upstream, observer);
    if outcome.is_err() && !cluster.record_file().exists() {
        opened.undo(&cluster);
    }
    outcome
}

fn start_locked(
    cluster: Cluster,
    options: &StartOptions,
    lifetime: &Lifetime,
    upstream: Option<&Upstream>,
    observer: &mut dyn Observer,
) -> Result<Server> {
    let record = match (cluster.record()?, upstream) {
        (Some(record), _) if cluster.pgdata().exists() => {
            options.making.agree(&cluster, &record)?;
            record
        }
        (_, Some(upstream)) => upstream.record.clone(),
        (_, None) => options.making.record(),
    };
    standby::check_role(&cluster, &record, upstream)?;
    let start = Start {
        cluster,
        record,
        options,
        lifetime,
        upstream,
    };
    match recover::settle(&start.cluster, observer)? {
        Some(found) if found.file.state == State::Stopping => {
            await_end(&found.process, options.timeout, observer)?;
            start.run(observer)
        }
        Some(found) => start.attach(&found.process, observer),
        None => start.run(observer),
    }
}

/// The home with its lock.
struct Opened {
    _lock: Lock,
    made_home: bool,
}

impl Opened {
    /// A start that failed before it made anything leaves no trace.
    fn undo(self, cluster: &Cluster) {
        // best effort: what stays does not hinder the next start
        let _ = fs::remove_file(cluster.lock());
        if self.made_home {
            let _ = fs::remove_dir(cluster.home());
        }
    }
}

/// Makes the home if needed and takes the lock, again if a removal came in between.
fn open(cluster: &mut Cluster, timeout: Duration, observer: &mut dyn Observer) -> Result<Opened> {
    loop {
        cluster.record()?;
        let made_home = cluster.make_home()?;
        if let Some(lock) = Lock::acquire(&cluster.lock(), timeout, observer)? {
            return Ok(Opened {
                _lock: lock,
                made_home,
            });
        }
    }
}

/// A postmaster that answers.
struct Running {
    process: Process,
    watchdog: Option<Watchdog>,
    port: u16,
    socket_directory: PathBuf,
}

/// One start, under the lock.
struct Start<'a> {
    cluster: Cluster,
    record: Record,
    options: &'a StartOptions,
    lifetime: &'a Lifetime,
    upstream: Option<&'a Upstream>,
}

impl Start<'_> {
    fn attach(self, process: &Process, observer: &mut dyn Observer) -> Result<Server> {
        let (pgdata, log) = (self.cluster.pgdata(), self.cluster.log());
        // its start may have been given up on, or its recovery outlasted the starter's patience
        let wait = Wait {
            pgdata: &pgdata,
            timeout: self.options.timeout,
            log_start: log::size(&log),
            log: &log,
            keeps_log: true,
            port: 0,
        };
        let file = wait.until_ready(process, observer)?;
        let port = file.port.unwrap_or_default();
        self.refuse_other_port(port)?;
        self.refuse_other_settings()?;
        if let Some(upstream) = self.upstream {
            // the primary may have moved to another port meanwhile
            upstream.follow(&pgdata)?;
            process.signal(Signal::HUP)?;
        }
        observer.event(&Event::AlreadyRunning {
            pid: file.pid,
            port,
        });
        let socket_directory = file.socket_directory.unwrap_or_default();
        let password = stored_password(&self.cluster)?;
        Ok(Server {
            address: self.address(port, password, socket_directory),
            version: self.version(),
            number: 0,
            home: self.cluster.clone(),
            cluster: self.cluster,
            pid: file.pid,
            watchdog: None,
            is_removed_at_end: false,
            was_launched: false,
            was_made: false,
            replicas: Vec::new(),
            shards: Vec::new(),
        })
    }

    fn refuse_other_port(&self, port: u16) -> Result<()> {
        match self.options.port {
            Some(wanted) if wanted != port => {
                let message = format!("the server runs on port {port}, not {wanted}");
                Err(Error::new(Kind::Misuse, message)
                    .with_hint("stop it first to start it on another port"))
            }
            _ => Ok(()),
        }
    }

    fn refuse_other_settings(&self) -> Result<()> {
        let path = self.cluster.pgdata().join("postmaster.opts");
        let opts = fs::read_to_string(&path).unwrap_or_default();
        let Some((name, value)) = settings::missing_from(&self.options.settings, &opts) else {
            return Ok(());
        };
        let message = format!("the server runs, and was started without `{name}={value}`");
        Err(Error::new(Kind::Misuse, message)
            .with_hint("stop it first to start it with other settings"))
    }

    fn run(mut self, observer: &mut dyn Observer) -> Result<Server> {
        let exists = self.cluster.pgdata().exists() && !self.record.demoted;
        let account = self.choose_account(exists)?;
        account.reach(self.cluster.home())?;
        let programs = self.options.search.find()?;
        observer.event(&Event::Programs {
            bindir: programs.bindir().to_owned(),
            version: programs.version().clone(),
            origin: programs.origin(),
        });
        if exists {
            self.compare_versions(&programs)?;
        }
        let runnable = programs.readable_by(&account, observer)?;
        recover::clean_up(&self.cluster, observer)?;
        let password = if exists {
            stored_password(&self.cluster)?
        } else {
            self.make_cluster(&runnable, &account, observer)?
        };
        if let Some(upstream) = self.upstream {
            upstream.follow(&self.cluster.pgdata())?;
            self.record.demoted = false;
        }
        let running = self.launch_on_free_port(&runnable, &account, observer)?;
        self.remember(running.port, &programs)?;
        Ok(Server {
            is_removed_at_end: self.is_removed_at_end(),
            address: self.address(running.port, password, running.socket_directory),
            version: self.version(),
            number: 0,
            home: self.cluster.clone(),
            cluster: self.cluster,
            pid: running.process.pid(),
            watchdog: running.watchdog,
            was_launched: true,
            was_made: !exists,
            replicas: Vec::new(),
            shards: Vec::new(),
        })
    }

    fn choose_account(&self, exists: bool) -> Result<Account> {
        let chosen = self.options.account.as_deref();
        if let Some(upstream) = self.upstream {
            return Account::owner_of(&upstream.pgdata);
        }
        if !exists {
            return Account::choose(chosen);
        }
        let owner = Account::owner_of(&self.cluster.pgdata())?;
        match chosen {
            Some(name) if Account::choose(chosen)? != owner => {
                let message = format!(
                    "the data directory belongs to account `{}`, not `{name}`",
                    owner.name()
                );
                Err(Error::new(Kind::Account, message).with_hint("leave the account out"))
            }
            _ => Ok(owner),
        }
    }

    fn compare_versions(&self, programs: &Programs) -> Result<()> {
        let pgdata = self.cluster.pgdata();
        let found = data_version(&pgdata).unwrap_or_else(|| "unknown version".to_owned());
        if found == programs.version().major.to_string() {
            return Ok(());
        }
        let message = format!(
            "the data directory `{}` was made by PostgreSQL {found}, but the programs in `{}` are \
             PostgreSQL {}",
            pgdata.display(),
            programs.bindir().display(),
            programs.version(),
        );
        let mut suited = self.options.search.all().into_iter();
        let suited = suited.find(|other| other.version().major.to_string() == found);
        let hint = match suited {
            Some(other) => format!("`--bindir {}` has that version", other.bindir().display()),
            None => format!(
                "name programs of PostgreSQL {found} by `--bindir`, or start a new cluster and \
                 move the data with `pg_dump`"
            ),
        };
        Err(Error::new(Kind::Version, message).with_hint(hint))
    }

    fn make_cluster(
        &self,
        programs: &Programs,
        account: &Account,
        observer: &mut dyn Observer,
    ) -> Result<Password> {
        let password = match (self.upstream, &self.options.making.password) {
            (Some(upstream), _) => upstream.address.password.clone(),
            (None, Some(password)) => password.clone(),
            (None, None) => Password::generate()?,
        };
        self.cluster.write_record(&self.record)?;
        password.write(&self.cluster.passfile(), &self.record.user)?;
        let request = initialise::Request {
            cluster: &self.cluster,
            record: &self.record,
            programs,
            account,
            password: &password,
            temporary: self.is_temporary(),
            hba: &self.options.making.hba,
            files: &self.options.making.files,
            upstream: self.upstream,
        };
        initialise(&request, observer)?;
        Ok(password)
    }

    fn is_removed_at_end(&self) -> bool {
        matches!(self.lifetime, Lifetime::Owned { remove: Some(_) })
    }

    fn is_temporary(&self) -> bool {
        matches!(self.lifetime, Lifetime::Owned { .. })
    }

    fn launch_on_free_port(
        &self,
        programs: &Programs,
        account: &Account,
        observer: &mut dyn Observer,
    ) -> Result<Running> {
        let wish = match (self.options.port, self.record.port) {
            (Some(port), _) => Wish::Exactly(port),
            (None, Some(port)) => Wish::Preferably(port),
            (None, None) => Wish::Any,
        };
        let mut attempt = 1;
        loop {
            let port = port::choose(wish)?;
            match self.launch_on(port, programs, account, observer) {
                // taken between our look and the server's bind
                Err(error) if error.kind() == Kind::Port && attempt < PORT_ATTEMPTS => attempt += 1,
                Err(error) => return Err(error),
                Ok(running) => return Ok(running),
            }
        }
    }

    fn launch_on(
        &self,
        port: u16,
        programs: &Programs,
        account: &Account,
        observer: &mut dyn Observer,
    ) -> Result<Running> {
        let began = Instant::now();
        let pgdata = self.cluster.pgdata();
        let socket_directory = self.cluster.make_socket_directory(account)?;
        let chosen = &self.options.settings;
        let kept = settings::Kept {
            temporary: self.is_temporary(),
            standby: self.upstream.is_some(),
        };
        let settings = settings::for_start(chosen, kept, port, &socket_directory);
        let log = self.cluster.log();
        let Launched {
            process,
            watchdog,
            log_start,
        } = launch(&Launch {
            programs,
            account,
            pgdata: &pgdata,
            log: &log,
            settings: &settings,
            lifetime: self.lifetime,
        })?;
        let wait = Wait {
            pgdata: &pgdata,
            timeout: self.options.timeout,
            log: &log,
            log_start,
            keeps_log: !self.is_removed_at_end(),
            port,
        };
        let Some(process) = process else {
            return Err(wait.failure());
        };
        wait.until_ready(&process, observer)?;
        match self.record.port {
            Some(from) if from != port && self.options.port.is_none() => {
                observer.event(&Event::PortMoved { from, to: port });
            }
            _ => {}
        }
        observer.event(&Event::Started {
            pid: process.pid(),
            port,
            took: began.elapsed(),
        });
        Ok(Running {
            process,
            watchdog,
            port,
            socket_directory,
        })
    }

    fn remember(&mut self, port: u16, programs: &Programs) -> Result<()> {
        self.record.port = Some(port);
        self.record.programs = Some(RecordedPrograms {
            bindir: programs.bindir().to_owned(),
            version: programs.version().to_string(),
        });
        self.cluster.write_record(&self.record)
    }

    fn version(&self) -> String {
        self.record
            .programs
            .as_ref()
            .map_or_else(String::new, |programs| programs.version.clone())
    }

    fn address(&self, port: u16, password: Password, socket_directory: PathBuf) -> Address {
        Address {
            user: self.record.user.clone(),
            password,
            port,
            database: self.record.database.clone(),
            socket_directory,
        }
    }
}
