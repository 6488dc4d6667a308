#!/usr/bin/env python3
"""Measures the server beside its peers and writes the table into docs/performance.md: python3 bench/peers/run.py

Every round takes each server in turn (A B C D, A B C D, …), fresh for each scenario, on the first core, with the load
generator on the second; the table has the medians. CARGO_TARGET_DIR is honoured. --rounds, --seconds and --only make it
shorter, --print leaves the document alone, --realtime keeps a busy machine from disturbing (as root; the paced scenario
goes without, for its generator never sleeps).
"""

import argparse
import datetime
import json
import os
import pathlib
import platform
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
PEERS = ROOT / "bench/peers"
TARGET = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
DOCUMENT = ROOT / "docs/performance.md"
BEGIN, END = "<!-- peers: begin -->", "<!-- peers: end -->"
SECRET = "a loopback secret of more than thirty-two bytes"
PORT = 4870
SERVER_CORE, LOAD_CORE = "0", "1"
DESCRIPTORS = 20_000

# Every check, limit and metric works; none refuses what the load does.
OURS = {
    "NODE_ENV": "test",
    "HOST": "127.0.0.1",
    "PROMETHEUS_PORT": "0",
    "LOG_LEVEL": "warn",
    "WORKERS": "1",
    "RATE_LIMIT_MAX_REQUESTS": "1000000",
    "MAX_CALLS_PER_MINUTE": "1000000",
    "MAX_EVENTS_PER_SECOND": "1000000",
    "MAX_CONNECTIONS_PER_IP": "1000000",
}
SERVERS = {
    "ours": ([TARGET / "release/video-chat-server"], OURS),
    "bare": ([TARGET / "peers/release/peer-bare"], {}),
    "socketioxide": ([TARGET / "peers/release/peer-socketioxide"], {}),
    "node": (["node", PEERS / "node/server.mjs"], {"NODE_ENV": "production"}),
}

# Name of the row, scenario and its arguments, the figure, whether the bare relay can do it.
MEASURES = [
    ("CPU µs a relayed message, one in flight", "relay-max", "server_cpu_us_per_relay", True),
    ("CPU µs a relayed message, 16 in flight", "relay-max --in-flight 16", "server_cpu_us_per_relay", True),
    ("CPU µs a relayed message, 10,000 a second", "relay --rate 10000", "server_cpu_us_per_relay", True),
    ("latency p50 ms, 10,000 a second", "relay --rate 10000", "signaling_p50_ms", True),
    ("latency p99 ms, 10,000 a second", "relay --rate 10000", "signaling_p99_ms", True),
    ("resident bytes an idle connection", "idle --connections 5000", "server_bytes_per_connection", True),
    ("CPU µs a connect", "idle --connections 5000", "server_cpu_us_per_connect", True),
    ("CPU % of a core, 5,000 idle connections", "idle --connections 5000", "server_cpu_percent", False),
    ("CPU µs a pair, 100 waiting", "queue --lengths 100,10000", "server_cpu_us_per_pair_at_100", False),
    ("CPU µs a pair, 10,000 waiting", "queue --lengths 100,10000", "server_cpu_us_per_pair_at_10000", False),
    ("realistic life: calls a second", "churn --clients 4000", "calls_per_s", False),
    ("CPU µs a call, the same", "churn --clients 4000", "server_cpu_us_per_call", False),
]
# Idle connections are pinged every 25 s: whole intervals.
LONGER = {"idle": 26}


def build():
    cargo = ["cargo", "build", "--release", "--locked", "--quiet"]
    subprocess.run([*cargo, "--package", "video-chat-server", "--package", "video-chat-loadtest"], cwd=ROOT, check=True)
    environment = {**os.environ, "CARGO_TARGET_DIR": str(TARGET / "peers")}
    subprocess.run(cargo, cwd=PEERS, env=environment, check=True)
    subprocess.run(["npm", "ci", "--no-audit", "--no-fund", "--loglevel=error"], cwd=PEERS / "node", check=True)


def pinned(core, command, realtime):
    priority = ["chrt", "--fifo", "5"] if realtime else []
    return [*priority, "prlimit", f"--nofile={DESCRIPTORS}", "taskset", "-c", core, *map(str, command)]


def measure(server, scenario, seconds, realtime):
    """The figures of one run of one scenario against a fresh server."""
    command, settings = SERVERS[server]
    environment = {"PATH": os.environ["PATH"], "JWT_SECRET": SECRET, "PORT": str(PORT), **settings}
    kind, *arguments = scenario.split()
    seconds = max(seconds, LONGER.get(kind, 0))
    realtime = realtime and kind != "relay"
    with tempfile.TemporaryDirectory() as directory:
        process = subprocess.Popen(
            pinned(SERVER_CORE, command, realtime), cwd=directory, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )
        try:
            process.stdout.readline()
            load = [
                TARGET / "release/video-chat-loadtest", kind, *arguments, "--url", f"http://127.0.0.1:{PORT}",
                "--pid", process.pid, "--duration", f"{seconds}s", "--json", "-",
            ]  # fmt: skip
            bare = ["--bare"] if server == "bare" else []
            done = subprocess.run(
                pinned(LOAD_CORE, [*load, *bare], realtime), env={"JWT_SECRET": SECRET}, stdout=subprocess.PIPE, timeout=600
            )
        finally:
            process.kill()
            process.wait()
    if done.returncode != 0:
        sys.exit(f"{server}: {scenario}: {done.stdout.decode()}")
    return json.loads(done.stdout)["figures"]


def run(rounds, seconds, only, realtime):
    """Row → server → one value a round."""
    results = {}
    wanted = [row for row in MEASURES if not only or only in row[1]]
    scenarios = list(dict.fromkeys(row[1] for row in wanted))
    for number in range(rounds):
        for scenario in scenarios:
            for server in SERVERS:
                rows = [row for row in wanted if row[1] == scenario and (server != "bare" or row[3])]
                if not rows:
                    continue
                figures = measure(server, scenario, seconds, realtime)
                for name, _, figure, _ in rows:
                    results.setdefault(name, {}).setdefault(server, []).append(figures[figure])
                print(f"round {number + 1}: {server}: {scenario}: "
                      + ", ".join(f"{row[2]}={figures[row[2]]:.3f}" for row in rows), file=sys.stderr)  # fmt: skip
                time.sleep(0.5)
    return results


def shown(value):
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def cell(values):
    middle = statistics.median(values)
    spread = (max(values) - min(values)) / 2 / middle * 100 if middle else 0
    return f"{shown(middle)} ±{spread:.0f}%"


def table(results):
    lines = [
        "| | ours | bare relay | socketioxide | Node | ours : bare | ours : socketioxide | ours : Node |",
        "| --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    for name, by_server in results.items():
        middles = {server: statistics.median(values) for server, values in by_server.items()}
        cells = [cell(by_server[server]) if server in by_server else "–" for server in SERVERS]
        peers = list(SERVERS)[1:]
        ratios = [f"{middles['ours'] / middles[peer]:.2f}" if middles.get(peer) else "–" for peer in peers]
        lines.append("| " + " | ".join([name, *cells, *ratios]) + " |")
    return "\n".join(lines)


def versions():
    def said(*command):
        return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.strip()

    locked = (PEERS / "Cargo.lock").read_text().split("[[package]]")
    oxide = next(p.split('version = "')[1].split('"')[0] for p in locked if 'name = "socketioxide"' in p)
    packages = json.loads((PEERS / "node/package-lock.json").read_text())["packages"]
    model = next((line.split(": ")[1] for line in open("/proc/cpuinfo") if line.startswith("model name")), "?").strip()
    return (
        f"{datetime.datetime.now(datetime.UTC):%Y-%m-%d}, commit {said('git', 'rev-parse', '--short', 'HEAD')}; "
        f"{model}, {os.cpu_count()} cores, Linux {platform.release()}; {said('rustc', '--version').split(' (')[0]}, "
        f"socketioxide {oxide}, Node.js {said('node', '--version')} with "
        f"socket.io {packages['node_modules/socket.io']['version']}. Load average before: {os.getloadavg()[0]:.1f}."
    )


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=int, default=5)
    parser.add_argument("--only", help="a scenario, or a part of its name")
    parser.add_argument("--print", action="store_true", dest="print_only")
    parser.add_argument("--realtime", action="store_true")
    options = parser.parse_args()
    build()
    head = versions()
    results = run(options.rounds, options.seconds, options.only, options.realtime)
    found = f"{head} {options.rounds} rounds of {options.seconds} s.\n\n{table(results)}"
    print(found)
    if not options.print_only:
        before, rest = DOCUMENT.read_text().split(BEGIN)
        DOCUMENT.write_text(f"{before}{BEGIN}\n{found}\n{END}{rest.split(END)[1]}")


main()
