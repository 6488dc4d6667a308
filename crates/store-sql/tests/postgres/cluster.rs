//! A PostgreSQL server of the tests' own, gone when their process is, however that ends.
#![expect(clippy::expect_used, reason = "without a server every test fails, with these words")]

use std::{
    env, fs,
    io::{BufRead, BufReader},
    os::unix::fs::{MetadataExt, chown},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::{
        OnceLock,
        atomic::{AtomicU32, Ordering},
    },
};

use sqlx::{AssertSqlSafe, Connection, PgConnection};

/// Runs the server until its input ends, which it does when whoever started it dies; then removes everything.
const KEEPER: &str = r#"
trap '' INT HUP TERM PIPE
"$BIN/initdb" -D data -U tests --auth=trust --encoding=UTF8 --no-locale --no-sync >log 2>&1 &&
printf '%s\n' "listen_addresses = ''" "unix_socket_directories = '$FOLDER'" 'fsync = off' 'max_connections = 400' \
    'shared_buffers = 32MB' >>data/postgresql.conf &&
"$BIN/pg_ctl" -D data -l log -w -t 60 start >>log 2>&1 && echo ready
cat >/dev/null
"$BIN/pg_ctl" -D data -m immediate -w stop >/dev/null 2>&1
rm -rf "$FOLDER"
"#;

pub(crate) struct Cluster {
    folder: PathBuf,
    binaries: PathBuf,
    account: Option<Account>,
    keeper: Child,
    databases: AtomicU32,
}

/// PostgreSQL refuses to run as root: an account to run it as.
#[derive(Clone, Copy)]
struct Account {
    user: u32,
    group: u32,
}

/// The server all tests of this process share, each with a database of its own.
pub(crate) fn shared() -> &'static Cluster {
    static SHARED: OnceLock<Cluster> = OnceLock::new();
    SHARED.get_or_init(Cluster::start)
}

impl Cluster {
    pub(crate) fn start() -> Self {
        let binaries = binaries().expect(
            "PostgreSQL is needed for these tests: initdb was found neither in PATH nor in \
             /usr/lib/postgresql/*/bin (on Debian: apt-get install postgresql)",
        );
        let folder = tempfile::Builder::new().prefix("video-chat-pg").tempdir().unwrap().keep();
        let account = is_root(&folder).then(account);
        if let Some(Account { user, group }) = account {
            chown(&folder, Some(user), Some(group)).unwrap();
        }
        let mut keeper = command("sh", account)
            .args(["-c", KEEPER])
            .env("BIN", &binaries)
            .env("FOLDER", &folder)
            .env("LC_ALL", "C")
            .current_dir(&folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(keeper.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let cluster = Self { folder, binaries, account, keeper, databases: AtomicU32::new(0) };
        let log = fs::read_to_string(cluster.folder.join("log")).unwrap_or_default();
        assert_eq!(line.trim(), "ready", "PostgreSQL does not start: {log}");
        cluster
    }

    pub(crate) fn url(&self, database: &str) -> String {
        format!("postgres://tests@localhost/{database}?host={}", self.folder.display())
    }

    /// Makes an empty database and answers its URL.
    pub(crate) async fn create_database(&self) -> String {
        let name = format!("test_{}", self.databases.fetch_add(1, Ordering::Relaxed));
        let mut admin = PgConnection::connect(&self.url("postgres")).await.unwrap();
        let create = AssertSqlSafe(format!("CREATE DATABASE {name} TEMPLATE template0"));
        sqlx::raw_sql(create).execute(&mut admin).await.unwrap();
        self.url(&name)
    }

    /// Kills the server as a crash would; its files stay.
    pub(crate) fn crash(&self) {
        self.control(&["-m", "immediate", "stop"]);
    }

    pub(crate) fn restart(&self) {
        self.control(&["-l", "log", "start"]);
    }

    /// Stops (`STOP`) or continues (`CONT`) every process of the server, by its id.
    pub(crate) fn signal(&self, signal: &str) {
        let pid_file = fs::read_to_string(self.folder.join("data/postmaster.pid")).unwrap();
        let server = pid_file.lines().next().unwrap();
        let children = fs::read_to_string(format!("/proc/{server}/task/{server}/children")).unwrap();
        let pids = std::iter::once(server).chain(children.split_whitespace());
        assert!(Command::new("kill").arg(format!("-{signal}")).args(pids).status().unwrap().success());
    }

    fn control(&self, arguments: &[&str]) {
        let done = command(self.binaries.join("pg_ctl"), self.account)
            .args(["-D", "data", "-w"])
            .args(arguments)
            .current_dir(&self.folder)
            .stdout(Stdio::null())
            .status();
        assert!(done.unwrap().success(), "pg_ctl {arguments:?}");
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        drop(self.keeper.stdin.take());
        let _ = self.keeper.wait();
    }
}

fn command(program: impl AsRef<Path>, account: Option<Account>) -> Command {
    let program = program.as_ref();
    let Some(Account { user, group }) = account else { return Command::new(program) };
    let mut command = Command::new("setpriv");
    command.args([format!("--reuid={user}"), format!("--regid={group}"), "--clear-groups".to_owned()]);
    command.arg("--").arg(program);
    command
}

/// The folder with `initdb` and `pg_ctl`: from PATH, else the newest Debian keeps.
fn binaries() -> Option<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    let mut debian: Vec<PathBuf> = fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .filter_map(|version| Some(version.ok()?.path().join("bin")))
        .collect();
    debian.sort();
    env::split_paths(&path).chain(debian.into_iter().rev()).find_map(|folder| {
        // A link to initdb alone is followed to where its companions are.
        let initdb = folder.join("initdb").canonicalize().ok()?;
        initdb.parent().filter(|folder| folder.join("pg_ctl").exists()).map(Path::to_owned)
    })
}

fn is_root(own: &Path) -> bool {
    fs::metadata(own).unwrap().uid() == 0
}

fn account() -> Account {
    let id = |kind: &str, name: &str| -> Option<u32> {
        let output = Command::new("id").args([kind, name]).output().ok()?;
        String::from_utf8(output.stdout).ok()?.trim().parse().ok()
    };
    ["postgres", "nobody"]
        .into_iter()
        .find_map(|name| Some(Account { user: id("-u", name)?, group: id("-g", name)? }))
        .expect("PostgreSQL does not run as root, and there is neither a user postgres nor nobody")
}
