//! Our credentials against a real coturn (Debian package `coturn`: `turnserver` and `turnutils_uclient`), started here
//! on loopback. Without one these tests fail.
#![expect(clippy::expect_used, reason = "what is missing fails the test")]

use std::{
    io::Write,
    net::{Ipv4Addr, TcpListener, TcpStream, UdpSocket},
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use video_chat_kernel::{Secret, Timestamp};
use video_chat_turn::{Credentials, Provider, Turn, turn_urls};

const CURRENT: &str = "the secret of this month";
const PREVIOUS: &str = "the secret of last month";

#[test]
fn a_credential_relays_by_udp() {
    let coturn = Coturn::start();
    let client = coturn.client(&made_with(CURRENT, now()), &[]);
    assert_relayed(&client);
}

#[test]
fn a_credential_relays_by_tcp() {
    let coturn = Coturn::start();
    let client = coturn.client(&made_with(CURRENT, now()), &["-t"]);
    assert_relayed(&client);
}

#[test]
fn while_the_secret_changes_credentials_of_both_relay() {
    let coturn = Coturn::start();
    let client = coturn.client(&made_with(PREVIOUS, now()), &[]);
    assert_relayed(&client);
}

#[test]
fn expired_and_forged_credentials_are_refused() {
    let coturn = Coturn::start();
    let hour_ago = now().before(Duration::from_hours(1));
    assert_refused(&coturn.client(&made_with(CURRENT, hour_ago), &[]));
    assert_refused(&coturn.client(&made_with("another secret", now()), &[]));

    let mut longer = made_with(CURRENT, now());
    longer.username = longer.username.replacen('1', "2", 1);
    assert_refused(&coturn.client(&longer, &[]));
}

/// Good for a minute from `at`.
fn made_with(secret: &str, at: Timestamp) -> Credentials {
    let urls = turn_urls("127.0.0.1", 3478, None);
    let provider = Provider::Coturn { secret: Secret::new(secret), urls, ttl: Duration::from_mins(1) };
    Turn::new(provider, vec![]).credentials("alice", at)
}

/// Two clients of `turnutils_uclient` got relays and heard each other through them.
#[track_caller]
fn assert_relayed(client: &Finished) {
    assert!(client.success && client.output.contains("Total lost packets 0 "), "{}", client.output);
    assert!(client.output.contains("tot_recv_msgs=2\n"), "{}", client.output);
}

#[track_caller]
fn assert_refused(client: &Finished) {
    assert!(!client.success && client.output.contains("Cannot complete Allocation"), "{}", client.output);
}

/// A coturn that knows both secrets; killed when dropped.
struct Coturn {
    process: Child,
    port: u16,
}

struct Finished {
    success: bool,
    output: String,
}

impl Coturn {
    fn start() -> Self {
        // Somebody else may take the free port before coturn does: then it never listens.
        (0..5).find_map(|_| Self::try_start(free_port())).expect("coturn listens on loopback")
    }

    fn try_start(port: u16) -> Option<Self> {
        let process = Command::new("turnserver")
            .args(["-n", "--no-cli", "--no-tls", "--no-dtls", "--allow-loopback-peers"])
            .args(["--listening-ip", "127.0.0.1", "--relay-ip", "127.0.0.1", "--listening-port"])
            .arg(port.to_string())
            .args(["--use-auth-secret", "--realm", "test.invalid"])
            .args(["--static-auth-secret", CURRENT, "--static-auth-secret", PREVIOUS])
            .args(["--log-file", "stdout", "--pidfile", "", "--userdb", ":memory:"])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("`turnserver` is needed: install the package `coturn`");
        let mut coturn = Self { process, port };
        for _ in 0..400 {
            if TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_ok() {
                return Some(coturn);
            }
            if !matches!(coturn.process.try_wait(), Ok(None)) {
                return None;
            }
            thread::sleep(Duration::from_millis(25));
        }
        None
    }

    /// Has two clients talk to each other through relays, one message each.
    fn client(&self, credentials: &Credentials, more: &[&str]) -> Finished {
        let output = Command::new("timeout")
            .args(["60", "turnutils_uclient", "-y", "-c", "-n", "1", "-m", "1", "-l", "16"])
            .args(more)
            .args(["-u", &credentials.username, "-w", &credentials.credential])
            .args(["-p", &self.port.to_string(), "127.0.0.1"])
            .output()
            .expect("`timeout` is needed: it is one of the coreutils");
        let text = [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
        Finished { success: output.status.success(), output: text.concat() }
    }
}

impl Drop for Coturn {
    fn drop(&mut self) {
        if self.process.kill().and_then(|()| self.process.wait()).is_err() {
            let _ = writeln!(std::io::stderr(), "the coturn {} did not end", self.process.id());
        }
    }
}

/// A port that is free for UDP and TCP.
fn free_port() -> u16 {
    (0..100)
        .find_map(|_| {
            let tcp = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).ok()?;
            let port = tcp.local_addr().ok()?.port();
            UdpSocket::bind((Ipv4Addr::LOCALHOST, port)).ok().map(|_| port)
        })
        .expect("a free port")
}

#[expect(clippy::disallowed_methods, reason = "a real coturn goes by the real clock")]
fn now() -> Timestamp {
    let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970");
    Timestamp::from_secs(since_epoch.as_secs())
}
