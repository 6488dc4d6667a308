//! Our credentials against a real coturn (Debian package `coturn`: `turnserver` and `turnutils_uclient`), started here
//! on loopback. Without one these tests fail. That the shipped configuration refuses peers in private ranges is tried in
//! `deploy/check`.
#![expect(clippy::expect_used, reason = "what is missing fails the test")]

use std::{
    io::Write,
    net::{Ipv4Addr, TcpListener, TcpStream, UdpSocket},
    path::Path,
    process::{Child, Command, Output, Stdio},
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
fn a_credential_relays_by_tls() {
    let directory = tempfile::tempdir().expect("a directory");
    let [cert, key] = self_signed(directory.path());
    let coturn = Coturn::start_with(&["--cert", &cert, "--pkey", &key]);
    // The port that plain TCP goes to: coturn tells TLS apart by its first bytes.
    assert_relayed(&coturn.client(&made_with(CURRENT, now()), &["-S", "-t"]));
    let forged = made_with("another secret", now());
    assert_refused(&coturn.client(&forged, &["-S", "-t"]));
}

#[test]
fn it_answers_stun() {
    let coturn = Coturn::start();
    let client = Command::new("timeout")
        .args(["20", "turnutils_stunclient", "-p", &coturn.port.to_string(), "127.0.0.1"])
        .output()
        .expect("`turnutils_stunclient` comes with coturn");
    let client = Finished::from(client);
    assert!(client.success && client.output.contains("UDP reflexive addr: 127.0.0.1:"), "{}", client.output);
}

#[test]
fn relays_are_counted_by_pseudonym_not_by_credential() {
    // A run of the client takes three or four.
    let coturn = Coturn::start_with(&["--user-quota", "4"]);
    let (early, late) = (made_with(CURRENT, now()), made_with(CURRENT, now().after(Duration::from_secs(9))));
    assert_ne!(early.username, late.username);
    thread::scope(|scope| {
        let first = scope.spawn(|| coturn.client(&early, &["-n", "200"]));
        // Until the first has its relays the second may have some: then it is tried again.
        let refused = (0..20).any(|_| {
            thread::sleep(Duration::from_millis(250));
            !first.is_finished() && coturn.client(&late, &[]).output.contains("error 486")
        });
        assert!(refused, "a second credential of the same person gave more relays");
        let other = coturn.client(&made_for("bob", CURRENT, now()), &[]);
        assert_relayed(&other);
        assert!(!first.is_finished(), "the first took its relays all the while");
    });
}

#[test]
fn the_fixed_user_of_a_managed_service_relays() {
    let coturn = Coturn::start_plain(&["--lt-cred-mech", "--user", "fixed:pa55word"]);
    let made = |password: &str| {
        let urls = turn_urls("127.0.0.1", 3478, None);
        let ttl = Duration::from_mins(1);
        let provider =
            Provider::Managed { urls, username: "fixed".into(), password: Secret::new(password), ttl };
        Turn::new(provider, vec![]).credentials("alice", now())
    };
    assert_relayed(&coturn.client(&made("pa55word"), &[]));
    assert_refused(&coturn.client(&made("another"), &[]));
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
    made_for("alice", secret, at)
}

fn made_for(pseudonym: &str, secret: &str, at: Timestamp) -> Credentials {
    let urls = turn_urls("127.0.0.1", 3478, None);
    let provider = Provider::Coturn { secret: Secret::new(secret), urls, ttl: Duration::from_mins(1) };
    Turn::new(provider, vec![]).credentials(pseudonym, at)
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
        Self::start_with(&[])
    }

    /// One that knows both secrets, with these options besides.
    fn start_with(options: &[&str]) -> Self {
        let secrets =
            ["--use-auth-secret", "--static-auth-secret", CURRENT, "--static-auth-secret", PREVIOUS];
        Self::start_plain(&[&secrets, options].concat())
    }

    fn start_plain(options: &[&str]) -> Self {
        // Somebody else may take the free port before coturn does: then it never listens.
        (0..5).find_map(|_| Self::try_start(free_port(), options)).expect("coturn listens on loopback")
    }

    fn try_start(port: u16, options: &[&str]) -> Option<Self> {
        let process = Command::new("turnserver")
            .args(["-n", "--no-cli", "--allow-loopback-peers", "--realm", "test.invalid"])
            // Of the TLS port there is no use: the usual one takes TLS too.
            .args(["--tls-listening-port", &free_port().to_string()])
            .args(["--listening-ip", "127.0.0.1", "--relay-ip", "127.0.0.1", "--listening-port"])
            .arg(port.to_string())
            .args(options)
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
        Finished::from(output)
    }
}

impl From<Output> for Finished {
    fn from(output: Output) -> Self {
        let text = [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
        Self { success: output.status.success(), output: text.concat() }
    }
}

impl Drop for Coturn {
    fn drop(&mut self) {
        if self.process.kill().and_then(|()| self.process.wait()).is_err() {
            let _ = writeln!(std::io::stderr(), "the coturn {} did not end", self.process.id());
        }
    }
}

/// A certificate and its key, as files.
fn self_signed(directory: &Path) -> [String; 2] {
    let files = ["cert.pem", "key.pem"].map(|name| directory.join(name).to_string_lossy().into_owned());
    let [cert, key] = &files;
    let made = Command::new("openssl")
        .args(["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"])
        .args(["-subj", "/CN=turn.test.invalid", "-days", "1", "-out", cert, "-keyout", key])
        .output()
        .expect("`openssl` is needed: it is a package of that name");
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    files
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
