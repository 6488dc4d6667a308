"""What the checks share: where things are, and the server's binary."""

import os
import re
import subprocess
import sys
import tempfile
import urllib.request
from pathlib import Path

import yaml

DEPLOY = Path(__file__).resolve().parents[1]
ROOT = DEPLOY.parent
SECRET = "a secret for checks only, of more than thirty-two bytes"


def load(path):
    """One YAML document."""
    return yaml.safe_load((DEPLOY / path).read_text())


def tool(name):
    """A program installed beside this Python."""
    return str(Path(sys.executable).parent / name)


def run(*command, **options):
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False, **options)


def check_config(environment):
    """What the server says of a configuration: exit code, and its settings by name or its complaint."""
    with tempfile.TemporaryDirectory() as directory:
        done = run(os.environ["SERVER_BIN"], "check-config", cwd=directory, env=environment)
    settings = dict(line.split("=", 1) for line in done.stdout.splitlines() if "=" in line)
    return done.returncode, settings, done.stderr


class Server:
    """The real binary on a free port of the loopback."""

    def __init__(self, **settings):
        self.directory = tempfile.TemporaryDirectory()
        environment = {"HOST": "127.0.0.1", "PORT": "0", "PROMETHEUS_PORT": "0", "JWT_SECRET": SECRET, "LOG_LEVEL": "warn"}
        self.process = subprocess.Popen(
            [os.environ["SERVER_BIN"]],
            cwd=self.directory.name,
            env=environment | settings,
            stdout=subprocess.PIPE,
            text=True,
        )
        line = self.process.stdout.readline()
        self.url = "http://127.0.0.1:" + re.search(r"http://[^\s/]+:(\d+)", line).group(1)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()
        self.directory.cleanup()

    def request(self, path, method="GET", token=None):
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        request = urllib.request.Request(self.url + path, method=method, headers=headers)
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.read().decode()


def seconds(duration):
    """The seconds of a compose duration such as 35s."""
    return int(re.fullmatch(r"(\d+)s", duration).group(1))
