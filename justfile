# Recipes for everyday work: `just` lists them. `bash .ci/test` runs everything that must hold.

venv := env("CARGO_TARGET_DIR", justfile_directory() / "target") / "venv"
e2e := "bins/server/tests/e2e"
chaos := "bins/server/tests/chaos"

# List the recipes
default:
    @just --list

# Run the server, in memory and on SQLite
run *args:
    cargo run --release -- {{ args }}

# Everything that CI runs
ci:
    bash .ci/test

# Rust tests, documentation tests included
test *args:
    cargo test --workspace {{ args }}

# Lints and formatting, as CI has them
lint:
    cargo fmt --all --check
    cargo clippy --workspace --all-targets -- -D warnings

# Format everything
fmt:
    cargo fmt --all

# Who may depend on whom
arch:
    python3 .ci/arch

# Licences, advisories and bans (needs cargo-deny)
deny:
    cargo deny check

# End-to-end tests against a fresh build of the real binary; files by name: just e2e queue.test.mjs
e2e *files="*.test.mjs": _e2e-packages
    cargo build --package video-chat-server
    cd {{ e2e }} && SERVER_BIN="$(just _binary debug)" node --test --test-reporter=spec {{ files }}

# The same with python-socketio, and what a collector gets of traces
e2e-python: _python-packages
    cargo build --package video-chat-server
    SERVER_BIN="$(just _binary debug)" {{ venv }}/bin/python -m unittest discover -v -s {{ e2e }}/python

# The demo page in Chromium; files by name: just browser call.test.mjs
browser *files="*.test.mjs":
    cargo build --package video-chat-server
    cd {{ e2e }}/../browser && npm ci --loglevel=error && SERVER_BIN="$(just _binary debug)" node --test --test-concurrency=1 --test-reporter=spec {{ files }}

# Schemas and linters for deploy/, and a real relay
deploy-check: _python-packages
    cargo build --package video-chat-server
    cd deploy/check && SERVER_BIN="$(just _binary debug)" {{ venv }}/bin/python -m unittest discover -v -s .
    cd deploy/check && npm ci --loglevel=error && node asyncapi.mjs

# Fuzz every decoder for so many seconds, on the stable compiler
fuzz seconds="60":
    FUZZ_SECONDS={{ seconds }} cargo test --release --package video-chat-socketio --test fuzz_smoke -- --nocapture

# Fuzz one decoder with libFuzzer (needs cargo-fuzz and a nightly compiler): just fuzz-deep packet
fuzz-deep target *args:
    cd crates/socketio && cargo +nightly fuzz run {{ target }} -- {{ args }}

# Faults by a seed on several nodes under load, and a checker (bins/server/tests/chaos): just chaos 17 300 40 3 --redis cluster
chaos seed="" clients="2000" seconds="60" nodes="3" *args: _chaos-packages
    cargo build --release --package video-chat-server
    cd {{ chaos }} && SERVER_BIN="$(just _binary release)" node run.mjs --seed="{{ seed }}" --clients={{ clients }} --seconds={{ seconds }} --nodes={{ nodes }} {{ args }}

# Restarts, lost and frozen parts and blocks under calls, nothing excused (bins/server/tests/chaos): just scenarios rolling.test.mjs
scenarios *files="*.test.mjs": _chaos-packages
    cargo build --release --package video-chat-server
    cd {{ chaos }}/scenarios && SERVER_BIN="$(just _binary release)" node --test --test-concurrency=2 --test-reporter=spec {{ files }}

# What relays and calls between two nodes take, and cost Redis (docs/scaling.md)
figures: _chaos-packages
    cargo build --release --package video-chat-server
    cd {{ chaos }} && SERVER_BIN="$(just _binary release)" node figures.mjs

# The benchmarks kept in the project
bench *args:
    cargo bench --workspace {{ args }}

# Load on a running server: just loadtest churn --rate 50 --fail-if 'signaling_p95_ms>200'
loadtest *args:
    @cargo run --quiet --release --package video-chat-loadtest -- {{ args }}

# The README's service levels, under load
service-levels:
    cargo build --release --package video-chat-server --package video-chat-loadtest
    bash .ci/service-levels "$(just _binary release)" "$(just _binary release video-chat-loadtest)"

# Instructions of the hot paths against the baseline; --write makes a new one (needs valgrind)
instructions *args:
    cargo build --release --package video-chat-server --package video-chat-loadtest --package video-chat-instructions
    .ci/instructions {{ args }} "$(just _binary release)" "$(just _binary release video-chat-loadtest)" "$(just _binary release video-chat-instructions)"

# Beside other servers, in turn; the table goes into docs/performance.md: just bench-peers --rounds 3
bench-peers *args:
    python3 bench/peers/run.py {{ args }}

# The documentation of all crates
docs:
    cargo doc --workspace --no-deps

# Apply the SQL migrations to DATABASE_URL
migrate:
    cargo run --release -- migrate

# A moderator's token, signed with JWT_SECRET
token subject role="moderator":
    @cargo run --quiet --release -- token --role {{ role }} --subject {{ subject }}

# What is in effect, secrets redacted
check-config:
    @cargo run --quiet --release -- check-config

_binary profile name="video-chat-server":
    @echo "${CARGO_TARGET_DIR:-{{ justfile_directory() }}/target}/{{ profile }}/{{ name }}"

_e2e-packages:
    cd {{ e2e }} && npm ci --loglevel=error

_chaos-packages:
    cd {{ chaos }} && npm ci --loglevel=error

_python-packages:
    test -x {{ venv }}/bin/python || python3 -m venv {{ venv }}
    {{ venv }}/bin/pip install --quiet --disable-pip-version-check -r {{ e2e }}/python/requirements.txt -r deploy/check/requirements.txt
