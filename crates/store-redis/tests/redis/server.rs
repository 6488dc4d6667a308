//! A redis-server of the tests' own, gone when their process is, however that ends.

use std::{
    fs,
    io::{BufRead, BufReader, Read, Write},
    net::{TcpListener, TcpStream},
    process::{Child, Command, Stdio},
    sync::OnceLock,
    thread,
    time::Duration,
};

use tempfile::TempDir;

/// Runs the server until its input ends, which it does when whoever started it dies; then removes everything.
const KEEPER: &str = r#"
trap '' INT HUP TERM PIPE
redis-server "$@" >"$FOLDER/log" 2>&1 &
server=$!
echo "$server"
cat >/dev/null
kill -KILL "$server"
wait
[ -e "$FOLDER/keep" ] || rm -rf "$FOLDER"
"#;

/// How long a server may take to start, or to do what it is waited for.
const PATIENCE: Duration = Duration::from_secs(30);

pub(crate) struct Server {
    folder: TempDir,
    arguments: Vec<String>,
    keeper: Child,
    pid: String,
    pub(crate) port: u16,
}

/// The server all tests of this process share, each with keys of its own.
pub(crate) fn shared() -> &'static Server {
    static SHARED: OnceLock<Server> = OnceLock::new();
    SHARED.get_or_init(|| Server::start(&[]))
}

impl Server {
    /// Starts one with these arguments besides the usual ones.
    pub(crate) fn start(arguments: &[&str]) -> Self {
        // Another process may take the port before the server does: then again.
        (0..5).find_map(|_| Self::try_start(arguments)).expect(
            "redis-server is needed for these tests, and does not start (on Debian: apt-get install redis-server)",
        )
    }

    fn try_start(arguments: &[&str]) -> Option<Self> {
        let folder = tempfile::Builder::new().prefix("video-chat-redis").tempdir().unwrap();
        let port = free_port();
        let own = ["--port", &port.to_string(), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"];
        let place = ["--dir", folder.path().to_str().unwrap()];
        let arguments: Vec<String> =
            own.iter().chain(&place).chain(arguments).map(|&text| text.to_owned()).collect();
        let (keeper, pid) = keep(&folder, &arguments);
        let server = Self { folder, arguments, keeper, pid, port };
        server.starts().then_some(server)
    }

    pub(crate) fn signal(&self, signal: &str) {
        assert!(Command::new("kill").args([&format!("-{signal}"), &self.pid]).status().unwrap().success());
    }

    /// Kills it as a crash would.
    pub(crate) fn kill(&mut self) {
        fs::write(self.folder.path().join("keep"), "").unwrap();
        drop(self.keeper.stdin.take());
        self.keeper.wait().unwrap();
    }

    /// Starts it again after a [`kill`](Server::kill), empty, on the same port.
    pub(crate) fn restart(&mut self) {
        let _ = fs::remove_file(self.folder.path().join("keep"));
        (self.keeper, self.pid) = keep(&self.folder, &self.arguments);
        assert!(self.starts(), "redis-server does not start again: {}", self.log());
    }

    /// Sends a command, its words separated by spaces; answers the reply as it came.
    pub(crate) fn ask(&self, command: &str) -> String {
        ask(self.port, command).unwrap()
    }

    pub(crate) fn wait_for(&self, command: &str, wanted: &str) {
        wait_until(&format!("{command}: {wanted}"), || {
            ask(self.port, command).is_ok_and(|answer| answer.contains(wanted))
        });
    }

    /// Waits until it answers, and not another one at its port.
    fn starts(&self) -> bool {
        let step = Duration::from_millis(10);
        let own = format!("process_id:{}\r", self.pid);
        for _ in 0..PATIENCE.as_millis() / step.as_millis() {
            thread::sleep(step);
            if ask(self.port, "INFO server").is_ok_and(|answer| answer.contains(&own)) {
                return true;
            }
            if self.log().contains("Failed listening") {
                return false;
            }
        }
        false
    }

    fn log(&self) -> String {
        fs::read_to_string(self.folder.path().join("log")).unwrap_or_default()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.keeper.stdin.take());
        let _ = self.keeper.wait();
    }
}

fn keep(folder: &TempDir, arguments: &[String]) -> (Child, String) {
    let mut keeper = Command::new("sh")
        .args(["-c", KEEPER, "sh"])
        .args(arguments)
        .env("FOLDER", folder.path())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut pid = String::new();
    BufReader::new(keeper.stdout.take().unwrap()).read_line(&mut pid).unwrap();
    (keeper, pid.trim().to_owned())
}

pub(crate) fn free_port() -> u16 {
    TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap().port()
}

pub(crate) fn wait_until(what: &str, holds: impl Fn() -> bool) {
    for _ in 0..PATIENCE.as_millis() / 20 {
        if holds() {
            return;
        }
        thread::sleep(Duration::from_millis(20));
    }
    panic!("waited in vain for {what}");
}

fn ask(port: u16, command: &str) -> std::io::Result<String> {
    let mut stream = TcpStream::connect(("127.0.0.1", port))?;
    stream.set_read_timeout(Some(Duration::from_secs(5)))?;
    stream.write_all(format!("{command}\r\n").as_bytes())?;
    let mut reader = BufReader::new(stream);
    let mut head = String::new();
    reader.read_line(&mut head)?;
    let Some(length) = head.strip_prefix('$').and_then(|text| text.trim().parse().ok()) else {
        return Ok(head);
    };
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    Ok(String::from_utf8_lossy(&body).into_owned())
}
