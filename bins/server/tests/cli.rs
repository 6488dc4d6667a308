//! The real binary's commands that need no running server: exit codes, and what goes to which stream.

#![expect(clippy::unwrap_used, reason = "a test that panics has failed, as it should")]

use std::{
    io::{Read, Write},
    net::TcpListener,
    process::{Command, Output},
    thread,
    time::Duration,
};

use tempfile::TempDir;

const SECRET: &str = "correct-horse-battery-staple-0123456789";

/// Runs the binary with nothing but these variables, in an empty directory.
fn run(arguments: &[&str], environment: &[(&str, &str)]) -> Output {
    let directory = TempDir::new().unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_video-chat-server"));
    command.args(arguments).env_clear().envs(environment.iter().copied()).current_dir(directory.path());
    command.output().unwrap()
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap()
}

#[test]
fn version_and_help() {
    let version = run(&["--version"], &[]);
    assert_eq!(text(&version.stdout), concat!("video-chat-server ", env!("CARGO_PKG_VERSION"), "\n"));
    let help = run(&["--help"], &[]);
    for command in ["serve", "check-config", "token", "migrate", "healthcheck", "--config"] {
        assert!(text(&help.stdout).contains(command), "{command}");
    }
    assert_eq!((version.status.code(), help.status.code()), (Some(0), Some(0)));
}

#[test]
fn an_unknown_command_or_flag_is_2() {
    for arguments in [["fly"], ["--fly"]] {
        let output = run(&arguments, &[]);
        assert_eq!(output.status.code(), Some(2), "{output:?}");
        assert!(output.stdout.is_empty());
    }
}

#[test]
fn check_config_redacts() {
    let output = run(
        &["check-config", "--port", "4567"],
        &[
            ("PORT", "1"),
            ("JWT_SECRET", "hunter2"),
            ("TURN_SHARED_SECRET", "hunter2"),
            ("REDIS_URL", "redis://:hunter2@cache"),
            ("DATABASE_URL", "postgres://u:hunter2@db/x"),
        ],
    );
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let lines: Vec<&str> = text(&output.stdout).lines().collect();
    for line in [
        "PORT=4567",
        "JWT_SECRET=[redacted]",
        "REDIS_URL=redis://:[redacted]@cache",
        "RECONNECT_GRACE_MS=10000",
    ] {
        assert!(lines.contains(&line), "{line} in {lines:?}");
    }
    assert!(!format!("{output:?}").contains("hunter2"));
}

#[test]
fn every_command_names_every_faulty_key_and_exits_2() {
    let faulty = [("PORT", "70000"), ("PING_INTERVAL_MS", "0"), ("CONFIG_FILE", "absent.toml")];
    for arguments in
        [&["check-config"][..], &["serve"], &[], &["migrate"], &["token", "--role", "user", "--subject", "x"]]
    {
        let output = run(arguments, &faulty);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {output:?}");
        for (key, _) in faulty {
            assert!(text(&output.stderr).contains(&format!("{key}: ")), "{arguments:?} does not name {key}");
        }
        assert!(output.stdout.is_empty());
    }
}

#[test]
fn a_file_is_read_by_flag_or_variable() {
    let directory = TempDir::new().unwrap();
    let path = directory.path().join("settings.toml");
    std::fs::write(&path, "port = 4001\n").unwrap();
    let path = path.to_str().unwrap();
    for output in
        [run(&["--config", path, "check-config"], &[]), run(&["check-config"], &[("CONFIG_FILE", path)])]
    {
        assert!(text(&output.stdout).lines().any(|line| line == "PORT=4001"), "{output:?}");
    }
}

#[test]
fn token_prints_a_token_and_nothing_else() {
    let environment = [("JWT_SECRET", SECRET)];
    for role in ["user", "moderator", "admin"] {
        let output = run(&["token", "--role", role, "--subject", "someone", "--expires", "8h"], &environment);
        assert_eq!(output.status.code(), Some(0), "{output:?}");
        assert!(output.stderr.is_empty(), "{output:?}");
        let line = text(&output.stdout).strip_suffix('\n').unwrap();
        let in_alphabet = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
        assert!(line.chars().all(in_alphabet) && line.split('.').count() == 3, "{line}");
    }
}

#[test]
fn token_needs_the_server_s_secret_and_good_arguments() {
    let output = run(&["token", "--role", "user", "--subject", "x"], &[]);
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("JWT_SECRET"));
    for arguments in [
        &["token", "--role", "emperor", "--subject", "x"][..],
        &["token", "--role", "user"],
        &["token", "--role", "user", "--subject", ""],
        &["token", "--role", "user", "--subject", "x", "--expires", "soon"],
        &["token", "--role", "user", "--subject", "x", "--expires", "0s"],
    ] {
        let output = run(arguments, &[("JWT_SECRET", SECRET)]);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(output.stdout.is_empty());
    }
}

/// Answers one request with `status` and tells what was asked.
fn answering(status: &'static str) -> (String, thread::JoinHandle<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port().to_string();
    let asked = thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        // All of it: closing with something unread would cut the answer off.
        let mut request = Vec::new();
        while !request.ends_with(b"\r\n\r\n") {
            let mut byte = [0];
            stream.read_exact(&mut byte).unwrap();
            request.extend(byte);
        }
        // In two parts, as a network may cut it.
        stream.write_all(b"HTTP/1").unwrap();
        thread::sleep(Duration::from_millis(20));
        stream.write_all(format!(".1 {status}\r\ncontent-length: 0\r\n\r\n").as_bytes()).unwrap();
        String::from_utf8(request).unwrap()
    });
    (port, asked)
}

#[test]
fn healthcheck_tells_ready_from_not_ready() {
    for (status, code) in [("200 OK", 0), ("503 Service Unavailable", 1)] {
        let (port, asked) = answering(status);
        let output = run(&["healthcheck"], &[("PORT", &port)]);
        assert_eq!(output.status.code(), Some(code), "{output:?}");
        assert!(asked.join().unwrap().starts_with("GET /health/ready HTTP/1.1\r\n"));
    }
}

#[test]
fn healthcheck_fails_with_1_whatever_is_wrong() {
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port().to_string();
    for environment in [[("PORT", free.as_str())], [("PORT", "0")], [("PORT", "x")]] {
        let output = run(&["healthcheck"], &environment);
        assert_eq!(output.status.code(), Some(1), "{output:?}");
        assert!(output.stdout.is_empty());
    }
}

#[test]
fn migrate_makes_the_database_once_and_again() {
    let directory = TempDir::new().unwrap();
    let url = format!("sqlite://{}/new/chat.db", directory.path().display());
    for _ in 0..2 {
        let output = run(&["migrate"], &[("DATABASE_URL", &url)]);
        assert_eq!(output.status.code(), Some(0), "{output:?}");
        assert!(directory.path().join("new/chat.db").exists());
    }
}

#[test]
fn migrate_tells_of_a_database_that_is_not_there() {
    let output = run(&["migrate"], &[("DATABASE_URL", "postgres://u:hunter2@127.0.0.1:1/x")]);
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    assert!(
        text(&output.stderr).contains("DATABASE_URL") && !text(&output.stderr).contains("hunter2"),
        "{output:?}"
    );
}
